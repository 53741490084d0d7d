"""One filter under everything: the same question at every door, with every kind of key.

Nine people complete a course of PNU, ten one of BTP; three of PNU's were counted at BTP before.
So PNU has nine completions and six of the city's people, whoever may know it, wherever they ask.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.seeded import Seeded
from tests.visiting import visit

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
    return len(rows_of(found)) if found.status_code == 200 else found.json["code"]


def left_out(client: Client) -> Any:
    query = {**QUESTION, "excluded": "true"}
    found = client.call("GET", "/statistics/trainees/records", query=query)
    return said(found, lambda b: (b["records"], len(b["items"]), b["others"]["records"]))


def listed_file(client: Client) -> Any:
    found = client.call("GET", "/enrolments", query={"status": "completed", "format": "csv"})
    if found.status_code != 200:
        return found.json["code"]
    return sum(r["programme_code"] == "AI1" and r["void"] == "false" for r in rows_of(found))


def rows_of(found: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(found.text.lstrip("\ufeff"))))


def changes(client: Client) -> Any:
    query = {**QUESTION, "from_revision": 1}
    found = client.call("GET", "/statistics/trainees/changes", query=query)
    return said(found, lambda body: body["difference"])


def changes_file(client: Client) -> Any:
    query = {**QUESTION, "from_revision": 1, "format": "csv"}
    found = client.call("GET", "/statistics/trainees/changes", query=query)
    if found.status_code != 200:
        return found.json["code"]
    return sum(int(row["value"]) for row in rows_of(found))


def page(client: Client) -> Any:
    """What a page of the same question shows, and the files it offers."""
    address, query = "/en/talents", {**QUESTION, "by": "year"}
    key = {} if client.key is None else {"Authorization": f"Bearer {client.key}"}

    def opened(path: str) -> Any:
        return client.http.get(path, query_string=query, headers=key)

    shown, found, drawn = map(opened, (address, f"{address}/figures.csv", f"{address}/chart.json"))
    assert shown.status_code == found.status_code == drawn.status_code
    if found.status_code != 200:
        assert "AI1" not in shown.text
        return REFUSED if found.status_code == 403 else found.status_code
    [row] = rows_of(found)
    table = re.search(r"<tbody>.*?</tbody>", shown.text, re.DOTALL)
    assert table is not None
    assert f">{row['value']}<" in re.sub(r"\s+", "", table[0])
    assert [line["value"] for line in drawn.json["data"]["values"]] == [int(row["value"])]
    return int(row["value"])


def contributions(client: Client) -> Any:
    found = client.call(
        "GET", "/goals/TALENT_ANNUAL/progress/contributions", query={"by": "organisation"}
    )
    return said(found, of_pnu)


def release(client: Client) -> Any:
    made, *drafts = client.get("/releases")["items"]
    for draft in drafts:
        compared = client.get(f"/releases/{made['id']}/compare/{draft['id']}")["items"]
        assert [item["total"]["difference"] for item in compared] == [0, 0]
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
EXPECTED[past] = EXPECTED[changes] = EXPECTED[changes_file] = EXPECTED[page] = EXPECTED[statistic]
EXPECTED[listed_file] = EXPECTED[listed]
EXPECTED[left_out] = EXPECTED[records] | {
    "own": (2, 2, 0), "committee, reads": (2, 0, 2), "city": (2, 2, 0),
}  # fmt: skip


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
    asked.busan.post("/releases", {"name": "draft", "items": items, "confidential": True})
    exact = {"committee", "committee, reads", "city"}
    for kind, client in clients(asked).items():
        assert contributions(client) == PEOPLE, kind
        assert release(client) == [PEOPLE, COMPLETIONS if kind in exact else REFUSED], kind
        assert len(client.get("/releases")["items"]) == (2 if kind in exact else 1), kind


def test_a_dry_run_tells_the_own_figures_and_no_others(asked: World) -> None:
    body = {
        "programme_code": "AI1", "enrolled_on": "2030-06-30", "status": "completed",
        "status_on": "2030-06-30",
        "trainee": {"name": "새사람", "birth_date": "1999-03-02", "mobile": "010-7777-0001"},
    }  # fmt: skip
    tried = asked.pnu.post("/enrolments", body, query={"dry_run": "true"})["effect"]
    effect = {change["measure"]: (change["before"], change["after"]) for change in tried}
    assert effect["completions"] == (COMPLETIONS, COMPLETIONS + 1)
    assert effect["trainees"] == (PEOPLE, PEOPLE + 1)


def test_people_who_sign_in_see_what_their_organisations_keys_do(asked: World) -> None:
    for organisation, role, count in (("PNU", "registrar", 9), ("BTP", "manager", 10)):
        seen = visit(asked, organisation, role, "en")
        text = re.sub(r"<[^>]+>|\s+", " ", seen.open("/figures?year=2030&measure=completions"))
        assert f"Records that count {count} " in re.sub(r" +", " ", text), organisation
        query = {"measure": "completions", "by": "organisation", "year": "2030"}
        for asked_of, number in (("PNU", 9), ("BTP", 10)):
            found = seen.http.get(
                "/en/talents/figures.csv", query_string=query | {"organisation": asked_of}
            )
            if asked_of == organisation:
                assert [row["value"] for row in rows_of(found)] == [str(number)]
            else:
                assert found.status_code == 403
    officer = visit(asked, "BUSAN", "officer", "en")
    found = officer.http.get("/en/talents/figures.csv", query_string=query)
    assert {row["organisation"]: row["value"] for row in rows_of(found)} == {
        "PNU": "9",
        "BTP": "10",
    }
