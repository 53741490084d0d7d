"""The `registry` command: everything an operator does on the server itself.

What a program would read is JSON with `--json`. A mistake is one line on standard error and an
exit code other than 0. The commands of a feature stand in its `commands.py`; here are those of the
whole.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from registry.access.commands import keys, organisations
from registry.accounts.commands import account
from registry.core.commands import Commands, Opened, as_json, print_json
from registry.imports.commands import export, import_file, worker
from registry.settings import Settings
from registry.statistics.protection.commands import publish

if TYPE_CHECKING:
    from registry.core.parts import Registry


@click.group(cls=Commands)
@click.version_option(package_name="busan-registry")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Run the registry of Busan's digital talents and start-ups."""
    ctx.obj = _parts


for of_a_feature in (organisations, keys, account, worker, import_file, export, publish):
    main.add_command(of_a_feature)


def _parts() -> Registry:
    """The product as the environment sets it up."""
    from registry.app import assemble
    from registry.core.clock import clock_of
    from registry.core.telemetry import configure_logging

    settings = Settings.from_environment()
    configure_logging(settings)
    return assemble(settings, clock_of(settings.clock))


@main.command()
@as_json
@click.pass_obj
def init(opened: Opened, *, as_json: bool) -> None:
    """Migrate the database up and load the code lists, rules and goals. Again changes nothing."""
    from registry.installation import install

    parts = opened()
    install(parts)
    with parts.database.reading() as work:
        number = work.head.number
    if as_json:
        print_json({"revision": number})
    else:
        click.echo(f"The registry is ready at revision {number}.")


@keys.command("rotate-master")
@as_json
@click.pass_obj
def rotate_master(opened: Opened, *, as_json: bool) -> None:
    """Wrap every data key under the first key of REGISTRY_ENCRYPTION_KEYS. Can be run again."""
    from registry.rotation import rotate

    try:
        counts = rotate(opened())
    except KeyError as error:
        message = f"REGISTRY_ENCRYPTION_KEYS lacks the key {error} that data keys are wrapped under"
        raise click.ClickException(message) from error
    if as_json:
        print_json(counts)
    else:
        for kind, count in counts.items():
            click.echo(f"{kind}: {count['rewrapped']} of {count['keys']} data keys wrapped anew")


@main.command()
@click.option("--bind", help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535))
@click.option("--workers", type=click.IntRange(1), help="Server processes.")
@click.option("--threads", type=click.IntRange(1), help="Threads of each.")
def serve(**options: Any) -> None:
    """Serve the API until a signal says stop."""
    from registry import serving

    settings = Settings.from_environment()
    serving.serve(replace(settings, **{k: v for k, v in options.items() if v is not None}))


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--people", type=click.IntRange(1), default=10_000, show_default=True)
@click.option("--fresh", is_flag=True, help="Build it anew.")
def demo(*, port: int, people: int, fresh: bool) -> None:
    """Serve an example registry with made-up people, on this machine only."""
    from registry.demo.run import run
    from registry.serving import serve as start

    run(port, people, start, fresh=fresh)


@main.command()
@click.option("--anchor", type=click.File(), help="Lines of `number digest`, noted elsewhere.")
@as_json
@click.pass_obj
def verify(opened: Opened, *, anchor: Any, as_json: bool) -> None:  # noqa: ANN401
    """Prove the log, the rows, the sealed documents and the figures; exit 1 if anything is wrong."""
    from registry.proofs import findings_of
    from registry.revisions.verification import read_anchor

    try:
        anchored = read_anchor(anchor.read() if anchor else "")
    except ValueError:
        raise click.ClickException("the anchor file has lines of `number digest`") from None
    findings = [*findings_of(opened(), anchored)]
    if as_json:
        print_json({"sound": not findings, "findings": findings})
    else:
        for finding in findings:
            click.echo(" ".join(str(part) for part in finding.values() if part is not None))
        click.echo("The registry is sound." if not findings else f"{len(findings)} findings.")
    sys.exit(1 if findings else 0)


@main.group()
def openapi() -> None:
    """Write or check the OpenAPI document."""


DOCUMENT = "openapi/registry.v1.json"
document_file = click.argument("file", default=DOCUMENT, type=click.Path(dir_okay=False))


@openapi.command("write")
@document_file
def write_document(file: str) -> None:
    """Write the document to FILE."""
    from pathlib import Path

    from registry.openapi import openapi_text

    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(openapi_text(), "utf-8")


@openapi.command("check")
@document_file
def check_document(file: str) -> None:
    """Fail unless FILE is what the product would write."""
    from pathlib import Path

    from registry.openapi import difference

    path = Path(file)
    found = difference(path.read_text("utf-8") if path.is_file() else "")
    if found:
        click.echo(found, nl=False)
        raise click.ClickException(f"{file} is not up to date: run `registry openapi write`")


@main.group()
def db() -> None:
    """Migrate the database."""


@db.command("upgrade")
@click.argument("target", default="head")
@click.option("--sql", is_flag=True, help="Print the SQL for PostgreSQL and change nothing.")
@click.pass_obj
def upgrade(opened: Opened, *, target: str, sql: bool) -> None:
    """Migrate up."""
    from registry.core import migrate

    if sql:
        migrate.print_sql(target)
    else:
        migrate.upgrade(opened().database.engine, target)


@db.command("downgrade")
@click.argument("target")
@click.pass_obj
def downgrade(opened: Opened, target: str) -> None:
    """Migrate down to TARGET (`base` is nothing at all)."""
    from registry.core import migrate

    migrate.downgrade(opened().database.engine, target)


@db.command("current")
@click.pass_obj
def current(opened: Opened) -> None:
    """Print the migration the database stands at."""
    from registry.core import migrate

    click.echo(migrate.current(opened().database.engine) or "base")


if __name__ == "__main__":
    main()
