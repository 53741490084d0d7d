"""`/investments` and `/investment-duplicates`: HTTP only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core.api import Blueprint
from registry.core.parts import registry
from registry.core.responses import BASE
from registry.investments import duplicates as pairs
from registry.investments import queries, service
from registry.investments.listing import FORMATS, as_asked, listed
from registry.investments.models import Investment, InvestmentDuplicate
from registry.investments.past import past_of
from registry.investments.presentation import (
    duplicate_reads,
    investment_read,
    investment_reads,
)  # fmt: skip
from registry.investments.schemas import (
    InvestmentCreate,
    InvestmentDuplicateFilter,
    InvestmentDuplicatePage,
    InvestmentDuplicateRead,
    InvestmentFilter,
    InvestmentHistory,
    InvestmentMerge,
    InvestmentPage,
    InvestmentPatch,
    InvestmentRead,
    Reason,
)  # fmt: skip

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Response

    from registry.core.paging import Page
    from registry.core.work import Work

investments = Blueprint(
    "investments", __name__, url_prefix=f"{BASE}/investments", description="Deals with start-ups"
)
duplicates = Blueprint(
    "investment_duplicates",
    __name__,
    url_prefix=f"{BASE}/investment-duplicates",
    description="Investments that may be the same money",
)


@investments.write(
    "POST", "", access="investments:write", body=InvestmentCreate, answers=InvestmentRead,
    status=201, location="/investments/{id}",
)  # fmt: skip
def log_investment(work: Work, data: dict[str, Any]) -> dict[str, Any]:
    """Log an investment of your agency, with its first contract."""
    return investment_read(*service.log_investment(work, registry().keyring, data))


@investments.read(
    "", access="investments:read", query=InvestmentFilter, answers=InvestmentPage, produces=FORMATS
)
def list_investments(work: Work, asked: dict[str, Any]) -> Page | Response:
    """List the investments you may see, without natural persons' names."""
    select = queries.listed_investments(work, asked)
    page = listed(work, select, Investment, asked, investment_reads)
    return as_asked(work, page, asked, "investments", InvestmentPage)


@investments.read(
    "/<uuid:investment_id>", access="investments:read", answers=InvestmentRead, problems=(404,)
)
def read_investment(work: Work, _asked: dict[str, Any], investment_id: UUID) -> dict[str, Any]:
    """Read one investment; a natural person's name is shown to its own agency, and logged."""
    return investment_read(*service.read_investment(work, registry().keyring, investment_id))


@investments.write(
    "PATCH", "/<uuid:investment_id>", access="investments:write", body=InvestmentPatch,
    answers=InvestmentRead, match=True, problems=(404,),
)  # fmt: skip
def correct_investment(work: Work, data: dict[str, Any], investment_id: UUID) -> dict[str, Any]:
    """Correct an investment, with a reason for all but its note."""
    return investment_read(
        *service.correct_investment(work, registry().keyring, investment_id, data)
    )


@investments.write(
    "POST", "/<uuid:investment_id>/void", access="investments:write", body=Reason,
    answers=InvestmentRead, match=True, problems=(404,),
)  # fmt: skip
def void_investment(work: Work, data: dict[str, Any], investment_id: UUID) -> dict[str, Any]:
    """Take an investment out of all figures, for ever."""
    return investment_read(*service.void_investment(work, investment_id, data["reason"]))


@investments.read(
    "/<uuid:investment_id>/history", access="investments:read", answers=InvestmentHistory,
    problems=(404,),
)  # fmt: skip
def read_investment_history(
    work: Work, _asked: dict[str, Any], investment_id: UUID
) -> dict[str, Any]:
    """Read every version of an investment: what it said, since when, and why it changed."""
    return {"items": past_of(work, queries.investment(work, investment_id))}


@duplicates.read(
    "", access="admin", query=InvestmentDuplicateFilter, answers=InvestmentDuplicatePage
)
def list_investment_duplicates(work: Work, asked: dict[str, Any]) -> Page:
    """List near-equal investments, side by side."""
    return listed(work, pairs.listed(work, asked), InvestmentDuplicate, asked, duplicate_reads)


@duplicates.write(
    "POST",
    "/<uuid:duplicate_id>/dismiss",
    access="admin",
    answers=InvestmentDuplicateRead,
    problems=(404,),
)
def dismiss_investment_duplicate(work: Work, duplicate_id: UUID) -> dict[str, Any]:
    """Decide that two investments are different money."""
    return duplicate_reads(work, [pairs.dismiss(work, duplicate_id)])[0]


@duplicates.write(
    "POST",
    "/<uuid:duplicate_id>/merge",
    access="admin",
    body=InvestmentMerge,
    answers=InvestmentDuplicateRead,
    problems=(404,),
)
def merge_investment_duplicate(
    work: Work, data: dict[str, Any], duplicate_id: UUID
) -> dict[str, Any]:
    """Decide that two investments are the same money: the one you keep counts, the other is void."""
    return duplicate_reads(work, [pairs.merge(work, duplicate_id, data["keep"], data["reason"])])[0]


@duplicates.write(
    "POST",
    "/<uuid:duplicate_id>/reopen",
    access="admin",
    answers=InvestmentDuplicateRead,
    problems=(404,),
)
def reopen_investment_duplicate(work: Work, duplicate_id: UUID) -> dict[str, Any]:
    """Undo a dismissal or a merger: both count, and may be the same money again."""
    return duplicate_reads(work, [pairs.reopen(work, duplicate_id)])[0]
