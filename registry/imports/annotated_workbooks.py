"""Marks in workbooks: two columns put in front of the person's own sheet, or a sheet made anew."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import openpyxl
import xlsxwriter
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import coordinate_to_tuple, get_column_letter
from openpyxl.worksheet.cell_range import CellRange, MultiCellRange

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openpyxl.worksheet.worksheet import Worksheet

    from registry.imports.annotated import Mark
    from registry.imports.reading import Detected

IN_FRONT = 2
LAST_COLUMN = 16_384
RED, YELLOW = "FFFFC7CE", "FFFFEB9C"
WIDTHS = (10, 60)
LINE_POINTS, MOST_POINTS = 15, 405  # a row is at most 409 points high
LAST_NARROW = 0x2FF  # a letter of Hangul is as wide as two of Latin


def sheet_bytes(data: bytes) -> int:
    """How large the sheets of a workbook are, inflated."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return sum(
            member.file_size
            for member in archive.infolist()
            if member.filename.startswith(("xl/worksheets/", "xl/sharedStrings"))
        )


def marked(
    data: bytes, detected: Detected, marks: Mapping[int, Mark], titles: tuple[str, str]
) -> bytes:
    """The workbook with two columns in front of its sheet, and its mistaken cells coloured."""
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
    page = book[detected.sheet or book.sheetnames[0]]
    if detected.annotated:
        _wipe(page, detected)
    else:
        _make_room(page)
    ahead = 0 if detected.annotated else IN_FRONT
    for column, (title, width) in enumerate(zip(titles, WIDTHS, strict=True), 1):
        head = page.cell(detected.header_row or 1, column, title)
        head.font = Font(bold=True)
        page.column_dimensions[get_column_letter(column)].width = width
    for number, mark in marks.items():
        page.cell(number, 1, mark.result)
        reason = page.cell(number, IN_FRONT, mark.reason)
        reason.alignment = Alignment(wrap_text=True, vertical="top")
        if mark.reason:
            row = page.row_dimensions[number]
            row.height = max(row.height or 0, height_of(mark.reason))
        for names, colour in ((mark.warnings, YELLOW), (mark.errors, RED)):
            for name in names & detected.places.keys():
                cell = page.cell(number, detected.places[name] + ahead)
                cell.fill = PatternFill("solid", start_color=colour, end_color=colour)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def height_of(reason: str) -> int:
    """The points that a reason takes; programs do not find that out by themselves."""
    lines = [sum(1 + (ord(c) > LAST_NARROW) for c in line) for line in reason.split("\n")]
    wanted = sum(1 + width // WIDTHS[1] for width in lines)
    return min(LINE_POINTS * wanted, MOST_POINTS)


def _wipe(page: Worksheet, detected: Detected) -> None:
    """Take the marks of an earlier try away."""
    for row in page.iter_rows(min_row=(detected.header_row or 1) + 1):
        for cell in row[:IN_FRONT]:
            cell.value = None
        for cell in row[IN_FRONT:]:
            if cell.fill.fill_type == "solid" and cell.fill.start_color.rgb in (RED, YELLOW):
                cell.fill = PatternFill()


def _make_room(page: Worksheet) -> None:
    """Move the table two columns on, with all that is tied to places in it."""
    _move_widths(page)
    _move_cells(page)
    _move_ranges(page)
    page.conditional_formatting = ConditionalFormattingList()  # its formulas mean other cells now


def _move_widths(page: Worksheet) -> None:
    known = []
    for dimension in page.column_dimensions.values():
        dimension.reindex()
        last = min(dimension.max or 1, page.max_column)
        known += [
            (at, dimension.width, dimension.hidden) for at in range(dimension.min or 1, last + 1)
        ]
    page.column_dimensions.clear()
    for at, width, hidden in known:
        moved = page.column_dimensions[get_column_letter(at + IN_FRONT)]
        moved.width, moved.hidden = width, hidden


def _move_cells(page: Worksheet) -> None:
    merged = list(page.merged_cells.ranges)
    for span in merged:
        page.unmerge_cells(span.coord)
    page.insert_cols(1, IN_FRONT)
    for span in merged:
        page.merge_cells(_moved(span.coord))
    for row in page.iter_rows():
        for cell in row:
            if cell.hyperlink is not None:
                cell.hyperlink.ref = cell.coordinate


def _move_ranges(page: Worksheet) -> None:
    for validation in page.data_validations.dataValidation:
        moved = [_moved(span.coord) for span in validation.sqref.ranges]
        validation.sqref = MultiCellRange(" ".join(moved))
    for filtered in (page.auto_filter, *(t.autoFilter for t in page.tables.values())):
        if filtered is not None and filtered.ref:
            filtered.ref = _moved(filtered.ref)
    for table in page.tables.values():
        table.ref = _moved(table.ref)
    if page.freeze_panes:
        beside, row = coordinate_to_tuple(page.freeze_panes)[::-1]
        place = get_column_letter(beside + IN_FRONT if beside > 1 else 1)
        page.freeze_panes = f"{place}{row}"


def _moved(place: str) -> str:
    span = CellRange(place)
    left, right = (min(at + IN_FRONT, LAST_COLUMN) for at in (span.min_col, span.max_col))
    moved = CellRange(min_col=left, max_col=right, min_row=span.min_row, max_row=span.max_row)
    return str(moved.coord)


def rebuilt(
    rows: Iterable[tuple[int, int, list[Any]]],
    detected: Detected,
    marks: Mapping[int, Mark],
    titles: tuple[str, str],
) -> bytes:
    """A workbook of the sheet's values and marks, its rows under their old numbers."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        page = book.add_worksheet(detected.sheet)
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
        for column, width in enumerate(WIDTHS):
            page.set_column(column, column, width)
        day = {"num_format": "yyyy-mm-dd"}
        formats: dict[tuple[str, bool], Any] = {}
        for number, first, row in rows:
            mark = marks.get(number)
            for place, value in enumerate(row, first):
                colour = _colour(mark, place, detected)
                key = (colour, isinstance(value, date))
                if key not in formats:
                    fill = {"bg_color": f"#{colour[2:]}"} if colour else {}
                    formats[key] = book.add_format(fill | (day if key[1] else {}))
                kept = place - 1 if detected.annotated else place - 1 + IN_FRONT
                _write(page, number - 1, kept, value, formats[key])
            if number == detected.header_row:
                page.write_row(number - 1, 0, titles, bold)
            elif mark:
                page.write_string(number - 1, 0, mark.result)
                page.write_string(number - 1, 1, mark.reason, wrapped)
                if mark.reason:
                    page.set_row(number - 1, height_of(mark.reason))
    return out.getvalue()


def _colour(mark: Mark | None, place: int, detected: Detected) -> str:
    if mark is None:
        return ""
    name = next((n for n, at in detected.places.items() if at == place), None)
    if name in mark.errors:
        return RED
    return YELLOW if name in mark.warnings else ""


def _write(page: Any, row: int, column: int, value: Any, shape: Any) -> None:  # noqa: ANN401 - XlsxWriter has no types
    if isinstance(value, bool):
        page.write_boolean(row, column, value, shape)
    elif isinstance(value, int | float):
        page.write_number(row, column, value, shape)
    elif isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime(*value.timetuple()[:3])  # noqa: DTZ001
        page.write_datetime(row, column, moment, shape)
    elif value == "":
        page.write_blank(row, column, None, shape)
    else:
        page.write_string(row, column, str(value), shape)
