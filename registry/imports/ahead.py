"""Reads the next batch beside the work on the present one, while that waits for the database.

What the dataset can make of it without asking the registry is made there as well.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

from registry.imports import staging
from registry.imports.datasets import dataset
from registry.imports.datasets.steadily import look_now_and_then
from registry.imports.rows import CREATED

if TYPE_CHECKING:
    from registry.imports.claims import Job
    from registry.imports.rows import Applied, Rows


class Ahead:
    """The batches of an import, asked for in order; what a reading raises is raised when asked."""

    def __init__(self, job: Job, *, written: bool) -> None:
        """`written`: the batches are to be taken in, and not only judged."""
        self._job, self._cipher, self._id = job, job.cipher, job.row.id
        self._written, self._new = written, True
        self._readers = ThreadPoolExecutor(1, "import-ahead")
        self._next: tuple[int, Future[Rows]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._readers.shutdown(cancel_futures=True)

    def rows(self, number: int) -> Rows:
        """A batch; the one after it is begun."""
        look_now_and_then()
        foreseen, found = self._next or (None, None)
        if found is None or foreseen != number:
            found = self._begun(number)
        rows = found.result()
        after = number + 1
        self._next = (after, self._begun(after)) if after < self._job.row.batches else None
        return rows

    def learn(self, applied: Applied) -> None:
        """What became of a batch is what to expect of those to come."""
        self._new = applied.counted()[CREATED] * 2 > len(applied.outcomes)

    def _begun(self, number: int) -> Future[Rows]:
        return self._readers.submit(self._read, number)

    def _read(self, number: int) -> Rows:
        with self._job.parts.database.reading() as work:
            rows = staging.load(work.session, self._cipher, self._id, number)
        of = dataset(rows.dataset)
        of.prepare(rows, self._job.options, new=self._new, written=self._written)
        return rows
