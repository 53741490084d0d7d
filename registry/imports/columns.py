"""Checks a batch column by column with the very fields the JSON API checks one body with.

A column of few distinct values is checked once for each of them; names and numbers of the usual
shape are known to be good without asking. Whatever is left is asked of the API's own field, so
that a row gets the verdict the API would give.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import marshmallow as ma

from registry.core.fields import (
    EARLIEST_YEAR,
    LATEST_YEAR,
    Day,
    Email,
    Mobile,
    Text,
    flaws_of,
    plain_decimal,
)
from registry.core.problems import Flaw
from registry.core.text import is_hostile, nfc
from registry.imports.rows import CLEAR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from registry.imports.rows import Rows

_HANGUL_NAME = re.compile("[가-힣]{1,50}")
_NUMBER = re.compile("[0-9A-Za-z](?:[0-9A-Za-z_./ -]{0,98}[0-9A-Za-z])?")
_SIX_SEVEN = re.compile(r"[0-9]{6} *+-? *+[1-8](?:[0-9]{6}|[xX]{6})")
_MOBILE = re.compile(r"\+8210[0-9]{8}")
_WRITTEN_MOBILE = re.compile("010-?([0-9]{4})-?([0-9]{4})")
_EMAIL = re.compile(r"[0-9A-Za-z_.%+-]{1,64}@[0-9A-Za-z-]{1,60}(?:\.[0-9A-Za-z-]{1,60}){1,2}")

Field = ma.fields.Field[Any]
Loaded = tuple[Any, tuple[Flaw, ...]]
_BETWEEN = "\x00"  # that none of them holds
_SHORTEST_RESIDENT = 13  # characters of a resident's number; a mobile has 13, but twelve digits
_LONGEST = 100  # what the usual shapes are no longer than
NOTHING: tuple[Flaw, ...] = ()


def as_sent(value: Any) -> Any:  # noqa: ANN401
    """A parsed cell as a JSON body would hold it."""
    if isinstance(value, str):
        return nfc(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return plain_decimal(value)
    if isinstance(value, (list, tuple)):
        return [as_sent(item) for item in value]
    return value


def load_columns(rows: Rows, fields: Mapping[str, Field]) -> dict[str, list[Any]]:
    """Each column's values as the API's field loads them; what it refuses is noted, and None.

    CLEAR stays CLEAR where the field may be null, and is refused elsewhere.
    """
    loaded = {}
    for name, field in fields.items():
        values = rows.columns.get(name)
        if values is None:
            loaded[name] = [None] * len(rows)
            continue
        loaded[name] = _load(rows, name, values, field)
    return loaded


def _load(rows: Rows, name: str, values: list[Any], field: Field) -> list[Any]:
    if _are_usual(field, values):
        return list(values)
    check = _checker(field)
    try:
        known = {value: check(value) for value in set(values) if value is not None}
    except TypeError:  # a list is no key
        each = [check(value) if value is not None else (None, NOTHING) for value in values]
    else:
        known[None] = (None, NOTHING)
        if not any(flaws for _, flaws in known.values()):
            taken = {value: found for value, (found, _) in known.items()}
            return [taken[value] for value in values]
        each = [known[value] for value in values]
    for index, (_, flaws) in enumerate(each):
        for flaw in flaws:
            rows.refuse(index, flaw.code, _place(name, flaw), **(flaw.facts or {}))
    return [found for found, _ in each]


def _place(name: str, flaw: Flaw) -> str:
    return name + (flaw.pointer or "").replace("/", ".")


def _checker(field: Field) -> Callable[[Any], Loaded]:
    usual = _usual(field)

    def check(value: Any) -> Loaded:  # noqa: ANN401
        if isinstance(value, str):
            found = usual(value)
            if found is not None:
                return found, NOTHING
        return _asked_of_day(field, value) if type(value) is date else ask(field, value)

    return check


@lru_cache(maxsize=1 << 15)
def _asked_of_day(field: Field, value: date) -> Loaded:
    """`ask` for a day: there are few, and every batch has the same."""
    return ask(field, value)


def ask(field: Field, value: Any) -> Loaded:  # noqa: ANN401
    """What the API's field makes of a cell: its value, or None and its flaws."""
    if value is CLEAR:
        return (CLEAR, NOTHING) if field.allow_none else (None, (Flaw("null"),))
    if isinstance(value, str) and is_hostile(value, multiline=True):
        return None, (Flaw("invalid-text"),)
    try:
        return field.deserialize(as_sent(value)), NOTHING
    except ma.ValidationError as error:
        return None, tuple(flaws_of(error.messages, "json"))


def _usual(field: Field) -> Callable[[str], str | None]:
    """What finds a value of the usual shape, as loaded; None for all else."""
    if isinstance(field, Mobile):
        return _usual_mobile
    if isinstance(field, Email):
        return _usual_email
    if type(field) is Text and field.pattern is None and field.longest >= _LONGEST:
        return _usual_text
    return _unknown


def _are_usual(field: Field, values: list[Any]) -> bool:
    """Whether all values but the blank ones are of a usual shape, as loaded: seen at one glance."""
    said = [value for value in values if value is not None]
    kinds = set(map(type, said))
    if kinds == {date} and type(field) is Day and not field.validators:
        first, last = min(said), max(said)
        return bool(first.year >= EARLIEST_YEAR and last.year <= LATEST_YEAR)
    if kinds != {str}:
        return not said
    joined = _BETWEEN.join(said)
    if not any(shape.fullmatch(joined) for shape in _shapes(_usual(field))):
        return False
    if _usual(field) is _usual_mobile or max(map(len, said)) < _SHORTEST_RESIDENT:
        return True
    return not _SIX_SEVEN.search(joined)


@cache
def _shapes(usual: Callable[[str], str | None]) -> tuple[re.Pattern[str], ...]:
    """The usual shapes as those of many values, one after the other."""
    shapes: tuple[re.Pattern[str], ...] = ()
    if usual is _usual_mobile:
        shapes = (_MOBILE,)
    elif usual is _usual_text:
        shapes = (_HANGUL_NAME, _NUMBER)
    return tuple(
        re.compile(f"(?:(?:{one.pattern}){_BETWEEN})*+(?:{one.pattern})") for one in shapes
    )


def _unknown(_value: str) -> None:
    return None


def _usual_mobile(value: str) -> str | None:
    if _MOBILE.fullmatch(value):
        return value
    written = _WRITTEN_MOBILE.fullmatch(value)
    return f"+8210{written[1]}{written[2]}" if written else None


def _usual_email(value: str) -> str | None:
    return value if _EMAIL.fullmatch(value) and not _SIX_SEVEN.search(value) else None


def _usual_text(value: str) -> str | None:
    """A name in Hangul, or a number or name in ASCII, that holds no resident's number."""
    if _HANGUL_NAME.fullmatch(value):
        return value
    return value if _NUMBER.fullmatch(value) and not _SIX_SEVEN.search(value) else None
