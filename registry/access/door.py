"""The door: whose key a request brings, and the newest revision, in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, bindparam, exists, select
from sqlalchemy.orm import aliased

from registry.access.models import Key, Organisation
from registry.access.principal import ANONYMOUS, Principal
from registry.core.clock import seoul_date
from registry.core.crypto import secret_digest, secrets_equal
from registry.core.prepared import Prepared
from registry.core.problems import DomainError
from registry.revisions.log import head_of, with_newest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy import Dialect, Select
    from sqlalchemy.engine.interfaces import DBAPICursor

    from registry.core.clock import Clock
    from registry.core.work import Head

HEAD_COLUMNS = 4
NO_DIGEST = "0" * 64


class Found(NamedTuple):
    """A key as it was found, with its organisation; all None if there is no such key."""

    digest: str
    name: str
    scopes: list[str]
    expires_at: datetime | None
    revoked_at: datetime | None
    organisation_id: UUID
    code: str
    followed: bool  # whether the organisation ever followed another


class Former(NamedTuple):
    """An organisation that another one followed."""

    id: UUID
    code: str
    successor_id: UUID
    valid_to: date | None


class Door:
    """Lets a request in as the principal of its key, or as nobody."""

    def __init__(self, dialect: Dialect, clock: Clock) -> None:
        self._clock = clock
        self._anybody = Prepared(with_newest(), dialect)
        self._keyed = Prepared(_with_key(), dialect)
        self._formers = Prepared(_formers(), dialect)

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
        row = self._keyed.run(cursor, key_id=key_id)[0]
        head, found = head_of(row), Found(*row[HEAD_COLUMNS:])
        now = self._clock.now(head.read_at)
        _check(found, secret, now)
        seen = {found.organisation_id: found.code}
        if found.followed:  # few did, so that most need no second select
            formers = self._formers.run(cursor, organisation_id=found.organisation_id)
            seen |= _seen(found.organisation_id, map(Former._make, formers), seoul_date(now))
        return head, _principal(key_id, found, seen, address)


def _with_key() -> Select[Any]:
    """The head, and a key with its organisation."""
    former = aliased(Organisation)
    followed = exists().where(former.successor_id == Organisation.id)
    return (
        with_newest(
            Key.digest, Key.name, Key.scopes, Key.expires_at, Key.revoked_at, Organisation.id,
            Organisation.code, followed,
        )
        .outerjoin(Key, Key.id == bindparam("key_id", type_=Uuid()))
        .outerjoin(Organisation, Organisation.id == Key.organisation_id)
    )  # fmt: skip


def _formers() -> Select[Any]:
    """The organisations that one followed, those that they followed, and so on."""
    columns = (
        Organisation.id, Organisation.code, Organisation.successor_id, Organisation.valid_to,
    )  # fmt: skip
    own = bindparam("organisation_id", type_=Uuid())
    first = select(*columns).where(Organisation.successor_id == own).cte("former", recursive=True)
    further = select(*columns).join(first, Organisation.successor_id == first.c.id)
    return select(*first.union(further).c)


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


def _principal(key_id: UUID, found: Found, seen: dict[UUID, str], address: str) -> Principal:
    return Principal(
        organisation_id=found.organisation_id,
        organisation_code=found.code,
        key_id=key_id,
        label=f"{found.code}/{found.name}",
        scopes=frozenset(found.scopes),
        organisations=tuple(seen),
        organisation_codes=tuple(seen.values()),
        address=address,
    )


def _seen(own: UUID, formers: Iterable[Former], today: date) -> dict[UUID, str]:
    """Those that the organisation sees for: from their `valid_to` on, and theirs."""
    ended = [row for row in formers if row.valid_to is not None and row.valid_to <= today]
    seen: dict[UUID, str] = {}
    frontier = {own}
    while frontier:
        fresh = {r.id: r.code for r in ended if r.successor_id in frontier and r.id not in seen}
        seen |= fresh
        frontier = set(fresh)
    return seen
