"""The child process that opens a workbook: run by its path, under limits, with no environment.

It is started as a script and imports nothing of the registry, so that it starts fast and holds no
secret. It takes the file as an open descriptor, its limits as JSON, and where the reader is
installed, since it starts without site-packages: setting those up took longer than all else. It
writes a line of JSON for each piece of news: the book, blocks of rows, a problem, the end. Without
an end it has died. In a row, a date is a list of its one text, to be told from text.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import zipfile
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

if __name__ == "__main__":
    sys.path.append(sys.argv[3])

import python_calamine as calamine

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_CHARACTERS = 2_000_000
PIECE = 1 << 20
OVERLAP = 200
END_RECORD_REACH = 65_557  # the end record of a zip and the longest comment after it
ZIP = b"PK\x03\x04"
SECTOR = 512
RECORD = bytes(4)  # of Excel 97: kind and size
GLOBALS = b"\x09\x08\x10\0\0\x06\x05\0"  # where the records of the workbook itself begin
DATE_MODE, END_OF_GLOBALS = 0x22, 0x0A

ENTITIES = re.compile(rb"<!(DOCTYPE|ENTITY)|<\0!\0[DE]\0|\0<\0!\0[DE]")
ERROR_CELL = re.compile(rb'<c r="([A-Z]{1,3}[0-9]{1,7})"(?: s="[0-9]+")? t="e"')
MOST_ERRORS = 10_000
LARGEST = 1e300  # beyond are infinity and what is not a number, which no figure is
OTHER_ZIPS = {"word/": "Word", "ppt/": "PowerPoint", "Contents/": "HWPX", "content.xml": "ODS"}


class Refused(Exception):  # noqa: N818 - the parent raises the error of this code
    """The workbook is not to be read; the code is one of the registry's problems."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def main(descriptor: int, limits: dict[str, int]) -> None:
    """Read the workbook behind the descriptor and tell what is in it."""
    bind(limits)
    try:
        with os.fdopen(descriptor, "rb") as file:
            read(file, limits)
    except Refused as refused:
        tell(kind="problem", code=refused.code, facts=refused.facts)
    except MemoryError:
        tell(kind="problem", code="workbook-too-large", facts={})
    else:
        tell(kind="end")
    sys.stdout.buffer.flush()
    os._exit(0)  # taking a large workbook apart again takes time for nothing


def bind(limits: dict[str, int]) -> None:
    """Give up memory, processor time, files and core dumps, before the file is touched."""
    for kind, limit in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["seconds"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))


def tell(**news: Any) -> None:
    """Write one line of news."""
    line = json.dumps(news, ensure_ascii=False, separators=(",", ":"), default=str)
    sys.stdout.buffer.write(line.encode("utf-8", "replace") + b"\n")


def read(file: BinaryIO, limits: dict[str, int]) -> None:
    """Check the container, then tell every sheet."""
    system = ""
    errors: dict[str, dict[int, set[int]]] = {}
    if file.read(len(ZIP)) == ZIP:
        system, errors = checked_zip(file, limits)
    else:
        system = checked_compound(file)
    file.seek(0)
    try:
        book = calamine.load_workbook(file)
    except calamine.PasswordError:
        raise Refused("file-encrypted") from None
    except (calamine.CalamineError, ValueError, OSError):
        raise Refused("file-damaged") from None
    sheets = [m for m in book.sheets_metadata if m.typ == calamine.SheetTypeEnum.WorkSheet]
    tell(kind="book", date_system=system, sheets=[m.name for m in sheets])
    for meta in sheets:
        hidden = meta.visible != calamine.SheetVisibleEnum.Visible
        tell_sheet(book, meta.name, limits, hidden=hidden, errors=errors.get(meta.name, {}))


def checked_zip(
    file: BinaryIO, limits: dict[str, int]
) -> tuple[str, dict[str, dict[int, set[int]]]]:
    """The date system of a workbook that is a zip, and where its sheets hold Excel's errors.

    Everything is inflated once and thrown away, piece by piece: sizes in a zip's directory lie.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - END_RECORD_REACH))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0:
        raise Refused("file-truncated")
    if int.from_bytes(tail[at + 10 : at + 12], "little") > limits["members"]:
        raise Refused("workbook-too-large")
    try:
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
        check_members(members, limits)
        return inflated(archive, members, limits)
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError, KeyError):
        raise Refused("file-damaged") from None
    except Exception as error:  # zlib.error, without importing zlib for its name
        if type(error).__name__ != "error":
            raise
        raise Refused("file-damaged") from None


def check_members(members: list[zipfile.ZipInfo], limits: dict[str, int]) -> None:
    """Refuse, before anything is inflated, what the directory of the zip gives away."""
    names = {member.filename for member in members}
    if len(members) > limits["members"]:
        raise Refused("workbook-too-large")
    if len(names) != len(members):
        raise Refused("file-damaged")
    if any(member.flag_bits & 1 for member in members):
        raise Refused("file-encrypted")
    if "xl/workbook.xml" not in names:
        others = (o for start, o in OTHER_ZIPS.items() if any(n.startswith(start) for n in names))
        raise Refused("file-not-a-table", found=next(others, "ZIP"))
    if any("vbaproject" in name.lower() or "xl/macrosheets/" in name.lower() for name in names):
        raise Refused("file-with-macros")
    if sum(member.file_size for member in members) > limits["inflated_bytes"]:
        raise Refused("workbook-inflates", limit=limits["inflated_bytes"] // 2**20)


def inflated(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], limits: dict[str, int]
) -> tuple[str, dict[str, dict[int, set[int]]]]:
    """What one pass over everything inside finds out."""
    errors: dict[str, list[bytes]] = {}
    total = 0
    for member in members:
        for piece in pieces(archive, member):
            total += len(piece)
            if total > limits["inflated_bytes"]:
                raise Refused("workbook-inflates", limit=limits["inflated_bytes"] // 2**20)
            if (b"<!" in piece or b"\0" in piece) and ENTITIES.search(piece):
                raise Refused("workbook-with-entities")
            if member.filename.startswith("xl/worksheets/") and b't="e"' in piece:
                found = errors.setdefault(member.filename, [])
                found += ERROR_CELL.findall(piece)[: MOST_ERRORS - len(found)]
    described = archive.read("xl/workbook.xml")
    system = "1904" if re.search(rb'date1904="(1|true)"', described) else "1900"
    return system, placed(archive, described, errors) if errors else {}


def pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """A member piece by piece; each begins with the end of the one before."""
    with archive.open(member) as stream:
        before = b""
        while piece := stream.read(PIECE):
            yield before + piece
            before = piece[-OVERLAP:]


def placed(
    archive: zipfile.ZipFile, described: bytes, errors: dict[str, list[bytes]]
) -> dict[str, dict[int, set[int]]]:
    """Excel's error cells by sheet name, row and column: the reader gives them as blanks."""
    links = archive.read("xl/_rels/workbook.xml.rels")
    targets = {
        attribute(tag, b"Id"): "xl/" + attribute(tag, b"Target").removeprefix("/xl/")
        for tag in re.findall(rb"<Relationship [^>]*>", links)
    }
    found: dict[str, dict[int, set[int]]] = {}
    for tag in re.findall(rb"<sheet [^>]*>", described):
        for cell in errors.get(targets.get(attribute(tag, b"r:id"), ""), ()):
            letters, digits = cell.rstrip(b"0123456789"), cell.lstrip(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            column = 0
            for letter in letters:
                column = column * 26 + letter - 64
            name = attribute(tag, b"name")
            found.setdefault(name, {}).setdefault(int(digits), set()).add(column)
    return found


def attribute(tag: bytes, name: bytes) -> str:
    """An attribute of an XML tag, as text; empty if it has none such."""
    found = re.search(rb"\b" + name + rb'="([^"]*)"', tag)
    text = found.group(1).decode("utf-8", "replace") if found else ""
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text


def checked_compound(file: BinaryIO) -> str:
    """Refuse a compound file (OLE) that is no plain workbook of Excel 97; its date system."""
    data = file.read()  # the signature is behind us
    if holds(data, "DRMEncrypted"):
        raise Refused("file-protected")
    if holds(data, "EncryptedPackage"):
        raise Refused("file-encrypted")
    if (len(data) + len(ZIP)) % SECTOR:
        raise Refused("file-truncated")
    if holds(data, "_VBA_PROJECT"):
        raise Refused("file-with-macros")
    for name, found in (("FileHeader", "HWP"), ("WordDocument", "Word"), ("PowerPoint", "PPT")):
        if holds(data, name) and not holds(data, "Workbook"):
            raise Refused("file-not-a-table", found=found)
    return date_system(data)


def date_system(data: bytes) -> str:
    """What day the numbers of an old workbook count from; empty if its first records hide it.

    The record stands near the start of the workbook's stream, which begins a sector.
    """
    at = data.find(GLOBALS)
    while 0 <= at < len(data) - len(RECORD):
        kind, size = (int.from_bytes(data[at + n : at + n + 2], "little") for n in (0, 2))
        at += len(RECORD)
        if kind == DATE_MODE:
            return "1904" if data[at : at + 2] == b"\1\0" else "1900"
        if kind in (END_OF_GLOBALS, 0):
            break
        at += size
    return ""


def holds(data: bytes, name: str) -> bool:
    """Whether a stream of that name is in the directory of a compound file."""
    return name.encode("utf-16-le") in data


def tell_sheet(
    book: calamine.CalamineWorkbook,
    name: str,
    limits: dict[str, int],
    *,
    hidden: bool,
    errors: dict[int, set[int]],
) -> None:
    """Tell the rows of a sheet that are not blank, in blocks."""
    try:
        sheet = book.get_sheet_by_name(name)
    except (calamine.CalamineError, ValueError, OSError):
        raise Refused("file-damaged") from None
    if sheet.total_height * max(sheet.width, 1) > limits["cells"]:
        raise Refused("workbook-too-large")
    column = sheet.start[1] + 1 if sheet.start else 1
    block: list[list[Any]] = []
    numbers: list[int] = []
    characters = 0
    dates: dict[date, list[str]] = {}
    told = {"kind": "rows", "sheet": name, "hidden": hidden, "column": column}
    for number, row in enumerate(sheet.iter_rows(), 1):
        for wrong in errors.get(number, ()):
            if 0 <= wrong - column < len(row):
                row[wrong - column] = "#N/A"
        if row.count("") == len(row):
            continue
        characters += made_plain(row, limits["cell_characters"], dates)
        block.append(row)
        numbers.append(number)
        if len(block) == limits["chunk_rows"] or characters > BLOCK_CHARACTERS:
            tell(**told, numbers=numbers, rows=block)
            block, numbers, characters = [], [], 0
    tell(**told, numbers=numbers, rows=block)


def made_plain(row: list[Any], longest: int, dates: dict[date, list[str]]) -> int:
    """Make a row one that JSON can tell, its texts no longer than just too long.

    Answers how many characters there are in it.
    """
    total = 0
    for place, value in enumerate(row):
        kind = type(value)
        if kind is str:
            length = len(value)
            total += length
            if length > longest:
                row[place] = value[: longest + 1]
        elif kind is float:
            if not -LARGEST < value < LARGEST:
                row[place] = repr(value)
        elif kind is date or kind is datetime:
            row[place] = dates.get(value) or dates.setdefault(value, [value.isoformat()])
    return total


def stop() -> NoReturn:
    """End without a word; the parent knows what silence means."""
    os._exit(1)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), json.loads(sys.argv[2]))
    except (MemoryError, BrokenPipeError):
        stop()
