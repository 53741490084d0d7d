"""The city's decisions about possible duplicates: merge, dismiss, and undo either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import and_, select

from registry.core.problems import DomainError
from registry.trainees import links
from registry.trainees.models import Trainee, TraineeDuplicate, TraineeLink

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.work import Work

R = TypeVar("R", TraineeDuplicate, TraineeLink)


def merge(work: Work, duplicate_id: UUID) -> TraineeDuplicate:
    """Link the two records of a pair; again while that link stands changes nothing."""
    work.principal.require("admin")
    work.action = "trainee-duplicate.merge"
    row = _found(work, TraineeDuplicate, duplicate_id)
    link = _decided_link(work, row)
    if link is None:
        pair = (row.trainee_a_id, row.trainee_b_id)
        link = links.add_link(work, pair, links.DECISION)
        work.session.flush()
        links.settle(work, _units(work, pair))
    if row.link_id != link.id:
        row.link_id = link.id
    work.session.flush()
    return row


def dismiss(work: Work, duplicate_id: UUID) -> TraineeDuplicate:
    """Say that the two records are different people; links that stand are left alone."""
    work.principal.require("admin")
    work.action = "trainee-duplicate.dismiss"
    row = _found(work, TraineeDuplicate, duplicate_id)
    if (row.state, row.link_id) != (links.DISMISSED, None):
        row.state, row.link_id = links.DISMISSED, None
    work.session.flush()
    return row


def reopen(work: Work, duplicate_id: UUID) -> TraineeDuplicate:
    """Undo a dismissal: the pair is what it would be without it; one not dismissed stays as it is."""
    work.principal.require("admin")
    work.action = "trainee-duplicate.reopen"
    row = _found(work, TraineeDuplicate, duplicate_id)
    if row.state == links.DISMISSED:
        link = _decided_link(work, row)
        row.state, row.link_id = links.OPEN, link.id if link else None
    work.session.flush()
    return row


def undo_link(work: Work, link_id: UUID) -> TraineeLink:
    """Remove exactly one link; the pair is then a possible duplicate again unless dismissed."""
    work.principal.require("admin")
    work.action = "trainee-link.undo"
    link = _found(work, TraineeLink, link_id)
    if link.undone:
        return link
    link.undone = True
    pair = links.pair_of(link.trainee_a_id, link.trainee_b_id)
    row = work.session.scalars(
        select(TraineeDuplicate).where(
            TraineeDuplicate.trainee_a_id == pair[0], TraineeDuplicate.trainee_b_id == pair[1]
        )
    ).one_or_none()
    if row is None:
        links.list_pair(work, pair)
    elif row.link_id == link.id:
        row.link_id = None
    links.settle(work, _units(work, pair))
    return link


def _decided_link(work: Work, row: TraineeDuplicate) -> TraineeLink | None:
    same = and_(
        TraineeLink.trainee_a_id == row.trainee_a_id, TraineeLink.trainee_b_id == row.trainee_b_id
    )
    return work.session.scalars(
        select(TraineeLink).where(same, TraineeLink.origin == links.DECISION, ~TraineeLink.undone)
    ).first()


def _units(work: Work, pair: tuple[UUID, UUID]) -> set[UUID]:
    return set(work.session.scalars(select(Trainee.unit_id).where(Trainee.id.in_(pair))))


def _found(work: Work, model: type[R], row_id: UUID) -> R:
    found: Any = work.session.get(model, row_id)
    if found is None:
        raise DomainError("not-found")
    row: R = found
    return row
