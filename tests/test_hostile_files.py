"""What is not a table, or is made to hurt, is refused by name: in bounded time and memory."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from datetime import date
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from registry.core.problems import DomainError, catalogue
from registry.imports.reading import Limits, read
from registry.imports.reading.workbooks import SANDBOX
from tests.files import (
    HEADERS,
    SHEET,
    book_of,
    compound,
    csv_of,
    inflating,
    lying,
    png,
    sheet_of,
    with_part,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROW = ("김하늘", "1999-03-02", "010-1234-5678", "AI1", "2026-03-01", "수강중")
PLAIN = book_of(("명단", (HEADERS, ROW)))
MOST_MIB, MOST_SECONDS = 400, 10
ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;">]><worksheet>&d;</worksheet>"""


def refused(data: bytes, limits: Limits | None = None) -> DomainError:
    """The refusal of a file, within the bound of time."""
    began = time.monotonic()
    with pytest.raises(DomainError) as caught:
        rows(data, limits)
    assert time.monotonic() - began < MOST_SECONDS
    assert caught.value.code in catalogue()
    return caught.value


def rows(data: bytes, limits: Limits | None = None) -> list[Any]:
    with read(io.BytesIO(data), dataset="enrolments", limits=limits) as reading:
        return list(reading)


def ratio_20() -> bytes:
    """Cells whose text hardly repeats: 500 MB out of some twenty-five."""
    cells = "".join(f'<c r="A1" t="str"><v>{i * 7919 % 99991}</v></c>' for i in range(1000))
    return inflating(PLAIN, 500, f"<row>{cells}</row>".encode())


def ratio_1000() -> bytes:
    return inflating(PLAIN, 500, b" " * 2**20)


def far_away() -> bytes:
    """Two cells that span seventeen thousand million."""
    near, far = '<c r="A1"><v>1</v></c>', '<c r="XFD1048576"><v>1</v></c>'
    both = f'<row r="1">{near}</row><row r="1048576">{far}</row>'
    return with_part(PLAIN, SHEET, sheet_of(both))


def crowded() -> bytes:
    """Ninety MB of the smallest cells: more than the child may hold."""
    cells = "".join(f"<c><v>{i % 10}</v></c>" for i in range(1000))
    return inflating(PLAIN, 90, f"<row>{cells}</row>".encode())


def many_parts() -> bytes:
    import zipfile

    out = io.BytesIO(PLAIN)
    with zipfile.ZipFile(out, "a") as archive:
        for number in range(1500):
            archive.writestr(f"xl/media/{number}", b"")
    return out.getvalue()


def password_zip() -> bytes:
    data = bytearray(PLAIN)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + place] |= 1
            at = data.find(mark, at + 1)
    return bytes(data)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "an entity bomb": (lambda: with_part(PLAIN, SHEET, ENTITIES), "workbook-with-entities"),
    "entities in UTF-16": (
        lambda: with_part(PLAIN, SHEET, ENTITIES.decode().encode("utf-16")),
        "workbook-with-entities",
    ),
    "a bomb of ratio 20": (ratio_20, "workbook-inflates"),
    "a bomb of ratio 1000": (ratio_1000, "workbook-inflates"),
    "a bomb that hides its size": (lambda: lying(ratio_1000(), SHEET, 1000), "file-damaged"),
    "cells far apart": (far_away, "workbook-too-large"),
    "too many cells": (crowded, "workbook-too-large"),
    "too many parts": (many_parts, "workbook-too-large"),
    "a password": (lambda: compound("EncryptedPackage", "EncryptionInfo"), "file-encrypted"),
    "a zip with a password": (password_zip, "file-encrypted"),
    "rights management": (
        lambda: compound("DRMEncryptedDataSpace", "EncryptedPackage"), "file-protected",
    ),
    "macros": (lambda: with_part(PLAIN, "xl/vbaProject.bin", b"x"), "file-with-macros"),
    "macros of Excel 97": (lambda: compound("Workbook", "_VBA_PROJECT_CUR"), "file-with-macros"),
    "macro sheets": (
        lambda: with_part(PLAIN, "xl/macrosheets/sheet1.xml", b"<x/>"), "file-with-macros",
    ),
    "half a workbook": (lambda: PLAIN[: len(PLAIN) // 2], "file-truncated"),
    "half a workbook of Excel 97": (lambda: compound("Workbook")[:1300], "file-truncated"),
    "an empty workbook of Excel 97": (lambda: compound("Workbook"), "file-damaged"),
    "a broken part": (lambda: with_part(PLAIN, SHEET, b"<worksheet><sheetData><row"), ""),
    "a flipped bit": (lambda: PLAIN[:900] + bytes([PLAIN[900] ^ 255]) + PLAIN[901:], ""),
    "a picture": (png, "file-not-a-table"),
    "a document": (lambda: b"%PDF-1.7\n" + bytes(9000), "file-not-a-table"),
    "a Hangul document": (lambda: compound("FileHeader", "DocInfo"), "file-not-a-table"),
    "a web page named .xls": (
        "<html><table><tr><td>성명</table>".encode, "file-not-a-table",
    ),
    "a Word document": (
        lambda: with_part(with_part(b_zip(), "word/document.xml", b"<x/>"), "a", b""),
        "file-not-a-table",
    ),
    "random bytes": (lambda: bytes(range(256)) * 64, "file-not-a-table"),
    "a file of SoftCamp": (lambda: b"SCDSA002" + bytes(range(256)) * 9, "file-protected"),
    "a file of Fasoo": (
        lambda: b"\x9b DRMONE  This Document is encrypted" + bytes(500), "file-protected",
    ),
    "nothing": (lambda: b"", "file-empty"),
    "nothing but a mark": (lambda: b"\xef\xbb\xbf\r\n", "file-empty"),
    "no header": (lambda: csv_of(("a", "b"), ("1", "2")), "header-not-found"),
    "a megabyte in a cell of CSV": (
        lambda: csv_of(HEADERS, ("가" * 2**20, *ROW[1:])), "cell-too-long",
    ),
    "a quotation mark left open": (
        lambda: csv_of(HEADERS) + b'"' + csv_of(*[ROW] * 5000).replace(b'"', b""), "cell-too-long",
    ),
    "a thousand columns": (lambda: csv_of(HEADERS, ["x"] * 1000), "too-many-columns"),
    "broken characters": (lambda: csv_of(HEADERS, ROW) + b"\xff\xff\x00\xff", "unknown-encoding"),
}  # fmt: skip


def b_zip() -> bytes:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
    return out.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_by_name(name: str):
    make, code = HOSTILE[name]
    found = refused(make())
    assert found.code in ((code,) if code else ("file-damaged", "file-truncated"))


def test_no_hostile_workbook_takes_much_memory(tmp_path: Path, record_property: Any):
    """In a process of its own: what a forked child is said to have held includes its parent's."""
    for number, make in enumerate((ratio_20, ratio_1000, crowded, far_away, million_rows)):
        (tmp_path / f"{number}.xlsx").write_bytes(make())
    ended = subprocess.run(
        [sys.executable, "-c", MEASURED, *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    own, child = map(int, ended.stdout.split())
    record_property("MiB at most", (own + child) // 1024)
    assert (own + child) / 1024 < MOST_MIB


MEASURED = """
import resource, sys
from pathlib import Path
from registry.core.problems import DomainError
from registry.imports.reading import read
for name in sys.argv[1:]:
    try:
        with read(Path(name), dataset="enrolments") as reading:
            list(reading)
    except DomainError:
        continue
    sys.exit(1)
own = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def million_rows() -> bytes:
    empty = "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(1, 1_048_577))
    return with_part(PLAIN, SHEET, sheet_of(empty))


def test_a_million_empty_rows_are_no_rows():
    assert refused(million_rows()).code == "header-not-found"
    empty = "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(3, 1_048_577))
    first = "".join(f'<c t="str"><v>{h}</v></c>' for h in HEADERS)
    second = "".join(f'<c t="str"><v>{v}</v></c>' for v in ROW)
    after = sheet_of(f"<row>{first}</row><row>{second}</row>{empty}")
    assert [chunk.numbers for chunk in rows(with_part(PLAIN, SHEET, after))] == [[2]]


def test_a_megabyte_in_a_cell_of_a_workbook_is_an_entry_of_the_report():
    text = "가" * 2**20
    row = f'<row r="2"><c r="A2" t="inlineStr"><is><t>{text}</t></is></c><c r="B2"/></row>'
    head = "".join(
        f'<c r="{c}1" t="str"><v>{h}</v></c>' for c, h in zip("ABCDEF", HEADERS, strict=True)
    )
    book = with_part(PLAIN, SHEET, sheet_of(f'<row r="1">{head}</row>{row}'))
    (chunk,) = rows(book)
    assert [(p.field, p.code) for p in chunk.problems] == [("trainee.name", "too-long")]
    assert max(len(str(v)) for v in chunk.problems[0].facts.values()) < 100


def test_rows_are_bounded():
    limits = Limits(rows=3)
    assert len(rows(csv_of(HEADERS, *[ROW] * 3), limits)[0]) == 3
    assert refused(csv_of(HEADERS, *[ROW] * 4), limits).code == "too-many-rows"


def test_a_workbook_has_a_size_of_its_own():
    assert refused(PLAIN, Limits(workbook_bytes=1000)).code == "file-too-large"


def test_the_clock_ends_a_child_that_hangs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    sleeper = tmp_path / "sleeper.py"
    sleeper.write_text("import time; time.sleep(60)")
    monkeypatch.setattr("registry.imports.reading.workbooks.SANDBOX", sleeper)
    assert refused(PLAIN, Limits(seconds=1)).code == "reading-took-too-long"


def test_a_child_that_dies_is_no_fault_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    killed = tmp_path / "killed.py"
    killed.write_text("import os; os.kill(os.getpid(), 9)")
    monkeypatch.setattr("registry.imports.reading.workbooks.SANDBOX", killed)
    assert refused(PLAIN).code == "workbook-too-large"


def test_the_child_knows_no_secret_and_writes_no_file(tmp_path: Path):
    for path in SANDBOX.parent.glob("*.py"):
        source = path.read_text("utf-8")
        assert "import registry" not in source
        assert "from registry" not in source
    script = (
        f"import os, sys; sys.path.insert(0, {str(SANDBOX.parent.parent)!r}); "
        "from sandbox.opening import bind; "
        "bind({'memory_bytes': 2**28, 'seconds': 5}); "
        f"os.write(os.open({str(tmp_path / 'probe')!r}, os.O_CREAT | os.O_WRONLY), b'x')"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert ended.returncode != 0
    assert (tmp_path / "probe").stat().st_size == 0


def test_the_child_ends_with_its_reader():
    many = book_of(("명단", [HEADERS, *[(*ROW[:4], date(2026, 3, 1), ROW[5])] * 30_000]))
    with read(io.BytesIO(many), dataset="enrolments") as reading:
        assert len(next(iter(reading))) == 1999
    assert [c for c in psutil.Process().children() if str(SANDBOX) in c.cmdline()] == []
