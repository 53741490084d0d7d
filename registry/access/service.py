"""Organisations and keys: who exists, and what opens the door for them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from registry.access.models import Key, Organisation, OrganisationName
from registry.access.principal import CITY_SCOPES
from registry.access.queries import organisation_by_code
from registry.core.crypto import new_secret, secret_digest
from registry.core.problems import DomainError, Invalid
from registry.core.types import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.core.db import Work


def create_organisation(work: Work, data: dict[str, Any]) -> Organisation:
    """Register an organisation under a code that never changes. Raises code-taken."""
    work.principal.require("admin")
    if organisation_by_code(work.session, data["code"]) is not None:
        raise DomainError("code-taken")
    row = Organisation(
        id=new_id(),
        code=data["code"],
        kind=data["kind"],
        business_number=data.get("business_number"),
        valid_from=data.get("valid_from"),
        valid_to=data.get("valid_to"),
    )
    work.session.add(row)
    work.session.flush()
    name_from = data.get("valid_from") or date.min
    work.session.add(
        OrganisationName(
            organisation_id=row.id, name=data["name"], name_en=data.get("name_en"), valid_from=name_from
        )
    )
    work.action = "organisation.create"
    return row


def create_key(
    work: Work,
    organisation: Organisation,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
) -> tuple[Key, str]:
    """Make a key of an organisation; returns it with `rk_<id>_<secret>`, shown this once.

    Raises scope-not-held for a scope the asker lacks, Invalid scope-for-city for one that only
    an organisation of kind city may have.
    """
    work.principal.require("keys:manage")
    for place, scope in enumerate(scopes):
        if not work.principal.holds(scope):
            raise DomainError("scope-not-held", scope=scope)
        if scope in CITY_SCOPES and organisation.kind != "city":
            raise Invalid.at(f"scopes.{place}", "scope-for-city", scope=scope)
    secret = new_secret()
    key = Key(
        id=new_id(),
        organisation_id=organisation.id,
        name=name,
        scopes=sorted(set(scopes)),
        digest=secret_digest(secret),
        expires_at=expires_at,
    )
    work.session.add(key)
    work.action = "key.create"
    return key, f"rk_{key.id.hex}_{secret}"
