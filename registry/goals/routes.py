"""`/goals`: HTTP only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.core.api import BASE, PUBLIC, Blueprint, registry
from registry.core.paging import Page, PageQuery, paged
from registry.goals import queries, service
from registry.goals.models import Goal
from registry.goals.progress import Thresholds
from registry.goals.schemas import GoalPage, GoalPatch, GoalRead, ProgressRead
from registry.revisions.queries import changed_since
from registry.statistics.schemas import AsOfQuery

if TYPE_CHECKING:
    from registry.core.db import Work

goals = Blueprint("goals", __name__, url_prefix=f"{BASE}/goals", description="What was promised")
blueprints = (goals,)


@goals.read("", access=PUBLIC, query=PageQuery, answers=GoalPage)
def list_goals(work: Work, asked: dict[str, Any]) -> Page:
    """List the goals of the strategy."""
    return paged(work, changed_since(select(Goal), Goal, asked), asked, [Goal.id])


@goals.read("/<string:code>", access=PUBLIC, answers=GoalRead, problems=(404,))
def read_goal(work: Work, _asked: dict[str, Any], code: str) -> Goal:
    """Read one goal."""
    return queries.goal(work.session, code)


@goals.write(
    "PATCH", "/<string:code>", access="goals:write", body=GoalPatch, answers=GoalRead, match=True,
    problems=(404,),
)  # fmt: skip
def change_goal(work: Work, data: dict[str, Any], code: str) -> Goal:
    """Change a goal's targets, opening, years or names; earlier revisions keep what they were."""
    return service.change_goal(work, code, data)


@goals.read(
    "/<string:code>/progress", access=PUBLIC, query=AsOfQuery, answers=ProgressRead,
    problems=(404, 409),
)  # fmt: skip
def read_progress(work: Work, asked: dict[str, Any], code: str) -> dict[str, Any]:
    """Read how far a goal is, as known at any date or revision."""
    settings = registry().settings
    thresholds = Thresholds(settings.status_ahead, settings.status_on_track)
    return service.progress_of(work, code, asked["as_of"], asked["revision"], thresholds)
