"""Organisations: who exists, what they are called from when, and who follows whom."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from registry.access import queries
from registry.access.models import Organisation, OrganisationName
from registry.access.principal import CITY_SCOPES
from registry.core.problems import DomainError, Invalid
from registry.core.types import new_id

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.work import Work

ALWAYS = date.min  # the first name is open to the past


def create_organisation(work: Work, data: dict[str, Any]) -> Organisation:
    """Register an organisation under a code that never changes. Raises code-taken."""
    work.principal.require("admin")
    if queries.organisation_by_code(work.session, data["code"]) is not None:
        raise DomainError("code-taken")
    row = Organisation(
        id=new_id(),
        code=data["code"],
        kind=data["kind"],
        business_number=data.get("business_number"),
        valid_from=data.get("valid_from"),
        valid_to=data.get("valid_to"),
        successor_id=_successor(work, None, data.get("successor_code")),
    )
    work.session.add(row)
    work.session.flush()
    _add_name(work, row.id, data["name"], data.get("name_en"), data.get("valid_from") or ALWAYS)
    work.action = "organisation.create"
    return row


def change_organisation(
    work: Work, organisation_id: UUID, data: dict[str, Any]
) -> queries.OrganisationView:
    """Change an organisation; a name is added from a date on and the former ones stay.

    Raises precondition-failed, unknown-code, successor-cycle, date-order, scope-for-city.
    """
    work.principal.require("admin")
    organisation = queries.organisation(work, organisation_id)
    work.require_version(queries.presented(work, [organisation])[0].version)
    work.action, work.reason = "organisation.change", data.pop("reason", None)
    if "name" in data or "name_en" in data:
        valid_from = data.pop("valid_from", None) or work.today
        _rename(work, organisation, valid_from, data)
    if "successor_code" in data:
        data["successor_id"] = _successor(work, organisation, data.pop("successor_code"))
    if data.get("kind", "city") != "city":
        _refuse_city_keys(work, organisation)
    for name, value in data.items():
        if getattr(organisation, name) != value:
            setattr(organisation, name, value)
    _check_validity(organisation)
    work.session.flush()
    return queries.presented(work, [organisation])[0]


def _rename(work: Work, organisation: Organisation, valid_from: date, data: dict[str, Any]) -> None:
    """Call it something else from a date on; what holds on that date already adds nothing."""
    names = queries.names_of(work.session, [organisation.id])[organisation.id]
    holding = queries.name_on(names, valid_from)
    name = data.pop("name", holding.name)
    name_en = data.pop("name_en", holding.name_en)
    if (holding.name, holding.name_en) == (name, name_en):
        return
    if holding.valid_from == valid_from:
        holding.name, holding.name_en = name, name_en
    else:
        _add_name(work, organisation.id, name, name_en, valid_from)


def _add_name(
    work: Work, organisation_id: UUID, name: str, name_en: str | None, valid_from: date
) -> None:
    work.session.add(
        OrganisationName(
            organisation_id=organisation_id, name=name, name_en=name_en, valid_from=valid_from
        )
    )


def _successor(work: Work, organisation: Organisation | None, code: str | None) -> UUID | None:
    if code is None:
        return None
    successor = queries.organisation_by_code(work.session, code)
    if successor is None:
        raise Invalid.at("successor_code", "unknown-code", value=code)
    ancestor: Organisation | None = successor
    while ancestor is not None and organisation is not None:
        if ancestor.id == organisation.id:
            raise Invalid.at("successor_code", "successor-cycle")
        following = ancestor.successor_id
        ancestor = work.session.get(Organisation, following) if following else None
    return successor.id


def _refuse_city_keys(work: Work, organisation: Organisation) -> None:
    """An organisation whose keys hold the city's scopes stays the city."""
    for key in queries.open_keys(work, organisation.id):
        held = sorted(CITY_SCOPES.intersection(key.scopes))
        if held:
            raise Invalid.at("kind", "scope-for-city", scope=held[0])


def _check_validity(organisation: Organisation) -> None:
    first, last = organisation.valid_from, organisation.valid_to
    if first is not None and last is not None and first > last:
        raise Invalid.at("valid_to", "date-order", earlier="valid_from", later="valid_to")
