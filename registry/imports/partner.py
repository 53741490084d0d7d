"""The second process of a long import: it readies a batch while the first writes the one before.

It works under the first one's claim, and takes its turn when it is told to; between two turns it
writes nothing. It ends with the import, with the first process, or with whatever it cannot do,
which the first then does, or fails at, itself.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, cast

from registry.core.crypto import Keyring
from registry.core.telemetry import configure_logging, log, places_of
from registry.database import open_database
from registry.imports import claims
from registry.imports.claims import Job, take_over, values_of
from registry.imports.datasets.steadily import look_now_and_then, uncollected
from registry.imports.models import Import
from registry.imports.taking import ready_batch, take_turn

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from registry.access.principal import Principal
    from registry.core.clock import Clock
    from registry.core.db import Database
    from registry.core.parts import Registry
    from registry.settings import Settings

PATIENCE = 5.0  # seconds in which it ends by itself
MOST_BEGUN = 3  # times in one import: what ends it may be of the import's own making
_context = multiprocessing.get_context("spawn")  # a fork would keep what threads held


class PartnerLost(Exception):  # noqa: N818 - no error: the work goes on
    """The second process has ended; the import is as far as it had come with it."""


@dataclass(frozen=True)
class _Parts:
    """What of a running product an import needs."""

    settings: Settings
    clock: Clock
    database: Database
    keyring: Keyring


class Partner:
    """The second process, as the first one sees it: begun at once, ended with the block or by `end`."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._begun = 0  # times
        self._batch: int | None = None  # that it readies
        self._pipe: Connection | None = None
        # What is to be sent may be more than the pipe holds while the other side is still at work.
        self._sender = ThreadPoolExecutor(1, "import-partner")
        self._begin_process()

    def __enter__(self) -> Self:
        return self

    def _begin_process(self) -> None:
        parts, self._begun = self._job.parts, self._begun + 1
        self._pipe, there = _context.Pipe()
        about = self._job.principal, values_of(self._job.row)
        self._process = _context.Process(
            target=work, args=(there, parts.settings, parts.clock, *about), daemon=True
        )
        try:
            self._process.start()
        except OSError as error:  # there is no room for it
            log.info("import goes on alone", id=str(self._job.row.id), kind=type(error).__name__)
            self._close()
        there.close()

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End it, whatever it does."""
        self._end_process()
        self._sender.shutdown()
        self._job.partner = None

    def _end_process(self) -> None:
        self._close()
        if self._process.pid is not None:
            self._process.join(PATIENCE)
        if self._process.is_alive():
            self._process.kill()  # it ignores what is milder; what it had not committed is undone

    def get_ready(self, number: int) -> None:
        """Let it read and judge a batch; one that was lost is begun anew a few times."""
        if self._pipe is None and self._begun < MOST_BEGUN:
            self._begin_process()
        if self._pipe is not None:
            self._batch = number
            self._sender.submit(self._send, number)

    def has(self, number: int) -> bool:
        """Whether it has a batch ready, or will have."""
        return self._pipe is not None and self._batch == number

    def begin(self, job: Job, after: int | None) -> None:
        """Let it take in the batch that it has ready, and at once read and judge the one `after`."""
        self._batch = after
        self._sender.submit(self._send, (values_of(job.row), job.own, after))

    def ended(self, job: Job) -> float:
        """Wait until it has taken the batch in; how long others are then to have the lock.

        Raises PartnerLost, with the import as the database has it.
        """
        told = self._receive()
        if told is None:
            log.info("import goes on alone", id=str(job.row.id))
            claims.reload(job)
            raise PartnerLost
        values, job.own, rest = told
        take_over(job.row, values)
        return float(rest)

    def _receive(self) -> Any:  # noqa: ANN401 - what was sent, None if the process has ended
        settings = self._job.parts.settings
        longest = settings.lock_timeout + settings.statement_timeout + PATIENCE
        if self._pipe is not None:
            with suppress(EOFError, OSError):
                if self._pipe.poll(longest):
                    return self._pipe.recv()
        self._end_process()
        return None

    def _send(self, what: Any) -> None:  # noqa: ANN401
        """Send something; that nobody takes it any more is noticed when an answer is waited for."""
        if self._pipe is not None:
            with suppress(OSError):
                self._pipe.send(what)

    def _close(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None


def work(
    pipe: Connection,
    settings: Settings,
    clock: Clock,
    principal: Principal,
    values: dict[str, Any],
) -> None:
    """Be the second process, until the first one closes the pipe."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the first one ends it, after its batch
    configure_logging(settings)
    parts = _Parts(settings, clock, open_database(settings, clock), Keyring(settings))
    job = Job(cast("Registry", parts), Import(**values), principal)
    gc.freeze()
    try:
        with uncollected():
            _take_turns(pipe, job)
    except Exception as error:  # noqa: BLE001 - the first process meets it as well, and tells it
        log.info(
            "import partner ends", id=str(job.row.id), kind=type(error).__name__,
            places=places_of(error),
        )  # fmt: skip
    finally:
        pipe.close()
        parts.database.engine.dispose()


def _take_turns(pipe: Connection, job: Job) -> None:
    number: int | None = None
    while (number := _told(pipe) if number is None else number) is not None:
        look_now_and_then()
        rows = ready_batch(job, number)
        told = _told(pipe)
        if told is None:
            return
        values, job.own, number = told
        take_over(job.row, values)
        rest = take_turn(job, rows)
        pipe.send((values_of(job.row), job.own, rest))


def _told(pipe: Connection) -> Any:  # noqa: ANN401
    """What the first process sends, None if it has closed the pipe or is gone."""
    with suppress(EOFError, ConnectionError):
        return pipe.recv()
    return None
