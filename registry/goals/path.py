"""The path a goal is to take: straight lines from where it began, through any yearly targets.

Everything is exact until it is written: fractions, rounded half up where an answer shows them.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


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


@dataclass(frozen=True)
class Path:
    """A value at the eve of a period, one at its end, and those promised for years between."""

    period: Period
    origin: Fraction
    target: Fraction
    targets: Mapping[int, Fraction]  # by year, due at its end

    def points(self) -> Iterator[tuple[date, Fraction]]:
        """The days at which the line bends, with the value due then, and its end."""
        for year, value in sorted(self.targets.items()):
            due = date(year, 12, 31)
            if self.period.start <= due < self.period.end:
                yield due, value
        yield self.period.end, self.target

    def value(self, day: date) -> Fraction:
        """What is due at the end of a day: the origin before the period, the target after it."""
        since, base = self.period.start - timedelta(days=1), self.origin
        for due, value in self.points():
            if day <= due:
                elapsed = max((day - since).days, 0)
                return base + (value - base) * Fraction(elapsed, (due - since).days)
            since, base = due, value
        return base


def half_up(number: Fraction) -> int:
    """A number rounded half up to a whole one."""
    return (number + Fraction(1, 2)).__floor__()


def four_decimals(number: Fraction) -> float:
    """A ratio as answers write it: at most four decimals, half up."""
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    return float(exact.quantize(Decimal("0.0001"), ROUND_HALF_UP))


def shown(scaled: int, scale: int) -> int | float:
    """A figure kept in parts of one (hundredths of a percent) as answers write it."""
    return scaled // scale if scaled % scale == 0 else float(Decimal(scaled) / scale)
