"""Which row holds the headers, and which column of the dataset each of them means."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from registry.core.problems import DomainError
from registry.imports.rows import fields_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from registry.imports.rows import Field

# The columns an annotated file has in front: result and reason.
IN_FRONT = {"ko": ("결과", "사유"), "en": ("Result", "Reason")}
OURS = frozenset(title for titles in IN_FRONT.values() for title in titles)
SEARCHED_ROWS = 50
FEWEST = 2  # one word may stand anywhere; two headers beside each other are a header row
LONGEST_HEADER = 60
LONGEST_TEXT = 200  # of one with a remark in brackets
_UNIT = re.compile(r"[(\[](?:단위[:\s]*)?(원|천원|만원|백만원|천만원|억원|억|백만|krw|won)[)\]]")
_UNITS = {
    "원": 1, "krw": 1, "won": 1, "천원": 1_000, "만원": 10_000, "백만원": 1_000_000,
    "백만": 1_000_000, "천만원": 10_000_000, "억원": 100_000_000, "억": 100_000_000,
}  # fmt: skip
_ASIDE = re.compile(r"[(\[][^()\[\]]*+[)\]]")
_NO_WORD = re.compile(r"[^0-9a-z가-힣]")


@dataclass(frozen=True, slots=True)
class Header:
    """The header row: the fields by the index of their column, and what else stands there."""

    row: int  # its index among the rows looked at
    fields: Mapping[int, Field]
    units: Mapping[str, int]
    texts: Mapping[int, str]
    annotated: bool

    @property
    def unknown(self) -> tuple[str, ...]:
        """The headers that name no column of the dataset."""
        ours = {0, 1} if self.annotated else set()
        return tuple(
            text for at, text in self.texts.items() if at not in self.fields and at not in ours
        )


def plain(header: object) -> str:
    """A header for comparison: composed, in lower case, without what stands in brackets."""
    text = unicodedata.normalize("NFKC", str(header)[:LONGEST_TEXT]).casefold()
    return _NO_WORD.sub("", _ASIDE.sub("", text)) or _NO_WORD.sub("", text)


def unit_of(header: str) -> int | None:
    """How many won a header's "(백만원)" says that 1 is; None if it says nothing."""
    text = unicodedata.normalize("NFKC", header).casefold().replace(" ", "")
    found = _UNIT.search(text)
    return _UNITS[found.group(1)] if found else None


@cache
def vocabulary(dataset: str) -> dict[str, Field]:
    """Every word for every column of a dataset, as `plain` makes it."""
    return {
        plain(word): field
        for field in fields_of(dataset)
        for word in (field.name, field.label, field.label_en, *field.synonyms)
    }


def words_of(dataset: str, said: Mapping[str, str]) -> Mapping[str, Field]:
    """The words for a dataset's columns, where a person has said what a file's headers mean.

    `said` names a field for a header, or nothing for one that is not to be used.
    """
    if not said:
        return vocabulary(dataset)
    fields = {field.name: field for field in fields_of(dataset)}
    told = {plain(header): fields.get(name) for header, name in said.items()}
    return {
        word: field for word, field in (vocabulary(dataset) | told).items() if field is not None
    }


def fitness(words: Mapping[str, Field], rows: Sequence[Sequence[Any]]) -> int:
    """How many columns of the dataset the best of these rows names."""
    return max((len(_named(words, row)) for row in rows), default=0)


def likely_header(rows: Sequence[Sequence[Any]]) -> tuple[int, tuple[str, ...]]:
    """The row that may hold headers though it names no column: the first with the most words."""
    texts = [_texts(row) for row in rows[:SEARCHED_ROWS]]
    best = max(range(len(texts)), key=lambda at: (len(texts[at]), -at), default=0)
    return best, texts[best] if texts else ()


def _texts(row: Sequence[Any]) -> tuple[str, ...]:
    cells = (c.strip() for c in row if isinstance(c, str) and len(c) <= LONGEST_HEADER)
    return tuple(dict.fromkeys(c for c in cells if plain(c)))


def find_header(words: Mapping[str, Field], rows: Sequence[Sequence[Any]]) -> Header | None:
    """The header row among the first rows of a sheet, or None. Raises header-repeated."""
    best = max(
        range(len(rows[:SEARCHED_ROWS])),
        key=lambda at: (len(_named(words, rows[at])), -at),
        default=None,
    )
    if best is None or len(_named(words, rows[best])) < FEWEST:
        return None
    return _header(words, best, rows[best])


def _named(words: Mapping[str, Field], row: Sequence[Any]) -> set[str]:
    texts = (c for c in row if isinstance(c, str) and 0 < len(c) <= LONGEST_HEADER)
    return {words[key].name for key in map(plain, texts) if key in words}


def _header(words: Mapping[str, Field], at: int, row: Sequence[Any]) -> Header:
    written = {place: str(cell or "").strip() for place, cell in enumerate(row)}
    texts = {place: text[:LONGEST_TEXT] for place, text in written.items() if text}
    fields = {place: words[plain(t)] for place, t in texts.items() if plain(t) in words}
    seen: dict[str, str] = {}
    for place, field in fields.items():
        if field.name in seen:
            raise DomainError(
                "header-repeated", first=seen[field.name][:40], second=texts[place][:40]
            )
        seen[field.name] = texts[place]
    units = {f.name: unit_of(texts[p]) for p, f in fields.items() if f.kind == "amount"}
    return Header(
        at, fields, {name: unit for name, unit in units.items() if unit}, texts,
        annotated=(texts.get(0), texts.get(1)) in IN_FRONT.values(),
    )  # fmt: skip
