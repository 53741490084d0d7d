"""One batch of rows goes into the registry, and the progress with it, in one transaction."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.imports import staging
from registry.imports.datasets import dataset
from registry.imports.meanwhile import changed_by_others
from registry.imports.models import Import
from registry.imports.record import figures, nothing, record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.core.work import Work
    from registry.imports.claims import Job
    from registry.imports.rows import Applied, Outcome, Rows

CHANGED = "changed-meanwhile"


def ready_batch(job: Job, number: int) -> Rows:
    """A batch, judged by what is there now."""
    database, of = job.parts.database, dataset(job.row.dataset)
    with database.reading() as work:
        rows = staging.load(work.session, job.cipher, job.row.id, number)
    with database.reading(job.principal) as work:
        written = work.session.scalars(select(Import.batch).where(Import.id == job.row.id)).one()
        of.look_ahead(work, rows, replace(job.options, before=number - written))
    return rows


def take_turn(job: Job, rows: Rows) -> float:
    """As `take_batch`, by one of two processes; what was written is noted for the other."""
    before = job.row.last_revision
    applied, rest = take_batch(job, rows)
    revision = job.row.last_revision
    if revision is not None and revision != before:
        job.own = {revision: applied.wrote()}
    return rest


def take_batch(job: Job, rows: Rows) -> tuple[Applied, float]:
    """Take the next batch in; for how many seconds others are then to have the lock.

    As long as it was held, if anybody waits for it.
    """
    row, database = job.row, job.parts.database
    number = row.batch
    foreseen = foreseen_of(job, [number])
    with database.writing(job.principal, request_id=row.request_id) as work:
        began = time.monotonic()
        applied = applied_to(job, work, rows)
        changed = changed_by_others(work.session, row, foreseen, applied.outcomes)
        for index in changed:
            rows.warn(index, CHANGED, None, foreseen=foreseen[index].outcome)
        found = record(
            work.session, job, number, rows, applied, figures(row) if number else nothing()
        )
        found["changed"] += len(changed)
        done = (row.done if number else 0) + len(rows)
        job.note(
            work.session, after=number, batch=number + 1, done=done, **revision_of(job, work),
            **found,
        )  # fmt: skip
        awaited = database.is_awaited(work)
    return applied, time.monotonic() - began if awaited else 0.0


def foreseen_of(job: Job, batches: Iterable[int]) -> list[Outcome]:
    """What the validation said of each row; nothing if the file was not validated before."""
    if job.row.validated_revision is None or job.row.mode != "validate":
        return []
    with job.parts.database.reading() as work:
        return [
            outcome
            for number in batches
            for outcome in staging.kept_outcomes(work.session, job.row.id, number)
        ]


def applied_to(job: Job, work: Work, rows: Rows) -> Applied:
    """Take rows into the registry, in this write."""
    applied = dataset(job.row.dataset).apply(work, rows, job.options)
    work.action, work.reason = f"import.{job.row.dataset}", job.row.reason
    return applied


def revision_of(job: Job, work: Work) -> dict[str, Any]:
    """Recount and number what was written; the first and the last revision of the import."""
    job.parts.database.finish(work)
    if not work.notes["changed"]:
        return {}
    first = job.row.first_revision or work.revision
    return {"first_revision": first, "last_revision": work.revision}
