"""The stage in which every row is judged against the registry and nothing is written to it."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from registry.imports import staging
from registry.imports.ahead import Ahead
from registry.imports.datasets import dataset
from registry.imports.models import WHOLE
from registry.imports.record import figures, nothing, record
from registry.imports.rows import Applied, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.imports.claims import Job


def judge(job: Job) -> None:
    """Judge the rows: a short import as a whole, a long one batch by batch."""
    if job.row.total <= WHOLE:
        _judge_whole(job)
    else:
        _judge_batches(job)
    if job.row.batch >= job.row.batches:
        after_judging(job)


def after_judging(job: Job) -> None:
    """Go on to what the verdict allows."""
    row = job.row
    goes_in = row.mode == "commit" and not row.errors
    if goes_in:
        job.noted(stage="commit", state="committing", batch=0, done=0)
    else:
        job.noted(stage="report", validated_revision=row.validated_revision)


def _judge_whole(job: Job) -> None:
    batches = loaded(job)
    whole = staging.merged(batches)
    applied, revision = checked(job, whole)
    with job.parts.database.aside() as session:
        found = nothing()
        for number, (rows, part) in enumerate(parted(batches, whole, applied)):
            found = record(session, job, number, rows, part, found)
        job.note(session, batch=len(batches), done=len(whole), validated_revision=revision, **found)
    job.told(job.row)


def _judge_batches(job: Job) -> None:
    row = job.row
    with Ahead(job, written=False) as ahead:
        while row.batch < row.batches:
            ahead.learn(_judge_batch(job, ahead.rows(row.batch)))
            if job.pauses():
                return


def _judge_batch(job: Job, rows: Rows) -> Applied:
    row = job.row
    applied, revision = checked(job, rows)
    with job.parts.database.aside() as session:
        before = figures(row) if row.batch else nothing()
        found = record(session, job, row.batch, rows, applied, before)
        done = (row.done if row.batch else 0) + len(rows)
        number = row.batch + 1
        job.note(session, batch=number, done=done, validated_revision=revision, **found)
    job.told(row)
    return applied


def checked(job: Job, rows: Rows) -> tuple[Applied, int]:
    """What would become of the rows, their mistakes noted on them, and as of which revision."""
    judge_of = dataset(job.row.dataset)
    database = job.parts.database
    if judge_of.check_reads_only:
        with database.reading(job.principal) as work:
            return judge_of.check(work, rows, job.options), work.head.number
    with database.writing(job.principal, dry_run=True) as work:
        return judge_of.check(work, rows, job.options), work.head.number


def loaded(job: Job) -> list[Rows]:
    """All batches of a short import: as they were read just now, or as they are kept."""
    held, job.held = job.held, []
    if held:
        return held
    with job.parts.database.reading() as work:
        return [
            staging.load(work.session, job.cipher, job.row.id, number)
            for number in range(job.row.batches)
        ]


def parted(batches: list[Rows], whole: Rows, applied: Applied) -> Iterator[tuple[Rows, Applied]]:
    """What was found of the whole, batch by batch again; it keeps none of the mistakes."""
    place = [number for number, rows in enumerate(batches) for _ in range(len(rows))]
    start = [0, *accumulate(map(len, batches))]
    for problem in whole.problems:
        number = place[problem.row]
        problem.row -= start[number]
        batches[number].problems.append(problem)
    whole.problems = []
    for rows, first in zip(batches, start, strict=False):
        yield rows, Applied(applied.outcomes[first : first + len(rows)])
        rows.problems = []
