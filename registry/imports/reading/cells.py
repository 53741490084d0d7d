"""Cells as typed: made comparable a column at a time, and searched for resident numbers."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Any

from registry.core.text import looks_like_resident_number

if TYPE_CHECKING:
    from collections.abc import Sequence

BETWEEN = "\x00"  # what no honest cell holds, and no pattern here reaches across
EXAMPLE_MARK = "(예시)"
QUOTED = re.compile("''*[=+\\-@\t\r]")
_PLAIN_RESIDENT = re.compile(r"[0-9]{6}\s*+-?\s*+[1-8](?:[0-9]{6}|[*xX]{6})")
_UNUSUAL = re.compile("[^\x00-\x7f가-힣]")
_TWELVE_DIGITS, _FOURTEEN_DIGITS = 10**11, 10**13  # a leading zero is lost in a number
_SHORTEST = 13
_DAYS = {date, str}


def cleaned(cells: Sequence[Any]) -> list[Any]:
    """The cells with their texts as they are meant.

    Hangul is composed (NFC), white space around is dropped, and so is the one leading apostrophe
    that keeps `= + - @` from being a formula.
    """
    try:
        texts: list[Any] = list(map(str.strip, cells))
        joined = BETWEEN.join(texts)
    except TypeError:  # numbers and dates among them
        texts = [c.strip() if type(c) is str else c for c in cells]
        joined = BETWEEN.join(c for c in texts if type(c) is str)
    if not unicodedata.is_normalized("NFC", joined):
        texts = [unicodedata.normalize("NFC", c) if type(c) is str else c for c in texts]
    if "'" in joined:
        texts = [c[1:].strip() if type(c) is str and QUOTED.match(c) else c for c in texts]
    return texts


def resident_number_at(cells: Sequence[Any]) -> int | None:
    """The index of the first cell that holds what looks like a resident registration number.

    A number counts as well: Excel keeps thirteen digits typed without a hyphen as one, and twelve
    where the first was a zero.
    """
    texts, kinds = cells, set(map(type, cells))
    if kinds <= _DAYS and not any(c for c in cells if type(c) is str):
        return None
    if kinds != {str}:
        texts = [c if type(c) is str else _digits(c) for c in cells]
    if max(map(len, texts), default=0) < _SHORTEST:
        return None
    joined = BETWEEN.join(texts)
    if not _PLAIN_RESIDENT.search(joined) and not _UNUSUAL.search(joined):
        return None
    for index, text in enumerate(texts):
        if len(text) >= _SHORTEST and looks_like_resident_number(text):
            return index
    return None


def _digits(cell: object) -> str:
    if isinstance(cell, int | float) and _TWELVE_DIGITS <= cell < _FOURTEEN_DIGITS:
        return f"{cell:013.0f}"
    return " ".join(map(str, cell)) if isinstance(cell, list | tuple) else ""


def examples_in(cells: Sequence[Any]) -> set[int]:
    """The indexes of a template's example rows, by a column in which they say that they are."""
    if EXAMPLE_MARK not in BETWEEN.join(c for c in cells if type(c) is str):
        return set()
    return {
        i for i, c in enumerate(cells) if type(c) is str and c.lstrip().startswith(EXAMPLE_MARK)
    }


def masked(text: str) -> str:
    """A personal value that its owner recognises and nobody else can read."""
    if any(c.isdigit() for c in text):
        shown = [i for i, c in enumerate(text) if c.isdigit()][:2]
        return "".join("*" if c.isalnum() and i not in shown else c for i, c in enumerate(text))
    return text[:1] + "**" if text else text
