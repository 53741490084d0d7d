"""Whether others wait for SQLite's write lock, which it does not tell.

Whoever waits holds a shared lock on a file beside the database meanwhile. It is the system's: it
ends with its holder, however that ends. The file stays, as SQLite's own companions do. It is a hint
and no more: where there can be no such file, nobody is seen waiting.
"""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIX = "-waiting"


@contextmanager
def waiting(database: str | None) -> Iterator[None]:
    """Be seen waiting for the database of this path."""
    file = _opened(database)
    try:
        if file is not None:
            _locked(file, fcntl.LOCK_SH)
        yield
    finally:
        if file is not None:
            os.close(file)


def is_awaited(database: str | None) -> bool:
    """Whether anybody waits for the database of this path."""
    file = _opened(database)
    if file is None:
        return False
    try:
        return not _locked(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(file)


def _locked(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    except OSError:  # the folder's system knows no such locks
        return True
    return True


def _opened(database: str | None) -> int | None:
    if not database or database == ":memory:" or database.startswith("file:"):
        return None
    path = f"{database}{SUFFIX}"
    try:
        try:
            return os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return _made(path, Path(database).stat())
    except OSError:
        return None


def _made(path: str, like: os.stat_result) -> int:
    """A file for whoever may use the database, as SQLite makes its own: root may be the first."""
    made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.geteuid() == 0:
            os.fchown(made, like.st_uid, like.st_gid)
        os.fchmod(made, stat.S_IMODE(like.st_mode))
    except OSError:
        os.close(made)
        raise
    return made
