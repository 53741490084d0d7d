"""API keys: made, rotated and revoked; each act takes effect on the next request."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from registry.access import queries
from registry.access.models import Key, Organisation
from registry.access.principal import CITY_SCOPES
from registry.core.crypto import new_secret, secret_digest
from registry.core.problems import DomainError, Invalid
from registry.core.types import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from registry.core.work import Work


def create_key(
    work: Work,
    organisation: Organisation,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
) -> tuple[Key, str]:
    """Make a key of an organisation; returns it with `rk_<id>_<secret>`, shown this once.

    Raises scope-not-held for a scope the asker lacks, Invalid scope-for-city for one that only
    an organisation of kind city may have, moment-in-past for an expiry that has passed.
    """
    work.principal.require("keys:manage")
    _refuse_scopes_not_held(work, scopes)
    for place, scope in enumerate(scopes):
        if scope in CITY_SCOPES and organisation.kind != "city":
            raise Invalid.at(f"scopes.{place}", "scope-for-city", scope=scope)
    if expires_at is not None and expires_at <= work.now:
        raise Invalid.at("expires_at", "moment-in-past")
    work.action = "key.create"
    return _new_key(work, organisation.id, name, sorted(set(scopes)), expires_at)


def rotate_key(
    work: Work, organisation_id: UUID, key_id: UUID, overlap: timedelta
) -> tuple[Key, str]:
    """Make a like key and let the old one live on for the overlap. Raises key-not-active.

    The new secret goes to the asker, so the asker must hold what the key holds (scope-not-held).
    """
    work.principal.require("keys:manage")
    old = queries.managed_key(work, organisation_id, key_id)
    _refuse_scopes_not_held(work, old.scopes)
    if state_of(old, work.now) != "active":
        raise DomainError("key-not-active")
    work.action = "key.rotate"
    expires_at, ends = old.expires_at, work.now + overlap
    old.expires_at = ends if expires_at is None else min(expires_at, ends)
    return _new_key(work, organisation_id, old.name, list(old.scopes), expires_at)


def revoke_key(work: Work, organisation_id: UUID, key_id: UUID) -> Key:
    """Shut a key out from the next request on; a key revoked before stays as it is."""
    work.principal.require("keys:manage")
    key = queries.managed_key(work, organisation_id, key_id)
    work.action = "key.revoke"
    if key.revoked_at is None:
        key.revoked_at = work.now
    return key


def state_of(key: Key, now: datetime) -> str:
    """Whether a key is active, expired or revoked at a moment."""
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= now else "active"


def _refuse_scopes_not_held(work: Work, scopes: Sequence[str]) -> None:
    for scope in scopes:
        if not work.principal.holds(scope):
            raise DomainError("scope-not-held", scope=scope)


def _new_key(
    work: Work, organisation_id: UUID, name: str, scopes: list[str], expires_at: datetime | None
) -> tuple[Key, str]:
    secret = new_secret()
    key = Key(
        id=new_id(),
        organisation_id=organisation_id,
        name=name,
        scopes=scopes,
        digest=secret_digest(secret),
        expires_at=expires_at,
    )
    work.session.add(key)
    return key, f"rk_{key.id.hex}_{secret}"
