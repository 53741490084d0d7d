"""Workbooks of today, in zips: everything inside is looked at before anything is believed."""

from __future__ import annotations

import os
import re
import zipfile
from typing import TYPE_CHECKING, BinaryIO

from .telling import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    Place = tuple[str, int, int]  # sheet, row, column

PIECE = 1 << 20
OVERLAP = 200
END_RECORD_REACH = 65_557  # the end record of a zip and the longest comment after it
ENTITIES = re.compile(rb"<!(DOCTYPE|ENTITY)|<\0!\0[DE]\0|\0<\0!\0[DE]")
ERROR_CELL = re.compile(rb'<c r="([A-Z]{1,3}[0-9]{1,7})"(?: s="[0-9]+")? t="e"')
MOST_ERRORS = 10_000
OTHER_ZIPS = {"word/": "Word", "ppt/": "PowerPoint", "Contents/": "HWPX", "content.xml": "ODS"}


def checked_zip(file: BinaryIO, limits: dict[str, int]) -> tuple[str, list[Place]]:
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
) -> tuple[str, list[Place]]:
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
    return system, placed(archive, described, errors) if errors else []


def pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """A member piece by piece; each begins with the end of the one before."""
    with archive.open(member) as stream:
        before = b""
        while piece := stream.read(PIECE):
            yield before + piece
            before = piece[-OVERLAP:]


def placed(
    archive: zipfile.ZipFile, described: bytes, errors: dict[str, list[bytes]]
) -> list[Place]:
    """Excel's error cells by sheet name, row and column: the reader gives them as blanks."""
    links = archive.read("xl/_rels/workbook.xml.rels")
    targets = {
        attribute(tag, b"Id"): "xl/" + attribute(tag, b"Target").removeprefix("/xl/")
        for tag in re.findall(rb"<Relationship [^>]*>", links)
    }
    found: list[Place] = []
    for tag in re.findall(rb"<sheet [^>]*>", described):
        for cell in errors.get(targets.get(attribute(tag, b"r:id"), ""), ()):
            letters, digits = cell.rstrip(b"0123456789"), cell.lstrip(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            column = 0
            for letter in letters:
                column = column * 26 + letter - 64
            found.append((attribute(tag, b"name"), int(digits), column))
    return found


def attribute(tag: bytes, name: bytes) -> str:
    """An attribute of an XML tag, as text; empty if it has none such."""
    found = re.search(rb"\b" + name + rb'="([^"]*)"', tag)
    text = found.group(1).decode("utf-8", "replace") if found else ""
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text
