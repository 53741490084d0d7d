"""Statements that run on every request: their text compiled once, run on the driver's own cursor.

Through SQLAlchemy a statement of one row costs this process four times what the driver needs.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.session import make_transient_to_detached
from sqlalchemy.orm.util import identity_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Dialect
    from sqlalchemy.engine.interfaces import DBAPICursor
    from sqlalchemy.orm import Session
    from sqlalchemy.pool import PoolProxiedConnection

    from registry.core.waiting import WaitingSession

T = TypeVar("T")
PREPARED = "prepared"  # where a session knows its database's prepared statements


class Prepared:
    """A statement's text, and what turns values into the driver's and back, for one dialect.

    The driver prepares the text on the server by itself once it has been run a few times.
    """

    def __init__(self, statement: Any, dialect: Dialect) -> None:  # noqa: ANN401 - any there is
        self._statement = statement
        self._dialect = dialect

    def run(self, cursor: DBAPICursor, /, **values: Any) -> Sequence[Sequence[Any]]:
        """The rows for the values of the bound parameters; none of what answers none."""
        self.send(cursor, **values)
        return self.rows(cursor)

    def send(self, cursor: DBAPICursor, /, **values: Any) -> None:
        """Run it, and leave its rows with the cursor."""
        cursor.execute(self.text, self.arguments(values))

    @property
    def text(self) -> str:
        """The statement as the driver is given it."""
        return self._form.text

    @property
    def names(self) -> tuple[str, ...]:
        """Its parameters, in the driver's order."""
        return self._form.names

    def arguments(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values as the driver takes them, in order."""
        return self._form.arguments(values)

    def rows(self, cursor: DBAPICursor) -> Sequence[Sequence[Any]]:
        """The rows a cursor holds, as SQLAlchemy would give them."""
        return self._form.rows(cursor)

    @cached_property
    def _form(self) -> _Form:  # not sooner: a dialect is whole once it has been connected
        return _Form(self._statement, self._dialect)


class _Form:
    """What there is to know of a compiled statement."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:  # noqa: ANN401
        usual: Any = dialect.statement_compiler
        compiled: Any = _compiler_of(usual)(dialect, statement)
        if compiled.positional:
            self.text, self.names = str(compiled), tuple(compiled.positiontup)
        else:
            self.text, self.names = numbered(str(compiled))
        binds = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect)
            for bind, name in compiled.bind_names.items()
        }
        self._binds = {name: convert for name, convert in binds.items() if convert is not None}
        self._fixed = self._kept(
            {n: compiled.params[n] for b, n in compiled.bind_names.items() if not b.required}
        )
        results = [
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in getattr(statement, "exported_columns", ())
        ]
        self._answers = bool(results)
        self._results = [(at, convert) for at, convert in enumerate(results) if convert]

    def arguments(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values as the driver takes them, in order."""
        given = {**self._fixed, **self._kept(values)}
        return tuple(given[name] for name in self.names)

    def rows(self, cursor: DBAPICursor) -> Sequence[Sequence[Any]]:
        """The rows a cursor holds, as SQLAlchemy would give them."""
        if not self._answers:
            return ()
        rows = cursor.fetchall()
        return [self._converted(row) for row in rows] if self._results else rows

    def _kept(self, values: Mapping[str, Any]) -> dict[str, Any]:
        kept = dict(values)
        for name, convert in self._binds.items():
            if name in kept:
                kept[name] = convert(kept[name])
        return kept

    def _converted(self, row: Sequence[Any]) -> Sequence[Any]:
        found = list(row)
        for at, convert in self._results:
            found[at] = convert(found[at])
        return found


def numbered(text: str) -> tuple[str, tuple[str, ...]]:
    """A text whose parameters have names, with numbers instead, and the names in their order.

    Psycopg would look for the names in every long text anew.
    """
    names: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name = found.group(1)
        return "%" if name is None else f"${names.setdefault(name, len(names) + 1)}"

    return _PARAMETER.sub(number, text), tuple(names)


_PARAMETER = re.compile(r"%\((\w+)\)s|%%")


@cache
def _compiler_of(usual: Any) -> Any:  # noqa: ANN401 - classes of SQLAlchemy's compilers
    class Constant(usual):  # type: ignore[misc]
        """Writes what is always the same into the text: it need not be sent, nor planned for."""

        serves_again = True  # whatever the values: the plan is kept

        def visit_bindparam(self, bindparam: Any, **options: Any) -> str:  # noqa: ANN401
            if not bindparam.required and bindparam.value is not None:
                options["literal_binds"] = True
            text: str = super().visit_bindparam(bindparam, **options)
            return text

    return Constant


def asked(session: WaitingSession, statement: Any, /, **values: Any) -> Sequence[Sequence[Any]]:  # noqa: ANN401
    """The rows of a statement that was built once, after what the session still has to write.

    Lists are bound as one value (`registry.core.bulk`), since the text is always the same.
    """
    return all_asked(session, [(statement, values)])


def all_asked(
    session: WaitingSession,
    statements: Sequence[tuple[Any, Mapping[str, Any]]],
    meanwhile: Callable[[], object] | None = None,
) -> Sequence[Sequence[Any]]:
    """As `asked`, of several with their values: the last one's rows.

    `meanwhile`: what else to do while the database works at them; nothing if this process does.
    """
    if session.autoflush and (session.new or session.dirty or session.deleted):
        session.flush()
    ready = [(prepared(session, statement), values) for statement, values in statements]
    return in_one_trip(session, [*session.taken(), *ready], meanwhile=meanwhile)


def in_one_trip(
    session: Session,
    sent: Sequence[tuple[Prepared, Mapping[str, Any]]],
    *,
    commit: bool = False,
    meanwhile: Callable[[], object] | None = None,
) -> Sequence[Sequence[Any]]:
    """Run statements one after the other, and perhaps commit; the last one's rows.

    Psycopg sends them all before it waits for the first one's answer; but not inside a savepoint:
    after a failure that only takes that back, it would count on statements that were not prepared.
    """
    connection = session.connection()
    driver: Any = connection.connection.driver_connection

    def act(cursor: DBAPICursor) -> Sequence[Sequence[Any]]:
        *first, (last, values) = sent
        many = (first or commit or meanwhile) and not session.in_nested_transaction()
        if many and connection.dialect.name == "postgresql":
            with driver.pipeline():
                for statement, before in first:
                    statement.send(cursor_of(connection.connection, connection.dialect), **before)
                last.send(cursor, **values)
                if commit:
                    driver.execute("COMMIT", prepare=False)
                if meanwhile is not None:
                    meanwhile()
            return last.rows(cursor)
        for statement, before in first:
            statement.send(cursor, **before)
        return last.run(cursor, **values)

    return at_cursor(session, act)


def prepared(session: Session, statement: Any) -> Prepared:  # noqa: ANN401
    """A statement as the session's database knows it, by the very object that it is."""
    known: dict[Any, Prepared] = session.info.setdefault(PREPARED, {})
    found = known.get(statement)
    if found is None:
        found = known[statement] = Prepared(statement, session.get_bind().dialect)
    return found


def loaded(session: Session, model: type[T], values: Sequence[Any]) -> T:
    """The session's instance of a mapped class for the values of its table's columns."""
    names = model.__table__.c.keys()  # type: ignore[attr-defined]
    row = dict(zip(names, values, strict=True))
    known: T | None = session.identity_map.get(identity_key(model, row["id"]))
    if known is not None:
        return known
    instance = model(**row)
    make_transient_to_detached(instance)
    session.add(instance)
    return instance


def at_cursor(session: Session, act: Callable[[DBAPICursor], T]) -> T:
    """Act at the driver's own cursor; what fails there is raised as SQLAlchemy raises it."""
    connection = session.connection()
    dialect = connection.dialect
    cursor = cursor_of(connection.connection, dialect)
    try:
        return act(cursor)
    except dialect.loaded_dbapi.Error as error:
        driver: Any = connection.connection.driver_connection
        gone = dialect.is_disconnect(error, driver, cursor)
        if gone:
            connection.invalidate(error)
        raise DBAPIError.instance(
            None, None, error, dialect.loaded_dbapi.Error,
            connection_invalidated=gone, dialect=dialect,
        ) from error  # fmt: skip


def cursor_of(connection: PoolProxiedConnection, dialect: Dialect) -> DBAPICursor:
    """A cursor for prepared statements: psycopg's that takes numbered parameters."""
    raw: Any = getattr(dialect.loaded_dbapi, "RawCursor", None)
    return connection.cursor() if raw is None else raw(connection.driver_connection)
