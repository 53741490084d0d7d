"""What was refused as known already, of keys' calls and of what people entered.

What a person entered is kept by its act and code, never by a value, and only the newest of each
organisation. It is written after the request, hardly waits for the lock and never fails a
request: under load one may be missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.exc import SQLAlchemyError

from registry.access.models import Key, KeyCall, PersonRefusal
from registry.core.problems import DomainError
from registry.core.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, Delete

    from registry.access.principal import Principal
    from registry.core.parts import Registry
    from registry.core.work import Work

KEPT = 100  # of the people of each organisation, and shown of its keys
# What says that something is there already: logged by itself or another, or under that number.
ALREADY = ("duplicate-investment", "external-id-taken", "identifier-conflict")


def note_known(
    parts: Registry, principal: Principal, act: str, error: DomainError, record_id: UUID | None
) -> None:
    """Keep that somebody entered what is known already; any other refusal is not kept."""
    if error.code not in ALREADY:
        return
    row = {
        "organisation_id": principal.organisation_id,
        "at": parts.clock.now(),
        "actor": principal.label,
        "act": act,
        "code": error.code,
        "record_id": record_id,
    }
    own = PersonRefusal.organisation_id == principal.organisation_id
    try:
        with parts.database.in_passing() as session:
            session.execute(insert(PersonRefusal).values(row))
            session.execute(older_than_newest(PersonRefusal, own, [PersonRefusal.id], KEPT))
    except (DomainError, SQLAlchemyError) as busy:
        log.info("refusal not noted", kind=type(busy).__name__)


def known_to_keys(work: Work, routes: Sequence[str]) -> list[tuple[KeyCall, str]]:
    """What the own organisation's keys were refused as known already, with each key's name."""
    found = (
        select(KeyCall, Key.name)
        .join(Key, Key.id == KeyCall.key_id)
        .where(Key.organisation_id == work.principal.organisation_id)
        .where(KeyCall.code.in_(ALREADY), or_(*(KeyCall.route.like(r) for r in routes)))
    )
    newest = found.order_by(KeyCall.at.desc(), KeyCall.id.desc()).limit(KEPT)
    return [(row[0], row[1]) for row in work.session.execute(newest)]


def known_to_people(work: Work) -> list[PersonRefusal]:
    """What people of the own organisation entered that was known already, the newest first."""
    own = PersonRefusal.organisation_id == work.principal.organisation_id
    newest = select(PersonRefusal).where(own).order_by(PersonRefusal.id.desc()).limit(KEPT)
    return [*work.session.scalars(newest)]


def older_than_newest(
    model: type[Any], own: ColumnElement[bool], order: Sequence[Any], kept: int
) -> Delete:
    """Drop somebody's rows but for the newest."""
    newest = select(model.id).where(own).order_by(*(key.desc() for key in order)).limit(kept)
    return delete(model).where(own, model.id.not_in(newest))
