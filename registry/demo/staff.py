"""The demo's people: one of each role, with a random password that the demo prints."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from registry.access.principal import operator
from registry.access.queries import organisation_by_code
from registry.accounts import links, service
from registry.core.problems import DomainError

if TYPE_CHECKING:
    from registry.core.parts import Registry

PEOPLE = (
    ("institution-registrar", "DEMO-U1", "registrar"),
    ("institution-manager", "DEMO-U1", "manager"),
    ("agency-registrar", "DEMO-A1", "registrar"),
    ("city-officer", "BUSAN", "officer"),
    ("city-auditor", "BUSAN", "auditor"),
)


def people_of(parts: Registry) -> str:
    """Make the people of the demo; a line for each, with the sign-in name and the password."""
    return "".join(f"{each[0]:<23}{_password_of(parts, *each)}\n" for each in PEOPLE)


def _password_of(parts: Registry, name: str, organisation: str, role: str) -> str:
    with parts.database.writing(operator("demo")) as work:
        owner = organisation_by_code(work.session, organisation)
        if owner is None:
            raise DomainError("not-found")
        hours = parts.settings.account_link_hours
        _, secret = service.invite(work, owner.id, name, role, hours)
    password = secrets.token_urlsafe(12)
    said = {"password": password, "again": password, "code": ""}
    links.take_up(parts, secret, said, needs_factor=False, request_id="demo")
    return password
