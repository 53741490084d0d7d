"""Start-ups, shared by all agencies: registered, moved by date, merged, voided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update
from sqlalchemy.orm.attributes import set_committed_value

from registry.codes.queries import found_codes
from registry.core.problems import DomainError, Gathered, Invalid
from registry.core.types import new_id
from registry.investments import identifiers
from registry.investments.duplicates import list_near
from registry.investments.models import (
    ALWAYS,
    Investment,
    Startup,
    StartupAttribute,
    StartupIdentifier,
)
from registry.investments.startup_queries import DATED, Whole, known_startup, wholes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from registry.core.work import Work

PLAIN = ("name", "founded_on", "ksic_code", "ksic_revision", "certificates")


def register_startup(work: Work, data: dict[str, Any]) -> Whole:
    """Register a start-up, known by CRN if it has one, else by BRN.

    One with these identifiers and equal content answers itself; raises identifier-conflict for
    other content or for identifiers of two start-ups, and unknown-code.
    """
    work.principal.require("investments:write")
    gathered = Gathered()
    gathered.check(work.refuse_future, founded_on=data.get("founded_on"))
    gathered.check(_check_codes, work, data)
    gathered.settle()
    numbers = {kind: data[kind] for kind in identifiers.KINDS if data.get(kind)}
    holders = identifiers.holders(work.session, numbers)
    if holders:
        return _existing(work, data, numbers, holders)
    startup = Startup(
        id=new_id(), organisation_id=work.principal.organisation_id, voided=False,
        **{name: data[name] for name in PLAIN},
    )  # fmt: skip
    startup.unit_id = startup.id
    work.session.add(startup)
    work.session.flush()
    rows = [
        StartupIdentifier(startup_id=startup.id, kind=kind, value=value, valid_from=ALWAYS)
        for kind, value in numbers.items()
    ]
    periods = [
        StartupAttribute(startup_id=startup.id, attribute=a, value=data[a], effective_on=ALWAYS)
        for a in sorted(DATED)
    ]
    work.session.add_all([*rows, *periods])
    work.session.flush()
    work.action = "startup.register"
    return Whole(startup, tuple(rows), tuple(periods))


def _existing(
    work: Work,
    data: Mapping[str, Any],
    numbers: Mapping[str, str],
    holders: Sequence[StartupIdentifier],
) -> Whole:
    startup = identifiers.unit_of(work.session, holders[0].startup_id)
    owners = {identifiers.unit_of(work.session, row.startup_id) for row in holders}
    if startup is None or startup.voided or len(owners) > 1 or len(holders) < len(numbers):
        raise identifiers.conflict(work.session, holders[0])
    found = wholes(work, [startup])[0]
    kept = {name: getattr(startup, name) for name in PLAIN}
    kept |= {name: found.value_on(name, work.today) for name in DATED}
    if any(data[name] != value for name, value in kept.items()):
        raise identifiers.conflict(work.session, holders[0])
    work.notes["repeated"] = True
    return found


def correct_startup(work: Work, startup_id: UUID, data: dict[str, Any]) -> Whole:
    """Correct a start-up, or move its field or district from `effective_on` on.

    Raises effective-on-required, date-in-future, unknown-code, void.
    """
    work.principal.require("investments:write")
    found = _standing(work, startup_id)
    gathered = Gathered()
    day = data.get("effective_on")
    gathered.check(work.refuse_future, effective_on=day, founded_on=data.get("founded_on"))
    gathered.check(_check_codes, work, data)
    gathered.settle()
    work.action, work.reason = "startup.correct", data.get("reason")
    for name in PLAIN:
        if name in data and getattr(found.startup, name) != data[name]:
            setattr(found.startup, name, data[name])
    for name in DATED:
        if name in data:
            _move(work, found, name, data[name], day)
    work.session.flush()
    return known_startup(work, startup_id)


def _move(work: Work, found: Whole, attribute: str, value: str, day: date | None) -> None:
    """The same date replaces, an earlier one slips in before the next; no change, no period."""
    if day is None:
        if found.value_on(attribute, work.today) == value:
            return
        raise Invalid.at("effective_on", "effective-on-required")
    periods = [p for p in found.periods if p.attribute == attribute]
    begun = next((p for p in periods if p.effective_on == day), None)
    if (begun.value if begun else found.value_on(attribute, day)) == value:
        return
    if begun is not None:
        begun.value = value
    else:
        work.session.add(
            StartupAttribute(
                startup_id=found.startup.id, attribute=attribute, value=value, effective_on=day
            )
        )
    work.touch("investments", found.startup.unit_id)


def identify_startup(work: Work, startup_id: UUID, data: dict[str, Any]) -> Whole:
    """Give a start-up a further BRN or CRN from a date on. Raises identifier-conflict, void."""
    work.principal.require("investments:write")
    found = _standing(work, startup_id)
    work.action = "startup.identify"
    identifiers.add_identifier(
        work, found.startup.id, data["kind"], data["value"], data["valid_from"]
    )
    work.session.flush()
    return known_startup(work, startup_id)


def void_startup(work: Work, startup_id: UUID, reason: str) -> Whole:
    """Take a start-up and its investments out of all figures; by who registered it, or admin."""
    work.principal.require("investments:write")
    found = _standing(work, startup_id)
    _require_owner(work, found.startup)
    found.startup.voided, found.startup.void_reason = True, reason
    work.action, work.reason = "startup.void", reason
    work.touch("investments", found.startup.unit_id)
    work.session.flush()
    return found


def merge_startup(work: Work, startup_id: UUID, into_id: UUID) -> Whole:
    """Merge a start-up into another: its investments count under that one, as that one is.

    By admin, or by who registered both. Raises same-record, unknown-startup, void.
    """
    work.principal.require("investments:write")
    source = _standing(work, startup_id).startup
    into = work.session.get(Startup, into_id)
    if into is None:
        raise Invalid.at("into", "unknown-startup")
    if into is source:
        raise Invalid.at("into", "same-record")
    _refuse_gone(into)
    _require_owner(work, source, into)
    investments = select(Investment).join(Startup, Startup.id == Investment.startup_id)
    moving = work.session.scalars(investments.where(Startup.unit_id == source.id)).all()
    work.session.execute(
        update(Startup)
        .where(Startup.unit_id == source.id)
        .values(unit_id=into.id)
        .execution_options(synchronize_session=False)
    )
    for startup in {source, *(investment.startup for investment in moving)}:
        set_committed_value(startup, "unit_id", into.id)
    source.merged_into_id = into.id
    work.action = "startup.merge"
    work.touch("investments", source.id, into.id)
    work.session.flush()
    for investment in moving:
        if not investment.voided:
            list_near(work, investment)
    return known_startup(work, startup_id)


def _standing(work: Work, startup_id: UUID) -> Whole:
    """A start-up to be changed: not void, not merged, at the version `If-Match` named."""
    found = known_startup(work, startup_id)
    work.require_version(found.version)
    _refuse_gone(found.startup)
    return found


def _refuse_gone(startup: Startup) -> None:
    if startup.voided or startup.merged_into_id is not None:
        raise DomainError("void")


def _require_owner(work: Work, *startups: Startup) -> None:
    own = all(s.organisation_id in work.principal.organisations for s in startups)
    if not own:
        work.principal.require("admin")


def _check_codes(work: Work, data: Mapping[str, Any]) -> None:
    found_codes(
        work.session,
        {
            "field": ("fields", data.get("field")),
            "district_code": ("districts", data.get("district_code")),
        },
    )
