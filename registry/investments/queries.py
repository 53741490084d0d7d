"""Selects over investments and their transactions; each starts from what the asker may see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Select, bindparam, case, cast, func, or_, select

from registry.access.queries import of_organisation
from registry.codes.queries import check_filters
from registry.core.problems import DomainError
from registry.investments.models import (
    CONTRACT_SIDE,
    PAYMENT_SIDE,
    Investment,
    Startup,
    Transaction,
)
from registry.investments.money import KRW, Money
from registry.revisions.queries import changed_since, filtered

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from registry.core.work import Work


def visible_investments(work: Work) -> Select[Investment]:
    """The investments the asker may see."""
    return select(Investment).where(work.principal.sees(Investment.organisation_id))


def investment(work: Work, investment_id: UUID) -> Investment:
    """One visible investment. Raises not-found."""
    found = work.session.scalars(
        visible_investments(work).where(Investment.id == investment_id)
    ).one_or_none()
    if found is None:
        raise DomainError("not-found")
    return found


def own_investment(work: Work, investment_id: UUID) -> Investment:
    """One investment of the asker's own, to change: the city reads all but writes its own."""
    own = Investment.organisation_id.in_(work.principal.organisations)
    found = work.session.scalars(
        select(Investment).where(own, Investment.id == investment_id)
    ).one_or_none()
    if found is None:
        raise DomainError("not-found")
    return found


def changed_with(
    select_: Select[Any],
    model: type[Any],
    asked: dict[str, Any],
    *parts: Any,
) -> Select[Any]:
    """Narrow a list to records that changed, or of which a part did, since what was asked.

    A part is the column by which its rows name the record.
    """
    if asked["updated_since"] is None and asked["changed_after_revision"] is None:
        return select_
    changed = [changed_since(select(model.id), model, asked)]
    changed += [changed_since(select(part), part.class_, asked) for part in parts]
    return select_.where(or_(*(model.id.in_(ids) for ids in changed)))


LISTS = {
    "round": "rounds", "instrument": "instruments", "channel": "channels",
    "investor_kind": "investor-kinds",
}  # fmt: skip


def listed_investments(work: Work, asked: dict[str, Any]) -> Select[Investment]:
    """The visible investments the filters ask for. Raises unknown-code at a parameter."""
    work.principal.require("investments:read")
    check_filters(work.session, asked, LISTS)
    found = changed_with(visible_investments(work), Investment, asked, Transaction.investment_id)
    for name in ("external_id", *LISTS):
        if asked[name] is not None:
            found = found.where(getattr(Investment, name) == asked[name])
    if asked["organisation"] is not None:
        found = of_organisation(work.session, found, Investment, asked["organisation"])
    if asked["startup_id"] is not None:
        unit = select(Startup.unit_id).where(Startup.id == asked["startup_id"])
        same = select(Startup.id).where(Startup.unit_id.in_(unit))
        found = found.where(Investment.startup_id.in_(same))
    if asked["contracted_from"] is not None:
        found = found.where(Investment.contracted_on >= asked["contracted_from"])
    if asked["contracted_to"] is not None:
        found = found.where(Investment.contracted_on <= asked["contracted_to"])
    if asked["void"] is not None:
        found = found.where(Investment.voided == asked["void"])
    return found


def transactions_of(work: Work, investment_id: UUID) -> Select[Transaction]:
    """A visible investment's transactions."""
    return (
        select(Transaction)
        .join(Investment, Investment.id == Transaction.investment_id)
        .where(work.principal.sees(Investment.organisation_id), Investment.id == investment_id)
    )


def listed_transactions(
    work: Work, investment_id: UUID, asked: dict[str, Any]
) -> Select[Transaction]:
    """The transactions of a visible investment that the filters ask for. Raises not-found."""
    work.principal.require("investments:read")
    investment(work, investment_id)
    found = transactions_of(work, investment_id)
    return filtered(found, Transaction, asked, "external_id", "kind")


def transaction(work: Work, investment_id: UUID, transaction_id: UUID) -> Transaction:
    """One transaction of a visible investment. Raises not-found."""
    found = work.session.scalars(
        transactions_of(work, investment_id).where(Transaction.id == transaction_id)
    ).one_or_none()
    if found is None:
        raise DomainError("not-found")
    return found


def reversals_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Which of these transactions have been reversed, and by which."""
    rows = session.execute(
        select(Transaction.reverses_id, Transaction.id).where(Transaction.reverses_id.in_(ids))
    )
    return {row.reverses_id: row.id for row in rows}


def opening_contract(session: Session, investment_id: UUID) -> Transaction:
    """The contract made with the investment, in its latest form."""
    return session.scalars(
        select(Transaction)
        .where(Transaction.investment_id == investment_id, Transaction.opening)
        .order_by(Transaction.created_revision.desc(), Transaction.created_row.desc())
        .limit(1)
    ).one()


@dataclass(frozen=True, slots=True)
class Sums:
    """An investment's transactions in all, whatever their dates; `_e4` in its own currency."""

    contracted_krw: int
    disbursed_krw: int
    contracted_e4: int | None = None
    disbursed_e4: int | None = None
    fx_rate_e6: int | None = None  # of the contract made with the investment

    @classmethod
    def opened_by(cls, money: Money) -> Sums:
        """The sums of an investment that has just been made."""
        paid = None if money.original_e4 is None else 0
        return cls(money.amount_krw, 0, money.original_e4, paid, money.fx_rate_e6)

    def moved_by(self, transaction: Transaction) -> Sums:
        """The sums with one more transaction."""
        won, e4 = (
            transaction.sign * (amount or 0)
            for amount in (transaction.amount_krw, transaction.original_e4)
        )
        if transaction.kind in CONTRACT_SIDE:
            return replace(
                self,
                contracted_krw=self.contracted_krw + won,
                contracted_e4=(self.contracted_e4 or 0) + e4,
            )
        return replace(
            self,
            disbursed_krw=self.disbursed_krw + won,
            disbursed_e4=(self.disbursed_e4 or 0) + e4,
        )

    def holds(self, currency: str) -> bool:
        """Whether 0 <= paid less refunded <= contracted less cancelled, in that currency."""
        if currency == KRW:
            return 0 <= self.disbursed_krw <= self.contracted_krw
        return 0 <= (self.disbursed_e4 or 0) <= (self.contracted_e4 or 0)


def sums_of(session: Session, ids: Sequence[UUID]) -> dict[UUID, Sums]:
    """The sums of each of these investments, in one select."""
    rows = session.execute(_SUMS, {"ids": list(ids)})
    return {row.investment_id: Sums(*row[1:]) for row in rows}


def net(kinds: tuple[str, ...], amount: Any) -> ColumnElement[int]:  # noqa: ANN401
    """The sum of an amount over transactions of some kinds, each with its sign."""
    signed = case((Transaction.kind.in_(kinds), Transaction.sign * func.coalesce(amount, 0)))
    return cast(func.coalesce(func.sum(signed), 0), BigInteger)


# Built once: building it took longer than running it.
_SUMS = (
    select(
        Transaction.investment_id,
        net(CONTRACT_SIDE, Transaction.amount_krw).label("contracted_krw"),
        net(PAYMENT_SIDE, Transaction.amount_krw).label("disbursed_krw"),
        net(CONTRACT_SIDE, Transaction.original_e4).label("contracted_e4"),
        net(PAYMENT_SIDE, Transaction.original_e4).label("disbursed_e4"),
        func.max(case((Transaction.opening, Transaction.fx_rate_e6))).label("fx_rate_e6"),
    )
    .where(Transaction.investment_id.in_(bindparam("ids", expanding=True)))
    .group_by(Transaction.investment_id)
)


@dataclass(frozen=True, slots=True)
class Deal:
    """What equality of investments is judged by."""

    unit_id: UUID
    round: str
    investor_keys: tuple[str, ...]
    fund_key: str
    instrument: str
    contracted_on: date


def deal_of(investment: Investment) -> Deal:
    """The deal that an investment is, as it stands."""
    return Deal(
        investment.unit_id, investment.round, (investment.investor_key,), investment.fund_key,
        investment.instrument, investment.contracted_on,
    )  # fmt: skip


def equal_investment(session: Session, deal: Deal, but: UUID | None = None) -> Investment | None:
    """The investment that is this deal and not void, whoever logged it, or None."""
    wanted = (
        select(Investment)
        .join(Startup, Startup.id == Investment.startup_id)
        .where(
            Startup.unit_id == deal.unit_id,
            Investment.round == deal.round,
            Investment.investor_key.in_(deal.investor_keys),
            Investment.fund_key == deal.fund_key,
            Investment.instrument == deal.instrument,
            Investment.contracted_on == deal.contracted_on,
            ~Investment.voided,
        )
        .limit(1)
    )
    if but is not None:
        wanted = wanted.where(Investment.id != but)
    return session.scalars(wanted).one_or_none()


def alike_investments(
    session: Session, investment: Investment, investor_keys: Sequence[str]
) -> list[tuple[UUID, date, int]]:
    """The start-up's other investments with the same investor or the same fund.

    Each as its id, contract date and net contracted won.
    """
    contracted = (
        select(net(CONTRACT_SIDE, Transaction.amount_krw))
        .where(Transaction.investment_id == Investment.id)
        .correlate(Investment)
        .scalar_subquery()
    )
    same: ColumnElement[bool] = Investment.investor_key.in_(investor_keys)
    if investment.fund_key:
        same = or_(same, Investment.fund_key == investment.fund_key)
    rows = session.execute(
        select(Investment.id, Investment.contracted_on, contracted)
        .join(Startup, Startup.id == Investment.startup_id)
        .where(
            Startup.unit_id == investment.unit_id,
            Investment.id != investment.id,
            ~Investment.voided,
            same,
        )
    )
    return [(row[0], row[1], row[2]) for row in rows]
