"""One filter under everything, for money: the same question at every door, with every kind of key.

BIPA pays 600 to one start-up and 400 to another, BEPA pays 500 to a third.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.seeded import Seeded
from tests.test_one_filter import REFUSED, rows_of, said

if TYPE_CHECKING:
    from tests.client import Client, World

QUESTION = {"measure": "disbursed_krw", "organisation": "BIPA", "year": 2030}
PATH = "/statistics/investments"


@pytest.fixture
def asked(world: World) -> World:
    seeded = Seeded(world)
    seeded.pay(world.bipa, ("2030-03-20", 600))
    seeded.pay(world.bipa, ("2030-04-20", 400))
    seeded.pay(world.bepa, ("2030-05-20", 500))
    world.organisation("COMMITTEE", "committee")
    return world


def clients(world: World) -> dict[str, Client]:
    return {
        "nobody": world.nobody,
        "another": world.bepa,
        "own": world.bipa,
        "own, no scope": world.client("BIPA"),
        "committee": world.client("COMMITTEE", "statistics:exact"),
        "committee, reads": world.client("COMMITTEE", "statistics:exact", "investments:read"),
        "city": world.busan,
    }


def listed(client: Client) -> Any:
    found = client.call("GET", "/investments", query={"limit": 500})
    return said(found, lambda b: sorted(i["disbursed_krw"] for i in b["items"]))


def listed_file(client: Client) -> Any:
    found = client.call("GET", "/investments", query={"format": "csv"})
    if found.status_code != 200:
        return found.json["code"]
    return sorted(int(row["disbursed_krw"]) for row in rows_of(found))


def statistic(client: Client) -> Any:
    return said(client.call("GET", PATH, query=QUESTION), lambda b: b["total"])


def records(client: Client) -> Any:
    found = client.call("GET", f"{PATH}/records", query=QUESTION)
    return said(found, lambda b: (b["total"], len(b["items"]), b["others"]["value"]))


def changes(client: Client) -> Any:
    query = {**QUESTION, "from_revision": 1}
    found = client.call("GET", f"{PATH}/changes", query=query)
    return said(found, lambda b: b["difference"])


def contributions(client: Client) -> Any:
    """By organisation nothing is published yet; who may see it sees it all."""
    found = client.call(
        "GET", "/goals/INVESTMENT_TOTAL/progress/contributions", query={"by": "organisation"}
    )
    return said(found, lambda b: (b["total"], len(b["cells"])))


def progress(client: Client) -> Any:
    return client.get("/goals/INVESTMENT_TOTAL/progress")["current"]["actual"]


def page(client: Client) -> Any:
    key = {} if client.key is None else {"Authorization": f"Bearer {client.key}"}
    query = {**QUESTION, "by": "year"}
    found = client.http.get("/en/investment/figures.csv", query_string=query, headers=key)
    return [int(r["value"]) for r in rows_of(found)] if found.status_code == 200 else REFUSED


def kinds(*answers: Any) -> dict[str, Any]:
    """Of nobody, another, own, own without a scope, committee, one that reads, and the city."""
    names = "nobody", "another", "own", "own, no scope", "committee", "committee, reads", "city"
    return dict(zip(names, answers, strict=True))


LISTED = kinds("unauthorized", [500], [400, 600], "forbidden", "forbidden", [], [400, 500, 600])
NOTHING, ALL = (None, 0), (1500, 2)
EXPECTED = {
    listed: LISTED,
    listed_file: LISTED,
    statistic: kinds(None, None, 1000, 1000, 1000, 1000, 1000),  # of a table, and none is out yet
    changes: kinds(REFUSED, REFUSED, 1000, 1000, 1000, 1000, 1000),
    page: kinds([], [], [1000], [1000], [1000], [1000], [1000]),
    records: kinds(
        "unauthorized", REFUSED, (1000, 2, 0), "forbidden", "forbidden", (1000, 0, 1000),
        (1000, 2, 0),
    ),
    contributions: kinds(NOTHING, NOTHING, NOTHING, NOTHING, ALL, ALL, ALL),
    progress: kinds(0, 0, 0, 0, 1500, 1500, 1500),
}  # fmt: skip


@pytest.mark.parametrize("door", EXPECTED, ids=lambda door: door.__name__)
def test_every_door_answers_the_same_number_or_says_why_not(asked: World, door: Any) -> None:
    assert {kind: door(client) for kind, client in clients(asked).items()} == EXPECTED[door]
