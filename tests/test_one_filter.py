"""One filter under everything: the same question at every door, with every kind of key.

Nine people complete a course of PNU, ten one of BTP; three of PNU's were counted at BTP before.
So PNU has nine completions and six of the city's people, whoever may know it, wherever they ask.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from tests.seeded import Seeded

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client import Client, World

COMPLETIONS, PEOPLE = 9, 6


@pytest.fixture
def asked(world: World) -> World:
    seeded = Seeded(world)
    seeded.programme(world.btp, "OS1")
    seeded.programme(world.pnu, "AI1", district_code="26410", field="AI")
    for number in range(3):
        mobile = f"010-5555-000{number}"
        seeded.enrol("OS1", "2030-03-02", mobile=mobile)
        seeded.enrol("AI1", "2030-06-30", mobile=mobile)
    seeded.enrol("OS1", *["2030-03-02"] * 7)
    seeded.enrol("AI1", *["2030-06-30"] * 6)
    [mistake] = seeded.enrol("AI1", "2030-06-30")
    seeded.void("AI1", mistake)
    seeded.enrol("AI1", "2030-06-30", status="withdrawn")
    world.organisation("COMMITTEE", "committee")
    return world


def clients(world: World) -> dict[str, Client]:
    return {
        "nobody": world.nobody,
        "another": world.btp,
        "own": world.pnu,
        "own, no scope": world.client("PNU"),
        "committee": world.client("COMMITTEE", "statistics:exact"),
        "committee, reads": world.client("COMMITTEE", "statistics:exact", "trainees:read"),
        "city": world.busan,
    }


def said(response: Any, found: Callable[[Any], Any]) -> Any:
    """What an answer says, or why it says nothing."""
    return found(response.json) if response.status_code == 200 else response.json["code"]


QUESTION = {"measure": "completions", "organisation": "PNU", "year": 2030}


def listed(client: Client) -> Any:
    query = {"status": "completed", "limit": 500}
    found = client.call("GET", "/enrolments", query=query)
    return said(
        found,
        lambda b: sum(i["programme_code"] == "AI1" and not i["void"] for i in b["items"]),
    )


def statistic(client: Client) -> Any:
    found = client.call("GET", "/statistics/trainees", query=QUESTION)
    return said(found, lambda body: body["total"])


def past(client: Client) -> Any:
    head = client.call("GET", "/revisions/head").json["number"]
    found = client.call("GET", "/statistics/trainees", query={**QUESTION, "revision": head})
    return said(found, lambda body: body["total"])


def records(client: Client) -> Any:
    found = client.call("GET", "/statistics/trainees/records", query=QUESTION)
    return said(found, lambda b: (b["total"], len(b["items"]), b["others"]["records"]))


def records_file(client: Client) -> Any:
    found = client.call("GET", "/statistics/trainees/records", query={**QUESTION, "format": "csv"})
    if found.status_code != 200:
        return found.json["code"]
    return len(list(csv.DictReader(io.StringIO(found.text.lstrip("\ufeff")))))


def changes(client: Client) -> Any:
    query = {**QUESTION, "from_revision": 1}
    found = client.call("GET", "/statistics/trainees/changes", query=query)
    return said(found, lambda body: body["difference"])


def contributions(client: Client) -> Any:
    found = client.call(
        "GET", "/goals/TALENT_ANNUAL/progress/contributions", query={"by": "organisation"}
    )
    return said(found, of_pnu)


def release(client: Client) -> Any:
    [made] = client.get("/releases")["items"]
    found = client.call("GET", f"/releases/{made['id']}")
    return said(found, lambda body: [of_pnu(i["answer"]) if i["answer"] else i["withheld"]
                                     for i in body["items"]])  # fmt: skip


def of_pnu(answer: Any) -> Any:
    return next(cell["value"] for cell in answer["cells"] if cell["organisation"] == "PNU")


REFUSED = "needs-exact"
EXPECTED = {
    listed: {
        "nobody": "unauthorized", "another": 0, "own": 9, "own, no scope": "forbidden",
        "committee": "forbidden", "committee, reads": 0, "city": 9,
    },
    statistic: {
        "nobody": REFUSED, "another": REFUSED, "own": 9, "own, no scope": 9,
        "committee": 9, "committee, reads": 9, "city": 9,
    },
    records: {
        "nobody": "unauthorized", "another": REFUSED, "own": (9, 9, 0),
        "own, no scope": "forbidden", "committee": "forbidden", "committee, reads": (9, 0, 9),
        "city": (9, 9, 0),
    },
    records_file: {
        "nobody": "unauthorized", "another": REFUSED, "own": 9, "own, no scope": "forbidden",
        "committee": "forbidden", "committee, reads": 0, "city": 9,
    },
}  # fmt: skip
EXPECTED[past] = EXPECTED[changes] = EXPECTED[statistic]


@pytest.mark.parametrize("door", EXPECTED, ids=lambda door: door.__name__)
def test_every_door_answers_the_same_number_or_says_why_not(asked: World, door: Any) -> None:
    assert {kind: door(client) for kind, client in clients(asked).items()} == EXPECTED[door]


def test_goals_and_releases_show_everybody_what_is_published_and_others_what_is_exact(
    asked: World,
) -> None:
    items = [
        {"dataset": "trainees", "measure": "trainees", "by": ["organisation"], "year": [2030]},
        {"dataset": "trainees", "measure": "completions", "by": ["organisation"], "year": [2030]},
    ]
    asked.busan.post("/releases", {"name": "2030", "items": items})
    exact = {"committee", "committee, reads", "city"}
    for kind, client in clients(asked).items():
        assert contributions(client) == PEOPLE, kind
        assert release(client) == [PEOPLE, COMPLETIONS if kind in exact else REFUSED], kind
