"""A person's own file back, with what became of each row in front and the mistaken cells marked.

Mended and sent again it works as it is: the reader passes over the two columns in front. A text
file keeps its encoding and delimiter. A workbook is the person's own, its formulas replaced by the
values that were read; an old one (.xls), or one that openpyxl stumbles over, comes back as .xlsx
with this sheet alone, and one too large for that as CSV. Nothing of it touches the disk.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from registry.imports.annotated_workbooks import marked, rebuilt, sheet_bytes
from registry.imports.reading import Opener
from registry.imports.reading.blocks import Block
from registry.imports.reading.formats import CSV, NDJSON, XLS, XLSX
from registry.imports.reading.headers import IN_FRONT, OURS
from registry.imports.reading.limits import MIB, Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from registry.imports.reading import Detected

PIECE_ROWS = 2_000
LARGEST_SHEET = 24 * MIB  # of XML; held as objects it takes some ten times that
_CODECS = {"utf-8-bom": "utf-8-sig"}


@dataclass(frozen=True, slots=True)
class Mark:
    """What a row's reader is told of it: the outcome, why, and which cells are meant."""

    result: str
    reason: str = ""
    errors: frozenset[str] = field(default_factory=frozenset)  # fields
    warnings: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Annotated:
    """The file, piece by piece, and what it is now: csv, xlsx or ndjson."""

    format: str
    pieces: Iterator[bytes]


def annotate(
    source: BinaryIO,
    detected: Detected,
    marks: Mapping[int, Mark],
    limits: Limits | None = None,
    *,
    language: str = "ko",
) -> Annotated:
    """The file of an earlier reading with the marks of its rows, by the number people see.

    The source is seekable, and stays open until the pieces are taken.
    """
    source.seek(0)
    titles = IN_FRONT[language]
    if detected.format == NDJSON:
        return Annotated(NDJSON, _objects(source, marks, titles))
    if detected.format == CSV:
        return Annotated(CSV, _text(source, detected, marks, titles))
    data = source.read()
    rows = _sheet(io.BytesIO(data), detected, limits or Limits())
    if detected.format == XLS:
        return Annotated(XLSX, iter([rebuilt(rows, detected, marks, titles)]))
    if sheet_bytes(data) <= LARGEST_SHEET:
        try:
            return Annotated(XLSX, iter([marked(data, detected, marks, titles)]))
        except Exception:  # noqa: BLE001 - openpyxl stumbles over styles that others save
            return Annotated(XLSX, iter([rebuilt(rows, detected, marks, titles)]))
    return Annotated(CSV, _as_text(rows, detected, marks, titles))


def _text(
    source: BinaryIO, detected: Detected, marks: Mapping[int, Mark], titles: tuple[str, str]
) -> Iterator[bytes]:
    encoding = _CODECS.get(detected.encoding or "", detected.encoding or "utf-8")
    text = io.TextIOWrapper(source, encoding=encoding, newline="")
    try:
        rows = enumerate(csv.reader(text, delimiter=detected.delimiter or ","), 1)
        told = (_told(number, row, detected, marks, titles) for number, row in rows)
        yield from _written(told, encoding, detected.delimiter or ",")
    finally:
        text.detach()


def _told(
    number: int,
    row: Sequence[str],
    detected: Detected,
    marks: Mapping[int, Mark],
    titles: tuple[str, str],
) -> Sequence[str]:
    """One line of a text file with its two cells in front."""
    if not row or (number == 1 and row[0].casefold() == "sep="):
        return row
    kept = row[2:] if detected.annotated and number >= (detected.header_row or 1) else row
    if number == detected.header_row:
        return (*titles, *kept)
    mark = marks.get(number)
    return (mark.result, mark.reason, *kept) if mark else ("", "", *kept)


def _written(rows: Iterable[Sequence[str]], encoding: str, delimiter: str) -> Iterator[bytes]:
    """Rows as bytes; a letter that the encoding lacks, in what we add, is a question mark."""
    encoder = codecs.getincrementalencoder(encoding)("replace")
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    for number, row in enumerate(rows, 1):
        writer.writerow(row)
        if number % PIECE_ROWS == 0:
            yield encoder.encode(out.getvalue())
            out.seek(0)
            out.truncate()
    yield encoder.encode(out.getvalue(), final=True)


def _objects(
    source: BinaryIO, marks: Mapping[int, Mark], titles: tuple[str, str]
) -> Iterator[bytes]:
    for number, line in enumerate(source, 1):
        mark = marks.get(number)
        try:
            said = json.loads(line.decode("utf-8-sig"))
        except ValueError:
            said = None
        if not mark or not isinstance(said, dict):
            yield line
            continue
        told = dict(zip(titles, (mark.result, mark.reason), strict=True))
        kept = {name: value for name, value in said.items() if name not in OURS}
        yield json.dumps(told | kept, ensure_ascii=False).encode() + b"\n"


def _sheet(
    source: BinaryIO, detected: Detected, limits: Limits
) -> Iterator[tuple[int, int, list[Any]]]:
    """The rows of the sheet: number, first column, cells."""
    with Opener(limits) as opener:
        for told in opener.news(source):
            if isinstance(told, Block) and told.sheet == detected.sheet:
                for number, *row in zip(told.numbers, *told.columns, strict=True):
                    yield number, told.column, row


def _as_text(
    rows: Iterable[tuple[int, int, list[Any]]],
    detected: Detected,
    marks: Mapping[int, Mark],
    titles: tuple[str, str],
) -> Iterator[bytes]:
    """A sheet as CSV; its rows keep their numbers."""

    def numbered() -> Iterator[Sequence[str]]:
        last = 0
        for number, column, row in rows:
            yield from [()] * (number - last - 1)
            last = number
            blank = [""] * (column - 1)
            yield _told(number, [*blank, *map(_worded, row)], detected, marks, titles)

    return _written(numbered(), "utf-8-sig", ",")


def _worded(cell: Any) -> str:  # noqa: ANN401
    if isinstance(cell, float) and cell.is_integer():
        return f"{cell:.0f}"
    return str(cell)
