"""Workbooks of Excel 97, in compound files (OLE): what they are is looked for in all of their bytes."""

from __future__ import annotations

from .telling import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

MAGIC = 4  # bytes of the signature that are behind us
SECTOR = 512
RECORD = bytes(4)  # of Excel 97: kind and size
GLOBALS = b"\x09\x08\x10\0\0\x06\x05\0"  # where the records of the workbook itself begin
DATE_MODE, END_OF_GLOBALS = 0x22, 0x0A


def checked_compound(file: BinaryIO) -> str:
    """Refuse a compound file that is no plain workbook of Excel 97; its date system."""
    data = file.read()
    if holds(data, "DRMEncrypted"):
        raise Refused("file-protected")
    if holds(data, "EncryptedPackage"):
        raise Refused("file-encrypted")
    if (len(data) + MAGIC) % SECTOR:
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
