"""Rows as JSON that the database writes: one text a row, no object between it and the answer.

A list of a hundred records costs a tenth of what it costs to load, dump and encode them. Which
members there are and in which order is read from the answer's schema, so both ways say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import marshmallow as ma
from sqlalchemy import Boolean, Integer, Text, Uuid, literal_column
from sqlalchemy.dialects import postgresql, sqlite

from registry.core.fields import ready
from registry.core.problems import DomainError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Dialect

DIALECTS: Mapping[str, type[Dialect]] = {
    "postgresql": postgresql.dialect,
    "sqlite": sqlite.dialect,
}
ENDS = (8, 12, 16, 20, 32)  # of the groups of a UUID's digits


@dataclass(frozen=True, slots=True)
class Written:
    """An answer that is JSON text already, the version of the record, and the next page's link."""

    text: str
    version: int | None = None
    link: str | None = None


class JsonRows:
    """An answer's schema, with the column that each of its members is; others are left out.

    Columns are named by the member's attribute, those of a part with the part's and a dot before.
    """

    def __init__(self, schema: type[ma.Schema], columns: Mapping[str, Any]) -> None:
        self._schema = schema
        self._columns = columns
        self.column = cache(self._column)

    def _column(self, dialect: str) -> ColumnElement[str]:
        """The column of a select that is the JSON text, for a kind of database."""
        steps = ["{", *_members(ready(self._schema), self._columns, "", dialect), "}"]
        return literal_column(_joined(steps, dialect), Text).label("json")


def text_of(dialect: str, *pieces: str | ColumnElement[Any]) -> ColumnElement[str]:
    """Constants, ids and numbers as one text, joined by the database; nothing is quoted."""
    steps = [piece if isinstance(piece, str) else _Sql(_plain(piece, dialect)) for piece in pieces]
    return literal_column(_joined(steps, dialect), Text)


@dataclass(frozen=True, slots=True)
class _Sql:
    text: str


def _members(
    schema: ma.Schema, columns: Mapping[str, Any], path: str, dialect: str
) -> list[str | _Sql]:
    """Text and SQL in turn, for the members of an object."""
    steps: list[str | _Sql] = []
    for name, field in schema.dump_fields.items():
        place = path + (field.attribute or name)
        inner: list[str | _Sql] = []
        if isinstance(field, ma.fields.Nested):
            part: Any = field.schema
            inner = ["{", *_members(part, columns, f"{place}.", dialect), "}"]
        elif place in columns:
            inner = _quoted(columns[place], dialect)
        if inner:
            steps += [f'{"," if steps else ""}"{field.data_key or name}":', *inner]
    return steps


def _joined(steps: Sequence[str | _Sql], dialect: str) -> str:
    if dialect == "postgresql":
        parts = [step.text if isinstance(step, _Sql) else f"'{step}'" for step in steps]
        return f"concat({', '.join(parts)})"
    # `||` would copy the text once more for each of its parts.
    form = "".join("%s" if isinstance(step, _Sql) else step for step in steps)
    parts = [step.text for step in steps if isinstance(step, _Sql)]
    return f"printf('{form}', {', '.join(parts)})"


def _quoted(column: Any, dialect: str) -> list[str | _Sql]:  # noqa: ANN401 - mapped, or a column
    """A column's value as JSON writes it."""
    sql = str(column.compile(dialect=DIALECTS[dialect]()))
    if dialect == "postgresql":
        return [_Sql(f"coalesce(to_json({sql})::text, 'null')")]
    if isinstance(column.type, Boolean):
        choice = f"CASE WHEN {sql} THEN 'true' WHEN NOT {sql} THEN 'false' ELSE 'null' END"
        return [_Sql(choice)]
    if isinstance(column.type, Integer):
        return [_Sql(f"coalesce({sql}, 'null')")]
    if isinstance(column.type, Uuid):
        return [_Sql(f"json_quote({_dashed(sql)})")]
    return [_Sql(f"json_quote({sql})")]


def _plain(column: ColumnElement[Any], dialect: str) -> str:
    sql = str(column.compile(dialect=DIALECTS[dialect]()))
    return _dashed(sql) if dialect == "sqlite" and isinstance(column.type, Uuid) else sql


def _dashed(sql: str) -> str:
    """SQLite keeps a UUID as its 32 digits."""
    starts = (0, *ENDS[:-1])
    groups = (
        f"substr({sql}, {start + 1}, {end - start})"
        for start, end in zip(starts, ENDS, strict=True)
    )
    return " || '-' || ".join(groups)


def page_text(items: Sequence[str], cursor: str | None) -> str:
    """A page's JSON text; cursors are plain ASCII without quotes."""
    following = "null" if cursor is None else f'"{cursor}"'
    return f'{{"next_cursor":{following},"items":[{",".join(items)}]}}'


def one_written(rows: Sequence[Any]) -> Written:
    """The one row's text and version. Raises not-found if there is none."""
    if not rows:
        raise DomainError("not-found")
    return Written(rows[0].json, rows[0].version)
