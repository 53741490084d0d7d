"""Proof that what was published is what was counted, and that nothing of it was changed since."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from registry.revisions.instants import Instant
from registry.revisions.models import Revision
from registry.statistics.protection.digest import digest_of
from registry.statistics.protection.exact import ExactYear, exact_years
from registry.statistics.protection.models import Publication, PublishedCell, PublishedSlice
from registry.statistics.protection.tables import tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from registry.statistics.protection.exact import Keys


def verify_publications(session: Session) -> Iterator[tuple[int, str]]:
    """The revision and a sentence for each point that does not show what was counted at its own."""
    for point in session.scalars(select(Publication).order_by(Publication.created_revision)):
        mine = PublishedSlice.publication_id == point.id
        slices = session.scalars(select(PublishedSlice).where(mine)).all()
        of_these = PublishedCell.slice_id.in_([slice_.id for slice_ in slices])
        cells = session.scalars(select(PublishedCell).where(of_these)).all()
        if digest_of(slices, cells) != point.digest:
            yield point.created_revision, f"publication {point.id} is not what its digest says"
        for sentence in _differences(session, point, slices, cells):
            yield point.created_revision, f"publication {point.id}: {sentence}"


def _differences(
    session: Session,
    point: Publication,
    slices: Sequence[PublishedSlice],
    cells: Sequence[PublishedCell],
) -> Iterator[str]:
    instant = _instant_of(session, point)
    names = sorted({(slice_.dataset, slice_.measure) for slice_ in slices})
    exact = {name: exact_years(session, *name, instant) for name in names if instant is not None}
    for slice_ in slices:
        if slice_.published_revision != point.created_revision:
            yield f"{slice_.measure} {slice_.year} is dated to another revision"
        counted = exact.get((slice_.dataset, slice_.measure), {}).get(slice_.year, ExactYear())
        shown: dict[str, dict[Keys, int | None]] = defaultdict(dict)
        for cell in (cell for cell in cells if cell.slice_id == slice_.id):
            keys = tuple(key for key in (cell.first_key, cell.second_key) if key)
            shown[cell.table_code][keys] = cell.value
        yield from _of_slice(slice_, counted, shown)


def _of_slice(
    slice_: PublishedSlice, counted: ExactYear, shown: dict[str, dict[Keys, int | None]]
) -> Iterator[str]:
    if slice_.total is not None and slice_.total != counted.total:
        yield f"{slice_.measure} {slice_.year} shows {slice_.total}, counted is {counted.total}"
    hidden = {*slice_.withheld}
    for table in tables_of(slice_.dataset, slice_.measure):
        cells = shown.pop(table.code, {})
        if slice_.held or table.code in hidden:
            if cells:
                yield f"{table.code} {slice_.year} shows cells although it is withheld"
            continue
        figures = counted.cells.get(table.code, {})
        for keys in sorted({*cells, *figures}):
            value, figure = cells.get(keys, 0), figures.get(keys, 0)
            if value is not None and value != figure:
                place = " ".join((str(slice_.year), *keys))
                yield f"{table.code} {place} shows {value}, counted is {figure}"
    for code in sorted(shown):
        yield f"{code} {slice_.year} is no published table"


def _instant_of(session: Session, point: Publication) -> Instant | None:
    """The instant of a point's figures, None if there was no revision yet."""
    found = session.get(Revision, point.figures_revision)
    if found is None:
        return None
    return Instant(
        found.number, point.as_of, point.day, settled=True, recorded_on=found.day, is_head=False
    )
