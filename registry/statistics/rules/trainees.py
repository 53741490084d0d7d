"""Rule `trainees/1`: who is counted, once a year, once ever, once a year and organisation.

An enrolment qualifies if it is not void, its programme's kind counts and its status counts
(completed, early employment); it belongs to the year of its `status_on`. The tie rule stands in
`ORDER` and nowhere else.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, exists, func, literal, or_, select, true, union_all

from registry.codes.models import CodeItem
from registry.statistics.models import Rule
from registry.statistics.rules import month_of, within, year_of
from registry.trainees.models import Enrolment, Programme, Trainee

if TYPE_CHECKING:
    from sqlalchemy import CTE, ColumnElement, CompoundSelect, Select

# Earliest status date, then the order of registration: revision, then row within it.
ORDER = ("status_on", "created_revision", "created_row")

# From so many units on, what cells all need is known sooner than what cells these need.
MANY = 50


def kind_counts(kind: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a column
    """Whether a programme's kind counts."""
    return _counting(kind, "programme-kinds")


def status_counts(status: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a column
    """Whether an enrolment's status counts."""
    return _counting(status, "statuses")


def _counting(code: Any, of: str) -> ColumnElement[bool]:  # noqa: ANN401 - a column
    """Whether a code of a list counts: looked up once in all, and not joined row by row.

    A planner that sees a join expects a handful of rows of it, and goes on one by one from there.
    """
    codes = select(CodeItem.code).where(CodeItem.list == of, CodeItem.counts)
    found: ColumnElement[bool] = code.in_(codes).is_(true())
    return found


@cache
def _theirs(*, everyone: bool) -> CTE:
    """The units' enrolments, each with its unit.

    Read first and once: a planner that does not know how few they are may otherwise begin with
    the programmes, and so read every enrolment there is for each recount.
    """
    rows = (
        select(
            Enrolment.id, Enrolment.programme_id, Enrolment.enrolled_on, Enrolment.status,
            Enrolment.status_on, Enrolment.employed_on, Enrolment.employment_deadline,
            Enrolment.voided, Enrolment.created_revision, Enrolment.created_row, Trainee.unit_id,
        )
        .join(Trainee, Trainee.id == Enrolment.trainee_id)
        .where(within(Trainee.unit_id, everyone=everyone))
        .cte("theirs")
    )  # fmt: skip
    return rows if everyone else rows.prefix_with("MATERIALIZED")


def dimension_rows(*, everyone: bool) -> Select[*tuple[Any, ...]]:
    """The combinations of dimensions of the units' enrolments.

    Those of all are asked of the programmes: each is looked up once, however many enrolments.
    """
    rows = select(
        Programme.organisation_id,
        Programme.kind.label("programme_kind"),
        Programme.field,
        Programme.district_code.label("district"),
    ).distinct()
    if everyone:
        return rows.where(exists().where(Enrolment.programme_id == Programme.id))
    theirs = _theirs(everyone=False)
    return rows.join(theirs, theirs.c.programme_id == Programme.id)


def record_ids(*, everyone: bool) -> Select[Any]:
    """The units' enrolments."""
    return select(_theirs(everyone=everyone).c.id)


def contributions(*, everyone: bool) -> CompoundSelect[Any]:
    """What each enrolment contributes: to its status month, and to the month it began in."""
    return union_all(_completions(everyone=everyone), _begun(everyone=everyone))


def _counted(*columns: Any, everyone: bool) -> Select[Any]:
    theirs = _theirs(everyone=everyone)
    return (
        select(
            theirs.c.id.label("record_id"),
            Programme.organisation_id,
            Programme.kind.label("programme_kind"),
            Programme.field,
            Programme.district_code.label("district"),
            *columns,
        )
        .select_from(theirs)
        .join(Programme, Programme.id == theirs.c.programme_id)
        .where(kind_counts(Programme.kind), ~theirs.c.voided)
    )


def _completions(*, everyone: bool) -> Select[Any]:
    theirs = _theirs(everyone=everyone).c
    year = year_of(theirs.status_on)
    first_year = (
        select(Rule.parameters["counts_from_year"].as_integer())
        .where(Rule.dataset == "trainees", Rule.number == 1)
        .scalar_subquery()
    )
    order = [theirs[name] for name in ORDER]
    eligible = case((year >= first_year, 1), else_=0)

    def place(*partition: Any) -> Any:  # noqa: ANN401
        return func.row_number().over(partition_by=(theirs.unit_id, *partition), order_by=order)

    in_time = and_(
        theirs.employed_on >= theirs.status_on,
        theirs.employed_on <= theirs.employment_deadline,
    )
    ranked = (
        _counted(
            month_of(theirs.status_on).label("month"),
            eligible.label("eligible"),
            place(year).label("place_in_year"),
            place(eligible).label("place_ever"),
            place(Programme.organisation_id, year).label("place_in_organisation"),
            or_(theirs.status == "early_employed", func.coalesce(in_time, False)).label("employed"),
            everyone=everyone,
        )
        .where(status_counts(theirs.status))
        .subquery()
    )
    column = ranked.c
    return select(
        column.record_id, column.organisation_id, column.programme_kind, column.field,
        column.district, column.month,
        case((column.place_in_year == 1, 1), else_=0).label("trainees"),
        case((and_(column.eligible == 1, column.place_ever == 1), 1), else_=0).label("talents"),
        case((column.place_in_organisation == 1, 1), else_=0).label("trainees_of_organisation"),
        literal(1).label("completions"),
        case((column.employed, 1), else_=0).label("employed"),
        literal(0).label("enrolments"),
    )  # fmt: skip


def _begun(*, everyone: bool) -> Select[Any]:
    theirs = _theirs(everyone=everyone).c
    nothing = [
        literal(0).label(m)
        for m in ("trainees", "talents", "trainees_of_organisation", "completions", "employed")
    ]
    return _counted(
        month_of(theirs.enrolled_on).label("month"),
        *nothing,
        literal(1).label("enrolments"),
        everyone=everyone,
    ).where(theirs.status != "withdrawn")
