"""Figures: every breakdown adds up to its total, and says exactly what it is."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from registry.statistics.catalogue import dimensions
from registry.statistics.models import LEDGERS
from tests.seeded import Seeded

if TYPE_CHECKING:
    from registry.core.clock import ManualClock
    from tests.client import World


@pytest.fixture
def seeded(world: World) -> Seeded:
    """People of two institutions and money of two agencies, over two years."""
    seeded = Seeded(world)
    ai = seeded.programme(
        world.pnu, "AI1", kind="convergence_graduate_school", field="AI", district_code="26410"
    )
    on_site = seeded.programme(world.btp, "OS1")
    outside = seeded.programme(world.btp, "OS9", district_code="OUTSIDE")
    mobile = "010-1234-5678"
    seeded.enrol(ai, "2026-06-30", mobile=mobile)
    seeded.enrol(on_site, "2026-09-30", "2027-02-10", mobile=mobile)
    seeded.enrol(on_site, "2026-03-02", "2026-12-31", status="early_employed")
    seeded.enrol(outside, "2025-12-31")
    seeded.pay(world.bipa, ("2026-03-20", 600), ("2027-01-05", 400), ("2027-06-01", -500))
    seeded.pay(world.bepa, ("2026-07-01", 10), district="26440", instrument="safe", shares=None)
    return seeded


@pytest.mark.parametrize("dataset", ["trainees", "investments"])
def test_the_cells_of_every_breakdown_sum_to_the_total(
    world: World, seeded: Seeded, dataset: str
) -> None:
    names = dimensions(dataset)
    breakdowns = [*((n,) for n in names), *itertools.islice(itertools.combinations(names, 4), 12)]
    for measure in LEDGERS[dataset].measures:
        total = world.busan.get(f"/statistics/{dataset}", measure=measure)["total"]
        assert total != 0
        for by in breakdowns:
            answer = world.busan.get(f"/statistics/{dataset}", measure=measure, by=",".join(by))
            assert sum(cell["value"] for cell in answer["cells"]) == answer["total"] == total
            keys = [tuple(cell[d] for d in by) for cell in answer["cells"]]
            assert keys == sorted(set(keys))
            assert all(list(cell) == [*by, "value"] for cell in answer["cells"])


def test_the_answer_has_the_shape_of_the_contract(world: World, seeded: Seeded) -> None:
    answer = world.busan.get(
        "/statistics/trainees", measure="trainees", by="year,zone", from_="2025-01", to="2026-12"
    )
    assert list(answer) == [
        "dataset", "measure", "unit", "rule", "by", "filters", "zone_scheme", "view", "as_of",
        "revision", "settled", "provisional", "publication", "withheld", "cells", "total",
        "suppressed",
    ]  # fmt: skip
    assert answer["cells"] == [
        {"year": 2025, "zone": "UNASSIGNED", "value": 1},
        {"year": 2026, "zone": "CENTRAL", "value": 1},
        {"year": 2026, "zone": "WEST", "value": 2},
    ]
    assert (answer["total"], answer["unit"], answer["rule"]) == (4, "person_year", "trainees/1")
    assert answer["filters"] == {"from": "2025-01", "to": "2026-12"}
    assert (
        answer["revision"]
        == world.nobody.get("/statistics/trainees", measure="talents")["revision"]
    )
    assert (answer["view"], answer["settled"]) == ("exact", False)


def test_units_depend_on_whether_it_is_about_one_year(world: World, seeded: Seeded) -> None:
    def unit(dataset: str, measure: str, **asked: Any) -> str:
        return world.busan.get(f"/statistics/{dataset}", measure=measure, **asked)["unit"]

    assert unit("trainees", "trainees") == "person_year"
    assert unit("trainees", "trainees", year=2026) == "person"
    assert unit("trainees", "trainees", year=[2026, 2027]) == "person_year"
    assert unit("trainees", "trainees", year=[2026, 2027], to="2026-12") == "person"
    assert unit("trainees", "trainees", from_="2026-12", to="2027-01") == "person_year"
    assert unit("trainees", "trainees", quarter="2026-Q2") == "person"
    assert unit("trainees", "talents") == "person"
    assert unit("trainees", "completions", year=2026) == "person_time"
    assert unit("investments", "disbursed_krw") == "krw"
    assert unit("investments", "deals") == "deal"
    assert unit("investments", "startups_funded") == "startup_year"


def test_filters_repeat_and_select_among_what_was_attributed(world: World, seeded: Seeded) -> None:
    def total(measure: str, **asked: Any) -> int:
        return world.busan.get("/statistics/trainees", measure=measure, **asked)["total"]

    assert total("completions", organisation="BTP") == 5
    assert total("completions", organisation=["BTP", "PNU"]) == 6
    assert total("completions", month=["2026-03", "2027-02"]) == 2
    assert total("completions", quarter=["2026-Q1", "2026-Q3"]) == 2
    assert total("completions", year=2026, from_="2026-09") == 2
    assert total("completions", zone=["WEST", "CENTRAL"], field="SMARTMFG") == 4
    # Case 17: the person's place in 2026 is PNU's; uniqueness is not judged again.
    assert total("trainees", organisation="BTP", year=2026, quarter="2026-Q3") == 0
    assert total("trainees_of_organisation", organisation="BTP", year=2026) == 3


def test_schemes_split_the_same_total_differently(world: World, seeded: Seeded) -> None:
    def split(scheme: str) -> dict[str, int]:
        answer = world.busan.get(
            "/statistics/trainees", measure="completions", by="zone", zone_scheme=scheme
        )
        assert answer["total"] == 6
        return {cell["zone"]: cell["value"] for cell in answer["cells"]}

    assert split("DX2030-3") == {"CENTRAL": 1, "UNASSIGNED": 1, "WEST": 4}
    assert split("PLAN2040-6") == {"DONGNAE": 1, "GANGSEO": 4, "UNASSIGNED": 1}
    east = world.busan.get(
        "/statistics/trainees", measure="completions", zone="GANGSEO", zone_scheme="PLAN2040-6"
    )
    assert east["total"] == 4


def test_negative_cells_stand_and_zero_cells_are_absent(world: World, seeded: Seeded) -> None:
    answer = world.busan.get("/statistics/investments", measure="disbursed_krw", by="year")
    assert answer["cells"] == [{"year": 2026, "value": 610}, {"year": 2027, "value": -100}]
    none = world.busan.get("/statistics/investments", measure="disbursed_krw", channel="other")
    assert (none["cells"], none["total"]) == ([], 0)
    zero = world.busan.get(
        "/statistics/investments", measure="disbursed_krw", channel="other", zeros="true"
    )
    assert (zero["cells"], zero["total"]) == ([{"value": 0}], 0)


def test_zeros_complete_the_codes_and_months_of_the_asked_period(
    world: World, seeded: Seeded
) -> None:
    asked = {"measure": "completions", "year": 2026, "zeros": "true"}
    months = world.busan.get("/statistics/trainees", by="month", **asked)["cells"]
    assert [cell["month"] for cell in months] == [f"2026-{m:02}" for m in range(1, 13)]
    assert sum(cell["value"] for cell in months) == 4
    cells = world.busan.get("/statistics/trainees", by="organisation,zone", **asked)["cells"]
    keys = {(cell["organisation"], cell["zone"]): cell["value"] for cell in cells}
    # The organisations that had a programme, every zone; OUTSIDE does not count in the list.
    assert set(keys) == set(itertools.product(("PNU", "BTP"), ("CENTRAL", "EAST", "WEST")))
    assert (keys["PNU", "EAST"], keys["BTP", "WEST"]) == (0, 3)
    places = world.busan.get("/statistics/trainees", by="district,zone", zone="EAST", **asked)
    assert {c["district"] for c in places["cells"]} == {"26350", "26500", "26710"}
    years = world.busan.get(
        "/statistics/trainees", measure="completions", by="year", zeros="true", organisation="PNU"
    )
    assert [c["year"] for c in years["cells"]] == list(range(2022, 2032))


def test_labels_are_the_names_of_the_codes(world: World, seeded: Seeded) -> None:
    asked = {"measure": "completions", "by": "organisation,zone,year"}
    cell = world.busan.get("/statistics/trainees", labels="ko", **asked)["cells"][0]
    assert cell == {
        "organisation": "BTP", "organisation_label": "BTP 기관", "zone": "UNASSIGNED",
        "zone_label": "미지정", "year": 2025, "value": 1,
    }  # fmt: skip
    cell = world.busan.get("/statistics/trainees", labels="en", **asked)["cells"][-1]
    assert (cell["organisation_label"], cell["zone_label"]) == ("PNU", "Central Busan")


def test_employment_is_provisional_until_seven_months_after(
    world: World, seeded: Seeded, clock: ManualClock
) -> None:
    def provisional(measure: str, **asked: Any) -> bool:
        return world.busan.get("/statistics/trainees", measure=measure, **asked)["provisional"]

    assert not provisional("completions")
    assert provisional("employed")
    assert provisional("employed", to="2030-06")  # 30 June and seven months is 30 January
    assert not provisional("employed", to="2030-05")
    clock.put(datetime(2031, 1, 29, 15, tzinfo=UTC))  # 30 January in Seoul
    assert not provisional("employed", to="2030-06")


def test_every_mistake_of_a_question_is_named_at_its_parameter(
    world: World, seeded: Seeded
) -> None:
    def mistakes(**asked: Any) -> set[tuple[str, str]]:
        problem = world.busan.refused(
            "GET", "/statistics/trainees", 422, "invalid-input", query=asked
        )
        return {(e["parameter"], e["code"]) for e in problem["errors"]}

    assert mistakes(by="year,nowhere", foo="1", year="20x6", month="2026-13", format="sdmx") == {
        ("measure", "required"), ("by", "invalid-choice"), ("foo", "unknown-parameter"),
        ("year", "invalid-number"), ("month", "invalid-month"), ("format", "invalid-choice"),
    }  # fmt: skip
    ask = {"measure": "trainees"}
    assert mistakes(**ask, by="year,year") == {("by", "repeated")}
    assert mistakes(**ask, by="year,month,zone,field,district") == {("by", "too-many")}
    assert mistakes(**ask, quarter="2026-Q5") == {("quarter", "invalid-pattern")}
    assert mistakes(**ask, instrument="loan") == {("instrument", "unknown-parameter")}
    assert mistakes(**ask, from_="x") == {("from_", "unknown-parameter")}
    assert mistakes(**ask, **{"from": "2026-05"}, to="2026-04") == {("to", "date-order")}
    unknown = {"organisation": ["PNU", "NOWHERE"], "field": "X1", "district": "26999",
               "zone": "OLD", "programme_kind": "seminar"}  # fmt: skip
    assert mistakes(**ask, **unknown) == {
        (name, "unknown-code")
        for name in ("organisation", "field", "district", "zone", "programme_kind")
    }
    assert mistakes(**ask, zone_scheme="NOPE") == {("zone_scheme", "unknown-code")}
    assert mistakes(**ask, as_of="2026-01-01", revision="1") == {("as_of", "not-together")}


def test_too_many_cells_are_refused_before_they_are_made(world: World, seeded: Seeded) -> None:
    asked = {"measure": "completions", "by": "month,district,field,organisation", "zeros": "true",
             "from": "1990-01"}  # fmt: skip
    world.busan.refused("GET", "/statistics/trainees", 422, "too-many-cells", query=asked)


def test_more_cells_than_allowed_are_refused(
    world: World, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"measure": "completions", "by": "month"}
    monkeypatch.setattr("registry.statistics.queries.MOST_CELLS", 5)
    world.busan.refused("GET", "/statistics/trainees", 422, "too-many-cells", query=asked)
    monkeypatch.setattr("registry.statistics.queries.MOST_CELLS", 6)
    assert len(world.busan.get("/statistics/trainees", **asked)["cells"]) == 6


def test_what_can_be_asked_and_the_rules_are_read_out(world: World) -> None:
    items = {item["dataset"]: item for item in world.nobody.get("/statistics")["items"]}
    for dataset, tables in LEDGERS.items():
        assert tuple(m["code"] for m in items[dataset]["measures"]) == tables.measures
        assert tuple(d["code"] for d in items[dataset]["dimensions"]) == dimensions(dataset)
    rule = world.nobody.get("/rules/trainees/1")
    assert rule["parameters"]["counts_from_year"] == 2022
    assert rule["parameters"]["counts"]["statuses"] == ["completed", "early_employed"]
    assert "이용" not in rule["title"]
    assert rule["statements"][2]["text_en"].startswith("trainees: each person")
    money = world.nobody.get("/rules/investments/1", revision=1)
    assert "OUTSIDE" not in money["parameters"]["counts"]["districts"]
    assert "loan" not in money["parameters"]["counts"]["instruments"]
    world.nobody.refused("GET", "/rules/trainees/2", 404, "not-found")
    world.nobody.refused("GET", "/rules/nothing/1", 404, "not-found")
