"""Selects over start-ups, each with its numbers and the periods of its field and district."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from registry.codes.queries import check_filters
from registry.core.problems import DomainError
from registry.investments import identifiers
from registry.investments.models import Startup, StartupAttribute, StartupIdentifier
from registry.investments.queries import changed_with
from registry.revisions.models import Recorded

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import ScalarSelect, Select

    from registry.core.work import Work

DATED = ("field", "district_code")


@dataclass(frozen=True, slots=True)
class Whole:
    """A start-up with its identifiers and the periods of its field and district."""

    startup: Startup
    identifiers: tuple[StartupIdentifier, ...]
    periods: tuple[StartupAttribute, ...]

    @property
    def version(self) -> int:
        """Grows with every change of any of its rows, none of which is ever deleted."""
        rows: tuple[Recorded, ...] = (self.startup, *self.identifiers, *self.periods)
        return sum(row.version for row in rows)

    def value_on(self, attribute: str, day: date) -> str:
        """The field or district in force on a date."""
        begun = [p for p in self.periods if p.attribute == attribute and p.effective_on <= day]
        return begun[-1].value

    def number(self, kind: str) -> str | None:
        """The identifier of a kind that is in force: the one with the latest date."""
        return next((i.value for i in reversed(self.identifiers) if i.kind == kind), None)


def wholes(work: Work, startups: Sequence[Startup]) -> list[Whole]:
    """Start-ups with what belongs to them, in two selects."""
    ids = [startup.id for startup in startups]
    numbers = work.session.scalars(
        select(StartupIdentifier)
        .where(StartupIdentifier.startup_id.in_(ids))
        .order_by(
            StartupIdentifier.valid_from,
            StartupIdentifier.created_revision,
            StartupIdentifier.created_row,
        )
    ).all()
    periods = work.session.scalars(
        select(StartupAttribute)
        .where(StartupAttribute.startup_id.in_(ids))
        .order_by(StartupAttribute.attribute, StartupAttribute.effective_on)
    ).all()
    return [
        Whole(
            startup,
            tuple(n for n in numbers if n.startup_id == startup.id),
            tuple(p for p in periods if p.startup_id == startup.id),
        )
        for startup in startups
    ]


def visible_startup(work: Work, startup_id: UUID) -> Whole:
    """One start-up; every agency sees all of them. Raises not-found."""
    work.principal.require("investments:read")
    return known_startup(work, startup_id)


def names_of(work: Work, ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of some start-ups; every agency sees all of them."""
    work.principal.require("investments:read")
    rows = work.session.execute(select(Startup.id, Startup.name).where(Startup.id.in_(ids)))
    return {row.id: row.name for row in rows}


def known_startup(work: Work, startup_id: UUID) -> Whole:
    """One start-up, for whoever asks. Raises not-found."""
    found = work.session.get(Startup, startup_id)
    if found is None:
        raise DomainError("not-found")
    return wholes(work, [found])[0]


def listed_startups(work: Work, asked: dict[str, Any]) -> Select[Startup]:
    """The start-ups the filters ask for; a number finds what it counts as now, after merges."""
    work.principal.require("investments:read")
    check_filters(work.session, asked, {"field": "fields", "district_code": "districts"})
    found = changed_with(
        select(Startup), Startup, asked, StartupIdentifier.startup_id, StartupAttribute.startup_id
    )
    if asked["void"] is not None:
        found = found.where(Startup.voided == asked["void"])
    for kind in identifiers.KINDS:
        if asked[kind] is not None:
            holder = aliased(Startup)
            of_number = (
                select(holder.unit_id)
                .join(StartupIdentifier, StartupIdentifier.startup_id == holder.id)
                .where(StartupIdentifier.kind == kind, StartupIdentifier.value == asked[kind])
            )
            found = found.where(Startup.id.in_(of_number))
    if asked["name"] is not None:
        found = found.where(Startup.name.icontains(asked["name"], autoescape=True))
    for attribute in DATED:
        if asked[attribute] is not None:
            found = found.where(_in_force(attribute, work.today) == asked[attribute])
    return found


def _in_force(attribute: str, day: date) -> ScalarSelect[str]:
    return (
        select(StartupAttribute.value)
        .where(
            StartupAttribute.startup_id == Startup.id,
            StartupAttribute.attribute == attribute,
            StartupAttribute.effective_on <= day,
        )
        .order_by(StartupAttribute.effective_on.desc())
        .limit(1)
        .scalar_subquery()
    )
