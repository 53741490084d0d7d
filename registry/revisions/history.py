"""Row history: the superseded version of a row is kept when it changes, so inserts pay nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, inspect

from registry.core.crypto import canonical
from registry.core.types import new_id
from registry.core.waiting import WaitingSession
from registry.revisions.models import History, Recorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session, UOWTransaction

    from registry.core.work import Work


WATCHER = "watcher"  # where a session knows who watches it


def chained_columns(model: type[Recorded]) -> tuple[str, ...]:
    """The names of the columns that a row's digest and history cover, in table order."""
    mapper = inspect(model)
    own = {"id", "version", "revision"} | model.unchained
    return tuple(a.key for a in mapper.column_attrs if a.key not in own)


def row_text(kind: str, record_id: UUID, version: int, values: Mapping[str, Any]) -> bytes:
    """The one text of a row version that its revision's content digest covers."""
    return canonical([kind, str(record_id), version, values])


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Column values as JSON keeps them: ids, dates and moments (in UTC) as text."""
    return {key: _plain(value) for key, value in values.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, datetime):
        # A moment written in Seoul time is read back in UTC; both must give one text.
        return str(value.astimezone(UTC))
    known = (str, int, bool, type(None), list, dict, float)
    return value if isinstance(value, known) else str(value)


class Watcher:
    """Notes which recorded rows one unit of work writes, and keeps what they were before."""

    def __init__(self, work: Work) -> None:
        self.work = work
        # The row, or for one written in bulk the text of its version.
        # By the number of its id, which is hashed in a third of the time of the id itself.
        self.written: dict[tuple[str, int], Any] = {}
        # Every row written through the session, in order, with the version it had before.
        self.recent: list[tuple[Any, int | None]] = []
        work.session.info[WATCHER] = self

    def note(self, session: Session) -> None:
        """Number the new rows of a session that is about to be flushed, and keep what changes."""
        for row in session.new:
            if isinstance(row, Recorded):
                self.number(row)
        for row in list(session.dirty):
            if isinstance(row, Recorded) and session.is_modified(row):
                self._supersede(session, row)

    def number(self, row: Any) -> None:  # noqa: ANN401 - a recorded row
        """Give a new row its revision and its place in it, and note it."""
        row.created_revision = row.revision = self.work.revision
        row.created_row = self.work.next_row()
        self._note(row, None)

    def _supersede(self, session: Session, row: Any) -> None:  # noqa: ANN401
        former = former_values(row)
        if not former.changed:
            return
        first_time = not self.has_written(row.__tablename__, row.id)
        if first_time:
            session.add(
                History(
                    kind=row.__tablename__,
                    record_id=row.id,
                    version=row.version,
                    from_revision=row.revision,
                    to_revision=self.work.revision,
                    values=plain_values(former.values),
                    sealed=former.sealed,
                )
            )
        row.revision = self.work.revision
        self._note(row, row.version)

    def _note(self, row: Any, before: int | None) -> None:  # noqa: ANN401
        self.recent.append((row, before))
        if row.id is None:
            row.id = new_id()
        self.written[row.__tablename__, row.id.int] = row

    def has_written(self, kind: str, record_id: UUID) -> bool:
        """Whether this work has written a row already: its former version is then kept."""
        return (kind, record_id.int) in self.written

    def note_bulk(self, kind: str, texts: Iterable[tuple[UUID, bytes]]) -> None:
        """Note row versions written past the session: each is covered by its text alone.

        Whoever writes so numbers the rows (`work.next_row`) and keeps what they supersede, once
        per row and work, as this does for the session's rows.
        """
        self.written.update({(kind, record_id.int): text for record_id, text in texts})

    def mark(self) -> int:
        """A place in what is noted, to `forget` what comes after it."""
        return len(self.written)

    def forget(self, mark: int) -> None:
        """Forget the rows first noted after a mark: a savepoint took them back."""
        while len(self.written) > mark:
            self.written.popitem()

    def let_go(self) -> None:
        """Forget all rows."""
        self.written.clear()
        self.recent.clear()

    def row_texts(self) -> list[bytes]:
        """The texts of all row versions this work has written, sorted."""
        return sorted(
            row if isinstance(row, bytes) else _text_of(kind, row)
            for (kind, _), row in self.written.items()
        )


@event.listens_for(WaitingSession, "before_flush")  # once: to listen to each session takes longer
def _noted(session: Session, _context: UOWTransaction, _objects: object) -> None:
    watcher: Watcher | None = session.info.get(WATCHER)
    if watcher is not None:
        watcher.note(session)


def _text_of(kind: str, row: Any) -> bytes:  # noqa: ANN401
    values = plain_values({c: getattr(row, c) for c in chained_columns(type(row))})
    return row_text(kind, row.id, row.version, values)


class Former:
    """What a changed row was before: its chained values and its sealed document."""

    def __init__(self, values: dict[str, Any], sealed: bytes | None, *, changed: bool) -> None:
        self.values = values
        self.sealed = sealed
        self.changed = changed


def former_values(row: Any) -> Former:  # noqa: ANN401
    """Read the loaded values of a dirty row from its attribute history."""
    state = inspect(row)
    values, changed = {}, False
    for name in chained_columns(type(row)):
        history = state.attrs[name].history
        if history.deleted:
            values[name] = history.deleted[0]
            changed = changed or (history.added[0] if history.added else None) != values[name]
        elif history.added:
            values[name] = None
            changed = changed or history.added[0] is not None
        else:
            values[name] = getattr(row, name)
    sealed = None
    if row.sealed_column:
        history = state.attrs[row.sealed_column].history
        sealed = history.deleted[0] if history.deleted else getattr(row, row.sealed_column)
    return Former(values, sealed, changed=changed)
