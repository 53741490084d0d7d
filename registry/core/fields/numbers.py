"""Numbers that are never rounded or truncated, and flags."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

import marshmallow as ma

from registry.core.fields.base import Coded, flawed

MAX_WON = 10**15  # a thousand times the city's whole target; fits 64 bits when summed


class Count(Coded, ma.fields.Integer):
    """A whole number within bounds; 1.0, true and "1" are not numbers in JSON."""

    def __init__(self, smallest: int = 0, largest: int = 10**9, **kwargs: Any) -> None:
        bounds = {"minimum": smallest, "maximum": largest}
        super().__init__(metadata=bounds | kwargs.pop("metadata", {}), **kwargs)
        self.smallest, self.largest = smallest, largest

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:  # noqa: ANN401, ARG002
        if isinstance(value, bool) or not isinstance(value, int):
            raise flawed("invalid-number")
        return self._bounded(value)

    def _bounded(self, value: int) -> int:
        if not self.smallest <= value <= self.largest:
            raise flawed("out-of-range", min=self.smallest, max=self.largest)
        return value


class QueryCount(Count):
    """A whole number in a query string: plain ASCII digits."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:  # noqa: ANN401, ARG002
        if not re.fullmatch("-?[0-9]{1,18}", value):
            raise flawed("invalid-number")
        return self._bounded(int(value))


class Won(Count):
    """A positive amount of won, or (`smallest=0`) none."""

    def __init__(self, smallest: int = 1, **kwargs: Any) -> None:
        super().__init__(smallest, MAX_WON, **kwargs)


class Ratio(Coded, ma.fields.Float):
    """A number of at most four decimals, in an answer."""


class Figure(Coded, ma.fields.Float):
    """A JSON number of at most two decimals; loads as an exact Decimal, answers as it is."""

    def __init__(self, smallest: int = 0, largest: int = MAX_WON, **kwargs: Any) -> None:
        bounds = {"minimum": smallest, "maximum": largest}
        super().__init__(metadata=bounds | kwargs.pop("metadata", {}), **kwargs)
        self.smallest, self.largest = smallest, largest

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise flawed("invalid-figure", places=2)
        if not self.smallest <= value <= self.largest:
            raise flawed("out-of-range", min=self.smallest, max=self.largest)
        number = Decimal(repr(value))  # the shortest text of a double is what was written
        if number != round(number, 2):
            raise flawed("invalid-figure", places=2)
        return number

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002
        return value


class DecimalText(Coded, ma.fields.String):
    """An exact positive decimal in a string, such as "1350.55"; loads as Decimal, never rounded."""

    def __init__(self, places: int, digits: int = 12, **kwargs: Any) -> None:
        shape = {"pattern": rf"^[0-9]{{1,{digits}}}(\.[0-9]{{1,{places}}})?$"}
        super().__init__(metadata=shape | kwargs.pop("metadata", {}), **kwargs)
        self.places = places
        self.shape = re.compile(rf"[0-9]{{1,{digits}}}(\.[0-9]{{1,{places}}})?")

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Decimal:  # type: ignore[override]  # noqa: ANN401, ARG002
        if not isinstance(value, str) or not self.shape.fullmatch(value):
            raise flawed("invalid-decimal", places=self.places)
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise flawed("invalid-decimal", places=self.places) from None
        if number <= 0:
            raise flawed("out-of-range", min="0.000001", max="999999999999")
        return number

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> str | None:  # noqa: ANN401, ARG002
        return None if value is None else plain_decimal(value)


def plain_decimal(number: Decimal) -> str:
    """A decimal without exponent and without needless zeros: 1350.55, 10."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Flag(Coded, ma.fields.Boolean):
    """true or false in JSON."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:  # noqa: ANN401, ARG002
        if not isinstance(value, bool):
            raise flawed("invalid-boolean")
        return value


class QueryFlag(Flag):
    """true or false in a query string."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:  # noqa: ANN401, ARG002
        if value not in {"true", "false"}:
            raise flawed("invalid-boolean")
        return bool(value == "true")
