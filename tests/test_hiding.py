"""Hidden cells against an attacker of its own: one that counts out every table there could be.

It knows nothing of equations or linear programmes. Tables are small: two ways with their margins,
and rows rolled up to halves.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations
from math import inf
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, assume, example, given, settings
from hypothesis import strategies as st

from registry.statistics.protection import hiding as module
from registry.statistics.protection.hiding import Hiding, Published, Sum, hide, ranges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Key = tuple[Any, ...]
Base = dict[tuple[int, int], int]


def tabulated(base: Base) -> dict[Key, int]:
    """Every table of these counts: what is published, and what the attacker compares."""
    found: dict[Key, int] = {}
    for (row, column), count in base.items():
        keys = ("cell", row, column), ("row", row), ("half", row // 2), ("column", column), ("all",)
        for key in keys:
            found[key] = found.get(key, 0) + count
    return found


def published(base: Base, few: int, more: int = 0) -> tuple[list[Published], list[Sum]]:
    """The cells, of which 1..few-1 are sensitive, and the sums between them.

    With `more` a cell that is not sensitive needs more than it is large, and may not do.
    """
    figures = tabulated(base)
    cells = [
        Published(
            key,
            value,
            key[0],
            needed=few - 1 + more,
            sensitive=value < few and key[0] != "all",
            fixed=key[0] == "all",
        )
        for key, value in figures.items()
    ]

    def of(table: str, *start: Any, roll: int = 1) -> tuple[Key, ...]:
        matching = (key for key in figures if key[0] == table)
        return tuple(k for k in matching if not start or k[1] // roll == start[0])

    sums = [Sum(("all",), of("half")), Sum(("all",), of("column"))]
    sums += [Sum(key, of("row", key[1], roll=2)) for key in of("half")]
    sums += [Sum(key, of("cell", key[1])) for key in of("row")]
    columns = of("column")
    sums += [
        Sum(key, tuple(k for k in figures if k[0] == "cell" and k[2] == key[1])) for key in columns
    ]
    return cells, sums


def spread(places: list[tuple[int, int]], total: int) -> Iterator[Base]:
    """Every way to lay this total out over these places."""
    first, *others = places
    if not others:
        yield {first: total}
        return
    for count in range(total + 1):
        for rest in spread(others, total - count):
            yield {first: count} | rest


class Counting:
    """An attacker that knows the headline and which cells are absent, and tries all the rest."""

    def __init__(self, base: Base, cells: list[Published]) -> None:
        self.cells = {cell.key: cell for cell in cells}
        self.worlds = [tabulated(one) for one in spread(list(base), sum(base.values()))]

    def possible(self, hidden: Iterable[Key], withheld: Iterable[str] = ()) -> dict[Key, set[int]]:
        """The values each cell takes in all tables that look like what is shown."""
        hidden, withheld = set(hidden), set(withheld)
        seen: dict[Key, set[int]] = {key: set() for key in self.cells}
        for world in self.worlds:
            if all(
                cell.group in withheld
                or (world[key] >= 1 if key in hidden else world[key] == cell.value)
                for key, cell in self.cells.items()
            ):
                for key, value in world.items():
                    seen[key].add(value)
        return seen

    def holds(self, hidden: Iterable[Key], withheld: Iterable[str] = ()) -> bool:
        """Whether everything that is not shown keeps what it needs."""
        hidden, withheld = set(hidden), set(withheld)
        found = self.possible(hidden, withheld)
        blind = self.possible((), {c.group for c in self.cells.values() if not c.fixed} | withheld)
        for key, cell in self.cells.items():
            if cell.group in withheld:
                wanted = min(cell.needed + 1, len(blind[key])) if cell.sensitive else 0
            else:
                wanted = cell.needed + 1 if key in hidden else 0
            if len(found[key]) < wanted:
                return False
        return True


def bases(rows: int, columns: int, most: int) -> st.SearchStrategy[Base]:
    """Tables of up to this size and at most so many people, without their zeros."""
    places = [(row, column) for row in range(rows) for column in range(columns)]
    counts = st.sampled_from([0, 0, 1, 1, 1, 2, 2, 3, 4, 5, 6])
    drawn = st.lists(counts, min_size=len(places), max_size=len(places)).filter(any)

    def table(order: list[tuple[int, int]], found: list[int]) -> Base:
        left, base = most, {}
        for place, count in zip(order, found, strict=True):
            base[place] = min(count, left)
            left -= base[place]
        return {place: base[place] for place in places if base[place]}

    return st.builds(table, st.permutations(places), drawn)


QUICK = settings(
    max_examples=60, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
)


@QUICK
@given(bases(3, 3, 10), st.integers(2, 5), st.sampled_from([0, 0, 1, 3]))
def test_no_counting_out_narrows_a_hidden_cell_and_no_cell_is_hidden_in_vain(
    base: Base, few: int, more: int
) -> None:
    cells, sums = published(base, few, more)
    attacker, found = Counting(base, cells), hide(cells, sums)
    hidden = set(found.hidden)
    assert not {cell.group for cell in cells if cell.key in hidden} & found.withheld
    assert "all" not in found.withheld
    sensitive = {c.key for c in cells if c.sensitive and c.group not in found.withheld}
    assert sensitive <= hidden
    assert attacker.holds(hidden, found.withheld)
    for spared in hidden - sensitive:  # each complementary cell is there for a reason
        assert not attacker.holds(hidden - {spared}, found.withheld), spared


@settings(QUICK, max_examples=60)
@given(bases(2, 2, 12), st.integers(2, 5), st.integers(0, 4))
@example({(0, 2): 3, (1, 0): 1, (1, 1): 2, (1, 2): 1}, 2, 0)  # a cell wide by itself, just so
def test_no_pattern_loses_less_and_nothing_is_withheld_that_hiding_could_protect(
    base: Base, few: int, more: int
) -> None:
    cells, sums = published(base, few, more)
    assume(any(cell.sensitive for cell in cells))
    attacker, found = Counting(base, cells), hide(cells, sums)
    must = {cell.key for cell in cells if cell.sensitive}
    may = [cell.key for cell in cells if not cell.sensitive and not cell.fixed]
    loss = {cell.key: 1 + cell.value.bit_length() for cell in cells}
    patterns = chain.from_iterable(combinations(may, size) for size in range(len(may) + 1))
    losses = [sum(loss[key] for key in more) for more in patterns if attacker.holds({*must, *more})]
    if found.withheld:
        assert not losses
    else:
        assert sum(loss[key] for key in found.hidden - must) == min(losses)


@settings(QUICK, max_examples=25)
@given(base=bases(3, 3, 11), few=st.integers(2, 5), rounds=st.integers(0, 1))
def test_a_search_that_is_cut_short_still_protects(base: Base, few: int, rounds: int) -> None:
    cells, sums = published(base, few)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ROUNDS", rounds)
        found = hide(cells, sums)
    hidden = set(found.hidden)
    assert {c.key for c in cells if c.sensitive and c.group not in found.withheld} <= hidden
    assert Counting(base, cells).holds(hidden, found.withheld)


@QUICK
@given(bases(3, 3, 10), st.integers(2, 5))
def test_what_an_attacker_can_say_is_what_counting_out_says(base: Base, few: int) -> None:
    cells, sums = published(base, few)
    found = hide(cells, sums)
    possible = Counting(base, cells).possible(found.hidden, found.withheld)
    said = ranges(cells, sums, found)
    assert said == {key: (min(possible[key]), max(possible[key])) for key in said}
    unseen = {cell.key for cell in cells if cell.group in found.withheld} | found.hidden
    assert said.keys() == unseen


def in_a_row(
    values: list[int], *sensitive: int, few: int = 5, insiders: bool = False
) -> tuple[list[Published], list[Sum]]:
    """One table whose total is known to everybody, and maybe each cell to somebody."""
    cells = [
        Published(
            number, value, "t", max(few - 1, -(-abs(value) // 4)), number in sensitive,
            insider=insiders,
        )
        for number, value in enumerate(values)
    ]  # fmt: skip
    total = Published("all", sum(values), "all", 1, fixed=True)
    return [*cells, total], [Sum("all", tuple(range(len(values))))]


def test_nothing_is_hidden_where_nothing_is_sensitive() -> None:
    assert hide(*in_a_row([7, 3, 40])) == Hiding(frozenset(), frozenset())
    assert hide([], []) == Hiding(frozenset(), frozenset())


def test_a_cell_hidden_alone_is_found_out_and_hide_does_not_do_that() -> None:
    cells, sums = in_a_row([3, 16, 60, 8], 0)
    assert ranges(cells, sums, Hiding(frozenset({0}), frozenset())) == {0: (3, 3)}
    found = hide(cells, sums)
    assert found == Hiding(frozenset({0, 3}), frozenset())  # 8 is the smallest that will do
    assert ranges(cells, sums, found) == {0: (1, 10), 3: (1, 10)}


def test_who_knows_one_hidden_cell_does_not_find_another_out() -> None:
    values = [3, 16, 60, 8]
    cells, sums = in_a_row(values, 0, insiders=True)
    # With 3 and 8 alone the owner of the 8 would know the 3: the next smallest goes with them.
    assert hide(cells, sums) == Hiding(frozenset({0, 1, 3}), frozenset())
    # Of two there is nothing to be done, and nothing is withheld that would not help.
    assert hide(*in_a_row([3, 60], 0, insiders=True)) == Hiding(frozenset({0, 1}), frozenset())


@settings(QUICK, max_examples=60)
@given(st.lists(st.integers(1, 30), min_size=2, max_size=9), st.integers(0, 1))
def test_who_knows_its_own_cell_learns_no_more_of_a_small_one_than_must_be(
    values: list[int], rounds: int
) -> None:
    small = {number for number, value in enumerate(values) if value < 5}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ROUNDS", 100 * rounds)
        found = hide(*in_a_row(values, *small, insiders=True))
    if found.withheld:
        return

    def width(hidden: Iterable[int], known: int) -> int:
        """How far a cell may go where others of a known sum are at least 1."""
        return sum(values[n] - 1 for n in hidden if n != known)

    for known in found.hidden:
        for cell in small - {known}:
            assert width(found.hidden, known) >= min(4, width(range(len(values)), known)), cell


def test_what_another_table_tells_of_a_hidden_cell_is_reckoned_with() -> None:
    few, more, most = (
        Published("few", 2, "t", 2, sensitive=True),
        Published("more", 4, "t", 2, least=3),
        Published("most", 9, "t", 2, least=3),
    )
    total = Published("all", 15, "all", 1, fixed=True)
    # Of the four at least three are known: the two would be one or two, or three with one more.
    told = ranges([few, more, most, total], [Sum("all", ("few", "more", "most"))],
                  Hiding(frozenset({"few", "more"}), frozenset()))  # fmt: skip
    assert told == {"few": (1, 3), "more": (3, 5)}
    three = [few, replace(more, value=3), replace(most, value=10), total]
    found = hide(three, [Sum("all", ("few", "more", "most"))])
    assert found == Hiding(frozenset({"few", "most"}), frozenset())


def test_the_other_way_through_a_table_with_margins_is_closed() -> None:
    base = {(row, column): 20 for row in range(3) for column in range(3)} | {(0, 0): 2}
    cells, sums = published(base, 5)
    found = hide(cells, sums)
    assert ("cell", 0, 0) in found.hidden
    assert len(found.hidden) == 4  # a rectangle; a row and its half would take as many
    for spared in found.hidden - {("cell", 0, 0)}:
        left = Hiding(found.hidden - {spared}, frozenset())
        low, high = ranges(cells, sums, left)["cell", 0, 0]
        assert high - low < 4


@settings(QUICK, max_examples=40)
@given(
    st.lists(st.integers(1, 10**13) | st.integers(1, 10**6), min_size=2, max_size=12),
    st.data(),
)
def test_won_are_hidden_as_exactly_as_people(values: list[int], data: st.DataObject) -> None:
    sensitive = data.draw(st.sets(st.integers(0, len(values) - 1), min_size=1))
    cells, sums = in_a_row(values, *sensitive)
    found = hide(cells, sums)
    # with a known sum s of m hidden cells of at least 1, each lies between 1 and s - m + 1
    enough = sum(values) - len(values) >= max(cells[number].needed for number in sensitive)
    assert bool(found.withheld) is not enough
    assert found.withheld or sensitive <= found.hidden
    width = sum(values[number] for number in found.hidden) - len(found.hidden)
    said = ranges(cells, sums, found)
    for number in found.hidden:
        assert said[number] == (1, width + 1)
        assert width >= cells[number].needed


def test_what_may_be_negative_has_no_end() -> None:
    cells, sums = in_a_row([10**13, -4 * 10**12, 5 * 10**13, 6 * 10**13], 0)
    found = hide(cells, sums)
    assert found == Hiding(frozenset({0, 1}), frozenset())
    assert ranges(cells, sums, found) == {0: (1, inf), 1: (-inf, 6 * 10**12 - 1)}


@pytest.mark.parametrize("value", [-7, 0])
def test_a_single_cell_that_may_be_anything_needs_no_company_if_its_total_is_not_known(
    value: int,
) -> None:
    alone = [Published("a", value, "t", 4, sensitive=True)]
    assert hide(alone, []).hidden == {"a"}
    assert ranges(alone, [], hide(alone, [])) == {"a": (-inf, inf)}


def test_only_the_table_that_nothing_protects_is_withheld() -> None:
    cells, sums = in_a_row([1, 4], 0, 1)  # between 1 and 4: four possibilities, not five
    cells += [Published("x", 5, "shown", 4)]
    sums += [Sum("all", ("x",))]
    found = hide(cells, sums)
    assert found == Hiding(frozenset(), frozenset({"t"}))
    assert ranges(cells, sums, found) == {0: (0, 5), 1: (0, 5)}


def test_what_cannot_be_hidden_itself_protects_nobody() -> None:
    cells = [
        Published("a", 2, "t", 4, sensitive=True),
        Published("b", 10, "t", 100),  # with a it would lie between 1 and 11
        Published("all", 12, "all", 1, fixed=True),
    ]
    assert hide(cells, [Sum("all", ("a", "b"))]) == Hiding(frozenset(), frozenset({"t"}))


def test_a_headline_of_three_withholds_its_tables_and_ends() -> None:
    base = {(0, 0): 1, (1, 0): 1, (2, 1): 1}
    cells, sums = published(base, 5)
    found = hide(cells, sums)
    assert found == Hiding(frozenset(), frozenset({"cell", "row", "half", "column"}))
    # what the headline alone gives away is given away, and no more
    assert set(ranges(cells, sums, found).values()) == {(0, 3)}


def test_a_withheld_table_takes_with_it_what_would_tell_it() -> None:
    # y lies between 2 and 5 as long as its parts are known to be there: no five possibilities
    cells = [
        Published("y", 3, "coarse", 4, sensitive=True),
        Published("z", 4, "coarse", 4),
        *(Published(f"y{value}", value, "fine", 1) for value in (1, 2)),
        *(Published(f"z{value}", value, "fine", 1) for value in (1, 3)),
        Published("all", 7, "all", 1, fixed=True),
    ]
    sums = [Sum("y", ("y1", "y2")), Sum("z", ("z1", "z3")), Sum("all", ("y", "z"))]
    assert hide(cells, sums) == Hiding(frozenset(), frozenset({"coarse", "fine"}))
    told = ranges(cells, sums, Hiding(frozenset(), frozenset({"coarse"})))
    assert told["y"] == (3, 3)


def test_a_total_is_not_told_by_its_parts_in_another_table() -> None:
    # y2 must go with y1; its only part x3 would tell it, and with it y1
    cells = [
        Published("x1", 2, "fine", 4, sensitive=True),
        Published("x2", 2, "fine", 4, sensitive=True),
        Published("x3", 30, "fine", 4),
        Published("y1", 4, "coarse", 4, sensitive=True),
        Published("y2", 30, "coarse", 4),
        Published("all", 34, "all", 1, fixed=True),
    ]
    sums = [Sum("y1", ("x1", "x2")), Sum("y2", ("x3",)), Sum("all", ("y1", "y2"))]
    found = hide(cells, sums)
    assert found == Hiding(frozenset({"x1", "x2", "x3", "y1", "y2"}), frozenset())
    assert ranges(cells, sums, Hiding(found.hidden - {"x3"}, frozenset()))["y1"] == (4, 4)


def test_the_same_cells_give_the_same_pattern() -> None:
    values = [17, 3, 29, 8, 8, 8, 41, 2, 12, 12]
    assert len({hide(*in_a_row(values, 1, 7)) for _ in range(5)}) == 1


def test_a_total_without_parts_says_nothing() -> None:
    cells, sums = in_a_row([3, 9], 0)
    assert hide(cells, [*sums, Sum(0, ())]) == Hiding(frozenset({0, 1}), frozenset())


def test_tables_that_do_not_add_up_are_refused() -> None:
    cells, sums = in_a_row([3, 9], 0)
    for wrong, said in (
        (Sum("all", (0,)), "not its sum"),
        (Sum("all", (0, 1, 1)), "not its sum"),
        (Sum("all", (0, 5)), "not there"),
    ):
        with pytest.raises(ValueError, match=said):
            hide(cells, [*sums, wrong])
    with pytest.raises(ValueError, match="twice"):
        hide([*cells, cells[0]], sums)
