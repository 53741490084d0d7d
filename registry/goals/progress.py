"""How far a goal is: arithmetic alone, on figures that are already counted.

Everything is exact until it is written: fractions, rounded half up where an answer shows them.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.goals.models import Goal
    from registry.statistics.queries import YearFigure

FULL_YEARS_TO_PROJECT = 5
TOO_FEW_YEARS = "fewer than five full years"
NO_METHOD = "no method of projection is in force"
FINAL_MONTH, FINAL_DAY = 3, 31  # a year is provisional until 31 March of the next


@dataclass(frozen=True)
class Thresholds:
    """Actual over expected from which a goal is ahead, or on track."""

    ahead: float
    on_track: float


@dataclass(frozen=True)
class Period:
    """The days over which a target is to be reached, both included."""

    start: date
    end: date

    def share(self, day: date) -> Fraction:
        """The share of the period that has gone by at the end of a day."""
        days = (self.end - self.start).days + 1
        elapsed = min(max((day - self.start).days + 1, 0), days)
        return Fraction(elapsed, days)

    def months_left(self, day: date) -> Fraction:
        """The months after a day: the begun one by its remaining share, then the whole ones."""
        if day >= self.end:
            return Fraction(0)
        length = monthrange(day.year, day.month)[1]
        whole = (self.end.year - day.year) * 12 + self.end.month - day.month
        return Fraction(length - day.day, length) + whole


def current(
    goal: Goal, years: Sequence[YearFigure], day: date, thresholds: Thresholds
) -> dict[str, Any]:
    """Where a flow or cumulative goal stands on a day in Seoul."""
    year, period, target = _aim(goal, day)
    actual = _actual(goal, years, year)
    expected = None if target is None else half_up(target * period.share(day))
    remaining = None if target is None else max(target - actual, 0)
    ended = min(day.year, goal.end_year)
    return {
        "year": year,
        "actual": actual,
        "target": target,
        "ratio": None if not target else four_decimals(Fraction(actual, target)),
        "expected_to_date": expected,
        "status": _status(actual, target, expected, thresholds, has_data=_has_data(goal, years)),
        "remaining": remaining,
        "needed_per_month": _needed(remaining, period.months_left(day)),
        "provisional": day <= date(ended + 1, FINAL_MONTH, FINAL_DAY),
        "projection": None,
        "projection_reason": _why_no_projection(goal, day),
    }


def _aim(goal: Goal, day: date) -> tuple[int, Period, int | None]:
    """The year an answer is about, the period of its target, the target.

    A flow's last year is its end year: after that nothing was promised.
    """
    if goal.kind == "cumulative":
        return day.year, Period(goal.starts_on, date(goal.end_year, 12, 31)), goal.total_target
    year = min(max(day.year, goal.counts_from_year or day.year), goal.end_year)
    return year, Period(date(year, 1, 1), date(year, 12, 31)), goal.annual_target


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


def _needed(remaining: int | None, months: Fraction) -> int | None:
    if remaining == 0:
        return 0
    return None if remaining is None or not months else ceil(remaining / months)


def _why_no_projection(goal: Goal, day: date) -> str:
    full = day.year - (goal.counts_from_year or day.year)
    return TOO_FEW_YEARS if full < FULL_YEARS_TO_PROJECT else NO_METHOD


def series(goal: Goal, years: Sequence[YearFigure], day: date) -> list[dict[str, Any]]:
    """The years so far, the opening first; a cumulative goal's are running totals."""
    found = []
    opening = goal.baseline if goal.opening is None else goal.opening
    if goal.baseline_year is not None and opening is not None:
        found.append(
            {"year": goal.baseline_year, "actual": opening, "target": None, "met": None,
             "source": "opening"}
        )  # fmt: skip
    first = goal.counts_from_year or (years[0].year if years else day.year)
    figures = {figure.year: figure for figure in years}
    running = goal.opening or 0
    for year in range(first, day.year + 1):
        figure = figures.get(year)
        running = (goal.opening or 0) + figure.running if figure else running
        flow = figure.value if figure else 0
        actual = running if goal.kind == "cumulative" else flow
        target = _target_of(goal, year)
        found.append(
            {"year": year, "actual": actual, "target": target,
             "met": _is_met(actual, target, is_over=year < day.year), "source": "registry"}
        )  # fmt: skip
    return found


def _target_of(goal: Goal, year: int) -> int | None:
    """What was promised for a year: each year of a flow, the end year of a cumulative goal."""
    if goal.kind == "cumulative":
        return goal.total_target if year == goal.end_year else None
    return goal.annual_target if year <= goal.end_year else None


def _is_met(actual: int, target: int | None, *, is_over: bool) -> bool | None:
    """Whether the target was met; a year that is not over has not failed yet."""
    if target is None:
        return None
    return True if actual >= target else (False if is_over else None)


def half_up(number: Fraction) -> int:
    """A number that is not negative, rounded half up to a whole one."""
    return int(number + Fraction(1, 2))


def four_decimals(number: Fraction) -> float:
    """A ratio as answers write it: at most four decimals, half up."""
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    return float(exact.quantize(Decimal("0.0001"), ROUND_HALF_UP))
