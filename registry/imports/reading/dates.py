"""Dates as people and spreadsheets write them; what can be read in two ways is never guessed."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from registry.core.fields import EARLIEST_YEAR, LATEST_YEAR
from registry.core.problems import Flaw

if TYPE_CHECKING:
    from collections.abc import Sequence

EPOCHS = {"1900": date(1899, 12, 30), "1904": date(1904, 1, 1)}
_SIX, _EIGHT = 6, 8
_LONGEST = 60  # no date is; the patterns below take the square of a text of blanks
_SERIAL_DIGITS = 5  # days from 1927 to 2173
_TIME = r"(?:[ T]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_YEAR_FIRST = re.compile(
    rf"(\d{{4}})\s*[-./년]\s*(\d{{1,2}})\s*[-./월]\s*(\d{{1,2}})\s*[.일]?(?:\s*\([월화수목금토일]\))?{_TIME}"
)
_SHORT_YEAR = re.compile(r"'?(\d{2})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})\s*[.일]?")
_YEAR_LAST = re.compile(r"(\d{1,2})\s*[-./]\s*(\d{1,2})\s*[-./]\s*(\d{4})")
_USUAL = re.compile("(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}")  # the years of a `Day`
_DIGITS = re.compile(r"\d{1,8}(?:\.0+)?")


def usual_day(cell: Any) -> date | None:  # noqa: ANN401 - a cell
    """The day of a cell that can be read in no other way, by far the most; None of all else."""
    if type(cell) is date:
        return cell if EARLIEST_YEAR <= cell.year <= LATEST_YEAR else None
    if type(cell) is not str or not _USUAL.fullmatch(cell):
        return None
    try:
        return date.fromisoformat(cell)
    except ValueError:
        return None


def usual_days(cells: Sequence[Any]) -> list[Any] | None:
    """The values of cells that are all blank or days that the API takes; None if not all are."""
    if date not in set(map(type, cells)):
        return None
    days = [cell for cell in cells if cell != ""]
    if set(map(type, days)) != {date}:
        return None
    usual = min(days).year >= EARLIEST_YEAR and max(days).year <= LATEST_YEAR
    return [cell or None for cell in cells] if usual else None


def read_date(cell: Any, system: str | None) -> str | Flaw:  # noqa: ANN401 - a cell
    """A date as the API takes it, or what is wrong with it.

    `system` is the workbook's: what day a number counts from. In a text file nobody knows.
    """
    if isinstance(cell, date):
        return (cell.date() if isinstance(cell, datetime) else cell).isoformat()
    if isinstance(cell, int | float):
        return _number(f"{cell:.0f}", system) if cell == int(cell) else Flaw("invalid-date")
    text = unicodedata.normalize("NFKC", cell).strip()
    if _DIGITS.fullmatch(text):
        return _number(text.partition(".")[0], system)
    return _either(_spelt(text) if len(text) <= _LONGEST else [])


def _spelt(text: str) -> list[date | None]:
    """Every reading of a date whose parts are told apart."""
    if found := _YEAR_FIRST.fullmatch(text):
        return [_day(*found.groups())]
    if found := _SHORT_YEAR.fullmatch(text):
        return _centuries(*found.groups())
    if found := _YEAR_LAST.fullmatch(text):
        one, two, year = found.groups()
        return [_day(year, one, two), _day(year, two, one)]
    return []


def _number(digits: str, system: str | None) -> str | Flaw:
    if len(digits) == _EIGHT:
        return _either([_day(digits[:4], digits[4:6], digits[6:])])
    if len(digits) > _SIX:
        return Flaw("invalid-date")
    padded = digits.zfill(_SIX)
    short = _centuries(padded[:2], padded[2:4], padded[4:])
    if len(digits) != _SERIAL_DIGITS:
        return _either(short)
    systems = [system] if system else list(EPOCHS)  # or else a leading zero was lost
    return _either([*(_serial(int(digits), name) for name in systems), *reversed(short)])


def _centuries(year: str, month: str, day: str) -> list[date | None]:
    return [_day(century + year, month, day) for century in ("19", "20")]


def _serial(number: int, system: str) -> date | None:
    day = EPOCHS[system] + timedelta(days=number)
    return day if EARLIEST_YEAR < day.year <= LATEST_YEAR else None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _either(readings: list[date | None]) -> str | Flaw:
    """The one reading there is; two are shown, and left to whoever wrote it."""
    found = list(dict.fromkeys(r.isoformat() for r in readings if r is not None))
    if not found:
        return Flaw("invalid-date")
    if len(found) == 1:
        return found[0]
    return Flaw("ambiguous-date", facts={"first": found[0], "second": found[1]})
