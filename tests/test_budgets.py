"""How many statements each address takes, walked over the application's own route table.

A route added later must be given a budget. The numbers are what a request takes with nothing kept
in memory: its first statement tells who asks and which revision is the newest. What a list takes
does not depend on how much is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.money import deal, pay, startup
from tests.people import SITE, enrolment, person
from tests.statements import counted
from tests.test_access import ROUTES, address, parties
from tests.test_access import records as registered
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client import Client, World

records = registered

READS = {
    "/api/v1/access-log": 2,
    "/api/v1/codes/<string:name>": 2,
    "/api/v1/codes/organisations": 4,
    "/api/v1/codes/zones": 3,
    "/api/v1/docs": 0,
    "/api/v1/docs/<string:name>": 0,
    "/api/v1/enrolments": 2,
    "/api/v1/enrolments/<uuid:enrolment_id>": 2,
    "/api/v1/enrolments/<uuid:enrolment_id>/history": 4,
    "/api/v1/goals": 3,
    "/api/v1/goals/<string:code>": 3,
    "/api/v1/goals/<string:code>/observations": 5,
    "/api/v1/goals/<string:code>/observations/<uuid:observation_id>": 4,
    "/api/v1/goals/<string:code>/progress": 6,
    "/api/v1/goals/<string:code>/progress/contributions": 4,
    "/api/v1/goals/<string:code>/targets": 3,
    "/api/v1/imports": 4,
    "/api/v1/imports/<uuid:import_id>": 4,
    "/api/v1/imports/<uuid:import_id>/annotated": 3,
    "/api/v1/imports/<uuid:import_id>/errors": 3,
    "/api/v1/imports/templates/<string:dataset>.xlsx": 8,
    "/api/v1/investment-duplicates": 4,
    "/api/v1/investments": 3,
    "/api/v1/investments/<uuid:investment_id>": 3,
    "/api/v1/investments/<uuid:investment_id>/history": 4,
    "/api/v1/investments/<uuid:investment_id>/transactions": 4,
    "/api/v1/investments/<uuid:investment_id>/transactions/<uuid:transaction_id>": 3,
    "/api/v1/me": 5,
    "/api/v1/openapi.json": 1,
    "/api/v1/organisations": 4,
    "/api/v1/organisations/<uuid:organisation_id>": 4,
    "/api/v1/organisations/<uuid:organisation_id>/keys": 3,
    "/api/v1/organisations/<uuid:organisation_id>/keys/<uuid:key_id>": 3,
    "/api/v1/organisations/<uuid:organisation_id>/keys/<uuid:key_id>/calls": 4,
    "/api/v1/problems": 1,
    "/api/v1/problems/<string:code>": 1,
    "/api/v1/programmes": 2,
    "/api/v1/programmes/<uuid:programme_id>": 2,
    "/api/v1/releases": 2,
    "/api/v1/releases/<uuid:release_id>": 3,
    "/api/v1/releases/<uuid:release_id>/compare/<uuid:other_id>": 6,
    "/api/v1/revisions": 2,
    "/api/v1/revisions/<int:number>": 2,
    "/api/v1/revisions/head": 1,
    "/api/v1/rules/<string:dataset>/<int:number>": 3,
    "/api/v1/startups": 5,
    "/api/v1/startups/<uuid:startup_id>": 5,
    "/api/v1/statistics": 1,
    "/api/v1/statistics/investments": 2,
    "/api/v1/statistics/investments/changes": 6,
    "/api/v1/statistics/investments/records": 5,
    "/api/v1/statistics/protection": 1,
    "/api/v1/statistics/publications": 2,
    "/api/v1/statistics/trainees": 2,
    "/api/v1/statistics/trainees/changes": 6,
    "/api/v1/statistics/trainees/records": 5,
    "/api/v1/trainee-duplicates": 6,
    "/api/v1/trainee-links": 5,
    "/api/v1/trainees/<uuid:trainee_id>": 4,
    "/": 0,
    "/favicon.ico": 0,
    "/health/live": 0,
    "/health/ready": 2,
    "/metrics": 0,
    "/static/<string:name>": 0,
}
LANGUAGE = "/<any(ko, en):language>/"
# The public pages, by what follows the language: where to look, and how many statements it takes.
PAGES = {
    "": ("", 34),
    "console/second-factor": ("console/second-factor", 1),
    "console/sign-in": ("console/sign-in", 0),
    "console/welcome/<string:secret>": ("console/welcome/none", 2),
    "goals/<string:code>": ("goals/RND_SHARE", 21),
    "goals/<string:code>.<any(svg, png, json):kind>": ("goals/TALENT_ANNUAL.json", 10),
    "goals/<string:code>/years.csv": ("goals/TALENT_ANNUAL/years.csv", 10),
    "investment": ("investment", 13),
    "investment/chart.<any(svg, png, json):kind>": ("investment/chart.json", 4),
    "investment/figures.<any(csv, xlsx, json):kind>": ("investment/figures.csv", 4),
    "method": ("method", 6),
    "method/codes/<string:name>": ("method/codes/fields", 3),
    "method/rules/<string:dataset>/<int:number>": ("method/rules/trainees/1", 6),
    "releases": ("releases", 4),
    "releases/<uuid:release_id>": ("releases/01a20000-0000-7000-8000-000000000000", 3),
    "releases/compare": ("releases/compare", 2),
    "talents": ("talents", 13),
    "talents/chart.<any(svg, png, json):kind>": ("talents/chart.json", 3),
    "talents/figures.<any(csv, xlsx, json):kind>": ("talents/figures.csv", 3),
}
# From the first statement under the lock to the last before the commit: on PostgreSQL, where they
# are the rate of writes, what needs no answer goes in one; on SQLite, which runs in this process,
# one after the other. Where something counts there is one to ask what is due, and one that posts it
# with its sums and the revision.
UNDER_THE_LOCK = {
    "the first enrolment of its kind": (8, 13),
    "a new person's enrolment": (6, 11),
    "a known person's enrolment": (7, 10),
    "the same enrolment again": (4, 4),
    "a corrected enrolment": (8, 11),
    "a voided enrolment": (7, 10),
    "a programme": (6, 6),
    "a start-up": (8, 8),
    "a deal": (12, 15),
    "a payment": (5, 8),
    "a payment reversed": (7, 10),
}
ASKED = {
    "/api/v1/statistics/trainees": {"measure": "completions", "by": "year,zone,organisation"},
    "/api/v1/statistics/investments": {"measure": "disbursed_krw", "by": "year,zone,field"},
}
NAMED = {"code": "TALENT_TOTAL", "dataset": "trainees", "name": "fields", "number": 1}


def test_every_read_has_a_budget() -> None:
    patterns = {pattern for method, pattern, _ in ROUTES if method == "GET"}
    pages = {p.removeprefix(LANGUAGE) for p in patterns if p.startswith(LANGUAGE)}
    assert pages == set(PAGES)
    assert {p for p in patterns if not p.startswith(LANGUAGE)} == set(READS)


def test_no_page_takes_more_statements_than_its_budget(world: World, records: Any) -> None:
    world.parts.memory.room = 0
    fill(world, records)
    world.busan.post("/releases", {"name": "2030", "items": [{"goal": "TALENT_ANNUAL"}]})
    taken = {}
    for path, _ in PAGES.values():
        with counted(world.parts.database) as statements:
            world.nobody.http.get(f"/ko/{path}")
        taken[path] = len(statements)
    assert {path: n for path, n in taken.items() if n > dict(PAGES.values())[path]} == {}


def test_no_read_takes_more_statements_than_its_budget(world: World, records: Any) -> None:
    world.parts.memory.room = 0
    few = taken(world, records)
    assert {pattern: n for pattern, n in few.items() if n > READS[pattern]} == {}
    fill(world, records)
    many = taken(world, records)
    assert {p: (few[p], n) for p, n in many.items() if n != few[p]} == {}


def taken(world: World, records: Any) -> dict[str, int]:
    """The statements that each address takes."""
    found = {}
    for method, pattern, access in ROUTES:
        if method != "GET" or pattern.startswith(LANGUAGE):
            continue
        owner, own, _ = parties(world, access)
        owned = access in {"trainees:read", "investments:read", "imports:write"}
        client = own if owned and "/statistics/" not in pattern else world.busan
        path = address(pattern, NAMED | records[owner])
        query = next((q for start, q in ASKED.items() if pattern.startswith(start)), {})
        if pattern.endswith(("/changes", "/records")):
            query = {"measure": query["measure"]}
        if pattern.endswith("/changes"):
            query |= {"from_revision": "1"}
        client.call("GET", path, query=query)  # once in a while a key's last use is written
        with counted(world.parts.database) as statements:
            answer = client.call("GET", path, query=query)
        assert answer.status_code in {200, 404, 409}, (path, answer.get_data(as_text=True))
        found[pattern] = len(statements)
    return found


def fill(world: World, records: Any) -> None:
    """More of everything that lists show."""
    world.pnu.post("/programmes", AI1 | {"code": "AI2", "kind": SITE})
    for number in range(5):
        of = {"trainee": person(f"사람{number}", mobile=f"010{number:08d}")}
        world.pnu.post("/enrolments", enrolment(("AI1", "AI2")[number % 2], **of))
    own = world.bipa
    for number in (1, 2):
        made = own.post("/investments", deal(startup(own, number)["id"]))
        pay(own, made, "2026-04-01", 5)
    pay(own, {"id": records["BIPA"]["investment_id"]}, "2030-04-01", 5)


def test_no_write_takes_more_statements_under_the_lock_than_its_budget(world: World) -> None:
    found: dict[str, int] = {}

    def measured(name: str, client: Client, act: Callable[[], Any]) -> Any:
        client.get("/me")
        with counted(world.parts.database) as statements:
            made = act()
        found[name] = len(statements) - until_the_lock(world, statements)
        return made

    pnu, bipa = world.pnu, world.bipa
    measured("a programme", pnu, lambda: pnu.post("/programmes", AI1))
    body = enrolment(external_id="A-1")
    made = measured("the first enrolment of its kind", pnu, lambda: pnu.post("/enrolments", body))
    other = enrolment(trainee=person("다른사람", mobile="01000000001"))
    measured("a new person's enrolment", pnu, lambda: pnu.post("/enrolments", other))
    measured("the same enrolment again", pnu, lambda: pnu.post("/enrolments", body))
    later = enrolment(enrolled_on="2027-03-02", status_on="2027-06-30")
    measured("a known person's enrolment", pnu, lambda: pnu.post("/enrolments", later))
    path = f"/enrolments/{made['id']}"
    changed = {"status_on": "2026-07-01", "reason": "오기"}
    measured("a corrected enrolment", pnu, lambda: changing(pnu, "PATCH", path, changed, 1))
    voided = {"reason": "오류"}
    measured("a voided enrolment", pnu, lambda: changing(pnu, "POST", f"{path}/void", voided, 2))
    company = measured("a start-up", bipa, lambda: startup(bipa))
    contract = measured("a deal", bipa, lambda: bipa.post("/investments", deal(company["id"])))
    paid = measured("a payment", bipa, lambda: pay(bipa, contract, "2026-04-01", 5))
    back = f"/investments/{contract['id']}/transactions/{paid['id']}/reverse"
    measured("a payment reversed", bipa, lambda: bipa.post(back, {"reason": "오기"}))
    place = int(world.parts.database.is_sqlite)
    assert found == {name: budget[place] for name, budget in UNDER_THE_LOCK.items()}


def changing(client: Client, method: str, path: str, body: Any, version: int) -> None:
    tag = {"If-Match": f'"{version}"'}
    assert client.call(method, path, json=body, headers=tag).status_code == 200


def until_the_lock(world: World, statements: list[str]) -> int:
    """How many statements go before all others are under the lock: on SQLite that begins the work."""
    if world.parts.database.is_sqlite:
        return 1
    return next(n for n, text in enumerate(statements, 1) if "pg_advisory_xact_lock" in text)


@pytest.mark.parametrize("path", ["/codes/fields", "/goals/TALENT_TOTAL/progress"])
def test_what_is_asked_again_takes_one_statement(world: World, path: str) -> None:
    first = world.busan.call("GET", path)
    with counted(world.parts.database) as statements:
        assert world.busan.call("GET", path).data == first.data
    assert len(statements) == 1
