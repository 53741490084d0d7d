"""Transactions: never updated, only added; a wrong one is reversed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from registry.core.problems import Invalid
from registry.imports.datasets.investments import amount
from registry.imports.datasets.one_by_one import (
    checked,
    some,
    take_rows,
    unforeseen,
    unprepared,
    value_of,
)
from registry.imports.datasets.standing import standing
from registry.imports.datasets.taking_back import REASON, TakingBack, taken_back
from registry.imports.rows import Rows, fields_of
from registry.investments import queries
from registry.investments.models import Investment, Transaction
from registry.investments.money import money_of
from registry.investments.schemas import InvestmentCreate, TransactionCreate
from registry.investments.transactions import log_transaction, reverse_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from registry.core.crypto import Keyring
    from registry.core.work import Work
    from registry.imports.rows import Applied, Options, Outcome, Undone

scope = "investments:write"
check_reads_only = False
looks_ahead, look_ahead = False, unforeseen
prepare = unprepared
BATCH = 1000
OF = ("investment_external_id", "investment_id")
Reversal = aliased(Transaction)


class _Taking:
    number = "external_id"

    def __init__(self, work: Work, rows: Rows) -> None:
        self.work, self.rows = work, rows
        self.seen: Counter[tuple[Any, ...]] = Counter()  # rows without a number, by all they say
        self.made: Counter[tuple[Any, ...]] = Counter()

    def __copy__(self) -> _Taking:
        """One for a trial, whose counting changes nothing here."""
        other = _Taking(self.work, self.rows)
        other.seen, other.made = self.seen.copy(), self.made.copy()
        return other

    def body(self, said: Mapping[str, Any]) -> dict[str, Any]:
        data = checked(TransactionCreate, said, *OF)
        if not any(value_of(said, name) for name in OF):
            raise Invalid.at(OF[0], "required")
        return data

    def take(self, index: int, said: Mapping[str, Any]) -> UUID:
        data = self.body(said)
        investment = self._investment(said)
        if data["external_id"] is None:
            money = money_of(data, "amount_krw")
            alike = (investment.id, data["kind"], data["effective_on"], *money.columns().values())
            self.seen[alike] += 1
            known = self._standing(alike)
            if self.seen[alike] <= len(known) - self.made[alike]:
                self.rows.warn(index, "equal-transaction", None)
                return known[self.seen[alike] - 1]
            self.made[alike] += 1
        return log_transaction(self.work, investment.id, data).id

    def _investment(self, said: Mapping[str, Any]) -> Investment:
        place = next(name for name in OF if value_of(said, name))
        own = Investment.organisation_id == self.work.principal.organisation_id
        if place == "investment_id":
            named = some(InvestmentCreate, {"startup_id": said[place]}, ["startup_id"])
            same = Investment.id == named["startup_id"]
        else:
            same = Investment.external_id == str(said[place])
        found = self.work.session.scalars(select(Investment).where(own, same)).one_or_none()
        if found is None:
            raise Invalid.at(place, "unknown-investment")
        return found

    def _standing(self, alike: tuple[Any, ...]) -> list[UUID]:
        """The equal transactions without a number that are not reversed."""
        investment_id, kind, day, won, currency, original, rate = alike
        return list(
            self.work.session.scalars(
                _unreversed()
                .with_only_columns(Transaction.id)
                .where(
                    Transaction.investment_id == investment_id,
                    Transaction.external_id.is_(None),
                    Transaction.kind == kind,
                    Transaction.effective_on == day,
                    Transaction.amount_krw == won,
                    Transaction.currency == currency,
                    func.coalesce(Transaction.original_e4, 0) == (original or 0),
                    func.coalesce(Transaction.fx_rate_e6, 0) == (rate or 0),
                )
                .order_by(Transaction.created_revision, Transaction.created_row)
            )
        )


def _unreversed() -> Any:  # noqa: ANN401
    """The transactions that were entered by themselves and stand."""
    reversed_ = exists().where(Reversal.reverses_id == Transaction.id)
    return select(Transaction).where(
        ~Transaction.opening, Transaction.reverses_id.is_(None), ~reversed_
    )


def apply(work: Work, rows: Rows, options: Options) -> Applied:
    """Enter the transactions of the rows without errors."""
    work.principal.require(scope)
    applied = take_rows(work, rows, _Taking(work, rows))
    work.action, work.reason = "transaction.import", options.reason
    return applied


def check(work: Work, rows: Rows, options: Options) -> Applied:
    """Judge the rows by taking them; the caller keeps nothing of it."""
    return apply(work, rows, options)


class _Back(TakingBack):
    """A transaction is immutable: it is reversed, and its number is free."""

    def is_built_on(self, row: Transaction) -> bool:
        return bool(queries.reversals_of(self.work.session, [row.id]))

    def unmake(self, row: Transaction) -> None:
        with standing(self.work):
            row.external_id = None
            reverse_transaction(self.work, row.investment_id, row.id, REASON)


def undo(work: Work, done: Sequence[Outcome], options: Options) -> Undone:
    """Take back what the outcomes wrote. Raises import-built-on."""
    work.principal.require(scope)
    return taken_back(_Back(work, options, {"investment_transaction": Transaction}), done)


def export(work: Work, keyring: Keyring) -> Iterator[Rows]:  # noqa: ARG001
    """The asker's own transactions, without first contracts and what was reversed."""
    own = (
        _unreversed()
        .add_columns(Investment.external_id, Investment.id)
        .join(Investment, Investment.id == Transaction.investment_id)
        .where(Investment.organisation_id == work.principal.organisation_id, ~Investment.voided)
        .order_by(Transaction.created_revision, Transaction.created_row)
    )
    names = [field.name for field in fields_of("transactions")]
    for part in work.session.execute(own).partitions(BATCH):
        said = [_said(*row) for row in part]
        columns = {name: [row.get(name) for row in said] for name in names}
        yield Rows("transactions", list(range(2, len(part) + 2)), columns)


def _said(row: Transaction, number: str | None, investment_id: UUID) -> dict[str, Any]:
    named = {OF[0]: number} if number else {OF[1]: str(investment_id)}
    said = {"external_id": row.external_id, "kind": row.kind, "effective_on": row.effective_on}
    return said | named | amount(row, "amount_krw")
