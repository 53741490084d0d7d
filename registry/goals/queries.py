"""Selects over goals, what was promised and observed of them; everybody may read them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import aliased

from registry.core.problems import DomainError
from registry.goals.models import SCALES, FinalYear, Goal, GoalTarget, Observation
from registry.revisions.past import rows_at
from registry.statistics.queries import by_year, figures
from registry.statistics.questions import Question

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from typing import Any
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from registry.revisions.instants import Instant
    from registry.statistics.queries import YearFigure

# Observations never change, so their order of registration says which of a period is the last.
REGISTERED = tuple_(Observation.created_revision, Observation.created_row)


def goal(session: Session, code: str) -> Goal:
    """The goal of a code as it stands. Raises not-found."""
    found = session.scalars(select(Goal).where(Goal.code == code)).one_or_none()
    if found is None:
        raise DomainError("not-found")
    return found


def every(session: Session) -> Sequence[Goal]:
    """All goals as they stand, in the order in which they were entered."""
    return session.scalars(select(Goal).order_by(Goal.created_revision, Goal.created_row)).all()


def goal_at(session: Session, goal: Goal, instant: Instant) -> Goal:
    """A goal as it was at an instant. Raises not-found if it came later."""
    if instant.is_head:
        return goal
    found = rows_at(session, Goal, instant.revision, Goal.code == goal.code)
    if not found:
        raise DomainError("not-found")
    return found[0]


def targets_at(session: Session, goal: Goal, revision: int) -> dict[int, Fraction]:
    """What was promised for single years of a goal's path, as at a revision."""
    scale = SCALES.get(goal.unit, 1)
    rows = rows_at(session, GoalTarget, revision, GoalTarget.goal_id == goal.id)
    return {row.year: Fraction(row.value, scale) for row in rows if row.value is not None}


def target(session: Session, goal_id: UUID, year: int) -> GoalTarget | None:
    """The row of a year's own target as it stands."""
    mine = (GoalTarget.goal_id == goal_id, GoalTarget.year == year)
    return session.scalars(select(GoalTarget).where(*mine)).one_or_none()


def final_years(session: Session, revision: int) -> frozenset[int]:
    """The years that had been marked final at a revision."""
    known = FinalYear.created_revision <= revision
    return frozenset(session.scalars(select(FinalYear.year).where(known)))


def observation(session: Session, goal_id: UUID, observation_id: UUID) -> Observation:
    """One observation of a goal. Raises not-found."""
    mine = (Observation.goal_id == goal_id, Observation.id == observation_id)
    found = session.scalars(select(Observation).where(*mine)).one_or_none()
    if found is None:
        raise DomainError("not-found")
    return found


def observations(goal_id: UUID, asked: dict[str, Any], revision: int) -> Select[Observation]:
    """The observations of a goal known at a revision, as the filters narrow them."""
    found = select(Observation).where(
        Observation.goal_id == goal_id, Observation.created_revision <= revision
    )
    if asked["period"] is not None:
        found = found.where(Observation.period == asked["period"])
    return found.where(~_superseded(revision)) if asked["latest"] else found


def latest_observations(session: Session, goal_id: UUID, revision: int) -> Sequence[Observation]:
    """Of each period of a goal the observation that counts at a revision."""
    mine = (Observation.goal_id == goal_id, Observation.created_revision <= revision)
    return session.scalars(select(Observation).where(*mine, ~_superseded(revision))).all()


def _superseded(revision: int) -> Any:  # noqa: ANN401 - an EXISTS
    newer = aliased(Observation)
    return (
        select(newer.id)
        .where(
            newer.goal_id == Observation.goal_id,
            newer.period == Observation.period,
            newer.created_revision <= revision,
            tuple_(newer.created_revision, newer.created_row) > REGISTERED,
        )
        .exists()
    )


def last_ends(session: Session) -> dict[UUID, date]:
    """The end of the last observed period of each goal that has one."""
    rows = session.execute(
        select(Observation.goal_id, func.max(Observation.period_end)).group_by(Observation.goal_id)
    )
    return {row[0]: row[1] for row in rows}


def counted(session: Session, goal: Goal, instant: Instant) -> list[YearFigure]:
    """What the registry itself counts towards a goal, by year."""
    return by_year(session, question(goal, "year"), instant)


def counted_months(session: Session, goal: Goal, instant: Instant) -> dict[int, int]:
    """What the registry itself counts towards a goal, by month such as 202603."""
    found = figures(session, question(goal, "month"), instant)
    return {int(cell.keys[0].replace("-", "")): cell.value or 0 for cell in found.cells}


def question(goal: Goal, time: str) -> Question:
    """What is asked of the registry to know a goal that it feeds, by year or by month."""
    first = goal.counts_from_year * 100 + 1 if goal.counts_from_year else None
    return Question(str(goal.dataset), str(goal.measure), (time,), first=first)


def last_reported(session: Session, goal_id: UUID, most: int) -> Sequence[Observation]:
    """The latest figures reported of a goal, revised ones included, the newest period first."""
    return session.scalars(
        select(Observation)
        .where(Observation.goal_id == goal_id)
        .order_by(Observation.period_end.desc(), Observation.id.desc())
        .limit(most)
    ).all()
