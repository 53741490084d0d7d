"""Making a point: which slices moved since the last, what is hidden in them, and storing them.

People's figures and counts of start-ups move whenever they changed. Won move only when enough
start-ups changed them since they last moved, none of them too much, so that what one was paid
cannot be read off the difference between two points. A won year that never moved is held.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import insert

from registry.core.problems import DomainError
from registry.core.types import new_id
from registry.revisions.instants import resolve
from registry.statistics.catalogue import headlines
from registry.statistics.protection import exact, points
from registry.statistics.protection.digest import digest_of
from registry.statistics.protection.models import Publication, PublishedCell, PublishedSlice
from registry.statistics.protection.pattern import Shown, Slice, shown
from registry.statistics.protection.tables import published_tables, tables_of
from registry.statistics.questions import month_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from registry.core.db import Work
    from registry.revisions.instants import Instant
    from registry.statistics.protection.limits import Limits

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


def publish_point(work: Work, kind: str, limits: Limits, month: int | None = None) -> Publication:
    """Publish the figures of a closed month (202610; the last by default), or those before a write.

    `kind` is `month_end` or `release`; a release's figures are those of the head before this work.
    A month that is published already is answered as it stands. Raises month-not-closed and
    publication-out-of-order.
    """
    work.principal.require("releases:write")
    work.action = work.action or "publication.publish"
    work.settled_until = work.now  # under the lock: every write that began before has ended
    last = points.point_at(work.session, work.head.number)
    if kind == "release":
        instant, month = resolve(work, None, work.head.number), None
    else:
        month = month or last_closed_month(work.today)
        there = points.month_end(work.session, month)
        if there is not None:
            return there
        if month > last_closed_month(work.today):
            raise DomainError("month-not-closed")
        instant = resolve(work, _last_day(month), None)
    if last is not None and (instant.revision, instant.day) < (last.figures_revision, last.day):
        raise DomainError("publication-out-of-order", revision=last.figures_revision)
    point = Publication(
        id=new_id(), kind=kind, month=month, figures_revision=instant.revision, as_of=instant.at,
        day=instant.day, published_at=work.now, limits=limits.as_document(),
    )  # fmt: skip
    return _stored(work, point, list(_moved(work, last, instant, limits)))


def is_overtaken(work: Work) -> bool:
    """Whether a release has published newer figures before the last closed month's were."""
    month = last_closed_month(work.today)
    last = points.point_at(work.session, work.head.number)
    if last is None or points.month_end(work.session, month) is not None:
        return False
    return last.day > _last_day(month)


def _last_day(month: int) -> date:
    year, number = divmod(month, 100)
    return date(year, number, monthrange(year, number)[1])


def last_closed_month(today: date) -> int:
    """The month before this one."""
    return month_of(date.fromordinal(today.replace(day=1).toordinal() - 1))


def published_measures() -> list[tuple[str, str]]:
    """Each dataset and measure of which slices are kept: those of tables, and headlines of won."""
    pairs = [(table.dataset, table.measure) for table in published_tables()]
    pairs += [("investments", measure) for measure in headlines("investments")]
    return list(dict.fromkeys(pairs))


def _moved(
    work: Work, last: Publication | None, instant: Instant, limits: Limits
) -> Iterator[Moved]:
    """The slices that are not as the last point shows them."""
    known = {} if last is None else points.known_slices(work.session, last)
    zones = exact.zones_of(work.session)
    for dataset, measure in published_measures():
        years = exact.exact_years(work.session, dataset, measure, instant)
        mine = {year for d, m, year in known if (d, m) == (dataset, measure)}
        for year in sorted({*years, *mine}):
            before = known.get((dataset, measure, year))
            after = before.figures_revision if before and not before.held else 0
            name = (dataset, measure, year)
            how = _how(work.session, name, after, instant.revision, limits)
            if how == MOVES:
                figures = years.get(year, exact.ExactYear())
                shares = _shares(work.session, name, instant.revision)
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
    return HOLDS if limits.too_few(moved) else MOVES


def _shares(session: Session, name: Name, until: int) -> dict[str, dict[exact.Keys, exact.Shares]]:
    dataset, measure, year = name
    if not measure.endswith("_krw"):
        return {}
    return {t.code: exact.shares(session, t, year, until) for t in tables_of(dataset, measure)}


def _stored(work: Work, point: Publication, moved: Sequence[Moved]) -> Publication:
    """Write a point, the slices it moved, and their cells."""
    slices = [
        PublishedSlice(
            id=new_id(), publication_id=point.id, published_revision=work.revision,
            dataset=one.dataset, measure=one.measure, year=one.year, total=one.shown.total,
            held=one.held, withheld=list(one.shown.withheld),
        )
        for one in moved
    ]  # fmt: skip
    cells = [
        {"slice_id": slice_.id, "table_code": code, "first_key": (*keys, "", "")[0],
         "second_key": (*keys, "", "")[1], "value": value}
        for slice_, one in zip(slices, moved, strict=True)
        for (code, keys), value in one.shown.cells.items()
    ]  # fmt: skip
    point.digest = digest_of(slices, [PublishedCell(**cell) for cell in cells])
    work.session.add(point)
    work.session.flush()  # the slices name it, and have no relationship that would say so
    work.session.add_all(slices)
    work.session.flush()
    if cells:
        work.session.execute(insert(PublishedCell), cells)
    return point
