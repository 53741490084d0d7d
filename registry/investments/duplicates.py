"""The same money twice: equal investments are refused, near-equal ones listed for the city."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import aliased

from registry.core.problems import DomainError, Invalid
from registry.investments import queries
from registry.investments.models import Investment, InvestmentDuplicate
from registry.revisions.queries import filtered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from registry.core.work import Work

NEAR_DAYS = 92
OPEN, DISMISSED, MERGED = "open", "dismissed", "merged"
KEPT = ("kept_a", "kept_b")  # merged, and which of the two stayed: the state as it is stored
One, Other = aliased(Investment), aliased(Investment)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two investments side by side, with the sums of each."""

    duplicate: InvestmentDuplicate
    investments: tuple[Investment, Investment]
    sums: tuple[queries.Sums, queries.Sums]


def refuse_equal(work: Work, deal: queries.Deal, but: UUID | None = None) -> None:
    """Raise duplicate-investment if this deal exists, with a link if the asker may see it."""
    other = queries.equal_investment(work.session, deal, but)
    if other is None:
        return
    if work.principal.may_see(other.organisation_id):
        members = {"link": f"/api/v1/investments/{other.id}"}
        raise DomainError("duplicate-investment", members=members)
    raise DomainError("duplicate-investment")


def list_near(work: Work, investment: Investment, keys: Sequence[str] = ()) -> None:
    """List each investment that may be the same money; a pair is listed once, decided or not.

    The same start-up, the same investor or fund, and contracts within 92 days or of equal sum.
    """
    alike = queries.alike_investments(work.session, investment, [investment.investor_key, *keys])
    if not alike:
        return
    contracted = queries.sums_of(work.session, [investment.id])[investment.id].contracted_krw
    known = _listed_with(work, investment.id)
    for other_id, contracted_on, other_contracted in alike:
        apart = abs((contracted_on - investment.contracted_on).days)
        if other_id not in known and (apart <= NEAR_DAYS or contracted == other_contracted):
            first, second = sorted((investment.id, other_id))
            work.session.add(
                InvestmentDuplicate(investment_a_id=first, investment_b_id=second, state=OPEN)
            )
    work.session.flush()


def _listed_with(work: Work, investment_id: UUID) -> set[UUID]:
    rows = work.session.execute(
        select(InvestmentDuplicate.investment_a_id, InvestmentDuplicate.investment_b_id).where(
            or_(
                InvestmentDuplicate.investment_a_id == investment_id,
                InvestmentDuplicate.investment_b_id == investment_id,
            )
        )
    )
    return {identifier for row in rows for identifier in row} - {investment_id}


def listed(work: Work, asked: dict[str, Any]) -> Select[InvestmentDuplicate]:
    """The pairs in a state; an open one with a void investment needs no decision any more."""
    work.principal.require("admin")
    if asked["state"] == MERGED:
        return select(InvestmentDuplicate).where(InvestmentDuplicate.state.in_(KEPT))
    pairs = filtered(select(InvestmentDuplicate), InvestmentDuplicate, asked, "state")
    if asked["state"] != OPEN:
        return pairs
    return (
        pairs.join(One, One.id == InvestmentDuplicate.investment_a_id)
        .join(Other, Other.id == InvestmentDuplicate.investment_b_id)
        .where(~One.voided, ~Other.voided)
    )


def dismiss(work: Work, duplicate_id: UUID) -> InvestmentDuplicate:
    """Decide that two investments are different money. Raises already-decided."""
    found = _undecided(work, duplicate_id)
    found.state = DISMISSED
    work.action = "investment.dismiss-duplicate"
    return found


def merge(work: Work, duplicate_id: UUID, keep: UUID, reason: str) -> InvestmentDuplicate:
    """Decide that two investments are the same money: one stays, the other is void until undone.

    Nothing of the other passes to the one that stays. Raises already-decided, void, and Invalid
    if `keep` is neither of the two.
    """
    found = _undecided(work, duplicate_id)
    both = (found.investment_a_id, found.investment_b_id)
    if keep not in both:
        raise Invalid.at("keep", "not-of-the-pair")
    found.state = KEPT[both.index(keep)]
    stays, goes = (work.session.get_one(Investment, i) for i in (keep, _gone(found)))
    if stays.voided or goes.voided:
        raise DomainError("void")
    goes.voided, goes.void_reason = True, reason
    work.action, work.reason = "investment.merge-duplicate", reason
    work.touch("investments", goes.unit_id)
    return found


def reopen(work: Work, duplicate_id: UUID) -> InvestmentDuplicate:
    """Undo a decision: what a merger made void counts again; an open pair stays as it is.

    Raises duplicate-investment if the same deal has been logged anew meanwhile.
    """
    found = pair(work, duplicate_id)
    if found.state in KEPT:
        _count_again(work, work.session.get_one(Investment, _gone(found)))
    if found.state != OPEN:
        found.state = OPEN
    work.action = "investment.reopen-duplicate"
    return found


def _count_again(work: Work, investment: Investment) -> None:
    refuse_equal(work, queries.deal_of(investment), investment.id)
    investment.voided, investment.void_reason = False, None
    work.touch("investments", investment.unit_id)


def kept(duplicate: InvestmentDuplicate) -> UUID | None:
    """Which of a merged pair stayed."""
    if duplicate.state not in KEPT:
        return None
    return (duplicate.investment_a_id, duplicate.investment_b_id)[KEPT.index(duplicate.state)]


def _gone(duplicate: InvestmentDuplicate) -> UUID:
    stays = KEPT.index(duplicate.state)
    return (duplicate.investment_a_id, duplicate.investment_b_id)[1 - stays]


def pair(work: Work, duplicate_id: UUID) -> InvestmentDuplicate:
    """One pair, for the city. Raises not-found."""
    work.principal.require("admin")
    found = work.session.get(InvestmentDuplicate, duplicate_id)
    if found is None:
        raise DomainError("not-found")
    return found


def _undecided(work: Work, duplicate_id: UUID) -> InvestmentDuplicate:
    found = pair(work, duplicate_id)
    if found.state != OPEN:
        raise DomainError("already-decided")
    return found


def side_by_side(work: Work, duplicates: Sequence[InvestmentDuplicate]) -> list[Pair]:
    """Each pair with both investments and their sums."""
    ids = {i for d in duplicates for i in (d.investment_a_id, d.investment_b_id)}
    rows = work.session.scalars(select(Investment).where(Investment.id.in_(ids)))
    found = {row.id: row for row in rows}
    sums = queries.sums_of(work.session, sorted(ids))

    def paired(duplicate: InvestmentDuplicate) -> Pair:
        one, other = duplicate.investment_a_id, duplicate.investment_b_id
        return Pair(duplicate, (found[one], found[other]), (sums[one], sums[other]))

    return [paired(duplicate) for duplicate in duplicates]
