"""Two rows of a batch with one number: equal ones are taken once, different ones not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.imports.rows import CLEAR

if TYPE_CHECKING:
    from registry.imports.rows import Rows


def repeated(rows: Rows, name: str) -> dict[int, int]:
    """Rows that say the same as an earlier row of the same number: row by its first.

    They get a warning; rows of one number that say different things are refused, all of them.
    """
    numbers = rows.columns.get(name)
    if numbers is None:
        return {}
    first: dict[object, int] = {}
    twins: dict[int, int] = {}
    if len(set(numbers)) == len(numbers):
        return twins
    contradicted = set()
    for index, number in enumerate(numbers):
        if number is None or number is CLEAR:
            continue
        earlier = first.setdefault(number, index)
        if earlier == index:
            continue
        if rows.row(index) == rows.row(earlier):
            twins[index] = earlier
            rows.warn(index, "repeated-row", name, other=rows.numbers[earlier])
        else:
            contradicted |= {index, earlier}
            rows.refuse(index, "contradicted-row", name, other=rows.numbers[earlier])
            rows.refuse(earlier, "contradicted-row", name, other=rows.numbers[index])
    return {i: f for i, f in twins.items() if i not in contradicted}
