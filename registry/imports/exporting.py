"""Records as files whose columns are the import's: what comes out goes in again unchanged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from registry.core.problems import DomainError
from registry.core.sheets import csv_bytes
from registry.core.workbooks import Sheet, workbook_bytes
from registry.imports.datasets import dataset
from registry.imports.reading.cells import QUOTED
from registry.imports.record import plain
from registry.imports.rows import fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from registry.access.principal import Principal
    from registry.core.parts import Registry
    from registry.imports.rows import Rows

FORMATS = ("csv", "xlsx", "ndjson")


def exported(
    parts: Registry, principal: Principal, name: str, kind: str, reason: str
) -> Iterator[bytes]:
    """An organisation's own records as a file, in pieces; that they were read is logged first."""
    if not reason.strip():
        raise DomainError("reason-required")
    source = dataset(name)
    with parts.database.reading(principal) as work:
        work.log_access(f"export.{name}", [], reason)
        parts.accessed(parts, work)
        batches = source.export(work, parts.keyring)
        if kind == "ndjson":
            yield from map(_lines, batches)
        elif kind == "csv":
            yield from _csv(name, batches)
        else:
            yield _workbook(name, batches, work.head.at)


def _lines(rows: Rows) -> bytes:
    text = "".join(
        json.dumps(_nested(said), ensure_ascii=False, separators=(",", ":")) + "\n"
        for said in rows.each()
    )
    return text.encode()


def _nested(said: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in said.items():
        *path, last = name.split(".")
        place = found
        for step in path:
            place = place.setdefault(step, {})
        place[last] = value if isinstance(value, list) else _quoted(plain(value))
    return found


def _table(name: str, rows: Rows) -> Iterator[list[Any]]:
    columns = [rows.column(field.name) for field in fields_of(name)]
    for cells in zip(*columns, strict=True):
        yield [None if cell is None else _cell(cell) for cell in cells]


def _cell(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, list | tuple):
        return ";".join(str(plain(one)) for one in value)
    return _quoted(plain(value))


def _quoted(value: Any) -> Any:  # noqa: ANN401
    """A text that begins as if it were marked is marked once more: one mark goes on the way in."""
    return f"'{value}" if isinstance(value, str) and QUOTED.match(value) else value


def _csv(name: str, batches: Iterator[Rows]) -> Iterator[bytes]:
    yield csv_bytes([field.label for field in fields_of(name)], [])
    for rows in batches:
        body = csv_bytes([], _table(name, rows), bom=False)
        yield body.partition(b"\r\n")[2]  # without the line of no headers


def _workbook(name: str, batches: Iterator[Rows], made: datetime) -> bytes:
    labels = [field.label for field in fields_of(name)]
    cells = (row for rows in batches for row in _table(name, rows))
    return workbook_bytes(Sheet(name, labels, cells), made=made, private=True)
