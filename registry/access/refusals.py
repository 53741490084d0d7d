"""What keys were refused of late, and what people entered that was known already.

A refusal is kept by its route or act, codes and fields, never by a value, and only the newest of
each key or organisation. It is written after the request, hardly waits for the lock and never
fails a request: under load one may be missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import g, request
from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.exc import SQLAlchemyError

from registry.access.models import Key, KeyRefusal, PersonRefusal
from registry.core.parts import registry
from registry.core.problems import DomainError
from registry.core.responses import BASE
from registry.core.telemetry import log, request_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from flask import Flask, Response
    from sqlalchemy.orm import InstrumentedAttribute

    from registry.access.principal import Principal
    from registry.core.parts import Registry
    from registry.core.problems import Flaw
    from registry.core.work import Work

KEPT = 100  # of each key, and of the people of each organisation
# What says that something is there already: logged by itself or another, or under that number.
ALREADY = ("duplicate-investment", "external-id-taken", "identifier-conflict")
PLACES = 20  # of one refusal
OF_THE_SENDER = {"unknown-field", "unknown-parameter"}  # there the place is the sender's own text


def install(app: Flask) -> None:
    """Keep what a key is refused, after its request."""

    @app.after_request
    def _keep(response: Response) -> Response:
        refused: DomainError | None = g.get("refused")
        key_id = getattr(g.get("principal"), "key_id", None)
        route = request.url_rule.rule if request.url_rule else ""
        if refused is not None and key_id is not None and route.startswith(BASE):  # no page
            row = _row(refused, key_id, route, response.status_code)
            _keep_newest(registry(), KeyRefusal, KeyRefusal.key_id, row)
        return response


def refusals_of(work: Work, key_id: UUID) -> list[KeyRefusal]:
    """What a key was refused, the newest first; whose key it is, is asked before."""
    newest = select(KeyRefusal).where(KeyRefusal.key_id == key_id).order_by(KeyRefusal.id.desc())
    return [*work.session.scalars(newest.limit(KEPT))]


def _row(refused: DomainError, key_id: UUID, route: str, status: int) -> dict[str, Any]:
    return {
        "key_id": key_id,
        "method": request.method,
        "route": route,
        "status": status,
        "code": refused.code,
        "errors": [_place(flaw) for flaw in refused.flaws[:PLACES]],
        "request_id": request_id(),
    }


def _place(flaw: Flaw) -> dict[str, str]:
    place = flaw.parameter or flaw.pointer or ""
    return {"place": "" if flaw.code in OF_THE_SENDER else place, "code": flaw.code}


def note_known(
    parts: Registry, principal: Principal, act: str, error: DomainError, record_id: UUID | None
) -> None:
    """Keep that somebody entered what is known already; any other refusal is not kept."""
    if error.code not in ALREADY:
        return
    row = {
        "organisation_id": principal.organisation_id,
        "actor": principal.label,
        "act": act,
        "code": error.code,
        "record_id": record_id,
    }
    _keep_newest(parts, PersonRefusal, PersonRefusal.organisation_id, row)


def known_to_keys(work: Work, routes: Sequence[str]) -> list[tuple[KeyRefusal, str]]:
    """What the own organisation's keys were refused as known already, with each key's name."""
    found = (
        select(KeyRefusal, Key.name)
        .join(Key, Key.id == KeyRefusal.key_id)
        .where(Key.organisation_id == work.principal.organisation_id)
        .where(KeyRefusal.code.in_(ALREADY), or_(*(KeyRefusal.route.like(r) for r in routes)))
    )
    rows = work.session.execute(found.order_by(KeyRefusal.id.desc()).limit(KEPT))
    return [(row[0], row[1]) for row in rows]


def known_to_people(work: Work) -> list[PersonRefusal]:
    """What people of the own organisation entered that was known already, the newest first."""
    own = PersonRefusal.organisation_id == work.principal.organisation_id
    newest = select(PersonRefusal).where(own).order_by(PersonRefusal.id.desc()).limit(KEPT)
    return [*work.session.scalars(newest)]


def _keep_newest(
    parts: Registry, model: type[Any], whose: InstrumentedAttribute[Any], row: dict[str, Any]
) -> None:
    """Insert a row, and drop the oldest of the same caller's; nothing is raised."""
    own = whose == row[whose.key]
    newest = select(model.id).where(own).order_by(model.id.desc()).limit(KEPT).subquery()
    oldest_kept = select(func.min(newest.c.id)).scalar_subquery()
    try:
        with parts.database.in_passing() as session:
            session.execute(insert(model).values(at=parts.clock.now(), **row))
            session.execute(delete(model).where(own, model.id < oldest_kept))
    except (DomainError, SQLAlchemyError) as error:
        log.info("refusal not noted", kind=type(error).__name__)
