"""Opens the workbook and tells what is in it: the book, blocks of rows, a problem, the end.

It takes the file as an open descriptor, and its limits on standard input once the file is there:
until then it has nothing to do but to have started. What loads slowly it does without.

A block is told in columns. A column of texts lists them, after a T; one of days and blanks lists
the days' ordinals, after a D; any other lists, after a V, for each row the place of its value, then
the distinct values, each after a letter that says what it is.
"""

from __future__ import annotations

import os
import resource
import sys
from datetime import date, datetime

import python_calamine as calamine

from .compound import checked_compound
from .inspection import Inspection
from .telling import Refused, listed, stop, tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, BinaryIO

BLOCK_CHARACTERS = 2_000_000
ZIP = b"PK\x03\x04"
LARGEST = 1e300  # beyond are infinity and what is not a number, which no figure is


def main(descriptor: int) -> None:
    """Read the workbook behind the descriptor and tell what is in it."""
    said = sys.stdin.readline().split()
    if not said:  # whoever started us needs us no more
        stop(1)
    limits = {name: int(value) for name, value in zip(said[::2], said[1::2], strict=True)}
    bind(limits)
    try:
        with os.fdopen(descriptor, "rb") as file:
            read(file, limits)
    except Refused as refused:
        refused.tell()
    except MemoryError:
        Refused("workbook-too-large").tell()
    except BrokenPipeError:
        stop(1)
    else:
        tell("end")
    stop()


def bind(limits: dict[str, int]) -> None:
    """Give up memory, processor time, files and core dumps, before the file is touched."""
    for kind, limit in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["seconds"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))


def read(file: BinaryIO, limits: dict[str, int]) -> None:
    """Check the container, then tell every sheet."""
    inspection = None
    if file.read(len(ZIP)) == ZIP:
        inspection = Inspection(file.fileno(), limits)
        system = ""
    else:
        system = checked_compound(file)
    file.seek(0)
    try:
        book, sheets = opened(file)
        first = sheet_of(book, sheets[0].name, limits) if sheets else None
    finally:
        system, errors = inspection.result() if inspection else (system, {})
    tell("book", system, *(meta.name for meta in sheets))
    for meta in sheets:
        hidden = meta.visible != calamine.SheetVisibleEnum.Visible
        sheet = first or sheet_of(book, meta.name, limits)
        first = None
        about = (meta.name, "hidden" if hidden else "")
        tell_sheet(sheet, about, limits, errors.get(meta.name, {}))


def opened(
    file: BinaryIO,
) -> tuple[calamine.CalamineWorkbook, list[calamine.SheetMetadata]]:
    """The workbook and its sheets. Raises Refused."""
    try:
        book = calamine.load_workbook(file)
    except calamine.PasswordError:
        raise Refused("file-encrypted") from None
    except (calamine.CalamineError, ValueError, OSError):
        raise Refused("file-damaged") from None
    return book, [m for m in book.sheets_metadata if m.typ == calamine.SheetTypeEnum.WorkSheet]


def sheet_of(
    book: calamine.CalamineWorkbook, name: str, limits: dict[str, int]
) -> calamine.CalamineSheet:
    """A sheet, read. Raises Refused."""
    try:
        sheet = book.get_sheet_by_name(name)
    except (calamine.CalamineError, ValueError, OSError):
        raise Refused("file-damaged") from None
    if sheet.total_height * max(sheet.width, 1) > limits["cells"]:
        raise Refused("workbook-too-large")
    return sheet


def tell_sheet(
    sheet: calamine.CalamineSheet,
    about: tuple[str, ...],
    limits: dict[str, int],
    errors: dict[int, set[int]],
) -> None:
    """Tell the rows of a sheet that are not blank, in blocks."""
    column = sheet.start[1] + 1 if sheet.start else 1
    about = (*about, str(column))
    rows: list[list[Any]] = []
    numbers: list[int] = []
    for number, row in enumerate(sheet.iter_rows(), 1):
        if number in errors:
            for wrong in errors[number]:
                if 0 <= wrong - column < len(row):
                    row[wrong - column] = "#N/A"
        if row.count("") == len(row):
            continue
        rows.append(row)
        numbers.append(number)
        if len(rows) == limits["chunk_rows"]:
            tell_rows(about, numbers, rows, limits["cell_characters"])
            rows, numbers = [], []
    tell_rows(about, numbers, rows, limits["cell_characters"])


def tell_rows(
    about: tuple[str, ...], numbers: list[int], rows: list[list[Any]], longest: int
) -> None:
    """Tell some rows, in several blocks if there is much in them."""
    columns = [Cells(cells) for cells in zip(*rows, strict=True)]
    half = len(rows) // 2
    if half and sum(column.longest for column in columns) * len(rows) > BLOCK_CHARACTERS:
        written = sum(len(cell) for row in rows for cell in row if type(cell) is str)
        if written > BLOCK_CHARACTERS:
            tell_rows(about, numbers[:half], rows[:half], longest)
            tell_rows(about, numbers[half:], rows[half:], longest)
            return
    told = (column.told(longest) for column in columns)
    tell("rows", *about, " ".join(map(str, numbers)), *told)


class Cells:
    """A column of some rows; `longest` is the length of its longest text."""

    def __init__(self, cells: Sequence[Any]) -> None:
        self.cells, self.kinds = cells, set(map(type, cells))
        texts = cells if self.kinds == {str} else [cell for cell in cells if type(cell) is str]
        self.longest = max(map(len, texts), default=0)

    def told(self, longest: int) -> str:
        """The column as one text, the texts in it no longer than just too long."""
        cells = self.cells
        if self.longest > longest:
            cells = [cell[: longest + 1] if type(cell) is str else cell for cell in cells]
        if self.kinds == {str}:
            return "T" + listed(cells)
        if self.kinds <= {date, str} and not self.longest:
            return "D" + listed(str(cell.toordinal()) if cell else "" for cell in cells)
        known: dict[Any, int] = {}  # 1 and true are equal, but not the same
        places = [known.setdefault((type(cell), cell), len(known)) for cell in cells]
        return "V" + listed((" ".join(map(str, places)), *(worded(*value) for value in known)))


def worded(kind: type, cell: Any) -> str:  # noqa: ANN401
    """A cell as a text after a letter that says what it is."""
    if kind is float and not -LARGEST < cell < LARGEST:
        return f"s{cell!r}"
    return _WORDS.get(kind, "s{}".format)(cell)


_WORDS: dict[type, Callable[[Any], str]] = {
    date: lambda cell: f"d{cell.toordinal()}",
    datetime: lambda cell: f"m{cell.isoformat()}",
    float: "f{!r}".format,
    int: "i{}".format,
    bool: lambda cell: "b1" if cell else "b",
}
