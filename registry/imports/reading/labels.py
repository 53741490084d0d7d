"""Codes by what people call them: the code itself, its Korean and English names, common words."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from registry.imports.reading.headers import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Codes = Mapping[str, Iterable[tuple[str, str, str]]]  # list -> (code, name, English name)


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


def meanings(codes: Codes, name: str) -> dict[str, set[str]]:
    """Which codes a word may mean in a list; a code that is spelt out means itself alone."""
    items = items_of(codes, name)
    found: dict[str, set[str]] = {}
    for code, *names in [*items, *map(tuple, words().get(name, ()))]:
        for word in names:
            found.setdefault(plain(word), set()).add(code)
    for code, *_ in items:
        found[plain(code)] = {code}
    return found
