"""Why records do not count: the first reason that applies of a closed, ordered list (data).

`counted_elsewhere` says that the unit is counted with another organisation's record, not whose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, exists, func, literal, select
from sqlalchemy.orm import aliased

from registry.investments.models import Investment, Startup, Transaction
from registry.revisions.past import rows_at
from registry.statistics.catalogue import read
from registry.statistics.models import LEDGERS, Rule
from registry.statistics.records import KINDS, date_of, kind_of
from registry.statistics.rules import investments as money
from registry.statistics.rules import trainees as people
from registry.statistics.rules import year_of
from registry.trainees.models import Enrolment, Programme, Trainee

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from uuid import UUID

    from sqlalchemy import FromClause, Select

    from registry.statistics.known import Known
    from registry.statistics.questions import Question

    Counted = dict[tuple[Any, ...], UUID]  # a unit, and its year or not -> whose record counts

# Measures that count every record of a state; otherwise the state is that of completion.
OF_A_STATE = ("employed", "enrolments")
AGAIN = {
    "trainees": "already_counted_this_year",
    "trainees_of_organisation": "already_counted_this_year",
    "talents": "already_counted_ever",
    "startups_funded": "already_counted_this_year",
}


def reasons(known: Known, question: Question, ids: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """The reason of each of these records, all of which did not count then, with both its names."""
    if not ids:
        return {}
    ordered = read("exclusions")[question.dataset]
    is_people = question.dataset == "trainees"
    select_ = _enrolments(ids) if is_people else _investments(question, ids)
    known = known.of_people(ids)
    rows = known.session.execute(known.then(select_)).all()
    counted = _counted(known, question, {row.unit_id for row in rows})
    rules = rows_at(known.session, Rule, known.instant.revision, Rule.dataset == "trainees")
    start = rules[0].parameters["counts_from_year"]
    found = {}
    for row in rows:
        applying = set(_state(question, row, start) if is_people else _standing(question, row))
        applying |= set(_again(question, row, counted))
        found[row.record_id] = next(reason for reason in ordered if reason["code"] in applying)
    return found


def _enrolments(ids: Collection[UUID]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Enrolment.id.label("record_id"), Enrolment.voided, Trainee.unit_id,
            Programme.organisation_id, year_of(Enrolment.status_on).label("year"),
            people.kind_counts(Programme.kind).label("kind_counts"),
            people.status_counts(Enrolment.status).label("status_counts"),
        )
        .join(Trainee, Trainee.id == Enrolment.trainee_id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Enrolment.id.in_(ids))
    )  # fmt: skip


def _state(question: Question, row: Any, start: int) -> Iterator[str]:  # noqa: ANN401
    if row.voided:
        yield "void"
    if not row.kind_counts:
        yield "programme_kind"
    if question.measure in OF_A_STATE or not row.status_counts:
        yield "not_completed"
    if question.measure == "talents" and row.year < start:
        yield "before_start"


def _investments(question: Question, ids: Collection[UUID]) -> Select[Any]:
    kind = kind_of(question)
    model = KINDS[kind]
    day = getattr(model, date_of(question))
    other, undo = aliased(Transaction), aliased(Transaction)
    stands = exists().where(
        other.investment_id == Investment.id, other.kind == "contract", other.sign == 1,
        ~exists().where(undo.reverses_id == other.id),
    )  # fmt: skip
    undone = (
        exists().where(undo.reverses_id == Transaction.id) if kind == "transaction" else ~stands
    )
    found = select(
        model.id.label("record_id"), Investment.voided, Startup.unit_id,
        Investment.organisation_id, year_of(day).label("year"),
        (Startup.voided | money.Root.voided).label("startup_voided"),
        money.Instrument.counts.label("instrument_counts"), Investment.shares,
        (money.Field.counts & money.District.counts).label("place_counts"),
        undone.label("undone"),
    ).select_from(model)  # fmt: skip
    if kind == "transaction":
        found = found.join(Investment, Investment.id == Transaction.investment_id)
    return money.placed(found, day, everyone=True).where(model.id.in_(ids))


def _standing(question: Question, row: Any) -> Iterator[str]:  # noqa: ANN401
    if row.voided:
        yield "void"
    if row.startup_voided:
        yield "startup_void"
    if not row.instrument_counts:
        yield "instrument_not_counted"
    if row.shares == "secondary":
        yield "secondary_shares"
    if not row.place_counts:
        yield "outside_busan"
    if row.undone:
        yield "reversed"
    if question.measure == "deals":
        yield "refunded"  # nothing else is left: less than nothing remains contracted


def _again(question: Question, row: Any, counted: Counted) -> Iterator[str]:  # noqa: ANN401
    """The unit is counted already, here or elsewhere; a start-up that is not was refunded."""
    if question.measure not in AGAIN:
        return
    owner = counted.get(_key(question, row.unit_id, row.year, row.organisation_id))
    if owner is None:
        if question.measure == "startups_funded":
            yield "refunded"
        return
    yield AGAIN[question.measure] if owner == row.organisation_id else "counted_elsewhere"


def _key(question: Question, unit: UUID, year: int, organisation: UUID) -> tuple[Any, ...]:
    keys: dict[str, tuple[Any, ...]] = {
        "talents": (unit,),
        "trainees_of_organisation": (unit, year, organisation),
    }
    return keys.get(question.measure, (unit, year))


def _counted(known: Known, question: Question, units: Collection[UUID]) -> Counted:
    """With whose record each of these units was counted then, as the ledger says."""
    if question.measure not in AGAIN:
        return {}
    tables = LEDGERS[question.dataset]
    posting = tables.posting.c
    source: FromClause
    unit: Any
    if question.dataset == "trainees":
        source = tables.posting.join(Enrolment, Enrolment.id == posting.record_id).join(Trainee)
        unit = Trainee.unit_id
    else:
        source = (
            tables.posting.join(Transaction, Transaction.id == posting.record_id)
            .join(Investment, Investment.id == Transaction.investment_id)
            .join(Startup, Startup.id == Investment.startup_id)
        )
        unit = Startup.unit_id
    select_ = (
        select(unit, posting.month, tables.cell.c.organisation_id)
        .select_from(source.join(tables.cell, tables.cell.c.id == posting.cell_id))
        .where(unit.in_(units), posting.revision <= literal(known.instant.revision, BigInteger))
        .group_by(unit, posting.month, tables.cell.c.organisation_id)
        .having(func.sum(posting[question.measure]) > 0)
    )
    rows = known.session.execute(known.then(select_))
    return {_key(question, u, month // 100, owner): owner for u, month, owner in rows}
