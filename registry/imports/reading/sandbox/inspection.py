"""Looks inside a workbook in a process of its own, while the reader opens the same file.

Nothing the reader finds is told before the inspection allows it, and if both have something to
refuse, the inspection's word counts: the answer does not hang on which of them was faster.
"""

from __future__ import annotations

import io
import os

from .telling import Refused, stop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Errors = dict[str, dict[int, set[int]]]  # sheet -> row -> columns


class Inspection:
    """One that goes on; it tells a refusal itself."""

    def __init__(self, descriptor: int, limits: dict[str, int]) -> None:
        self._found, telling = os.pipe()
        if os.fork() == 0:
            _inspect(descriptor, limits, telling)
        os.close(telling)

    def result(self) -> tuple[str, Errors]:
        """The date system, and where there are Excel's errors. Ends the process if it refused."""
        with os.fdopen(self._found, encoding="utf-8", newline="\n") as pipe:
            system, *places = pipe.read().split("\n")
        if not system:
            stop(1)
        errors: Errors = {}
        for place in places:
            row, column, name = place.split(" ", 2)
            errors.setdefault(name, {}).setdefault(int(row), set()).add(int(column))
        return system, errors


def _inspect(descriptor: int, limits: dict[str, int], telling: int) -> None:
    code = 1
    try:
        from .zipped import checked_zip  # noqa: PLC0415 - it loads slowly, here alone

        system, places = checked_zip(io.BufferedReader(Apart(descriptor)), limits)
        with os.fdopen(telling, "w", encoding="utf-8") as pipe:
            pipe.write(
                "\n".join((system, *(f"{row} {at} {_line(name)}" for name, row, at in places)))
            )
        code = 0
    except Refused as refused:
        refused.tell()
    except MemoryError:
        Refused("workbook-too-large").tell()
    finally:
        stop(code)


def _line(name: str) -> str:
    return name.replace("\n", " ")


class Apart(io.RawIOBase):
    """Reads an open file without moving its place, which the reader moves."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor, self._at = descriptor, 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        size = os.fstat(self._descriptor).st_size
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - what io hands over
        """Read on."""
        found = os.pread(self._descriptor, len(buffer), self._at)
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)
