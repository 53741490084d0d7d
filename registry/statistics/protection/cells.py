"""Cells, the sums between them, and the parts of a slice that have nothing to do with another."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A cell of one published table, or the headline."""

    key: Hashable
    value: int
    group: str  # the table: what is withheld together
    needed: int  # hidden, its largest and smallest possible value lie at least this far apart
    sensitive: bool = False  # must be hidden
    fixed: bool = False  # known to everybody, can never be hidden
    insider: bool = False  # somebody knows it for certain, whatever is hidden
    least: int = 1  # hidden, everybody knows that it is this at least


@dataclass(frozen=True)
class Sum:
    """`total` is the sum of `parts`; cells that are absent are zero and left out."""

    total: Hashable
    parts: tuple[Hashable, ...]


@dataclass(frozen=True)
class Hiding:
    """Cells hidden one by one, and the tables of which no cell is shown at all."""

    hidden: frozenset[Hashable]
    withheld: frozenset[str]


Row = dict[int, int]  # cell -> its coefficient; over the cells that move, it is always zero


@dataclass(frozen=True)
class Part:
    """Cells that can be hidden, and all the sums between them; fixed cells do not move."""

    cells: tuple[Published, ...]
    rows: tuple[Row, ...]


def parts(cells: Sequence[Published], sums: Sequence[Sum]) -> Iterator[Part]:
    """The slice in parts that share no sum but through fixed cells: hidden one by one.

    ValueError if a key is there twice, a sum names an unknown one or does not add up: then
    nothing could be promised.
    """
    index = {cell.key: number for number, cell in enumerate(cells)}
    if len(index) < len(cells):
        raise ValueError("a cell is there twice")
    rows = [_row(cells, index, one) for one in sums if one.parts]
    leader = list(range(len(cells)))

    def lead(number: int) -> int:
        while leader[number] != number:
            number = leader[number]
        return number

    for row in rows:
        first, *others = row or (0,)
        for other in others:
            leader[lead(other)] = lead(first)
    members: dict[int, list[int]] = {}
    for number, cell in enumerate(cells):
        if not cell.fixed:
            members.setdefault(lead(number), []).append(number)
    for numbers in members.values():
        place = {number: at for at, number in enumerate(numbers)}
        inside = [row for row in rows if not place.keys().isdisjoint(row)]
        yield Part(
            tuple(cells[number] for number in numbers),
            tuple({place[number]: by for number, by in row.items()} for row in inside),
        )


def _row(cells: Sequence[Published], index: dict[Hashable, int], one: Sum) -> Row:
    unknown = {one.total, *one.parts} - index.keys()
    if unknown:
        raise ValueError(f"the sum of {one.total!r} names cells that are not there: {unknown!r}")
    row = {index[key]: 1 for key in one.parts}
    row[index[one.total]] = -1
    rest = sum(by * cells[number].value for number, by in row.items())
    if len(row) != len(one.parts) + 1 or rest != 0:
        raise ValueError(f"the parts of {one.total!r} are not its sum")
    return {number: by for number, by in row.items() if not cells[number].fixed}
