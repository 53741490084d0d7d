"""The stage in which rows go into the registry, and the progress with them, in one transaction.

A short import is one transaction and one revision: all of it, or nothing. A long one goes in by
batches; between two of them the worker steps back as long as others wait to write.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from registry.imports import staging
from registry.imports.ahead import Ahead
from registry.imports.datasets import dataset
from registry.imports.datasets.steadily import uncollected
from registry.imports.judging import loaded, parted
from registry.imports.meanwhile import changed_by_others, differing
from registry.imports.models import WHOLE, Import
from registry.imports.record import figures, nothing, record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.core.work import Work
    from registry.imports.claims import Job
    from registry.imports.rows import Applied, Outcome, Rows

CHANGED = "changed-meanwhile"
_LONGEST_REST = 2.0
_KEPT_AT = frozenset(2 * 4**turn for turn in range(12))  # one batch is too little to learn from
# By a tenth of the usual sample: it is about how many rows there are, and they grow on.
_ANALYZE = "SET LOCAL default_statistics_target = 10; ANALYZE"


class _NotTaken(Exception):  # noqa: N818 - the transaction is to leave nothing behind
    def __init__(self, applied: Applied) -> None:
        super().__init__()
        self.applied = applied


def commit(job: Job) -> None:
    """Take the rows in: a short import as a whole, a long one batch by batch."""
    if job.row.total <= WHOLE:
        with uncollected():
            _commit_whole(job)
    else:
        _commit_batches(job)


def _commit_whole(job: Job) -> None:
    row = job.row
    batches = loaded(job)
    foreseen = _foreseen(job, range(len(batches)))
    whole = staging.merged(batches)
    parts = job.parts
    try:
        with parts.database.writing(job.principal, request_id=row.request_id) as work:
            applied = _applied(job, work, whole)
            changed = differing(foreseen, applied.outcomes, of_same=True) if foreseen else []
            for index in changed:
                whole.warn(index, CHANGED, None, foreseen=foreseen[index].outcome)
            _require(row, whole, changed, applied)
            found = nothing()
            for number, (rows, part) in enumerate(parted(batches, whole, applied)):
                found = record(work.session, job, number, rows, part, found)
            job.note(
                work.session, stage="report", batch=len(batches), done=len(whole),
                **_revision(job, work), **found,
            )  # fmt: skip
    except _NotTaken as refused:
        _say_what_changed(job, batches, whole, refused.applied)
    job.told(row)


def _require(row: Import, rows: Rows, changed: list[int], applied: Applied) -> None:
    """All or nothing, and nothing but what was validated. Raises _NotTaken."""
    if changed or (row.on_error == "reject_all" and rows.refused()):
        raise _NotTaken(applied)


def _foreseen(job: Job, batches: Iterable[int]) -> list[Outcome]:
    """What the validation said of each row; nothing if the file was not validated before."""
    if job.row.validated_revision is None or job.row.mode != "validate":
        return []
    with job.parts.database.reading() as work:
        return [
            outcome
            for number in batches
            for outcome in staging.kept_outcomes(work.session, job.row.id, number)
        ]


def _applied(job: Job, work: Work, rows: Rows) -> Applied:
    applied = dataset(job.row.dataset).apply(work, rows, job.options)
    work.action, work.reason = f"import.{job.row.dataset}", job.row.reason
    return applied


def _revision(job: Job, work: Work) -> dict[str, Any]:
    """Recount and number what was written; the first and the last revision of the import."""
    job.parts.database.finish(work)
    if not work.notes["changed"]:
        return {}
    first = job.row.first_revision or work.revision
    return {"first_revision": first, "last_revision": work.revision}


def _say_what_changed(job: Job, batches: list[Rows], whole: Rows, applied: Applied) -> None:
    """Nothing went in: keep the new verdict, to be committed or mended."""
    changed = sum(1 for p in whole.problems if p.code == CHANGED)
    with job.parts.database.aside() as session:
        found = nothing()
        for number, (rows, part) in enumerate(parted(batches, whole, applied)):
            found = record(session, job, number, rows, part, found)
        found["changed"] = changed
        job.note(
            session, state="validating", stage="report", batch=len(batches), done=len(whole),
            **found,
        )  # fmt: skip


def _commit_batches(job: Job) -> None:
    row = job.row
    with Ahead(job, written=True) as ahead:
        while row.batch < row.batches and not row.stop:
            rest = _commit_batch(job, ahead)
            job.told(row)
            _keep_statistics(job)
            if job.pauses() and row.batch < row.batches:
                return
            time.sleep(min(_LONGEST_REST, rest))
            _see_whether_to_stop(job)
    job.noted(stage="report")


def _commit_batch(job: Job, ahead: Ahead) -> float:
    """Take a batch in; for how many seconds others are then to have the lock.

    As long as it was held, if anybody waits for it.
    """
    row, database = job.row, job.parts.database
    number = row.batch
    rows = ahead.rows(number)
    foreseen = _foreseen(job, [number])
    with database.writing(job.principal, request_id=row.request_id) as work:
        began = time.monotonic()
        applied = _applied(job, work, rows)
        ahead.learn(applied)
        changed = changed_by_others(work.session, row, foreseen, applied.outcomes)
        for index in changed:
            rows.warn(index, CHANGED, None, foreseen=foreseen[index].outcome)
        found = record(
            work.session, job, number, rows, applied, figures(row) if number else nothing()
        )
        found["changed"] += len(changed)
        done = (row.done if number else 0) + len(rows)
        job.note(work.session, batch=number + 1, done=done, **_revision(job, work), **found)
        awaited = database.is_awaited(work)
    return time.monotonic() - began if awaited else 0.0


def _see_whether_to_stop(job: Job) -> None:
    with job.parts.database.reading() as work:
        found = work.session.get(Import, job.row.id)
        job.row.stop = bool(found and found.stop)


def _keep_statistics(job: Job) -> None:
    """Let the planner know of the first batches and of each fourfold: it knew empty tables."""
    if job.row.batch not in _KEPT_AT:
        return
    database = job.parts.database
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA optimize" if database.is_sqlite else _ANALYZE)
