"""Goals and how far they are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from registry.goals.models import Goal
from registry.goals.path import Period
from registry.goals.progress import Thresholds, current, series
from registry.statistics.queries import YearFigure
from tests.seeded import Seeded

if TYPE_CHECKING:
    from registry.core.clock import ManualClock
    from tests.client import World

USUAL = Thresholds(1.05, 0.95)


def annual(**changes: Any) -> Goal:
    values: dict[str, Any] = {
        "code": "TALENT_ANNUAL", "kind": "flow", "counts_from_year": 2022, "end_year": 2030,
        "annual_target": 2000, "baseline_year": 2021, "baseline": 1700,
        "starts_on": date(2022, 1, 4),
    }  # fmt: skip
    return Goal(**values | changes)


def total(**changes: Any) -> Goal:
    values = {"kind": "cumulative", "annual_target": None, "total_target": 20000, "opening": 1700}
    return annual(**values | changes)


def years(**values: int) -> list[YearFigure]:
    running, found = 0, []
    for name, value in values.items():
        running += value
        found.append(YearFigure(int(name[1:]), value, running))
    return found


def test_the_contracts_example() -> None:
    found = current(annual(), years(y2026=1911), date(2026, 11, 1), USUAL)
    assert found == {
        "year": 2026, "actual": 1911, "target": 2000, "ratio": 0.9555, "expected_to_date": 1671,
        "status": "ahead", "remaining": 89, "needed_per_month": 46, "provisional": True,
        "projection": None, "projection_reason": "fewer than five full years",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 1, 1), 5),  # 5.48
        (date(2026, 12, 30), 1995),  # 1994.52
        (date(2026, 12, 31), 2000),
        (date(2028, 2, 29), 328),  # day 60 of 366: 327.87
        (date(2028, 12, 31), 2000),
        (date(2031, 1, 15), 2000),  # nothing was promised after 2030
    ],
)
def test_the_expectation_counts_days_of_the_year_it_is_in(day: date, expected: int) -> None:
    assert current(annual(), [], day, USUAL)["expected_to_date"] == expected


def test_a_cumulative_path_runs_from_the_announcement_to_the_end() -> None:
    period = Period(date(2022, 1, 4), date(2030, 12, 31))
    days = (date(2030, 12, 31) - date(2022, 1, 4)).days + 1
    assert period.share(date(2022, 1, 3)) == 0
    assert period.share(date(2022, 1, 4)) * days == 1
    assert period.share(date(2030, 12, 31)) == period.share(date(2031, 5, 1)) == 1
    found = current(total(), years(y2022=1804, y2023=2100), date(2023, 12, 31), USUAL)
    assert (found["year"], found["actual"], found["target"]) == (2023, 5604, 20000)
    assert found["expected_to_date"] == int(20000 * 727 / days + 0.5)
    assert (found["status"], found["remaining"]) == ("ahead", 14396)
    assert found["needed_per_month"] == 172  # 14,396 in 84 months: 171.4


@pytest.mark.parametrize(
    ("actual", "status"),
    [(0, "behind"), (1900, "on_track"), (1899, "behind"), (2000, "achieved"), (2100, "achieved")],
)
def test_the_status_at_a_years_end(actual: int, status: str) -> None:
    found = current(annual(), years(y2026=actual), date(2026, 12, 31), USUAL)
    assert found["status"] == status


@pytest.mark.parametrize(
    ("actual", "status"), [(1049, "on_track"), (1050, "ahead"), (949, "behind")]
)
def test_the_status_at_its_thresholds(actual: int, status: str) -> None:
    # Day 146 of 365 of a target of 2500: 1000.
    goal = annual(annual_target=2500)
    assert current(goal, years(y2026=actual), date(2026, 5, 26), USUAL)["status"] == status
    strict = Thresholds(1.2, 1.0)
    assert current(goal, years(y2026=1050), date(2026, 5, 26), strict)["status"] == "on_track"


def test_what_is_needed_a_month_at_the_edges() -> None:
    def needed(day: date, actual: int) -> int | None:
        return current(annual(), years(y2026=actual), day, USUAL)["needed_per_month"]

    assert needed(date(2026, 1, 31), 0) == 182  # 2,000 in 11 months
    assert needed(date(2026, 12, 30), 1999) == 31  # one in a day of 31
    assert needed(date(2026, 12, 31), 1999) is None
    assert needed(date(2026, 12, 31), 2000) == 0
    assert needed(date(2026, 5, 1), 2500) == 0


def test_a_year_is_provisional_until_the_end_of_march() -> None:
    goal = annual(end_year=2026)
    assert current(goal, [], date(2027, 3, 31), USUAL)["provisional"]
    assert not current(goal, [], date(2027, 4, 1), USUAL)["provisional"]


def test_no_data_and_negative_figures() -> None:
    assert current(annual(), [], date(2026, 5, 1), USUAL)["status"] == "no_data"
    assert current(total(), [], date(2026, 5, 1), USUAL)["actual"] == 1700
    assert current(annual(annual_target=None), [], date(2026, 5, 1), USUAL)["ratio"] is None
    refunded = total(opening=0, total_target=1_500_000_000_000)
    found = current(refunded, years(y2026=-100), date(2026, 5, 1), USUAL)
    assert (found["actual"], found["status"], found["ratio"]) == (-100, "behind", 0.0)


def test_the_series_begins_with_the_opening_and_leaves_no_year_out() -> None:
    found = series(annual(), years(y2022=1804, y2024=2000), date(2025, 5, 1))
    assert [(y["year"], y["actual"], y["target"], y["met"]) for y in found] == [
        (2021, 1700, None, None), (2022, 1804, 2000, False), (2023, 0, 2000, False),
        (2024, 2000, 2000, True), (2025, 0, 2000, None),
    ]  # fmt: skip
    assert [y["source"] for y in found] == ["opening", *["registry"] * 4]
    running = series(total(end_year=2024), years(y2022=1804, y2024=2000), date(2025, 5, 1))
    assert [(y["year"], y["actual"], y["target"]) for y in running] == [
        (2021, 1700, None), (2022, 3504, None), (2023, 3504, None), (2024, 5504, 20000),
        (2025, 5504, None),
    ]  # fmt: skip


# --- through the API ---


def progress(world: World, code: str, **asked: Any) -> Any:
    return world.nobody.get(f"/goals/{code}/progress", **asked)


def test_everybody_reads_goals_and_the_progress_of_all_of_them(world: World) -> None:
    items = {goal["code"]: goal for goal in world.nobody.get("/goals")["items"]}
    assert len(items) == 8
    assert items["INVESTMENT_TOTAL"]["total_target"] == 1_500_000_000_000
    assert items["TALENT_ANNUAL"]["starts_on"] == "2022-01-04"
    assert world.nobody.get("/goals/SALES")["dataset"] is None
    for code in items:
        assert progress(world, code)["goal"] == code
    world.nobody.refused("GET", "/goals/NOTHING/progress", 404, "not-found")


def test_progress_is_what_the_registry_counts_at_the_revision(
    world: World, clock: ManualClock
) -> None:
    seeded = Seeded(world)
    clock.put(datetime(2031, 1, 16, tzinfo=UTC))
    programme = seeded.programme(world.btp, "OS1")
    seeded.enrol(programme, "2021-05-05", "2022-05-05", "2030-05-05", "2030-06-05")
    seeded.pay(world.bipa, ("2026-03-20", 600), ("2030-03-20", 400))
    people = progress(world, "TALENT_ANNUAL")
    assert (people["rule"], people["unit"], people["settled"]) == ("trainees/1", "person", False)
    now = people["current"]
    assert (now["year"], now["actual"], now["remaining"]) == (2030, 2, 1998)
    # 2021 is before the year from which it counts: the opening stands for it.
    assert progress(world, "TALENT_TOTAL")["current"]["actual"] == 1700 + 3
    money = world.busan.get("/goals/INVESTMENT_TOTAL/progress")
    assert (money["current"]["actual"], money["unit"]) == (1000, "krw")
    revision = people["revision"]
    clock.put(datetime(2031, 4, 1, tzinfo=UTC))
    seeded.enrol(programme, "2030-07-05")
    then = progress(world, "TALENT_ANNUAL", revision=revision)
    assert then["current"]["actual"] == 2
    assert then["current"]["provisional"]
    later = progress(world, "TALENT_ANNUAL")["current"]
    assert (later["actual"], later["provisional"]) == (3, False)
    assert progress(world, "TALENT_ANNUAL", as_of="2031-01-16")["current"] == then["current"]


def test_a_changed_target_holds_from_its_revision_on(world: World, clock: ManualClock) -> None:
    before = progress(world, "TALENT_ANNUAL")
    clock.put(datetime(2031, 2, 1, tzinfo=UTC))
    body = {"annual_target": 2500, "end_year": 2032, "starts_on": "2022-02-01", "reason": "조정"}
    changed = world.busan.patch("/goals/TALENT_ANNUAL", body)
    assert (changed["annual_target"], changed["version"]) == (2500, 2)
    now = progress(world, "TALENT_ANNUAL")
    assert (now["current"]["target"], now["current"]["year"]) == (2500, 2031)
    then = progress(world, "TALENT_ANNUAL", revision=before["revision"])
    assert then["current"] == before["current"]
    assert then["series"] == before["series"]
    total = progress(world, "TALENT_TOTAL", as_of="2031-01-15")
    assert total["current"]["expected_to_date"] == 20000


def test_only_goals_write_changes_a_goal_and_only_as_read(world: World) -> None:
    path, body = "/goals/TALENT_ANNUAL", {"annual_target": 1}
    tag = world.busan.match(path)
    world.pnu.refused("PATCH", path, 403, "forbidden", json=body, headers=tag)
    world.nobody.refused("PATCH", path, 401, "unauthorized", json=body, headers=tag)
    world.busan.refused("PATCH", path, 428, "precondition-required", json=body)
    world.busan.refused("PATCH", "/goals/NONE", 404, "not-found", json=body, headers=tag)
    problem = world.busan.refused(
        "PATCH", path, 422, json={"end_year": 2020, "annual_target": 0, "code": "X"}, headers=tag
    )
    found = {(e["pointer"], e["code"]) for e in problem["errors"]}
    assert found == {("/annual_target", "out-of-range"), ("/code", "unknown-field")}
    problem = world.busan.refused("PATCH", path, 422, json={"end_year": 2020}, headers=tag)
    assert problem["errors"][0]["pointer"] == "/end_year"
    head = world.nobody.get("/statistics/trainees", measure="talents")["revision"]
    assert world.busan.patch(path, {"annual_target": 2000})["version"] == 1
    assert world.nobody.get("/statistics/trainees", measure="talents")["revision"] == head
    world.busan.patch(path, {"annual_target": 2100})
    world.busan.refused("PATCH", path, 412, "precondition-failed", json=body, headers=tag)
