"""Reads the next batch beside the work on the present one, while that waits for the database.

What the dataset can make of it without asking the registry is made there as well.
"""

from __future__ import annotations

import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self, TypeVar

from registry.imports import staging
from registry.imports.datasets import JUDGED, dataset
from registry.imports.datasets.steadily import look_now_and_then, uncollected
from registry.imports.preparing import Preparing
from registry.imports.rows import CREATED

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from registry.core.work import Work
    from registry.imports.claims import Job
    from registry.imports.rows import Applied, Rows

Ended = TypeVar("Ended")
TURN = 0.0005  # seconds: whoever has the database's answer waits for its turn, once a statement
AHEAD = 2  # batches that are made ready, or are being so


class Ahead:
    """The batches of an import, asked for in order; what a reading raises is raised when asked."""

    def __init__(self, job: Job, *, written: bool) -> None:
        """`written`: the batches are to be taken in, and not only judged."""
        self._job, self._preparing = job, Preparing(job)
        self._written, self._new = written, True
        self._held = ExitStack()
        self._readers = ThreadPoolExecutor(1, "import-ahead")
        self._coming: deque[tuple[int, Future[Rows]]] = deque()  # those after the last asked for
        self._writers = ThreadPoolExecutor(1, "import-write")
        self._foreseen: int | None = None  # the revision that the next batch was judged for
        self._judge: Callable[[Callable[[], Any]], None] | None = None

    def __enter__(self) -> Self:
        self._held.enter_context(uncollected())
        self._held.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(TURN)
        return self

    def __exit__(self, *_: object) -> None:
        self._readers.shutdown(cancel_futures=True)
        self._writers.shutdown()
        self._preparing.end()
        self._held.close()

    def rows(self, number: int) -> Rows:
        """A batch; those after it are begun."""
        look_now_and_then(number)
        while self._coming and self._coming[0][0] != number:
            self._coming.popleft()
        self._begin(number)
        _, found = self._coming.popleft()
        rows = found.result()
        self._begin(number + 1)
        return rows

    def beside(self, work: Work) -> None:
        """While a batch goes in, read what the next batch needs of all that was there before."""
        with self._job.parts.database.reading() as seen:
            self._look_ahead(work, seen.session)

    def meanwhile(self, work: Work, write: Callable[[], Ended]) -> Ended:
        """End a batch's write, and judge the next batch by what it leaves behind meanwhile."""
        if self._judge is None and work.touched:
            self._look_ahead(work, None)
        judge, self._judge = self._judge, None
        work.notes.pop(JUDGED, None)  # a work is long held: it is in a cycle with its session
        self._foreseen = None if judge is None else work.revision + 1
        if judge is None:
            return write()
        writing = self._writers.submit(write)
        try:
            judge(writing.result)
        finally:
            ended = writing.result()
        return ended

    def _look_ahead(self, work: Work, beside: Session | None) -> None:
        if self._foreseen not in {None, work.revision} or not self._coming:
            return  # others are writing
        _, found = self._coming[0]
        if found.done() and found.exception() is None:
            rows, options = found.result(), self._job.options
            self._judge = dataset(rows.dataset).look_ahead(work, rows, options, beside)

    def learn(self, applied: Applied) -> None:
        """What became of a batch is what to expect of those to come."""
        self._new = applied.counted()[CREATED] * 2 > len(applied.outcomes)

    def _begin(self, number: int) -> None:
        """Begin what has not been begun of a batch and those after it."""
        begun = self._coming[-1][0] + 1 if self._coming else number
        for coming in range(begun, min(number + AHEAD, self._job.row.batches)):
            self._coming.append((coming, self._readers.submit(self._read, coming)))

    def _read(self, number: int) -> Rows:
        with self._job.parts.database.reading() as work:
            data = staging.kept(work.session, self._job.row.id, number)
        return self._preparing.prepared(data, number, new=self._new, written=self._written)
