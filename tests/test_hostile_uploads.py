"""Texts made to hurt: a refusal or an entry of the report, in bounded time and memory."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text

from registry.core.problems import DomainError
from registry.core.text import looks_like_resident_number
from registry.imports.reading import read
from tests.client import expect
from tests.files import HEADERS, book_of, csv_of
from tests.test_hostile_files import MEASURED, MOST_MIB, ROW
from tests.test_imports import kept_pieces, line, send, taken, worked
from tests.test_imports import text as lines
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.client import World

NDJSON = "application/x-ndjson"
PERSON = {"name": "홍길동", "birth_date": "1999-03-02", "mobile": "010-1234-5678"}
GOOD = {"external_id": "A", "programme_code": "AI1", "trainee": PERSON,
        "enrolled_on": "2030-03-02", "status": "completed", "status_on": "2030-10-30"}  # fmt: skip
SECONDS = 10  # of processor time


def told(**more: Any) -> str:
    return json.dumps(GOOD | more, ensure_ascii=False)


def raw(member: str) -> str:
    """A good object with one more member, written as it stands."""
    return told()[:-1] + f", {member}}}"


OBJECTS: dict[str, tuple[str, str]] = {
    "deep nesting": (raw('"note": ' + "[" * 100_000 + "]" * 100_000), "unreadable-row"),
    "deep objects": (raw('"x": ' + '{"a":' * 500 + "1" + "}" * 500), "unknown-field"),
    "a huge integer": (told(external_id=0).replace(" 0,", f" {'9' * 4000},"), "invalid-type"),
    "an integer beyond reading": (raw('"x": ' + "9" * 5000), "unreadable-row"),
    "not a number": (raw('"x": NaN'), "unreadable-row"),
    "infinity": (raw('"x": Infinity'), "unreadable-row"),
    "a date that overflows": (told(status_on=0).replace(": 0}", ": 1e999}"), "invalid-date"),
    "a key twice": (raw('"external_id": "B"'), "unreadable-row"),
    "a key twice, decomposed": (raw('"\uac00": 1, "\u1100\u1161": 2'), "unreadable-row"),
    "half a surrogate": (told(external_id="A?").replace("?", "\\ud800"), "invalid-text"),
    "half a surrogate in a key": (raw('"\\ud800": 1'), "unknown-field"),
    "NUL in a value": (told(external_id="A\0"), "invalid-text"),
    "NUL in a key": (raw('"a\\u0000b": 1'), "unknown-field"),
    "a long key": (raw(f'"{"k" * 100_000}": 1'), "unknown-field"),
    "a text where an object belongs": (told(trainee="홍길동"), "invalid-type"),
    "a list": ("[" + told() + "]", "unreadable-row"),
}


def test_hostile_objects_are_entries_of_the_report(world: World):
    world.pnu.post("/programmes", AI1)
    sent = {
        name: send(world.pnu, f"{told(external_id='ok')}\n{body}\n", mode="validate",
                   content_type=NDJSON)["id"]
        for name, (body, _) in OBJECTS.items()
    }  # fmt: skip
    worked(world)
    for name, (_, code) in OBJECTS.items():
        read_back = world.pnu.get(f"/imports/{sent[name]}")
        found = world.pnu.get(f"/imports/{sent[name]}/errors")["items"]
        assert (name, read_back["state"], read_back["rows"]["rejected"]) == (name, "validated", 1)
        assert (2, code) in {(one["row"], one["code"]) for one in found}, name


def endless() -> bytes:
    return csv_of(HEADERS) + b"x" * (40 << 20)


def endless_commas() -> bytes:
    return csv_of(HEADERS) + b"," * (40 << 20)


def endless_cells() -> bytes:
    """One row without an end: quotation marks hold its lines together."""
    return csv_of(HEADERS) + b'"\n",' * (10 << 20)


def many_columns() -> bytes:
    return csv_of(HEADERS, ["x"] * 100_000)


def blank_columns() -> bytes:
    """A column of dots, and a hundred thousand blank ones beside it."""
    return csv_of(HEADERS) + (b"." + b"," * 100_000 + b"\n") * 400


def members() -> bytes:
    return ("{" + ",".join(f'"{n}":1' for n in range(90_000)) + "}\n").encode() * 30


def many_unknown() -> bytes:
    """Objects that have no member in common."""
    return "".join(
        "{" + ",".join(f'"{n}-{m}":1' for m in range(150)) + "}\n" for n in range(2_000)
    ).encode()


def wide_letters() -> bytes:
    return csv_of(HEADERS, *[("\U0001f600" * 30_000, *ROW[1:])] * 40)


def overflowing() -> bytes:
    """Cells with characters that each become eighteen."""
    return csv_of(HEADERS, *[("\ufdfa" * 30_000, *ROW[1:])] * 3)


def blanks() -> bytes:
    """What makes patterns try all ways to part a run of blanks."""
    gap = " " * 120_000
    return csv_of(HEADERS, *[(f"123456{gap}x", f"2026-1-1{gap}x", "0" * 120_000, *ROW[3:])] * 3)


def brackets() -> bytes:
    return csv_of(*[["(" * 20_000] * 6] * 5, HEADERS, ROW)


TEXTS: dict[Callable[[], bytes], str | None] = {
    endless: "cell-too-long", endless_commas: "too-many-columns", endless_cells: "cell-too-long",
    many_columns: "too-many-columns", blank_columns: "too-many-columns", members: "too-many-columns",
    many_unknown: None, wide_letters: None, overflowing: None, blanks: None, brackets: None,
}  # fmt: skip


@pytest.mark.parametrize("make", TEXTS, ids=lambda make: make.__name__)
def test_a_hostile_text_is_read_or_refused_in_time(make: Callable[[], bytes]):
    data = make()
    began = time.process_time()
    code = None
    try:
        with read(io.BytesIO(data), dataset="enrolments") as reading:
            for _ in reading:
                pass
    except DomainError as refused:
        code = refused.code
    assert code == TEXTS[make]
    assert time.process_time() - began < SECONDS


def test_no_hostile_text_takes_much_memory(tmp_path: Path, record_property: Any):
    for make in TEXTS:
        (tmp_path / make.__name__).write_bytes(make())
    script = MEASURED.replace("    sys.exit(1)\n", "").replace(
        "list(reading)", "[0 for _ in reading]"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    own = int(ended.stdout.split()[0])
    record_property("MiB at most", own // 1024)
    assert own / 1024 < MOST_MIB


@pytest.mark.parametrize("gap", [" ", "\t", "\u3000", "\u200b"])
def test_a_long_gap_is_no_work_for_the_guard(gap: str):
    began = time.process_time()
    assert not looks_like_resident_number("900101" + gap * 500_000 + "x")
    assert looks_like_resident_number("900101" + gap * 500_000 + "1234567")
    assert time.process_time() - began < SECONDS


def test_a_resident_number_in_a_name_of_the_file_a_sheet_or_a_member_is_not_kept(world: World):
    world.pnu.post("/programmes", AI1)
    number = "900101-1234567"
    named = {"Content-Disposition": f'attachment; filename="{number}.csv"'}
    assert send(world.pnu, lines(line(1)), headers=named)["file_name"] is None
    book = book_of((f"명단 {number}", (HEADERS, ROW)))
    twice = csv_of((f"성명({number})", f"이름({number})", "생년월일"), ROW[:3])
    for body, kind in (
        (told(external_id="ok") + "\n" + raw(f'"{number}": 1'), NDJSON),
        (book, "application/octet-stream"),
        (twice, "text/csv"),
    ):
        back = taken(world, body, content_type=kind)
        assert back["state"] == "refused_rrn", back
        assert "900101" not in str(back)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_file_for_which_there_is_no_room_is_refused_and_leaves_nothing(
    world: World, backend: str
):
    engine = world.parts.database.engine
    with engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()

    def bounded(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 600}")

    event.listen(engine, "connect", bounded)
    engine.dispose()
    answer = world.pnu.call(
        "POST", "/imports", data=b"x" * (5 << 20), query={"dataset": "enrolments"},
        headers={"Content-Type": "text/csv"},
    )  # fmt: skip
    assert (answer.status_code, answer.get_json()["code"]) == (507, "storage-full")
    assert kept_pieces(world) == (0, 0)
    assert world.pnu.get("/imports")["items"] == []
    expect(world.pnu.call("POST", "/programmes", json=AI1), 201)
