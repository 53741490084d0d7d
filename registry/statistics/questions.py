"""A question for figures, and what follows from it alone: its months, its unit, its certainty."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from registry.statistics.catalogue import TIMES, default_scheme, dimensions, unit_of

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_CELLS = 50_000
MONTHS_UNTIL_EMPLOYMENT_IS_KNOWN = 7  # rule trainees/1: provisional until seven months after


@dataclass(frozen=True)
class Question:
    """What is asked of one dataset; months are integers such as 202603."""

    dataset: str
    measure: str
    by: tuple[str, ...] = ()
    filters: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    first: int | None = None
    last: int | None = None
    zone_scheme: str = field(default_factory=default_scheme)
    zeros: bool = False
    labels: str | None = None

    @property
    def spans(self) -> list[list[tuple[int, int]]]:
        """The first and last months that each time filter allows."""
        return [[span(v) for v in self.filters[name]] for name in TIMES if name in self.filters]

    def bounds(self) -> tuple[int | None, int | None]:
        """The first and the last month asked for, None where the question is open."""
        lows = [min(low for low, _ in spans) for spans in self.spans]
        highs = [max(high for _, high in spans) for spans in self.spans]
        lows += [self.first] if self.first else []
        highs += [self.last] if self.last else []
        return max(lows, default=None), min(highs, default=None)

    def months(self, first: int, last: int) -> list[int]:
        """The months from the first to the last that the time filters let through."""
        return [
            month
            for month in months_between(first, last)
            if all(any(low <= month <= high for low, high in spans) for spans in self.spans)
        ]

    @property
    def asked(self) -> dict[str, Any]:
        """The filters and months as the question's parameters write them."""
        edges = {"from": self.first, "to": self.last}
        asked: dict[str, Any] = {k: time_parts(v)["month"] for k, v in edges.items() if v}
        for name, values in self.filters.items():
            months = name == "month"
            asked[name] = [time_parts(v)["month"] if months else v for v in values]
        return asked

    @property
    def unit(self) -> str:
        """What the figures count; the unit of people depends on whether it is about one year."""
        first, last = self.bounds()
        closed = first is not None and last is not None
        within = closed and len({m // 100 for m in self.months(first or 0, last or 0)}) <= 1
        return unit_of(self.measure, within_a_year=within)

    def is_provisional(self, today: date) -> bool:
        """Whether outcomes are still coming in for the latest month asked for."""
        if self.measure != "employed":
            return False
        _, last = self.bounds()
        latest = min(last or month_of(today), month_of(today))
        return today < _months_after(latest, MONTHS_UNTIL_EMPLOYMENT_IS_KNOWN, today)


def question_of(dataset: str, asked: Mapping[str, Any]) -> Question:
    """The question that a query's parameters put to a dataset; `by`, `zeros`, `labels` if any."""
    filters = {n: tuple(asked[n]) for n in dimensions(dataset) if asked.get(n)}
    return Question(
        dataset, asked["measure"], asked.get("by", ()), filters, asked["from_"], asked["to"],
        asked["zone_scheme"] or default_scheme(), asked.get("zeros", False), asked.get("labels"),
    )  # fmt: skip


def span(value: int | str) -> tuple[int, int]:
    """The first and last month of a year (2026), a quarter ("2026-Q1") or a month (202603)."""
    if isinstance(value, str):
        year, quarter = int(value[:4]), int(value[6])
        return year * 100 + quarter * 3 - 2, year * 100 + quarter * 3
    return (value, value) if value > 9999 else (value * 100 + 1, value * 100 + 12)  # noqa: PLR2004


def months_between(first: int, last: int) -> list[int]:
    """Every month from one to another, both included."""
    low, high = (month // 100 * 12 + month % 100 - 1 for month in (first, last))
    return [count // 12 * 100 + count % 12 + 1 for count in range(low, high + 1)]


def month_of(day: date) -> int:
    """A date's month as an integer."""
    return day.year * 100 + day.month


def time_parts(month: int) -> dict[str, int | str]:
    """The year, quarter and month of a month as answers write them."""
    year, number = divmod(month, 100)
    return {
        "year": year,
        "quarter": f"{year}-Q{(number + 2) // 3}",
        "month": f"{year}-{number:02}",
    }


def _months_after(month: int, count: int, today: date) -> date:
    """The day that many months after the last day (today at the latest) of a month."""
    last = monthrange(month // 100, month % 100)[1]
    day = min(date(month // 100, month % 100, last), today)
    years, number = divmod(day.month - 1 + count, 12)
    length = monthrange(day.year + years, number + 1)[1]
    return date(day.year + years, number + 1, min(day.day, length))


@dataclass(frozen=True)
class Cell:
    """The values of the dimensions asked for, in their order, and the figure; None is hidden."""

    keys: tuple[Any, ...]
    value: int | None


@dataclass(frozen=True)
class Figures:
    """The cells that are not zero, sorted, and their total; None is hidden."""

    cells: tuple[Cell, ...]
    total: int | None
