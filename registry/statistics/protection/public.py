"""What everybody is answered: a function of what was published, and of nothing else.

So filters can leak nothing: they choose among published cells, and a sum with a hidden or
withheld part is hidden itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from registry.revisions.instants import Instant
from registry.statistics.catalogue import TIMES
from registry.statistics.protection import points
from registry.statistics.protection.matching import chosen_by, is_headline, table_for
from registry.statistics.queries import YearFigure
from registry.statistics.questions import Cell, Figures, Question, span
from registry.statistics.zeros import with_zeros

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from registry.statistics.protection.models import Publication, PublishedSlice
    from registry.statistics.protection.tables import PublishedTable

Value = int | None  # None is hidden
Withheld = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class PublicFigures:
    """A question's published figures, the point they are of (None before the first one).

    `withheld` names the tables and years of which no cell is shown.
    """

    point: Publication | None
    figures: Figures
    withheld: Withheld = ()


def public_figures(session: Session, question: Question, asked: Instant) -> PublicFigures:
    """What the last point up to an instant shows of a question that it answers."""
    point = points.point_at(session, asked.revision)
    if point is None:
        return PublicFigures(None, Figures((), None))
    instant = _of_point(point, asked)
    slices = [
        slice_
        for slice_ in points.slices_in_force(session, point, question.dataset, question.measure)
        if _in_scope(question, slice_.year * 100 + 1, slice_.year * 100 + 12)
    ]
    table = table_for(question)
    withheld: Withheld = ()
    if is_headline(question):
        found = _headline(question, slices)
    else:
        assert table is not None  # noqa: S101 - else the question is refused before
        found, withheld = _of_table(session, question, table, slices)
    if question.zeros:
        found = _with_zeros(session, question, instant, found, {year for _, year in withheld})
    return PublicFigures(point, found, withheld)


def published_years(
    session: Session, dataset: str, measure: str, first: int | None, asked: Instant
) -> tuple[Publication | None, list[YearFigure], bool]:
    """The totals by year that the last point shows from a year on, each with the sum up to it.

    With them whether it shows every year that has figures.
    """
    point = points.point_at(session, asked.revision)
    if point is None:
        return None, [], False
    found, running = [], 0
    mine = [
        slice_
        for slice_ in points.slices_in_force(session, point, dataset, measure)
        if slice_.year >= (first or slice_.year)
    ]
    for slice_ in mine:
        if slice_.total is not None:
            running += slice_.total
            found.append(YearFigure(slice_.year, slice_.total, running))
    return point, found, len(found) == len(mine)


def published_months(session: Session, question: Question, asked: Instant) -> dict[int, int] | None:
    """The figures by month (as 202603) that the last point shows; None if it does not show all."""
    if table_for(question) is None:
        return None
    found = public_figures(session, question, asked)
    if found.figures.total is None or found.withheld:
        return None
    cells = [(cell.keys[0], cell.value) for cell in found.figures.cells]
    if any(value is None for _, value in cells):
        return None
    return {int(month.replace("-", "")): value for month, value in cells if value is not None}


def _of_point(point: Publication, asked: Instant) -> Instant:
    """The instant of a point's figures."""
    return Instant(
        point.figures_revision, point.as_of, point.day, asked.settled, point.day, is_head=False
    )


def _in_scope(question: Question, low: int, high: int) -> bool:
    """Whether any of some months is asked about."""
    first, last = max(low, question.first or low), min(high, question.last or high)
    return first <= last and bool(question.months(first, last))


def _headline(question: Question, slices: Sequence[PublishedSlice]) -> Figures:
    total = _shown_total(slices)
    if question.by:
        cells = [Cell((s.year,), s.total) for s in slices if s.total != 0]
        return Figures(tuple(cells), total)
    return Figures(() if total == 0 else (Cell((), total),), total)


def _shown_total(slices: Sequence[PublishedSlice]) -> Value:
    """The sum of the years that are shown; hidden if there are years and none is."""
    shown = [slice_.total for slice_ in slices if slice_.total is not None]
    return sum(shown) if shown or not slices else None


def _of_table(
    session: Session, question: Question, table: PublishedTable, slices: Sequence[PublishedSlice]
) -> tuple[Figures, Withheld]:
    """The sums of a table's cells that a question chooses."""
    withheld = [(table.code, s.year) for s in slices if s.held or table.code in s.withheld]
    hides_all = bool(withheld) and not any(name in TIMES for name in question.by)
    sums: dict[tuple[Any, ...], Value] = {}
    for year, keys, value in points.cells_of(session, slices, table):
        facts = _facts(table, year, keys)
        if _is_chosen(question, facts):
            group = tuple(facts[name] for name in question.by)
            sums[group] = _plus(sums.get(group, 0), None if hides_all else value)
    cells = (Cell(group, sums[group]) for group in sorted(sums) if sums[group] != 0)
    total: Value = 0
    for value in sums.values():
        total = _plus(total, value)
    if withheld:
        total = None
    if total is None and chosen_by(question) <= {"year"} and not _is_count(table):
        total = _shown_total(slices)
    return Figures(tuple(cells), total), tuple(withheld)


def _is_count(table: PublishedTable) -> bool:
    """Whether the total of a table's year is itself a cell that may be hidden."""
    return table.measure == "startups_funded"


def _plus(left: Value, right: Value) -> Value:
    return None if left is None or right is None else left + right


def _facts(table: PublishedTable, year: int, keys: tuple[str, ...]) -> dict[str, Any]:
    facts: dict[str, Any] = {"year": year, **dict(zip(table.keys, keys, strict=True))}
    if "month" in facts:
        facts["quarter"] = f"{year}-Q{(int(facts['month'][5:]) + 2) // 3}"
    return facts


def _is_chosen(question: Question, facts: dict[str, Any]) -> bool:
    """Whether a cell is asked for; its whole time is, or none of it."""
    month = facts.get("month")
    time = int(month.replace("-", "")) if month else facts.get("quarter", facts["year"])
    return _in_scope(question, *span(time)) and all(
        facts[name] in values for name, values in question.filters.items() if name not in TIMES
    )


def _with_zeros(
    session: Session, question: Question, instant: Instant, known: Figures, unseen: set[int]
) -> Figures:
    """As for exact figures, but no zero where a year is withheld: nobody knows that it is one."""
    there = {cell.keys for cell in known.cells}
    place = next((i for i, name in enumerate(question.by) if name in TIMES), None)

    def is_sure(cell: Cell) -> bool:
        if not unseen or cell.keys in there:
            return True
        return place is not None and int(str(cell.keys[place])[:4]) not in unseen

    full = with_zeros(session, question, instant, known)
    return replace(full, cells=tuple(filter(is_sure, full.cells)))
