"""CSV and TSV: which encoding, which delimiter, then row by row in constant memory.

Excel in Korea writes CP949; other programs write UTF-8 with or without a mark, or UTF-16. A file
is decoded strictly: a character that cannot be read is refused, never replaced.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from itertools import zip_longest
from typing import TYPE_CHECKING, BinaryIO

from registry.core.problems import DomainError
from registry.imports.reading.blocks import Block
from registry.imports.reading.formats import two_byte_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from registry.imports.reading.limits import Limits

DELIMITERS = (",", ";", "\t")
PIECE = 1 << 20
LONGEST_ROW = 1 << 20  # characters, with the lines that quotation marks hold together
MOST_CELLS = 16_384  # of a line, blank ones too: what Excel itself allows
CHUNK_CHARACTERS = 1 << 20
SAMPLE_BYTES = 1 << 16
SAMPLE_ROWS = 50
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_TOLD = {"utf-8-sig": "utf-8-bom", "cp949": "cp949"}
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


def encoding_of(source: BinaryIO) -> str:
    """The encoding in which the whole file can be read; leaves the file at its start.

    Raises unknown-encoding.
    """
    source.seek(0)
    head = source.read(SAMPLE_BYTES)
    source.seek(0)
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return _checked(source, encoding)
    wide = two_byte_order(head)
    if wide:
        return _checked(source, wide)
    for encoding in ("utf-8", "cp949"):
        if _decodes(source, encoding):
            return encoding
    raise DomainError("unknown-encoding")


def encoding_name(encoding: str) -> str:
    """The encoding as the answer names it."""
    return _TOLD.get(encoding, encoding)


def _checked(source: BinaryIO, encoding: str) -> str:
    if not _decodes(source, encoding):
        raise DomainError("unknown-encoding")
    return encoding


def _decodes(source: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    source.seek(0)
    try:
        while piece := source.read(PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        source.seek(0)
    return True


def delimiter_of(
    source: BinaryIO, encoding: str, fitness: Callable[[list[list[str]]], int]
) -> tuple[str, bool]:
    """The delimiter under which the first rows make most sense, and whether `sep=` named it."""
    sample = source.read(SAMPLE_BYTES)
    source.seek(0)
    text = codecs.getincrementaldecoder(encoding)().decode(sample)
    named = _SEPARATOR_LINE.match(text)
    if named:
        return named.group(1), True
    found = {delimiter: fitness(_sample(text, delimiter)) for delimiter in DELIMITERS}
    return max(found, key=lambda delimiter: found[delimiter]), False


def _sample(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) == SAMPLE_ROWS:
                break
    except csv.Error:
        pass  # what can be read decides; reading it in earnest names the row
    return rows


class _Lines:
    """Gives a text line by line, and to one row no more than a row may hold."""

    def __init__(self, text: io.TextIOWrapper, delimiter: str) -> None:
        self._text, self._delimiter = text, delimiter
        self.given = self.row_began = 0  # characters

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_ROW + 1)
        if not line:
            raise StopIteration
        self.given += len(line)
        crowded = len(line) > MOST_CELLS and line.count(self._delimiter) > MOST_CELLS
        if crowded or self.given - self.row_began > LONGEST_ROW:
            raise _RowTooLong(line)
        return line


class _RowTooLong(Exception):  # noqa: N818 - what it is, whoever asked for rows decides
    """The beginning of a line with which a row is longer than any may be."""


def blocks(source: BinaryIO, encoding: str, delimiter: str, limits: Limits) -> Iterator[Block]:
    """The rows of the file that are not blank. Raises too-many-columns, cell-too-long."""
    numbers: list[int] = []
    rows: list[list[str]] = []
    text = io.TextIOWrapper(source, encoding=encoding, errors="strict", newline="")
    lines, began = _Lines(text, delimiter), 0
    try:
        for number, row in _numbered(lines, delimiter, limits):
            if len(row) > limits.columns:
                if any(row[limits.columns :]):
                    raise DomainError("too-many-columns", limit=limits.columns, row=number)
                del row[limits.columns :]
            if not any(row):
                continue
            numbers.append(number)
            rows.append(row)
            if len(rows) == limits.chunk_rows or lines.given - began > CHUNK_CHARACTERS:
                yield _block(numbers, rows)
                numbers, rows, began = [], [], lines.given
        if rows:
            yield _block(numbers, rows)
    finally:
        text.detach()


def _block(numbers: list[int], rows: list[list[str]]) -> Block:
    return Block(None, numbers, list(zip_longest(*rows, fillvalue="")))


def _numbered(lines: _Lines, delimiter: str, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=delimiter)
    number = 0
    try:
        for row in reader:
            number += 1
            lines.row_began = lines.given
            yield number, row
    except _RowTooLong as found:
        if str(found).count(delimiter) > limits.columns:
            raise DomainError("too-many-columns", limit=limits.columns, row=number + 1) from None
        raise DomainError("cell-too-long", row=number + 1, limit=_longest_cell()) from None
    except csv.Error:
        raise DomainError("cell-too-long", row=number + 1, limit=_longest_cell()) from None
    except UnicodeDecodeError:  # pragma: no cover - the whole file was decoded before
        raise DomainError("unknown-encoding") from None


def _longest_cell() -> int:
    return csv.field_size_limit()
