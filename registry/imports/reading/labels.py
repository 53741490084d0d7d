"""Codes by what people call them: the code itself, its Korean and English names, common words."""

from __future__ import annotations

import json
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from registry.imports.reading.headers import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Codes = Mapping[str, Iterable[tuple[str, str, str]]]  # list -> (code, name, English name)

MOST_CHOICES = 10  # of a list that is shown as a whole


@cache
def words() -> dict[str, list[list[str]]]:
    """Lists that are no code lists, and further words for codes: code, names, synonyms."""
    read: dict[str, list[list[str]]] = json.loads(
        files("registry.imports").joinpath("data/words.json").read_text("utf-8")
    )
    return read


def items_of(codes: Codes, name: str) -> list[tuple[str, str, str]]:
    """The items of a list, of the registry or of our own words."""
    given = list(codes.get(name, ()))
    return given or [(code, ko, en) for code, ko, en, *_ in words().get(name, ())]


def nearest(items: Sequence[tuple[str, str, str]], word: str) -> dict[str, str]:
    """What a word that is not in a list was perhaps meant to be; all there is of a short list."""
    found = list(items)
    if len(found) > MOST_CHOICES:
        names = {name: item for item in items for name in item}
        alike = get_close_matches(word, names, n=MOST_CHOICES // 2, cutoff=0.5)
        found = list(dict.fromkeys(names[name] for name in alike))
    if not found:
        return {}
    ko, en = (", ".join(item[place] for item in found) for place in (1, 2))
    return {"choices": ko, "choices_en": en}


def meanings(codes: Codes, name: str) -> dict[str, set[str]]:
    """Which codes a word may mean in a list; a code that is spelt out means itself alone."""
    items = items_of(codes, name)
    found: dict[str, set[str]] = {}
    for code, *names in [*items, *map(tuple, words().get(name, ()))]:
        for word in names:
            found.setdefault(_plain(word), set()).add(code)
    for code, *_ in items:
        found[_plain(code)] = {code}
    return found


_plain = lru_cache(4096)(plain)  # of the lists' own words, which every file is read with
