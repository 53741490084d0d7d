"""Reading trainees: one, several, by exact name and birth date; and an enrolment's past."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.access.queries import organisation_codes
from registry.core.crypto import FULL
from registry.core.problems import DomainError
from registry.revisions.queries import versions_of
from registry.trainees.models import Trainee, TraineeIdentity
from registry.trainees.people import identities_of, opened, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from registry.core.crypto import Keyring
    from registry.core.work import Work
    from registry.trainees.models import Enrolment


def trainee(work: Work, trainee_id: UUID) -> Trainee:
    """One visible trainee. Raises not-found."""
    found = work.session.scalars(
        select(Trainee).where(
            work.principal.sees(Trainee.organisation_id), Trainee.id == trainee_id
        )
    ).one_or_none()
    if found is None:
        raise DomainError("not-found")
    return found


def trainees(work: Work, ids: Iterable[UUID]) -> Sequence[Trainee]:
    """The visible trainees among some ids."""
    return work.session.scalars(
        select(Trainee).where(
            work.principal.sees(Trainee.organisation_id), Trainee.id.in_(set(ids))
        )
    ).all()


def like(work: Work, keyring: Keyring, said: dict[str, Any], most: int) -> Sequence[Trainee]:
    """The visible trainees that have or had exactly this name and birth date, and mobile if given.

    In the order of registration.
    """
    identities = identities_of(keyring, plain(said), every_key=True)
    wanted = [i.digest for i in identities if (i.kind == FULL) == bool(said["mobile"])]
    held = select(TraineeIdentity.trainee_id).where(TraineeIdentity.digest.in_(wanted))
    return work.session.scalars(
        select(Trainee)
        .where(work.principal.sees(Trainee.organisation_id), Trainee.id.in_(held))
        .order_by(Trainee.created_revision, Trainee.created_row)
        .limit(most)
    ).all()


def shown(work: Work, keyring: Keyring, rows: Sequence[Trainee]) -> list[dict[str, Any]]:
    """Trainees with their personal values; whoever shows them names them to the access log."""
    codes = organisation_codes(work.session)
    return [
        {
            "id": row.id,
            "organisation": codes[row.organisation_id],
            "external_id": row.external_id,
            "version": row.version,
            **opened(keyring, row),
        }
        for row in rows
    ]


def past_of(work: Work, enrolment: Enrolment) -> list[dict[str, Any]]:
    """Every version of an enrolment, oldest first: what it said, since when, by which act, why."""
    return versions_of(work.session, "enrolment", enrolment, _KEPT, _as_answered)


_KEPT = (
    "external_id", "enrolled_on", "status", "status_on", "employed_on", "employer_district_code",
    "voided", "void_reason",
)  # fmt: skip


def _as_answered(values: dict[str, Any]) -> dict[str, Any]:
    said = {name: values[name] for name in _KEPT}
    for name in ("enrolled_on", "status_on", "employed_on"):
        if isinstance(said[name], str):  # a superseded version is kept as JSON
            said[name] = date.fromisoformat(said[name])
    said["void"] = said["voided"]
    said["outcome"] = {name: said[name] for name in ("employed_on", "employer_district_code")}
    return said
