"""Rule `investments/1`: money into start-ups of Busan, at its dates.

An investment qualifies if neither it nor its start-up is void, its instrument counts and its
shares are not secondary; a transaction of it counts if the start-up's field and district on its
date count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from registry.codes.models import CodeItem
from registry.investments.models import (
    CONTRACT_SIDE,
    PAYMENT_SIDE,
    Investment,
    Startup,
    StartupAttribute,
    Transaction,
)  # fmt: skip
from registry.statistics.rules import month_of, within, year_of

if TYPE_CHECKING:
    from sqlalchemy import CompoundSelect, Select, Subquery

# Earliest payment, then the order of registration.
ORDER = (Transaction.effective_on, Transaction.created_revision, Transaction.created_row)

MANY = None  # what cells all need is never known sooner

Instrument = aliased(CodeItem)
Field = aliased(CodeItem)
District = aliased(CodeItem)
Root = aliased(Startup)
Reversal = aliased(Transaction)


def dimension_rows(*, everyone: bool) -> Select[Any]:
    """The combinations of dimensions of the units' contributions."""
    rows = contributions(everyone=everyone).subquery().c
    return select(
        rows.organisation_id, rows.field, rows.district, rows.instrument, rows.round,
        rows.investor_kind, rows.channel,
    ).distinct()  # fmt: skip


def record_ids(*, everyone: bool) -> CompoundSelect[Any]:
    """The units' transactions and investments."""
    of_units = within(Startup.unit_id, everyone=everyone)
    deals = select(Investment.id).join(Startup, Startup.id == Investment.startup_id).where(of_units)
    moves = (
        select(Transaction.id)
        .join(Investment, Investment.id == Transaction.investment_id)
        .join(Startup, Startup.id == Investment.startup_id)
        .where(of_units)
    )
    return union_all(deals, moves)


def contributions(*, everyone: bool) -> CompoundSelect[Any]:
    """What each transaction contributes at its date, and each deal at its contract date."""
    return union_all(_money(everyone=everyone), _deals(everyone=everyone))


def _periods(attribute: str, *, everyone: bool) -> Subquery:
    following = func.lead(StartupAttribute.effective_on).over(
        partition_by=StartupAttribute.startup_id, order_by=StartupAttribute.effective_on
    )
    return (
        select(
            StartupAttribute.startup_id,
            StartupAttribute.value,
            StartupAttribute.effective_on.label("since"),
            following.label("until"),
        )
        .where(
            StartupAttribute.attribute == attribute,
            within(StartupAttribute.startup_id, everyone=everyone),
        )
        .subquery()
    )


def placed(select_: Select[Any], day: Any, *, everyone: bool) -> Select[Any]:  # noqa: ANN401
    """Join a select of investments to the start-up and its field and district on a date."""
    select_ = (
        select_.join(Startup, Startup.id == Investment.startup_id)
        .join(Root, Root.id == Startup.unit_id)
        .join(
            Instrument,
            and_(Instrument.list == "instruments", Instrument.code == Investment.instrument),
        )
    )
    for attribute, item, name in (
        ("field", Field, "fields"),
        ("district_code", District, "districts"),
    ):
        period = _periods(attribute, everyone=everyone)
        on_the_day = and_(
            period.c.startup_id == Root.id,
            period.c.since <= day,
            or_(period.c.until.is_(None), day < period.c.until),
        )
        select_ = select_.join(period, on_the_day).join(
            item, and_(item.list == name, item.code == period.c.value)
        )
    return select_.where(within(Startup.unit_id, everyone=everyone))


def _counting(select_: Select[Any], day: Any, *, everyone: bool) -> Select[Any]:  # noqa: ANN401
    """Keep to the investments that qualify, where field and district count on a date."""
    return placed(select_, day, everyone=everyone).where(
        ~Investment.voided, ~Startup.voided, ~Root.voided,
        Instrument.counts, Field.counts, District.counts,
        func.coalesce(Investment.shares, "") != "secondary",
    )  # fmt: skip


def cell_columns() -> tuple[Any, ...]:
    """The dimensions of a placed investment."""
    return (
        Investment.organisation_id, Field.code.label("field"), District.code.label("district"),
        Investment.instrument, Investment.round, Investment.investor_kind, Investment.channel,
    )  # fmt: skip


def _money(*, everyone: bool) -> Select[Any]:
    won = Transaction.sign * Transaction.amount_krw
    year = year_of(Transaction.effective_on)
    paid = case((Transaction.kind.in_(PAYMENT_SIDE), won), else_=0)
    stands = case(
        (and_(Transaction.kind == "disbursement", Transaction.sign == 1, Reversal.id.is_(None)), 1),
        else_=0,
    )
    rows = _counting(
        select(
            Transaction.id.label("record_id"),
            *cell_columns(),
            month_of(Transaction.effective_on).label("month"),
            case((Transaction.kind.in_(CONTRACT_SIDE), won), else_=0).label("contracted_krw"),
            paid.label("disbursed_krw"),
            stands.label("stands"),
            func.sum(paid).over(partition_by=(Root.id, year)).label("net"),
            func.row_number()
            .over(partition_by=(Root.id, year, stands), order_by=ORDER)
            .label("place"),
        )
        .select_from(Transaction)
        .join(Investment, Investment.id == Transaction.investment_id)
        .outerjoin(Reversal, Reversal.reverses_id == Transaction.id),
        Transaction.effective_on,
        everyone=everyone,
    ).subquery()
    column = rows.c
    first = and_(column.stands == 1, column.place == 1, column.net > 0)
    return select(
        column.record_id, column.organisation_id, column.field, column.district, column.instrument,
        column.round, column.investor_kind, column.channel, column.month,
        column.contracted_krw, column.disbursed_krw, literal(0).label("deals"),
        case((first, 1), else_=0).label("startups_funded"),
    )  # fmt: skip


def _deals(*, everyone: bool) -> Select[Any]:
    """A deal stands while contracted less cancelled is above zero in the contract's currency."""
    own = case(
        (Investment.currency == "KRW", Transaction.amount_krw), else_=Transaction.original_e4
    )
    left = (
        select(func.coalesce(func.sum(Transaction.sign * own), 0))
        .where(Transaction.investment_id == Investment.id, Transaction.kind.in_(CONTRACT_SIDE))
        .correlate(Investment)
        .scalar_subquery()
    )
    return _counting(
        select(
            Investment.id.label("record_id"), *cell_columns(),
            month_of(Investment.contracted_on).label("month"),
            literal(0).label("contracted_krw"), literal(0).label("disbursed_krw"),
            literal(1).label("deals"), literal(0).label("startups_funded"),
        ).select_from(Investment),
        Investment.contracted_on,
        everyone=everyone,
    ).where(left > 0)  # fmt: skip
