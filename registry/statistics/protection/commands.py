"""`registry publish`: the figures of the last closed month, for a daily timer."""

from __future__ import annotations

import click

from registry.core.commands import Opened, as_json, print_json


@click.command()
@click.option("--month", help="Another closed month, as 2026-10; the last one by default.")
@as_json
@click.pass_obj
def publish(opened: Opened, *, month: str | None, as_json: bool) -> None:
    """Publish the figures of the last closed month, unless they are. For a daily timer."""
    from registry.access.principal import operator
    from registry.statistics.protection.limits import Limits
    from registry.statistics.protection.points import summary
    from registry.statistics.protection.publish import is_overtaken, plan_month, publish_point

    parts = opened()
    wanted, limits, told = _month(month), Limits.of(parts.settings), None
    publisher, settled = operator("registry publish"), parts.database.wait_for_writers()
    with parts.database.reading(publisher, settled_until=settled) as look:
        overtaken = wanted is None and is_overtaken(look)
        plan = None if overtaken else plan_month(look, limits, wanted)
    if not overtaken:
        with parts.database.writing(publisher) as work:
            point = publish_point(work, "month_end", limits, wanted, plan)
            told = summary(work.session, point)
    if as_json:
        print_json(told)
    elif told is None:
        click.echo("Newer figures than the last month's are published already.")
    else:
        click.echo(" ".join(f"{name}={value}" for name, value in told.items()))


def _month(text: str | None) -> int | None:
    import marshmallow as ma

    from registry.core import fields as f

    try:
        return None if text is None else f.Month().deserialize(text)
    except ma.ValidationError:
        raise click.BadParameter("a month is written 2026-10", param_hint="--month") from None
