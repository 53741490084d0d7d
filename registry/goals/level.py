"""How far a goal is whose figure is reported: a level or a rank, on its way from the baseline.

The way gone and the way expected are shares of the whole way from baseline to target, so that up
and down, per cents, won and ranks are judged alike: a rank falls towards its target.
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from registry.goals.models import SCALES
from registry.goals.path import Path, Period, four_decimals, half_up, shown
from registry.goals.periods import months_after
from registry.goals.progress import needed
from registry.goals.projection import REASONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from registry.goals.models import Goal, Observation
    from registry.goals.progress import Thresholds


def path_of(goal: Goal, targets: Mapping[int, Fraction]) -> Path | None:
    """The line from the baseline to the target, None if either is missing.

    It begins after the baseline's year, or at the announcement if that year was never stated.
    """
    start = goal.starts_on if goal.baseline_year is None else date(goal.baseline_year + 1, 1, 1)
    end = date(goal.end_year, 12, 31)
    if goal.baseline is None or goal.total_target is None or start > end:
        return None
    return Path(Period(start, end), Fraction(goal.baseline), Fraction(goal.total_target), targets)


def newest(observations: Sequence[Observation]) -> Observation | None:
    """The one whose period ended last; of two that ended together the one of the longer period."""
    key = lambda o: (o.period_end, -o.period_start.toordinal())  # noqa: E731
    return max(observations, key=key, default=None)


def stale_since(goal: Goal, last_end: date | None, fresh_months: int, day: date) -> date | None:
    """The day from which no figure is fresh, None while one is or if the registry counts it.

    A figure is fresh until so many months after its period's end; the baseline is the first one.
    """
    if goal.dataset is not None:
        return None
    base = goal.starts_on if goal.baseline_year is None else date(goal.baseline_year, 12, 31)
    since = months_after(last_end or base, fresh_months) + timedelta(days=1)
    return since if since <= day else None


def current(
    goal: Goal, last: Observation | None, path: Path | None, day: date, thresholds: Thresholds
) -> dict[str, Any]:
    """Where a reported goal stands on a day in Seoul, by its last observation."""
    scale = SCALES.get(goal.unit, 1)
    gone = expected = remaining = months = None
    if path is not None:
        expected = path.value(day)
        months = path.period.months_left(day)
    if path is not None and last is not None:
        actual = Fraction(last.value, scale)
        gone = _way(path, actual)
        remaining = half_up(max(_ahead(goal, path.target, actual), Fraction(0)) * scale)
    needs = needed(remaining, months)
    return {
        "year": min(day.year, goal.end_year),
        "actual": None if last is None else shown(last.value, scale),
        "target": goal.total_target,
        "ratio": None if gone is None else four_decimals(gone),
        "expected_to_date": None if expected is None else shown(half_up(expected * scale), scale),
        "status": _status(path, gone, day, thresholds),
        "remaining": None if remaining is None else shown(remaining, scale),
        "needed_per_month": None if needs is None else shown(needs, scale),
        "provisional": last is None or last.provisional,
        "projection": None,
        "projection_reason": REASONS["reported-level"][1],
    }


def expected_ratio(path: Path | None, day: date) -> Fraction | None:
    """The share of the way that should have been gone by the end of a day."""
    return None if path is None else _way(path, path.value(day))


def _way(path: Path, value: Fraction) -> Fraction | None:
    whole = path.target - path.origin
    return (value - path.origin) / whole if whole else None


def _ahead(goal: Goal, target: Fraction, actual: Fraction) -> Fraction:
    return target - actual if goal.direction == "up" else actual - target


def _status(path: Path | None, gone: Fraction | None, day: date, thresholds: Thresholds) -> str:
    expected = expected_ratio(path, day)
    if gone is None or expected is None:
        return "no_data"
    if gone >= 1:
        return "achieved"
    if gone >= Fraction(str(thresholds.ahead)) * expected:
        return "ahead"
    return "on_track" if gone >= Fraction(str(thresholds.on_track)) * expected else "behind"


def series(
    goal: Goal, observations: Sequence[Observation], day: date, targets: Mapping[int, Fraction]
) -> list[dict[str, Any]]:
    """The baseline, and of each year the last observation; years without one are left out."""
    scale = SCALES.get(goal.unit, 1)
    found: list[dict[str, Any]] = []
    if goal.baseline_year is not None and goal.baseline is not None:
        found.append(
            {"year": goal.baseline_year, "actual": goal.baseline, "target": None, "met": None,
             "source": "opening", "provisional": False}
        )  # fmt: skip
    for year in sorted({o.period_end.year for o in observations}):
        last = newest([o for o in observations if o.period_end.year == year])
        if last is None:
            continue
        target = Fraction(goal.total_target) if goal.total_target is not None else None
        target = target if year == goal.end_year else targets.get(year)
        actual = Fraction(last.value, scale)
        found.append(
            {"year": year, "actual": shown(last.value, scale),
             "target": None if target is None else shown(half_up(target * scale), scale),
             "met": _is_met(goal, target, actual, is_over=year < day.year),
             "source": "observation", "provisional": last.provisional}
        )  # fmt: skip
    return found


def _is_met(goal: Goal, target: Fraction | None, actual: Fraction, *, is_over: bool) -> bool | None:
    """Whether the year's target was met; a year that is not over has not failed yet."""
    if target is None:
        return None
    return True if _ahead(goal, target, actual) <= 0 else (False if is_over else None)
