"""The periods that reported figures are of: a year, a half, a quarter or a month."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

PERIOD = "(19|20|21)[0-9]{2}(-(H[12]|Q[1-4]|0[1-9]|1[0-2]))?"
MONTHS_OF = {"H": 6, "Q": 3}


def days_of(period: str) -> tuple[date, date]:
    """The first and the last day of a period such as 2025, 2025-H1, 2025-Q3 or 2025-09."""
    year, _, part = period.partition("-")
    if not part:
        return date(int(year), 1, 1), date(int(year), 12, 31)
    length = MONTHS_OF.get(part[0], 1)
    last = int(part.lstrip("HQ")) * length
    return date(int(year), last - length + 1, 1), date(int(year), last, _length(int(year), last))


def is_year(period: str) -> bool:
    """Whether the period is a whole year."""
    return bool(re.fullmatch("[0-9]{4}", period))


def months_after(day: date, count: int) -> date:
    """The same day so many months later, or the last of that month."""
    years, month = divmod(day.month - 1 + count, 12)
    length = _length(day.year + years, month + 1)
    return date(day.year + years, month + 1, min(day.day, length))


def _length(year: int, month: int) -> int:
    return monthrange(year, month)[1]
