"""Who has reported: the last act of each institution and agency, and whether it was this month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from registry.access.models import Organisation
from registry.access.queries import OrganisationView, presented
from registry.core.clock import seoul_date
from registry.revisions.models import Revision

if TYPE_CHECKING:
    from registry.core.work import Work

REPORTING = ("training_institution", "investment_agency")
# Acts on keys and accounts report nothing.
_NO_REPORT = ("key.%", "account.%", "organisation.%")


@dataclass(frozen=True)
class Report:
    """An organisation that should report, and when it last did."""

    organisation: OrganisationView
    last_at: datetime | None
    this_month: bool


def reports(work: Work) -> list[Report]:
    """Every institution and agency that exists today, those longest silent first."""
    work.principal.require("admin")
    is_report = ~or_(*(Revision.action.like(pattern) for pattern in _NO_REPORT))
    rows = work.session.execute(
        select(Revision.organisation_id, func.max(Revision.at))
        .where(Revision.organisation_id.is_not(None), is_report)
        .group_by(Revision.organisation_id)
    )
    last: dict[object, datetime] = {row[0]: row[1] for row in rows}
    ended = Organisation.valid_to <= work.today
    found = work.session.scalars(
        select(Organisation).where(
            Organisation.kind.in_(REPORTING), or_(Organisation.valid_to.is_(None), ~ended)
        )
    ).all()
    month = work.today.replace(day=1)
    told = [
        Report(view, at, at is not None and seoul_date(at) >= month)
        for view in presented(work, found)
        for at in (last.get(view.id),)
    ]
    return sorted(told, key=lambda r: (r.last_at is not None, r.last_at, r.organisation.code))
