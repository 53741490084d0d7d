"""`/goals`: HTTP only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.core.api import PUBLIC, Blueprint
from registry.core.http import json_response
from registry.core.paging import Page, PageQuery, paged
from registry.core.parts import registry
from registry.core.responses import BASE
from registry.goals import queries, service
from registry.goals.models import Goal
from registry.goals.observation_routes import observations
from registry.goals.progress import Thresholds
from registry.goals.schemas import (
    ContributionsQuery,
    ContributionsRead,
    GoalPage,
    GoalPatch,
    GoalRead,
    ProgressRead,
)  # fmt: skip
from registry.revisions.queries import changed_since
from registry.statistics.formats import document
from registry.statistics.schemas import AsOfQuery

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response

    from registry.core.work import Work

goals = Blueprint("goals", __name__, url_prefix=f"{BASE}/goals", description="What was promised")
blueprints = (goals, observations)


@goals.read("", access=PUBLIC, query=PageQuery, answers=GoalPage)
def list_goals(work: Work, asked: dict[str, Any]) -> Page:
    """List the goals of the strategy."""
    page = paged(work, changed_since(select(Goal), Goal, asked), asked, [Goal.id])
    return page.presented(_presenter(work))


@goals.read("/<string:code>", access=PUBLIC, answers=GoalRead, problems=(404,), kept=True)
def read_goal(work: Work, _asked: dict[str, Any], code: str) -> dict[str, Any]:
    """Read one goal."""
    return _presenter(work)(queries.goal(work.session, code))


@goals.write(
    "PATCH", "/<string:code>", access="goals:write", body=GoalPatch, answers=GoalRead, match=True,
    problems=(404,),
)  # fmt: skip
def change_goal(work: Work, data: dict[str, Any], code: str) -> dict[str, Any]:
    """Change a goal's targets, opening, years or names; earlier revisions keep what they were."""
    goal = service.change_goal(work, code, data)
    work.session.flush()
    return _presenter(work)(goal)


@goals.read(
    "/<string:code>/progress", access=PUBLIC, query=AsOfQuery, answers=ProgressRead,
    problems=(404,), kept=True,
)  # fmt: skip
def read_progress(work: Work, asked: dict[str, Any], code: str) -> dict[str, Any]:
    """Read how far a goal is, as known at any date or revision."""
    settings = registry().settings
    thresholds = Thresholds(settings.status_ahead, settings.status_on_track)
    fresh = settings.observation_fresh_months
    return service.progress_of(work, code, asked["as_of"], asked["revision"], thresholds, fresh)


@goals.read(
    "/<string:code>/progress/contributions", access=PUBLIC, query=ContributionsQuery,
    answers=ContributionsRead, problems=(403, 404, 409), kept=True,
)  # fmt: skip
def read_contributions(work: Work, asked: dict[str, Any], code: str) -> Response:
    """Read the cells behind a goal's current figure; who may see them is as with statistics."""
    answer = service.contributions_of(work, code, **asked)
    return json_response({"goal": code, **document(answer)})


def _presenter(work: Work) -> Callable[[Goal], dict[str, Any]]:
    ends = queries.last_ends(work.session)
    fresh = registry().settings.observation_fresh_months
    return lambda goal: service.goal_read(goal, ends.get(goal.id), fresh, work.today)
