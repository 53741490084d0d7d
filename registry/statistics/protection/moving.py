"""Which slices move at a point: those that are not as the last one shows them, and may be.

People's figures and counts of start-ups move whenever they changed. Won move only when enough
start-ups changed them since they last moved, none of them too much, in the cells and in the total,
so that what one was paid cannot be read off the difference between two totals, nor off a total that
others have left. A won year that never moved is held.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from registry.statistics.catalogue import headlines
from registry.statistics.protection import exact, points
from registry.statistics.protection.pattern import Shown, Slice, shown
from registry.statistics.protection.tables import published_tables, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from registry.revisions.instants import Instant
    from registry.statistics.protection.limits import Limits
    from registry.statistics.protection.models import Publication

HELD = Shown(None, {}, ())
MOVES, HOLDS, STAYS = "moves", "holds", "stays"
Name = tuple[str, str, int]  # dataset, measure and year


@dataclass(frozen=True)
class Moved:
    """A measure's year that a point stores, and what of it everybody sees."""

    dataset: str
    measure: str
    year: int
    held: bool
    shown: Shown


def published_measures() -> list[tuple[str, str]]:
    """Each dataset and measure of which slices are kept: those of tables, and headlines of won."""
    pairs = [(table.dataset, table.measure) for table in published_tables()]
    pairs += [("investments", measure) for measure in headlines("investments")]
    return list(dict.fromkeys(pairs))


def moved_slices(
    session: Session, last: Publication | None, instant: Instant, limits: Limits
) -> Iterator[Moved]:
    """The slices that are not as the last point shows them."""
    known = {} if last is None else points.known_slices(session, last)
    zones = exact.zones_of(session)
    for dataset, measure in published_measures():
        years = exact.exact_years(session, dataset, measure, instant)
        mine = {year for d, m, year in known if (d, m) == (dataset, measure)}
        for year in sorted({*years, *mine}):
            before = known.get((dataset, measure, year))
            after = before.figures_revision if before and not before.held else 0
            name = (dataset, measure, year)
            how = _how(session, name, after, instant.revision, limits)
            if before and not before.held and before.limits != limits.as_document():
                how = _judged_anew(measure, how)
            if how == MOVES:
                figures = years.get(year, exact.ExactYear())
                shares = _shares(session, name, instant.revision)
                slice_ = Slice(dataset, measure, figures, shares, zones)
                yield Moved(*name, held=False, shown=shown(slice_, limits))
            elif how == HOLDS and before is None:
                yield Moved(*name, held=True, shown=HELD)


def _how(session: Session, name: Name, after: int, until: int, limits: Limits) -> str:
    """Whether a measure's year moves, holds what changed in it, or did not change."""
    dataset, measure, year = name
    if not measure.endswith("_krw"):
        changed = exact.has_changed(session, dataset, measure, year, after, until)
        return MOVES if changed else STAYS
    moved = exact.movement(session, measure, year, after, until)
    if not moved.startups:
        return STAYS
    # A start-up that only moved to another district is no company for the one that was paid:
    # the total would tell what that one got.
    total = exact.movement_of_total(session, measure, year, after, until)
    alone = total.startups > 0 and limits.too_few(total)
    # Nor may the total come to what few were paid, once the others' payments were refunded.
    left = exact.movement_of_total(session, measure, year, 0, until)
    bare = left.startups > 0 and limits.too_few(left)
    return HOLDS if alone or bare or limits.too_few(moved) else MOVES


def _judged_anew(measure: str, how: str) -> str:
    """What changed thresholds make of a slice: its cells are hidden anew, whatever changed in it.

    Won that hold what changed stay as they were shown: shown anew, they would tell what moved.
    """
    return how if measure.endswith("_krw") and how == HOLDS else MOVES


def _shares(session: Session, name: Name, until: int) -> dict[str, dict[exact.Keys, exact.Shares]]:
    """Of each table of won the start-ups' shares; of one of start-ups those of the same won."""
    dataset, measure, year = name
    if dataset != "investments":
        return {}
    won = measure if measure.endswith("_krw") else headlines(dataset)[0]
    return {
        table.code: exact.shares(session, replace(table, measure=won), year, until)
        for table in tables_of(dataset, measure)
    }
