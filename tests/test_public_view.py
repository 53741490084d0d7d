"""What everybody sees: published cells, sums of them, and won that move only in company."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook
from pyjstat import pyjstat

from registry.access.principal import operator
from registry.core.clock import SEOUL
from registry.statistics.protection.limits import Limits
from registry.statistics.protection.publish import publish_point
from tests.publishing import publish
from tests.seeded import Seeded
from tests.statements import counted

if TYPE_CHECKING:
    from registry.core.clock import ManualClock
    from tests.client import Client, World

TRAINEES, INVESTMENTS = "/statistics/trainees", "/statistics/investments"
WON = {"measure": "disbursed_krw"}
PEOPLE = {"measure": "trainees"}
GOAL = "/goals/INVESTMENT_TOTAL/progress"


@pytest.fixture
def seeded(world: World) -> Seeded:
    """Two people in the CENTRAL zone, seven in the EAST, eight in the WEST, by two institutions."""
    seeded = Seeded(world)
    west = seeded.programme(world.btp, "OS1")
    east = seeded.programme(world.pnu, "AI1", district_code="26350", field="AI")
    centre = seeded.programme(world.pnu, "AI2", district_code="26410", field="AI")
    seeded.enrol(west, *["2026-03-02"] * 8)
    seeded.enrol(east, *["2026-03-02"] * 7)
    seeded.enrol(centre, "2026-03-02", "2026-03-03")
    return seeded


def values(answer: dict[str, Any], *names: str) -> dict[Any, int | None]:
    keys = names or tuple(answer["by"])
    return {
        tuple(cell[name] for name in keys) if len(keys) > 1 else cell[keys[0]]: cell["value"]
        for cell in answer["cells"]
    }


def test_a_small_cell_is_hidden_with_what_would_tell_it(world: World, seeded: Seeded) -> None:
    publish(world)
    answer = world.nobody.get(TRAINEES, by="year,zone", **PEOPLE)
    assert (answer["view"], answer["total"], answer["suppressed"]) == ("public", 17, False)
    assert answer["publication"]["kind"] == "release"
    # The answer names the revision it was asked at, which gives it again for ever.
    assert answer["publication"]["revision"] == answer["revision"] - 1
    again = world.nobody.get(TRAINEES, by="year,zone", revision=answer["revision"], **PEOPLE)
    assert again == answer | {"settled": True, "as_of": again["as_of"]}
    cells = values(answer)
    assert set(cells) == {(2026, "CENTRAL"), (2026, "EAST"), (2026, "WEST")}
    assert cells[2026, "CENTRAL"] is None
    hidden = [zone for _, zone in cells if cells[_, zone] is None]
    assert len(hidden) == 2  # the other so that 17 less what is shown tells nothing
    assert all(cell["suppressed"] == (cell["value"] is None) for cell in answer["cells"])
    exact = world.busan.get(TRAINEES, by="year,zone", **PEOPLE)
    assert values(exact)[2026, "CENTRAL"] == 2
    assert (exact["publication"], exact["withheld"]) == (None, [])
    assert all("suppressed" not in cell for cell in exact["cells"])


def test_a_sum_with_a_hidden_part_is_hidden_whatever_is_chosen(
    world: World, seeded: Seeded
) -> None:
    publish(world)

    def asked(**query: Any) -> tuple[Any, Any]:
        answer = world.nobody.get(TRAINEES, **PEOPLE, **query)
        return values(answer, *answer["by"]) if answer["by"] else answer["cells"], answer["total"]

    hidden = {z for z, v in asked(by="zone")[0].items() if v is None}
    (shown,) = {"CENTRAL", "EAST", "WEST"} - hidden
    number = {"EAST": 7, "WEST": 8}[shown]
    assert asked(by="zone", zone=shown) == ({shown: number}, number)
    assert asked(by="zone", zone=sorted(hidden))[1] is None
    assert asked(zone=sorted(hidden)) == ([{"value": None, "suppressed": True}], None)
    assert asked(zone=["CENTRAL", shown])[1] is None
    # Months are all shown, and roll up; the headline is live and exact.
    assert asked(by="quarter", from_="2026-01", to="2026-06") == ({"2026-Q1": 17}, 17)
    assert asked(by="month", quarter="2026-Q1", year=2026) == ({"2026-03": 17}, 17)
    assert asked(from_="2026-04", to="2026-06") == ([], 0)
    assert asked(by="year", from_="2026-01", to="2026-12") == ({2026: 17}, 17)


def test_zeros_are_shown_where_they_are_known(world: World, seeded: Seeded) -> None:
    publish(world)
    answer = world.nobody.get(TRAINEES, by="year,district", year=2026, zeros="true", **PEOPLE)
    cells = values(answer)
    assert cells[2026, "26500"] == 0
    assert cells[2026, "26410"] is None
    assert len(cells) == 16


def test_every_form_says_what_is_hidden(world: World, seeded: Seeded) -> None:
    publish(world)
    query = {**PEOPLE, "by": "year,zone"}
    plain = values(world.nobody.get(TRAINEES, **query))
    text = world.nobody.call("GET", TRAINEES, query={**query, "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(text.get_data().decode("utf-8-sig"))))
    assert list(rows[0]) == ["year", "zone", "value", "suppressed"]
    read = {(int(r["year"]), r["zone"]): (r["value"], r["suppressed"]) for r in rows}
    assert read == {
        key: ("", "true") if value is None else (str(value), "false")
        for key, value in plain.items()
    }
    cube = world.nobody.get(TRAINEES, format="jsonstat", **query)
    assert set(cube["status"].values()) == {"c"}
    assert {at for at, value in cube["value"].items() if value is None} == set(cube["status"])
    assert cube["extension"]["publication"]["kind"] == "release"
    answer = world.nobody.call("GET", TRAINEES, query={**query, "format": "jsonstat"})
    frame = pyjstat.Dataset.read(answer.get_data(as_text=True)).write("dataframe", naming="id")
    assert int(frame["value"].notna().sum()) == sum(v is not None for v in plain.values())
    book = load_workbook(
        io.BytesIO(world.nobody.call("GET", TRAINEES, query={**query, "format": "xlsx"}).get_data())
    )
    sheet, question = book.worksheets
    assert [row[2:] for row in sheet.iter_rows(min_row=2, values_only=True)] == [
        (value, value is None) for value in plain.values()
    ]
    said = dict(question.iter_rows(min_row=2, values_only=True))
    assert said["publication"].startswith(
        world.nobody.get("/statistics/publications")["items"][0]["id"]
    )


def test_what_is_not_published_names_the_nearest_table(world: World, seeded: Seeded) -> None:
    publish(world)
    for path, query, nearest in (
        (TRAINEES, {**PEOPLE, "by": "year,zone,district"}, "measure=trainees&by=year,zone"),
        (TRAINEES, {**PEOPLE, "by": "organisation,field"}, "measure=trainees&by=year,field"),
        (TRAINEES, {"measure": "employed", "by": "month"}, "measure=trainees&by=year,month"),
        (TRAINEES, {"measure": "talents", "by": "quarter"}, "measure=talents&by=year"),
        (INVESTMENTS, {**WON, "by": "instrument"}, "measure=disbursed_krw&by=year"),
        (INVESTMENTS, {"measure": "deals", "by": "zone"}, "measure=disbursed_krw&by=year,zone"),
        (INVESTMENTS, {**WON, "by": "channel,zone"}, "measure=disbursed_krw&by=year,zone"),
        (TRAINEES, {**PEOPLE, "by": "zone", "zone_scheme": "PLAN2040-6"},
         "measure=trainees&by=year,zone"),
    ):  # fmt: skip
        problem = world.nobody.refused("GET", path, 403, "needs-exact", query=query)
        assert problem["nearest"] == f"/api/v1{path}?{nearest}"
        assert world.nobody.call("GET", problem["nearest"]).status_code == 200


def test_a_year_of_won_is_held_until_enough_start_ups_moved_it(
    world: World, seeded: Seeded
) -> None:
    def shown() -> tuple[dict[Any, Any], Any, Any]:
        answer = world.nobody.get(INVESTMENTS, by="year", **WON)
        goal = world.nobody.get(GOAL)
        point = goal["publication"] and goal["publication"]["id"]
        assert point == (answer["publication"] and answer["publication"]["id"])
        return values(answer), answer["total"], goal["current"]["actual"]

    assert shown() == ({}, None, 0)  # nothing is published yet
    seeded.pay(world.bipa, ("2026-03-20", 100))
    seeded.pay(world.bipa, ("2026-04-20", 100))
    publish(world)
    assert shown() == ({2026: None}, None, 0)  # two start-ups
    zones = world.nobody.get(INVESTMENTS, by="year,zone", zeros="true", year=2026, **WON)
    assert (zones["cells"], zones["total"]) == ([], None)
    assert zones["withheld"] == [{"table": "disbursed_by_year_zone", "year": 2026}]
    seeded.pay(world.bepa, ("2026-05-20", 801))
    publish(world)
    assert shown()[0] == {2026: None}  # three, but one with more than 80 %
    seeded.pay(world.bepa, ("2026-06-20", 99), ("2027-01-05", 7))
    publish(world)
    assert shown() == ({2026: 1100, 2027: None}, 1100, 1100)
    assert world.busan.get(INVESTMENTS, by="year", **WON)["total"] == 1107
    assert world.busan.get(GOAL)["current"]["actual"] == 1107
    # From then on it moves only in company: a payment and a correction of it are not seen.
    seeded.pay(world.bipa, ("2026-07-20", 50))
    publish(world)
    assert shown() == ({2026: 1100, 2027: None}, 1100, 1100)
    seeded.pay(world.bepa, ("2026-07-20", 50))
    seeded.pay(world.bepa, ("2026-07-21", 50))
    before = shown()
    assert before[1] == 1100  # live it is 1257; it waits for the next point
    publish(world)
    assert shown() == ({2026: 1250, 2027: None}, 1250, 1250)
    contributions = world.nobody.get(f"{GOAL}/contributions")
    assert (contributions["total"], contributions["cells"][0]["value"]) == (1250, 1250)
    # People are live all the time.
    seeded.enrol("OS1", "2026-05-05")
    assert world.nobody.get(TRAINEES, by="year", **PEOPLE)["total"] == 18


def test_no_projection_rests_on_a_year_that_is_not_shown(world: World, seeded: Seeded) -> None:
    def projected(client: Client) -> tuple[Any, Any]:
        found = client.get(GOAL)["projection"]
        return found["value"], found["reason_code"]

    world.busan.patch("/goals/INVESTMENT_TOTAL", {"end_year": 2035})
    for number in range(3):
        seeded.pay(world.bepa, (f"2029-0{number + 1}-20", 100))
    publish(world)
    value, reason = projected(world.nobody)
    assert (value, reason) == projected(world.busan)
    assert value > 300
    seeded.pay(world.bepa, ("2030-03-02", 100))
    publish(world)
    assert projected(world.nobody) == (None, "year-not-shown")
    assert projected(world.busan)[0] > value


def test_no_projection_tells_months_that_are_hidden(
    world: World, seeded: Seeded, clock: ManualClock
) -> None:
    """As of each day it is this year's figure over the share of the earlier ones by that day."""
    path = "/goals/TALENT_ANNUAL/progress"

    def projected(client: Client, **asked: Any) -> tuple[Any, Any]:
        found = client.get(path, **asked)["projection"]
        return found["value"], found["reason_code"]

    world.busan.patch("/goals/TALENT_ANNUAL", {"counts_from_year": 2026, "end_year": 2035})
    for year in range(2027, 2031):
        seeded.enrol("OS1", *[f"{year}-01-05"] * 5, *[f"{year}-06-05"] * 5)
    seeded.enrol("OS1", *["2026-01-05"] * 5, *["2031-01-06"] * 6)
    assert projected(world.nobody) == (None, "year-not-shown")  # nothing is published yet
    assert projected(world.busan)[0] > 6
    publish(world)
    # March 2026 had 17 and all other months at least 5: everybody may work it out.
    shown = projected(world.nobody)
    assert shown == projected(world.busan)
    head = world.nobody.get("/revisions/head")["number"]
    # Two more of May 2026 wait for the next point, like the tables; this year's are counted live.
    seeded.enrol("OS1", "2026-05-05", "2026-05-06")
    assert projected(world.nobody) == shown != projected(world.busan)
    seeded.enrol("OS1", "2031-01-07")
    assert projected(world.nobody)[0] == round(shown[0] * 7 / 6)
    publish(world)
    assert values(world.nobody.get(TRAINEES, by="month", **PEOPLE))["2026-05"] is None
    clock.put(datetime(2031, 6, 30, 9, tzinfo=SEOUL))
    assert projected(world.nobody) == (None, "year-not-shown")
    assert projected(world.nobody, revision=head) == shown  # as it was answered then
    assert projected(world.busan)[0] is not None
    made = world.busan.post("/releases", {"name": "현황", "items": [{"goal": "TALENT_ANNUAL"}]})
    [item] = world.nobody.get(f"/releases/{made['id']}")["items"]
    assert item["answer"]["projection"]["reason_code"] == "year-not-shown"


def test_start_ups_that_only_moved_are_no_company_for_the_one_that_was_paid(
    world: World, seeded: Seeded
) -> None:
    for number in range(3):
        seeded.pay(world.bepa, (f"2026-0{number + 1}-20", 100))
    publish(world)
    assert world.nobody.get(INVESTMENTS, by="year", **WON)["total"] == 300
    for startup in world.bepa.get("/startups")["items"][:2]:
        moved = {"district_code": "26440", "effective_on": "2026-01-01"}
        world.bepa.patch(f"/startups/{startup['id']}", moved)
    seeded.pay(world.bipa, ("2026-05-20", 50))
    publish(world)  # three start-ups changed cells, but 350 would tell what one was paid
    assert world.nobody.get(INVESTMENTS, by="year", **WON)["total"] == 300
    seeded.pay(world.bipa, ("2026-05-21", 50))
    seeded.pay(world.bipa, ("2026-05-22", 50))
    publish(world)
    assert world.nobody.get(INVESTMENTS, by="year", **WON)["total"] == 450


def test_a_total_that_others_have_left_stays_as_it_was_shown(world: World, seeded: Seeded) -> None:
    seeded.pay(world.bepa, ("2026-01-20", 300))
    for number in range(4):
        seeded.pay(world.bepa, (f"2026-0{number + 2}-20", 100))
    publish(world)
    assert world.nobody.get(INVESTMENTS, by="year", **WON)["total"] == 700
    deals = {d["contracted_krw"]: d["id"] for d in world.bepa.get("/investments")["items"]}
    assert len(deals) == 2
    for deal in world.bepa.get("/investments")["items"]:
        if deal["contracted_krw"] == 100:
            back = {"kind": "refund", "effective_on": "2026-09-01", "amount_krw": 100}
            world.bepa.post(f"/investments/{deal['id']}/transactions", back)
    publish(world)  # four changed, but 300 would be what the one that is left was paid
    assert world.nobody.get(INVESTMENTS, by="year", **WON)["total"] == 700
    assert world.busan.get(INVESTMENTS, by="year", **WON)["total"] == 300
    for _ in range(2):
        seeded.pay(world.bipa, ("2026-10-01", 200))
    publish(world)
    assert world.nobody.get(INVESTMENTS, by="year", **WON)["total"] == 700 - 400 + 400


def test_an_institution_cannot_take_its_own_figure_from_the_rest(
    world: World, seeded: Seeded
) -> None:
    """Of PNU's nine, BTP's eight and the two of a third, BTP would know the two."""
    world.organisation("DIT", "training_institution")
    dit = world.client("DIT", "trainees:read", "trainees:write")
    seeded.enrol(seeded.programme(dit, "WEB1"), "2026-03-02", "2026-03-03")
    publish(world)
    shown = values(world.btp.get(TRAINEES, by="year,organisation", **PEOPLE))
    assert shown == {(2026, "BTP"): None, (2026, "DIT"): None, (2026, "PNU"): None}
    assert world.btp.get(TRAINEES, organisation="BTP", year=2026, **PEOPLE)["total"] == 8


def test_start_ups_are_hidden_as_from_one_who_sees_where_won_are_shown(
    world: World, seeded: Seeded
) -> None:
    """Where won are shown there are three start-ups at least, which the thresholds tell."""
    for number in range(2):
        seeded.pay(world.bepa, (f"2026-0{number + 1}-20", 100), district="26440")
    for number in range(3):
        seeded.pay(world.bepa, (f"2026-0{number + 1}-20", 100), district="26410")
    for number in range(5):
        seeded.pay(world.bepa, (f"2026-0{number + 1}-20", 10))
    publish(world)
    funded = values(world.nobody.get(INVESTMENTS, measure="startups_funded", by="year,zone"))
    # Hidden with the three of the CENTRAL zone, the two would be two at most.
    assert funded == {(2026, "CENTRAL"): 3, (2026, "EAST"): None, (2026, "WEST"): None}


def test_won_of_few_start_ups_are_hidden_even_where_they_come_to_nothing(
    world: World, seeded: Seeded
) -> None:
    for number in range(4):
        seeded.pay(world.bepa, (f"2026-0{number + 1}-20", 100 + number))
    seeded.pay(world.bipa, ("2025-05-01", 100), ("2026-05-02", -50), district="26440")
    seeded.pay(world.bipa, ("2026-05-02", 50), district="26440")
    publish(world)
    answer = world.nobody.get(INVESTMENTS, by="year,zone", year=2026, **WON)
    # In the WEST one start-up's 50 and another's refund of 50 are told neither apart nor together.
    assert values(answer) == {(2026, "EAST"): None, (2026, "WEST"): None}
    assert answer["total"] == 406
    assert world.busan.get(INVESTMENTS, by="zone", year=2026, **WON)["cells"] == [
        {"zone": "EAST", "value": 406}
    ]
    # In the second quarter there are three, none with more than 80 %.
    quarters = values(world.nobody.get(INVESTMENTS, by="quarter", year=2026, **WON))
    assert quarters == {"2026-Q1": 303, "2026-Q2": 103}
    # Of start-ups there is one in the WEST, which the sum with the four of the EAST would tell.
    funded = world.nobody.get(INVESTMENTS, measure="startups_funded", by="year,zone", year=2026)
    assert values(funded) == {(2026, "EAST"): 4, (2026, "WEST"): None}
    assert (funded["total"], funded["suppressed"]) == (None, True)


def test_a_year_of_few_start_ups_is_hidden(world: World, seeded: Seeded) -> None:
    seeded.pay(world.bepa, ("2025-03-20", 100))
    seeded.pay(world.bepa, ("2025-04-20", 100))
    for number in range(3):
        seeded.pay(world.bepa, (f"2026-0{number + 1}-20", 100))
    publish(world)
    answer = world.nobody.get(INVESTMENTS, measure="startups_funded", by="year")
    assert values(answer) == {2025: None, 2026: 3}
    assert (answer["total"], answer["suppressed"]) == (None, True)
    assert world.nobody.get(INVESTMENTS, measure="startups_funded", year=2026)["total"] == 3


def test_a_point_answers_the_same_for_ever(world: World, seeded: Seeded) -> None:
    first = publish(world)
    head = world.nobody.get("/revisions/head")["number"]
    before = first.created_revision - 1
    query = {**PEOPLE, "by": "year,programme_kind"}
    at_first = world.nobody.get(TRAINEES, revision=head, **query)
    assert at_first["publication"]["id"] == str(first.id)
    seeded.enrol("OS1", *["2026-05-05"] * 9)
    later = world.nobody.get(TRAINEES, **query)
    assert later["revision"] > head
    known = {name: later[name] for name in ("as_of", "revision", "settled")}
    assert later == at_first | known | {"settled": False}
    second = publish(world)
    now = world.nobody.get(TRAINEES, **query)
    assert (now["publication"]["id"], now["total"]) == (str(second.id), 26)
    assert now["publication"]["revision"] == second.figures_revision
    assert world.nobody.get(TRAINEES, revision=head, **query) == at_first
    # Before the first point was made nothing was published, whatever it shows of then.
    none = world.nobody.get(TRAINEES, revision=before, **query)
    assert (none["publication"], none["cells"], none["total"]) == (None, [], None)
    assert none["suppressed"]


def test_raised_thresholds_reach_the_years_that_did_not_move(world: World, seeded: Seeded) -> None:
    publish(world)
    query = {**PEOPLE, "by": "year,zone"}
    assert (
        7 in values(world.nobody.get(TRAINEES, **query)).values()
        or 8 in values(world.nobody.get(TRAINEES, **query)).values()
    )
    with world.parts.database.writing(operator("test")) as work:
        limits = replace(Limits.of(world.parts.settings), people_below=9)
        publish_point(work, "release", limits)
    answer = world.nobody.get(TRAINEES, **query)
    assert all(value is None for value in values(answer).values())


def test_a_table_that_cannot_be_protected_is_withheld(world: World, seeded: Seeded) -> None:
    lone = seeded.programme(world.pnu, "LONE", district_code="26350", field="CLOUD")
    seeded.enrol(lone, "2025-03-02", "2025-03-02")
    publish(world)
    answer = world.nobody.get(TRAINEES, by="year,zone", **PEOPLE)
    withheld = {(w["table"], w["year"]) for w in answer["withheld"]}
    assert withheld == {("trainees_by_year_zone", 2025)}
    assert not [cell for cell in answer["cells"] if cell["year"] == 2025]
    assert answer["total"] == 19  # the headline, which everybody knows
    by_zone = world.nobody.get(TRAINEES, by="zone", zeros="true", **PEOPLE)
    assert all(cell["value"] is None for cell in by_zone["cells"])
    zeros = world.nobody.get(TRAINEES, by="year,zone", zeros="true", **PEOPLE)
    assert 2025 not in {cell["year"] for cell in zeros["cells"]}
    assert {2024, 2026} <= {cell["year"] for cell in zeros["cells"]}


def test_a_published_table_takes_few_statements(world: World, seeded: Seeded) -> None:
    publish(world)
    world.nobody.get(TRAINEES, by="year,zone", **PEOPLE)
    with counted(world.parts.database) as statements:
        world.nobody.get(TRAINEES, by="zone", **PEOPLE)
    # Whether the answer is kept; then the head, the point, its slices, and their cells.
    assert len(statements) <= 5, statements


def test_what_is_published_and_how_is_said(world: World) -> None:
    listed = world.nobody.get("/statistics")["published_tables"]
    assert len(listed) == 15
    for table in listed:
        assert len(table["by"]) <= 3
        assert (table["zone_scheme"] is not None) == ("zone" in table["by"])
        path = f"/statistics/{table['dataset']}"
        query = {"measure": table["measure"], "by": ",".join(table["by"])}
        assert world.nobody.get(path, **query)["view"] == "public"
    said = world.nobody.get("/statistics/protection")
    assert said["limits"] == {"people_below": 5, "startups_below": 3, "dominance": 0.8}
    assert any("Fischetti" in source for source in said["sources"])
    assert any("two points" in s["text_en"] for s in said["not_promised"])
    assert all(s["text"] and s["text_en"] for s in said["statements"])
