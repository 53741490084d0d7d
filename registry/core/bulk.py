"""Many rows at once: looked up by long lists of keys, written past the session.

What is written so leaves no trace in the session: whoever does it numbers the rows, keeps what
they supersede, and tells the revision's `Watcher` their texts.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb
from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    Text,
    TypeDecorator,
    Uuid,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from uuid import UUID

    from sqlalchemy import Column, ColumnElement, Dialect, Table
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.types import TypeEngine


def among(session: Session, column: Any, values: Collection[Any]) -> ColumnElement[bool]:  # noqa: ANN401
    """Whether a column's value is among many: one parameter, whatever their number."""
    clause: ColumnElement[bool]
    if session.get_bind().dialect.name == "postgresql":
        array = bindparam(None, list(values), type_=ARRAY(column.type), unique=True)
        clause = column == any_(array)
        return clause
    kept = json.dumps(_kept(session, column, values))
    clause = column.in_(select(func.json_each(kept).table_valued("value").c.value))
    return clause


class Ids(TypeDecorator[Any]):
    """A list of ids as one parameter: an array on PostgreSQL, a JSON text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type that takes the list."""
        kind: TypeEngine[Any] = ARRAY(Uuid()) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Collection[UUID] | None, dialect: Dialect) -> Any:  # noqa: ANN401
        """The list as the database takes it."""
        ids = list(value or ())
        return ids if dialect.name == "postgresql" else json.dumps([i.hex for i in ids])


class among_bound(FunctionElement[bool]):  # noqa: N801 - reads as a function in a clause
    """Whether a column's id is among those bound later, as `Ids`, under a name."""

    type = Boolean()
    inherit_cache = True


@compiles(among_bound)
def _among_json(element: Any, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    column, ids = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 - both compiled


@compiles(among_bound, "postgresql")
def _among_array(element: Any, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    column, ids = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY ({ids})"


def insert_rows(
    session: Session, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows of these columns: by COPY on PostgreSQL, by one prepared INSERT on SQLite."""
    if not rows:
        return
    columns = [table.c[name] for name in names]
    if session.get_bind().dialect.name == "postgresql":
        _copy(session, table, columns, rows)
        return
    sql = f"INSERT INTO {table.name} ({_list(names)}) VALUES ({_list('?' for _ in names)})"  # noqa: S608 - our own names
    session.connection().exec_driver_sql(sql, _all_kept(session, columns, rows))


def update_rows(
    session: Session, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Update rows by id; each row gives the values of `names`, then its id."""
    if not rows:
        return
    columns = [*(table.c[name] for name in names), table.c.id]
    if session.get_bind().dialect.name == "postgresql":
        _update_from(session, table, names, columns, rows)
        return
    sets = ", ".join(f'"{name}" = ?' for name in names)
    sql = f"UPDATE {table.name} SET {sets} WHERE id = ?"  # noqa: S608 - our own names
    session.connection().exec_driver_sql(sql, _all_kept(session, columns, rows))


def _copy(
    session: Session, table: Table, columns: Sequence[Column[Any]], rows: Sequence[Sequence[Any]]
) -> None:
    connection: Any = session.connection().connection.driver_connection
    types = [_type_of(session, column) for column in columns]
    sql = f"COPY {table.name} ({_list(c.name for c in columns)}) FROM STDIN (FORMAT BINARY)"
    documents = [n for n, column in enumerate(columns) if isinstance(column.type, JSON)]
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(_wrapped(row, documents) if documents else row)


def _update_from(
    session: Session,
    table: Table,
    names: Sequence[str],
    columns: Sequence[Column[Any]],
    rows: Sequence[Sequence[Any]],
) -> None:
    """One UPDATE that joins arrays: a statement a row would take the server thrice as long."""
    connection: Any = session.connection().connection.driver_connection
    types = [_type_of(session, column) for column in columns]
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    sets = ", ".join(f'"{name}" = sent."{name}"' for name in names)
    sent = _list([*names, "sent_id"])
    sql = (
        f"UPDATE {table.name} SET {sets} FROM unnest({arrays}) AS sent ({sent})"  # noqa: S608
        f" WHERE {table.name}.id = sent.sent_id"
    )
    values = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _type_of(session: Session, column: Column[Any]) -> str:
    kind = column.type.compile(session.get_bind().dialect).lower()
    name = kind.partition("(")[0]
    return {"varchar": "text", "bigserial": "bigint"}.get(name, name)


def _wrapped(row: Sequence[Any], documents: Sequence[int]) -> Sequence[Any]:
    values = list(row)
    for place in documents:
        values[place] = Jsonb(values[place])
    return values


def _list(names: Iterable[str]) -> str:
    return ", ".join(name if name == "?" else f'"{name}"' for name in names)


def _kept(session: Session, column: Any, values: Collection[Any]) -> list[Any]:  # noqa: ANN401
    """Values as SQLite keeps those of a column."""
    dialect = session.get_bind().dialect
    bind = column.type.dialect_impl(dialect).bind_processor(dialect)
    return [bind(value) for value in values] if bind else list(values)


def _all_kept(
    session: Session, columns: Sequence[Any], rows: Sequence[Sequence[Any]]
) -> list[tuple[Any, ...]]:
    by_column = zip(columns, zip(*rows, strict=True), strict=True)
    return list(zip(*(_kept(session, c, values) for c, values in by_column), strict=True))
