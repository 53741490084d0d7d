"""Proving what no foreign key holds: whose a hash is, and which institution an enrolment is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from registry.revisions.verification import CHUNK, Finding
from registry.trainees.models import Enrolment, Programme, Trainee, TraineeIdentity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session


def verify_trainees(session: Session) -> Iterator[Finding]:
    """Check that every hash is of a trainee and every enrolment of its programme's institution."""
    strays = (
        select(TraineeIdentity.trainee_id)
        .outerjoin(Trainee, Trainee.id == TraineeIdentity.trainee_id)
        .where(Trainee.id.is_(None))
        .distinct()
    )
    for key in session.scalars(strays, execution_options={"yield_per": CHUNK}):
        detail = "an identity hash is of no trainee there is"
        yield Finding("stray-identity", None, detail, f"trainee/{key}")
    elsewhere = (
        select(Enrolment.id, Enrolment.revision)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Enrolment.organisation_id != Programme.organisation_id)
    )
    for key, revision in session.execute(elsewhere, execution_options={"yield_per": CHUNK}):
        detail = "it is not of its programme's institution"
        yield Finding("organisation", revision, detail, f"enrolment/{key}")
