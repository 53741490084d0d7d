"""Investments: logged, and corrected by the agency's own number, else by the deal itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from registry.core.problems import DomainError, Invalid
from registry.imports.datasets.one_by_one import (
    checked,
    some,
    take_rows,
    unforeseen,
    unprepared,
    value_of,
)
from registry.imports.datasets.taking_back import REASON, TakingBack, taken_back
from registry.imports.rows import Rows, fields_of
from registry.investments import queries
from registry.investments.identifiers import BUSINESS, startup_named
from registry.investments.investors import investor_of, kept
from registry.investments.models import Investment, Startup, Transaction
from registry.investments.money import Money, money_of, original_of, rate_of
from registry.investments.schemas import InvestmentCreate, InvestmentPatch
from registry.investments.service import PLAIN, correct_investment, log_investment
from registry.investments.startup_queries import wholes
from registry.investments.transactions import move_opening

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
MONEY = ("contracted_krw", "currency", "original_amount", "fx_rate")
FOR_EVER = ("external_id", "startup_id", "business_number", *MONEY)


class _Taking:
    number = "external_id"

    def __init__(self, work: Work, options: Options) -> None:
        self.work, self.options = work, options

    def body(self, said: Mapping[str, Any]) -> dict[str, Any]:
        return checked(InvestmentCreate, said)

    def take(self, _index: int, said: Mapping[str, Any]) -> UUID:
        found = self._numbered(value_of(said, "external_id"))
        if found is None:
            data = self.body(said)
            try:
                return log_investment(self.work, self.options.keyring, data)[0].id
            except DomainError as refusal:
                found = self._meant(said, refusal)
        self._refuse_another(found, said)
        return self._correct(found, said)

    def _numbered(self, number: str | None) -> Investment | None:
        own = self.work.principal.organisation_id
        if not isinstance(number, str):
            return None
        same = select(Investment).where(
            Investment.organisation_id == own, Investment.external_id == number
        )
        return self.work.session.scalars(same).one_or_none()

    def _meant(self, said: Mapping[str, Any], refusal: DomainError) -> Investment:
        """The own deal without a number that a row without a number repeats; else the refusal."""
        link = (refusal.facts.get("members") or {}).get("link")
        if refusal.code != "duplicate-investment" or link is None or value_of(said, "external_id"):
            raise refusal
        found = self.work.session.get_one(Investment, UUID(link.rpartition("/")[2]))
        if found.organisation_id != self.work.principal.organisation_id or found.external_id:
            raise refusal
        return found

    def _refuse_another(self, found: Investment, said: Mapping[str, Any]) -> None:
        """Neither start-up nor amount of a known investment ever change."""
        session = self.work.session
        named = some(InvestmentCreate, said, ("startup_id", BUSINESS))
        money = some(InvestmentCreate, said, MONEY)
        for place in named:
            if startup_named(session, {place: named[place]}).id != found.unit_id:
                raise Invalid.at(place, "external-id-taken")
        if money:
            opening = queries.opening_contract(session, found.id)
            standing = Money(**{name: getattr(opening, name) for name in Money.__slots__})
            if money_of(money, "contracted_krw") != standing:
                raise Invalid.at(next(iter(money)), "external-id-taken")

    def _correct(self, found: Investment, said: Mapping[str, Any]) -> UUID:
        changes = checked(InvestmentPatch, said, *FOR_EVER)
        changes["reason"] = self.options.reason
        if found.voided and not self._differs(found, changes):
            return found.id
        return correct_investment(self.work, self.options.keyring, found.id, changes)[0].id

    def _differs(self, found: Investment, changes: Mapping[str, Any]) -> bool:
        now = {name: getattr(found, name) for name in PLAIN}
        now["investor"] = kept(found, self.options.keyring)
        said = {k: v for k, v in changes.items() if k != "reason"}
        if "investor" in said:
            said["investor"] = now["investor"] | said["investor"]
        return any(now[name] != value for name, value in said.items())


def apply(work: Work, rows: Rows, options: Options) -> Applied:
    """Log and correct the investments of the rows without errors."""
    work.principal.require(scope)
    applied = take_rows(work, rows, _Taking(work, options))
    work.action, work.reason = "investment.import", options.reason
    return applied


def check(work: Work, rows: Rows, options: Options) -> Applied:
    """Judge the rows by taking them; the caller keeps nothing of it."""
    return apply(work, rows, options)


class _Back(TakingBack):
    """An investment that was made is void; one that was corrected is as it was."""

    def look(self, rows: dict[tuple[str, UUID], Any], written: Mapping[Any, Any]) -> None:  # noqa: ARG002
        self.own = {key for kind, key in rows if kind == "investment_transaction"}

    def is_built_on(self, row: Any) -> bool:  # noqa: ANN401
        """Money moved under it since."""
        if isinstance(row, Transaction):
            return False
        moved = select(Transaction.id).where(Transaction.investment_id == row.id)
        return not self.own.issuperset(self.work.session.scalars(moved))

    def cannot_return(self, row: Any, former: dict[str, Any]) -> bool:  # noqa: ANN401
        deal = queries.Deal(
            row.unit_id, former["round"], (row.investor_key,), former["fund_key"],
            former["instrument"], former["contracted_on"],
        )  # fmt: skip
        return queries.equal_investment(self.work.session, deal, row.id) is not None

    def unmake(self, row: Any) -> None:  # noqa: ANN401
        if isinstance(row, Investment):
            row.voided, row.void_reason, row.external_id = True, REASON, None

    def restore(self, row: Any, former: dict[str, Any], sealed: bytes | None) -> None:  # noqa: ANN401
        if former["contracted_on"] != row.contracted_on:
            move_opening(self.work, row, former["contracted_on"])
        super().restore(row, former, sealed)
        row.document = sealed
        natural = sealed is not None
        investor = investor_of(
            kept(row, self.options.keyring), self.options.keyring, natural=natural
        )
        row.investor_key = investor.keys[0]

    def changed(self, row: Any) -> None:  # noqa: ANN401
        if isinstance(row, Investment):
            self.work.touch("investments", row.unit_id)


def undo(work: Work, done: Sequence[Outcome], options: Options) -> Undone:
    """Take back what the outcomes wrote. Raises import-built-on."""
    work.principal.require(scope)
    models = {"investment": Investment, "investment_transaction": Transaction}
    return taken_back(_Back(work, options, models), done)


def export(work: Work, keyring: Keyring) -> Iterator[Rows]:
    """The asker's own investments that are not void."""
    own = select(Investment).where(
        Investment.organisation_id == work.principal.organisation_id, ~Investment.voided
    )
    names = [field.name for field in fields_of("investments")]
    for part in work.session.scalars(own.order_by(Investment.id)).partitions(BATCH):
        units = work.session.scalars(
            select(Startup).where(Startup.id.in_({r.unit_id for r in part}))
        )
        numbers = {w.startup.id: w.number(BUSINESS) for w in wholes(work, units.all())}
        said = [_said(work, row, numbers[row.unit_id], keyring) for row in part]
        columns = {name: [row.get(name) for row in said] for name in names}
        yield Rows("investments", list(range(2, len(part) + 2)), columns)


def _said(work: Work, row: Investment, number: str | None, keyring: Keyring) -> dict[str, Any]:
    opening = queries.opening_contract(work.session, row.id)
    plain = {name: getattr(row, name) for name in PLAIN}
    named = {BUSINESS: number} if number else {"startup_id": str(row.unit_id)}
    investor = {f"investor.{name}": value for name, value in kept(row, keyring).items()}
    return (
        {"external_id": row.external_id}
        | plain
        | named
        | investor
        | amount(opening, "contracted_krw")
    )


def amount(row: Transaction, won_field: str) -> dict[str, Any]:
    """A transaction's amount as it was given."""
    if row.original_e4 is None:
        return {won_field: row.amount_krw}
    return {
        "currency": row.currency,
        "original_amount": original_of(row.original_e4),
        "fx_rate": rate_of(row.fx_rate_e6),
    }
