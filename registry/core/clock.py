"""Time as the registry sees it: the database's clock, perhaps shifted, and the date in Seoul."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")


def seoul_date(moment: datetime) -> date:
    """The calendar date in Seoul at a moment: 2026-12-31T15:00Z is already 2027-01-01."""
    return moment.astimezone(SEOUL).date()


def start_of_seoul_day(day: date) -> datetime:
    """The first moment of a Seoul date, in UTC."""
    return datetime.combine(day, datetime.min.time(), SEOUL).astimezone(UTC)


def end_of_seoul_day(day: date) -> datetime:
    """The first moment after a Seoul date, in UTC (the next Seoul midnight)."""
    return start_of_seoul_day(day + timedelta(days=1))


class Clock:
    """The real clock: what the database says."""

    strict = True  # a head later than this clock is a fault, not a demonstration

    def now(self, actual: datetime | None = None) -> datetime:
        """The registry's moment when the database's clock (or this machine's) reads `actual`."""
        return actual or datetime.now(UTC)

    def today(self) -> date:
        """Today in Seoul."""
        return seoul_date(self.now())


class ShiftedClock(Clock):
    """Starts at a given moment and runs on (`REGISTRY_CLOCK`); never in production."""

    strict = False

    def __init__(self, start: datetime) -> None:
        self.offset = start - datetime.now(UTC)

    def now(self, actual: datetime | None = None) -> datetime:
        """The actual moment plus the shift."""
        return super().now(actual) + self.offset


class ManualClock(Clock):
    """Stands where it is put: for tests and for building a demo's past."""

    def __init__(self, start: datetime) -> None:
        self.at = start

    def now(self, actual: datetime | None = None) -> datetime:  # noqa: ARG002
        """Where the clock was put, whatever the database's clock reads."""
        return self.at

    def put(self, moment: datetime) -> None:
        """Put the hands at a moment."""
        self.at = moment


def clock_of(setting: str) -> Clock:
    """The clock a `REGISTRY_CLOCK` setting asks for. Raises ValueError on a naive moment."""
    if not setting:
        return Clock()
    start = datetime.fromisoformat(setting)
    if start.tzinfo is None:
        message = "REGISTRY_CLOCK needs an offset, as in 2031-01-15T09:00:00+09:00"
        raise ValueError(message)
    return ShiftedClock(start)
