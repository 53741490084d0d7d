"""What keys were refused of late: for whoever looks after the program that calls.

A refusal is kept by its route, codes and fields, never by a value or an address with ids in it,
and only the newest of each key. It is written after the request, hardly waits for the lock and
never fails a request: under load one may be missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import g, request
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from registry.access.models import KeyRefusal
from registry.core.parts import registry
from registry.core.problems import DomainError
from registry.core.responses import BASE
from registry.core.telemetry import log, request_id

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Flask, Response
    from sqlalchemy import Select

    from registry.core.parts import Registry
    from registry.core.problems import Flaw
    from registry.core.work import Work

KEPT = 100  # of each key
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
            _note(registry(), _row(refused, key_id, route, response.status_code))
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


def _note(parts: Registry, row: dict[str, Any]) -> None:
    try:
        with parts.database.in_passing() as session:
            session.execute(insert(KeyRefusal).values(at=parts.clock.now(), **row))
            session.execute(delete(KeyRefusal).where(
                KeyRefusal.key_id == row["key_id"],
                KeyRefusal.id < _oldest_kept(row["key_id"]).scalar_subquery(),
            ))  # fmt: skip
    except (DomainError, SQLAlchemyError) as error:
        log.info("refusal not noted", kind=type(error).__name__)


def _oldest_kept(key_id: UUID) -> Select[int]:
    newest = select(KeyRefusal.id).where(KeyRefusal.key_id == key_id)
    kept = newest.order_by(KeyRefusal.id.desc()).limit(KEPT).subquery()
    return select(func.min(kept.c.id))
