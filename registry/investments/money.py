"""Amounts: won, or another currency with the rate that turns it into won exactly."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from registry.core.fields import MAX_WON
from registry.core.problems import Flaw, Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

KRW = "KRW"
ORIGINAL_PLACES, RATE_PLACES = 4, 6
UNIT = 10**10  # ten-thousandths times millionths
FOREIGN = ("currency", "original_amount", "fx_rate")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount as it is stored: the won, and what they were computed from (null for won)."""

    amount_krw: int
    currency: str = KRW
    original_e4: int | None = None
    fx_rate_e6: int | None = None

    def columns(self) -> dict[str, Any]:
        """The columns of a transaction of this amount."""
        return {name: getattr(self, name) for name in self.__slots__}


def money_of(data: Mapping[str, Any], won_field: str) -> Money:
    """The amount given as won in `won_field`, or as currency, original amount and rate.

    Raises Invalid: required, fx-mismatch if both are given and differ, out-of-range for a
    computed amount below one won or above the largest.
    """
    given = data.get(won_field)
    missing = [name for name in FOREIGN if data.get(name) is None]
    if len(missing) == len(FOREIGN):
        if given is None:
            raise Invalid.at(won_field, "required")
        return Money(given)
    if missing:
        raise Invalid(*(Flaw("required", f"/{name}") for name in missing))
    original = _scaled(data["original_amount"], ORIGINAL_PLACES)
    rate = _scaled(data["fx_rate"], RATE_PLACES)
    computed = won(original, rate)
    if not 1 <= computed <= MAX_WON:
        raise Invalid.at("original_amount", "out-of-range", min=1, max=MAX_WON)
    if given is not None and given != computed:
        raise Invalid.at(won_field, "fx-mismatch", computed=computed)
    return Money(computed, data["currency"], original, rate)


def won(original_e4: int, fx_rate_e6: int) -> int:
    """Amount times rate in whole won, exact and half up."""
    return (2 * original_e4 * fx_rate_e6 + UNIT) // (2 * UNIT)


def original_of(original_e4: int | None) -> Decimal | None:
    """The stored ten-thousandths as the decimal they stand for."""
    return None if original_e4 is None else Decimal(original_e4).scaleb(-ORIGINAL_PLACES)


def rate_of(fx_rate_e6: int | None) -> Decimal | None:
    """The stored millionths as the rate they stand for."""
    return None if fx_rate_e6 is None else Decimal(fx_rate_e6).scaleb(-RATE_PLACES)


def _scaled(number: Decimal, places: int) -> int:
    return int(number.scaleb(places))
