"""Whether others wait for SQLite's write lock, which it does not tell.

Whoever waits holds a shared lock on a file beside the database meanwhile. It is the system's: it
ends with its holder, however that ends. The file stays, as SQLite's own companions do.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIX = "-waiting"


@contextmanager
def waiting(database: str | None) -> Iterator[None]:
    """Be seen waiting for the database of this path; one in memory has none, and nobody waits."""
    with _opened(database) as file:
        if file is not None:
            fcntl.flock(file, fcntl.LOCK_SH)
        yield


def is_awaited(database: str | None) -> bool:
    """Whether anybody waits for the database of this path."""
    with _opened(database) as file:
        if file is None:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


@contextmanager
def _opened(database: str | None) -> Iterator[int | None]:
    if not database or database == ":memory:":
        yield None
        return
    file = os.open(f"{database}{SUFFIX}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield file
    finally:
        os.close(file)
