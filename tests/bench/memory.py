"""What a worker holds after ten thousand requests of all kinds, against after one thousand."""

from __future__ import annotations

from itertools import cycle, islice
from typing import TYPE_CHECKING

import psutil

from registry.app import create_app
from registry.core.clock import ManualClock
from tests.bench import load
from tests.bench.frameworks import ROWS, numbers, person
from tests.bench.measure import goals, markdown
from tests.client import BASE, World
from tests.conftest import START, make_settings
from tests.live import serving
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.place import Place

STEPS = (1_000, 5_000, 10_000)
GROWTH = 1.1
ANY = {200, 201, 304, 404, 422}


def memory(place: Place) -> Iterator[str]:
    """One worker on PostgreSQL."""
    yield "## Memory of a worker"
    with place.postgres("memory") as url:
        world = World(create_app(make_settings(url), ManualClock(START)))
        world.pnu.post("/programmes", AI1)
        ids = [world.pnu.post("/enrolments", person(n))["id"] for n in range(ROWS)]
        world.parts.database.engine.dispose()
        with serving(make_settings(url), place.folder, REGISTRY_WORKERS="1") as live:
            requests, done, held = mixed(world, ids), 0, {}
            for step in STEPS:
                load.fire(live.url, list(islice(requests, step - done)), ANY)
                done, held[step] = step, worker().memory_info().rss
    yield markdown(
        ("requests", "MiB resident"),
        [(f"{step:,}", f"{size / 2**20:.1f}") for step, size in held.items()],
    )
    grown = held[STEPS[-1]] / held[STEPS[0]]
    yield goals([("memory after 10,000 / after 1,000", grown, "<=", GROWTH)])


def worker() -> psutil.Process:
    """The one process that answers: the child of the server we started."""
    servers = [p for p in psutil.Process().children() if "registry.cli" in p.cmdline()]
    return servers[0].children()[0]


def mixed(world: World, ids: list[str]) -> Iterator[bytes]:
    """Requests of many kinds without end: questions, lists, records, writes, mistakes."""
    pnu, busan, each = world.pnu.key, world.busan.key, cycle(ids)
    figures = f"{BASE}/statistics/trainees?measure="
    turn = 0
    while True:
        turn += 1
        year, month = 2022 + turn % 9, 1 + turn % 12
        yield load.message("GET", f"{figures}trainees&by=year,zone,programme_kind", busan)
        yield load.message("GET", f"{figures}completions&by=month&from={year}-{month:02}", busan)
        yield load.message("GET", f"{figures}talents&revision={1 + turn % 300}", busan)
        yield load.message("GET", f"{figures}trainees&by=district&format=xlsx&year={year}", busan)
        yield load.message("GET", f"{BASE}/statistics/investments?measure=deals", busan)
        yield load.message("GET", f"{BASE}/enrolments?limit={10 + turn % 90}", pnu)
        yield load.message("GET", f"{BASE}/enrolments?expand=trainee&limit=20", pnu)
        yield load.message("GET", f"{BASE}/enrolments/{next(each)}", pnu)
        yield load.message("GET", f"{BASE}/enrolments/{next(each)}/history", pnu)
        yield load.message("POST", f"{BASE}/enrolments", pnu, person(next(numbers)))
        yield load.message("POST", f"{BASE}/enrolments", pnu, {"programme_code": "AI1"})
        yield load.message("GET", f"{BASE}/programmes/00000000-0000-7000-8000-{turn:012x}", pnu)
        yield load.message("GET", f"{BASE}/goals", busan)
        yield load.message("GET", f"{BASE}/revisions?limit=20", busan)
