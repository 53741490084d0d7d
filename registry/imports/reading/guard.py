"""No resident registration number gets past here: the whole file is refused at the first one.

A corporate registration number has the same shape, and an amount may have the same digits, so
the columns known to hold those are passed over; every other cell is looked at, of whatever sheet
and under whatever header.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from registry.core.problems import DomainError
from registry.imports.reading.cells import resident_number_at
from registry.imports.reading.headers import SEARCHED_ROWS, plain, vocabulary

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from registry.imports.reading.blocks import Block
    from registry.imports.rows import Field

_FIRM_NUMBERS = ("business_number", "corporate_number")
_OWN_NUMBERS = ("external_id", "investment_external_id")
_FIGURES = ("amount", "rate", "count")
_PEOPLE = "enrolments"
_A, _LETTERS = 65, 26


class ResidentNumberFound(DomainError):  # noqa: N818 - what was found, not an error of ours
    """The file holds what looks like a resident registration number; its facts say where."""


def may_look_alike(dataset: str, field: Field) -> bool:
    """Whether honest values of a column may look like a resident number, as the API has it."""
    return (
        field.kind in _FIGURES
        or field.name in _FIRM_NUMBERS
        or (field.name in _OWN_NUMBERS and dataset != _PEOPLE)
    )


@cache
def _firm_words() -> frozenset[str]:
    words = vocabulary("startups").items()
    return frozenset(word for word, field in words if field.name in _FIRM_NUMBERS)


def firm_columns(rows: Sequence[Sequence[Any]]) -> set[int]:
    """The indexes of columns headed as a firm's number, in a sheet that nothing else is known of."""
    words = _firm_words()
    return {
        place
        for row in rows[:SEARCHED_ROWS]
        for place, cell in enumerate(row)
        if type(cell) is str and plain(cell) in words
    }


def check_block(block: Block, passed_over: Collection[int]) -> None:
    """Look at every cell but those of the columns passed over. Raises ResidentNumberFound."""
    for place, cells in enumerate(block.columns):
        if place in passed_over or cells.count("") == len(cells):
            continue
        at = resident_number_at(cells)
        if at is not None:
            where = column_letters(block.column + place)
            raise found(block.sheet, block.numbers[at], where)


def found(sheet: str | None, row: int, column: str) -> ResidentNumberFound:
    """The refusal that names the place, and nothing of the value."""
    return ResidentNumberFound(
        "resident-number-in-file", sheet=sheet or "", row=row, column=column[:LONGEST_NAME]
    )


LONGEST_NAME = 60


def column_letters(number: int) -> str:
    """A column as a spreadsheet names it: 1 is A, 27 is AA."""
    text = ""
    while number:
        number, rest = divmod(number - 1, _LETTERS)
        text = chr(_A + rest) + text
    return text
