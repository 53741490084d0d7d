"""Days, months and moments, and what is asked `as_of`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import marshmallow as ma

from registry.core.fields.base import Coded, flawed

EARLIEST_YEAR, LATEST_YEAR = 1900, 2199


class Day(Coded, ma.fields.Date):
    """A date written 2026-03-02, between 1900 and 2199."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"pattern": "^(19|20|21)"} | kwargs.pop("metadata", {})
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> date:  # noqa: ANN401, ARG002
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise flawed("invalid-date")
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise flawed("invalid-date") from None
        if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise flawed("out-of-range", min=EARLIEST_YEAR, max=LATEST_YEAR)
        return day


class Month(Coded, ma.fields.String):
    """A month written 2026-03; loads as the integer 202603."""

    def __init__(self, **kwargs: Any) -> None:
        shape = {"pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}
        super().__init__(metadata=shape | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:  # type: ignore[override]  # noqa: ANN401, ARG002
        if not isinstance(value, str) or not re.fullmatch("[0-9]{4}-(0[1-9]|1[0-2])", value):
            raise flawed("invalid-month")
        return int(value[:4]) * 100 + int(value[5:])


class MomentText(Coded, ma.fields.DateTime):
    """A moment in RFC 3339 with its offset; answers are UTC with `Z`."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:  # noqa: ANN401, ARG002
        shape = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
        if not isinstance(value, str) or not re.fullmatch(shape, value):
            raise flawed("invalid-moment")
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise flawed("invalid-moment") from None

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> str | None:  # noqa: ANN401, ARG002
        return None if value is None else rfc3339(value)


class AsOf(Coded, ma.fields.String):
    """A date (2026-11-01), or a moment with its offset; loads as a date or an aware datetime."""

    def __init__(self, **kwargs: Any) -> None:
        forms = [
            {"type": "string", "format": "date", "pattern": "^(19|20|21)"},
            {"type": "string", "format": "date-time"},
        ]
        super().__init__(metadata={"anyOf": forms} | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002
        is_day = isinstance(value, str) and len(value) == len("2026-11-01")
        return Day().deserialize(value) if is_day else MomentText().deserialize(value)


def rfc3339(moment: datetime) -> str:
    """A moment as text: UTC with `Z`, microseconds only if there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
