"""The city's goals: what was promised, and how it is measured."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.types import Base, Id
from registry.revisions.models import Recorded

UNITS = ("person", "krw", "percent", "rank")
KINDS = ("flow", "cumulative", "level")
SCALES = {"percent": 100}  # observations and yearly targets of a percent are kept in hundredths


class Goal(Recorded, Base):
    """One target of the strategy; the registry feeds it if it names a dataset and a measure.

    Target years and amounts never derive from one another: all of them are data.
    """

    __tablename__ = "goal"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    unit: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(12))
    direction: Mapped[str] = mapped_column(String(4))
    dataset: Mapped[str | None] = mapped_column(String(20))
    measure: Mapped[str | None] = mapped_column(String(40))
    baseline_year: Mapped[int | None]
    baseline: Mapped[int | None] = mapped_column(BigInteger)
    opening: Mapped[int | None] = mapped_column(BigInteger)
    counts_from_year: Mapped[int | None]
    starts_on: Mapped[date]  # announced; a cumulative goal's path begins here
    end_year: Mapped[int]
    annual_target: Mapped[int | None] = mapped_column(BigInteger)
    total_target: Mapped[int | None] = mapped_column(BigInteger)
    source: Mapped[str] = mapped_column(String(500))


class GoalTarget(Recorded, Base):
    """What was promised for one year of a goal's path; a year without a value has none (any more).

    `value` is scaled as `SCALES` says.
    """

    __tablename__ = "goal_target"
    __table_args__ = (UniqueConstraint("goal_id", "year"),)

    id: Mapped[Id]
    goal_id: Mapped[UUID] = mapped_column(ForeignKey("goal.id"))
    year: Mapped[int]
    value: Mapped[int | None] = mapped_column(BigInteger)


class Observation(Recorded, Base):
    """One reported figure of a goal that the registry does not feed; it never changes.

    A later one of the same period takes its place. `value` is scaled as `SCALES` says.
    """

    __tablename__ = "observation"
    __table_args__ = (Index("ix_observation_goal_id_period", "goal_id", "period"),)

    id: Mapped[Id]
    goal_id: Mapped[UUID] = mapped_column(ForeignKey("goal.id"))
    period: Mapped[str] = mapped_column(String(7))  # 2025, 2025-H1, 2025-Q3 or 2025-09
    period_start: Mapped[date]
    period_end: Mapped[date]
    value: Mapped[int] = mapped_column(BigInteger)
    provisional: Mapped[bool]
    source: Mapped[str] = mapped_column(String(500))
    evidence_url: Mapped[str | None] = mapped_column(String(500))
    note: Mapped[str | None] = mapped_column(String(2000))


class FinalYear(Recorded, Base):
    """A year that a release marked final: what is counted in it is provisional no longer."""

    __tablename__ = "final_year"

    id: Mapped[Id]
    year: Mapped[int] = mapped_column(unique=True)
