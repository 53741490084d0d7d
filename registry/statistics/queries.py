"""Figures out of the ledger: one select for any question, dataset and revision.

Now is `total`; the past is the sums of the years, months and days that were over before a
revision's day, and that day's own postings up to it. Either way the ledger is summed by cell
first, and only then joined to what cells mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Integer, and_, cast, func, literal, or_, select, union_all

from registry.access.models import Organisation
from registry.codes.models import ZoneMember
from registry.core.clock import start_of_seoul_day
from registry.core.planning import plan_anew
from registry.core.problems import DomainError
from registry.revisions.models import Revision
from registry.statistics.catalogue import TIMES, UNASSIGNED
from registry.statistics.closing import month_number
from registry.statistics.models import LEDGERS
from registry.statistics.questions import MOST_CELLS, Cell, Figures, time_parts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement, FromClause, Subquery, Table
    from sqlalchemy.orm import Session

    from registry.revisions.instants import Instant
    from registry.statistics.models import LedgerTables
    from registry.statistics.questions import Question


@dataclass(frozen=True)
class YearFigure:
    """What was counted in one year, and in all years up to it."""

    year: int
    value: int
    running: int


def figures(session: Session, question: Question, instant: Instant) -> Figures:
    """The cells of a question as known at an instant, in one statement. Raises too-many-cells."""
    grouped = _grouped(question, instant)
    statement = (
        select(*grouped.c, whole(func.sum(grouped.c.value).over()).label("total"))
        .where(grouped.c.value != 0)
        .limit(MOST_CELLS + 1)
    )
    plan_anew(session)
    rows = session.execute(statement).all()
    if len(rows) > MOST_CELLS:
        raise DomainError("too-many-cells", limit=MOST_CELLS)
    keys = len(question.by)
    cells = (Cell(written(question.by, row[:keys]), int(row.value)) for row in rows)
    return Figures(
        tuple(sorted(cells, key=lambda cell: cell.keys)), int(rows[0].total) if rows else 0
    )


def by_year(session: Session, question: Question, instant: Instant) -> list[YearFigure]:
    """The question's figures by year, each with the sum of the years up to it."""
    grouped = _grouped(question, instant)
    running = func.sum(grouped.c.value).over(order_by=grouped.c.year)
    plan_anew(session)
    rows = session.execute(
        select(grouped.c.year, grouped.c.value, whole(running).label("running")).order_by(
            grouped.c.year
        )
    )
    return [YearFigure(int(r.year), int(r.value), int(r.running)) for r in rows]


def _grouped(question: Question, instant: Instant) -> Subquery:
    tables = LEDGERS[question.dataset]
    counted = _counted(tables, question, instant)
    source, columns = meant(tables, question, counted)
    chosen = [columns[name].label(name) for name in question.by]
    value = func.coalesce(whole(func.sum(counted.c.value)), 0).label("value")
    filters = [
        columns[name].in_(values) for name, values in question.filters.items() if name not in TIMES
    ]
    statement = select(*chosen, value).select_from(source).where(*filters).group_by(*chosen)
    return statement.subquery()


def _counted(tables: LedgerTables, question: Question, instant: Instant) -> Subquery:
    """The measure by cell (if the question is about more than time) and by the time needed."""
    known = _known(tables, question, instant)
    keys: list[Any] = [
        time_column(name, known.c.month).label(name) for name in question.by if name in TIMES
    ]
    if any(name not in TIMES for name in (*question.by, *question.filters)):
        keys.append(known.c.cell_id)
    value = whole(func.sum(known.c.value)).label("value")
    return select(*keys, value).group_by(*keys).subquery()


def _known(tables: LedgerTables, question: Question, instant: Instant) -> Subquery:
    """Rows of cell, month and value that sum to what was known at the instant."""

    def of(table: Table) -> Any:  # noqa: ANN401 - a select of three columns
        value = table.c[question.measure]
        return select(table.c.cell_id, table.c.month, cast(value, BigInteger).label("value")).where(
            value != 0, *within_months(question, table.c.month)
        )

    if instant.is_head:
        subquery: Subquery = of(tables.total).subquery()
        return subquery
    day, period, recorded = instant.recorded_on, tables.period.c.period, tables.figure.c.day
    sums = [
        of(tables.period).where(period < day.year),
        of(tables.period).where(period > day.year * 100, period < month_number(day)),
        of(tables.figure).where(
            recorded >= day.replace(day=1),
            (recorded <= day) if instant.ends_day else (recorded < day),
        ),
    ]
    if not instant.ends_day:
        sums.append(of(tables.posting).where(*_posted_that_day(tables, instant)))
    return union_all(*sums).subquery()


def _posted_that_day(tables: LedgerTables, instant: Instant) -> Iterable[ColumnElement[bool]]:
    """The clauses for what was posted on the instant's recorded day up to its revision."""
    revision, midnight = tables.posting.c.revision, start_of_seoul_day(instant.recorded_on)
    # By the moment, whose index gives the newest at once; the highest number of a day does not.
    before = (
        select(Revision.number)
        .where(Revision.at < midnight)
        .order_by(Revision.at.desc())
        .limit(1)
        .scalar_subquery()
    )
    yield revision > func.coalesce(before, 0)
    yield revision <= literal(instant.revision, BigInteger)


def within_months(question: Question, month: Any) -> Iterable[ColumnElement[bool]]:  # noqa: ANN401
    """The clauses that keep to the months asked for."""
    if question.first is not None:
        yield month >= question.first
    if question.last is not None:
        yield month <= question.last
    for spans in question.spans:
        yield or_(*(month.between(low, high) for low, high in spans))


def time_column(name: str, month: Any) -> ColumnElement[int]:  # noqa: ANN401
    """The integer that stands for a month's year, quarter (its last month) or itself."""
    year = cast(month // 100, Integer)
    quarter = year * 100 + (month % 100 + 2) // 3 * 3
    parts: dict[str, ColumnElement[int]] = {"year": year, "quarter": quarter, "month": month}
    return parts[name]


def meant(
    tables: LedgerTables, question: Question, counted: FromClause
) -> tuple[FromClause, dict[str, Any]]:
    """Join to the cells only what the question names; the columns of its dimensions."""
    needed = {*question.by, *question.filters}
    source, cell = counted, tables.cell.c
    columns: dict[str, Any] = {name: counted.c[name] for name in TIMES if name in question.by}
    columns |= {name: cell[name] for name in tables.dimensions[1:]}
    if needed - set(TIMES):
        source = source.join(tables.cell, cell.id == counted.c.cell_id)
    if "organisation" in needed:
        source = source.join(Organisation, Organisation.id == cell.organisation_id)
        columns["organisation"] = Organisation.code
    if "zone" in needed:
        member = and_(
            ZoneMember.scheme == question.zone_scheme, ZoneMember.district_code == cell.district
        )
        source = source.outerjoin(ZoneMember, member)
        columns["zone"] = func.coalesce(ZoneMember.zone, UNASSIGNED)
    return source, columns


def written(by: tuple[str, ...], values: Iterable[Any]) -> tuple[Any, ...]:
    """A cell's keys as answers write them."""
    pairs = zip(by, values, strict=True)
    return tuple(_timewritten(name, v) if name in TIMES else v for name, v in pairs)


def _timewritten(name: str, value: int) -> int | str:
    return value if name == "year" else time_parts(value)[name]


def whole(number: Any) -> Any:  # noqa: ANN401
    """Sums of 64-bit integers are numeric on PostgreSQL; the registry's fit 64 bits."""
    return cast(number, BigInteger)
