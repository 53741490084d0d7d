"""Selects over programmes and enrolments; each starts from what the asker may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Select, Uuid, and_, bindparam, select

from registry.access.models import Organisation
from registry.core.prepared import asked
from registry.core.problems import DomainError
from registry.trainees.models import Enrolment, Programme, Trainee

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from registry.core.json_rows import JsonRows
    from registry.core.work import Work

R = TypeVar("R", Programme, Enrolment)


def visible_programmes(work: Work) -> Select[Programme]:
    """The programmes the asker may see."""
    return select(Programme).where(work.principal.sees(Programme.organisation_id))


def programme(work: Work, programme_id: UUID) -> Programme:
    """One visible programme. Raises not-found."""
    return _one(work, visible_programmes(work).where(Programme.id == programme_id))


def own_programme(work: Work, programme_id: UUID) -> Programme:
    """One programme of the asker's own, to change: the city reads all but writes its own."""
    own = Programme.organisation_id.in_(work.principal.organisations)
    return _one(work, select(Programme).where(own, Programme.id == programme_id))


def own_programme_by_code(work: Work, code: str) -> Programme | None:
    """The asker's own programme of a code, or None."""
    return work.session.scalars(
        select(Programme).where(
            Programme.organisation_id == work.principal.organisation_id, Programme.code == code
        )
    ).one_or_none()


def place_of_enrolment(
    work: Work, code: str, external_id: str | None
) -> tuple[UUID, UUID | None] | None:
    """The asker's own programme of a code, and the enrolment that has the external id already.

    One select for the ids of both, since it runs under the lock. None without such a programme.
    """
    values = {"own": work.principal.organisation_id, "programme": code, "number": external_id}
    rows = asked(work.session, _PLACE, **values)
    return (rows[0][0], rows[0][1]) if rows else None


# Built once: building it took longer than running it.
_OWN = bindparam("own", type_=Uuid())
_PLACE = (
    select(Programme.id, Enrolment.id)
    .outerjoin(
        Enrolment,  # an external id of null equals none
        and_(Enrolment.organisation_id == _OWN, Enrolment.external_id == bindparam("number")),
    )
    .where(Programme.organisation_id == _OWN, Programme.code == bindparam("programme"))
)


def visible_enrolments(work: Work) -> Select[Enrolment]:
    """The enrolments the asker may see."""
    return select(Enrolment).where(work.principal.sees(Enrolment.organisation_id))


def written(work: Work, chosen: Select[Any], rows: JsonRows, *keys: Any) -> Select[Any]:
    """The enrolments of a select of ids as JSON, with some of their columns.

    Joined to the chosen ones alone: SQLite would write all that it sorts.
    """
    ids = chosen.subquery("chosen")
    return (
        select(rows.column(work.dialect), *keys)
        .join_from(ids, Enrolment, Enrolment.id == ids.c.id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .join(Organisation, Organisation.id == Programme.organisation_id)
    )


def enrolment(work: Work, enrolment_id: UUID) -> Enrolment:
    """One visible enrolment. Raises not-found."""
    return _one(work, visible_enrolments(work).where(Enrolment.id == enrolment_id))


def own_enrolment(work: Work, enrolment_id: UUID) -> Enrolment:
    """One enrolment of the asker's own, to change. Raises not-found."""
    own = Enrolment.organisation_id.in_(work.principal.organisations)
    return _one(work, select(Enrolment).where(own, Enrolment.id == enrolment_id))


def of_programme_code(select_: Select[Any], code: str) -> Select[Any]:
    """Narrow enrolments to those in programmes of a code."""
    return select_.where(
        Enrolment.programme_id.in_(select(Programme.id).where(Programme.code == code))
    )


def other_enrolments(work: Work, trainee_id: UUID, programme_id: UUID) -> Sequence[Enrolment]:
    """The enrolments of one trainee record in one programme that are not void."""
    with work.session.no_autoflush:
        return work.session.scalars(
            select(Enrolment).where(
                Enrolment.trainee_id == trainee_id,
                Enrolment.programme_id == programme_id,
                ~Enrolment.voided,
            )
        ).all()


def enrolments_of(work: Work, trainee_ids: Iterable[UUID]) -> Sequence[Enrolment]:
    """All enrolments of some trainees that are not void, in the order they began."""
    return work.session.scalars(
        select(Enrolment)
        .where(Enrolment.trainee_id.in_(list(trainee_ids)), ~Enrolment.voided)
        .order_by(Enrolment.enrolled_on, Enrolment.id)
    ).all()


def unit_of(work: Work, trainee_id: UUID) -> UUID:
    """The person a trainee is counted as."""
    return work.session.scalars(select(Trainee.unit_id).where(Trainee.id == trainee_id)).one()


def _one(work: Work, select_: Select[R]) -> R:
    found: R | None = work.session.scalars(select_).one_or_none()
    if found is None:
        raise DomainError("not-found")
    return found
