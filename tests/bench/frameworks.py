"""One record, a list, two kinds of POST: the registry beside a bare route and two frameworks."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import count, cycle
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from registry.app import create_app
from registry.core.clock import ManualClock
from tests.bench import load
from tests.bench.measure import alternated, goals, rates
from tests.bench.servers import PROCESSES, rival
from tests.client import BASE, World
from tests.conftest import START, make_settings
from tests.live import serving
from tests.seeded import business_number
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.bench.place import Place

READS, LISTS, POSTS = 500, 150, 200
ROWS = 300  # enrolments to list from
STARTUPS = 50
NAMES = {
    "bare": "bare Flask", "drf": "Django REST Framework", "fast": "FastAPI + pydantic",
}  # fmt: skip
OURS, ANEW = "registry", "registry, nothing kept"
numbers = count(10_000_000)


def frameworks(place: Place) -> Iterator[str]:
    """Rates of four acts under each framework, as shares of the bare route's."""
    yield "## One record, a list, a write"
    yield (
        f"Requests a second over loopback, {load.CONNECTIONS} at once, PostgreSQL, {PROCESSES}"
        " processes each (gunicorn's sync workers, uvicorn for FastAPI). The registry checks a"
        " key, finds the person again, encrypts, chains a revision and recounts; the others"
        " validate, select and insert the row. What was answered is kept while no revision follows:"
        " each read is measured with that, and with nothing kept."
    )
    with ExitStack() as stack:
        url = stack.enter_context(place.postgres("frameworks"))
        world, acts = prepared(url)
        servers = {
            OURS: stack.enter_context(serving(make_settings(url), place.folder)).url,
            ANEW: stack.enter_context(
                serving(make_settings(url, answer_memory_mib=0), place.folder)
            ).url,
        }
        for module, name in NAMES.items():
            servers[name] = stack.enter_context(rival(module, url, place.folder))
        found = {}
        for title, made in acts.items():
            asked = {n: u for n, u in servers.items() if n != ANEW or not title.startswith("POST")}
            timings = alternated({n: sending(u, made(n in (OURS, ANEW))) for n, u in asked.items()})
            found[title] = timings
            yield f"**{title}**"
            yield rates(timings, NAMES["bare"])
        world.parts.database.engine.dispose()
    yield goals(
        (f"{title}: {own} / {rival_}", t[rival_].median / t[own].median, ">=", 1.0)
        for title, t in found.items()
        for own in (OURS, ANEW)
        if own in t
        for rival_ in (NAMES["drf"], *([NAMES["fast"]] if title.startswith("List") else []))
    )


def sending(url: str, make: Callable[[], Sequence[bytes]]) -> Callable[[], int]:
    """One round of requests to a server."""
    return lambda: load.fire(url, make())


def prepared(url: str) -> tuple[World, dict[str, Callable[[bool], Callable[[], list[bytes]]]]]:
    """Rows to read, deals to pay into, and what to send: to the registry, or to a rival."""
    world = World(create_app(make_settings(url), ManualClock(START)))
    world.pnu.post("/programmes", AI1)
    ids = [world.pnu.post("/enrolments", person(n))["id"] for n in range(ROWS)]
    deals = [deal(world, number) for number in range(STARTUPS)]
    with world.parts.database.engine.begin() as connection:
        for copy, table in (
            ("bench_enrolment", "enrolment"), ("bench_transaction", "investment_transaction"),
        ):  # fmt: skip
            connection.execute(text(f"CREATE TABLE {copy} (LIKE {table} INCLUDING ALL)"))

    def sender(
        key: str | None, amount: int, method: str, path: Callable[[], str], body: Any = None
    ) -> Callable[[bool], Callable[[], list[bytes]]]:
        def to(registry: bool) -> Callable[[], list[bytes]]:
            base, who = (BASE, key) if registry else ("", None)
            return lambda: [
                load.message(method, base + path(), who, body and body()) for _ in range(amount)
            ]

        return to

    each, every = cycle(ids), cycle(deals)
    return world, {
        "One record": sender(world.pnu.key, READS, "GET", lambda: f"/enrolments/{next(each)}"),
        "List of 100": sender(world.pnu.key, LISTS, "GET", lambda: "/enrolments?limit=100"),
        "POST of an enrolment": sender(
            world.pnu.key, POSTS, "POST", lambda: "/enrolments", lambda: person(next(numbers))
        ),
        "POST of a payment": sender(
            world.bipa.key, POSTS, "POST",
            lambda: f"/investments/{next(every)}/transactions", payment,
        ),
    }  # fmt: skip


def person(number: int) -> dict[str, Any]:
    """A new person who completed."""
    return {
        "programme_code": "AI1", "enrolled_on": "2026-03-02", "status": "completed",
        "status_on": "2026-06-30",
        "trainee": {"name": f"사람{number}", "birth_date": "1999-03-02", "mobile": f"010{number:08d}"},
    }  # fmt: skip


def payment() -> dict[str, Any]:
    """A small payment."""
    return {"kind": "disbursement", "effective_on": "2026-07-01", "amount_krw": 1000}


def deal(world: World, number: int) -> str:
    """A start-up and an investment in it that takes any number of payments; its id."""
    startup = world.bipa.post(
        "/startups",
        {"name": f"회사 {number}", "business_number": business_number(number), "field": "AI",
         "district_code": "26440"},
    )  # fmt: skip
    made = world.bipa.post(
        "/investments",
        {"startup_id": startup["id"], "round": "seed", "instrument": "common", "shares": "new_shares",
         "investor": {"kind": "venture_capital", "name": f"투자 {number}"},
         "channel": "attracted", "contracted_on": "2026-03-02", "contracted_krw": 10**12},
    )  # fmt: skip
    return str(made["id"])
