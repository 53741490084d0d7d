"""Inserts that wait for one another: what needs no answer goes in one statement with what follows.

On PostgreSQL a statement costs a round trip, and under the writers' lock these are the rate.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from registry.core.prepared import PREPARED, Prepared, in_one_trip, prepared

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Table
    from sqlalchemy.engine.interfaces import DBAPICursor
    from sqlalchemy.orm import SessionTransaction

AT_ONCE = 8  # rows of one table in one insert, and inserts in one statement
MORE_THAN_ONE = 2
_NUMBER = re.compile(r"\$(\d+)")


class WaitingSession(Session):
    """A session whose inserts may wait until it is asked for anything else, or commits."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waiting: list[tuple[Any, Mapping[str, Any]]] = []

    def insert_later(
        self,
        table: Table,
        names: tuple[str, ...],
        rows: Sequence[Sequence[Any]],
        *,
        adding: tuple[str, ...] = (),
    ) -> None:
        """Insert a few rows of these columns before anything else is asked of the database.

        Where a row of the same key is there, the numbers in the columns `adding` are added to it.
        """
        if adding and any(statement.table is table for statement, _ in self._waiting):
            self.send()  # one statement cannot add to a row twice
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE]
            values = {
                f"{name}_{place}": value
                for place, row in enumerate(part)
                for name, value in zip(names, row, strict=True)
            }
            if len(self._waiting) == AT_ONCE:
                self.send()
            dialect = self.get_bind().dialect.name
            self._waiting.append((_inserting(dialect, table, names, len(part), adding), values))

    def send(self) -> None:
        """Insert what waits."""
        waiting = self.taken()
        if waiting:
            in_one_trip(self, waiting)

    def forget(self) -> None:
        """Drop what waits: what it belongs to is taken back."""
        self._waiting.clear()

    def taken(self) -> list[tuple[Prepared, Mapping[str, Any]]]:
        """What waits, for whoever sends it now: on PostgreSQL one statement."""
        waiting, self._waiting = self._waiting, []
        if self.get_bind().dialect.name != "postgresql" or len(waiting) < MORE_THAN_ONE:
            return [(prepared(self, statement), values) for statement, values in waiting]
        known = self.info[PREPARED]
        key = tuple(statement for statement, _ in waiting)
        if key not in known:
            known[key] = _Together([prepared(self, statement) for statement in key])
        return [(known[key], {f"w{at}": values for at, (_, values) in enumerate(waiting)})]

    # ruff: noqa: ANN401
    if not TYPE_CHECKING:  # each as the session has it, only that what waits goes first

        def flush(self, *args: Any, **options: Any) -> None:
            self.send()
            super().flush(*args, **options)

        def execute(self, *args: Any, **options: Any) -> Any:
            self.send()
            return super().execute(*args, **options)

        def scalars(self, *args: Any, **options: Any) -> Any:
            self.send()
            return super().scalars(*args, **options)

        def scalar(self, *args: Any, **options: Any) -> Any:
            self.send()
            return super().scalar(*args, **options)

        def connection(self, *args: Any, **options: Any) -> Any:
            self.send()
            return super().connection(*args, **options)

        def begin_nested(self) -> Any:
            self.send()
            return super().begin_nested()

        def rollback(self) -> None:
            self.forget()
            super().rollback()

        def close(self) -> None:
            self.forget()
            super().close()

        def commit(self) -> None:
            if self.new or self.dirty or self.deleted:
                self.flush()
            waiting = self.taken()
            if waiting:
                in_one_trip(self, waiting, commit=True)
            super().commit()


@event.listens_for(WaitingSession, "after_soft_rollback")
def _forget(session: WaitingSession, _transaction: SessionTransaction) -> None:
    session.forget()


@event.listens_for(WaitingSession, "before_commit")
def _send_within(session: WaitingSession) -> None:
    """Insert what waits before a savepoint is kept: what is refused must fail inside it."""
    if session.in_nested_transaction():
        session.send()


class _Together(Prepared):
    """Inserts of which none needs what another does, as one statement."""

    def __init__(self, parts: Sequence[Prepared]) -> None:
        self._parts = parts
        texts, taken = [], 0
        for part in parts:
            texts.append(_counted_on(part.text, taken))
            taken += len(part.names)
        begun = ", ".join(f"w{at} AS ({text})" for at, text in enumerate(texts[:-1]))
        self._text = f"WITH {begun} {texts[-1]}"

    @property
    def text(self) -> str:
        """The statement as the driver is given it."""
        return self._text

    def arguments(self, values: Mapping[str, Mapping[str, Any]]) -> tuple[Any, ...]:
        """The values as the driver takes them, in order."""
        each = zip(self._parts, values.values(), strict=True)
        return tuple(chain.from_iterable(part.arguments(said) for part, said in each))

    def rows(self, cursor: DBAPICursor) -> Sequence[Sequence[Any]]:  # noqa: ARG002
        """None: nothing was asked."""
        return ()


def _counted_on(text: str, by: int) -> str:
    return _NUMBER.sub(lambda number: f"${int(number.group(1)) + by}", text)


@cache
def _inserting(
    dialect: str, table: Table, names: tuple[str, ...], rows: int, adding: tuple[str, ...]
) -> Any:
    columns = [table.c[name] for name in names]
    make: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = make(table).values(
        [
            {c.name: bindparam(f"{c.name}_{row}", type_=c.type) for c in columns}
            for row in range(rows)
        ]
    )
    if not adding:
        return statement
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: table.c[name] + statement.excluded[name] for name in adding},
    )
