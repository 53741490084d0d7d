"""The counting rules, a module each: what every record contributes, as one select.

A rule offers `dimension_rows(everyone)`, the combinations of dimensions it needs cells for;
`contributions(everyone)`, rows of record, dimensions, month and measures; and
`record_ids(everyone)`, the records whose earlier postings belong to these units. They are of the
persons or start-ups bound as `UNITS`, or of all. From `MANY` units on, the cells are those that all
need. Uniqueness is decided here, before anybody filters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, extract, true

from registry.core.bulk import Ids, among_bound

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


UNITS = bindparam("units", type_=Ids())


def within(column: Any, *, everyone: bool) -> ColumnElement[bool]:  # noqa: ANN401
    """The clause that keeps to the given units, or to all."""
    clause: ColumnElement[bool] = true() if everyone else among_bound(column, UNITS)
    return clause


def month_of(day: Any) -> ColumnElement[int]:  # noqa: ANN401
    """A date's month as an integer such as 202603."""
    return year_of(day) * 100 + extract("month", day).cast(Integer)


def year_of(day: Any) -> ColumnElement[int]:  # noqa: ANN401
    """A date's year."""
    return extract("year", day).cast(Integer)
