"""Taking an import back: what it created goes, what it updated is as it was before.

A short one is taken back at once, in the request that asks for it. A long one by the worker: it
first looks through all of it for records on which something was built since, and only then takes
it back, the last batch first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.imports import staging
from registry.imports.claims import actual
from registry.imports.datasets import dataset

if TYPE_CHECKING:
    from registry.core.work import Work
    from registry.imports.claims import Job
    from registry.imports.models import Import
    from registry.imports.rows import Options, Outcome

ACTION = "import.undo"


def written_by(work: Work, row: Import, batch: int | None = None) -> list[Outcome]:
    """What the import, or one batch of it, wrote, in the order of its rows."""
    batches = range(row.batches) if batch is None else (batch,)
    return [
        outcome
        for number in batches
        for outcome in staging.kept_outcomes(work.session, row.id, number)
        if outcome.written
    ]


def take_back(work: Work, row: Import, options: Options, batch: int | None = None) -> int:
    """Take back what was written; of how many rows. Raises import-built-on."""
    done = written_by(work, row, batch)
    restored = dataset(row.dataset).undo(work, done, options).restored if done else []
    work.action, work.reason = ACTION, options.reason
    return len({outcome.record_id for outcome in done}.intersection(restored))


def undo(job: Job) -> None:
    """Take back a long import: look through it, then batch by batch from the last."""
    row = job.row
    while row.batch < row.batches and not row.skip_changed:
        _look(job)
        if job.pauses():
            return
    start = 0 if row.skip_changed else row.batches
    while row.batch < start + row.batches:
        _undo_batch(job, start + row.batches - 1 - row.batch)
        if job.pauses() and row.batch < start + row.batches:
            return
    _end(job)


def _look(job: Job) -> None:
    """See whether something was built on a batch, and keep nothing. Raises import-built-on."""
    with job.parts.database.writing(job.principal, dry_run=True) as work:
        take_back(work, job.row, job.options, job.row.batch)
    job.noted(batch=job.row.batch + 1)


def _undo_batch(job: Job, batch: int) -> None:
    row, database = job.row, job.parts.database
    with database.writing(job.principal, request_id=row.request_id) as work:
        restored = take_back(work, row, job.options, batch)
        database.finish(work)
        last = {"last_revision": work.revision} if work.notes["changed"] else {}
        job.note(work.session, batch=row.batch + 1, restored=row.restored + restored, **last)
    job.told(row)


def _end(job: Job) -> None:
    with job.parts.database.aside() as session:
        now = job.parts.clock.now(actual(job.parts, session))
        job.note(session, state="undone", stage="done", queued=False, ended_at=now)
    job.told(job.row)
