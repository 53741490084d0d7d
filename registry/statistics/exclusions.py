"""The records that match a question's filters and do not count for its measure, now or then.

A record is placed by the date the measure goes by; that it does not count is read from the
ledger, so that these and the records behind the figure are all there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, and_, cast, func, literal, select

from registry.access.models import Organisation
from registry.codes.models import ZoneMember
from registry.investments.models import CONTRACT_SIDE, PAYMENT_SIDE, Investment, Transaction
from registry.statistics.catalogue import TIMES, UNASSIGNED
from registry.statistics.models import LEDGERS
from registry.statistics.queries import within_months
from registry.statistics.records import KINDS, date_of, kind_of
from registry.statistics.rules import investments as rule
from registry.statistics.rules import month_of
from registry.trainees.models import Enrolment, Programme

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from registry.revisions.instants import Instant
    from registry.statistics.questions import Question

# Which transactions a measure is about: a payment never was part of what is contracted.
SIDES: dict[str, ColumnElement[bool]] = {
    "contracted_krw": Transaction.kind.in_(CONTRACT_SIDE),
    "disbursed_krw": Transaction.kind.in_(PAYMENT_SIDE),
    "startups_funded": and_(Transaction.kind == "disbursement", Transaction.sign == 1),
}


def excluded(question: Question, instant: Instant) -> Select[Any]:
    """Rows as `records.counted` has them, of value 0; `revision` is 0 where none was posted.

    Of the past it answers as `Known.then`; that takes longer than asking about the present.
    """
    tables = LEDGERS[question.dataset]
    rows = candidates(question).subquery()
    posting = tables.posting.c
    of_record = and_(
        posting.record_id == rows.c.record_id,
        posting[question.measure] != 0,
        posting.revision <= literal(instant.revision, BigInteger),
    )
    counts = select(func.coalesce(func.sum(posting[question.measure]), 0)).where(of_record)
    last = select(func.coalesce(func.max(posting.revision), 0)).where(of_record)
    zone = func.coalesce(ZoneMember.zone, UNASSIGNED)
    meaning: dict[str, Any] = {name: rows.c[name] for name in tables.dimensions[1:]}
    meaning |= {"organisation": Organisation.code, "zone": zone}
    filters = [meaning[n].in_(v) for n, v in question.filters.items() if n not in TIMES]
    member = and_(
        ZoneMember.scheme == question.zone_scheme, ZoneMember.district_code == rows.c.district
    )
    return (
        select(
            rows.c.record_id, rows.c.organisation_id,
            *(column.label(name) for name, column in meaning.items()), rows.c.month,
            cast(literal(0), BigInteger).label("value"),
            last.scalar_subquery().label("revision"),
        )
        .select_from(rows)
        .join(Organisation, Organisation.id == rows.c.organisation_id)
        .outerjoin(ZoneMember, member)
        .where(
            counts.scalar_subquery() == 0, *filters, *within_months(question, rows.c.month)
        )
    )  # fmt: skip


def candidates(question: Question) -> Select[Any]:
    """Every record the measure could be about, with its dimensions and month."""
    kind = kind_of(question)
    model = KINDS[kind]
    day = getattr(model, date_of(question))
    head = (model.id.label("record_id"),)
    month = month_of(day).label("month")
    if kind == "enrolment":
        cell = (
            Programme.organisation_id, Programme.kind.label("programme_kind"), Programme.field,
            Programme.district_code.label("district"),
        )  # fmt: skip
        return select(*head, *cell, month).join(Programme, Programme.id == Enrolment.programme_id)
    found = select(*head, *rule.cell_columns(), month).select_from(model)
    if kind == "transaction":
        found = found.join(Investment, Investment.id == Transaction.investment_id)
        found = found.where(SIDES[question.measure])
    return rule.placed(found, day, everyone=True)
