"""The city's goals: what was promised, and how it is measured."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.types import Base, Id
from registry.revisions.models import Recorded

UNITS = ("person", "krw", "percent", "rank")
KINDS = ("flow", "cumulative", "level")


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
