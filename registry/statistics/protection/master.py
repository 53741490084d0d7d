"""Which cells to hide: the least loss that satisfies every cut found so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import highspy

from registry.statistics.protection.attacker import SLACK, solver
from registry.statistics.protection.cells import Part

_TINY = 1e-7
_NODES = 5_000  # counted, not timed: the same answer on a slow machine; then the best so far


class Master:
    """The integer programme: one yes or no for each cell that may be hidden and need not."""

    def __init__(self, part: Part, choice: Collection[int], given: Collection[int]) -> None:
        self.given = frozenset(given)
        self._column = {cell: at for at, cell in enumerate(choice)}
        self._mip = solver()
        self._mip.setOptionValue("mip_max_nodes", _NODES)
        for cell, at in self._column.items():
            self._mip.addVar(0, 1)
            self._mip.changeColCost(at, loss(part, cell))
            self._mip.changeColIntegrality(at, highspy.HighsVarType.kInteger)

    def cut(self, cell: int, shares: Mapping[int, float]) -> None:
        """Ask that the shares of what is hidden make one at least, if the cell is hidden.

        The share of the cell itself and of what is hidden anyhow is taken off what is asked, and
        no share is counted beyond what is left: that strengthens the cut without losing a
        solution.
        """
        there = sum(s for other, s in shares.items() if other in self.given or other == cell)
        left = 1 - SLACK - there  # no more than an attack asks
        if left <= _TINY:
            return
        offered = {
            other: min(1.0, share / left)
            for other, share in shares.items()
            if other in self._column and other != cell and share > _TINY * left
        }
        row = {self._column[other]: share for other, share in offered.items()}
        least = 1.0
        if cell in self._column:
            row[self._column[cell]] = -1.0
            least = 0.0
        self._mip.addRow(least, highspy.kHighsInf, len(row), list(row), list(row.values()))

    def best(self) -> frozenset[int] | None:
        """What is given and the cheapest choice; None if there is none."""
        if not self._column:
            return self.given
        self._mip.run()
        info = self._mip.getInfo()
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        values = self._mip.getSolution().col_value
        return self.given | {cell for cell, at in self._column.items() if round(values[at])}


def loss(part: Part, cell: int) -> int:
    """What is lost with a cell: its length in bits, so that many are spared, large ones first."""
    return 1 + abs(part.cells[cell].value).bit_length()
