"""What a request leaves behind that is no revision: a key's last use, and its share of a minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import or_, update
from sqlalchemy.exc import SQLAlchemyError

from registry.access.models import Key
from registry.core.http import forget_old_answers
from registry.core.problems import DomainError
from registry.core.telemetry import log

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.parts import Caller, Registry

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


class Usage:
    """Notes when a key was last used, at most once a minute, and drops old replayable answers.

    Called after a request's own transaction; it never fails a request nor waits for a lock, so
    a note may be late by a minute.
    """

    def __init__(self) -> None:
        self._noted: dict[UUID, datetime] = {}
        self._swept: datetime | None = None

    def __call__(self, parts: Registry, caller: Caller) -> None:
        """Note the caller's use of its key."""
        now = parts.clock.now()
        key_id = getattr(caller, "key_id", None)
        if key_id is not None and _due(self._noted.get(key_id), now, MINUTE):
            self._noted[key_id] = now
            self._note(parts, key_id, now)
        if _due(self._swept, now, HOUR):
            self._swept = now
            self._sweep(parts, now)

    def _note(self, parts: Registry, key_id: UUID, now: datetime) -> None:
        stale = or_(Key.last_used_at.is_(None), Key.last_used_at <= now - MINUTE)
        table = Key.__table__
        try:
            with parts.database.in_passing() as session:
                # Core, not the mapped class: a last use is no new version of the key.
                session.execute(
                    update(table).where(table.c.id == key_id, stale).values(last_used_at=now)  # type: ignore[arg-type]
                )
        except (DomainError, SQLAlchemyError) as error:
            log.info("last use not noted", kind=type(error).__name__)

    def _sweep(self, parts: Registry, now: datetime) -> None:
        try:
            with parts.database.in_passing() as session:
                forget_old_answers(session, now, parts.settings.idempotency_hours)
        except (DomainError, SQLAlchemyError) as error:
            log.info("old answers not dropped", kind=type(error).__name__)


def _due(last: datetime | None, now: datetime, every: timedelta) -> bool:
    return last is None or now - last >= every


class RateLimit:
    """A bucket of requests per key that refills steadily; each server process has its own.

    A limit of 0 lets everything through.
    """

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._lock = Lock()
        self._buckets: dict[UUID, tuple[float, datetime]] = {}

    def take(self, key_id: UUID | None, now: datetime) -> None:
        """Take one request out of a key's bucket. Raises too-many-requests when it is empty."""
        if not self.per_minute or key_id is None:
            return
        refill = self.per_minute / 60
        with self._lock:
            left, then = self._buckets.get(key_id, (float(self.per_minute), now))
            left = min(self.per_minute, left + max(0.0, (now - then).total_seconds()) * refill)
            enough = left >= 1
            self._buckets[key_id] = (left - 1 if enough else left, now)
        if not enough:
            raise DomainError(
                "too-many-requests", retry_after=max(1, round((1 - left) / refill + 0.5))
            )
