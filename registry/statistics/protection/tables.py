"""Which tables are published, as data, and how their cells add up.

The list is chosen so that the tables' dimensions, with year, zone and quarter as roll-ups of
month and district, are the cliques of a decomposable model whose separators are published too.
Then nothing more can be inferred from all tables together than from the sums between their cells
(Dobra and Fienberg, "Bounds for cell entries in contingency tables given marginal totals and
decomposable graphs", PNAS 97(22), 2000), which is what the hiding reckons with. One measure of
people is published, so that no inequality between measures links two tables.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from registry.statistics.catalogue import default_scheme

if TYPE_CHECKING:
    from collections.abc import Iterable

# A dimension, and what every code of it has one of.
ROLLS_UP = {"month": ("quarter", "year"), "quarter": ("year",), "district": ("zone",)}


@dataclass(frozen=True)
class PublishedTable:
    """A table of the list; each has the year and at most two further dimensions."""

    code: str
    dataset: str
    measure: str
    by: tuple[str, ...]
    name: str
    name_en: str

    @property
    def keys(self) -> tuple[str, ...]:
        """The dimensions besides the year, in the order of a stored cell's keys."""
        return tuple(name for name in self.by if name != "year")

    @property
    def zone_scheme(self) -> str | None:
        """The scheme of its zones, None if it has none."""
        return default_scheme() if "zone" in self.by else None

    def described(self) -> dict[str, Any]:
        """The table as the catalogue names it."""
        return {**asdict(self), "zone_scheme": self.zone_scheme}

    def tells(self, name: str) -> bool:
        """Whether a dimension is one of its own or a time that its own roll up to."""
        return name in self.by or (
            name != "zone" and any(name in ROLLS_UP.get(own, ()) for own in self.by)
        )

    def refines(self, other: PublishedTable) -> bool:
        """Whether every cell of the other is a sum of this one's."""
        known = {*self.by, *(up for own in self.by for up in ROLLS_UP.get(own, ()))}
        return self.code != other.code and set(other.by) <= known


@cache
def published_tables() -> tuple[PublishedTable, ...]:
    """The list, in its order."""
    text = files(__package__).joinpath("data", "published_tables.json").read_text("utf-8")
    return tuple(PublishedTable(**{**row, "by": tuple(row["by"])}) for row in json.loads(text))


def tables_of(dataset: str, measure: str) -> tuple[PublishedTable, ...]:
    """The published tables of a measure."""
    return tuple(t for t in published_tables() if (t.dataset, t.measure) == (dataset, measure))


def adding_up(tables: Iterable[PublishedTable]) -> list[tuple[PublishedTable, PublishedTable]]:
    """Each table with those whose cells it is made of, nothing of the list between the two."""
    tables = list(tables)
    pairs = [(coarse, fine) for coarse in tables for fine in tables if fine.refines(coarse)]
    return [
        (coarse, fine)
        for coarse, fine in pairs
        if not any((coarse, t) in pairs and (t, fine) in pairs for t in tables)
    ]
