"""Selects over imports and their mistakes. Metadata is the organisation's, and the city's to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, false, select

from registry.access.refusals import ALREADY
from registry.core.problems import DomainError
from registry.imports.models import Import, ImportProblem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from registry.core.work import Work

KNOWN = (*ALREADY, "repeated-row")
TAKEN = ("committed", "committed_partly")
PIECEMEAL = {"yield_per": 2000}  # for the mistakes of a file: there may be 200,000


def visible_imports(work: Work) -> Select[Import]:
    """The imports the asker may see; one that is still arriving is not there yet."""
    return select(Import).where(
        work.principal.sees(Import.organisation_id), Import.fingerprint.is_not(None)
    )


def filtered_imports(work: Work, asked: dict[str, Any]) -> Select[Import]:
    """The visible imports of a dataset and a state."""
    found = visible_imports(work)
    for name in ("dataset", "state"):
        if asked[name] is not None:
            found = found.where(getattr(Import, name) == asked[name])
    return found


def visible_import(work: Work, import_id: UUID) -> Import:
    """One visible import. Raises not-found."""
    return _one(work, visible_imports(work).where(Import.id == import_id))


def own_import(work: Work, import_id: UUID, *, locked: bool = False) -> Import:
    """One import of the asker's own organisation. Raises not-found."""
    found = visible_imports(work).where(Import.id == import_id, _own(work))
    return _one(work, found.with_for_update() if locked else found)


def is_own(work: Work, row: Import) -> bool:
    """Whether an import is the asker's organisation's own, its values open to it."""
    return row.organisation_id in work.principal.organisations


def _own(work: Work) -> ColumnElement[bool]:
    own = work.principal.organisations
    return Import.organisation_id.in_(own) if own else false()


def _one(work: Work, found: Select[Import]) -> Import:
    row = work.session.scalars(found).one_or_none()
    if row is None:
        raise DomainError("not-found")
    return row


def problems_of(row: Import, severity: str | None) -> Select[ImportProblem]:
    """The mistakes of an import, errors and warnings or one of the two."""
    found = select(ImportProblem).where(ImportProblem.import_id == row.id)
    return found if severity is None else found.where(ImportProblem.severity == severity)


def refused_as_known(work: Work, datasets: Sequence[str]) -> Select[ImportProblem, Import]:
    """Rows of the asker's own files that were refused since the registry has them already."""
    return (
        select(ImportProblem, Import)
        .join(Import, Import.id == ImportProblem.import_id)
        .where(_own(work), Import.dataset.in_(datasets))
        .where(ImportProblem.code.in_(KNOWN), ImportProblem.severity == "error")
        .order_by(ImportProblem.id.desc())
    )


def earlier_of_the_same_files(work: Work, rows: Sequence[Import]) -> dict[UUID, UUID]:
    """For each import of a file that was taken in before: the newest earlier import of it."""
    own = [row for row in rows if is_own(work, row)]
    if not own:
        return {}
    found = work.session.execute(
        select(Import.id, Import.organisation_id, Import.fingerprint)
        .where(
            Import.organisation_id.in_({row.organisation_id for row in own}),
            Import.fingerprint.in_({row.fingerprint for row in own}),
            Import.state.in_(TAKEN),
        )
        .order_by(Import.id)
    ).all()
    return {
        row.id: one.id
        for row in own
        for one in found  # the last of them stays
        if (one.organisation_id, one.fingerprint) == (row.organisation_id, row.fingerprint)
        and one.id < row.id
    }
