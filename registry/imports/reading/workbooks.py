"""Workbooks: opened in a child process under limits, told to us in blocks of columns."""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict
from datetime import date, datetime
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Self

from registry.core.problems import DomainError
from registry.imports.reading.blocks import Block
from registry.imports.reading.limits import Limits
from registry.imports.reading.sandbox.telling import BETWEEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SANDBOX = Path(__file__).with_name("sandbox") / "__main__.py"
PIPE_BYTES = 1 << 18
RUN_AHEAD = 1 << 20  # bytes that the child may have told before we listen
LONGEST_NEWS = 64 << 20
MOST_DATES = 20_000
WORKBOOKS = (".xlsx", ".xls")


class Book(NamedTuple):
    """What is known of a workbook before its rows; the date system may be hidden."""

    date_system: str
    sheets: tuple[str, ...]


class Opener:
    """A child process that waits for a workbook; it takes as long to start as to open a short one.

    The file is handed over in memory, as an open descriptor that no other process can find by a
    name.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits, self._file, self._begun = limits, _nameless(), False
        where = (str(SANDBOX.parent.parent), _reader())
        arguments = [sys.executable, "-I", "-S", str(SANDBOX), str(self._file.fileno()), *where]
        self._child = subprocess.Popen(  # noqa: S603 - our own script, no shell, an empty environment
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            pass_fds=(self._file.fileno(),), env={}, cwd="/", bufsize=0,
            start_new_session=True,
        )  # fmt: skip
        with suppress(OSError, AttributeError):  # more than it is let, or not on Linux
            fcntl.fcntl(self._child.stdout or -1, fcntl.F_SETPIPE_SZ, RUN_AHEAD)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._child.returncode is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)  # with whoever it has look inside
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe:
                pipe.close()
        self._child.wait()
        self._file.close()

    def reading(self, stream: BinaryIO) -> Listening:
        """The stream, of which the child has a copy once it has been read to its end."""
        return Listening(stream, self)

    def take(self, piece: bytes) -> None:
        """Take the next piece of the file; no more than one too many of one that is too large."""
        if self._file.tell() <= self._limits.workbook_bytes:
            self._file.write(piece)

    def begin(self) -> None:
        """Let the child open the file, all of which was taken."""
        if self._begun or self._file.tell() > self._limits.workbook_bytes:
            return
        self._begun = True
        self._file.seek(0)
        assert self._child.stdin is not None  # noqa: S101 - it was asked for
        with suppress(BrokenPipeError):  # its silence will tell
            words = (f"{name} {limit}" for name, limit in asdict(self._limits).items())
            self._child.stdin.write(" ".join(words).encode() + b"\n")

    def news(self, source: BinaryIO) -> Iterator[Book | Block]:
        """What the child process tells of a workbook: the book, then blocks of rows.

        Raises the problem that the child found, workbook-too-large or reading-took-too-long if it
        died of a limit.
        """
        limits = self._limits
        if not self._file.tell() and not self._begun:
            shutil.copyfileobj(source, self._file, PIPE_BYTES)
        if self._file.tell() > limits.workbook_bytes:
            raise DomainError("file-too-large", limit=limits.workbook_bytes // 2**20)
        self.begin()
        for kind, texts in _told(self._child, limits):
            if kind == "problem":
                facts: dict[str, Any] = dict(map(_fact, texts[1:]))
                raise DomainError(texts[0], **facts)
            if kind == "end":
                return
            yield Book(texts[0], tuple(texts[1:])) if kind == "book" else _block(*texts)
        raise DomainError("workbook-too-large")  # a limit or the reader's own fault ended it


class Listening:
    """Reads a stream and lets an opener have what was read; at its end it begins."""

    def __init__(self, stream: BinaryIO, opener: Opener) -> None:
        self._stream, self._opener = stream, opener

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        piece = self._stream.read(size)
        if piece:
            self._opener.take(piece)
        else:
            self._opener.begin()
        return piece


def begun_for(name: str) -> AbstractContextManager[Opener | None]:
    """A child process ahead of the file, if a file of this name is likely a workbook."""
    return Opener(Limits()) if name.lower().endswith(WORKBOOKS) else nullcontext()


def _nameless() -> BinaryIO:
    """A file that no other process can find by a name."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("workbook"), "w+b")
    return tempfile.TemporaryFile()  # pragma: no cover - not on Linux


@cache
def _reader() -> str:
    """Where the reader is installed."""
    found = find_spec("python_calamine")
    assert found is not None  # noqa: S101 - a dependency
    assert found.origin is not None  # noqa: S101 - in a file
    return str(Path(found.origin).parent.parent)


def _told(child: subprocess.Popen[bytes], limits: Limits) -> Iterator[tuple[str, list[str]]]:
    """The child's news, each its kind and its texts."""
    pieces = _pieces(child, limits)
    kept = bytearray()

    def filled(size: int) -> bool:
        if size > LONGEST_NEWS:
            raise DomainError("workbook-too-large")
        while len(kept) < size:
            piece = next(pieces, None)
            if piece is None:
                return False
            kept.extend(piece)
        return True

    while filled(1):
        while (end := kept.find(b"\n")) < 0:
            if not filled(len(kept) + 1):
                return
        kind, *lengths = kept[:end].decode().split()
        places = list(accumulate(map(int, lengths), initial=end + 1))
        if not filled(places[-1]):
            return
        texts = [kept[start:stop].decode() for start, stop in pairwise(places)]
        del kept[: places[-1]]
        yield kind, texts


def _pieces(child: subprocess.Popen[bytes], limits: Limits) -> Iterator[bytes]:
    """What the child writes; the time we wait for it is bounded, the time we take is our own."""
    assert child.stdout is not None  # noqa: S101 - it was asked for
    pipe, waited = child.stdout.fileno(), 0.0
    poll = select.poll()
    poll.register(pipe, select.POLLIN | select.POLLHUP)
    while True:
        began = time.monotonic()
        ready = poll.poll(max(0.0, limits.seconds - waited) * 1000)
        waited += time.monotonic() - began
        if not ready:
            raise DomainError("reading-took-too-long", limit=limits.seconds)
        piece = os.read(pipe, PIPE_BYTES)
        if not piece:
            return
        yield piece


def _fact(told: str) -> tuple[str, str | int]:
    kind, name, value = told.split(" ", 2)
    return name, int(value) if kind == "int" else value


def _block(sheet: str, hidden: str, column: str, numbers: str, *columns: str) -> Block:
    known = list(map(int, numbers.split()))
    return Block(sheet, known, list(map(_column, columns)), int(column), bool(hidden))


def _column(told: str) -> list[Any]:
    """A column's cells: listed as they are, as days, or as places of distinct values and these."""
    if told[0] == "T":
        return told[1:].split(BETWEEN)
    if told[0] == "D":
        return list(map(_day, told[1:].split(BETWEEN)))
    places, *values = told[1:].split(BETWEEN)
    known = [_VALUES[value[0]](value[1:]) for value in values]
    return [known[int(place)] for place in places.split()]


@lru_cache(MOST_DATES)
def _day(ordinal: str) -> date | str:
    return date.fromordinal(int(ordinal)) if ordinal else ""


def _moment(text: str) -> datetime | str:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text


_VALUES: dict[str, Callable[[str], Any]] = {
    "s": str, "d": _day, "m": _moment, "f": float, "i": int, "b": bool,
}  # fmt: skip
