"""The stage in which rows go into the registry, and the progress with them, in one transaction.

A short import is one transaction and one revision: all of it, or nothing. A long one goes in by
batches; between two of them the worker steps back as long as others wait to write.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from registry.imports import staging
from registry.imports.judging import loaded, parted
from registry.imports.meanwhile import differing
from registry.imports.models import WHOLE, Import
from registry.imports.record import nothing, record
from registry.imports.taking import CHANGED, applied_to, foreseen_of, revision_of
from registry.imports.turns import taking_turns

if TYPE_CHECKING:
    from registry.imports.claims import Job
    from registry.imports.rows import Applied, Rows

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
        _commit_whole(job)
    else:
        _commit_batches(job)


def _commit_whole(job: Job) -> None:
    row = job.row
    batches = loaded(job)
    foreseen = foreseen_of(job, range(len(batches)))
    whole = staging.merged(batches)
    parts = job.parts
    try:
        with parts.database.writing(job.principal, request_id=row.request_id) as work:
            applied = applied_to(job, work, whole)
            changed = differing(foreseen, applied.outcomes, of_same=True) if foreseen else []
            for index in changed:
                whole.warn(index, CHANGED, None, foreseen=foreseen[index].outcome)
            _require(row, whole, changed, applied)
            found = nothing()
            for number, (rows, part) in enumerate(parted(batches, whole, applied)):
                found = record(work.session, job, number, rows, part, found)
            job.note(
                work.session, stage="report", batch=len(batches), done=len(whole),
                **revision_of(job, work), **found,
            )  # fmt: skip
    except _NotTaken as refused:
        _say_what_changed(job, batches, whole, refused.applied)
    job.told(row)


def _require(row: Import, rows: Rows, changed: list[int], applied: Applied) -> None:
    """All or nothing, and nothing but what was validated. Raises _NotTaken."""
    if changed or (row.on_error == "reject_all" and rows.refused()):
        raise _NotTaken(applied)


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
    with taking_turns(job) as turns:
        while row.batch < row.batches and not row.stop:
            rest = turns.take()
            job.told(row)
            _keep_statistics(job)
            if job.pauses() and row.batch < row.batches:
                return
            time.sleep(min(_LONGEST_REST, rest))
    job.noted(stage="report")


def _keep_statistics(job: Job) -> None:
    """Let the planner know of the first batches and of each fourfold: it knew empty tables."""
    if job.row.batch not in _KEPT_AT:
        return
    database = job.parts.database
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA optimize" if database.is_sqlite else _ANALYZE)
