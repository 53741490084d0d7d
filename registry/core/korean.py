"""Korea's numbers of businesses and corporations: how they are written, and their check digits."""

from __future__ import annotations

import re
import unicodedata

_SEPARATORS = re.compile("[ \\-\u2010-\u2015\u2212]")
_BUSINESS_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)
_CORPORATE_WEIGHTS = (1, 2) * 6


def business_number(text: str) -> str | None:
    """The ten digits of a business registration number (BRN), or None if it is not one.

    The check digit must hold: t = sum of weight x digit + floor(5 x ninth digit / 10).
    """
    digits = _plain(text)
    if not re.fullmatch("[0-9]{10}", digits):
        return None
    total = _weighted(digits, _BUSINESS_WEIGHTS) + 5 * int(digits[8]) // 10
    return digits if int(digits[9]) == _check_digit(total) else None


def corporate_number(text: str) -> str | None:
    """The thirteen digits of a corporate registration number (CRN), or None if it is not one.

    The check digit is no part of this: numbers issued from 2025-01-31 have none.
    """
    digits = _plain(text)
    return digits if re.fullmatch("[0-9]{13}", digits) else None


def corporate_checksum_holds(digits: str) -> bool:
    """Whether the last of thirteen digits is the check digit of a CRN issued before 2025-01-31."""
    return int(digits[12]) == _check_digit(_weighted(digits, _CORPORATE_WEIGHTS))


def _plain(text: str) -> str:
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False))


def _check_digit(total: int) -> int:
    return (10 - total % 10) % 10
