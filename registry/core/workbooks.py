"""Excel workbooks: numbers stay numbers, dates dates, and text is never a formula or a link."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import xlsxwriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TOO_LONG = 10**15  # a spreadsheet keeps fifteen digits; a longer number stays whole as text
WIDTH = 18  # characters of a column, so that no date shows as ####
_LITERAL = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook: its name, a row of headers, and the rows below."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


def workbook_bytes(*sheets: Sheet, made: datetime, private: bool) -> bytes:
    """A workbook; `made` is the moment it says it was made at, so that equal ones are equal.

    What is not private is written row by row through a temporary file, in constant memory.
    Personal values never touch the disk: a private workbook is a page long and stays in memory.
    """
    out = io.BytesIO()
    kept = {"in_memory": True} if private else {"constant_memory": True}
    with xlsxwriter.Workbook(out, kept | _LITERAL) as book:
        book.set_properties({"created": made.replace(tzinfo=None)})
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            page.freeze_panes(1, 0)
            page.set_column(0, len(sheet.columns) - 1, WIDTH)
            for column, name in enumerate(sheet.columns):
                page.write_string(0, column, name, bold)
            for number, row in enumerate(sheet.rows, 1):
                for column, value in enumerate(row):
                    _write(page, number, column, value, day)
    return out.getvalue()


def _write(page: Any, row: int, column: int, value: Any, day: Any) -> None:  # noqa: ANN401 - XlsxWriter has no types
    if value is None:
        return
    if isinstance(value, bool):
        page.write_boolean(row, column, value)
    elif isinstance(value, int | float) and abs(value) < TOO_LONG:
        page.write_number(row, column, value)
    elif isinstance(value, date) and not isinstance(value, datetime):
        page.write_datetime(row, column, value, day)
    else:
        page.write_string(row, column, str(value))
