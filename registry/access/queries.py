"""Selects over organisations, keys and the access log."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Select, select

from registry.access.models import AccessLog, Key, Organisation
from registry.access.principal import ANONYMOUS, Principal
from registry.core.crypto import secret_digest, secrets_equal
from registry.core.problems import DomainError, Flaw, Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from registry.core.api import Registry
    from registry.core.db import Access, Work


def authenticate(work: Work, authorization: str | None, address: str = "") -> Principal:
    """The principal of an `Authorization: Bearer rk_<id>_<secret>` header, or nobody.

    Raises unauthorized for a header that is not a valid, unexpired, unrevoked key: a wrong key
    is never treated as nobody.
    """
    if authorization is None:
        return ANONYMOUS
    key_id, secret = _parts(authorization)
    found = work.session.execute(
        select(Key, Organisation)
        .join(Organisation, Key.organisation_id == Organisation.id)
        .where(Key.id == key_id)
    ).one_or_none()
    digest = found[0].digest if found else "0" * 64
    if not secrets_equal(digest, secret_digest(secret)) or found is None:
        raise DomainError("unauthorized")
    key, organisation = found
    expired = key.expires_at is not None and key.expires_at <= work.now
    revoked = key.revoked_at is not None and key.revoked_at <= work.now
    if expired or revoked:
        raise DomainError("unauthorized")
    seen = seen_organisations(work.session, organisation, work.today)
    return Principal(
        organisation_id=organisation.id,
        organisation_code=organisation.code,
        key_id=key.id,
        label=f"{organisation.code}/{key.name}",
        scopes=frozenset(key.scopes),
        organisations=tuple(o.id for o in seen),
        organisation_codes=tuple(o.code for o in seen),
        address=address,
    )


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


def seen_organisations(
    session: Session, organisation: Organisation, today: date
) -> list[Organisation]:
    """The organisation and, from their `valid_to` on, its predecessors and theirs."""
    seen = [organisation]
    frontier = [organisation.id]
    while frontier:
        found = session.scalars(
            select(Organisation).where(
                Organisation.successor_id.in_(frontier), Organisation.valid_to <= today
            )
        ).all()
        fresh = [o for o in found if o not in seen]
        seen += fresh
        frontier = [o.id for o in fresh]
    return seen


def organisation_by_code(session: Session, code: str) -> Organisation | None:
    """The organisation of a code, or None."""
    return session.scalars(select(Organisation).where(Organisation.code == code)).one_or_none()


def of_organisation(session: Session, select_: Select[Any], model: Any, code: str) -> Select[Any]:  # noqa: ANN401
    """Narrow a list to one organisation's records. Raises unknown-code at the parameter."""
    found = organisation_by_code(session, code)
    if found is None:
        raise Invalid(Flaw("unknown-code", parameter="organisation", facts={"value": code}))
    return select_.where(model.organisation_id == found.id)


def organisation_codes(session: Session) -> dict[UUID, str]:
    """Every organisation's code by its id; there are dozens, not thousands."""
    rows: Sequence[Any] = session.execute(select(Organisation.id, Organisation.code)).all()
    return {row.id: row.code for row in rows}


def log_access(
    session: Session,
    principal: Principal,
    *,
    at: Any,  # noqa: ANN401 - a moment
    act: str,
    request_id: str,
    record_ids: Sequence[UUID],
    reason: str | None = None,
) -> None:
    """Leave a row of who read whose personal values; the caller commits before answering."""
    session.add(
        AccessLog(
            at=at,
            organisation_id=principal.organisation_id,
            key_id=principal.key_id,
            address=principal.address,
            request_id=request_id,
            act=act,
            reason=reason,
            record_ids=[str(i) for i in record_ids],
        )
    )


def keep_access(parts: Registry, work: Work) -> None:
    """Log and commit the reading of personal values that a view has named, if it did."""
    noted: Access | None = work.notes.get("access")
    if noted is None:
        return
    with parts.database.aside() as session:
        log_access(
            session, work.principal, at=work.now, act=noted.act, request_id=work.request_id,
            record_ids=noted.record_ids, reason=noted.reason,
        )  # fmt: skip
