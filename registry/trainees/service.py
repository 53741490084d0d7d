"""Registering programmes; people and enrolments stand in their own modules beside this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.access.models import Organisation
from registry.codes.queries import found_codes
from registry.core.problems import DomainError, Invalid
from registry.trainees import queries
from registry.trainees.models import Enrolment, Programme, Trainee

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.work import Work


def register_programme(work: Work, data: dict[str, Any]) -> Programme:
    """Register a programme of the asker's organisation. Raises code-taken, unknown-code."""
    work.principal.require("trainees:write")
    _check_codes(work, data)
    if queries.own_programme_by_code(work, data["code"]) is not None:
        raise DomainError("code-taken")
    owner = work.session.get_one(Organisation, work.principal.organisation_id)
    programme = Programme(organisation_id=owner.id, organisation=owner, **data)
    work.session.add(programme)
    work.action = "programme.register"
    return programme


def correct_programme(work: Work, programme_id: UUID, data: dict[str, Any]) -> Programme:
    """Correct a programme: the figures of all its enrolments follow, the past as known stays."""
    work.principal.require("trainees:write")
    programme = queries.own_programme(work, programme_id)
    work.require_version(programme.version)
    _check_codes(work, data)
    _check_days(programme, data)
    work.action, work.reason = "programme.correct", data.pop("reason", None)
    moved = any(
        name in data and data[name] != getattr(programme, name)
        for name in ("kind", "field", "district_code")
    )
    for name, value in data.items():
        if getattr(programme, name) != value:
            setattr(programme, name, value)
    if moved:
        people = (
            select(Trainee.unit_id)
            .join(Enrolment, Enrolment.trainee_id == Trainee.id)
            .where(Enrolment.programme_id == programme.id)
            .distinct()
        )
        work.touch("trainees", *work.session.scalars(people))
    return programme


def _check_days(programme: Programme, data: dict[str, Any]) -> None:
    starts = data.get("starts_on", programme.starts_on)
    ends = data.get("ends_on", programme.ends_on)
    if starts is not None and ends is not None and starts > ends:
        place = "ends_on" if "ends_on" in data else "starts_on"
        raise Invalid.at(place, "date-order", earlier="starts_on", later="ends_on")


def _check_codes(work: Work, data: dict[str, Any]) -> None:
    secondary = data.get("secondary_fields") or []
    found_codes(
        work.session,
        {
            "kind": ("programme-kinds", data.get("kind")),
            "field": ("fields", data.get("field")),
            "district_code": ("districts", data.get("district_code")),
            **{f"secondary_fields.{i}": ("fields", code) for i, code in enumerate(secondary)},
        },
    )
