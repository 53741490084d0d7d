"""Workbooks: opened in a child process under limits, told to us row by row."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from functools import cache
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from registry.core.problems import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.imports.reading.limits import Limits

SANDBOX = Path(__file__).with_name("sandbox.py")
PIPE_BYTES = 1 << 18
LONGEST_LINE = 64 << 20
MOST_DATES = 20_000


def news(source: BinaryIO, limits: Limits) -> Iterator[dict[str, Any]]:
    """What the child process tells of a workbook: the book, then blocks of rows.

    Raises the problem that the child found, workbook-too-large or reading-took-too-long if it
    died of a limit. The file is handed over in memory, never by a name on the disk.
    """
    with _descriptor(source, limits) as descriptor, _child(descriptor, limits) as child:
        for line in _lines(child, limits):
            told: dict[str, Any] = json.loads(line)
            if told["kind"] == "problem":
                code, facts = told["code"], told["facts"]
                raise DomainError(code, **facts)
            if told["kind"] == "end":
                return
            yield told
    raise DomainError("workbook-too-large")  # a limit or the reader's own fault ended it


@contextmanager
def _descriptor(source: BinaryIO, limits: Limits) -> Iterator[int]:
    """The file as an open descriptor that no other process can find by a name."""
    copy: BinaryIO
    if hasattr(os, "memfd_create"):
        copy = os.fdopen(os.memfd_create("workbook"), "w+b")
    else:  # pragma: no cover - not on Linux
        copy = tempfile.TemporaryFile()  # noqa: SIM115
    with copy:
        shutil.copyfileobj(source, copy, PIPE_BYTES)
        if copy.tell() > limits.workbook_bytes:
            raise DomainError("file-too-large", limit=limits.workbook_bytes // 2**20)
        copy.seek(0)
        yield copy.fileno()


@contextmanager
def _child(descriptor: int, limits: Limits) -> Iterator[subprocess.Popen[bytes]]:
    told = (str(descriptor), json.dumps(asdict(limits)), _reader())
    arguments = [sys.executable, "-I", "-S", str(SANDBOX), *told]
    child = subprocess.Popen(  # noqa: S603 - our own script, no shell, an empty environment
        arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        pass_fds=(descriptor,), env={}, cwd="/", bufsize=0,
    )  # fmt: skip
    try:
        yield child
    finally:
        child.kill()
        if child.stdout:
            child.stdout.close()
        child.wait()


@cache
def _reader() -> str:
    """Where the reader is installed."""
    found = find_spec("python_calamine")
    assert found is not None  # noqa: S101 - a dependency
    assert found.origin is not None  # noqa: S101 - in a file
    return str(Path(found.origin).parent.parent)


def _lines(child: subprocess.Popen[bytes], limits: Limits) -> Iterator[bytes]:
    """The child's lines; the time we wait for them is bounded, the time we take is our own."""
    assert child.stdout is not None  # noqa: S101 - it was asked for
    pipe, kept, waited = child.stdout.fileno(), bytearray(), 0.0
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
        kept += piece
        if len(kept) > LONGEST_LINE:
            raise DomainError("workbook-too-large")
        if b"\n" in piece:
            whole, _, rest = bytes(kept).rpartition(b"\n")
            kept = bytearray(rest)
            yield from whole.split(b"\n")


class Cells:
    """Makes the child's rows ours: a list of one text is a date or a moment, mostly one seen."""

    def __init__(self) -> None:
        self._dates: dict[str, date | str] = {}

    def restored(self, rows: list[list[Any]]) -> list[list[Any]]:
        """The rows, with dates."""
        for place, cells in enumerate(zip_longest(*rows)):
            if list not in set(map(type, cells)):
                continue
            for row, cell in zip(rows, cells, strict=True):
                if type(cell) is list:
                    row[place] = self._dates.get(cell[0]) or self._read(cell[0])
        return rows

    def _read(self, text: str) -> date | str:
        try:
            whole = len(text) == len("2026-03-01")
            day = date.fromisoformat(text) if whole else datetime.fromisoformat(text)
        except ValueError:
            return text
        if len(self._dates) < MOST_DATES:
            self._dates[text] = day
        return day
