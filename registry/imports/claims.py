"""The queue of imports: who works at which, and that nobody works at one he has lost.

A claim is a random number in the import's row. Every note of progress is an UPDATE that names the
claim: a worker that was thought dead, or whose import was cancelled, finds no row, raises
LostClaim and leaves nothing behind. Organisations take turns; one organisation's files are worked
through in the order they came, since a later file may speak of what an earlier one brought.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import inspect, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased

from registry.access.models import Key, Organisation
from registry.access.principal import Principal
from registry.access.queries import seen_organisations
from registry.accounts.models import Account
from registry.core.clock import seoul_date
from registry.core.problems import DomainError
from registry.core.telemetry import log
from registry.imports.files import cipher_of
from registry.imports.models import Import
from registry.imports.rows import Options, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from registry.core.crypto import RowCipher
    from registry.core.parts import Registry
    from registry.imports.partner import Partner
    from registry.imports.reading.workbooks import Opener
    from registry.imports.rows import Rows

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
BEATS = 4  # in the time after which a silent worker has lost its import


class LostClaim(Exception):  # noqa: N818 - no error: somebody else decides about the import now
    """The import is another worker's, or was cancelled."""


@dataclass
class Job:
    """One import in the hands of one worker; `row` is the worker's own copy."""

    parts: Registry
    row: Import
    principal: Principal
    pauses: Callable[[], bool] = field(default=lambda: False)  # asked between batches
    told: Callable[[Import], None] = field(default=lambda _: None)  # after each note of progress
    opener: Opener | None = None  # of a workbook, begun while the file was stored
    held: list[Rows] = field(default_factory=list)  # a short file as it was read just now
    own: dict[int, Any] = field(default_factory=dict)  # what its last batches wrote, by revision
    partner: Partner | None = None  # the second process, once there is one

    @property
    def cipher(self) -> RowCipher:
        """What the import's rows are encrypted with. Raises import-destroyed."""
        return cipher_of(self.parts.keyring, self.row)

    @property
    def options(self) -> Options:
        """How the import is to be taken in, or back."""
        row = self.row
        return Options(
            self.parts.keyring,
            allow_reversal=row.allow_reversal,
            reason=row.reason,
            skip_changed=row.skip_changed,
            own=self.own,
            target=Target(self.parts.database.engine.dialect, row.organisation_id),
        )

    def note(self, session: Session, *, after: int | None = None, **values: Any) -> None:
        """Write progress in this transaction, if the claim still holds. Raises LostClaim.

        `after`: and if so many batches are done, of which another process may know better.
        """
        values |= {"beat_at": actual(self.parts, session), "attempts": 0}
        if "stage" in values:
            values["stage_at"] = self.parts.clock.now(values["beat_at"])
        mine = _own(self.row) if after is None else _own(self.row).where(Import.batch == after)
        found = session.execute(mine.values(**values).returning(Import.stop)).first()
        if found is None:
            raise LostClaim
        self.row.stop = found[0]  # somebody may have asked for it
        for name, value in values.items():
            setattr(self.row, name, value)

    def noted(self, **values: Any) -> None:
        """`note` in a transaction of its own, and tell it."""
        with self.parts.database.aside() as session:
            self.note(session, **values)
        self.told(self.row)


def _own(row: Import) -> Any:  # noqa: ANN401 - an update
    mine = update(Import).where(Import.id == row.id, Import.claim == row.claim, Import.queued)
    return mine.execution_options(synchronize_session=False)  # no session holds the row


def actual(parts: Registry, session: Session) -> datetime:
    """The database's own clock: claims must age while a set clock stands still."""
    return parts.database.moment(session)


def claim(parts: Registry, only: UUID | None = None) -> Job | None:
    """Take the import whose turn it is (or only that one), None if there is nothing to do."""
    with parts.database.aside() as session:
        now = actual(parts, session)
        row = session.scalars(_next(parts, now, only)).one_or_none()
        if row is None:
            return None
        row.claim, row.claimed_at, row.beat_at = uuid4(), now, now
        row.attempts += 1
        job = _job(parts, session, row)
        session.flush()
        session.expunge(row)
    return job


def is_any(parts: Registry) -> bool:
    """Whether there is anything to claim: a look that takes no lock."""
    with parts.database.reading() as work:
        free = _is_free(Import, parts, work.head.read_at)
        found = select(Import.id).where(Import.queued, free).limit(1)
        return work.session.execute(found).first() is not None


def taken(parts: Registry, row: Import) -> Job:
    """The job of an import that was claimed when it was accepted."""
    with parts.database.reading() as work:
        return _job(parts, work.session, row)


def _next(parts: Registry, now: datetime, only: UUID | None) -> Any:  # noqa: ANN401 - a select
    ready = select(Import).where(Import.queued, _is_free(Import, parts, now))
    if only is not None:
        return ready.where(Import.id == only).with_for_update(skip_locked=True)
    before, served = aliased(Import), aliased(Import)
    earlier = select(before.id).where(
        before.organisation_id == Import.organisation_id, before.queued, before.id < Import.id
    )
    turn = (
        select(served.claimed_at)
        .where(served.organisation_id == Import.organisation_id, served.claimed_at.is_not(None))
        .order_by(served.claimed_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        ready.where(~earlier.exists())
        .order_by(turn.asc().nulls_first(), Import.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Import)
    )


def _is_free(model: Any, parts: Registry, now: datetime) -> ColumnElement[bool]:  # noqa: ANN401
    silent = now - timedelta(seconds=parts.settings.import_takeover_seconds)
    return or_(model.claim.is_(None), model.beat_at < silent)


def others_wait(parts: Registry, row: Import) -> bool:
    """Whether another organisation's import could be worked at now."""
    with parts.database.reading() as work:
        now = actual(parts, work.session)
        found = select(Import.id).where(
            Import.queued,
            Import.organisation_id != row.organisation_id,
            _is_free(Import, parts, now),
        )
        return work.session.execute(found.limit(1)).first() is not None


def _job(parts: Registry, session: Session, row: Import) -> Job:
    organisation = session.get_one(Organisation, row.organisation_id)
    today = seoul_date(parts.clock.now(actual(parts, session)))
    seen = seen_organisations(session, organisation, today)
    principal = Principal(
        organisation_id=organisation.id,
        organisation_code=organisation.code,
        key_id=row.key_id,
        label=row.label,
        scopes=frozenset(row.scopes),
        organisations=tuple(o.id for o in seen),
        organisation_codes=tuple(o.code for o in seen),
    )
    return Job(parts, row, principal)


def require_key(job: Job) -> None:
    """Refuse to go on for a key or an account that was closed meanwhile. Raises unauthorized."""
    if job.row.key_id is None:
        return
    with job.parts.database.reading() as work:
        key = work.session.get(Key, job.row.key_id)
        if key is not None and key.revoked_at is not None:
            raise DomainError("unauthorized")
        account = None if key else work.session.get(Account, job.row.key_id)
        if account is not None and account.disabled_at is not None:
            raise DomainError("unauthorized")


def reload(job: Job) -> None:
    """Bring the worker's copy up to date: another process under its claim has gone on meanwhile.

    It waits for what that may have had committed last: a server commits for one that is dead as
    well. Raises LostClaim.
    """
    with job.parts.database.aside() as session:
        own = select(Import).where(Import.id == job.row.id, Import.claim == job.row.claim)
        found = session.scalars(own.with_for_update()).one_or_none()
        if found is None:
            raise LostClaim
        take_over(job.row, values_of(found))


def values_of(row: Import) -> dict[str, Any]:
    """An import as it is sent between two processes."""
    return {a.key: getattr(row, a.key) for a in inspect(Import).column_attrs}


def take_over(row: Import, values: dict[str, Any]) -> None:
    """Bring a worker's own copy of an import up to date."""
    for name, value in values.items():
        setattr(row, name, value)


def release(job: Job, *, blameless: bool = True) -> None:
    """Put an import back into the queue; the claim counts against it unless it is blameless."""
    less = {"attempts": max(0, job.row.attempts - 1)} if blameless else {}
    with job.parts.database.aside() as session:
        session.execute(_own(job.row).values(claim=None, **less))


@contextmanager
def beating(job: Job) -> Iterator[None]:
    """While the block runs, show now and then that this worker lives."""
    done = threading.Event()
    pause = job.parts.settings.import_takeover_seconds / BEATS

    def beat() -> None:
        while not done.wait(pause):
            try:
                with job.parts.database.in_passing() as session:
                    session.execute(_own(job.row).values(beat_at=actual(job.parts, session)))
            except (DomainError, SQLAlchemyError) as error:
                log.info("no sign of life", kind=type(error).__name__)

    thread = threading.Thread(target=beat, daemon=True, name="import-beat")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
