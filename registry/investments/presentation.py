"""Records as they are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.access.queries import organisation_codes
from registry.investments import queries
from registry.investments.duplicates import MERGED, kept, side_by_side
from registry.investments.identifiers import BUSINESS, CORPORATE
from registry.investments.models import ALWAYS
from registry.investments.money import KRW, original_of, rate_of
from registry.investments.startup_queries import DATED, wholes
from registry.investments.startups import PLAIN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from registry.core.work import Work
    from registry.investments.models import Investment, InvestmentDuplicate, Startup, Transaction
    from registry.investments.queries import Sums
    from registry.investments.startup_queries import Whole

AS_KEPT = (
    "id", "external_id", "startup_id", "round", "round_closed_on", "fund", "instrument", "shares",
    "channel", "contracted_on", "currency", "note", "voided", "void_reason", "version",
)  # fmt: skip
OF_A_TRANSACTION = (
    "id", "investment_id", "external_id", "kind", "sign", "effective_on", "amount_krw", "currency",
    "opening", "reverses_id", "reason", "version",
)  # fmt: skip


def startup_read(found: Whole, today: date, codes: dict[UUID, str]) -> dict[str, Any]:
    """A start-up as it is on a date, with its periods."""
    startup = found.startup
    return {
        "id": startup.id,
        "organisation": codes[startup.organisation_id],
        "business_number": found.number(BUSINESS),
        "corporate_number": found.number(CORPORATE),
        **{name: getattr(startup, name) for name in PLAIN},
        **{name: found.value_on(name, today) for name in DATED},
        "identifiers": [
            {"kind": i.kind, "value": i.value, "valid_from": _dated(i.valid_from)}
            for i in found.identifiers
        ],
        "periods": [
            {"attribute": p.attribute, "value": p.value, "effective_on": _dated(p.effective_on)}
            for p in found.periods
        ],
        "merged_into_id": startup.merged_into_id,
        "voided": startup.voided,
        "void_reason": startup.void_reason,
        "version": found.version,
    }


def _dated(day: date) -> date | None:
    return None if day == ALWAYS else day


def startup_reads(work: Work, startups: Sequence[Startup]) -> list[dict[str, Any]]:
    """The start-ups of a page."""
    codes = organisation_codes(work.session)
    return [startup_read(found, work.today, codes) for found in wholes(work, startups)]


def investment_read(investment: Investment, sums: Sums, name: str | None = None) -> dict[str, Any]:
    """An investment with its sums; `name` is a natural person's, for those who may see it."""
    foreign = investment.currency != KRW
    left_e4 = (sums.contracted_e4 or 0) - (sums.disbursed_e4 or 0)
    return {
        **{column: getattr(investment, column) for column in AS_KEPT},
        "organisation": investment.organisation_code,
        "counted_startup_id": investment.unit_id,
        "investor": {
            "kind": investment.investor_kind,
            "name": investment.investor_name or name,
            "business_number": investment.investor_business_number,
        },
        "original_amount": original_of(sums.contracted_e4) if foreign else None,
        "fx_rate": rate_of(sums.fx_rate_e6),
        "contracted_krw": sums.contracted_krw,
        "disbursed_krw": sums.disbursed_krw,
        "left_krw": sums.contracted_krw - sums.disbursed_krw,
        "left_original": original_of(left_e4) if foreign else None,
    }


def investment_reads(work: Work, investments: Sequence[Investment]) -> list[dict[str, Any]]:
    """The investments of a page, without any natural person's name."""
    sums = queries.sums_of(work.session, [i.id for i in investments])
    return [investment_read(i, sums[i.id]) for i in investments]


def transaction_read(transaction: Transaction, reversed_by: UUID | None) -> dict[str, Any]:
    """A transaction, and which one reversed it."""
    return {
        **{column: getattr(transaction, column) for column in OF_A_TRANSACTION},
        "original_amount": original_of(transaction.original_e4),
        "fx_rate": rate_of(transaction.fx_rate_e6),
        "reversed_by_id": reversed_by,
    }


def transaction_reads(work: Work, transactions: Sequence[Transaction]) -> list[dict[str, Any]]:
    """The transactions of a page."""
    reversals = queries.reversals_of(work.session, [t.id for t in transactions])
    return [transaction_read(t, reversals.get(t.id)) for t in transactions]


def duplicate_reads(work: Work, pairs: Sequence[InvestmentDuplicate]) -> list[dict[str, Any]]:
    """Pairs of investments, side by side."""
    return [
        {
            "id": pair.duplicate.id,
            "state": MERGED if kept(pair.duplicate) else pair.duplicate.state,
            "kept_id": kept(pair.duplicate),
            "investments": [
                investment_read(i, s) for i, s in zip(pair.investments, pair.sums, strict=True)
            ],
            "version": pair.duplicate.version,
        }
        for pair in side_by_side(work, pairs)
    ]
