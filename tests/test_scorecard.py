"""Reported goals, their observations and paths, projections, and what is behind a figure."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from registry.access.principal import operator
from registry.goals import level, projection, service
from registry.goals.models import Goal, Observation
from registry.goals.path import Path, Period
from registry.goals.periods import days_of, months_after
from registry.goals.progress import Thresholds, current, project, series
from registry.statistics.queries import YearFigure
from tests.seeded import Seeded

if TYPE_CHECKING:
    from registry.core.clock import ManualClock
    from tests.client import World

USUAL = Thresholds(1.05, 0.95)
SHARE = {"period": "2030", "value": 35.25, "source": "과학기술과", "provisional": False}
REPORTED = ("RND_SHARE", "AUTOMATION", "SALES", "STARTUP_RATIO", "SMART_CITY_RANK")


def goal(**changes: Any) -> Goal:
    values: dict[str, Any] = {
        "code": "RND_SHARE", "unit": "percent", "kind": "level", "direction": "up",
        "baseline": 20, "starts_on": date(2022, 1, 4), "end_year": 2030, "total_target": 40,
    }  # fmt: skip
    return Goal(**values | changes)


def rank(**changes: Any) -> Goal:
    values = {"unit": "rank", "direction": "down", "baseline_year": 2021, "baseline": 41}
    return goal(**values | {"total_target": 20} | changes)


def observed(value: int, period: str = "2025", **changes: Any) -> Observation:
    start, end = days_of(period)
    return Observation(
        value=value, period=period, period_start=start, period_end=end,
        **{"provisional": False} | changes,
    )  # fmt: skip


def stands(of: Goal, value: int | None, day: date, **targets: int) -> dict[str, Any]:
    path = level.path_of(of, {int(y[1:]): Fraction(v) for y, v in targets.items()})
    return level.current(of, None if value is None else observed(value), path, day, USUAL)


# --- the path and the status ---


def test_a_level_is_judged_by_the_share_of_its_way() -> None:
    # 2022-01-04 to 2030-12-31 are 3,284 days; 1 November 2026 is day 1,763 of them.
    found = stands(goal(), 3050, date(2026, 11, 1))
    assert found == {
        "year": 2026, "actual": 30.5, "target": 40, "ratio": 0.525, "expected_to_date": 30.74,
        "status": "on_track", "remaining": 9.5, "needed_per_month": 0.2, "provisional": False,
        "projection": None, "projection_reason": "a reported level is not projected",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (29, "ahead"),  # 12 of the 10.5 places that were due
        (30, "on_track"),  # 11
        (31, "on_track"),  # 10: 0.952
        (32, "behind"),
        (45, "behind"),  # it got worse than the baseline
        (20, "achieved"),
        (7, "achieved"),
        (None, "no_data"),
    ],
)
def test_a_rank_is_better_the_lower_it_is(value: int | None, status: str) -> None:
    # Half of the nine years 2022 to 2030 have gone on 2026-07-02: day 1,644 of 3,287.
    found = stands(rank(), value, date(2026, 7, 2))
    assert (found["status"], found["expected_to_date"]) == (status, 30)
    if value == 45:
        assert (found["ratio"], found["remaining"]) == (-0.1905, 25)
    if value == 7:
        assert (found["remaining"], found["needed_per_month"]) == (0, 0)


def test_targets_of_single_years_bend_the_path() -> None:
    path = Path(
        Period(date(2026, 1, 1), date(2029, 12, 31)), Fraction(0), Fraction(100),
        {2025: Fraction(50), 2027: Fraction(20), 2029: Fraction(7)},
    )  # fmt: skip
    points = [(date(2027, 12, 31), Fraction(20)), (date(2029, 12, 31), Fraction(100))]
    assert list(path.points()) == points
    assert path.value(date(2025, 6, 1)) == 0
    assert path.value(date(2026, 12, 31)) == 10
    assert path.value(date(2027, 12, 31)) == 20
    assert path.value(date(2028, 12, 31)) == 20 + 80 * Fraction(366, 731)
    assert path.value(date(2035, 1, 1)) == 100
    assert stands(goal(), 2500, date(2027, 12, 31), y2027=25)["status"] == "on_track"
    assert stands(goal(), 2500, date(2027, 12, 31))["status"] == "behind"


def test_a_years_own_target_goes_before_the_flows() -> None:
    flow = Goal(
        kind="flow", counts_from_year=2022, end_year=2030, annual_target=2000,
        starts_on=date(2022, 1, 4),
    )  # fmt: skip
    years = [YearFigure(2025, 1900, 1900)]
    own = {2025: Fraction(1800)}
    assert current(flow, years, date(2025, 12, 31), USUAL, own)["status"] == "achieved"
    assert current(flow, years, date(2025, 12, 31), USUAL)["status"] == "on_track"
    assert series(flow, years, date(2026, 1, 1), own)[3]["met"] is True
    total = Goal(
        kind="cumulative", counts_from_year=2022, end_year=2030, total_target=20000, opening=1700,
        starts_on=date(2022, 1, 4),
    )  # fmt: skip
    due = current(total, years, date(2025, 12, 31), USUAL, {2025: Fraction(3600)})
    assert (due["expected_to_date"], due["status"], due["target"]) == (3600, "on_track", 20000)


def test_a_path_begins_after_the_baselines_year_or_at_the_announcement() -> None:
    stated, unstated = level.path_of(rank(), {}), level.path_of(goal(), {})
    assert stated is not None
    assert unstated is not None
    assert (stated.period.start, unstated.period.start) == (date(2022, 1, 1), date(2022, 1, 4))
    assert level.path_of(goal(baseline=None), {}) is None
    assert stands(goal(total_target=None), 3000, date(2026, 1, 1))["status"] == "no_data"
    assert stands(goal(total_target=20), 3000, date(2026, 1, 1))["status"] == "no_data"


def test_periods_and_what_is_stale() -> None:
    assert days_of("2024-02") == (date(2024, 2, 1), date(2024, 2, 29))
    assert days_of("2025-H2") == (date(2025, 7, 1), date(2025, 12, 31))
    assert days_of("2025-Q3") == (date(2025, 7, 1), date(2025, 9, 30))
    assert months_after(date(2024, 8, 31), 18) == date(2026, 2, 28)
    end = date(2025, 12, 31)  # fresh for 18 months: up to 30 June 2027 and the day it makes
    assert level.stale_since(goal(), end, 18, date(2027, 6, 30)) is None
    assert level.stale_since(goal(), end, 18, date(2027, 7, 1)) == date(2027, 7, 1)
    assert level.stale_since(goal(), None, 18, date(2030, 1, 1)) == date(2023, 7, 5)
    assert level.stale_since(rank(), None, 18, date(2030, 1, 1)) == date(2023, 7, 1)
    assert level.stale_since(goal(dataset="trainees"), None, 18, date(2030, 1, 1)) is None


def test_the_last_observation_is_that_of_the_last_and_longest_period() -> None:
    found = [observed(1, "2025-Q4"), observed(2, "2025"), observed(3, "2025-Q3")]
    last = level.newest(found)
    assert last is not None
    assert last.value == 2
    listed = level.series(rank(), [*found, observed(19, "2030")], date(2030, 6, 1), {2025: 31})  # type: ignore[dict-item]
    assert [(y["year"], y["actual"], y["target"], y["met"], y["source"]) for y in listed] == [
        (2021, 41, None, None, "opening"), (2025, 2, 31, True, "observation"),
        (2030, 19, 20, True, "observation"),
    ]  # fmt: skip


# --- projections on fixed series ---


def even(*totals: int, first: int = 2022) -> dict[int, int]:
    """Months of years, each a twelfth of its year's total."""
    return {
        (first + i) * 100 + month: total // 12
        for i, total in enumerate(totals)
        for month in range(1, 13)
    }


def test_a_year_is_projected_by_the_share_of_the_earlier_ones() -> None:
    # Each year reaches a quarter by the end of March, so 300 make 1,200, and none was missed.
    months = even(1200, 2400, 1200, 3600, 1200) | {202702: 300}
    found = projection.seasonal(months, 2022, date(2027, 3, 31))
    assert (found.value, found.low, found.high) == (1200, 1200, 1200)
    assert (found.method, found.years) == ("seasonal-share", (2022, 2023, 2024, 2025, 2026))
    # By 15 April half a month more: 3.5 twelfths.
    assert projection.seasonal(months, 2022, date(2027, 4, 15)).value == round(300 * 12 / 3.5)
    # The leap day is the end of its month as the 28th is.
    assert projection.seasonal(months, 2022, date(2027, 2, 28)).value == 1800


def test_the_interval_is_what_the_method_would_have_missed() -> None:
    # All of a year falls into January and July; January brought 40, 50, 50, 50 and 60 of 100.
    months: dict[int, int] = {}
    for i, january in enumerate((40, 50, 50, 50, 60)):
        months |= {(2022 + i) * 100 + 1: january, (2022 + i) * 100 + 7: 100 - january}
    found = projection.seasonal(months | {202701: 80}, 2022, date(2027, 1, 31))
    assert found.value == 160
    # Misses of 1/4 and -1/6 in five years: 160 * sqrt((1/16 + 1/36) / 4) = 24.04; 1.28 of them.
    assert (found.low, found.high) == (129, 191)


def test_less_than_five_full_years_give_nothing() -> None:
    four = even(1200, 1200, 1200, 1200) | {202601: 100}
    assert projection.seasonal(four, 2022, date(2026, 3, 31)).reason == "too-few-years"
    assert projection.drift(
        9, dict.fromkeys(range(2022, 2026), 9), 2022, 2030, date(2026, 3, 1)
    ) == (projection.refused("too-few-years"))
    late = {year * 100 + 12: 100 for year in range(2022, 2028)}
    assert projection.seasonal(late, 2022, date(2027, 3, 31)).reason == "nothing-yet"
    assert projection.seasonal(even(12, 0, 12, 12, 12), 2022, date(2027, 3, 31)).reason == (
        "nothing-yet"
    )
    answer = projection.as_answer(projection.refused("too-few-years"))
    assert (answer["value"], answer["level"], answer["reason_en"]) == (
        None, None, "fewer than five full years",
    )  # fmt: skip


def test_a_total_goes_on_at_the_pace_of_the_last_five_years() -> None:
    flows = {2022: 9000, 2023: 80, 2024: 100, 2025: 120, 2026: 80, 2027: 120, 2028: 7}
    found = projection.drift(9507, flows, 2022, 2030, date(2028, 12, 31))
    assert (found.value, found.years) == (9507 + 200, (2023, 2024, 2025, 2026, 2027))
    # s = 20, h = 2 years: 20 * sqrt(2 * (1 + 2 / 5)) = 33.47; 1.28 of them: 42.8.
    assert (found.low, found.high, found.method) == (9664, 9750, "drift")
    half = projection.drift(9507, flows, 2022, 2028, date(2028, 7, 1))
    assert half.value == 9557  # 183 of 366 days are left
    assert projection.drift(1, flows, 2022, 2027, date(2028, 1, 1)).reason == "period-over"


def test_nothing_is_projected_after_a_flows_last_year() -> None:
    flow = Goal(kind="flow", counts_from_year=2022, end_year=2026, starts_on=date(2022, 1, 4))
    assert project(flow, [], {}, date(2027, 5, 1)).reason == "period-over"


# --- through the API ---


def test_a_reported_figure_is_revised_and_never_overwritten(
    world: World, clock: ManualClock
) -> None:
    path = "/goals/RND_SHARE/observations"
    answer = world.busan.call("POST", path, json=SHARE)
    assert answer.status_code == 201
    first = answer.get_json()
    assert answer.headers["Location"].endswith(f"{path}/{first['id']}")
    assert (first["value"], first["period_start"], first["period_end"]) == (
        35.25, "2030-01-01", "2030-12-31",
    )  # fmt: skip
    before = int(answer.headers["Registry-Revision"])
    clock.put(datetime(2031, 2, 1, tzinfo=UTC))
    second = world.busan.post(path, SHARE | {"value": 34, "note": "정정"})
    listed = world.nobody.get(path)["items"]
    assert [(o["value"], o["superseded_by"]) for o in listed] == [
        (35.25, second["id"]), (34, None),
    ]  # fmt: skip
    assert [o["id"] for o in world.nobody.get(path, latest="true")["items"]] == [second["id"]]
    then = world.nobody.get(path, latest="true", revision=before)["items"]
    assert [(o["id"], o["superseded_by"]) for o in then] == [(first["id"], None)]
    assert world.nobody.get(path, period="2029")["items"] == []
    assert world.nobody.get(f"{path}/{first['id']}") == first | {"superseded_by": second["id"]}
    world.nobody.refused("GET", f"/goals/SALES/observations/{first['id']}", 404, "not-found")
    progress = "/goals/RND_SHARE/progress"
    now, past = world.nobody.get(progress), world.nobody.get(progress, revision=before)
    assert (now["current"]["actual"], now["current"]["ratio"]) == (34, 0.7)
    assert (past["current"]["actual"], past["current"]["ratio"]) == (35.25, 0.7625)
    assert now["observation"]["id"] == second["id"]
    assert past == world.nobody.get(progress, as_of="2031-01-15") | {
        "as_of": past["as_of"], "settled": True,
    }  # fmt: skip


def test_all_reported_goals_say_how_far_they_are(world: World) -> None:
    values = {"RND_SHARE": 39.99, "AUTOMATION": 80, "SALES": 19_000_000_000_000,
              "STARTUP_RATIO": 12.5, "SMART_CITY_RANK": 19}  # fmt: skip
    for code in REPORTED:
        empty = world.nobody.get(f"/goals/{code}/progress")
        assert (empty["current"]["status"], empty["current"]["actual"]) == ("no_data", None)
        assert empty["rule"] is None
        world.busan.post(f"/goals/{code}/observations", SHARE | {"value": values[code]})
    found = {code: world.nobody.get(f"/goals/{code}/progress") for code in REPORTED}
    statuses = {code: found[code]["current"]["status"] for code in REPORTED}
    assert statuses == {
        "RND_SHARE": "on_track", "AUTOMATION": "achieved", "SALES": "behind",
        "STARTUP_RATIO": "behind", "SMART_CITY_RANK": "achieved",
    }  # fmt: skip
    assert found["SALES"]["current"]["remaining"] == 1_000_000_000_000
    assert found["SALES"]["path"]["starts_on"] == "2021-01-01"
    assert found["SALES"]["path"]["note"] is None
    assert found["RND_SHARE"]["path"]["starts_on"] == "2022-01-04"
    assert "announcement" in found["RND_SHARE"]["path"]["note_en"]
    assert found["SMART_CITY_RANK"]["current"]["provisional"] is False
    assert found["RND_SHARE"]["projection"]["reason_code"] == "reported-level"


def test_a_goal_without_a_fresh_figure_says_since_when(world: World, clock: ManualClock) -> None:
    def stale(code: str) -> tuple[Any, Any]:
        goal = world.nobody.get(f"/goals/{code}")["stale_since"]
        return goal, world.nobody.get(f"/goals/{code}/progress")["stale_since"]

    assert stale("SALES") == ("2022-07-01", "2022-07-01")
    assert stale("TALENT_ANNUAL") == (None, None)
    world.busan.post("/goals/SALES/observations", SHARE | {"value": 1, "period": "2029"})
    assert stale("SALES") == (None, None)
    clock.put(datetime(2031, 7, 2, tzinfo=UTC))
    assert stale("SALES") == ("2031-07-01", "2031-07-01")
    listed = {g["code"]: g["stale_since"] for g in world.nobody.get("/goals")["items"]}
    assert (listed["SALES"], listed["TALENT_TOTAL"]) == ("2031-07-01", None)
    past = world.nobody.get("/goals/SALES/progress", as_of="2031-01-15")
    assert past["stale_since"] is None


def test_what_is_no_observation_is_refused(world: World) -> None:
    path = "/goals/RND_SHARE/observations"
    world.pnu.refused("POST", path, 403, "forbidden", json=SHARE)
    world.nobody.refused("POST", path, 401, "unauthorized", json=SHARE)
    for code in ("TALENT_ANNUAL", "TALENT_TOTAL", "INVESTMENT_TOTAL"):
        address = f"/goals/{code}/observations"
        world.busan.refused("POST", address, 409, "goal-fed-by-registry", json=SHARE)
        assert world.nobody.get(address)["items"] == []
    world.busan.refused("POST", "/goals/NONE/observations", 404, "not-found", json=SHARE)
    world.nobody.refused("GET", "/goals/NONE/observations", 404, "not-found")

    def flaws(code: str, **changes: Any) -> set[tuple[str, str]]:
        address = f"/goals/{code}/observations"
        problem = world.busan.refused("POST", address, 422, json=SHARE | changes)
        return {(e["pointer"], e["code"]) for e in problem["errors"]}

    assert flaws("RND_SHARE", value=100.01, period="2032") == {
        ("/value", "out-of-range"), ("/period", "date-in-future"),
    }  # fmt: skip
    assert flaws("RND_SHARE", value=35.255) == {("/value", "invalid-figure")}
    assert flaws("RND_SHARE", value="35") == {("/value", "invalid-figure")}
    assert flaws("RND_SHARE", value=True) == {("/value", "invalid-figure")}
    assert flaws("RND_SHARE", value=-1) == {("/value", "out-of-range")}
    assert flaws("SMART_CITY_RANK", value=0) == {("/value", "out-of-range")}
    assert flaws("SMART_CITY_RANK", value=19.5) == {("/value", "invalid-number")}
    assert flaws("SALES", value=1, period="2030-Q1") == {("/period", "period-not-a-year")}
    for period in ("2030-13", "2030-Q5", "2030-H3", "30", "2030-1"):
        assert {place for place, _ in flaws("RND_SHARE", period=period)} == {"/period"}
    for address in ("http://busan.go.kr", "https://", "javascript:alert(1)", "https://a b"):
        assert flaws("RND_SHARE", evidence_url=address) == {("/evidence_url", "invalid-pattern")}
    assert flaws("RND_SHARE", note="900101-1234567") == {("/note", "resident-number")}
    assert world.nobody.get(path)["items"] == []
    kept = world.busan.post(path, SHARE | {"evidence_url": "https://www.busan.go.kr/a?b=1#c"})
    assert kept["evidence_url"] == "https://www.busan.go.kr/a?b=1#c"


def test_targets_of_years_are_data_with_a_past(world: World) -> None:
    path, before = "/goals/RND_SHARE/targets", world.nobody.get("/goals/RND_SHARE/progress")
    body = {"year": 2029, "value": 37.5, "reason": "위원회"}
    world.pnu.refused("POST", path, 403, "forbidden", json=body)
    assert world.busan.post(path, body)["version"] == 1
    assert world.busan.post(path, body)["version"] == 1
    assert world.nobody.get(path)["items"] == [{"year": 2029, "value": 37.5}]
    bent = world.nobody.get("/goals/RND_SHARE/progress")
    assert bent["path"]["points"] == [
        {"due": "2029-12-31", "value": 37.5}, {"due": "2030-12-31", "value": 40},
    ]  # fmt: skip
    assert world.busan.post(path, {"year": 2029, "value": None})["version"] == 2
    assert world.nobody.get(path)["items"] == []
    assert world.nobody.get(path, revision=bent["revision"])["items"][0]["value"] == 37.5
    assert world.nobody.get("/goals/RND_SHARE/progress")["path"] == before["path"]
    again = world.nobody.get("/goals/RND_SHARE/progress", revision=bent["revision"])
    assert again["path"] == bent["path"]
    for year, value, place in ((2030, 1, "/year"), (2021, 1, "/year"), (2029, 101, "/value")):
        problem = world.busan.refused("POST", path, 422, json={"year": year, "value": value})
        assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(place, "out-of-range")]
    world.busan.post("/goals/TALENT_ANNUAL/targets", {"year": 2030, "value": 2100})
    flow = world.nobody.get("/goals/TALENT_ANNUAL/progress", as_of="2031-01-15")["current"]
    assert flow["target"] == 2100


@pytest.fixture
def seeded(world: World, clock: ManualClock) -> Seeded:
    """Ten people of five years, and some money."""
    clock.put(datetime(2031, 1, 16, tzinfo=UTC))
    seeded = Seeded(world)
    programme = seeded.programme(world.btp, "OS1")
    for year in range(2022, 2027):
        seeded.enrol(programme, f"{year}-02-05", f"{year}-09-05")
    seeded.pay(world.bipa, ("2026-03-20", 600), ("2030-03-20", 400))
    return seeded


def test_a_flow_is_projected_from_the_ledger_as_known(world: World, clock: ManualClock) -> None:
    early = world.nobody.get("/goals/TALENT_TOTAL/progress", as_of="2026-11-01")
    assert early["projection"]["reason_en"] == early["current"]["projection_reason"]
    assert early["projection"]["reason_en"] == "fewer than five full years"
    clock.put(datetime(2031, 3, 31, tzinfo=UTC))
    for code in ("TALENT_ANNUAL", "TALENT_TOTAL"):
        world.busan.patch(f"/goals/{code}", {"counts_from_year": 2025, "end_year": 2035})
    seeded = Seeded(world)
    programme = seeded.programme(world.btp, "OS1")
    for year in range(2025, 2030):
        seeded.enrol(programme, f"{year}-02-05", f"{year}-09-05")
    seeded.enrol(programme, "2030-01-05", "2031-03-05", "2031-03-06")
    found = world.busan.get("/goals/TALENT_ANNUAL/progress")
    # Of eleven people of the earlier years six had come by the end of March.
    assert found["current"]["projection"] == found["projection"]["value"] == 4
    assert found["projection"]["years"] == list(range(2025, 2031))
    assert found["projection"]["low"] >= 2
    assert found["current"]["projection_reason"] is None
    revision = found["revision"]
    clock.put(datetime(2031, 4, 30, tzinfo=UTC))
    seeded.enrol(programme, "2031-04-05", "2031-04-06")
    assert world.busan.get("/goals/TALENT_ANNUAL/progress")["projection"]["value"] == 7
    then = world.busan.get("/goals/TALENT_ANNUAL/progress", revision=revision)
    assert then["projection"] == found["projection"]
    total = world.nobody.get("/goals/TALENT_TOTAL/progress")["projection"]
    assert (total["method"], total["level"], total["years"][-1]) == ("drift", 0.8, 2030)


def test_contributions_sum_to_the_figure_and_open_as_statistics_do(
    world: World, seeded: Seeded
) -> None:
    path = "/goals/TALENT_TOTAL/progress/contributions"
    found = world.busan.get(path, by="year,zone")
    assert (found["goal"], found["measure"], found["view"]) == ("TALENT_TOTAL", "talents", "exact")
    assert sum(cell["value"] for cell in found["cells"]) == found["total"] == 10
    now = world.nobody.get("/goals/TALENT_TOTAL/progress")["current"]["actual"]
    assert found["total"] == now - 1700
    money = world.busan.get("/goals/INVESTMENT_TOTAL/progress/contributions", by="zone")
    assert money["cells"] == [{"zone": "EAST", "value": 1000}]
    flow = world.busan.get("/goals/TALENT_ANNUAL/progress/contributions", as_of="2031-01-16")
    assert (flow["filters"], flow["total"]) == ({"year": [2030]}, 0)
    world.nobody.refused("GET", path, 403, "needs-exact", query={"by": "zone"})
    world.pnu.refused("GET", path, 403, "needs-exact", query={"by": "zone"})
    assert world.nobody.get(path, by="year")["view"] == "public"
    for code in REPORTED:
        address = f"/goals/{code}/progress/contributions"
        world.busan.refused("GET", address, 409, "goal-is-reported")
    for by in ("channel", "nothing"):
        world.busan.refused("GET", path, 422, "invalid-input", query={"by": by})


def test_a_goal_that_no_rule_judges_is_not_taken_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flow that ought to fall would be told ahead when it is behind; a reported one, nothing."""
    shipped = service.rows_of("registry.goals", "goals")
    fed, reported = (next(g for g in shipped if g["code"] == c) for c in ("TALENT_ANNUAL", "SALES"))
    for wrong in (
        fed | {"direction": "down"}, fed | {"kind": "cumulative", "direction": "down"},
        fed | {"dataset": "", "measure": ""}, fed | {"kind": "level"}, reported | {"kind": "flow"},
    ):  # fmt: skip
        rows = [wrong | {"code": "NEW"}]
        monkeypatch.setattr(service, "rows_of", lambda *_, rows=rows: rows)
        with (
            pytest.raises(ValueError, match="NEW"),
            world.parts.database.writing(operator("registry init")) as work,
        ):
            service.load_goals(work)
    falling = [reported | {"code": "NEW", "direction": "down"}]
    monkeypatch.setattr(service, "rows_of", lambda *_: falling)
    with world.parts.database.writing(operator("registry init")) as work:
        service.load_goals(work)
    assert world.nobody.get("/goals/NEW/progress")["direction"] == "down"


def test_observations_and_targets_are_in_the_chain(world: World) -> None:
    world.busan.post("/goals/RND_SHARE/observations", SHARE)
    acts = [r["action"] for r in world.busan.get("/revisions", limit=500)["items"]]
    assert "observation.enter" in acts
    tried = world.busan.call(
        "POST", "/goals/RND_SHARE/observations", json=SHARE, query={"dry_run": "true"}
    )
    assert tried.get_json() == {"effect": []}
    assert len(world.nobody.get("/goals/RND_SHARE/observations")["items"]) == 1


def test_a_promise_is_answered_as_a_number_and_again_under_its_key(world: World) -> None:
    head = {"Idempotency-Key": "promise-1"}
    for goal, value in (("RND_SHARE", 30.5), ("TALENT_ANNUAL", 2100)):
        path, body = f"/goals/{goal}/targets", {"year": 2027, "value": value}
        first = world.busan.call("POST", path, json=body, headers=head)
        again = world.busan.call("POST", path, json=body, headers=head)
        assert first.get_json()["value"] == value
        assert again.get_json() == first.get_json()
        assert again.headers["Idempotency-Replayed"] == "true"
