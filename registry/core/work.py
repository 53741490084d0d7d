"""One request's work on the database: what it sees, who asks, what is known when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine.interfaces import DBAPICursor

from registry.core.clock import seoul_date
from registry.core.problems import DomainError, Flaw, Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from registry.core.clock import Clock
    from registry.core.waiting import WaitingSession


@dataclass(frozen=True, slots=True)
class Head:
    """The newest revision and its moment: the data version of every answer."""

    number: int
    at: datetime
    digest: str  # of the revision log up to it
    read_at: datetime  # the database's clock when it was read


@dataclass(frozen=True, slots=True)
class Access:
    """A reading of personal values: what was done, whose records, why."""

    act: str
    record_ids: tuple[UUID, ...]
    reason: str | None


class Unsettled(Exception):  # noqa: N818 - no error: a request to be asked again
    """A read needs every write that began before it to have ended first.

    `Database.wait_for_writers` is that wait; the read is then asked once more, in a new snapshot.
    """


# Who asks, with the newest revision that this asker's request sees; by one select at a cursor.
Entrance = Callable[[DBAPICursor], tuple[Head, Any]]


@dataclass
class Work:
    """One request's work on the database: its session, who asks, what is known when.

    For a read, `revision` is the head it sees; for a write, the number it will take.
    """

    session: WaitingSession
    principal: Any
    clock: Clock
    head: Head
    now: datetime
    revision: int
    action: str = ""
    reason: str | None = None
    request_id: str = ""
    dry_run: bool = False
    touched: dict[str, set[UUID]] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    rows: int = 0  # rows registered so far in this revision: the order of registration
    settled_until: datetime | None = None  # a read after the barrier: all before it has ended
    meanwhile: Callable[[], object] | None = None  # what else to do while the database is at work

    @property
    def today(self) -> date:
        """Today in Seoul."""
        return seoul_date(self.now)

    @property
    def dialect(self) -> str:
        """The kind of database: postgresql or sqlite."""
        return self.session.get_bind().dialect.name

    def require_version(self, version: int) -> None:
        """Refuse a change of a version other than the one `If-Match` named."""
        expected = self.notes.get("expected_version")
        if expected is not None and expected != version:
            raise DomainError("precondition-failed")

    def refuse_future(self, **days: date | None) -> None:
        """Refuse dates after today in Seoul: plans are not facts. Names the fields."""
        late = [name for name, day in days.items() if day is not None and day > self.today]
        if late:
            raise Invalid(
                *(
                    Flaw(
                        "date-in-future", f"/{name.replace('.', '/')}", facts={"today": self.today}
                    )
                    for name in late
                )
            )

    def following(self, others: int) -> Work:
        """The write that will follow on what is seen and so many other writes.

        For what is judged before it has the lock; if anybody else writes, it is none of this work's.
        """
        revision = self.head.number + others + 1
        return replace(self, revision=revision, rows=0, touched={}, notes={})

    def touch(self, dataset: str, *units: UUID) -> None:
        """Name persons or start-ups whose counts this write may change; they are recounted."""
        self.touched.setdefault(dataset, set()).update(units)

    def take_meanwhile(self) -> Callable[[], object] | None:
        """What else is to be done, for whoever waits for the database now; once."""
        taken, self.meanwhile = self.meanwhile, None
        return taken

    def log_access(self, act: str, record_ids: Iterable[UUID], reason: str | None = None) -> None:
        """Say whose personal values this read answers; they are logged before the answer goes."""
        self.notes["access"] = Access(act, tuple(record_ids), reason)

    def next_row(self) -> int:
        """The next place in this revision's order of registration."""
        self.rows += 1
        return self.rows
