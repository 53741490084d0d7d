"""Links the people of a batch to whom they are equal to, and lists those that may be the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core.bulk import PART, in_parts, insert_rows, table_of
from registry.core.types import new_id
from registry.revisions.history import WATCHER, row_text
from registry.trainees import links
from registry.trainees.models import TraineeDuplicate, TraineeLink

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from registry.core.work import Work
    from registry.imports.datasets.enrolment_records import Person

_STAMP = ("created_revision", "created_row", "revision", "version")


def connect(work: Work, met: Sequence[Person]) -> None:
    """Link records of equal identity and list similar ones, for the whole batch at once."""
    pairs: list[tuple[UUID, UUID]] = []
    listed: list[tuple[UUID, UUID]] = []
    made = [person for person in met if person.before is None]
    for person in made:
        for equal, similar in person.meetings:
            pairs += [links.pair_of(person.id, other) for other in sorted(equal)]
            others = sorted(similar - equal.keys())[: links.MOST_NEW_DUPLICATES]
            listed += [links.pair_of(person.id, other) for other in others]
    _insert(work, TraineeLink, {"origin": links.IDENTITY, "undone": False}, pairs)
    _insert(work, TraineeDuplicate, {"state": links.OPEN, "link_id": None}, listed)
    units = units_joined(made)
    for person in met:
        if person.before is None:
            continue
        for equal, similar in person.meetings:
            alike = {other: p.unit_id for other, p in equal.items()}
            # It needs no more of a trainee than its id and unit.
            units |= links.connect(work, person, alike, similar)  # type: ignore[arg-type]
    links.settle(work, units)  # at once: what one settled, the next would not know by its unit


def units_joined(met: Iterable[Person]) -> set[UUID]:
    """The units that become others by whom these people are equal to."""
    units: set[UUID] = set()
    for person in met:
        for equal, _ in person.meetings:
            together = {person.unit_id, *(p.unit_id for p in equal.values())}
            units |= together if len(together) > 1 else set()
    return units


def _insert(
    work: Work,
    model: type[TraineeLink | TraineeDuplicate],
    rest: Mapping[str, Any],
    pairs: Sequence[tuple[UUID, UUID]],
) -> None:
    """Insert each pair once, with the rest of its columns, which are the same for all."""
    columns = ("id", "trainee_a_id", "trainee_b_id", *rest, *_STAMP)
    for part in in_parts(list(dict.fromkeys(pairs)), PART):
        rows, texts = [], []
        for one, other in part:
            key, place = new_id(), work.next_row()
            stamp = (work.revision, place, work.revision, 1)
            rows.append((key, one, other, *rest.values(), *stamp))
            said = {
                "trainee_a_id": str(one), "trainee_b_id": str(other), **rest,
                "created_revision": work.revision, "created_row": place,
            }  # fmt: skip
            texts.append((key, row_text(model.__tablename__, key, 1, said)))
        insert_rows(work.session, table_of(model), columns, rows)
        work.notes[WATCHER].note_bulk(model.__tablename__, texts)
