"""Pairs of records as the city sees them: both sides, and where their enrolments overlap."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from registry.access.queries import organisation_codes
from registry.trainees import links, queries
from registry.trainees.intervals import Interval
from registry.trainees.models import Trainee, TraineeDuplicate, TraineeLink
from registry.trainees.people import PERSONAL, opened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from registry.core.crypto import Keyring
    from registry.core.work import Work
    from registry.trainees.models import Enrolment


def duplicates(work: Work, state: str) -> Select[TraineeDuplicate]:
    """The pairs dismissed, or those open: undecided, and not one person by now."""
    work.principal.require("admin")
    chosen = select(TraineeDuplicate).where(TraineeDuplicate.state == state)
    if state != links.OPEN:
        return chosen
    a, b = aliased(Trainee), aliased(Trainee)
    return (
        chosen.join(a, a.id == TraineeDuplicate.trainee_a_id)
        .join(b, b.id == TraineeDuplicate.trainee_b_id)
        .where(a.unit_id != b.unit_id)
    )


def number_open(work: Work) -> int:
    """How many pairs nobody has decided."""
    found = duplicates(work, links.OPEN).with_only_columns(func.count(TraineeDuplicate.id))
    return work.session.execute(found).scalar_one()


def all_links(work: Work, asked: dict[str, Any]) -> Select[TraineeLink]:
    """The links, undone ones too, narrowed to a trainee, an origin or a state."""
    work.principal.require("admin")
    select_ = select(TraineeLink)
    if asked["trainee_id"] is not None:
        ends = (TraineeLink.trainee_a_id, TraineeLink.trainee_b_id)
        select_ = select_.where(or_(*(end == asked["trainee_id"] for end in ends)))
    return select_


class Sides:
    """The records and enrolments of a page of pairs, read in three selects."""

    def __init__(
        self,
        work: Work,
        rows: Sequence[TraineeDuplicate | TraineeLink],
        keyring: Keyring | None,
    ) -> None:
        self.ids = sorted({i for row in rows for i in (row.trainee_a_id, row.trainee_b_id)})
        self.keyring = keyring  # None: without personal values
        self.codes = organisation_codes(work.session)
        found = work.session.scalars(select(Trainee).where(Trainee.id.in_(self.ids)))
        self.trainees = {trainee.id: trainee for trainee in found}
        self.enrolments: dict[UUID, list[Enrolment]] = defaultdict(list)
        for enrolment in queries.enrolments_of(work, self.ids):
            self.enrolments[enrolment.trainee_id].append(enrolment)

    def of(self, row: TraineeDuplicate | TraineeLink) -> dict[str, Any]:
        """Both sides of a pair, and what their enrolments have in common."""
        a, b = row.trainee_a_id, row.trainee_b_id
        return {
            "trainee_a": self._side(a),
            "trainee_b": self._side(b),
            "overlaps": self._overlaps(a, b),
        }

    def _side(self, trainee_id: UUID) -> dict[str, Any]:
        trainee = self.trainees[trainee_id]
        personal = opened(self.keyring, trainee) if self.keyring else {}
        number = {"external_id": trainee.external_id} if self.keyring else {}
        return {
            "id": trainee_id,
            "organisation": self.codes[trainee.organisation_id],
            **number,
            **{name: personal[name] for name in PERSONAL if name in personal},
            "enrolments": self.enrolments[trainee_id],
        }

    def _overlaps(self, a: UUID, b: UUID) -> list[dict[str, Any]]:
        found = []
        for one in self.enrolments[a]:
            for other in self.enrolments[b]:
                common = _interval(one).common(_interval(other))
                if common is not None:
                    found.append(
                        {
                            "enrolment_ids": [one.id, other.id],
                            "programme_codes": [one.programme.code, other.programme.code],
                            "same_programme": one.programme_id == other.programme_id,
                            "from": common.start,
                            "to": common.end,
                        }
                    )
        return found


def _interval(enrolment: Enrolment) -> Interval:
    return Interval.of(enrolment.status, enrolment.enrolled_on, enrolment.status_on)
