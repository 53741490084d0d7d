"""The last stage: what the import came to, and what of it is no longer needed goes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from registry.imports.claims import actual
from registry.imports.models import Import, ImportBatch

if TYPE_CHECKING:
    from registry.imports.claims import Job


def report(job: Job) -> None:
    """Say how it ended. A validated file waits; of any other the rows read from it go."""
    row, settings = job.row, job.parts.settings
    state = final_state(row)
    with job.parts.database.aside() as session:
        now = job.parts.clock.now(actual(job.parts, session))
        moments: dict[str, Any] = {"ended_at": now}
        if state == "validated":
            moments["held_until"] = now + timedelta(days=settings.import_held_days)
        else:
            rows = update(ImportBatch).where(ImportBatch.import_id == row.id)
            session.execute(rows.values(data=None))
        if row.first_revision is not None:
            moments["undo_until"] = now + timedelta(days=settings.import_undo_days)
        job.note(session, state=state, stage="done", queued=False, stop=False, **moments)
    job.told(row)


def final_state(row: Import) -> str:
    """The state in which an import ends, by its figures."""
    if row.state == "validating":
        return "validated" if row.mode == "validate" else "rejected"
    taken = row.created + row.updated + row.unchanged
    if row.stop and row.done < row.total:
        return "committed_partly" if taken else "cancelled"
    if not row.rejected:
        return "committed"
    return "committed_partly" if taken else "rejected"
