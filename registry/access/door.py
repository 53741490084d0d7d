"""The door: whose key a request brings, and the newest revision, in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, select, true

from registry.access.models import Key, Organisation
from registry.access.principal import ANONYMOUS, Principal
from registry.core.clock import seoul_date
from registry.core.crypto import secret_digest, secrets_equal
from registry.core.prepared import Prepared
from registry.core.problems import DomainError
from registry.revisions.log import head_of, with_newest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Dialect, Select
    from sqlalchemy.engine.interfaces import DBAPICursor

    from registry.core.clock import Clock
    from registry.core.db import Head

HEAD_COLUMNS = 4
NO_DIGEST = "0" * 64


class Found(NamedTuple):
    """A key as it was found, with one of the organisations that its own one followed, or itself."""

    digest: str
    name: str
    scopes: list[str]
    expires_at: datetime | None
    revoked_at: datetime | None
    own_id: UUID
    organisation_id: UUID
    code: str
    successor_id: UUID | None
    valid_to: date | None


class Door:
    """Lets a request in as the principal of its key, or as nobody."""

    def __init__(self, dialect: Dialect, clock: Clock) -> None:
        self._clock = clock
        self._anybody = Prepared(with_newest(), dialect)
        self._keyed = Prepared(_with_key(), dialect)

    def enter(
        self, cursor: DBAPICursor, authorization: str | None, address: str = ""
    ) -> tuple[Head, Principal]:
        """The head, and the principal of an `Authorization: Bearer rk_<id>_<secret>` header.

        Raises unauthorized for a header that is not a valid, unexpired, unrevoked key: a wrong
        key is never treated as nobody.
        """
        if authorization is None:
            return head_of(self._anybody.run(cursor)[0]), ANONYMOUS
        key_id, secret = _parts(authorization)
        rows = self._keyed.run(cursor, key_id=key_id)
        head = head_of(rows[0])
        found = [Found(*row[HEAD_COLUMNS:]) for row in rows]
        now = self._clock.now(head.read_at)
        _check(found[0], secret, now)
        return head, _principal(key_id, found, seoul_date(now), address)


def _with_key() -> Select[Any]:
    """The head and a key, with its organisation and all that this one followed, a row each."""
    key_id = bindparam("key_id", type_=Uuid())
    columns = (
        Organisation.id, Organisation.code, Organisation.successor_id, Organisation.valid_to,
    )  # fmt: skip
    own = (
        select(*columns)
        .join(Key, Key.organisation_id == Organisation.id)
        .where(Key.id == key_id)
        .cte("seen", recursive=True)
    )
    seen = own.union(select(*columns).join(own, Organisation.successor_id == own.c.id))
    return (
        with_newest(
            Key.digest, Key.name, Key.scopes, Key.expires_at, Key.revoked_at, Key.organisation_id,
            *seen.c,
        )
        .outerjoin(Key, Key.id == key_id)
        .outerjoin(seen, and_(true(), Key.id.is_not(None)))
    )  # fmt: skip


def _parts(authorization: str) -> tuple[UUID, str]:
    kind, _, token = authorization.partition(" ")
    prefix, _, rest = token.strip().partition("_")
    key_id, _, secret = rest.partition("_")
    try:
        identifier = UUID(hex=key_id)
    except ValueError:
        raise DomainError("unauthorized") from None
    if kind.lower() != "bearer" or prefix != "rk" or not secret.isascii():
        raise DomainError("unauthorized")
    return identifier, secret


def _check(found: Found, secret: str, now: datetime) -> None:
    right = secrets_equal(found.digest or NO_DIGEST, secret_digest(secret))
    expired = found.expires_at is not None and found.expires_at <= now
    # A revocation holds whatever the clock says: a reader's may stand a moment before the head.
    if not right or expired or found.revoked_at is not None:
        raise DomainError("unauthorized")


def _principal(key_id: UUID, found: Sequence[Found], today: date, address: str) -> Principal:
    own = next(row for row in found if row.organisation_id == row.own_id)
    seen = _seen(own, found, today)
    return Principal(
        organisation_id=own.organisation_id,
        organisation_code=own.code,
        key_id=key_id,
        label=f"{own.code}/{own.name}",
        scopes=frozenset(own.scopes),
        organisations=tuple(row.organisation_id for row in seen),
        organisation_codes=tuple(row.code for row in seen),
        address=address,
    )


def _seen(own: Found, found: Sequence[Found], today: date) -> list[Found]:
    """The organisation and, from their `valid_to` on, its predecessors and theirs."""
    seen, frontier = [own], {own.organisation_id}
    while frontier:
        fresh = [
            row
            for row in found
            if row.successor_id in frontier
            and row not in seen
            and row.valid_to is not None
            and row.valid_to <= today
        ]
        seen += fresh
        frontier = {row.organisation_id for row in fresh}
    return seen
