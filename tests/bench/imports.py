"""Files in: how fast rows go in, what the worker holds, what a workbook costs, who waits."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import date
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import python_calamine
import xlsxwriter
from sqlalchemy import create_engine

from registry.imports import direct
from registry.imports.rows import fields_of
from tests.bench import filing, load
from tests.bench.frameworks import person
from tests.bench.measure import Timing, alternated, goals, markdown, milliseconds, quantile, rates
from tests.client import BASE
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.filing import Door, Sent
    from tests.bench.place import Place
    from tests.client import World

WARM_UP = 10  # the first file is a tenth as long
RAW, NEW, AGAIN = "raw COPY of the enrolments alone", "new enrolments", "the same file again"
JUDGED = "the same file, after another write"
RATES = {"PostgreSQL": 12_000, "SQLite": 8_000}
UNCHANGED, SHARE, AIM = 30_000, 0.10, 0.15
MOST_MIB, GROWTH = 400, 1.3
WORKBOOK_ROWS, TIMES_READER = 10_000, 5
PACE = 0.05  # seconds between two single writes
QUIET_WRITES = 400
people = count(60_000_000)


def imports(place: Place, title: str = "PostgreSQL") -> Iterator[str]:
    """One file of new enrolments, the same again, and raw COPY, each round in a fresh registry."""
    rows = place.rows
    yield f"## A file of {rows:,} enrolments: {title}"
    yield (
        f"{rows:,} new enrolments of {rows * 7 // 10:,} people as CSV, sent to"
        " `POST /imports?mode=commit` of a running server with its worker, until the import is"
        " committed and the statistics tell its completions. The raw COPY is PostgreSQL's binary"
        " one of the enrolment rows alone, into an empty copy of their table with its indexes."
        " The same file is known as what stands there; after another write of its sender each of"
        " its rows is judged again."
        f" The warm-up is a file of {rows // WARM_UP:,} rows; then all in turn, {place.rounds}"
        " times, each time in a fresh registry."
    )
    found: dict[str, list[float]] = {}
    peaks: dict[int, list[float]] = {}
    stages: list[tuple[str, ...]] = []
    for number in range(place.rounds + 1):
        length = rows if number else rows // WARM_UP
        for name, seconds, sent in _round(place, title, length):
            found.setdefault(name, []).append(seconds / length)
            if sent is not None and number:
                stages.append((str(number), name, *_staged(sent)))
            if sent is not None and name == NEW:
                peaks.setdefault(length, []).append(sent.peak)
    timings = {name: Timing(first, tuple(rest)) for name, (first, *rest) in found.items()}
    yield rates(timings, RAW if RAW in timings else NEW)
    yield "Seconds at each stage, as seen from outside:"
    yield markdown(("round", "", *STAGES), stages)
    held = {length: max(seen) for length, seen in peaks.items()}
    yield markdown(
        ("rows", "MiB the worker and its own processes held at most"),
        [(f"{length:,}", f"{most:.0f}") for length, most in held.items()],
    )
    yield goals(_promises(title, timings, held, rows))


STAGES = ("upload", "parse", "commit", "report")


def _staged(sent: Sent) -> tuple[str, ...]:
    return tuple(f"{sent.stages.get(stage, 0):.1f}" for stage in STAGES)


def _round(place: Place, title: str, rows: int) -> Iterator[tuple[str, float, Sent | None]]:
    """What was done, seconds, and what became of the file."""
    path = filing.written(place.folder, rows)
    with _registry(place, title) as (url, world):
        with filing.opened(url, place.folder, world) as door:
            begun = time.perf_counter()
            sent = filing.send(door, path)
            told = filing.figure(door)
            seconds = time.perf_counter() - begun
            _require(sent.answer["rows"]["created"], rows)
            _require(told, filing.completed(rows))
            yield NEW, seconds, sent
        if title == "PostgreSQL":
            yield RAW, _copied(url, place.folder), None
        with filing.opened(url, place.folder, world) as door:
            again = filing.send(door, path)
            _require(again.answer["rows"]["unchanged"], rows)
            _require(filing.figure(door), told)
            yield AGAIN, again.seconds, again
            another = AI1 | {"code": "ANOTHER"}  # sent to the server, whose clock has run on
            written = load.message("POST", BASE + "/programmes", str(world.pnu.key), another)
            load.fire(door.url, [written])
            judged = filing.send(door, path)
            _require(judged.answer["rows"]["unchanged"], rows)
            yield JUDGED, judged.seconds, judged


@contextmanager
def _registry(place: Place, title: str) -> Iterator[tuple[str, World]]:
    open_at = place.postgres if title == "PostgreSQL" else place.sqlite
    with open_at("imports") as url:
        yield url, filing.prepared(url)


def _require(found: int, expected: int) -> None:
    if found != expected:
        raise AssertionError(f"{found} instead of {expected}")


def _copied(url: str, folder: Path) -> float:
    """Seconds in which the enrolment rows go into a copy of their table, and are committed."""
    kept = folder / "enrolments.copy"
    engine = create_engine(url)
    with engine.connect() as connection:
        cursor: Any = connection.connection.cursor()
        with (
            kept.open("wb") as file,
            cursor.copy("COPY enrolment TO STDOUT (FORMAT BINARY)") as out,
        ):
            for piece in out:
                file.write(piece)
        cursor.execute("CREATE TABLE bench_copy (LIKE enrolment INCLUDING ALL)")
        connection.connection.commit()
        begun = time.perf_counter()
        with (
            kept.open("rb") as file,
            cursor.copy("COPY bench_copy FROM STDIN (FORMAT BINARY)") as into,
        ):
            while piece := file.read(1 << 20):
                into.write(piece)
        connection.connection.commit()
        seconds = time.perf_counter() - begun
        cursor.execute("DROP TABLE bench_copy")
        connection.connection.commit()
    engine.dispose()
    kept.unlink()
    return seconds


def _promises(
    title: str, timings: dict[str, Timing], held: dict[int, float], rows: int
) -> Iterator[tuple[str, float, str, float]]:
    rate = {name: 1 / timing.median for name, timing in timings.items()}
    yield f"{title}: {NEW} a second", rate[NEW], ">=", RATES[title]
    if RAW in rate:
        yield f"{title}: {NEW} / {RAW}", rate[NEW] / rate[RAW], ">=", SHARE
        yield f"{title}: the same, as aimed at", rate[NEW] / rate[RAW], ">=", AIM
    yield f"{title}: {AGAIN}, rows a second", rate[AGAIN], ">=", UNCHANGED
    yield f"{title}: MiB a worker holds at {rows:,} rows", held[rows], "<=", MOST_MIB
    grown = held[rows] / held[rows // WARM_UP]
    yield f"{title}: memory at {rows:,} / at {rows // WARM_UP:,}", grown, "<=", GROWTH


def workbooks(place: Place) -> Iterator[str]:
    """A workbook validated in full, against the reader alone."""
    yield "## A workbook validated"
    yield (
        f"An XLSX of {WORKBOOK_ROWS:,} enrolments, read by python-calamine alone, and validated in"
        " full (`registry import --validate`, in process): stored, opened in its child process,"
        " read, judged against the registry, reported."
    )
    path = _workbook(place.folder)
    promised = []
    for title in RATES:
        with _registry(place, title) as (_, world):
            both = {
                "the reader alone": partial(_read, path),
                "validated": partial(_validated, world, path),
            }
            found = alternated(both)
            world.parts.database.engine.dispose()
        yield f"**{title}**"
        yield milliseconds(found, "the reader alone")
        times = found["validated"].median / found["the reader alone"].median
        promised.append((f"{title}: validated / read", times, "<=", TIMES_READER))
    yield goals(promised)


def _workbook(folder: Path) -> Path:
    path = folder / "enrolments.xlsx"
    labels = [field.label for field in fields_of("enrolments")]
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, labels)
        for at, row in enumerate(filing.rows_of(WORKBOOK_ROWS), 1):
            said = dict(zip(filing.HEADER, row, strict=True))
            sheet.write_row(at, 0, [_cell(said.get(label, "")) for label in labels])
    return path


def _cell(text: str) -> str | date:
    """As a person's workbook holds it: a date is one."""
    return date.fromisoformat(text) if text[:2] in ("19", "20") and text[4:5] == "-" else text


def _read(path: Path) -> int:
    book = python_calamine.load_workbook(path)
    _require(len(book.get_sheet_by_index(0).to_python()), WORKBOOK_ROWS + 1)
    return 1


def _validated(world: World, path: Path) -> int:
    options = {
        "dataset": "enrolments", "mode": "validate", "on_error": "reject_all",
        "allow_reversal": False, "sheet": None, "reason": None,
    }  # fmt: skip
    who = direct.operator_for(world.parts, "PNU", "bench")
    with path.open("rb") as stream:
        answer = direct.take_in(
            world.parts, who, stream, options, name=path.name, content_type="", told=lambda _: None
        )
    _require(answer["rows"]["created"], WORKBOOK_ROWS)
    return 1


def writes(place: Place, title: str = "PostgreSQL") -> Iterator[str]:
    """Single writes of another institution, before and while a file goes in."""
    yield f"## Single writes while a file goes in: {title}"
    yield (
        f"`POST /enrolments` of new people, {1 / PACE:.0f} a second by the clock (a write that has"
        " to wait delays none after it, and its time counts from when it was due), before and"
        f" while another institution's {place.rows:,} rows go in."
    )
    with _registry(place, title) as (url, world):
        world.btp.post("/programmes", AI1)
        world.parts.database.engine.dispose()
        with filing.opened(url, place.folder, world) as door:
            path = filing.written(place.folder, place.rows)
            seen = _seen(door, str(world.btp.key), path)
    base = quantile(seen["quiet"], 0.99)
    yield markdown(
        ("ms", "writes", "median", "p99", "longest", "p99 / quiet p99"),
        [
            (name, f"{len(times):,}", *(f"{quantile(times, q) * 1000:.1f}" for q in (0.5, 0.99, 1)),
             f"{quantile(times, 0.99) / base:.1f}")
            for name, times in seen.items()
        ],
    )  # fmt: skip


def _seen(door: Door, key: str, path: Path) -> dict[str, list[float]]:
    """Seconds of each write, by what was going on when it was due."""
    writer = _Writer(door.url, key)
    with writer.writing():
        time.sleep(QUIET_WRITES * PACE)
        filing.send(door, path, writer.during)
    return {"quiet": writer.times["quiet"][QUIET_WRITES // 10 :], **{
        stage: times for stage, times in writer.times.items() if stage in ("parse", "commit")
    }}  # fmt: skip


class _Writer:
    """Writes one enrolment after the other, each when it is due."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key
        self.stage = "quiet"
        self.times: dict[str, list[float]] = {}
        self._done = threading.Event()

    def during(self, stage: str) -> None:
        """Say what is going on."""
        self.stage = stage

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write until the block ends."""
        lanes = [threading.Thread(target=self._write, args=(lane,)) for lane in range(LANES)]
        for lane in lanes:
            lane.start()
        try:
            yield
        finally:
            self._done.set()
            for lane in lanes:
                lane.join()

    def _write(self, lane: int) -> None:
        due = time.perf_counter() + lane * PACE
        while not self._done.wait(max(0.0, due - time.perf_counter())):
            sent = load.message("POST", BASE + "/enrolments", self.key, person(next(people)))
            stage = self.stage
            load.fire(self.url, [sent], {201})
            self.times.setdefault(stage, []).append(time.perf_counter() - due)
            due += PACE * LANES


LANES = 4  # writers that take turns, so that one that waits holds nobody up
