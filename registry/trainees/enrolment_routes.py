"""`/enrolments`: HTTP only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core.api import Blueprint
from registry.core.paging import Page, paged
from registry.core.parts import registry
from registry.core.responses import BASE
from registry.core.sheets import MEDIA_TYPES, as_asked
from registry.trainees import enrolments as service
from registry.trainees import listing, people, queries, records
from registry.trainees.enrolment_schemas import (
    EnrolmentCreate,
    EnrolmentFilter,
    EnrolmentHistory,
    EnrolmentPage,
    EnrolmentPatch,
    EnrolmentRead,
    VoidReason,
)  # fmt: skip

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Response

    from registry.core.json_rows import Written
    from registry.core.work import Work
    from registry.trainees.people import Arrival

enrolments = Blueprint(
    "enrolments", __name__, url_prefix=f"{BASE}/enrolments", description="Who attends what"
)


@enrolments.write(
    "POST", "", access="trainees:write", body=EnrolmentCreate, answers=EnrolmentRead,
    status=201, location="/enrolments/{id}", prepare=people.arrival,
)  # fmt: skip
def enrol(work: Work, arrived: Arrival) -> dict[str, Any]:
    """Enter an enrolment; its trainee is found among yours, or made."""
    return listing.shown_in(
        service.enrol(work, arrived),
        work.principal.organisation_code,
        arrived.data["programme_code"],
    )


@enrolments.read(
    "", access="trainees:read", query=EnrolmentFilter, answers=EnrolmentPage,
    produces=MEDIA_TYPES, kept=True,
)  # fmt: skip
def list_enrolments(work: Work, asked: dict[str, Any]) -> Page | Response | Written:
    """List the enrolments you may see; `expand=trainee` adds personal values and is logged."""
    if asked["format"] == "json" and not asked["expand"]:
        return listing.page_written(work, asked)
    select, keys, descending = listing.enrolments(work, asked)
    page = paged(work, select, asked, keys, descending=descending)
    page = listing.presented(work, registry().keyring, page, asked)
    return as_asked(work, page, asked, "enrolments", listing.columns(asked), EnrolmentPage)


@enrolments.read(
    "/<uuid:enrolment_id>",
    access="trainees:read",
    answers=EnrolmentRead,
    problems=(404,),
    kept=True,
)
def read_enrolment(work: Work, _asked: dict[str, Any], enrolment_id: UUID) -> Written:
    """Read one enrolment."""
    return listing.one(work, enrolment_id)


@enrolments.write(
    "PATCH", "/<uuid:enrolment_id>", access="trainees:write", body=EnrolmentPatch,
    answers=EnrolmentRead, match=True, problems=(404,),
)  # fmt: skip
def correct_enrolment(work: Work, data: dict[str, Any], enrolment_id: UUID) -> dict[str, Any]:
    """Correct an enrolment's status, its date or its outcome."""
    return listing.shown(service.correct_enrolment(work, enrolment_id, data))


@enrolments.write(
    "POST", "/<uuid:enrolment_id>/void", access="trainees:write", body=VoidReason,
    answers=EnrolmentRead, match=True, problems=(404,),
)  # fmt: skip
def void_enrolment(work: Work, data: dict[str, Any], enrolment_id: UUID) -> dict[str, Any]:
    """Void an enrolment: it counts nowhere any more."""
    return listing.shown(service.void(work, enrolment_id, data))


@enrolments.write(
    "POST", "/<uuid:enrolment_id>/restore", access="trainees:write", answers=EnrolmentRead,
    match=True, problems=(404,),
)  # fmt: skip
def restore_enrolment(work: Work, enrolment_id: UUID) -> dict[str, Any]:
    """Bring a void enrolment back."""
    return listing.shown(service.restore(work, enrolment_id))


@enrolments.read(
    "/<uuid:enrolment_id>/history", access="trainees:read", answers=EnrolmentHistory,
    problems=(404,), kept=True,
)  # fmt: skip
def read_enrolment_history(
    work: Work, _asked: dict[str, Any], enrolment_id: UUID
) -> dict[str, Any]:
    """Read every version of an enrolment: what it said, since when, and why it changed."""
    return {"items": records.past_of(work, queries.enrolment(work, enrolment_id))}
