"""Files for spreadsheets: CSV that Excel in Korea opens, and that runs no formula."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from flask import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BYTE_ORDER_MARK = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, bom: bool = True) -> bytes:
    """CSV in UTF-8, with a byte order mark unless told otherwise.

    Text cells that look like formulas are neutralised.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([[_cell(value) for value in row] for row in rows])
    text = out.getvalue()
    return (BYTE_ORDER_MARK + text if bom else text).encode()


def _cell(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def csv_response(
    name: str, columns: Sequence[str], items: Iterable[Any], link: str | None
) -> Response:
    """Items as they are answered in JSON, as a file; a column is a dotted path into an item."""
    data = csv_bytes(columns, ([_at(item, column) for column in columns] for item in items))
    response = Response(data, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    if link is not None:
        response.headers["Link"] = link
    return response


def _at(item: Any, path: str) -> Any:  # noqa: ANN401
    for step in path.split("."):
        item = item.get(step) if item is not None else None
    return item
