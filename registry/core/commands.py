"""What the commands of all features have in common: one-line errors, JSON or rows, checked values.

A feature's commands stand in its `commands.py`; `registry.cli` gathers them. Each imports what it
needs when it runs, so that `--help` is instant, and is handed the way to the product as `opened`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from registry.core.problems import DomainError, Invalid, as_document
from registry.settings import SettingsError

if TYPE_CHECKING:
    from registry.core.fields import Input
    from registry.core.parts import Registry

Opened = Callable[[], "Registry"]  # the product as the environment sets it up
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Commands(click.Group):
    """A group of commands whose expected errors are one line, not a traceback."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run a command; say in one line what the registry or the database refuses."""
        from alembic.util import CommandError
        from sqlalchemy.exc import SQLAlchemyError

        try:
            return super().invoke(ctx)
        except (SettingsError, CommandError, OSError) as error:
            raise click.ClickException(str(error)) from error
        except DomainError as error:
            raise click.ClickException(_sentence(error)) from error
        except SQLAlchemyError as error:
            first = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            raise click.ClickException(f"database: {first}") from error


def _sentence(error: DomainError) -> str:
    document = as_document(error, "en", "")
    places = [
        f"{e.get('pointer') or e.get('parameter')}: {e['detail']}"
        for e in document.get("errors", ())
    ]
    return f"{error.code}: {' '.join(places) or document['detail']}"


def checked(schema: type[Input], values: dict[str, Any]) -> dict[str, Any]:
    """The values as the API would take them. Raises Invalid."""
    import marshmallow as ma

    from registry.core.fields import flaws_of

    try:
        data: dict[str, Any] = schema().load(values)
    except ma.ValidationError as error:
        raise Invalid(*flaws_of(error.messages, "json")) from error
    return data


def print_json(value: object) -> None:
    """Print a value as JSON, as it is written in Korean."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def print_rows(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print rows as JSON, or a line each."""
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo("  ".join("-" if value is None else str(value) for value in row.values()))
