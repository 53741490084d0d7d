"""Batches made ready in a process of its own, which takes no turns with the one that writes them.

It is given a batch as it is kept, encrypted, with the import's key; it asks no database.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

from registry.core.crypto import Keyring
from registry.core.problems import DomainError
from registry.core.telemetry import log
from registry.imports import staging
from registry.imports.datasets import dataset
from registry.imports.rows import Options

if TYPE_CHECKING:
    from uuid import UUID

    from registry.imports.claims import Job
    from registry.imports.rows import Rows
    from registry.settings import Settings

    Kept = tuple[bytes, UUID]  # an import's wrapped key and id


class Preparing:
    """The process; it ends with its import, or with whoever began it."""

    def __init__(self, job: Job) -> None:
        if job.row.data_key is None:
            raise DomainError("import-destroyed")
        self._keyring, self._import = job.parts.keyring, (job.row.data_key, job.row.id)
        self._process = _begun(job.parts.settings)

    def prepared(self, data: bytes, number: int, *, new: bool, written: bool) -> Rows:
        """A batch as its dataset makes it ready (`Dataset.prepare`)."""
        how = {"new": new, "written": written}
        if self._process is not None:
            try:
                return self._process.submit(_there, self._import, data, number, **how).result()
            except (RuntimeError, OSError) as error:  # it was killed, or could not be started
                log.info("batch prepared here", kind=type(error).__name__)
        return _prepared(self._keyring, self._import, data, number, **how)

    def end(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.shutdown(cancel_futures=True)


def _begun(settings: Settings) -> ProcessPoolExecutor | None:
    """The process, which is started with its first batch; None where there can be none.

    Not forked: a process forked from one with threads may wait for ever for what one of them holds.
    """
    try:
        return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _begin, (settings,))
    except OSError as error:
        log.info("batches are prepared here", kind=type(error).__name__)
        return None


def _begin(settings: Settings) -> None:
    """Make ready to work, in the process."""
    global _settings  # noqa: PLW0603 - the process is there for nothing else
    _settings = settings
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who began it ends it
    threading.Thread(target=_end_with_whoever_began, daemon=True).start()


_settings: Settings


def _end_with_whoever_began() -> None:
    beginner = multiprocessing.parent_process()
    if beginner is not None:
        beginner.join()
        os._exit(0)


@cache
def _keyring() -> Keyring:
    return Keyring(_settings)


def _there(kept: Kept, data: bytes, number: int, *, new: bool, written: bool) -> Rows:
    return _prepared(_keyring(), kept, data, number, new=new, written=written)


def _prepared(
    keyring: Keyring, kept: Kept, data: bytes, number: int, *, new: bool, written: bool
) -> Rows:
    rows = staging.opened(keyring.cipher(*kept), number, data)
    dataset(rows.dataset).prepare(rows, Options(keyring), new=new, written=written)
    return rows
