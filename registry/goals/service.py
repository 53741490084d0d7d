"""Loading and correcting goals."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.codes.service import rows_of, update
from registry.core.problems import Invalid
from registry.goals import progress, queries
from registry.goals.models import Goal
from registry.revisions.instants import resolve
from registry.statistics.catalogue import RULES

if TYPE_CHECKING:
    from registry.core.db import Work
    from registry.goals.progress import Thresholds

NUMBERS = (
    "baseline_year", "baseline", "opening", "counts_from_year", "end_year", "annual_target",
    "total_target",
)  # fmt: skip


def load_goals(work: Work) -> None:
    """Add the goals of the data file that are not there yet; what the city changed since stays."""
    work.principal.require("admin")
    known = set(work.session.scalars(select(Goal.code)))
    for row in rows_of("registry.goals", "goals"):
        if row["code"] not in known:
            work.session.add(Goal(**_values(row)))


def change_goal(work: Work, code: str, data: dict[str, Any]) -> Goal:
    """Change a goal; what was promised before stays true at earlier revisions. Raises not-found."""
    work.principal.require("goals:write")
    goal = queries.goal(work.session, code)
    work.require_version(goal.version)
    work.action, work.reason = "goal.change", data.pop("reason", None)
    update(goal, data)
    if goal.counts_from_year is not None and goal.counts_from_year > goal.end_year:
        raise Invalid.at("end_year", "date-order", earlier="counts_from_year", later="end_year")
    if goal.starts_on.year > goal.end_year:
        raise Invalid.at("end_year", "date-order", earlier="starts_on", later="end_year")
    return goal


def progress_of(
    work: Work,
    code: str,
    as_of: date | datetime | None,
    revision: int | None,
    thresholds: Thresholds,
) -> dict[str, Any]:
    """How far a goal is, with goal and figures as known at one instant. Raises no-progress."""
    queries.goal(work.session, code)
    instant = resolve(work, as_of, revision)
    goal = queries.goal_at(work.session, code, instant.revision)
    years = queries.counted(work.session, goal, instant)
    return {
        "goal": goal.code, "kind": goal.kind, "unit": goal.unit, "direction": goal.direction,
        "rule": RULES[str(goal.dataset)], "as_of": instant.at, "revision": instant.revision,
        "settled": instant.settled,
        "current": progress.current(goal, years, instant.day, thresholds),
        "series": progress.series(goal, years, instant.day),
    }  # fmt: skip


def _values(row: dict[str, str]) -> dict[str, Any]:
    empty = {key: value or None for key, value in row.items()}
    numbers = {n: int(row[n]) if row[n] else None for n in NUMBERS}
    return {**empty, **numbers, "starts_on": date.fromisoformat(row["starts_on"])}
