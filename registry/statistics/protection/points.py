"""Selects over what was published: points, the slices in force at one, and their cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from registry.core.fields import rfc3339
from registry.statistics.protection.models import Publication, PublishedCell, PublishedSlice
from registry.statistics.questions import time_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from registry.statistics.protection.tables import PublishedTable


def point_at(session: Session, revision: int) -> Publication | None:
    """The last point that was published up to a revision."""
    return session.scalars(
        select(Publication)
        .where(Publication.created_revision <= revision)
        .order_by(Publication.created_revision.desc())
        .limit(1)
    ).one_or_none()


def month_end(session: Session, month: int) -> Publication | None:
    """The point of a month's end."""
    return session.scalars(select(Publication).where(Publication.month == month)).one_or_none()


def slices_in_force(
    session: Session, point: Publication, dataset: str | None = None, measure: str | None = None
) -> Sequence[PublishedSlice]:
    """Of each measure's year the newest slice stored up to a point."""
    ranked = select(
        PublishedSlice.id,
        func.row_number()
        .over(
            partition_by=(PublishedSlice.dataset, PublishedSlice.measure, PublishedSlice.year),
            order_by=PublishedSlice.published_revision.desc(),
        )
        .label("place"),
    ).where(PublishedSlice.published_revision <= point.created_revision)
    if dataset is not None:
        ranked = ranked.where(PublishedSlice.dataset == dataset, PublishedSlice.measure == measure)
    newest = ranked.subquery()
    return session.scalars(
        select(PublishedSlice)
        .join(newest, newest.c.id == PublishedSlice.id)
        .where(newest.c.place == 1)
        .order_by(PublishedSlice.dataset, PublishedSlice.measure, PublishedSlice.year)
    ).all()


@dataclass(frozen=True)
class Known:
    """What a slice in force is: held or shown, of which revision, and under which thresholds."""

    held: bool
    figures_revision: int
    limits: dict[str, Any]


def known_slices(session: Session, point: Publication) -> dict[tuple[str, str, int], Known]:
    """The slices in force at a point, by dataset, measure and year."""
    made = select(Publication.id, Publication.figures_revision, Publication.limits)
    how = {row.id: (row.figures_revision, row.limits) for row in session.execute(made)}
    return {
        (s.dataset, s.measure, s.year): Known(s.held, *how[s.publication_id])
        for s in slices_in_force(session, point)
    }


def cells_of(
    session: Session, slices: Sequence[PublishedSlice], table: PublishedTable
) -> list[tuple[int, tuple[str, ...], int | None]]:
    """The year, further keys and value of each published cell of a table in some slices."""
    years = {slice_.id: slice_.year for slice_ in slices}
    rows = session.scalars(
        select(PublishedCell).where(
            PublishedCell.slice_id.in_(years), PublishedCell.table_code == table.code
        )
    )
    count = len(table.keys)
    return [
        (years[row.slice_id], (row.first_key, row.second_key)[:count], row.value) for row in rows
    ]


def summary(session: Session, point: Publication) -> dict[str, Any]:
    """What a point stored: how many cells of how many tables, hidden ones, and what is not shown."""
    slices = session.scalars(
        select(PublishedSlice)
        .where(PublishedSlice.publication_id == point.id)
        .order_by(PublishedSlice.dataset, PublishedSlice.measure, PublishedSlice.year)
    ).all()
    mine = PublishedCell.slice_id.in_([slice_.id for slice_ in slices])
    counts = session.execute(
        select(
            func.count(PublishedCell.table_code.distinct()).label("tables"),
            func.count().label("cells"),
            (func.count() - func.count(PublishedCell.value)).label("hidden"),
        ).where(mine)
    ).one()
    return {
        "kind": point.kind,
        "month": month_text(point.month),
        "revision": point.figures_revision,
        "slices": len(slices),
        **counts._mapping,  # noqa: SLF001 - a row's names, by SQLAlchemy's own interface
        "withheld": [f"{code}/{s.year}" for s in slices for code in s.withheld],
        "held": [f"{s.measure}/{s.year}" for s in slices if s.held],
        "digest": point.digest,
    }


def month_text(month: int | None) -> str | None:
    """A month as answers write it."""
    return None if month is None else str(time_parts(month)["month"])


def publication_read(point: Publication | None) -> dict[str, Any] | None:
    """A point as answers name it: which figures it shows, and since when."""
    if point is None:
        return None
    return {
        "id": str(point.id),
        "kind": point.kind,
        "month": month_text(point.month),
        "revision": point.figures_revision,
        "as_of": rfc3339(point.as_of),
        "published_at": rfc3339(point.published_at),
    }


def publication_facts(point: Publication) -> dict[str, Any]:
    """A point as the list of points has it."""
    return {
        "id": point.id, "kind": point.kind, "month": month_text(point.month),
        "revision": point.figures_revision, "published_at": point.published_at,
        "as_of": point.as_of, "limits": point.limits, "digest": point.digest,
    }  # fmt: skip
