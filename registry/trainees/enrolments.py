"""Enrolments: entering, correcting, voiding, restoring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from registry.codes.queries import found_codes
from registry.core.problems import DomainError, Flaw, Invalid
from registry.core.types import new_id
from registry.revisions.entering import enter
from registry.trainees import people, queries
from registry.trainees.intervals import Interval, employment_deadline
from registry.trainees.models import Enrolment, Trainee

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.work import Work
    from registry.trainees.people import Arrival

OUTCOME = ("employed_on", "employer_district_code")


@dataclass(frozen=True)
class Standing:
    """Where an enrolment stands: its dates, status and outcome."""

    enrolled_on: date
    status: str
    status_on: date
    employed_on: date | None
    employer_district_code: str | None

    @classmethod
    def of(cls, row: Enrolment) -> Standing:
        """Where a kept enrolment stands."""
        return cls(
            row.enrolled_on, row.status, row.status_on, row.employed_on, row.employer_district_code
        )

    @property
    def interval(self) -> Interval:
        """The time it takes."""
        return Interval.of(self.status, self.enrolled_on, self.status_on)

    def check(self, work: Work) -> None:
        """Refuse dates in the future or in the wrong order, and a district that is none."""
        flaws = [
            Flaw("date-in-future", f"/{place}", facts={"today": work.today})
            for place, day in (
                ("enrolled_on", self.enrolled_on),
                ("status_on", self.status_on),
                ("outcome/employed_on", self.employed_on),
            )
            if day is not None and day > work.today
        ]
        if self.status_on < self.enrolled_on:
            facts = {"earlier": "enrolled_on", "later": "status_on"}
            flaws.append(Flaw("date-order", "/status_on", facts=facts))
        if flaws:
            raise Invalid(*flaws)
        district = ("districts", self.employer_district_code)
        found_codes(work.session, {"outcome.employer_district_code": district})

    def put(self, row: Enrolment) -> None:
        """Make an enrolment stand so."""
        row.enrolled_on, row.status, row.status_on = self.enrolled_on, self.status, self.status_on
        row.employed_on = self.employed_on
        row.employer_district_code = self.employer_district_code
        row.employment_deadline = employment_deadline(self.status_on)


def enrol(work: Work, arrived: Arrival) -> Enrolment:
    """Enter an enrolment in a programme of the asker's organisation, and its trainee with it.

    The same external id with equal content is the record already there. Raises
    external-id-taken, overlapping-enrolment, and Invalid for codes and dates.
    """
    work.principal.require("trainees:write")
    data = arrived.data
    standing = _as_sent(data)
    standing.check(work)
    work.refuse_future(**{"trainee.birth_date": data["trainee"]["birth_date"]})
    found = queries.place_of_enrolment(work, data["programme_code"], data["external_id"])
    if found is None:
        raise Invalid.at("programme_code", "unknown-programme")
    programme_id, existing_id = found
    if existing_id is not None:
        existing = work.session.get_one(Enrolment, existing_id)
        return _repeated(work, arrived, existing, programme_id, standing)
    trainee, is_new = people.meet(work, arrived)
    if not is_new:
        _refuse_overlap(work, trainee.id, programme_id, standing.interval)
    row = Enrolment(
        id=new_id(),
        organisation_id=work.principal.organisation_id,
        programme_id=programme_id,
        trainee_id=trainee.id,
        external_id=data["external_id"],
        voided=False,
        void_reason=None,
    )
    standing.put(row)
    enter(work, row)
    work.touch("trainees", trainee.unit_id)
    work.action = "enrolment.enrol"
    return row


def _as_sent(data: dict[str, Any]) -> Standing:
    outcome = data["outcome"] or {}
    status_on = data["status_on"]
    if status_on is None:
        if data["status"] != "enrolled":
            raise Invalid.at("status_on", "required")
        status_on = data["enrolled_on"]
    return Standing(
        data["enrolled_on"], data["status"], status_on, *(outcome.get(name) for name in OUTCOME)
    )


def _repeated(
    work: Work, arrived: Arrival, existing: Enrolment, programme_id: UUID, standing: Standing
) -> Enrolment:
    trainee = work.session.get_one(Trainee, existing.trainee_id)
    kept = people.opened(arrived.keyring, trainee) | {"number": trainee.external_id}
    said = arrived.values | {"number": arrived.external_id}
    same_person = all(kept[name] == value for name, value in said.items() if value is not None)
    same_place = existing.programme_id == programme_id and Standing.of(existing) == standing
    if not (same_person and same_place):
        raise DomainError("external-id-taken")
    work.notes["repeated"] = True
    return existing


def correct_enrolment(work: Work, enrolment_id: UUID, data: dict[str, Any]) -> Enrolment:
    """Correct status, its date or the outcome.

    Raises void, overlapping-enrolment, and Invalid for dates, codes and a missing reason.
    """
    work.principal.require("trainees:write")
    row = queries.own_enrolment(work, enrolment_id)
    work.require_version(row.version)
    if row.voided:
        raise DomainError("void")
    before, after = Standing.of(row), _as_corrected(row, data)
    if after == before:
        return row
    after.check(work)
    if before.status not in {"enrolled", after.status} and not data["reason"]:
        raise Invalid.at("reason", "reason-required")
    _refuse_overlap(work, row.trainee_id, row.programme_id, after.interval, row.id)
    after.put(row)
    return _changed(work, row, "enrolment.correct", data["reason"])


def _as_corrected(row: Enrolment, data: dict[str, Any]) -> Standing:
    status = data.get("status", row.status)
    if row.status == "enrolled" and status != "enrolled" and "status_on" not in data:
        raise Invalid.at("status_on", "required")
    outcome = {name: getattr(row, name) for name in OUTCOME}
    outcome |= data.get("outcome", {}) or dict.fromkeys(OUTCOME if "outcome" in data else ())
    return Standing(row.enrolled_on, status, data.get("status_on", row.status_on), **outcome)


def void(work: Work, enrolment_id: UUID, data: dict[str, Any]) -> Enrolment:
    """Take an enrolment out of every figure; its external id stays taken. Raises void."""
    work.principal.require("trainees:write")
    row = queries.own_enrolment(work, enrolment_id)
    work.require_version(row.version)
    if row.voided:
        raise DomainError("void")
    row.voided, row.void_reason = True, data["reason"]
    return _changed(work, row, "enrolment.void", data["reason"])


def restore(work: Work, enrolment_id: UUID) -> Enrolment:
    """Bring a void enrolment back. Raises not-void, overlapping-enrolment."""
    work.principal.require("trainees:write")
    row = queries.own_enrolment(work, enrolment_id)
    work.require_version(row.version)
    if not row.voided:
        raise DomainError("not-void")
    _refuse_overlap(work, row.trainee_id, row.programme_id, Standing.of(row).interval, row.id)
    row.voided, row.void_reason = False, None
    return _changed(work, row, "enrolment.restore", None)


def _changed(work: Work, row: Enrolment, action: str, reason: str | None) -> Enrolment:
    work.session.flush()
    work.touch("trainees", queries.unit_of(work, row.trainee_id))
    work.action, work.reason = action, reason
    return row


def _refuse_overlap(
    work: Work, trainee_id: UUID, programme_id: UUID, wanted: Interval, itself: UUID | None = None
) -> None:
    for other in queries.other_enrolments(work, trainee_id, programme_id):
        if other.id != itself and Standing.of(other).interval.common(wanted):
            raise DomainError("overlapping-enrolment")
