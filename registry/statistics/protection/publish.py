"""Making a point: choosing its figures, and storing the slices that moved since the last.

Finding what to hide takes seconds, and other writers would wait for it. A month that is over does
not change, so its point can be planned before the lock is taken; a release's is found under it.
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
from registry.statistics.protection import points
from registry.statistics.protection.digest import digest_of
from registry.statistics.protection.models import Publication, PublishedCell, PublishedSlice
from registry.statistics.protection.moving import moved_slices
from registry.statistics.questions import month_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from registry.core.work import Work
    from registry.revisions.instants import Instant
    from registry.statistics.protection.limits import Limits
    from registry.statistics.protection.moving import Moved


@dataclass(frozen=True)
class Plan:
    """What a point will store if it shows these figures and comes after this point."""

    revision: int
    after: UUID | None
    moved: tuple[Moved, ...]


def plan_month(work: Work, limits: Limits, month: int | None = None) -> Plan | None:
    """What a month's end will store; None if it is published already. Raises as publishing does."""
    month = month or last_closed_month(work.today)
    if points.month_end(work.session, month) is not None:
        return None
    last = points.point_at(work.session, work.head.number)
    return _plan(work, last, _end_of(work, month, last), limits)


def publish_point(
    work: Work, kind: str, limits: Limits, month: int | None = None, plan: Plan | None = None
) -> Publication:
    """Publish the figures of a closed month (202610; the last by default), or those before a write.

    `kind` is `month_end` or `release`; a release's figures are those of the head before this work.
    A month that is published already is answered as it stands; a plan that still holds spares the
    work. Raises month-not-closed and publication-out-of-order.
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
        instant = _end_of(work, month, last)
    if plan is None or (plan.revision, plan.after) != (instant.revision, last and last.id):
        plan = _plan(work, last, instant, limits)
    point = Publication(
        id=new_id(), kind=kind, month=month, figures_revision=instant.revision, as_of=instant.at,
        day=instant.day, published_at=work.now, limits=limits.as_document(),
    )  # fmt: skip
    return _stored(work, point, plan.moved)


def _plan(work: Work, last: Publication | None, instant: Instant, limits: Limits) -> Plan:
    moved = tuple(moved_slices(work.session, last, instant, limits))
    return Plan(instant.revision, last.id if last else None, moved)


def _end_of(work: Work, month: int, last: Publication | None) -> Instant:
    """The instant of a closed month's end, which must not lie before the last point's."""
    if month > last_closed_month(work.today):
        raise DomainError("month-not-closed")
    instant = resolve(work, _last_day(month), None)
    if last is not None and (instant.revision, instant.day) < (last.figures_revision, last.day):
        raise DomainError("publication-out-of-order", revision=last.figures_revision)
    return instant


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
