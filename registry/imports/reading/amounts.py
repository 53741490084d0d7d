"""Amounts as people write them: 1,500,000,000 · 15억 · 1조 5,000억 원 · full-width digits."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Any

from registry.core.problems import Flaw

SCIENTIFIC = re.compile(r"[+-]?\d(?:\.\d+)?[eE]\+?\d{1,3}")
EXACT_DIGITS = 15  # that a spreadsheet keeps; beyond, the last are zeros it made up
EXACT_NUMBER = 10**EXACT_DIGITS
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+|\d+")
_PLAIN = re.compile(r"(?P<whole>[\d,]+)(?:\.(?P<part>\d+))?")
_WORDS = re.compile(r"([\d,]+(?:\.\d+)?)?(조|억|만|천|백|십)?")
_LONGEST = 60  # no amount is
_SMALL = {"천": 1_000, "백": 100, "십": 10}
_LARGE = {"조": 10**12, "억": 10**8, "만": 10**4}
_NEXT_BELOW = {10**12: 10**8, 10**8: 10**4}  # "15억 5천" is said for 15억 5천만
_NEGATIVE = re.compile(r"(?:[-−△▲]|\()(.+?)\)?")
_THREE = 3


def read_won(cell: Any, unit: int | None) -> int | Flaw:  # noqa: ANN401 - a cell
    """Whole won, or what is wrong; `unit` is what the column's header says that 1 is."""
    if isinstance(cell, int | float):
        return _whole(Decimal(repr(cell)) * (unit or 1))
    if not isinstance(cell, str):
        return Flaw("invalid-amount")
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", cell))
    text = re.sub(r"^(?:₩|\\|KRW|금)", "", text, flags=re.IGNORECASE)
    if len(text) > _LONGEST:
        return Flaw("invalid-amount")
    if SCIENTIFIC.fullmatch(text):
        return Flaw("scientific-notation")
    negative = _NEGATIVE.fullmatch(text)
    if negative:
        text = negative.group(1)
    spelt = text.removesuffix("정").removesuffix("원")
    found = _read(spelt, won=spelt != text, unit=unit)
    return -found if negative and isinstance(found, int) else found


def _read(text: str, *, won: bool, unit: int | None) -> int | Flaw:
    plain = _PLAIN.fullmatch(text)
    if not plain:
        return _spelt(text, won=won)
    number = _number(plain.group("whole"), plain.group("part"))
    if isinstance(number, Flaw):
        return number
    if won and unit and unit > 1:
        return _two(number, number * unit)
    return _whole(number * (unit or 1))


def _number(whole: str, part: str | None) -> Decimal | Flaw:
    """Digits with their commas; a comma or point that may be either kind is shown as both."""
    digits = whole.replace(",", "")
    if not digits:
        return Flaw("invalid-amount")
    if not _GROUPED.fullmatch(whole):
        if whole.count(",") == 1 and part is None and not whole.startswith(","):
            return _two(Decimal(digits), Decimal(whole.replace(",", ".").rstrip(".")))
        return Flaw("invalid-amount")
    if part and len(part) == _THREE and "," not in whole and len(whole) <= _THREE and part != "000":
        return _two(Decimal(digits + part), Decimal(f"{digits}.{part}"))
    if part == "000" and "," not in whole and len(whole) <= _THREE:
        return _two(Decimal(digits + part), Decimal(digits))
    return Decimal(f"{digits}.{part or 0}")


def _spelt(text: str, *, won: bool) -> int | Flaw:
    """An amount with 조, 억, 만 … in falling order, as 1조5,000억 or 3천5백만."""
    total, section = Decimal(0), Decimal(0)
    large, small, at = 10**16, 10**4, 0
    for found in _WORDS.finditer(text):
        written, word = found.groups()
        if found.start() != at or not found.group():
            continue
        at = found.end()
        amount = _part(written)
        if amount is None or (written is None and word in _LARGE and not section):
            return Flaw("invalid-amount")
        if word in _LARGE:
            if _LARGE[word] >= large:
                return Flaw("invalid-amount")
            large, small = _LARGE[word], 10**4
            total += (section + (amount if written else 0)) * large
            section = Decimal(0)
        elif word in _SMALL:
            if _SMALL[word] >= small:
                return Flaw("invalid-amount")
            small = _SMALL[word]
            section += amount * small
        else:
            section += amount
    if at != len(text) or not text:
        return Flaw("invalid-amount")
    if section and not won and large in _NEXT_BELOW:
        return _two(total + section, total + section * _NEXT_BELOW[large])
    return _whole(total + section)


def _part(written: str | None) -> Decimal | None:
    if written is None:
        return Decimal(1)  # 천 alone is a thousand
    whole, _, part = written.partition(".")
    if not _GROUPED.fullmatch(whole):
        return None
    return Decimal(f"{whole.replace(',', '')}.{part or 0}")


def _whole(number: Decimal) -> int | Flaw:
    return int(number) if number == int(number) else Flaw("invalid-number")


def _two(first: Decimal, second: Decimal) -> Flaw:
    shown = {"first": f"{first.normalize():,f}", "second": f"{second.normalize():,f}"}
    return Flaw("ambiguous-amount", facts=shown)
