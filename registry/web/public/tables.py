"""Answers as tables to read: one row for each cell, or years across where there are two keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.statistics.catalogue import TIMES
from registry.web.numbers import time_label
from registry.web.public.choices import names_of
from registry.web.words import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.statistics.answers import Answer
    from registry.statistics.questions import Cell

MOST_ROWS = 1000
MOST_COLUMNS = 12
CROSSED = 2  # keys: one down, one across


@dataclass(frozen=True)
class Entry:
    """A cell of the table: its figure, None if it is hidden; `there` is false for an empty place."""

    keys: str
    value: int | None
    there: bool = True


@dataclass(frozen=True)
class Row:
    """What a row is about, and its figures."""

    heads: tuple[str, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Table:
    """Columns that name things, columns of figures, and the rows."""

    heads: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: int = 0  # cells that no row shows, because they were too many
    hidden: int = 0


def table_of(answer: Answer) -> Table:
    """The table of an answer's cells."""
    cells = answer.figures.cells
    hidden = sum(cell.value is None for cell in cells)
    by = answer.question.by
    names = names_of(answer.question.dataset, "dimensions")
    across = dict.fromkeys(cell.keys[0] for cell in cells)
    if len(by) == CROSSED and by[0] in TIMES and len(across) <= MOST_COLUMNS:
        return _crossed(answer, names, list(across), hidden)
    rows = tuple(
        Row(
            tuple(label_of(answer, name, key) for name, key in zip(by, cell.keys, strict=True)),
            (_entry(cell),),
        )
        for cell in cells[:MOST_ROWS]
    )
    heads = tuple(names[name] for name in by)
    return Table(heads, (_("수치"),), rows, max(len(cells) - MOST_ROWS, 0), hidden)


def _crossed(answer: Answer, names: dict[str, str], across: list[Any], hidden: int) -> Table:
    by, cells = answer.question.by, answer.figures.cells
    known = {cell.keys: cell for cell in cells}
    down = categories(cells, 1)
    rows = tuple(
        Row((label_of(answer, by[1], key),), tuple(_place(known, (time, key)) for time in across))
        for key in down
    )
    columns = tuple(label_of(answer, by[0], time) for time in across)
    return Table((names[by[1]],), columns, rows, 0, hidden)


def _place(known: dict[tuple[Any, ...], Cell], keys: tuple[Any, ...]) -> Entry:
    found = known.get(keys)
    return Entry(_written(keys), None, there=False) if found is None else _entry(found)


def _entry(cell: Cell) -> Entry:
    return Entry(_written(cell.keys), cell.value)


def _written(keys: tuple[Any, ...]) -> str:
    return " ".join(map(str, keys))


def categories(cells: Sequence[Cell], *places: int) -> list[Any]:
    """The keys at some places of the cells, each once: those with the largest sums first."""
    sums: dict[Any, int] = {}
    for cell in cells:
        key = tuple(cell.keys[place] for place in places)
        sums[key] = sums.get(key, 0) + (cell.value or 0)
    ordered = sorted(sums, key=lambda key: (-sums[key], key))
    return [key[0] if len(places) == 1 else key for key in ordered]


def label_of(answer: Answer, name: str, key: Any) -> str:  # noqa: ANN401 - an integer or a code
    """A key in words."""
    if name in TIMES:
        return time_label(name, key)
    return answer.labels.get(name, {}).get(key, str(key))
