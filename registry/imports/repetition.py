"""Numbers that a long file says twice: a batch sees only itself, so they are sought beforehand."""

from __future__ import annotations

from array import array
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from registry.imports import staging
from registry.imports.models import ImportBatch
from registry.imports.rows import Rows

if TYPE_CHECKING:
    from registry.imports.claims import Job

NUMBER = "external_id"
_BITS = 2**64 - 1


@dataclass(slots=True)
class _First:
    """Where a number stood first, and what it said there."""

    batch: int
    index: int
    number: int
    said: int
    contradicted: bool = False


class Repetition:
    """Collects eight bytes a row while the file is read; `note` then marks what stands twice."""

    def __init__(self) -> None:
        self._hashes = array("Q")

    def add(self, rows: Rows) -> None:
        """Take in a batch's numbers."""
        self._hashes.extend(
            hash(number) & _BITS
            for number in rows.columns.get(NUMBER, ())
            if isinstance(number, str)
        )

    def _suspected(self) -> set[int]:
        if len(set(self._hashes)) == len(self._hashes):
            return set()
        return {one for one, other in pairwise(sorted(self._hashes)) if one == other}

    def note(self, job: Job) -> None:
        """Mark rows whose number an earlier batch has: equal ones, and contradicting ones both."""
        suspected = self._suspected()
        if not suspected:
            return
        first: dict[str, _First] = {}
        late: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for batch in range(job.row.batches):
            rows = _load(job, batch)
            if _mark(rows, batch, suspected, first, late):
                _keep(job, batch, rows)
        for batch, found in late.items():
            rows = _load(job, batch)
            for index, other in found:
                rows.refuse(index, "contradicted-row", NUMBER, other=other)
            _keep(job, batch, rows)


def _mark(
    rows: Rows,
    batch: int,
    suspected: set[int],
    first: dict[str, _First],
    late: dict[int, list[tuple[int, int]]],
) -> bool:
    before = len(rows.problems)
    for index, number in enumerate(rows.columns.get(NUMBER, ())):
        if not isinstance(number, str) or hash(number) & _BITS not in suspected:
            continue
        said = hash(str(sorted(rows.row(index).items(), key=_name)))
        known = first.setdefault(number, _First(batch, index, rows.numbers[index], said))
        if known.batch == batch:
            continue  # the dataset sees it
        if known.said == said:
            rows.warn(index, "repeated-row", NUMBER, other=known.number)
            continue
        rows.refuse(index, "contradicted-row", NUMBER, other=known.number)
        if not known.contradicted:
            known.contradicted = True
            late[known.batch].append((known.index, rows.numbers[index]))
    return len(rows.problems) > before


def _name(item: tuple[str, Any]) -> str:
    return item[0]


def _load(job: Job, batch: int) -> Rows:
    with job.parts.database.reading() as work:
        return staging.load(work.session, job.cipher, job.row.id, batch)


def _keep(job: Job, batch: int, rows: Rows) -> None:
    data = job.cipher.encrypt(staging.packed(rows), f"batch {batch}")
    with job.parts.database.aside() as session:
        session.execute(
            update(ImportBatch)
            .where(ImportBatch.import_id == job.row.id, ImportBatch.number == batch)
            .values(data=data)
        )
        job.note(session)
