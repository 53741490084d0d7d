"""Rule `trainees/1`: who is counted, once a year, once ever, once a year and organisation.

An enrolment qualifies if it is not void, its programme's kind counts and its status counts
(completed, early employment); it belongs to the year of its `status_on`. The tie rule stands in
`ORDER` and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from registry.codes.models import CodeItem
from registry.statistics.models import Rule
from registry.statistics.rules import month_of, within, year_of
from registry.trainees.models import Enrolment, Programme, Trainee

if TYPE_CHECKING:
    from sqlalchemy import CompoundSelect, Select

# Earliest status date, then the order of registration: revision, then row within it.
ORDER = (Enrolment.status_on, Enrolment.created_revision, Enrolment.created_row)

Kind = aliased(CodeItem)
Status = aliased(CodeItem)


def dimension_rows(*, everyone: bool) -> Select[*tuple[Any, ...]]:
    """The combinations of dimensions of the units' enrolments."""
    return (
        select(
            Programme.organisation_id,
            Programme.kind.label("programme_kind"),
            Programme.field,
            Programme.district_code.label("district"),
        )
        .join(Enrolment, Enrolment.programme_id == Programme.id)
        .join(Trainee, Trainee.id == Enrolment.trainee_id)
        .where(within(Trainee.unit_id, everyone=everyone))
        .distinct()
    )


def record_ids(*, everyone: bool) -> Select[Any]:
    """The units' enrolments."""
    return (
        select(Enrolment.id)
        .join(Trainee, Trainee.id == Enrolment.trainee_id)
        .where(within(Trainee.unit_id, everyone=everyone))
    )


def contributions(*, everyone: bool) -> CompoundSelect[Any]:
    """What each enrolment contributes: to its status month, and to the month it began in."""
    return union_all(_completions(everyone=everyone), _begun(everyone=everyone))


def _counted(*columns: Any, everyone: bool) -> Select[Any]:
    return (
        select(
            Enrolment.id.label("record_id"),
            Programme.organisation_id,
            Programme.kind.label("programme_kind"),
            Programme.field,
            Programme.district_code.label("district"),
            *columns,
        )
        .join(Trainee, Trainee.id == Enrolment.trainee_id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .join(Kind, and_(Kind.list == "programme-kinds", Kind.code == Programme.kind))
        .where(within(Trainee.unit_id, everyone=everyone), Kind.counts, ~Enrolment.voided)
    )


def _completions(*, everyone: bool) -> Select[Any]:
    year = year_of(Enrolment.status_on)
    first_year = (
        select(Rule.parameters["counts_from_year"].as_integer())
        .where(Rule.dataset == "trainees", Rule.number == 1)
        .scalar_subquery()
    )
    eligible = case((year >= first_year, 1), else_=0)

    def place(*partition: Any) -> Any:  # noqa: ANN401
        return func.row_number().over(partition_by=(Trainee.unit_id, *partition), order_by=ORDER)

    in_time = and_(
        Enrolment.employed_on >= Enrolment.status_on,
        Enrolment.employed_on <= Enrolment.employment_deadline,
    )
    ranked = (
        _counted(
            month_of(Enrolment.status_on).label("month"),
            eligible.label("eligible"),
            place(year).label("place_in_year"),
            place(eligible).label("place_ever"),
            place(Programme.organisation_id, year).label("place_in_organisation"),
            or_(Enrolment.status == "early_employed", func.coalesce(in_time, False)).label(
                "employed"
            ),
            everyone=everyone,
        )
        .join(Status, and_(Status.list == "statuses", Status.code == Enrolment.status))
        .where(Status.counts)
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
    nothing = [
        literal(0).label(m)
        for m in ("trainees", "talents", "trainees_of_organisation", "completions", "employed")
    ]
    return _counted(
        month_of(Enrolment.enrolled_on).label("month"),
        *nothing,
        literal(1).label("enrolments"),
        everyone=everyone,
    ).where(Enrolment.status != "withdrawn")
