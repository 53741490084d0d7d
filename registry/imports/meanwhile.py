"""What became of rows otherwise than their validation foresaw, since others wrote meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from registry.revisions.models import History, Revision

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from registry.imports.models import Import
    from registry.imports.rows import Outcome

    Version = tuple[str, UUID, int]


def differing(
    foreseen: Sequence[Outcome], became: Sequence[Outcome], *, of_same: bool = False
) -> list[int]:
    """The rows that became something else than was foreseen; `of_same`: or of something else.

    A row that corrects a record which somebody has changed since would undo that unseen.
    """
    return [
        row
        for row, (before, after) in enumerate(zip(foreseen, became, strict=True))
        if before.outcome != after.outcome or (of_same and _found(before) != _found(after))
    ]


def changed_by_others(
    session: Session, row: Import, foreseen: Sequence[Outcome], became: Sequence[Outcome]
) -> list[int]:
    """As `differing`, for a batch of a long import: its earlier batches change no mind of it.

    All its batches were validated before the first was written, so a person whom two batches
    correct is found by the second as the first has left him.
    """
    if not foreseen:
        return []
    outright = set(differing(foreseen, became))
    met = {
        row: _found(after) - _found(before)
        for row, (before, after) in enumerate(zip(foreseen, became, strict=True))
    }
    unforeseen = {version for versions in met.values() for version in versions}
    others = unforeseen - _own(session, row, unforeseen) if unforeseen else set()
    return [at for at, versions in met.items() if at in outright or versions & others]


def _found(outcome: Outcome) -> set[Version]:
    """The versions of records that a row found and changed."""
    return {(w.kind, w.id, w.before) for w in outcome.written if w.before is not None}


def _own(session: Session, row: Import, versions: set[Version]) -> set[Version]:
    """Those of the versions that earlier batches of this import made."""
    if row.first_revision is None:
        return set()
    session.flush()
    found = (
        select(History.kind, History.record_id, History.version)
        .join(Revision, Revision.number == History.from_revision)
        .where(
            History.record_id.in_({key for _, key, _ in versions}),
            History.from_revision >= row.first_revision,
            Revision.organisation_id == row.organisation_id,
            Revision.action == f"import.{row.dataset}",
        )
    )
    return {(kind, key, version) for kind, key, version in session.execute(found)}
