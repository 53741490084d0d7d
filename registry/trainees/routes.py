"""`/programmes`: HTTP only; enrolments and trainees have their own modules beside this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.access.queries import of_organisation
from registry.codes.queries import check_filters
from registry.core.api import Blueprint
from registry.core.paging import Page, paged
from registry.core.responses import BASE
from registry.core.sheets import MEDIA_TYPES, as_asked
from registry.revisions.queries import filtered
from registry.trainees import enrolment_routes, queries, service, trainee_routes
from registry.trainees.models import Programme
from registry.trainees.schemas import (
    ProgrammeCreate,
    ProgrammeFilter,
    ProgrammePage,
    ProgrammePatch,
    ProgrammeRead,
)  # fmt: skip

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Response

    from registry.core.work import Work

programmes = Blueprint(
    "programmes", __name__, url_prefix=f"{BASE}/programmes", description="What institutions teach"
)
blueprints = (
    programmes,
    enrolment_routes.enrolments,
    trainee_routes.trainees,
    trainee_routes.duplicates,
    trainee_routes.links,
)
COLUMNS = (
    "id", "organisation", "code", "name", "name_en", "kind", "field", "secondary_fields",
    "district_code", "starts_on", "ends_on", "capacity", "version",
)  # fmt: skip
FILTER_LISTS = {"kind": "programme-kinds", "field": "fields", "district_code": "districts"}


@programmes.write(
    "POST", "", access="trainees:write", body=ProgrammeCreate, answers=ProgrammeRead,
    status=201, location="/programmes/{id}",
)  # fmt: skip
def register_programme(work: Work, data: dict[str, Any]) -> Programme:
    """Register a programme of your organisation."""
    return service.register_programme(work, data)


@programmes.read(
    "",
    access="trainees:read",
    query=ProgrammeFilter,
    answers=ProgrammePage,
    produces=MEDIA_TYPES,
    kept=True,
)
def list_programmes(work: Work, asked: dict[str, Any]) -> Page | Response:
    """List the programmes you may see."""
    check_filters(work.session, asked, FILTER_LISTS)
    select = filtered(queries.visible_programmes(work), Programme, asked, "code", *FILTER_LISTS)
    if asked["organisation"] is not None:
        select = of_organisation(work.session, select, Programme, asked["organisation"])
    page = paged(work, select, asked, [Programme.id])
    return as_asked(work, page, asked, "programmes", COLUMNS, ProgrammePage)


@programmes.read(
    "/<uuid:programme_id>",
    access="trainees:read",
    answers=ProgrammeRead,
    problems=(404,),
    kept=True,
)
def read_programme(work: Work, _asked: dict[str, Any], programme_id: UUID) -> Programme:
    """Read one programme."""
    return queries.programme(work, programme_id)


@programmes.write(
    "PATCH", "/<uuid:programme_id>", access="trainees:write", body=ProgrammePatch,
    answers=ProgrammeRead, match=True, problems=(404,),
)  # fmt: skip
def correct_programme(work: Work, data: dict[str, Any], programme_id: UUID) -> Programme:
    """Correct a programme; the figures of all its enrolments follow."""
    return service.correct_programme(work, programme_id, data)
