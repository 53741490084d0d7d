"""Loading and correcting goals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.codes.service import rows_of, update
from registry.goals.models import Goal

if TYPE_CHECKING:
    from registry.core.db import Work

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


def _values(row: dict[str, str]) -> dict[str, Any]:
    empty = {key: value or None for key, value in row.items()}
    return {**empty, **{n: int(row[n]) if row[n] else None for n in NUMBERS}}
