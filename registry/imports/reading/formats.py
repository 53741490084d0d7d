"""What a file is, told by its first bytes: names and content types lie, and people rename."""

from __future__ import annotations

import re

from registry.core.problems import DomainError

CSV, NDJSON, XLSX, XLS = "csv", "ndjson", "xlsx", "xls"
HEAD_BYTES = 4096
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# What the document protection of Korean offices writes in front of the files it locks.
_PROTECTED = re.compile(
    rb".{0,8}?(SCDSA00[0-9]|DRMONE |<DOCUMENT SAFER|<## NASCA DRM FILE)", re.DOTALL
)
_OTHERS = {
    b"\x89PNG\r\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"%PDF": "PDF",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "RAR",
    b"BZh": "bzip2",
    b"\x7fELF": "ELF",
    b"MZ\x90": "EXE",
    b"PK\x05\x06": "ZIP",
    b"{\\rtf": "RTF",
}
_MARKUP = re.compile(rb"\s*<(!doctype|html|\?xml|table|head|meta|body|!--)", re.IGNORECASE)
_TEXT_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_BINARY = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_NUL_SHARE = 20  # every twentieth byte, on one side but for one in twenty
_MOST_BINARY = 0.02  # control characters in a text: a few stray ones are a cell's mistake


def format_of(head: bytes) -> str:
    """The format of a file whose first bytes these are.

    Raises file-empty, file-protected, file-not-a-table.
    """
    if not head.strip(b"\x00\r\n\t ").removeprefix(_TEXT_BOMS[0]):
        raise DomainError("file-empty")
    if head.startswith(ZIP):
        return XLSX
    if head.startswith(OLE):
        return XLS
    if _PROTECTED.match(head):
        raise DomainError("file-protected")
    for magic, found in _OTHERS.items():
        if head.startswith(magic):
            raise DomainError("file-not-a-table", found=found)
    return _text_format(head)


def two_byte_order(head: bytes) -> str | None:
    """The UTF-16 of a text without a mark: its Latin letters and digits have a NUL on one side."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    one_sided = min(even, odd) * _NUL_SHARE <= max(even, odd)
    if (even + odd) * _NUL_SHARE <= len(head) or not one_sided:
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _text_format(head: bytes) -> str:
    if _MARKUP.match(head.removeprefix(_TEXT_BOMS[0])):
        raise DomainError("file-not-a-table", found="HTML/XML")
    strange = len(_BINARY.findall(head))
    wide = head.startswith(_TEXT_BOMS) or two_byte_order(head)
    if not wide and strange > _MOST_BINARY * len(head):
        raise DomainError("file-not-a-table", found="binary")
    return NDJSON if head.removeprefix(_TEXT_BOMS[0]).lstrip().startswith(b"{") else CSV
