"""The counting rules, a module each: what every record contributes, as one select.

A rule offers `dimension_rows(units)`, the combinations of dimensions it needs cells for;
`contributions(units)`, rows of record, dimensions, month and measures; and `record_ids(units)`,
the records whose earlier postings belong to these units. `units` are persons or start-ups, None
means all. Uniqueness is decided here, before anybody filters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, extract, true

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy import ColumnElement


def within(column: Any, units: Collection[UUID] | None) -> ColumnElement[bool]:  # noqa: ANN401
    """The clause that keeps to the given units, or to all."""
    clause: ColumnElement[bool] = true() if units is None else column.in_(units)
    return clause


def month_of(day: Any) -> ColumnElement[int]:  # noqa: ANN401
    """A date's month as an integer such as 202603."""
    return year_of(day) * 100 + extract("month", day).cast(Integer)


def year_of(day: Any) -> ColumnElement[int]:  # noqa: ANN401
    """A date's year."""
    return extract("year", day).cast(Integer)
