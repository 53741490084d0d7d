"""The numbers start-ups are known by: a CRN if there is one, else a BRN; dated, never reused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select

from registry.core.korean import corporate_checksum_holds
from registry.core.problems import DomainError, Flaw, Invalid
from registry.investments.models import Startup, StartupIdentifier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from registry.core.work import Work

BUSINESS, CORPORATE = "business_number", "corporate_number"
KINDS = (CORPORATE, BUSINESS)  # the one a start-up is known by comes first


def holders(session: Session, numbers: Mapping[str, str]) -> Sequence[StartupIdentifier]:
    """The identifiers, of whichever start-up, that are these numbers, a CRN first."""
    if not numbers:
        return ()
    found = session.scalars(
        select(StartupIdentifier).where(
            or_(
                *(
                    and_(StartupIdentifier.kind == kind, StartupIdentifier.value == value)
                    for kind, value in numbers.items()
                )
            )
        )
    )
    return sorted(found, key=lambda row: KINDS.index(row.kind))


def unit_of(session: Session, startup_id: UUID) -> Startup | None:
    """The start-up that this one is counted as: itself, or the one it was merged into."""
    found = session.get(Startup, startup_id)
    if found is None or found.unit_id == found.id:
        return found
    return session.get(Startup, found.unit_id)


def startup_named(session: Session, data: Mapping[str, Any]) -> Startup:
    """What `startup_id` or `business_number` stands for, after merges. Raises unknown-startup."""
    field, startup_id = "startup_id", data.get("startup_id")
    if startup_id is None:
        field = BUSINESS
        rows = holders(session, {BUSINESS: data[BUSINESS]})
        startup_id = rows[0].startup_id if rows else None
    found = unit_of(session, startup_id) if startup_id else None
    if found is None:
        raise Invalid.at(field, "unknown-startup")
    return found


def add_identifier(work: Work, startup_id: UUID, kind: str, value: str, valid_from: date) -> None:
    """Give a start-up a further number, as on incorporation.

    The same again changes nothing. Raises identifier-conflict, with the id of the start-up that
    has the number, and date-in-future.
    """
    work.refuse_future(valid_from=valid_from)
    for row in holders(work.session, {kind: value}):
        if (row.startup_id, row.valid_from) != (startup_id, valid_from):
            raise conflict(work.session, row)
        work.notes["repeated"] = True
        return
    work.session.add(
        StartupIdentifier(startup_id=startup_id, kind=kind, value=value, valid_from=valid_from)
    )


def conflict(session: Session, row: StartupIdentifier) -> DomainError:
    """The refusal of a number that is another start-up's; start-ups are shared, so it says whose."""
    startup = unit_of(session, row.startup_id)
    members = {"startup_id": str(startup.id if startup else row.startup_id)}
    return DomainError("identifier-conflict", members=members)


def warnings_of(number: str | None, place: str) -> list[Flaw]:
    """What is odd about a CRN without being wrong: its checksum does not hold."""
    if number is None or corporate_checksum_holds(number):
        return []
    return [Flaw("corporate-number-checksum", f"/{place}")]
