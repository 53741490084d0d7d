"""What gathered answers say of hidden values: equations, and linear programmes over them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import ceil, floor, inf
from typing import TYPE_CHECKING, Any

import highspy

from tests.attack import UP, about

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.attack import Answers, Cell

SLACK = 1e-6


@dataclass(frozen=True)
class Bounds:
    """The least and the greatest value that a hidden cell can have."""

    least: float
    greatest: float

    @property
    def whole_numbers(self) -> float:
        """How many whole numbers it can be."""
        return floor(self.greatest + SLACK) - ceil(self.least - SLACK) + 1 if self.ends else inf

    @property
    def width(self) -> float:
        """How far it can be from one end to the other."""
        return self.greatest - self.least

    @property
    def ends(self) -> bool:
        """Whether it is bounded at all."""
        return abs(self.width) < inf


class Attack:
    """All that was gathered of a measure as equations; each hidden cell is a variable.

    `known` are hidden cells that the attacker knows by itself, as an institution does its own.
    """

    def __init__(
        self, answers: Answers, zones: Mapping[str, str], known: Mapping[Cell, int] | None = None
    ) -> None:
        self.answers, self.zones = answers, zones
        self.cells = {**answers.cells, **(known or {})}
        self.solver = highspy.Highs()
        self.solver.silent()
        self.variables: dict[Cell, Any] = {}
        for key, value in self.cells.items():
            if value is None:
                withheld = (key[0], dict(key[1])["year"]) in answers.withheld
                least = answers.least.get(key, 0 if withheld else 1)
                self.variables[key] = self.solver.addVariable(lb=least / answers.unit)
        self._facts = cache(self._facts_of)
        self._relate()
        self._believe()

    def bounds(self) -> dict[Cell, Bounds]:
        """What can be said of each hidden cell."""
        return {key: Bounds(*map(self._edge, (key, key), (1, -1))) for key in self.variables}

    def _edge(self, key: Cell, sign: int) -> float:
        """The least (1) or the greatest (-1) value of a cell."""
        self.solver.minimize(sign * self.variables[key])
        status = self.solver.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            return sign * float(self.solver.getObjectiveValue()) * self.answers.unit
        assert status != highspy.HighsModelStatus.kInfeasible, key
        return -sign * inf

    def _names(self, code: str) -> set[str]:
        """What is known of a table's cells."""
        by = self.answers.tables[code]
        return {*by, *(up for name in by for up in UP.get(name, ()))}

    def _facts_of(self, key: Cell) -> dict[str, Any]:
        facts = dict(key[1])
        if "month" in facts:
            facts["quarter"] = f"{facts['month'][:4]}-Q{(int(facts['month'][5:]) + 2) // 3}"
        if "district" in facts:
            facts["zone"] = self.zones.get(facts["district"], "UNASSIGNED")
        return facts

    def _relate(self) -> None:
        """Two tables that can both be summed to something must give the same there."""
        sums = {code: self._sums(code) for code in self.answers.tables}
        for one, other in combinations(sums, 2):
            for names in sums[one].keys() & sums[other].keys():
                for group in sums[one][names].keys() | sums[other][names].keys():
                    left, right = (sums[code][names].get(group, []) for code in (one, other))
                    self._equal(left, right)

    def _sums(self, code: str) -> dict[frozenset[str], dict[Any, list[Cell]]]:
        """A table's cells grouped by each choice of what is known of them, the year included."""
        found: dict[frozenset[str], dict[Any, list[Cell]]] = {}
        names = self._names(code) - {"year"}
        mine = [key for key in self.cells if key[0] == code]
        for size in range(len(names) + 1):
            for choice in combinations(sorted(names), size):
                groups = found[frozenset(choice)] = defaultdict(list)
                for key in mine:  # a table without cells says that all is zero
                    groups[about(self._facts(key), ("year", *choice))].append(key)
        return found

    def _believe(self) -> None:
        """What further answers told must be the sum of every table's cells that it is about."""
        for facts, value in self.answers.told:
            for code in self.answers.tables:
                if facts.keys() <= self._names(code):
                    cells = [
                        key for key in self.cells if key[0] == code
                        and all(self._facts(key)[n] in allowed for n, allowed in facts.items())
                    ]  # fmt: skip
                    self._equal(cells, [], value)

    def _equal(self, left: list[Cell], right: list[Cell], value: int = 0) -> None:
        """Say that a sum of cells less another is a number."""
        known = value - sum(self.cells[key] or 0 for key in left)
        known += sum(self.cells[key] or 0 for key in right)
        signed = [(1, k) for k in left] + [(-1, k) for k in right]
        hidden = [(sign, self.variables[k]) for sign, k in signed if k in self.variables]
        if not hidden:
            assert known == 0, (left, right, value)
            return
        terms = sum((sign * variable for sign, variable in hidden[1:]), hidden[0][0] * hidden[0][1])
        self.solver.addConstr(terms == known / self.answers.unit)
