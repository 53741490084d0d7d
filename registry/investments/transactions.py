"""Transactions: contracts, cancellations, payments and refunds, immutable and reversed once.

After every write, whatever the dates: 0 <= paid less refunded <= contracted less cancelled, in
the contract's currency.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.core.problems import DomainError, Gathered, Invalid
from registry.core.types import new_id
from registry.investments import queries
from registry.investments.accounts import own_account
from registry.investments.duplicates import list_near
from registry.investments.models import CONTRACT_SIDE, TRANSACTION_SIGNS, Investment, Transaction
from registry.investments.money import KRW, Money, money_of
from registry.revisions.entering import enter

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from registry.core.work import Work
    from registry.investments.accounts import Account


def log_transaction(work: Work, investment_id: UUID, data: dict[str, Any]) -> Transaction:
    """Log a transaction of a visible investment.

    The same `external_id` with equal content answers the existing one. Raises exceeds-contract,
    currency-mismatch, external-id-taken, void.
    """
    work.principal.require("investments:write")
    account = own_account(work, investment_id)
    gathered = Gathered()
    gathered.check(work.refuse_future, effective_on=data["effective_on"])
    money = gathered.check(money_of, data, "amount_krw")
    gathered.settle()
    entered = Transaction(
        id=new_id(), organisation_id=account.organisation_id, investment_id=account.id,
        external_id=data.get("external_id"), kind=data["kind"], opening=False,
        sign=TRANSACTION_SIGNS[data["kind"]], effective_on=data["effective_on"], **money.columns(),
    )  # fmt: skip
    existing = _by_external_id(work, entered)
    if existing is not None:
        return _repeated(work, existing, entered)
    refuse_void(account)
    if account.currency not in {KRW, money.currency}:
        raise Invalid.at("currency", "currency-mismatch", currency=account.currency)
    work.action = "transaction.log"
    _enter(work, account, entered)
    return entered


def reverse_transaction(
    work: Work, investment_id: UUID, transaction_id: UUID, reason: str
) -> Transaction:
    """Enter the opposite of a transaction at its own date; answers the reversal.

    Raises already-reversed, reversal-of-reversal, exceeds-contract, void.
    """
    work.principal.require("investments:write")
    account = own_account(work, investment_id)
    transaction = queries.transaction(work, investment_id, transaction_id)
    refuse_void(account)
    if transaction.reverses_id is not None:
        raise DomainError("reversal-of-reversal")
    if queries.reversals_of(work.session, [transaction.id]):
        raise DomainError("already-reversed")
    reversal = _opposite(transaction, reason)
    work.action, work.reason = "transaction.reverse", reason
    _enter(work, account, reversal)
    return reversal


def open_contract(work: Work, investment: Investment, money: Money) -> None:
    """Store a new investment with the contract that is made with it."""
    work.session.add(investment)
    work.session.flush()
    opening = Transaction(
        organisation_id=investment.organisation_id, investment_id=investment.id, kind="contract",
        sign=1, effective_on=investment.contracted_on, opening=True, **money.columns(),
    )  # fmt: skip
    work.session.add(opening)
    work.session.flush()


def move_opening(work: Work, investment: Investment, contracted_on: date) -> None:
    """Reverse the contract made with the investment and enter it anew at another date.

    One that was reversed by hand stays as it is: then only the investment's date moves.
    """
    opening = queries.opening_contract(work.session, investment.id)
    if queries.reversals_of(work.session, [opening.id]):
        return
    anew = Transaction(
        organisation_id=opening.organisation_id, investment_id=investment.id, kind="contract",
        sign=1, effective_on=contracted_on, opening=True, reason=work.reason,
        **_money(opening).columns(),
    )  # fmt: skip
    work.session.add(_opposite(opening, work.reason))
    work.session.add(anew)


def refuse_void(investment: Investment | Account) -> None:
    """Raise void for an investment that nothing more happens to."""
    if investment.voided:
        raise DomainError("void")


def _enter(work: Work, account: Account, transaction: Transaction) -> None:
    if not account.sums.moved_by(transaction).holds(account.currency):
        raise DomainError("exceeds-contract")
    enter(work, transaction)
    if transaction.kind in CONTRACT_SIDE:  # the sums of two investments may have become equal
        list_near(work, work.session.get_one(Investment, account.id))
    work.touch("investments", account.unit_id)


def _opposite(transaction: Transaction, reason: str | None) -> Transaction:
    return Transaction(
        id=new_id(), organisation_id=transaction.organisation_id, opening=False,
        investment_id=transaction.investment_id, kind=transaction.kind, sign=-transaction.sign,
        effective_on=transaction.effective_on, reverses_id=transaction.id, reason=reason,
        **_money(transaction).columns(),
    )  # fmt: skip


def _money(transaction: Transaction) -> Money:
    return Money(**{name: getattr(transaction, name) for name in Money.__slots__})


def _by_external_id(work: Work, entered: Transaction) -> Transaction | None:
    if entered.external_id is None:
        return None
    return work.session.scalars(
        select(Transaction).where(
            Transaction.organisation_id == entered.organisation_id,
            Transaction.external_id == entered.external_id,
        )
    ).one_or_none()


def _repeated(work: Work, existing: Transaction, entered: Transaction) -> Transaction:
    compared = ("investment_id", "kind", "effective_on", *Money.__slots__)
    if any(getattr(existing, name) != getattr(entered, name) for name in compared):
        raise DomainError("external-id-taken")
    work.notes["repeated"] = True
    return existing
