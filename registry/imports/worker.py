"""The worker: claims imports whose turn it is and works through them until it is told to stop.

`registry worker` is one; with SQLite `registry serve` has one in each of its processes. Any number
may run side by side: a claim is one worker's alone.
"""

from __future__ import annotations

import gc
import threading
import time
from typing import TYPE_CHECKING

from registry.core.telemetry import log
from registry.imports import claims, pipeline
from registry.imports.expiry import sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.core.parts import Registry
    from registry.imports.claims import Job

IDLE = 0.5  # seconds between two looks into an empty queue
AGAIN = 5.0  # seconds after an import was put back: the database was busy, or has no room
TURN = 5.0  # seconds after which another organisation's import has its turn
SWEEP = 600.0


class Worker:
    """Works through the queue; `stop` ends it after the batch in hand."""

    def __init__(self, parts: Registry) -> None:
        self.parts = parts
        self.stop = threading.Event()
        self._swept = float("-inf")

    def run(self) -> None:
        """Work until told to stop."""
        gc.freeze()  # what is loaded once is not garbage: a look through it takes a tenth second
        while not self.stop.is_set():
            self.stop.wait(self._step())

    def drain(self) -> None:
        """Work until the queue is empty, or nothing in it can be worked at."""
        self._sweep()
        while not self.stop.is_set() and not self._work():
            pass

    def _step(self) -> float:
        """Do the next thing; how long to wait then."""
        try:
            if time.monotonic() - self._swept > SWEEP:
                self._sweep()
            return self._work()
        except Exception as error:  # noqa: BLE001 - a worker that ended would not be missed
            log.warning("worker waits", kind=type(error).__name__)
            return IDLE

    def _sweep(self) -> None:
        self._swept = time.monotonic()
        sweep(self.parts)

    def _work(self) -> float:
        job = claims.claim(self.parts) if claims.is_any(self.parts) else None
        if job is None:
            return IDLE
        began = time.monotonic()
        job.pauses = lambda: self._pauses(job, began)
        log.info("import taken", id=str(job.row.id), stage=job.row.stage, batch=job.row.batch)
        went_on = pipeline.run(job)
        log.info("import left", id=str(job.row.id), stage=job.row.stage, state=job.row.state)
        return 0 if went_on else AGAIN

    def _pauses(self, job: Job, began: float) -> bool:
        if self.stop.is_set():
            return True
        late = time.monotonic() - began > TURN
        return late and claims.others_wait(self.parts, job.row)


def beside(parts: Registry) -> Callable[[float], None]:
    """Let a worker work in a thread beside the server's own work; what stops it.

    To be stopped before the process ends, for that many seconds at most: until its batch is done.
    """
    worker = Worker(parts)
    thread = threading.Thread(target=worker.run, daemon=True, name="import-worker")
    thread.start()

    def stop(patience: float) -> None:
        worker.stop.set()
        thread.join(patience)

    return stop
