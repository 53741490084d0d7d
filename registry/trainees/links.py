"""Which records are one person: links, the components they make, possible duplicates.

A person is a component of active links; every record carries the id of its component's first
record as `unit_id`. Whatever is linked or undone, in whatever order, `settle` makes the units of
the affected components what the links say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm.attributes import set_committed_value

from registry.core.types import new_id
from registry.trainees.models import Trainee, TraineeDuplicate, TraineeLink

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from registry.core.work import Work

MOST_NEW_DUPLICATES = 50  # of one trainee at once: a very common name must not flood the list
IDENTITY, DECISION = "identity", "decision"
OPEN, DISMISSED = "open", "dismissed"

Pair = tuple["UUID", "UUID"]


def pair_of(one: UUID, other: UUID) -> Pair:
    """A pair of records, the smaller id first."""
    return (one, other) if one < other else (other, one)


def connect(
    work: Work,
    trainee: Trainee,
    equal: Mapping[UUID, UUID],
    similar: Collection[UUID],
    *,
    is_new: bool = False,
) -> set[UUID]:
    """Link a trainee to those of equal identity, and list the similar ones as possible duplicates.

    `equal` maps each record to its unit. A pair that ever had an automatic link, or that was
    dismissed, gets none. Returns the units that the links join, which are left to be settled.
    """
    others = {*equal, *similar} - {trainee.id}
    if not others:
        return set()
    automatic: set[Pair] = set()
    listed: dict[Pair, str] = {}
    if not is_new:
        automatic, listed = _known_pairs(work, trainee.id, others)
    fresh = []
    for other in sorted(others & set(equal)):
        pair = pair_of(trainee.id, other)
        if pair not in automatic and listed.get(pair) != DISMISSED:
            add_link(work, pair, IDENTITY)
            fresh.append(other)
    pairs = (pair_of(trainee.id, other) for other in sorted(others - set(equal)))
    for pair in [p for p in pairs if p not in listed][:MOST_NEW_DUPLICATES]:
        list_pair(work, pair)
    units = {trainee.unit_id, *(equal[other] for other in fresh)}
    return units if len(units) > 1 else set()


def _known_pairs(
    work: Work, trainee_id: UUID, others: Collection[UUID]
) -> tuple[set[Pair], dict[Pair, str]]:
    """The trainee's pairs that ever had an automatic link, and those listed, with their state."""

    def mine(model: type[TraineeLink | TraineeDuplicate]) -> ColumnElement[bool]:
        a, b = model.trainee_a_id, model.trainee_b_id
        return or_(and_(a == trainee_id, b.in_(others)), and_(b == trainee_id, a.in_(others)))

    automatic = work.session.execute(
        select(TraineeLink.trainee_a_id, TraineeLink.trainee_b_id).where(
            mine(TraineeLink), TraineeLink.origin == IDENTITY
        )
    )
    listed = work.session.execute(
        select(
            TraineeDuplicate.trainee_a_id, TraineeDuplicate.trainee_b_id, TraineeDuplicate.state
        ).where(mine(TraineeDuplicate))
    )
    return {(row[0], row[1]) for row in automatic}, {(row[0], row[1]): row[2] for row in listed}


def add_link(work: Work, pair: Pair, origin: str) -> TraineeLink:
    """Link two records."""
    link = TraineeLink(
        id=new_id(), trainee_a_id=pair[0], trainee_b_id=pair[1], origin=origin, undone=False
    )
    work.session.add(link)
    return link


def list_pair(work: Work, pair: Pair) -> TraineeDuplicate:
    """List two records as possibly one person."""
    row = TraineeDuplicate(
        id=new_id(), trainee_a_id=pair[0], trainee_b_id=pair[1], state=OPEN, link_id=None
    )
    work.session.add(row)
    return row


def settle(work: Work, units: Collection[UUID]) -> None:
    """Make `unit_id` of all records of these units what the active links say, and recount them."""
    if not units:
        return
    work.session.flush()
    members = work.session.execute(
        select(Trainee.id, Trainee.unit_id)
        .where(Trainee.unit_id.in_(units))
        .order_by(Trainee.created_revision, Trainee.created_row)
    ).all()
    active = work.session.execute(
        select(TraineeLink.trainee_a_id, TraineeLink.trainee_b_id)
        .join(Trainee, Trainee.id == TraineeLink.trainee_a_id)
        .where(~TraineeLink.undone, Trainee.unit_id.in_(units))
    ).all()
    first = components([row.id for row in members], [(row[0], row[1]) for row in active])
    _move(work, {row.id: first[row.id] for row in members if row.unit_id != first[row.id]})
    work.touch("trainees", *units, *first.values())


def _move(work: Work, moved: Mapping[UUID, UUID]) -> None:
    table = Trainee.__table__  # Core: a derived column makes no version
    for unit in sorted(set(moved.values())):
        ids = [trainee_id for trainee_id, its_unit in moved.items() if its_unit == unit]
        work.session.execute(
            update(table).where(table.c.id.in_(ids)).values(unit_id=unit)  # type: ignore[arg-type]
        )
    for row in list(work.session.identity_map.values()):
        if isinstance(row, Trainee) and row.id in moved:
            set_committed_value(row, "unit_id", moved[row.id])


def components(members: Sequence[UUID], pairs: Iterable[Pair]) -> dict[UUID, UUID]:
    """Each member's first fellow in the given order, itself if it has none before it."""
    place = {member: n for n, member in enumerate(members)}
    above = dict(zip(members, members, strict=True))

    def first(member: UUID) -> UUID:
        while above[member] != member:
            above[member] = above[above[member]]
            member = above[member]
        return member

    for one, other in pairs:
        earlier, later = sorted((first(one), first(other)), key=place.__getitem__)
        above[later] = earlier
    return {member: first(member) for member in members}
