"""`/investments/{id}/transactions`: HTTP only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core.api import Blueprint
from registry.core.responses import BASE
from registry.investments import queries
from registry.investments import transactions as service
from registry.investments.listing import FORMATS, as_asked, listed
from registry.investments.models import Transaction
from registry.investments.presentation import transaction_read, transaction_reads
from registry.investments.schemas import (
    Reason,
    TransactionCreate,
    TransactionFilter,
    TransactionPage,
    TransactionRead,
)  # fmt: skip

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Response

    from registry.core.paging import Page
    from registry.core.work import Work

transactions = Blueprint(
    "transactions",
    __name__,
    url_prefix=f"{BASE}/investments/<uuid:investment_id>/transactions",
    description="Contracts, cancellations, payments and refunds",
)
LOCATION = "/investments/{investment_id}/transactions/{id}"


@transactions.write(
    "POST", "", access="investments:write", body=TransactionCreate, answers=TransactionRead,
    status=201, location=LOCATION, problems=(404,),
)  # fmt: skip
def log_transaction(work: Work, data: dict[str, Any], investment_id: UUID) -> dict[str, Any]:
    """Log a contract, cancellation, payment or refund."""
    logged = service.log_transaction(work, investment_id, data)
    if work.notes.get("repeated"):
        return transaction_reads(work, [logged])[0]
    return transaction_read(logged, None)  # nothing has reversed it yet


@transactions.read(
    "", access="investments:read", query=TransactionFilter, answers=TransactionPage,
    produces=FORMATS, problems=(404,), kept=True,
)  # fmt: skip
def list_transactions(work: Work, asked: dict[str, Any], investment_id: UUID) -> Page | Response:
    """List an investment's transactions."""
    select = queries.listed_transactions(work, investment_id, asked)
    page = listed(work, select, Transaction, asked, transaction_reads)
    return as_asked(work, page, asked, "transactions", TransactionPage)


@transactions.read(
    "/<uuid:transaction_id>",
    access="investments:read",
    answers=TransactionRead,
    problems=(404,),
    kept=True,
)
def read_transaction(
    work: Work, _asked: dict[str, Any], investment_id: UUID, transaction_id: UUID
) -> dict[str, Any]:
    """Read one transaction."""
    return transaction_reads(work, [queries.transaction(work, investment_id, transaction_id)])[0]


@transactions.write(
    "POST", "/<uuid:transaction_id>/reverse", access="investments:write", body=Reason,
    answers=TransactionRead, problems=(404,),
)  # fmt: skip
def reverse_transaction(
    work: Work, data: dict[str, Any], investment_id: UUID, transaction_id: UUID
) -> dict[str, Any]:
    """Enter the opposite of a transaction at its own date; answers the reversal."""
    reversal = service.reverse_transaction(work, investment_id, transaction_id, data["reason"])
    return transaction_read(reversal, None)
