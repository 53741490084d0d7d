"""What can be worked out of a hidden cell by who knows the shown ones: two linear programmes.

The unknowns are how far each cell is from its true value, so that the truth is the origin and
every equation between cells says zero. Measured in units of what the attacked cell needs and cut
off at one unit, all numbers are between -1 and 1 whether they count people or won. Cutting off
never makes the attacker weaker than it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import inf

import highspy

from registry.statistics.protection.cells import Part

# A range this much (relative) too short passes; what is needed is made longer by as much before,
# so that nothing passes which is too short. Counts of people are too small to notice either.
SLACK = 1e-6
_TINY = 1e-9


def solver() -> highspy.Highs:
    """A silent HiGHS that gives the same answer every time: one thread, one seed."""
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in (
        ("output_flag", False),
        ("threads", 1),
        ("parallel", "off"),
        ("random_seed", 0),
        ("primal_feasibility_tolerance", _TINY),
        ("dual_feasibility_tolerance", _TINY),
    ):
        highs.setOptionValue(name, value)
    return highs


@dataclass(frozen=True)
class Exposed:
    """A cell that can be narrowed too far, and the cut: hiding these cells would widen it.

    `widens` gives each cell's share: the range, in units of what is needed, is at most the sum of
    the shares of those hidden.
    """

    cell: int
    width: float
    widens: Mapping[int, float]


class Attacker:
    """Somebody who knows all sums, what is shown, and of what is hidden the least it can be.

    Of a withheld table the attacker knows no more than that no cell is below 0, unless its least
    is told elsewhere. Cells whose true value is lower than that may be anything. Stronger than need
    be: it knows which cells of a withheld table are absent.
    """

    def __init__(self, part: Part, withheld: Collection[str]) -> None:
        self.part = part
        self.down: list[float] = []  # how far below its value a hidden cell may be taken
        for cell in part.cells:
            least = 0 if cell.group in withheld and cell.least == 1 else cell.least
            self.down.append(cell.value - least if cell.value >= least else inf)
        self._columns: list[list[tuple[int, int]]] = [[] for _ in part.cells]
        self._lp = solver()
        self._lp.setOptionValue("presolve", "off")  # the last basis is the better start
        self._lp.addVars(len(part.cells), [0.0] * len(part.cells), [0.0] * len(part.cells))
        for number, row in enumerate(part.rows):
            self._lp.addRow(0, 0, len(row), list(row), [float(by) for by in row.values()])
            for cell_number, by in row.items():
                self._columns[cell_number].append((number, by))

    def exposed(self, hidden: Collection[int], needs: Mapping[int, int]) -> Iterator[Exposed]:
        """Each cell of `needs` that can be narrowed to less than it needs if these are hidden."""
        seen = dict.fromkeys(needs, (0.0, 0.0))
        for cell, needed in needs.items():
            low, high = seen[cell]
            if high - low >= needed:
                continue  # seen while another cell was attacked
            found = self.attack(cell, needed, hidden, seen)
            if found.width < 1 - SLACK:
                yield found

    def attack(
        self,
        cell: int,
        needed: int,
        hidden: Collection[int],
        seen: dict[int, tuple[float, float]] | None = None,
    ) -> Exposed:
        """Stretch the cell as far as it goes; `seen` takes how far others went meanwhile."""
        unit = needed * (1 + SLACK)
        self._open(hidden, unit)
        width, widens = 0.0, dict.fromkeys(range(len(self.part.cells)), 0.0)
        for sign in (1, -1):
            solution = self._solve(cell, sign)
            if solution is None:
                raise RuntimeError("an attack within bounds has no end")
            values = solution.col_value
            width += sign * values[cell]
            for other, share in enumerate(self._shares(cell, sign, solution.row_dual, unit)):
                widens[other] += share
            if seen is not None:
                for other, (low, high) in seen.items():
                    moved = values[other] * unit
                    seen[other] = min(low, moved), max(high, moved)
        return Exposed(cell, width, {other: share for other, share in widens.items() if share})

    def range(self, cell: int, hidden: Collection[int]) -> tuple[float, float]:
        """The smallest and the largest value the cell may have."""
        value = self.part.cells[cell].value
        largest = max(abs(one.value) for one in self.part.cells)
        unit = 2.0 ** max(0, largest.bit_length() - 20)  # a power of two: nothing is rounded
        self._open(hidden, unit, cut_off=inf)
        ends = []
        for sign in (1, -1):
            solution = self._solve(cell, sign)
            moved = sign * inf if solution is None else round(solution.col_value[cell] * unit, 3)
            ends.append(value + moved)
        return ends[1], ends[0]

    def _open(self, hidden: Collection[int], unit: float, cut_off: float = 1.0) -> None:
        size = len(self.part.cells)
        lower, upper = [0.0] * size, [0.0] * size
        for cell in hidden:
            lower[cell] = -min(self.down[cell] / unit, cut_off)
            upper[cell] = cut_off
        self._lp.changeColsBounds(size, list(range(size)), lower, upper)

    def _solve(self, cell: int, sign: int) -> highspy.HighsSolution | None:
        """How far the cell goes up (1) or down (-1); None if there is no end to it."""
        self._lp.changeColCost(cell, -sign)  # HiGHS makes the least of it
        self._lp.run()
        status, solution = self._lp.getModelStatus(), self._lp.getSolution()
        self._lp.changeColCost(cell, 0)
        if status == highspy.HighsModelStatus.kUnbounded:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"the attack ended as {self._lp.modelStatusToString(status)}")
        return solution

    def _shares(self, cell: int, sign: int, duals: list[float], unit: float) -> Iterator[float]:
        """What each cell, if hidden, adds at most: weak duality, true of any duals whatever.

        The truth is the origin and the rows say zero, so the objective is bounded by the reduced
        costs times the bounds alone.
        """
        for other, column in enumerate(self._columns):
            reduced = (sign if other == cell else 0) + sum(duals[row] * by for row, by in column)
            down = min(self.down[other] / unit, 1.0)
            yield reduced if reduced > 0 else -reduced * down
