"""Recorded months and years that are over: their figures summed once, so that the past is short.

Without them a past figure is the sum of every recorded day before it, and grows with the years;
with them it is whole years, then whole months, then at most a month of days. A period that is
over gets no posting any more, since moments of revisions only rise. The first write of a new
month sums up what ended with the one before; no other write does anything here.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Integer, bindparam, cast, delete, func, insert, or_, select

from registry.core.clock import seoul_date
from registry.statistics.models import LEDGERS
from registry.statistics.rules import month_of

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Delete, Insert
    from sqlalchemy.orm import Session

    from registry.core.work import Work
    from registry.statistics.models import LedgerTables

MONTHS_A_YEAR = 100  # a month is year * 100 + number, so a number without hundreds is a year
FIRST_MONTH = 100_000  # a smaller period is a year

_SINCE_MONTH = bindparam("since_month", type_=Integer)
_SINCE_YEAR = bindparam("since_year", type_=Integer)
_THIS_MONTH = bindparam("this_month", type_=Integer)
_THIS_YEAR = bindparam("this_year", type_=Integer)


def close_periods(work: Work) -> None:
    """Sum up the months and years that ended between the revision before and this one."""
    last, today = seoul_date(work.head.at), work.today
    if work.head.number and month_number(last) < month_number(today):
        for tables in LEDGERS.values():
            close(work.session, tables, last, today)


def close(session: Session, tables: LedgerTables, since: date, today: date) -> None:
    """Sum up what ended before today, from the month and year of an earlier day on."""
    values = {
        "since_month": month_number(since), "since_year": since.year,
        "this_month": month_number(today), "this_year": today.year,
    }  # fmt: skip
    forget, months, years = _closing(tables.dataset)
    # What is there already was summed up by a write that came to nothing, when the clock stood
    # later than it does now: it may lack postings.
    session.execute(forget, values)
    session.execute(months, values)
    if since.year < today.year:
        session.execute(years, values)


def month_number(day: date) -> int:
    """A day's month as a period."""
    return day.year * MONTHS_A_YEAR + day.month


@cache
def _closing(dataset: str) -> tuple[Delete, Insert, Insert]:
    tables = LEDGERS[dataset]
    period, figure = tables.period.c, tables.figure.c
    forget = delete(tables.period).where(
        or_(period.period.between(_SINCE_YEAR, FIRST_MONTH - 1), period.period >= _SINCE_MONTH)
    )
    month = month_of(figure.day)
    months = (
        select(month, figure.month, figure.cell_id, *_summed(tables, figure))
        .where(month >= _SINCE_MONTH, month < _THIS_MONTH)
        .group_by(month, figure.month, figure.cell_id)
    )
    year = cast(period.period // MONTHS_A_YEAR, Integer)
    years = (
        select(year, period.month, period.cell_id, *_summed(tables, period))
        .where(period.period >= FIRST_MONTH, year >= _SINCE_YEAR, year < _THIS_YEAR)
        .group_by(year, period.month, period.cell_id)
    )
    names = ["period", "month", "cell_id", *tables.measures]
    return (
        forget,
        insert(tables.period).from_select(names, months),
        insert(tables.period).from_select(names, years),
    )


def _summed(tables: LedgerTables, columns: Any) -> list[Any]:  # noqa: ANN401
    return [cast(func.sum(columns[m]), BigInteger).label(m) for m in tables.measures]
