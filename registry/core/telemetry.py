"""Structured logs with a request id and without personal data."""

from __future__ import annotations

import logging
import re
import sys
import time
from typing import TYPE_CHECKING

import structlog
from flask import Flask, Response, g, request

from registry.core.text import looks_like_resident_number
from registry.core.types import new_id

if TYPE_CHECKING:
    from registry.settings import Settings

log = structlog.get_logger("registry")


def configure_logging(settings: Settings) -> None:
    """One JSON object a line on standard error."""
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def request_id() -> str:
    """The request's id: the caller's `X-Request-Id` if it is a decent one, else a new one."""
    if "request_id" not in g:
        g.request_id = chosen_id(request.headers.get("X-Request-Id"))
    known: str = g.request_id
    return known


def chosen_id(given: str | None) -> str:
    """The id a caller gave if it is a decent one, else a new one."""
    return given if given and _is_decent(given) else str(new_id())


def _is_decent(given: str) -> bool:
    """Whether a caller's id may go into the log and the revision."""
    shaped = re.fullmatch(r"[A-Za-z0-9_.\-]{8,64}", given) is not None
    return shaped and not looks_like_resident_number(given)


def install(app: Flask) -> None:
    """Log each request by route pattern (never by its query or body) and echo its id."""

    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def _finish(response: Response) -> Response:
        response.headers["X-Request-Id"] = request_id()
        route = request.url_rule.rule if request.url_rule else None
        seconds = seconds_so_far()
        key_id = getattr(g.get("principal"), "key_id", None)
        log_request(request_id(), request.method, route, response.status_code, seconds, key_id)
        return response


def seconds_so_far() -> float:
    """How long this request has taken until now."""
    now = time.perf_counter()
    begun: float = g.get("started", now)
    return now - begun


def log_request(
    request_id: str, method: str, route: str | None, status: int, seconds: float, key_id: object
) -> None:
    """Log one request."""
    log.info(
        "request", request_id=request_id, method=method, route=route, status=status,
        milliseconds=round(seconds * 1000, 1), key=str(key_id or ""),
    )  # fmt: skip


def places_of(error: BaseException) -> list[str]:
    """Where an error came from, without its message: a message may quote personal values."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        _, ours, path = code.co_filename.rpartition("/registry/")
        places.append(f"{ours and 'registry/'}{path}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    mine = [place for place in places if place.startswith("registry/")]
    return [*mine[-8:], *places[-2:]]
