"""When somebody attends: `[enrolled_on, status_on)`, open while enrolled. Touching is no overlap."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import NamedTuple

MONTHS_TO_EMPLOYMENT = 6


class Interval(NamedTuple):  # a tuple: an import makes millions
    """A half-open interval of dates; `end` is None while it is open."""

    start: date
    end: date | None

    @classmethod
    def of(cls, status: str, enrolled_on: date, status_on: date) -> Interval:
        """The time an enrolment takes."""
        return cls(enrolled_on, None if status == "enrolled" else status_on)

    def common(self, other: Interval) -> Interval | None:
        """What both have in common, None if that is nothing; an empty interval has no part in any."""
        ends = [end for end in (self.end, other.end) if end is not None]
        both = Interval(max(self.start, other.start), min(ends, default=None))
        empty = both.end is not None and both.end <= both.start
        return None if empty else both


@lru_cache(maxsize=4096)
def employment_deadline(status_on: date) -> date:
    """The last day on which employment counts as an outcome: six months on, within that month."""
    months = status_on.month - 1 + MONTHS_TO_EMPLOYMENT
    year, month = status_on.year + months // 12, months % 12 + 1
    return date(year, month, min(status_on.day, monthrange(year, month)[1]))
