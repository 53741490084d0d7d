"""What a transaction is judged by: its investment's state and sums, in one select."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from registry.core.bulk import Ids, among_bound
from registry.core.prepared import asked
from registry.core.problems import DomainError
from registry.investments.models import (
    CONTRACT_SIDE,
    PAYMENT_SIDE,
    Investment,
    Startup,
    Transaction,
)
from registry.investments.queries import Sums, net

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.work import Work


@dataclass(frozen=True, slots=True)
class Account:
    """An investment as far as transactions are judged by it."""

    id: UUID
    organisation_id: UUID
    unit_id: UUID
    currency: str
    voided: bool
    sums: Sums


def own_account(work: Work, investment_id: UUID) -> Account:
    """What transactions are judged by, of an investment of the asker's own. Raises not-found."""
    rows = asked(work.session, _ACCOUNT, own=work.principal.organisations, id=investment_id)
    if not rows:
        raise DomainError("not-found")
    identifier, organisation_id, unit_id, currency, voided, *sums = rows[0]
    return Account(identifier, organisation_id, unit_id, currency, voided, Sums(*sums))


_OF_AN_ACCOUNT = (
    Investment.id, Investment.organisation_id, Startup.unit_id, Investment.currency,
    Investment.voided,
)  # fmt: skip
_ACCOUNT = (
    select(
        *_OF_AN_ACCOUNT,
        net(CONTRACT_SIDE, Transaction.amount_krw),
        net(PAYMENT_SIDE, Transaction.amount_krw),
        net(CONTRACT_SIDE, Transaction.original_e4),
        net(PAYMENT_SIDE, Transaction.original_e4),
    )
    .join(Startup, Startup.id == Investment.startup_id)
    .join(Transaction, Transaction.investment_id == Investment.id)
    .where(
        among_bound(Investment.organisation_id, bindparam("own", type_=Ids())),
        Investment.id == bindparam("id"),
    )
    .group_by(*_OF_AN_ACCOUNT)
)
