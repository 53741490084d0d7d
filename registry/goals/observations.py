"""Entering what is reported of goals, and what is promised for single years."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from registry.core.fields import MAX_WON
from registry.core.problems import DomainError, Gathered, Invalid
from registry.goals import queries
from registry.goals.models import SCALES, GoalTarget, Observation
from registry.goals.path import shown
from registry.goals.periods import days_of, is_year
from registry.revisions.instants import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Select

    from registry.core.work import Work
    from registry.goals.models import Goal

BOUNDS = {"percent": (0, 100), "krw": (0, MAX_WON), "rank": (1, 10**6), "person": (0, 10**9)}


def enter_observation(work: Work, code: str, data: dict[str, Any]) -> Observation:
    """Enter a reported figure; one of the same period entered before stays, and counts no more.

    Raises not-found, goal-fed-by-registry, period-not-a-year, date-in-future, out-of-range.
    """
    work.principal.require("goals:write")
    goal = queries.goal(work.session, code)
    if goal.dataset is not None:
        raise DomainError("goal-fed-by-registry")
    start, end = days_of(data["period"])
    gathered = Gathered()
    gathered.check(_check_period, work, goal, data["period"], start)
    value = gathered.check(_scaled, goal, data["value"])
    gathered.settle()
    entered = Observation(
        goal_id=goal.id, period_start=start, period_end=end, **(data | {"value": value})
    )
    work.session.add(entered)
    work.action = "observation.enter"
    return entered


def listed_observations(
    work: Work, code: str, asked: dict[str, Any]
) -> tuple[Select[Observation], int]:
    """The observations of a goal, all versions of them, and the revision they are known at."""
    goal = queries.goal(work.session, code)
    instant = resolve(work, asked["as_of"], asked["revision"])
    return queries.observations(goal.id, asked, instant.revision), instant.revision


def observation_reads(
    work: Work, code: str, found: Iterable[Observation], revision: int
) -> list[dict[str, Any]]:
    """Observations as they are answered, each with the one that took its place by a revision."""
    goal = queries.goal(work.session, code)
    latest = queries.latest_observations(work.session, goal.id, revision)
    counting = {o.period: o.id for o in latest}
    return [observation_read(goal, o, counting.get(o.period)) for o in found]


def observation_read(
    goal: Goal, found: Observation, counting: UUID | None = None
) -> dict[str, Any]:
    """An observation as it is answered; `counting` is the one of its period that counts."""
    names = (
        "id", "period", "period_start", "period_end", "provisional", "source", "evidence_url",
        "note", "created_revision", "version",
    )  # fmt: skip
    return {name: getattr(found, name) for name in names} | {
        "goal": goal.code, "unit": goal.unit,
        "value": shown(found.value, SCALES.get(goal.unit, 1)),
        "superseded_by": counting if counting not in {None, found.id} else None,
    }  # fmt: skip


def set_target(work: Work, code: str, data: dict[str, Any]) -> dict[str, Any]:
    """Promise a value for one year of a goal's path, or (null) take that back.

    Raises not-found, and out-of-range for a year outside the goal's or one that has its target.
    """
    work.principal.require("goals:write")
    goal = queries.goal(work.session, code)
    gathered = Gathered()
    gathered.check(_check_year, goal, data["year"])
    value = None if data["value"] is None else gathered.check(_scaled, goal, data["value"])
    gathered.settle()
    work.action, work.reason = "goal.set_target", data["reason"]
    row = queries.target(work.session, goal.id, data["year"])
    if row is None:
        row = GoalTarget(goal_id=goal.id, year=data["year"], value=value)
        work.session.add(row)
    elif row.value != value:
        row.value = value
    work.session.flush()
    promised = None if row.value is None else shown(row.value, SCALES.get(goal.unit, 1))
    return {"goal": code, "year": row.year, "value": promised, "version": row.version}


def targets_of(
    work: Work,
    code: str,
    as_of: date | datetime | None,
    revision: int | None,
) -> Mapping[str, Any]:
    """What is promised for single years of a goal, as known at an instant."""
    goal = queries.goal(work.session, code)
    instant = resolve(work, as_of, revision)
    goal = queries.goal_at(work.session, goal, instant)
    scale = SCALES.get(goal.unit, 1)
    found = queries.targets_at(work.session, goal, instant.revision)
    return {
        "items": [
            {"year": year, "value": shown(int(value * scale), scale)}
            for year, value in sorted(found.items())
        ]
    }


def _check_period(work: Work, goal: Goal, period: str, start: date) -> None:
    """Of what has begun; won are of a year, as the targets are."""
    work.refuse_future(period=start)
    if goal.unit == "krw" and not is_year(period):
        raise Invalid.at("period", "period-not-a-year")


def _check_year(goal: Goal, year: int) -> None:
    last = goal.end_year if goal.kind == "flow" else goal.end_year - 1
    if not goal.starts_on.year <= year <= last:
        raise Invalid.at("year", "out-of-range", min=goal.starts_on.year, max=last)


def _scaled(goal: Goal, value: Decimal) -> int:
    least, most = BOUNDS[goal.unit]
    if not least <= value <= most:
        raise Invalid.at("value", "out-of-range", min=least, max=most)
    scaled = value * SCALES.get(goal.unit, 1)
    if scaled != int(scaled):
        raise Invalid.at("value", "invalid-number")
    return int(scaled)
