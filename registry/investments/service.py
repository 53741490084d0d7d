"""Logging investments and correcting what may be corrected; money stands in transactions.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.access.models import Organisation
from registry.codes.queries import found_codes
from registry.core.problems import DomainError, Gathered, Invalid
from registry.core.types import new_id
from registry.investments import queries
from registry.investments.duplicates import list_near, refuse_equal
from registry.investments.identifiers import startup_named
from registry.investments.investors import Investor, investor_of, keep, kept, name_key, name_of
from registry.investments.models import Investment
from registry.investments.money import Money, money_of
from registry.investments.queries import Deal, Sums
from registry.investments.transactions import move_opening, open_contract, refuse_void

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from registry.core.crypto import Keyring
    from registry.core.work import Work

PLAIN = (
    "round", "round_closed_on", "fund", "instrument", "shares", "channel", "contracted_on", "note",
)  # fmt: skip
OF_THE_DEAL = frozenset(("round", "investor", "fund", "instrument", "contracted_on"))
WITHOUT_REASON = frozenset(("note",))


def log_investment(work: Work, keyring: Keyring, data: dict[str, Any]) -> tuple[Investment, Sums]:
    """Log an investment of the asker's organisation, with its first contract.

    The same `external_id` with equal content answers the existing one. Raises unknown-startup,
    unknown-code, duplicate-investment, external-id-taken, void.
    """
    work.principal.require("investments:write")
    values = {name: data.get(name) for name in PLAIN}
    gathered = Gathered()
    gathered.check(_refuse_future, work, values)
    investor = gathered.check(_agreed, work, keyring, values, data["investor"])
    money = gathered.check(money_of, data, "contracted_krw")
    startup = gathered.check(startup_named, work.session, data)
    gathered.settle()
    existing = _own_by_external_id(work, data.get("external_id"))
    if existing is not None:
        given = values | data["investor"], startup.id, money
        return _repeated(work, keyring, existing, given)
    if startup.voided:
        raise DomainError("void")
    refuse_equal(work, _deal(startup.id, values, investor.keys))
    investment = Investment(
        id=new_id(), startup=startup, external_id=data.get("external_id"), voided=False,
        organisation=work.session.get_one(Organisation, work.principal.organisation_id),
        currency=money.currency, fund_key=name_key(values["fund"]), **values,
    )  # fmt: skip
    keep(investment, investor, keyring)
    open_contract(work, investment, money)
    list_near(work, investment, investor.keys)
    work.action = "investment.log"
    work.touch("investments", startup.id)
    return investment, Sums.opened_by(money)


def read_investment(
    work: Work, keyring: Keyring, investment_id: UUID
) -> tuple[Investment, Sums, str | None]:
    """A visible investment; with a natural person's name for its own agency, which is logged."""
    work.principal.require("investments:read")
    investment = queries.investment(work, investment_id)
    sums = queries.sums_of(work.session, [investment.id])[investment.id]
    personal = investment.document is not None
    if not personal or investment.organisation_id not in work.principal.organisations:
        return investment, sums, None
    work.log_access("investment.read", [investment.id])
    return investment, sums, name_of(investment, keyring)


def correct_investment(
    work: Work, keyring: Keyring, investment_id: UUID, data: dict[str, Any]
) -> tuple[Investment, Sums]:
    """Correct an investment, with a reason for all but the note.

    Another contract date reverses the contract made with it and enters it anew, in one revision.
    Raises reason-required, duplicate-investment, void.
    """
    work.principal.require("investments:write")
    investment = queries.own_investment(work, investment_id)
    work.require_version(investment.version)
    refuse_void(investment)
    values = {name: data.get(name, getattr(investment, name)) for name in PLAIN}
    before = kept(investment, keyring) if "investor" in data else {}
    given = before | data.get("investor", {})
    gathered = Gathered()
    gathered.check(_refuse_future, work, values)
    investor = gathered.check(_agreed, work, keyring, values, given)
    gathered.settle()
    _refuse_unnamed(investment, investor, data)
    changed = {name for name in PLAIN if values[name] != getattr(investment, name)}
    changed |= {"investor"} if given != before else set()
    if changed - WITHOUT_REASON and not data.get("reason"):
        raise Invalid.at("reason", "reason-required")
    keys = investor.keys if given else (investment.investor_key,)
    if changed & OF_THE_DEAL:
        refuse_equal(work, _deal(investment.unit_id, values, keys), investment.id)
    work.action, work.reason = "investment.correct", data.get("reason")
    if "contracted_on" in changed:
        move_opening(work, investment, values["contracted_on"])
    for name in changed - {"investor"}:
        setattr(investment, name, values[name])
    investment.fund_key = name_key(investment.fund)
    if "investor" in changed:
        keep(investment, investor, keyring)
    if changed:
        work.session.flush()
        list_near(work, investment, keys)
        work.touch("investments", investment.unit_id)
    return investment, queries.sums_of(work.session, [investment.id])[investment.id]


def void_investment(work: Work, investment_id: UUID, reason: str) -> tuple[Investment, Sums]:
    """Take an investment out of all figures, for ever. Raises void."""
    work.principal.require("investments:write")
    investment = queries.own_investment(work, investment_id)
    work.require_version(investment.version)
    refuse_void(investment)
    investment.voided, investment.void_reason = True, reason
    work.action, work.reason = "investment.void", reason
    work.touch("investments", investment.unit_id)
    return investment, queries.sums_of(work.session, [investment.id])[investment.id]


def _refuse_future(work: Work, values: Mapping[str, Any]) -> None:
    work.refuse_future(
        contracted_on=values["contracted_on"], round_closed_on=values["round_closed_on"]
    )


def _agreed(
    work: Work, keyring: Keyring, values: Mapping[str, Any], investor: Mapping[str, Any]
) -> Investor:
    """The investor, once codes, shares and investor agree; one that is not given has no keys."""
    lists = {"round": "rounds", "instrument": "instruments", "channel": "channels"}
    wanted = {name: (of, values[name]) for name, of in lists.items()}
    codes = found_codes(
        work.session, wanted | {"investor.kind": ("investor-kinds", investor.get("kind"))}
    )
    if codes["instrument"].properties.get("shares_required") and values["shares"] is None:
        raise Invalid.at("shares", "required")
    if not investor:
        return Investor("", "", None, natural=False, keys=())
    natural = bool(codes["investor.kind"].properties.get("natural_person"))
    return investor_of(investor, keyring, natural=natural)


def _refuse_unnamed(investment: Investment, investor: Investor, data: Mapping[str, Any]) -> None:
    """A name does not pass silently between persons, where it is sealed, and firms."""
    was_natural = investment.document is not None
    if "investor" not in data or "name" in data["investor"]:
        return
    if investor.natural != was_natural:
        raise Invalid.at("investor.name", "required")


def _deal(unit_id: UUID, values: Mapping[str, Any], keys: tuple[str, ...]) -> Deal:
    return Deal(
        unit_id, values["round"], keys, name_key(values["fund"]), values["instrument"],
        values["contracted_on"],
    )  # fmt: skip


def _own_by_external_id(work: Work, external_id: str | None) -> Investment | None:
    if external_id is None:
        return None
    return work.session.scalars(
        select(Investment).where(
            Investment.organisation_id == work.principal.organisation_id,
            Investment.external_id == external_id,
        )
    ).one_or_none()


def _repeated(
    work: Work, keyring: Keyring, existing: Investment, given: tuple[dict[str, Any], UUID, Money]
) -> tuple[Investment, Sums]:
    """The existing investment if all that is given is so as it stands now."""
    opening = queries.opening_contract(work.session, existing.id)
    values = {name: getattr(existing, name) for name in PLAIN} | kept(existing, keyring)
    money = Money(**{name: getattr(opening, name) for name in Money.__slots__})
    if given != (values, existing.unit_id, money):
        raise DomainError("external-id-taken")
    work.notes["repeated"] = True
    return existing, queries.sums_of(work.session, [existing.id])[existing.id]
