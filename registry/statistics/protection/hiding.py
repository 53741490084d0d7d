"""Which cells of a slice's tables are hidden, so that nobody can work out the sensitive ones.

Hiding the sensitive cells is not enough: a row with one hidden cell tells it by subtraction. Which
further (complementary) cells must go with them is the cell suppression problem, solved here as in

    M. Fischetti and J. J. Salazar-González, Solving the cell suppression problem on tabular data
    with linear constraints, Management Science 47 (7), 2001, 1008-1027;
    see also A. Hundepool et al., Statistical Disclosure Control, Wiley 2012, chapter 4.

An integer programme (`master`) chooses the cells whose loss is least; linear programmes
(`attacker`) try to narrow each hidden cell; one narrowed too far becomes, by linear duality, a cut
the next choice must satisfy (Benders decomposition), until no attack succeeds. Both are solved by
HiGHS (Q. Huangfu and J. A. J. Hall, Mathematical Programming Computation 10, 2018, 119-142).
Complementary cells are attacked as well, with cuts that hold only if they are hidden. The same
input in the same order gives the same pattern.

Promised: every hidden cell, and every sensitive cell of a withheld table, keeps a largest and a
smallest possible value at least `needed` apart for an attacker who knows everything shown, every
sum, and that what is hidden is at least 1 (or more, where another table tells); where even hiding
everything in its table cannot do that, the table is withheld. What the fixed cells alone give away
(a headline of 3) is given away. Where somebody knows a hidden cell for certain (an institution its
own), a sensitive cell keeps that range against it, too, or what hiding all it can would leave.
If the sums have the structure of a network (margins of one two-way table, roll-ups like month,
quarter, year), each whole number between is possible too.

Not promised: anything against an attacker who knows more - a contributor who subtracts its own
part from a cell that others share, several points in time compared, this method with its weights run backwards. Nor the very
least loss: a search that grows too long ends with the best it has, and a part that still resists
after `ROUNDS` rounds is covered greedily; both are attacked like any other pattern first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from registry.statistics.protection.attacker import SLACK, Attacker, Exposed
from registry.statistics.protection.cells import Hiding, Part, Published, Sum, parts
from registry.statistics.protection.master import Master, loss

__all__ = ["Hiding", "Published", "Sum", "hide", "ranges"]

ROUNDS = 100


def hide(cells: Sequence[Published], sums: Sequence[Sum]) -> Hiding:
    """The cells to hide and the tables to withhold. ValueError if the cells do not add up."""
    whole = list(parts(cells, sums))
    withheld: frozenset[str] = frozenset()
    while True:
        hidden: set[Hashable] = set()
        for part in whole:
            outcome = _hide(part, withheld)
            if isinstance(outcome, str):
                withheld |= {outcome}
                break
            hidden |= {part.cells[n].key for n in outcome if part.cells[n].group not in withheld}
        else:
            return Hiding(frozenset(hidden), withheld)


def ranges(
    cells: Sequence[Published], sums: Sequence[Sum], hiding: Hiding
) -> dict[Hashable, tuple[float, float]]:
    """The smallest and largest value an attacker must think possible, of all that is not shown."""
    found: dict[Hashable, tuple[float, float]] = {}
    for part in parts(cells, sums):
        attacker = Attacker(part, hiding.withheld)
        unseen = {
            number
            for number, cell in enumerate(part.cells)
            if cell.key in hiding.hidden or cell.group in hiding.withheld
        }
        found |= {part.cells[n].key: attacker.range(n, unseen) for n in sorted(unseen)}
    return found


def _hide(part: Part, withheld: Collection[str]) -> frozenset[int] | str:
    """The cells of the part to hide, or the table that must be withheld."""
    if not any(cell.sensitive for cell in part.cells):
        return frozenset()
    attacker = Attacker(part, withheld)
    needs = _needs(part, withheld)
    widest = _widest(attacker, needs, withheld)
    if isinstance(widest, str):
        return widest
    given = frozenset(
        number for number, cell in enumerate(part.cells) if cell.sensitive or cell.group in withheld
    )
    insiders = dict(_insiders(attacker, needs, widest))
    return _Search(attacker, needs, given, widest, insiders).best()


def _insiders(
    attacker: Attacker, needs: Mapping[int, int], widest: frozenset[int]
) -> Iterator[tuple[int, Mapping[int, int]]]:
    """Each cell that somebody knows, with what the sensitive ones then still need.

    That is no more than they have with everything else hidden that can be.
    """
    cells = attacker.part.cells
    for known in sorted(number for number in widest if cells[number].insider):
        found = {}
        for number, needed in needs.items():
            if cells[number].sensitive and number != known:
                width = attacker.attack(number, needed, widest - {known}).width
                found[number] = _reached(width, needed)
        yield known, {number: needed for number, needed in found.items() if needed > 0}


def _reached(width: float, needed: int) -> int:
    """The needed range, or as much of it as a range of this width (in units of it) comes to."""
    return min(needed, int(width * needed * (1 + SLACK) + 0.001))


def _needs(part: Part, withheld: Collection[str]) -> dict[int, int]:
    """How wide each cell's range must be; of withheld tables only sensitive cells need any.

    They need no more than they would have if every table were withheld.
    """
    every = range(len(part.cells))
    nothing_shown = Attacker(part, {cell.group for cell in part.cells})
    needs = {}
    for number, cell in enumerate(part.cells):
        needed = cell.needed
        if cell.group in withheld:
            if not cell.sensitive:
                continue
            width = nothing_shown.attack(number, needed, every).width if needed > 0 else 0
            needed = _reached(width, needed)
        if needed > 0:
            needs[number] = needed
    return needs


def _widest(
    attacker: Attacker, needs: Mapping[int, int], withheld: Collection[str]
) -> frozenset[int] | str:
    """The largest pattern in which no cell is exposed: it contains every other such pattern.

    The more is hidden, the wider every range. So a cell that is exposed with all others hidden
    is never hidden itself; and if it must be, the table that must be withheld.
    """
    cells = attacker.part.cells
    hidden = set(range(len(cells)))
    while True:
        exposed = {one.cell for one in attacker.exposed(hidden, _of(needs, hidden))}
        sensitive = [number for number in sorted(exposed) if cells[number].sensitive]
        if sensitive:
            return _table(attacker.part, sensitive, needs, withheld)
        if not exposed:
            return frozenset(hidden)
        hidden -= exposed


def _table(
    part: Part, exposed: Sequence[int], needs: Mapping[int, int], withheld: Collection[str]
) -> str:
    """The table to withhold: of those with an exposed cell that with most cells, the finest.

    If those are withheld already, the one whose absence helps most.
    """
    sizes = Counter(cell.group for cell in part.cells)
    own = {part.cells[number].group for number in exposed} - set(withheld)
    if own:
        return max(sorted(own), key=lambda group: sizes[group])
    first, every = exposed[0], range(len(part.cells))

    def without(group: str) -> tuple[float, int]:
        attacker = Attacker(part, {*withheld, group})
        return attacker.attack(first, needs[first], every).width, sizes[group]

    return max(sorted(sizes.keys() - set(withheld)), key=without)


@dataclass(frozen=True)
class _Search:
    """Between the cells that are hidden anyhow and the widest pattern: the cheapest that holds."""

    attacker: Attacker
    needs: Mapping[int, int]
    given: frozenset[int]
    widest: frozenset[int]
    insiders: Mapping[int, Mapping[int, int]]  # who knows which cell, and what others then need

    def best(self) -> frozenset[int]:
        """Choose, attack, cut, until no attack succeeds."""
        part = self.attacker.part
        master = Master(part, sorted(self.widest - self.given), self.given)
        for row in part.rows:  # the cuts known beforehand: nothing is hidden alone in its sum
            for number in self.needs.keys() & row.keys() & self.widest:
                master.cut(number, {other: 1.0 for other in row if other != number})
        chosen: frozenset[int] | None = self.given
        for _ in range(ROUNDS):
            chosen = master.best()
            if chosen is None:
                break
            exposed = list(self._exposed(chosen))
            if not exposed:
                return chosen
            for one in exposed:
                master.cut(one.cell, one.widens)
        return self._spare(self._cover(chosen or self.given))

    def _exposed(self, hidden: frozenset[int]) -> Iterator[Exposed]:
        """What a stranger narrows too far, and what somebody does who knows a hidden cell."""
        yield from self.attacker.exposed(hidden, _of(self.needs, hidden))
        for known in sorted(self.insiders.keys() & hidden):
            for one in self.attacker.exposed(hidden - {known}, self.insiders[known]):
                widens = {n: share for n, share in one.widens.items() if n != known}
                yield replace(one, widens=widens)

    def _cover(self, hidden: frozenset[int]) -> frozenset[int]:
        """Hide, one by one, what widens an exposed cell most for its loss; the widest at worst."""
        while (one := next(self._exposed(hidden), None)) is not None:
            shares = {n: s for n, s in one.widens.items() if n in self.widest and n not in hidden}
            if not shares:
                return self.widest
            part = self.attacker.part
            hidden |= {max(shares, key=lambda n: (min(1.0, shares[n]) / loss(part, n), -n))}
        return hidden

    def _spare(self, hidden: frozenset[int]) -> frozenset[int]:
        """Show again, the dearest first, what is not needed after all."""
        part = self.attacker.part
        for number in sorted(hidden - self.given, key=lambda n: (-loss(part, n), n)):
            if next(self._exposed(hidden - {number}), None) is None:
                hidden -= {number}
        return hidden


def _of(needs: Mapping[int, int], hidden: Collection[int]) -> dict[int, int]:
    return {number: needed for number, needed in needs.items() if number in hidden}
