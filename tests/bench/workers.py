"""Which worker class serves database routes best; the default of `REGISTRY_THREADS` rests on it."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from registry.app import create_app
from registry.core.clock import ManualClock
from tests.bench import load
from tests.bench.frameworks import person
from tests.bench.growth import QUESTION_PATH
from tests.bench.measure import alternated, rates
from tests.client import BASE, World
from tests.conftest import START, make_settings
from tests.live import serving
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.place import Place

SERVERS = {
    "sync, 2 processes": ("2", "1"),
    "gthread, 2 processes x 4": ("2", "4"),
    "gthread, 1 process x 8": ("1", "8"),
}
REQUESTS = 200
people = count(40_000_000)


def workers(place: Place) -> Iterator[str]:
    """Both databases, a read and a write, without answers kept."""
    yield "## Worker classes"
    for title, open_at in (("PostgreSQL", place.postgres), ("SQLite", place.sqlite)):
        with ExitStack() as stack:
            url = stack.enter_context(open_at("workers"))
            world = World(create_app(make_settings(url), ManualClock(START)))
            world.pnu.post("/programmes", AI1)
            world.parts.database.engine.dispose()
            urls = {
                name: stack.enter_context(
                    serving(
                        make_settings(url), place.folder, REGISTRY_WORKERS=processes,
                        REGISTRY_THREADS=threads, REGISTRY_ANSWER_MEMORY_MIB="0",
                    )
                ).url
                for name, (processes, threads) in SERVERS.items()
            }  # fmt: skip
            question = load.message("GET", BASE + QUESTION_PATH, world.busan.key)
            key = str(world.pnu.key)
            base = next(iter(SERVERS))
            reads = {n: partial(load.fire, at, [question] * REQUESTS) for n, at in urls.items()}
            yield f"**{title}, GET of a statistic**"
            yield rates(alternated(reads), base)
            yield f"**{title}, POST of an enrolment**"
            yield rates(alternated({n: partial(enrol, at, key) for n, at in urls.items()}), base)


def enrol(url: str, key: str) -> int:
    """A round of new people."""
    path = BASE + "/enrolments"
    sent = [load.message("POST", path, key, person(next(people))) for _ in range(REQUESTS)]
    return load.fire(url, sent)
