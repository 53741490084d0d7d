"""A statistic asked again and again, against a route that answers a constant."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from registry.app import create_app
from registry.core.clock import ManualClock
from tests.bench import load
from tests.bench.frameworks import person
from tests.bench.generate import NOW, generate
from tests.bench.growth import QUESTION_PATH
from tests.bench.measure import alternated, goals, rates
from tests.bench.servers import PROCESSES, rival
from tests.client import BASE, World
from tests.conftest import make_settings
from tests.live import serving
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.place import Place

ENROLMENTS = 50_000
REQUESTS = 800
CHANGES, LOOKS = 20, 40
SHARE = 0.6
people = count(20_000_000)


def constant(place: Place) -> Iterator[str]:
    """Both databases: 200, 304, and whether every worker sees a change at once."""
    yield "## A statistic asked again"
    yield (
        f"Requests a second over loopback, {load.CONNECTIONS} at once, gunicorn with {PROCESSES}"
        " sync workers on both sides. The registry looks up key and newest revision in one"
        " statement for each; the Flask route answers the same bytes and asks no database."
    )
    found = []
    for title, open_at in (("PostgreSQL", place.postgres), ("SQLite", place.sqlite)):
        with ExitStack() as stack:
            url = stack.enter_context(open_at("constant"))
            generate(make_settings(url), ENROLMENTS)
            world = World(create_app(make_settings(url), ManualClock(NOW)))
            world.pnu.post("/programmes", AI1)
            world.parts.database.engine.dispose()
            clock = {"REGISTRY_CLOCK": NOW.isoformat(), "REGISTRY_WORKERS": str(PROCESSES)}
            live = stack.enter_context(serving(make_settings(url), place.folder, **clock))
            path, key = BASE + QUESTION_PATH, world.busan.key
            first = load.ask(live.url, load.message("GET", path, key))
            body = place.folder / "constant.json"
            body.write_bytes(first.body)
            bare = stack.enter_context(rival("bare", url, place.folder, BENCH_CONSTANT=str(body)))
            again = load.message("GET", path, key, If_None_Match=first.header("ETag"))
            asked = load.message("GET", path, key)
            plain = load.message("GET", "/constant")
            timings = alternated(
                {
                    "statistic, 200": partial(load.fire, live.url, [asked] * REQUESTS),
                    "statistic, 304": partial(load.fire, live.url, [again] * REQUESTS, {304}),
                    "constant": partial(load.fire, bare, [plain] * REQUESTS),
                }
            )
            yield f"**{title}** (answer of {len(first.body):,} bytes)"
            yield rates(timings, "constant")
            base = timings["constant"].median
            found += [
                (f"{title}: {name} / constant", base / timings[name].median, ">=", SHARE)
                for name in ("statistic, 200", "statistic, 304")
            ]
            late = unseen(live.url, str(world.pnu.key), asked)
            found.append((f"{title}: answers older than a change before them", late, "<=", 0))
    yield goals(found)
    yield f"Changes: {CHANGES}, each followed at once by {LOOKS} questions to all workers."


def unseen(url: str, key: str, asked: bytes) -> int:
    """After each of some changes: how many answers did not know it yet."""
    late = 0
    for _ in range(CHANGES):
        sent = load.message("POST", BASE + "/enrolments", key, person(next(people)))
        made = next(load.answers(url, [sent], load.GOOD))
        revision = made.header("Registry-Revision")
        late += sum(
            1
            for answer in load.answers(url, [asked] * LOOKS, load.GOOD)
            if answer.header("Registry-Revision") != revision
        )
    return late
