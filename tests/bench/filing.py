"""Files as institutions send them, of any length, and the server and worker that take them in."""

from __future__ import annotations

import csv
import http.client
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psutil

from registry.app import create_app
from registry.core.clock import ManualClock
from tests.bench import load
from tests.client import BASE, World
from tests.conftest import START, make_settings
from tests.live import PATIENCE, ROOT, environment_of, serving
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEADER = (
    "수강번호", "과정코드", "성명", "생년월일", "휴대전화", "수강시작일", "수강상태", "상태변경일",
)  # fmt: skip
PROGRAMMES = 20
SURNAMES = "김이박최정강조윤장임한오서신권황안송류홍"
SYLLABLES = "민서지우현준도연예하은수아진영호성주원경태희윤재규빈나라솔찬"
FIRST_DAY, DAYS = date(2022, 1, 3), 2900
DAYS_OF_BIRTH = 10_993  # thirty years; no common divisor with the number of names
LOOK = 0.5  # seconds between two looks at an import
DONE = frozenset(("committed", "validated"))
UNDER_WAY = frozenset(("received", "validating", "committing"))


def rows_of(count: int) -> Iterator[tuple[str, ...]]:
    """So many enrolments of seven tenths as many people, in the order of their registration.

    Of ten rows seven are of new people; three are of people met in the file long before, in
    another programme.
    """
    for n in range(count):
        block, kind = divmod(n, 10)
        again = kind >= 7
        person = block * 3 + kind - 7 if again else block * 7 + kind
        begins = FIRST_DAY + timedelta(n * DAYS // count + n * 37 % 60)
        turn = block % 10
        status = "수료" if turn < 8 else "수강중" if turn == 8 else "수강철회"
        yield (
            f"E{n:08d}", f"P{(person + (7 if again else 0)) % PROGRAMMES}", *_who(person),
            begins.isoformat(), status, "" if turn == 8 else str(begins + timedelta(100)),
        )  # fmt: skip


def completed(count: int) -> int:
    """How many of `rows_of(count)` completed."""
    return sum(10 if block % 10 < 8 else 0 for block in range(count // 10))


def _who(person: int) -> tuple[str, str, str]:
    """Name, birth date and mobile; one in a hundred shares the first two with another.

    As among the living, where the 700,000 of a million rows share them with hardly anybody: taken
    from short rounds of names and days, each had seven doubles, and the bench measured these.
    """
    alike = person - (person % 100 == 99)
    many = len(SYLLABLES)
    given, surname = alike * 101 % (many * many), alike // (many * many) % len(SURNAMES)
    name = SURNAMES[surname] + SYLLABLES[given // many] + SYLLABLES[given % many]
    born = date(1975, 1, 1) + timedelta(alike * 13 % DAYS_OF_BIRTH)
    mobile = f"{(person * 7919 + 12345) % 10**8:08d}"
    return name, born.isoformat(), f"010-{mobile[:4]}-{mobile[4:]}"


def written(folder: Path, count: int) -> Path:
    """A CSV of so many rows; one that is there already is taken."""
    path = folder / f"enrolments-{count}.csv"
    if not path.exists():
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            out = csv.writer(file)
            out.writerow(HEADER)
            out.writerows(rows_of(count))
    return path


def prepared(url: str) -> World:
    """The usual organisations, and the programmes that the rows name."""
    world = World(create_app(make_settings(url), ManualClock(START)))
    districts = [one["code"] for one in world.nobody.get("/codes/districts")["items"]]
    for n in range(PROGRAMMES):
        place = districts[n % len(districts)]
        world.pnu.post("/programmes", AI1 | {"code": f"P{n}", "district_code": place})
    world.parts.database.engine.dispose()
    return world


@dataclass(frozen=True)
class Door:
    """A registry as it is served: its address, two keys, and who works the imports through."""

    url: str
    importer: str
    reader: str
    workers: Callable[[], list[psutil.Process]]

    def peak(self) -> float:
        """The most MiB that one who works through imports has held, with its own processes."""
        return max(map(_peak, self.workers()))


@contextmanager
def opened(url: str, folder: Path, world: World) -> Iterator[Door]:
    """Serve a database, with a worker beside it (SQLite's servers have theirs within)."""
    settings = make_settings(url)
    keys = str(world.pnu.key), str(world.busan.key)
    with serving(settings, folder) as live:
        if world.parts.database.is_sqlite:
            yield Door(live.url, *keys, _servers)
            return
        command = [sys.executable, "-m", "registry.cli", "worker"]
        variables = os.environ | environment_of(settings)
        worker = subprocess.Popen(command, cwd=ROOT, env=variables)
        try:
            process = psutil.Process(worker.pid)
            door = Door(live.url, *keys, lambda: [process])
            send(door, written(folder, 1), mode="validate")  # until it is there to take files
            yield door
        finally:
            worker.terminate()
            worker.wait(PATIENCE)


def _servers() -> list[psutil.Process]:
    mine = psutil.Process().children()
    return [child for one in mine if "serve" in one.cmdline() for child in one.children()]


def _peak(process: psutil.Process) -> float:
    """The most MiB it has held, and those of its children that are still there."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
        children = process.children()
    except (FileNotFoundError, psutil.NoSuchProcess):
        return 0.0
    lines = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    own = sum(int(line.split()[1]) / 1024 for line in lines)  # none, of one that has just ended
    return own + sum(map(_peak, children))


@dataclass
class Sent:
    """What became of a file: the import as answered, seconds in all and at each stage."""

    seconds: float = 0.0
    peak: float = 0.0  # MiB that whoever worked it through held at most
    stages: dict[str, float] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)


def send(
    door: Door, path: Path, at: Callable[[str], None] = lambda _: None, mode: str = "commit"
) -> Sent:
    """Send a file in and wait until all of it is committed; `at` is told the stage."""
    found, begun = Sent(), time.perf_counter()
    place = f"{BASE}/imports/{_uploaded(door, path, mode)}"
    look = load.message("GET", place, door.importer)
    before, stage = begun, "upload"
    while True:
        found.answer = json.loads(load.ask(door.url, look).body)
        now = time.perf_counter()
        found.stages[stage] = found.stages.get(stage, 0.0) + now - before
        before, stage = now, found.answer["progress"]["stage"]
        found.peak = max(found.peak, door.peak())
        if found.answer["state"] not in UNDER_WAY:
            break
        at(stage)
        time.sleep(LOOK)
    if found.answer["state"] not in DONE or found.answer["rows"]["rejected"]:
        raise RuntimeError(found.answer)
    found.seconds = now - begun
    return found


def _uploaded(door: Door, path: Path, mode: str) -> str:
    host = urlsplit(door.url)
    connection = http.client.HTTPConnection(str(host.hostname), host.port, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {door.importer}", "Content-Type": "text/csv"}
    query = f"?dataset=enrolments&mode={mode}&on_error=accept_valid"
    with path.open("rb") as file:
        headers["Content-Length"] = str(path.stat().st_size)
        connection.request("POST", f"{BASE}/imports{query}", body=file, headers=headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
    connection.close()
    if answer.status != 202:
        raise RuntimeError(told)
    return str(told["id"])


def figure(door: Door) -> int:
    """All completions, as the statistics tell them."""
    asked = load.message("GET", f"{BASE}/statistics/trainees?measure=completions", door.reader)
    return sum(int(cell["value"]) for cell in json.loads(load.ask(door.url, asked).body)["cells"])
