"""Loading and correcting goals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.codes.service import rows_of, update
from registry.core.problems import DomainError, Flaw, Invalid
from registry.goals import level, progress, projection, queries
from registry.goals.models import SCALES, Goal
from registry.goals.observations import observation_read
from registry.goals.path import four_decimals, half_up, shown
from registry.revisions.instants import resolve
from registry.statistics import answers
from registry.statistics.catalogue import RULES, default_scheme, dimensions
from registry.statistics.protection.points import publication_facts
from registry.statistics.protection.public import published_months, published_years
from registry.statistics.questions import Question

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from fractions import Fraction

    from registry.core.work import Work
    from registry.goals.path import Path
    from registry.goals.progress import Thresholds
    from registry.revisions.instants import Instant
    from registry.statistics.answers import Answer
    from registry.statistics.protection.models import Publication
    from registry.statistics.queries import YearFigure

NUMBERS = (
    "baseline_year", "baseline", "opening", "counts_from_year", "end_year", "annual_target",
    "total_target",
)  # fmt: skip
# Kind, whether records feed it, direction: how far any other goal is would be told wrongly.
JUDGED = {
    ("flow", True, "up"), ("cumulative", True, "up"), ("level", False, "up"),
    ("level", False, "down"),
}  # fmt: skip
DECEMBER = 12
EARLIEST = 2000  # no record is older; the years of a goal that names none
UNSTATED = (
    "기준 연도가 공표되지 않아 경로는 발표일부터 시작합니다",
    "the baseline's year was not stated, so the path begins at the announcement",
)


def load_goals(work: Work) -> None:
    """Add the goals of the data file that are not there yet; what the city changed since stays.

    Raises ValueError for a goal whose progress there is no rule for.
    """
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


def goal_read(goal: Goal, last_end: date | None, fresh_months: int, day: date) -> dict[str, Any]:
    """A goal as it is answered; `last_end` is the end of its last observed period."""
    values = {column.name: getattr(goal, column.name) for column in Goal.__table__.columns}
    return values | {"stale_since": level.stale_since(goal, last_end, fresh_months, day)}


def progress_of(
    work: Work,
    code: str,
    as_of: date | datetime | None,
    revision: int | None,
    thresholds: Thresholds,
    fresh_months: int,
    final_year: int | None = None,
    published_by: int | None = None,
) -> dict[str, Any]:
    """How far a goal is, with goal, targets and figures as known at one instant.

    Who may not see exact figures is told of won what the last point up to it shows, and what
    follows from its months if it shows them all. A release that asks marks `final_year` final,
    and its own point is `published_by` its revision.
    """
    goal = queries.goal(work.session, code)
    instant = resolve(work, as_of, revision)
    goal = queries.goal_at(work.session, goal, instant)
    targets = queries.targets_at(work.session, goal, instant.revision)
    found: dict[str, Any] = {
        "goal": goal.code, "kind": goal.kind, "unit": goal.unit, "direction": goal.direction,
        "rule": RULES.get(goal.dataset or ""), "as_of": instant.at, "revision": instant.revision,
        "settled": instant.settled,
    }  # fmt: skip
    if goal.dataset is None:
        found["publication"] = None
        return found | _reported(work, goal, targets, instant, thresholds, fresh_months)
    final = queries.final_years(work.session, instant.revision) | {final_year}
    point, years, are_all = _years(work, goal, instant, published_by or instant.revision)
    found["publication"] = None if point is None else publication_facts(point)
    projected = _projected(work, goal, years, instant, published_by or instant.revision)
    if projected.value is not None and not are_all:
        projected = projection.refused("year-not-shown")
    return found | _counted(goal, years, targets, instant, thresholds, final, projected)


def _years(
    work: Work, goal: Goal, instant: Instant, published_by: int
) -> tuple[Publication | None, Sequence[YearFigure], bool]:
    """What counts towards a goal by year: people live, won exact or as published; if that is all."""
    if goal.unit != "krw" or work.principal.holds("statistics:exact"):
        return None, queries.counted(work.session, goal, instant), True
    asked = replace(instant, revision=published_by)
    return published_years(
        work.session, str(goal.dataset), str(goal.measure), goal.counts_from_year, asked
    )


def _projected(
    work: Work, goal: Goal, years: Sequence[YearFigure], instant: Instant, published_by: int
) -> projection.Projection:
    full = projection.full_years(goal.counts_from_year, instant.day)
    months: Mapping[int, int] | None = {}
    if goal.kind == "flow" and len(full) >= projection.FULL_YEARS:
        months = _months(work, goal, years, instant, published_by)
    if months is None:
        return projection.refused("year-not-shown")
    return progress.project(goal, years, months, instant.day)


def _months(
    work: Work, goal: Goal, years: Sequence[YearFigure], instant: Instant, published_by: int
) -> Mapping[int, int] | None:
    """What counts towards a flow by month, None if that is not shown to who asks.

    Counted exactly it would tell hidden months: asked as of each day, the share of a year that is
    over by then gives one after the other. This year's months are asked for as a whole alone.
    """
    if work.principal.holds("statistics:exact"):
        return queries.counted_months(work.session, goal, instant)
    question = replace(
        queries.question(goal, "month"), last=(instant.day.year - 1) * 100 + DECEMBER
    )
    shown = published_months(work.session, question, replace(instant, revision=published_by))
    now = next((figure.value for figure in years if figure.year == instant.day.year), 0)
    return None if shown is None else {**shown, instant.day.year * 100 + 1: now}


def _counted(
    goal: Goal,
    years: Sequence[YearFigure],
    targets: Mapping[int, Fraction],
    instant: Instant,
    to: Thresholds,
    final: Collection[int | None],
    projected: projection.Projection,
) -> dict[str, Any]:
    current = progress.current(goal, years, instant.day, to, targets, projected, final)
    path = progress.aim(goal, instant.day, targets)[1]
    return {
        "current": current,
        "series": progress.series(goal, years, instant.day, targets, final),
        "path": _path_read(goal, path, instant.day),
        "projection": projection.as_answer(projected),
        "observation": None, "stale_since": None,
    }  # fmt: skip


def _reported(
    work: Work,
    goal: Goal,
    targets: Mapping[int, Fraction],
    instant: Instant,
    to: Thresholds,
    fresh_months: int,
) -> dict[str, Any]:
    observations = queries.latest_observations(work.session, goal.id, instant.revision)
    last = level.newest(observations)
    path = level.path_of(goal, targets)
    end = None if last is None else last.period_end
    return {
        "current": level.current(goal, last, path, instant.day, to),
        "series": level.series(goal, observations, instant.day, targets),
        "path": _path_read(goal, path, instant.day),
        "projection": projection.as_answer(projection.refused("reported-level")),
        "observation": None if last is None else observation_read(goal, last),
        "stale_since": level.stale_since(goal, end, fresh_months, instant.day),
    }


def _path_read(goal: Goal, path: Path | None, day: date) -> dict[str, Any] | None:
    if path is None:
        return None
    scale = SCALES.get(goal.unit, 1)
    expected = level.expected_ratio(path, day)
    unstated = goal.kind == "level" and goal.baseline_year is None
    return {
        "starts_on": path.period.start,
        "origin": shown(half_up(path.origin * scale), scale),
        "baseline_year": goal.baseline_year,
        "points": [
            {"due": due, "value": shown(half_up(value * scale), scale)}
            for due, value in path.points()
        ],
        "expected_ratio": None if expected is None else four_decimals(expected),
        "note": UNSTATED[0] if unstated else None,
        "note_en": UNSTATED[1] if unstated else None,
    }


def contributions_of(
    work: Work,
    code: str,
    by: tuple[str, ...],
    labels: str | None,
    as_of: date | datetime | None,
    revision: int | None,
) -> Answer:
    """The cells behind a goal's current figure, its opening aside, as statistics answer them.

    They sum to the figure, and who sees them is what statistics say. Raises goal-is-reported,
    needs-exact.
    """
    goal = queries.goal(work.session, code)
    instant = resolve(work, as_of, revision)
    goal = queries.goal_at(work.session, goal, instant)
    if goal.dataset is None or goal.measure is None:
        raise DomainError("goal-is-reported")
    known = dimensions(goal.dataset)
    if not set(by) <= set(known):
        raise Invalid(Flaw("invalid-choice", parameter="by", facts={"choices": ", ".join(known)}))
    year = progress.aim(goal, instant.day, progress.NONE)[0]
    first = year if goal.kind == "flow" else goal.counts_from_year or EARLIEST
    question = Question(
        goal.dataset, goal.measure, by, {"year": tuple(range(first, max(first, year) + 1))},
        zone_scheme=default_scheme(), labels=labels,
    )  # fmt: skip
    return answers.answer(work, question, as_of, revision)


def _values(row: dict[str, str]) -> dict[str, Any]:
    if (row["kind"], bool(row["dataset"]), row["direction"]) not in JUDGED:
        message = f"no rule tells how far goal {row['code']} is"
        raise ValueError(message)
    empty = {key: value or None for key, value in row.items()}
    numbers = {n: int(row[n]) if row[n] else None for n in NUMBERS}
    return {**empty, **numbers, "starts_on": date.fromisoformat(row["starts_on"])}
