"""Knows a file that was taken in before, and stands in the registry just as it left it.

Then each of its rows is unchanged, and neither read nor judged again. That is certain if the file
made each record it wrote, wrote none twice, and gave no cause for a warning, and if nobody who
may change records of its organisation has written anything since. Wherever it is not certain the
file goes the ordinary way, which comes to the same answers.
"""

from __future__ import annotations

from array import array
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import aliased

from registry.access.models import Organisation
from registry.imports import files, staging
from registry.imports.models import WHOLE, Import, ImportBatch, ImportProblem
from registry.imports.record import nothing
from registry.imports.rows import UNCHANGED
from registry.revisions.models import Revision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.orm import Session

    from registry.imports.claims import Job

DATASET = "enrolments"  # the others are short, or refuse what they have
_BITS = 2**64 - 1
_SORTED_APART = 8  # lists: sorted as one, two million numbers would take a hundred megabytes


class _Batch(NamedTuple):
    number: int
    rows: int
    outcomes: bytes


def recognised(job: Job) -> bool:
    """Whether the file is known so; its rows are then told, and only the report is left to do."""
    with job.parts.database.reading() as work:
        earlier = _earlier(work.session, job)
        if earlier is None or _revisions(work.session, earlier) > earlier.batches:
            return False
    seen = _Once()
    batches = list(_batches(job, earlier, seen))
    rows = sum(batch.rows for batch in batches)
    if rows != earlier.total or not seen.is_each_once():
        return False
    with job.parts.database.writing(job.principal, request_id=job.row.request_id) as work:
        own = 1 if earlier.first_revision == earlier.last_revision else seen.writing
        if _revisions(work.session, earlier) != own:
            return False
        _keep(job, work.session, earlier, batches)
    job.told(job.row)
    return True


def _earlier(session: Session, job: Job) -> Import | None:
    """The newest import of the same file, read the same way, that wrote something."""
    row = job.row
    if row.mode != "commit" or row.dataset != DATASET:
        return None
    found = session.scalars(
        select(Import)
        .where(
            Import.organisation_id == row.organisation_id,
            Import.fingerprint == row.fingerprint,
            Import.dataset == row.dataset,
            Import.sheet.is_not_distinct_from(row.sheet),
            Import.state == "committed",
            Import.id < row.id,
            Import.first_revision.is_not(None),
            Import.data_key.is_not(None),
            Import.errors + Import.warnings + Import.updated == 0,
        )
        .order_by(Import.id.desc())
        .limit(1)
    ).one_or_none()
    if found is None or (row.on_error == "reject_all" and found.total > WHOLE):
        return None
    said, before = (files.about(job.parts.keyring, one) for one in (row, found))
    return found if said.get("named") == before.get("named") else None


class _Once:
    """Collects eight bytes a record, to see whether one was meant, or written, by two rows."""

    def __init__(self) -> None:
        self._hashes = [array("Q") for _ in range(_SORTED_APART)]
        self.writing = 0  # batches that wrote something

    def add(self, held: Iterable[list[Any]]) -> bool:
        """Take in the outcomes of a batch; whether all they wrote they made."""
        wrote = False
        for _, _, record_id, written in held:
            self._note(record_id)
            for _, key, before, _ in written:
                if before is not None:
                    return False
                wrote = True
                if key != record_id:  # its trainee
                    self._note(key)
        self.writing += wrote
        return True

    def is_each_once(self) -> bool:
        """Whether no record stands there twice."""
        return all(
            one != other for hashes in self._hashes for one, other in pairwise(sorted(hashes))
        )

    def _note(self, key: str) -> None:
        one = hash(key) & _BITS
        self._hashes[one % _SORTED_APART].append(one)


def _batches(job: Job, earlier: Import, seen: _Once) -> Iterator[_Batch]:
    """The batches of the earlier import, each row unchanged; ends early if one is not so."""
    for number in range(earlier.batches):
        with job.parts.database.reading() as work:
            held = staging.held_outcomes(work.session, earlier.id, number)
        if not held or not seen.add(held):
            return
        told = staging.packed_outcomes(
            f'[{row},"{UNCHANGED}","{record_id}",[]]' for row, _, record_id, _ in held
        )
        yield _Batch(number, len(held), told)


def _revisions(session: Session, earlier: Import) -> int:
    """How many there were since it began, its own among them, that may have changed its records.

    Those of other institutions count for nothing: none may change what is not its own. A
    successor may, and the city.
    """
    other = aliased(Organisation)
    followers = select(Organisation.successor_id).where(Organisation.successor_id.is_not(None))
    foreign = select(other.id).where(
        other.kind != "city", other.id != earlier.organisation_id, other.id.not_in(followers)
    )
    since = select(func.count()).where(
        Revision.number >= earlier.first_revision,
        Revision.organisation_id.is_(None) | Revision.organisation_id.not_in(foreign),
    )
    return session.scalars(since).one()


def _keep(job: Job, session: Session, earlier: Import, batches: list[_Batch]) -> None:
    row, keyring = job.row, job.parts.keyring
    for model in (ImportBatch, ImportProblem):
        session.execute(delete(model).where(model.import_id == row.id))
    values = [{"import_id": row.id, "data": None, **batch._asdict()} for batch in batches]
    session.execute(insert(ImportBatch), values)
    before = files.about(keyring, earlier)
    about = files.about(keyring, row) | {name: before[name] for name in ("detected", "read")}
    total = earlier.total
    job.note(
        session, stage="report", state="committing", batch=len(batches), batches=len(batches),
        done=total, total=total, sealed=files.sealed(job.cipher, about),
        **nothing() | {"unchanged": total},
    )  # fmt: skip
