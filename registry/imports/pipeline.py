"""How an import goes its way: received, read, judged, taken in, reported.

Each stage leaves what it has done in the database before the next begins, and each batch moves
the import's `batch` in the transaction that writes what the batch wrote. A worker that is killed
anywhere leaves a state from which any other goes on, with the same figures in the end.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from registry.core.problems import DomainError
from registry.core.telemetry import log, places_of
from registry.imports import claims, committing, judging, parsing, reporting, undoing
from registry.imports.claims import Job, LostClaim
from registry.imports.datasets.steadily import uncollected
from registry.imports.reading import ResidentNumberFound

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_ATTEMPTS = 10  # claims in a row during which nothing got done: it kills its workers
TRANSIENT = frozenset(("busy", "storage-full", "clock-behind"))

STAGES: dict[str, Callable[[Job], None]] = {
    "receive": parsing.begin,
    "parse": parsing.parse,
    "stage": judging.judge,
    "commit": committing.commit,
    "report": reporting.report,
    "undo": undoing.undo,
}


def run(job: Job) -> bool:
    """Do what there is to do at an import, until it is done, paused, or somebody else's.

    False if it had to be put back untouched: the database was busy, or has no room.
    """
    row = job.row
    try:
        # Between two stages the collector would look through all that the first made; undoing,
        # which goes through the session, leaves cycles, and needs it.
        with claims.beating(job), nullcontext() if row.stage == "undo" else uncollected():
            if row.attempts > MOST_ATTEMPTS:
                _fail(job, "import-keeps-failing")
                return True
            claims.require_key(job)
            while row.queued and row.claim is not None:
                STAGES[row.stage](job)
                if job.pauses():
                    break
        if row.queued:
            claims.release(job)
    except LostClaim:
        log.info("import lost", id=str(row.id), stage=row.stage)
    except Exception as error:  # noqa: BLE001 - whatever a file does, the worker goes on
        return _failed(job, error)
    finally:
        if job.partner is not None:
            job.partner.end()
    return True


def _failed(job: Job, error: Exception) -> bool:
    try:
        if isinstance(error, DomainError) and error.code not in TRANSIENT:
            refuse(job, error)
        elif isinstance(error, (DomainError, DBAPIError)) or _ends(job, error):
            kind = error.code if isinstance(error, DomainError) else type(error).__name__
            log.warning("import put back", id=str(job.row.id), kind=kind)
            claims.release(job, blameless=isinstance(error, DomainError))
            return False
        else:
            _log_places(job, error)
            _fail(job, "internal-error")
    except (LostClaim, DomainError, DBAPIError) as again:
        # Cancelled, taken over, or the database is away: the next claim finds it as it stands.
        log.info("import left", id=str(job.row.id), kind=type(again).__name__)
        return False
    return True


def _ends(job: Job, error: Exception) -> bool:
    """Whether it may be for the process's end, before which nothing more is begun in threads."""
    return isinstance(error, RuntimeError) and job.pauses()


def refuse(job: Job, error: DomainError) -> None:
    """End an import that cannot be read or is not allowed, with the reason."""
    if isinstance(error, ResidentNumberFound):
        parsing.refuse_resident_numbers(job, error)
        return
    began = job.row.stage in {"commit", "undo"}
    _fail(job, error.code, error.facts, state="failed" if began else "rejected")


def _fail(job: Job, code: str, facts: dict[str, Any] | None = None, state: str = "failed") -> None:
    said = {k: v for k, v in (facts or {}).items() if isinstance(v, str | int | float)}
    with job.parts.database.aside() as session:
        now = job.parts.clock.now(claims.actual(job.parts, session))
        kept = job.row.state if job.row.stage == "undo" else state
        job.note(
            session, state=kept, stage="done", queued=False, failure=code, facts=said, ended_at=now
        )
    job.told(job.row)


def _log_places(job: Job, error: BaseException) -> None:
    log.error(
        "import failed", id=str(job.row.id), stage=job.row.stage, kind=type(error).__name__,
        places=places_of(error),
    )  # fmt: skip
