"""Where a goal will end if what was seen so far goes on; nothing is said from less than five years.

Two simple methods of Hyndman and Athanasopoulos, *Forecasting: Principles and Practice*, 3rd
edition (OTexts, 2021), https://otexts.com/fpp3/ :

- `seasonal-share`, for this year of a flow, is their seasonal naive idea (section 5.2: a season
  repeats the one before) on shares: the part of a year's figure that was reached by the same day
  of the earlier full years, pooled, is the part that this year's figure is now of its whole. A
  begun month counts by its share of days. The interval comes from what the method would have
  missed in each of those years (section 5.5).
- `drift`, for a cumulative goal (section 5.2): from today on it grows each year by the mean of the
  last five full years. The standard error over h years is s * sqrt(h * (1 + h / n)), with s the
  standard deviation of the n yearly figures (table 5.2, where T - 1 is our n).

Intervals are of 80 per cent, so 1.28 standard errors wide to each side, and assume normal errors
(section 5.5). With fewer years neither figure nor error is worth showing.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil, floor, sqrt
from typing import TYPE_CHECKING

from registry.goals.path import half_up

if TYPE_CHECKING:
    from collections.abc import Mapping

FULL_YEARS = 5
LEVEL = 0.8
DEVIATIONS = 1.28  # of the standard normal distribution, for 80 per cent
SEASONAL_SHARE, DRIFT = "seasonal-share", "drift"
REASONS = {
    "too-few-years": ("온전한 연도가 다섯 해가 되지 않습니다", "fewer than five full years"),
    "period-over": ("목표 기간이 끝났습니다", "the period of the goal is over"),
    "nothing-yet": (
        "이맘때까지의 수치나 지난 연도의 수치가 없습니다",
        "nothing to go by was counted by this day of the earlier years",
    ),
    "year-not-shown": (
        "바탕이 될 연도의 수치가 모두 공개되지는 않아 전망하지 않습니다",
        "not all figures of the years that it would rest on are shown",
    ),
    "reported-level": (
        "보고받는 수준 지표는 전망하지 않습니다", "a reported level is not projected",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Projection:
    """A projected figure with its interval and method, or the code of the reason for none."""

    value: int | None = None
    low: int | None = None
    high: int | None = None
    method: str | None = None
    years: tuple[int, ...] = ()  # those it rests on
    reason: str | None = None


def refused(reason: str) -> Projection:
    """No projection, for a reason of `REASONS`."""
    return Projection(reason=reason)


def full_years(first: int | None, day: date) -> list[int]:
    """The years that were counted from their beginning and are over."""
    return list(range(first or day.year, day.year))


def seasonal(months: Mapping[int, int], first: int | None, day: date) -> Projection:
    """A year's figure at its end, as of a day in it; `months` are figures by month, such as 202603."""
    if len(full_years(first, day)) < FULL_YEARS:
        return refused("too-few-years")
    earlier = [year for year in full_years(first, day) if _by(months, year, None) > 0]
    reached = [_by(months, year, day) for year in earlier]
    whole = [_by(months, year, None) for year in earlier]
    now = _by(months, day.year, None)
    if len([part for part in reached if part > 0]) < FULL_YEARS or now <= 0:
        return refused("nothing-yet")
    share = sum(reached, Fraction(0)) / sum(whole, Fraction(0))
    value = now / share
    # What the method would have said in each year, against what came, relative to what it said.
    misses = [w * share / r - 1 for r, w in zip(reached, whole, strict=True) if r > 0]
    error = float(value) * sqrt(sum(m * m for m in misses) / (len(misses) - 1))
    low, high = _interval(value, error)
    return Projection(half_up(value), max(low, int(now)), high, SEASONAL_SHARE, tuple(earlier))


def drift(
    actual: int, flows: Mapping[int, int], first: int | None, end_year: int, day: date
) -> Projection:
    """A cumulative goal's figure at the end of its last year; `flows` are figures by year."""
    earlier = full_years(first, day)[-FULL_YEARS:]
    if len(earlier) < FULL_YEARS:
        return refused("too-few-years")
    if day.year > end_year:
        return refused("period-over")
    past = [Fraction(flows.get(year, 0)) for year in earlier]
    pace = sum(past, Fraction(0)) / len(past)
    ahead = _years_left(day, end_year)
    value = actual + pace * ahead
    spread = sqrt(sum((flow - pace) ** 2 for flow in past) / (len(past) - 1))
    low, high = _interval(value, spread * sqrt(ahead * (1 + ahead / len(past))))
    return Projection(half_up(value), low, high, DRIFT, tuple(earlier))


def as_answer(projection: Projection) -> dict[str, object]:
    """A projection as answers write it, with the reason for none in both languages."""
    korean, english = REASONS.get(projection.reason or "", (None, None))
    return {
        "value": projection.value, "low": projection.low, "high": projection.high,
        "level": LEVEL if projection.value is not None else None, "method": projection.method,
        "years": list(projection.years), "reason_code": projection.reason, "reason": korean,
        "reason_en": english,
    }  # fmt: skip


def _by(months: Mapping[int, int], year: int, day: date | None) -> Fraction:
    """A year's figure up to the same day of the year as `day`, or the whole year's."""
    last = 12 if day is None else day.month
    found = Fraction(sum(months.get(year * 100 + month, 0) for month in range(1, last)))
    length = monthrange(year, last)[1]
    gone = length if day is None else min(day.day, length)
    if day is not None and day.day == monthrange(day.year, day.month)[1]:
        gone = length  # the month is over there as here: 28 February is not "most of" a leap one
    return found + months.get(year * 100 + last, 0) * Fraction(gone, length)


def _years_left(day: date, end_year: int) -> Fraction:
    length = (date(day.year, 12, 31) - date(day.year, 1, 1)).days + 1
    return Fraction((date(day.year, 12, 31) - day).days, length) + end_year - day.year


def _interval(value: Fraction, error: float) -> tuple[int, int]:
    return floor(float(value) - DEVIATIONS * error), ceil(float(value) + DEVIATIONS * error)
