"""Many rows at once: looked up by long lists of keys, written past the session.

What is written so leaves no trace in the session: whoever does it numbers the rows, keeps what
they supersede, and tells the revision's `Watcher` their texts.
"""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from sqlalchemy import (
    ARRAY,
    Boolean,
    Text,
    TypeDecorator,
    any_,
    cast,
    func,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from registry.core.copying import binary_parts, body
from registry.core.prepared import at_cursor

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from uuid import UUID

    from sqlalchemy import Column, ColumnElement, Dialect, Select, Table
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.compiler import SQLCompiler

T = TypeVar("T")


def among(session: Session, column: Any, values: Collection[Any]) -> ColumnElement[bool]:  # noqa: ANN401
    """Whether a column's value is among many: one parameter, whatever their number."""
    if session.get_bind().dialect.name == "postgresql":
        # One text: the driver takes twenty times as long over a list.
        listed = func.string_to_array(_BREAK.join(map(str, values)), _BREAK)
        found: ColumnElement[bool] = column == any_(cast(listed, ARRAY(column.type)))
    else:
        kept = _kept(session.get_bind().dialect, column, values)
        found = column.in_(_listed(json.dumps(kept)))
    return found


def _listed(kept: str) -> Select[Any]:
    return select(func.json_each(kept).table_valued("value").c.value)


_BREAK = "\x1f"  # no text that is kept holds a control character


class Texts(TypeDecorator[Any]):
    """A list of texts as one text, which `among_bound` takes apart."""

    impl = Text
    cache_ok = True
    kind = "text"

    def process_bind_param(self, value: Collection[str] | None, dialect: Dialect) -> str:
        """The list as the database takes it."""
        return _joined(list(value or ()), dialect)


class Ids(TypeDecorator[Any]):
    """A list of ids as one text, which `among_bound` takes apart."""

    impl = Text
    cache_ok = True
    kind = "uuid"

    def process_bind_param(self, value: Collection[UUID] | None, dialect: Dialect) -> str:
        """The list as the database takes it."""
        return _joined([key.hex for key in value or ()], dialect)


def _joined(texts: list[str], dialect: Dialect) -> str:
    return _BREAK.join(texts) if dialect.name == "postgresql" else json.dumps(texts)


class Digests(Texts):
    """A list of digests as one text, which `among_bound` takes apart."""

    cache_ok = True
    kind = "uuid"


class among_bound(FunctionElement[bool]):  # noqa: N801 - reads as a function in a clause
    """Whether a column's value is among those bound later, as `Ids` or `Texts`, under a name."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:  # noqa: ANN401, ARG002
        """As it is: SQLite would be asked for `... = 1`, and then take no index."""
        return self


@compiles(among_bound)
def _among_json(element: Any, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    column, ids = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 - both compiled


@compiles(among_bound, "postgresql")
def _among_array(element: Any, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    column, ids = (compiler.process(part, **options) for part in element.clauses)
    kind = list(element.clauses)[1].type.kind
    array = f"string_to_array({ids}, chr({ord(_BREAK)}))"
    # A plan that is to serve again must not hang on how many they are: it would seem dear, and a new
    # one be made each time, which takes longer than to run it.
    array = f"(SELECT {array})" if getattr(compiler, "serves_again", False) else array
    return f"{column} = ANY (CAST({array} AS {kind}[]))"


PART = 2_000  # records, as of an import's batch: many more are written too, but by and by


def in_parts(records: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The records, no more of them together than may lie about as rows and bytes at once."""
    return (records[start : start + size] for start in range(0, len(records), size))


MOST_WAITING = 4  # insertions: those of a batch; a whole file's would take as much as its rows


class Inserting:
    """Inserts rows, one table after the other, while their maker goes on making.

    Until the block ends the session is not to be used for anything else.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._sender = ThreadPoolExecutor(1, "insert")
        self._sent: list[Future[None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sender.shutdown()
        for sent in self._sent:
            sent.result()

    def insert(self, table: Table, names: Sequence[str], rows: Sequence[Any]) -> None:
        """Insert rows made of parts of these columns, once not too much waits to be inserted."""
        if not rows:
            return
        self.send(insertion(self._session.get_bind().dialect, table, names, rows))

    def send(self, made: Insertion) -> None:
        """Insert what was made ready, once not too much waits to be inserted."""
        if len(self._sent) >= MOST_WAITING:
            self._sent[-MOST_WAITING].result()
        self._sent.append(self._sender.submit(made.send, self._session))


class Recording:
    """Makes insertions ready as `Inserting` does, and keeps them for the session of a later write."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.made: list[Insertion] = []

    def insert(self, table: Table, names: Sequence[str], rows: Sequence[Any]) -> None:
        """Make rows ready that are made of parts of these columns."""
        if rows:
            self.made.append(insertion(self._dialect, table, names, rows))


class Insertion(NamedTuple):
    """Rows as the driver takes them: COPY with its body, or a prepared INSERT with its values."""

    sql: str
    rows: Any

    def send(self, session: Session) -> None:
        """Insert them."""
        if isinstance(self.rows, bytes):
            at_cursor(session, partial(_copy, sql=self.sql, body=self.rows))
        else:
            session.connection().exec_driver_sql(*self)


def insertion(
    dialect: Dialect, table: Table, names: Sequence[str], rows: Sequence[Any]
) -> Insertion:
    """Make rows, each the `parts` of these columns, ready; there is at least one."""
    if dialect.name == "postgresql":
        copy = f"COPY {table.name} ({_list(names)}) FROM STDIN (FORMAT BINARY)"
        return Insertion(copy, body(len(names), rows))
    sql = f"INSERT INTO {table.name} ({_list(names)}) VALUES ({_list('?' for _ in names)})"  # noqa: S608 - our own names
    return Insertion(sql, rows)


def parts(
    dialect: Dialect, table: Table, names: Sequence[str], columns: Iterable[Sequence[Any]]
) -> list[Any]:
    """Of each row what these columns make, as `insertion` takes it; there is at least one row.

    Parts of one row are added to one another, in the order of the names: bytes on PostgreSQL,
    tuples on SQLite.
    """
    of = [table.c[name] for name in names]
    if dialect.name == "postgresql":
        return binary_parts([_type_of(column) for column in of], columns)
    kept = (_kept(dialect, column, values) for column, values in zip(of, columns, strict=True))
    return list(zip(*kept, strict=True))


def insert_rows(
    session: Session, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows of these columns: by COPY on PostgreSQL, by one prepared INSERT on SQLite."""
    if rows:
        dialect = session.get_bind().dialect
        made = parts(dialect, table, names, zip(*rows, strict=True))
        insertion(dialect, table, names, made).send(session)


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
    made = parts(session.get_bind().dialect, table, [*names, "id"], zip(*rows, strict=True))
    session.connection().exec_driver_sql(sql, made)


def table_of(model: Any) -> Table:  # noqa: ANN401 - a mapped class
    """A mapped class's table."""
    table: Table = model.__table__
    return table


def _copy(cursor: Any, sql: str, body: bytes) -> None:  # noqa: ANN401 - the driver's own
    with cursor.copy(sql) as copy:
        copy.write(body)


def _update_from(
    session: Session,
    table: Table,
    names: Sequence[str],
    columns: Sequence[Column[Any]],
    rows: Sequence[Sequence[Any]],
) -> None:
    """One UPDATE that joins arrays: a statement a row would take the server thrice as long."""
    types = [_type_of(column) for column in columns]
    arrays = ", ".join(f"${at}::{kind}[]" for at, kind in enumerate(types, 1))
    sets = ", ".join(f'"{name}" = sent."{name}"' for name in names)
    sent = _list([*names, "sent_id"])
    sql = (
        f"UPDATE {table.name} SET {sets} FROM unnest({arrays}) AS sent ({sent})"  # noqa: S608
        f" WHERE {table.name}.id = sent.sent_id"
    )
    values = [list(column) for column in zip(*rows, strict=True)]
    at_cursor(session, lambda cursor: cursor.execute(sql, values))


_POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


@cache
def _type_of(column: Column[Any]) -> str:
    """A column's type as PostgreSQL calls it."""
    kind = column.type.compile(_POSTGRESQL).lower()
    name = kind.partition("(")[0]
    return {"varchar": "text", "bigserial": "bigint"}.get(name, name)


def _list(names: Iterable[str]) -> str:
    return ", ".join(name if name == "?" else f'"{name}"' for name in names)


def _kept(dialect: Dialect, column: Any, values: Collection[Any]) -> Sequence[Any]:  # noqa: ANN401
    """Values as SQLite keeps those of a column."""
    bind = column.type.dialect_impl(dialect).bind_processor(dialect)
    return [bind(value) for value in values] if bind else list(values)
