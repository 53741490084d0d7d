"""`/goals/{code}/observations` and `/goals/{code}/targets`: HTTP only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core.api import PUBLIC, Blueprint
from registry.core.paging import Page, paged
from registry.core.responses import BASE
from registry.goals import observations as service
from registry.goals import queries
from registry.goals.models import Observation
from registry.goals.observation_schemas import (
    ObservationCreate,
    ObservationFilter,
    ObservationPage,
    ObservationRead,
    TargetListRead,
    TargetRead,
    TargetSet,
)  # fmt: skip
from registry.revisions.queries import changed_since
from registry.statistics.schemas import AsOfQuery

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from registry.core.work import Work

observations = Blueprint(
    "observations",
    __name__,
    url_prefix=f"{BASE}/goals/<string:code>",
    description="What is reported of goals, and promised for single years",
)


@observations.write(
    "POST", "/observations", access="goals:write", body=ObservationCreate, answers=ObservationRead,
    status=201, location="/goals/{goal}/observations/{id}", problems=(404,),
)  # fmt: skip
def enter_observation(work: Work, data: dict[str, Any], code: str) -> dict[str, Any]:
    """Enter a reported figure of a goal; it takes the place of an earlier one of the period."""
    entered = service.enter_observation(work, code, data)
    work.session.flush()
    return service.observation_read(queries.goal(work.session, code), entered)


@observations.read(
    "/observations", access=PUBLIC, query=ObservationFilter, answers=ObservationPage,
    problems=(404,),
)  # fmt: skip
def list_observations(work: Work, asked: dict[str, Any], code: str) -> Page:
    """List what was reported of a goal, revised figures included, as known at any revision."""
    select, known_at = service.listed_observations(work, code, asked)
    page = paged(work, changed_since(select, Observation, asked), asked, [Observation.id])
    items = service.observation_reads(work, code, page.items, known_at)
    return Page(items, page.next_cursor)


@observations.read(
    "/observations/<uuid:observation_id>", access=PUBLIC, answers=ObservationRead, problems=(404,)
)
def read_observation(
    work: Work, _asked: dict[str, Any], code: str, observation_id: UUID
) -> dict[str, Any]:
    """Read one reported figure."""
    goal = queries.goal(work.session, code)
    found = queries.observation(work.session, goal.id, observation_id)
    return service.observation_reads(work, code, [found], work.head.number)[0]


@observations.read(
    "/targets", access=PUBLIC, query=AsOfQuery, answers=TargetListRead, problems=(404,)
)
def list_targets(work: Work, asked: dict[str, Any], code: str) -> Mapping[str, Any]:
    """List what is promised for single years of a goal's path, as known at any revision."""
    return service.targets_of(work, code, asked["as_of"], asked["revision"])


@observations.write(
    "POST", "/targets", access="goals:write", body=TargetSet, answers=TargetRead, problems=(404,)
)
def set_target(work: Work, data: dict[str, Any], code: str) -> dict[str, Any]:
    """Promise a value for one year of a goal's path, or take it back."""
    return service.set_target(work, code, data)
