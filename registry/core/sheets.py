"""Files for spreadsheets: CSV that Excel in Korea opens, workbooks, and neither runs a formula."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import Response, request

from registry.core import fields as f
from registry.core.dumping import dumped
from registry.core.fields import ready, rfc3339
from registry.core.paging import Page, PageQuery
from registry.core.workbooks import XLSX, Sheet, workbook_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import marshmallow as ma

    from registry.core.fields import Output
    from registry.core.work import Work

JSON, CSV = "application/json", "text/csv"
KINDS = {"json": JSON, "csv": CSV, "xlsx": XLSX}  # of every list that is also a file
MEDIA_TYPES = tuple(KINDS.values())
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# What of a question says how it is answered, not what is asked; `reason` is for the access log.
_MANNER = frozenset(("limit", "cursor", "format", "bom", "reason"))
_EXACT_DIGITS = 15  # of a spreadsheet's number


def format_field(kinds: Mapping[str, str]) -> f.Choice:
    """Which of some media types is asked for: by `format`, else by Accept, else the first."""

    def accepted() -> str:
        best = request.accept_mimetypes.best_match([*kinds.values()])
        return next((name for name, kind in kinds.items() if kind == best), next(iter(kinds)))

    words = {"description": "how to answer; it goes before `Accept`"}
    return f.Choice(kinds, load_default=accepted, metadata=words)


def bom_field() -> f.QueryFlag:
    """Whether a CSV file begins with a byte order mark, without which Excel misreads Korean."""
    words = {"description": "begin a CSV file with a byte order mark"}
    return f.QueryFlag(load_default=True, metadata=words)


class FileQuery(PageQuery):
    """What a list takes that is also a file."""

    format = format_field(KINDS)
    bom = bom_field()


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, bom: bool = True) -> bytes:
    """CSV in UTF-8, with a byte order mark unless told otherwise.

    Text cells that look like formulas are neutralised.
    """
    made = io.BytesIO()
    with io.TextIOWrapper(made, "utf-8-sig" if bom else "utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(columns)
        writer.writerows([_cell(value) for value in row] for row in rows)
        out.flush()
        return made.getvalue()


def _cell(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def file_response(data: bytes, kind: str, name: str) -> Response:
    """A file to keep, under its name and the ending of its kind."""
    mimetype = KINDS[kind]
    content_type = f"{mimetype}; charset=utf-8" if kind == "csv" else mimetype
    response = Response(data, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def csv_response(
    name: str, columns: Sequence[str], items: Iterable[Any], link: str | None, *, bom: bool = True
) -> Response:
    """Items as they are answered in JSON, as a file; a column is a dotted path into an item."""
    data = csv_bytes(columns, _rows(columns, items), bom=bom)
    return _linked(file_response(data, "csv", name), link)


def as_asked(
    work: Work,
    page: Page,
    asked: dict[str, Any],
    name: str,
    columns: Sequence[str],
    answers: type[Output],
) -> Page | Response:
    """A list's page itself, or with `format=csv|xlsx` its items as a file."""
    if asked["format"] == "json":
        return page
    items = dumped(answers, page)["items"]
    if asked["format"] == "csv":
        return csv_response(name, columns, items, page.link, bom=asked["bom"])
    fields = [_field_at(answers, column) for column in columns]
    rows = (
        [_typed(value, field) for value, field in zip(row, fields, strict=True)]
        for row in _rows(columns, items)
    )
    data = workbook_bytes(
        Sheet(name, columns, rows), _question_sheet(work, page, asked, name),
        made=work.head.at, private=True,
    )  # fmt: skip
    return _linked(file_response(data, "xlsx", name), page.link)


def question_sheet(facts: Iterable[tuple[str, Any]]) -> Sheet:
    """The sheet that says what the other one answers."""
    return Sheet("question", ("name", "value"), list(facts))


def _question_sheet(work: Work, page: Page, asked: dict[str, Any], name: str) -> Sheet:
    filters = [(k, v) for k, v in asked.items() if v is not None and k not in _MANNER]
    known = [("revision", work.head.number), ("as_of", rfc3339(work.head.at))]
    return question_sheet(
        [("list", name), *filters, *known, ("complete", page.next_cursor is None)]
    )


def _linked(response: Response, link: str | None) -> Response:
    if link is not None:
        response.headers["Link"] = link
    return response


def _rows(columns: Sequence[str], items: Iterable[Any]) -> Iterable[list[Any]]:
    return ([_at(item, column) for column in columns] for item in items)


def _at(item: Any, path: str) -> Any:  # noqa: ANN401
    for step in path.split("."):
        item = item.get(step) if item is not None else None
    return ";".join(item) if isinstance(item, list) else item


def _field_at(answers: type[Output], path: str) -> ma.fields.Field[Any]:
    field: Any = ready(answers).fields["items"].inner  # type: ignore[attr-defined]
    for step in path.split("."):
        field = field.schema.fields[step]
    found: ma.fields.Field[Any] = field
    return found


def _typed(value: Any, field: ma.fields.Field[Any]) -> Any:  # noqa: ANN401
    """A value as JSON has it, as the date or the number it is, if a spreadsheet keeps it whole."""
    if not isinstance(value, str):
        return value
    if isinstance(field, f.Day) or field.metadata.get("format") == "date":
        return date.fromisoformat(value)
    if isinstance(field, f.DecimalText) and len(Decimal(value).as_tuple().digits) <= _EXACT_DIGITS:
        return float(value)
    return value
