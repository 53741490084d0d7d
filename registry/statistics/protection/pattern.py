"""What of a moved slice is shown: its cells, the sums between them, and what must be hidden."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.statistics.catalogue import UNASSIGNED
from registry.statistics.protection.exact import Shares
from registry.statistics.protection.hiding import Published, Sum, hide
from registry.statistics.protection.tables import PublishedTable, adding_up, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from registry.statistics.protection.exact import ExactYear, Keys
    from registry.statistics.protection.limits import Limits

Key = tuple[str, ...]  # of a cell among all: its table's code and its keys
NOBODY = Shares()


@dataclass(frozen=True)
class Shown:
    """A slice as everybody sees it: hidden figures are None, withheld tables have no cells."""

    total: int | None
    cells: Mapping[tuple[str, Keys], int | None]
    withheld: tuple[str, ...]


@dataclass(frozen=True)
class Slice:
    """A measure's year before anything is hidden."""

    dataset: str
    measure: str
    exact: ExactYear
    shares: Mapping[str, Mapping[Keys, Shares]]  # of won, by table and cell; of people none
    zones: Mapping[str, str]  # of districts

    @property
    def is_won(self) -> bool:
        """Whether its figures are won."""
        return self.measure.endswith("_krw")

    @property
    def headline(self) -> PublishedTable:
        """The year's total: a table of the list, else what everybody knows."""
        known = PublishedTable("", self.dataset, self.measure, ("year",), "", "")
        return next((t for t in self.tables if t.by == ("year",)), known)

    @property
    def tables(self) -> tuple[PublishedTable, ...]:
        """The published tables of the measure."""
        return tables_of(self.dataset, self.measure)


def shown(slice_: Slice, limits: Limits) -> Shown:
    """What of a slice everybody sees."""
    cells, sums = model(slice_, limits)
    hiding = hide(list(cells.values()), sums)
    visible: dict[tuple[str, Keys], int | None] = {}
    for (code, *keys), cell in cells.items():
        if cell.fixed or code in hiding.withheld:
            continue
        if cell.key in hiding.hidden:
            visible[code, tuple(keys)] = None
        elif cell.value:
            visible[code, tuple(keys)] = cell.value
    root = slice_.headline
    total: int | None = slice_.exact.total
    if root.code:
        total = None if root.code in hiding.withheld else visible.get((root.code, ()), 0)
    return Shown(total, visible, tuple(sorted(hiding.withheld)))


def model(slice_: Slice, limits: Limits) -> tuple[dict[Key, Published], list[Sum]]:
    """The cells of a slice and the sums between them, as the hiding takes them."""
    cells: dict[Key, Published] = dict(_cells(slice_, limits))
    root = slice_.headline
    if not root.code:
        cells[("",)] = Published(("",), slice_.exact.total, "", 0, fixed=True)
    tables = slice_.tables if root.code else (root, *slice_.tables)
    sums = []
    for coarse, fine in adding_up(tables):
        parts: dict[Keys, list[Key]] = defaultdict(list)
        for code, *keys in [key for key in cells if key[0] == fine.code]:
            parts[_rolled_up(slice_, fine, tuple(keys), coarse)].append((code, *keys))
        for keys_, of in parts.items():
            total = (coarse.code, *keys_)
            # A cell that is absent is known to be zero, though its parts may not be.
            cells.setdefault(total, Published(total, 0, coarse.code, 0, fixed=True))
            sums.append(Sum(total, tuple(of)))
    return cells, sums


def _cells(slice_: Slice, limits: Limits) -> Iterator[tuple[Key, Published]]:
    for table in slice_.tables:
        figures, parts = slice_.exact.cells[table.code], slice_.shares.get(table.code, {})
        for keys in sorted({*figures, *(parts if slice_.is_won else ())}):
            value, shares = figures.get(keys, 0), parts.get(keys, NOBODY)
            few = _is_few(slice_.measure, value, shares, limits)
            needed = limits.width(slice_.measure, value)
            key = (table.code, *keys)
            # An organisation knows its own figures.
            own = "organisation" in table.by
            yield key, Published(
                key, value, table.code, needed, sensitive=few, insider=own,
                least=_least(slice_, value, shares, limits),
            )  # fmt: skip


def _least(slice_: Slice, value: int, shares: Shares, limits: Limits) -> int:
    """What a hidden cell is at least: where won may be shown there are not few start-ups."""
    told = not slice_.is_won and shares.startups > 0 and not limits.too_few(shares)
    return limits.startups_below if told and value >= limits.startups_below else 1


def _is_few(measure: str, value: int, shares: Shares, limits: Limits) -> bool:
    if measure.endswith("_krw"):
        return limits.too_few(shares)
    return 0 < value < limits.least_of(measure)


def _rolled_up(slice_: Slice, fine: PublishedTable, keys: Keys, coarse: PublishedTable) -> Keys:
    """The keys of the cell of a coarser table that a finer one's cell is part of."""
    facts = dict(zip(fine.keys, keys, strict=True))
    if "month" in facts:
        year, month = facts["month"].split("-")
        facts["quarter"] = f"{year}-Q{(int(month) + 2) // 3}"
    if "district" in facts:
        facts["zone"] = slice_.zones.get(facts["district"], UNASSIGNED)
    return tuple(facts[name] for name in coarse.keys)
