"""How far a goal is that the registry feeds: arithmetic alone, on figures already counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from registry.goals import projection
from registry.goals.path import Path, Period, four_decimals, half_up

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from registry.goals.models import Goal
    from registry.goals.projection import Projection
    from registry.statistics.queries import YearFigure

FINAL_MONTH, FINAL_DAY = 3, 31  # a year is provisional until 31 March of the next
NONE: Mapping[int, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Thresholds:
    """Actual over expected from which a goal is ahead, or on track."""

    ahead: float
    on_track: float


def current(
    goal: Goal,
    years: Sequence[YearFigure],
    day: date,
    thresholds: Thresholds,
    targets: Mapping[int, Fraction] = NONE,
    projected: Projection | None = None,
    final: Collection[int | None] = (),
) -> dict[str, Any]:
    """Where a flow or cumulative goal stands on a day in Seoul; `targets` are those of years.

    `final` are the years that a release has marked so.
    """
    year, path = aim(goal, day, targets)
    actual = _actual(goal, years, year)
    target = None if path is None else half_up(path.target)
    expected = None if path is None else half_up(path.value(day))
    remaining = None if target is None else max(target - actual, 0)
    months = None if path is None else path.period.months_left(day)
    ended = min(day.year, goal.end_year)
    projected = projected or project(goal, years, NONE, day)
    return {
        "year": year,
        "actual": actual,
        "target": target,
        "ratio": None if not target else four_decimals(Fraction(actual, target)),
        "expected_to_date": expected,
        "status": _status(actual, target, expected, thresholds, has_data=_has_data(goal, years)),
        "remaining": remaining,
        "needed_per_month": needed(remaining, months),
        "provisional": is_provisional(ended, day, final),
        "projection": projected.value,
        "projection_reason": projection.as_answer(projected)["reason_en"],
    }


def aim(goal: Goal, day: date, targets: Mapping[int, Fraction]) -> tuple[int, Path | None]:
    """The year an answer is about, and the path to what is promised, None without a target.

    A flow's last year is its end year: after that nothing was promised.
    """
    if goal.kind == "cumulative":
        period = Period(goal.starts_on, date(goal.end_year, 12, 31))
        return day.year, _path(period, goal.total_target, targets)
    year = min(max(day.year, goal.counts_from_year or day.year), goal.end_year)
    period = Period(date(year, 1, 1), date(year, 12, 31))
    return year, _path(period, targets.get(year, goal.annual_target), NONE)


def _path(
    period: Period, target: Fraction | int | None, targets: Mapping[int, Fraction]
) -> Path | None:
    return None if target is None else Path(period, Fraction(0), Fraction(target), targets)


def project(
    goal: Goal, years: Sequence[YearFigure], months: Mapping[int, int], day: date
) -> Projection:
    """Where a flow's year, or a cumulative goal, will end; `months` are figures by month."""
    if goal.kind == "cumulative":
        flows = {figure.year: figure.value for figure in years}
        actual = _actual(goal, years, day.year)
        return projection.drift(actual, flows, goal.counts_from_year, goal.end_year, day)
    if day.year > goal.end_year:
        return projection.refused("period-over")
    return projection.seasonal(months, goal.counts_from_year, day)


def _actual(goal: Goal, years: Sequence[YearFigure], year: int) -> int:
    if goal.kind == "cumulative":
        return (goal.opening or 0) + (years[-1].running if years else 0)
    return next((figure.value for figure in years if figure.year == year), 0)


def _has_data(goal: Goal, years: Sequence[YearFigure]) -> bool:
    return bool(years) or (goal.kind == "cumulative" and bool(goal.opening))


def _status(
    actual: int, target: int | None, expected: int | None, thresholds: Thresholds, *, has_data: bool
) -> str:
    """Judged by the expectation as it is shown, so that a reader comes to the same."""
    if target is None or expected is None or not has_data:
        return "no_data"
    if actual >= target:
        return "achieved"
    if actual >= Fraction(str(thresholds.ahead)) * expected:
        return "ahead"
    return "on_track" if actual >= Fraction(str(thresholds.on_track)) * expected else "behind"


def needed(remaining: int | None, months: Fraction | None) -> int | None:
    """What is missing for each month that is left, rounded up; nothing when none is left."""
    if remaining == 0:
        return 0
    return None if remaining is None or not months else ceil(remaining / months)


def is_provisional(year: int, day: date, final: Collection[int | None]) -> bool:
    """Whether a year's figures may still be mended as a matter of course."""
    return year not in final and day <= date(year + 1, FINAL_MONTH, FINAL_DAY)


def series(
    goal: Goal,
    years: Sequence[YearFigure],
    day: date,
    targets: Mapping[int, Fraction] = NONE,
    final: Collection[int | None] = (),
) -> list[dict[str, Any]]:
    """The years so far, the opening first; a cumulative goal's are running totals."""
    found = []
    opening = goal.baseline if goal.opening is None else goal.opening
    if goal.baseline_year is not None and opening is not None:
        found.append(
            {"year": goal.baseline_year, "actual": opening, "target": None, "met": None,
             "source": "opening", "provisional": False}
        )  # fmt: skip
    first = goal.counts_from_year or (years[0].year if years else day.year)
    figures = {figure.year: figure for figure in years}
    running = goal.opening or 0
    for year in range(first, day.year + 1):
        figure = figures.get(year)
        running = (goal.opening or 0) + figure.running if figure else running
        flow = figure.value if figure else 0
        actual = running if goal.kind == "cumulative" else flow
        target = _target_of(goal, year, targets)
        found.append(
            {"year": year, "actual": actual, "target": target,
             "met": _is_met(actual, target, is_over=year < day.year), "source": "registry",
             "provisional": is_provisional(year, day, final)}
        )  # fmt: skip
    return found


def _target_of(goal: Goal, year: int, targets: Mapping[int, Fraction]) -> int | None:
    """What was promised for a year: its own target, else a flow's, or the end year's."""
    if year in targets and (goal.kind != "cumulative" or year < goal.end_year):
        return half_up(targets[year])
    if goal.kind == "cumulative":
        return goal.total_target if year == goal.end_year else None
    return goal.annual_target if year <= goal.end_year else None


def _is_met(actual: int, target: int | None, *, is_over: bool) -> bool | None:
    """Whether the target was met; a year that is not over has not failed yet."""
    if target is None:
        return None
    return True if actual >= target else (False if is_over else None)
