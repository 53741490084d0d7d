"""The database: snapshots for readers, and the one unit of work for writers.

One writer at a time, the lock first: a write takes its lock before it reads anything that decides
something, so its revision number is known from the start and no check can race. On PostgreSQL the
lock is a transaction-level advisory lock under READ COMMITTED (each later statement sees all that
was committed before the lock was got); on SQLite it is `BEGIN IMMEDIATE`. Readers never wait.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from shutil import disk_usage
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import func, select, text, true
from sqlalchemy.exc import SQLAlchemyError

from registry.core.awaited import is_awaited, waiting
from registry.core.constraints import translated
from registry.core.engine import make_engine
from registry.core.prepared import PREPARED, at_cursor, cursor_of
from registry.core.problems import DomainError
from registry.core.waiting import WaitingSession
from registry.core.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session
    from sqlalchemy.pool import PoolProxiedConnection

    from registry.core.clock import Clock
    from registry.core.work import Entrance, Head
    from registry.settings import Settings

WRITER_LOCK = 0x42_55_53_41_4E  # the advisory lock's number, "BUSAN"
# A write looks up what it touches. A plan made while a table was small would go on reading all of it,
# and one made for a table of middling size reads an index from end to end.
LOCK = select(
    func.pg_advisory_xact_lock(WRITER_LOCK),
    func.set_config("enable_seqscan", "off", true()),
    func.set_config("random_page_cost", "1.1", true()),
)
WAITING = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
RESERVE = 32 << 20  # bytes that no upload takes


class Journal(Protocol):
    """What numbers and chains the writes; `registry.revisions.log` in the product."""

    def head(self, session: Session, before: Any = None) -> Head:  # noqa: ANN401 - a statement
        """The newest committed revision, or number 0; perhaps after another statement."""

    def watch(self, work: Work) -> None:
        """Begin to note the rows that the write creates and changes."""

    def close(self, work: Work) -> bool:
        """Write the revision if anything changed; say whether it did."""

    def forget(self, work: Work) -> None:
        """Let go of the rows that were noted: the work has ended."""


class Database:
    """Opens snapshots for readers and units of work for writers."""

    def __init__(self, settings: Settings, clock: Clock, journal: Journal) -> None:
        self.engine = make_engine(settings)
        self.clock = clock
        self.journal = journal
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._patience_ms = settings.lock_timeout * 1000
        self.before_commit: Sequence[Callable[[Work], None]] = ()
        snapshot = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._snapshot = self.engine.execution_options(**snapshot)
        self._session = partial(WaitingSession, info={PREPARED: {}})  # one for all sessions
        self._immediate = self.engine.execution_options(sqlite_begin="IMMEDIATE")

    @contextmanager
    def reading(
        self,
        principal: object = None,
        request_id: str = "",
        settled_until: datetime | None = None,
        entrance: Entrance | None = None,
    ) -> Iterator[Work]:
        """A read of one snapshot: revision and figures agree, and nobody waits.

        With an `entrance` the same select that tells the revision tells who asks.
        """
        with (
            translated(),
            self._session(self._snapshot, autoflush=False, expire_on_commit=False) as session,
        ):
            if entrance is None:
                head = self.journal.head(session)
            else:
                head, principal = at_cursor(session, entrance)
            now = self.clock.now(head.read_at)
            work = Work(session, principal, self.clock, head, now, head.number)
            work.request_id, work.settled_until = request_id, settled_until
            yield work
            session.commit()  # after a rollback psycopg has the server forget what it prepared

    @contextmanager
    def writing(
        self, principal: object, *, request_id: str = "", dry_run: bool = False
    ) -> Iterator[Work]:
        """The unit of work: lock, one revision, one commit. An exception leaves nothing behind."""
        with translated(), self._session(self._immediate, expire_on_commit=False) as session:
            head = self._locked(session)
            now = self._moment(head)
            work = Work(session, principal, self.clock, head, now, head.number + 1)
            work.request_id, work.dry_run = request_id, dry_run
            self.journal.watch(work)
            try:
                yield work
                self.finish(work)
                if dry_run:
                    session.rollback()
                else:
                    session.commit()
            finally:
                work.take_meanwhile()  # which knows of the work
                self.journal.forget(work)

    def finish(self, work: Work) -> None:
        """Flush, recount what was touched, write the revision; once per work."""
        if work.notes.get("finished"):
            return
        work.session.flush()
        for hook in self.before_commit:
            hook(work)
        work.notes["changed"] = self.journal.close(work)
        work.notes["finished"] = True

    def moment(self, session: Session) -> datetime:
        """What the database's own clock reads, which no setting shifts."""
        return self.journal.head(session).read_at

    @contextmanager
    def acting(self, principal: object, *, request_id: str = "") -> Iterator[Work]:
        """A short write that is no revision but has an asker and a moment, as an import's queue."""
        with translated(), self._session(self._immediate, expire_on_commit=False) as session:
            head = self.journal.head(session)
            now = self.clock.now(head.read_at)
            work = Work(session, principal, self.clock, head, now, head.number)
            work.request_id = request_id
            yield work
            session.commit()

    @contextmanager
    def aside(self) -> Iterator[WaitingSession]:
        """A short write that is no revision (access log, last use, sessions)."""
        with translated(), self._session(self._immediate) as session:
            yield session
            session.commit()

    @contextmanager
    def between(self) -> Iterator[Session]:
        """As `aside`, but between two writes: for what a write keeps as it read it."""
        with self.aside() as session:
            self._locked(session)
            yield session

    @contextmanager
    def in_passing(self, milliseconds: int = 50) -> Iterator[Session]:
        """As `aside`, for what may be left undone: it hardly waits for a lock, then raises busy."""
        # One connection throughout: the patience put on it must be taken off the same one.
        with (
            translated(),
            waiting(self.engine.url.database if self.is_sqlite else None),
            self.engine.connect() as connection,
            self._session(connection) as session,
        ):
            if self.is_sqlite:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(milliseconds)}")
            else:
                session.execute(text(f"SET LOCAL lock_timeout = {int(milliseconds)}"))
            try:
                yield session
                session.commit()
                connection.commit()  # the PRAGMA began the transaction, not the session
            finally:
                session.rollback()
                if self.is_sqlite:
                    connection.exec_driver_sql(f"PRAGMA busy_timeout = {self._patience_ms}")

    def require_room(self) -> None:
        """Refuse something large while little room is left. Raises storage-full.

        With no room at all SQLite cannot even delete; another server tells when the time comes.
        """
        path = self.engine.url.database if self.is_sqlite else None
        if path and Path(path).exists() and disk_usage(path).free < RESERVE:
            raise DomainError("storage-full")

    def is_awaited(self, work: Work) -> bool:
        """Whether others wait for the lock that this write holds."""
        if self.is_sqlite:
            return is_awaited(self.engine.url.database)
        return bool(work.session.execute(WAITING).scalar_one())

    def wait_for_writers(self) -> datetime:
        """Take and release the writers' lock: every write that began before has then ended.

        Without this barrier an `as_of` moment that no committed revision has passed could get
        another answer later. Returns the database's moment under the lock.
        """
        with translated(), self._session(self._immediate) as session:
            moment = self.clock.now(self._locked(session).read_at)
            session.rollback()
            return moment

    def glance(self, entrance: Entrance) -> tuple[Head, Any] | None:
        """What an entrance tells, by one statement outside any transaction; None if it cannot.

        A failure is not told: whoever goes on as usual meets it again, and it is told there.
        """
        failure = self.engine.dialect.loaded_dbapi.Error
        try:
            connection = self.engine.raw_connection()
        except (failure, SQLAlchemyError):
            return None
        try:
            self._begin_by_itself(connection, begin=False)
            try:
                return entrance(cursor_of(connection, self.engine.dialect))
            finally:
                self._begin_by_itself(connection, begin=True)
        except failure:
            connection.invalidate()
            return None
        finally:
            connection.close()

    def _begin_by_itself(self, connection: PoolProxiedConnection, *, begin: bool) -> None:
        """Let psycopg begin a transaction with the first statement, or not."""
        driver: Any = connection.driver_connection
        if not self.is_sqlite and not driver.closed:
            driver.autocommit = not begin

    def _locked(self, session: Session) -> Head:
        """Take the writers' lock; the head as it stands then."""
        # On SQLite BEGIN IMMEDIATE is the lock.
        return self.journal.head(session, None if self.is_sqlite else LOCK)

    def _moment(self, head: Head) -> datetime:
        now = self.clock.now(head.read_at)
        behind = (head.at - now).total_seconds()
        tolerated = 60
        if self.clock.strict and behind > tolerated:
            raise DomainError("clock-behind")
        return now if behind < 0 else head.at + datetime.resolution
