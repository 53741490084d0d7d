"""Selects over goals; everybody may read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from registry.core.problems import DomainError
from registry.goals.models import Goal
from registry.revisions.past import rows_at
from registry.statistics.queries import by_year
from registry.statistics.questions import Question

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from registry.revisions.instants import Instant
    from registry.statistics.queries import YearFigure


def goal(session: Session, code: str) -> Goal:
    """The goal of a code as it stands. Raises not-found."""
    found = session.scalars(select(Goal).where(Goal.code == code)).one_or_none()
    if found is None:
        raise DomainError("not-found")
    return found


def goal_at(session: Session, code: str, revision: int) -> Goal:
    """The goal of a code as at a revision. Raises not-found, also if it came later."""
    found = rows_at(session, Goal, revision, Goal.code == code)
    if not found:
        raise DomainError("not-found")
    return found[0]


def counted(session: Session, goal: Goal, instant: Instant) -> list[YearFigure]:
    """What the registry itself counts towards a goal, by year. Raises no-progress."""
    if goal.dataset is None or goal.measure is None:
        raise DomainError("no-progress")
    first = goal.counts_from_year * 100 + 1 if goal.counts_from_year else None
    question = Question(goal.dataset, goal.measure, ("year",), first=first)
    return by_year(session, question, instant)
