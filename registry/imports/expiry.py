"""What ends by itself: uploads that broke off, files that wait too long, what is kept long enough."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from registry.imports import files
from registry.imports.claims import actual
from registry.imports.models import Import, ImportBatch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from registry.core.parts import Registry

UPLOAD = timedelta(hours=1)  # an upload that was not seen for so long has broken off
EXPIRED = "import-held-too-long"
_AT_ONCE = 20


def sweep(parts: Registry) -> int:
    """End and destroy what is due, each in a transaction of its own; how many there were."""
    with parts.database.aside() as session:
        moment = actual(parts, session)
        now = parts.clock.now(moment)
        broken = _broken(session, moment)
        for import_id in broken:
            files.forget(session, import_id)
    with parts.database.aside() as session:
        waiting = _waiting(session, now)
        for import_id in waiting:
            ended = {"state": "cancelled", "failure": EXPIRED, "held_until": None}
            files.destroy(session, import_id, ended_at=now, destroyed_at=now, **ended)
    with parts.database.aside() as session:
        kept = _kept_long_enough(session, now - timedelta(days=parts.settings.import_kept_days))
        for import_id in kept:
            files.destroy(session, import_id, destroyed_at=now)
    with parts.database.aside() as session:
        final = _past_undoing(session, now)
        session.execute(delete(ImportBatch).where(ImportBatch.import_id.in_(final)))
    return len(broken) + len(waiting) + len(kept) + len(final)


def _broken(session: Session, moment: datetime) -> Sequence[UUID]:
    found = select(Import.id).where(Import.fingerprint.is_(None), Import.beat_at < moment - UPLOAD)
    return session.scalars(found.limit(_AT_ONCE)).all()


def _waiting(session: Session, now: datetime) -> Sequence[UUID]:
    late = select(Import.id).where(
        Import.state == "validated", Import.held_until <= now, ~Import.queued
    )
    return session.scalars(late.limit(_AT_ONCE)).all()


def _kept_long_enough(session: Session, before: datetime) -> Sequence[UUID]:
    old = select(Import.id).where(
        Import.ended_at <= before,
        Import.destroyed_at.is_(None),
        Import.state != "validated",
        ~Import.queued,
    )
    return session.scalars(old.limit(_AT_ONCE)).all()


def _past_undoing(session: Session, now: datetime) -> Sequence[UUID]:
    """Imports that can no longer be undone but still hold what an undo would need."""
    holding = select(ImportBatch.import_id).where(ImportBatch.import_id == Import.id).exists()
    past = select(Import.id).where(Import.undo_until <= now, ~Import.queued, holding)
    return session.scalars(past.limit(_AT_ONCE)).all()
