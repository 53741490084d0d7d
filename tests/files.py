"""Files as people and attackers make them, for the tests of reading."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any

import xlsxwriter

from registry.codes.service import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HEADERS = ("성명", "생년월일", "휴대폰", "과정코드", "수강시작일", "수강상태")
LISTS = (
    "districts", "fields", "programme-kinds", "instruments", "rounds", "investor-kinds",
    "channels", "statuses",
)  # fmt: skip
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet1.xml"


@cache
def codes() -> dict[str, list[tuple[str, str, str]]]:
    """The registry's code lists, from their data."""
    return {
        name: [
            (row["code"], row["name"], row["name_en"])
            for row in rows_of("registry.codes", name.replace("-", "_"))
        ]
        for name in LISTS
    }


def csv_of(*rows: Sequence[str], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """The rows as a text file."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode(encoding)


def book_of(
    *sheets: tuple[str, Iterable[Sequence[Any]]], at: tuple[int, int] = (0, 0), **options: Any
) -> bytes:
    """A workbook of sheets whose tables begin at a cell."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True} | options) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets:
            page = book.add_worksheet(name)
            for number, row in enumerate(rows, at[0]):
                for place, value in enumerate(row, at[1]):
                    if hasattr(value, "year"):
                        page.write_datetime(number, place, value, day)
                    elif isinstance(value, str):
                        page.write_string(number, place, value)
                    elif value is not None:
                        page.write(number, place, value)
    return out.getvalue()


def with_part(book: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one of its parts replaced, or one more."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.infolist():
            if member.filename != name:
                new.writestr(member, old.read(member.filename))
        new.writestr(name, content)
    return out.getvalue()


def sheet_of(rows: str) -> bytes:
    """A worksheet part of these row elements."""
    return f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()


def inflating(book: bytes, megabytes: int, piece: bytes) -> bytes:
    """The workbook with a first sheet of so many MB of one piece, packed once and repeated."""
    start, end = f'<worksheet xmlns="{MAIN}"><sheetData>'.encode(), b"</sheetData></worksheet>"
    times = megabytes * 2**20 // len(piece)
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    packed += (packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)) * times
    packed += packer.compress(end) + packer.flush()
    crc = zlib.crc32(start)
    for _ in range(times):
        crc = zlib.crc32(piece, crc)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.infolist():
            if member.filename != SHEET:
                new.writestr(member, old.read(member.filename))
        new.writestr(SHEET, packed)
        at = new.getinfo(SHEET).header_offset
    data = bytearray(out.getvalue())
    said = zlib.crc32(end, crc).to_bytes(4, "little") + len(packed).to_bytes(4, "little")
    said += (len(start) + times * len(piece) + len(end)).to_bytes(4, "little")
    for header, method, facts in ((at, 8, 14), (data.rfind(b"PK\x01\x02"), 10, 16)):
        data[header + method] = zipfile.ZIP_DEFLATED
        data[header + facts : header + facts + 12] = said
    return bytes(data)


def lying(book: bytes, name: str, size: int) -> bytes:
    """The workbook whose directory says that a part is of this size."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        info = archive.getinfo(name)
    true, false = info.file_size.to_bytes(4, "little"), size.to_bytes(4, "little")
    crc = (info.CRC & 0xFFFFFFFF).to_bytes(4, "little")
    packed = info.compress_size.to_bytes(4, "little")
    return book.replace(crc + packed + true, crc + packed + false)


def compound(*names: str, sectors: int = 4) -> bytes:
    """A compound file (OLE) with a directory of these streams, and nothing in them."""
    directory = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in names)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    return head + directory.ljust(sectors * 512, b"\0")


def png() -> bytes:
    """A small picture."""
    return b"\x89PNG\r\n\x1a\n" + zlib.compress(bytes(5000))
