"""The first stages: the kept file is read, decoded and parsed into batches of rows."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import delete

from registry.codes.queries import items_of
from registry.core.problems import DomainError
from registry.imports import files, staging
from registry.imports.claims import actual
from registry.imports.datasets.steadily import look_now_and_then
from registry.imports.models import WHOLE, ImportBatch, ImportProblem
from registry.imports.reading import HeaderNotFound, ResidentNumberFound, read
from registry.imports.recognition import recognised
from registry.imports.repetition import Repetition
from registry.imports.rows import fields_of
from registry.imports.turns import call_partner

if TYPE_CHECKING:
    from registry.imports.claims import Job
    from registry.imports.models import Import
    from registry.imports.reading import Detected
    from registry.imports.rows import Rows


def begin(job: Job) -> None:
    """Go from the queue to the file."""
    job.noted(state="validating", stage="parse")


def parse(job: Job) -> None:
    """Read the file into batches, unless it is known. Begun anew after an interruption.

    A reader cannot jump.
    """
    if recognised(job):
        return
    import_id = job.row.id
    with job.parts.database.aside() as session:
        for model in (ImportBatch, ImportProblem):
            session.execute(delete(model).where(model.import_id == import_id))
        job.note(session, batch=0, batches=0, done=0, total=0)
    about = files.about(job.parts.keyring, job.row)
    job.held.clear()
    stream, position = files.opened(job.parts.database, job.parts.keyring, job.row)
    repetition = Repetition()
    codes = _codes(job)
    dataset, sheet, named = job.row.dataset, job.row.sheet, about.get("named")
    try:
        with (
            stream,
            Keeping(job) as keeping,
            read(
                stream, dataset=dataset, sheet=sheet, codes=codes, named=named, opener=job.opener
            ) as reading,
        ):
            for rows in reading:
                repetition.add(rows)
                keeping.keep(rows, position())
                _hold(job, rows)
                look_now_and_then()
                if job.row.done > WHOLE and not _is_judged_first(job.row):
                    call_partner(job, job.row.batches)
            keeping.end()
            detected = _with_detected(job, about, reading.detected)
    except HeaderNotFound as error:
        job.noted(sealed=_with_detected(job, about, error.detected))
        raise
    _end(job, repetition, detected)


def _codes(job: Job) -> dict[str, list[tuple[str, str, str]]]:
    """The registry's lists that the dataset's columns are of: people write names, not codes."""
    lists = {field.codes for field in fields_of(job.row.dataset) if field.codes}
    with job.parts.database.reading() as work:
        return {
            name: [(item.code, item.name, item.name_en) for item in items_of(work.session, name)]
            for name in sorted(lists)
        }


def _hold(job: Job, rows: Rows) -> None:
    """Let the next stage have a short file as it is, without unpacking it."""
    job.held.append(rows)
    if job.row.done > WHOLE:
        job.held.clear()


def _with_detected(job: Job, about: dict[str, Any], detected: Detected) -> bytes:
    """What is known about the file, sealed, with what was found in it."""
    known = about | {"detected": detected.as_json(), "read": asdict(detected)}
    return files.sealed(job.cipher, known)


class Keeping:
    """Keeps batches of rows, one after the other, while the next one is read."""

    def __init__(self, job: Job) -> None:
        self._job, self._keeper = job, ThreadPoolExecutor(1, "import-keep")
        self._kept: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._keeper.shutdown(cancel_futures=True)

    def keep(self, rows: Rows, position: int) -> None:
        """Keep a batch once the one before it is kept; the file is read up to this byte."""
        self.end()
        number = self._job.row.batches
        self._kept = self._keeper.submit(_keep_batch, self._job, number, rows, position)

    def end(self) -> None:
        """Wait until all is kept."""
        if self._kept is not None:
            self._kept.result()


def _keep_batch(job: Job, number: int, rows: Rows, position: int) -> None:
    row, packed = job.row, staging.packed(rows)
    job.parts.database.require_room()
    with job.parts.database.aside() as session:
        staging.keep(session, job.cipher, row.id, number, packed, len(rows))
        done = row.done + len(rows)
        # Until the end is reached the total is what the rest of the file holds at this rate.
        total = max(done, done * row.size // max(1, position))
        job.note(session, batches=number + 1, done=done, total=total)
    job.told(row)


def _end(job: Job, repetition: Repetition, detected: bytes) -> None:
    row = job.row
    refusal = _refusal(row)
    if refusal is not None:
        job.noted(sealed=detected)  # it is told beside the refusal
        raise refusal
    if row.done > WHOLE:
        repetition.note(job)
    judged_first = _is_judged_first(row)
    row_after = {"stage": "stage"} if judged_first else {"stage": "commit", "state": "committing"}
    job.noted(sealed=detected, batch=0, done=0, total=row.done, **row_after)


def _refusal(row: Import) -> DomainError | None:
    if not row.done:
        return DomainError("import-without-rows")
    if row.done > WHOLE and row.on_error == "reject_all" and row.mode == "commit":
        return DomainError("import-too-long-for-all", limit=WHOLE, rows=row.done)
    return None


def _is_judged_first(row: Import) -> bool:
    return row.mode == "validate" or row.on_error == "reject_all"


def refuse_resident_numbers(job: Job, found: ResidentNumberFound) -> None:
    """End an import whose file holds resident registration numbers; the file goes at once."""
    row = job.row
    with job.parts.database.aside() as session:
        now = job.parts.clock.now(actual(job.parts, session))
        job.note(
            session, state="refused_rrn", stage="done", queued=False, failure=found.code,
            facts=found.facts, ended_at=now, destroyed_at=now, data_key=None, sealed=None,
        )  # fmt: skip
        files.destroy(session, row.id)
        session.execute(delete(ImportBatch).where(ImportBatch.import_id == row.id))
    job.told(row)
