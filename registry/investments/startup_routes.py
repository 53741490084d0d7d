"""`/startups`: HTTP only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.access.queries import organisation_codes
from registry.core.api import Blueprint
from registry.core.http import language
from registry.core.responses import BASE
from registry.investments import startup_queries as queries
from registry.investments import startups as service
from registry.investments.identifiers import CORPORATE, warnings_of
from registry.investments.listing import FORMATS, as_asked, listed
from registry.investments.models import Startup
from registry.investments.presentation import startup_read, startup_reads
from registry.investments.startup_schemas import (
    IdentifierCreate,
    StartupCreate,
    StartupFilter,
    StartupMerge,
    StartupPage,
    StartupPatch,
    StartupRead,
    StartupVoid,
    StartupWritten,
)  # fmt: skip

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Response

    from registry.core.paging import Page
    from registry.core.problems import Flaw
    from registry.core.work import Work
    from registry.investments.startup_queries import Whole

startups = Blueprint(
    "startups", __name__, url_prefix=f"{BASE}/startups", description="Start-ups, shared by all"
)


@startups.write(
    "POST", "", access="investments:write", body=StartupCreate, answers=StartupWritten,
    status=201, location="/startups/{id}",
)  # fmt: skip
def register_startup(work: Work, data: dict[str, Any]) -> dict[str, Any]:
    """Register a start-up; one that is known by these numbers already answers itself."""
    warnings = warnings_of(data[CORPORATE], CORPORATE)
    return _written(work, service.register_startup(work, data), warnings)


@startups.read(
    "",
    access="investments:read",
    query=StartupFilter,
    answers=StartupPage,
    produces=FORMATS,
    kept=True,
)
def list_startups(work: Work, asked: dict[str, Any]) -> Page | Response:
    """List start-ups; every agency sees all of them."""
    page = listed(work, queries.listed_startups(work, asked), Startup, asked, startup_reads)
    return as_asked(work, page, asked, "startups", StartupPage)


@startups.read(
    "/<uuid:startup_id>", access="investments:read", answers=StartupRead, problems=(404,), kept=True
)
def read_startup(work: Work, _asked: dict[str, Any], startup_id: UUID) -> dict[str, Any]:
    """Read one start-up."""
    return _present(work, queries.visible_startup(work, startup_id))


@startups.write(
    "PATCH", "/<uuid:startup_id>", access="investments:write", body=StartupPatch,
    answers=StartupWritten, match=True, problems=(404,),
)  # fmt: skip
def correct_startup(work: Work, data: dict[str, Any], startup_id: UUID) -> dict[str, Any]:
    """Correct a start-up, or move its field or district from a date on."""
    return _written(work, service.correct_startup(work, startup_id, data))


@startups.write(
    "POST", "/<uuid:startup_id>/void", access="investments:write", body=StartupVoid,
    answers=StartupWritten, match=True, problems=(404,),
)  # fmt: skip
def void_startup(work: Work, data: dict[str, Any], startup_id: UUID) -> dict[str, Any]:
    """Take a start-up and its investments out of all figures."""
    return _written(work, service.void_startup(work, startup_id, data["reason"]))


@startups.write(
    "POST", "/<uuid:startup_id>/identifiers", access="investments:write", body=IdentifierCreate,
    answers=StartupWritten, status=201, location="/startups/{id}", problems=(404,),
)  # fmt: skip
def identify_startup(work: Work, data: dict[str, Any], startup_id: UUID) -> dict[str, Any]:
    """Give a start-up a further business or corporate registration number."""
    warnings = warnings_of(data["value"] if data["kind"] == CORPORATE else None, "value")
    return _written(work, service.identify_startup(work, startup_id, data), warnings)


@startups.write(
    "POST", "/<uuid:startup_id>/merge", access="investments:write", body=StartupMerge,
    answers=StartupWritten, problems=(404,),
)  # fmt: skip
def merge_startup(work: Work, data: dict[str, Any], startup_id: UUID) -> dict[str, Any]:
    """Merge a start-up into another, under which its investments count from now on."""
    return _written(work, service.merge_startup(work, startup_id, data["into"]))


def _present(work: Work, found: Whole) -> dict[str, Any]:
    return startup_read(found, work.today, organisation_codes(work.session))


def _written(work: Work, found: Whole, warnings: list[Flaw] | None = None) -> dict[str, Any]:
    said = [flaw.described(language()) for flaw in warnings or ()]
    return _present(work, found) | {"warnings": said}
