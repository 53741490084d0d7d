"""Works on batches without the collector of cyclic garbage looking through them time and again."""

from __future__ import annotations

import gc
import threading
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERY = 16  # batches
_lock = threading.Lock()
_held = 0  # threads at work on batches
_batches = count(1)


@contextmanager
def uncollected() -> Iterator[None]:
    """Hold the collector back: a batch makes many objects, few of them in a cycle.

    Left alone it took as long again as the work itself. It is the process's: it is let go when
    the last thread that holds it back ends.
    """
    _hold(1)
    try:
        yield
    finally:
        _hold(-1)


def _hold(more: int) -> None:
    global _held  # noqa: PLW0603 - as the collector itself is
    with _lock:
        _held += more
        if _held == more == 1:
            gc.disable()
        elif _held == 0:
            gc.enable()


def look_now_and_then() -> None:
    """Between two batches of many: let the collector see what the last ones made, every so often.

    The units of work are cycles, and hold all that was written.
    """
    if next(_batches) % EVERY == 0:
        gc.collect(1)
