"""Health and metrics beside the API, and `/problems`: HTTP only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST

from registry.core import migrate
from registry.core.api import PUBLIC, Blueprint
from registry.core.crypto import secret_digest, secrets_equal
from registry.core.http import json_response
from registry.core.parts import registry
from registry.core.problems import DomainError, Entry, catalogue
from registry.core.responses import BASE
from registry.operations import metrics, pages
from registry.operations.schemas import ProblemList, ProblemRead

if TYPE_CHECKING:
    from registry.core.work import Work

health = Blueprint("health", __name__, url_prefix="/health", description="Health")
measured = Blueprint("metrics", __name__, url_prefix="/metrics", description="Metrics")
problems = Blueprint(
    "problems", __name__, url_prefix=f"{BASE}/problems", description="Every problem, and its cure"
)
blueprints = (health, measured, problems)
HTML = "text/html"


def install(app: Flask) -> None:
    """Measure every request of an application."""
    metrics.install(app)


@health.page("/live")
def read_liveness() -> Response:
    """Answer as long as the process does."""
    return json_response({"status": "live"})


@health.page("/ready")
def read_readiness() -> Response:
    """Answer 200 if the database can be reached and stands at the newest migration, else 503."""
    try:
        ready = migrate.current(registry().database.engine) == migrate.newest()
    except Exception:  # noqa: BLE001 - whatever the driver says, the answer is: not ready
        ready = False
    if not ready:
        raise DomainError("not-ready")
    return json_response({"status": "ready"})


@measured.page("")
def read_metrics() -> Response:
    """Answer the metrics to whoever holds the token; to others there is nothing here."""
    token = registry().settings.metrics_token
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    right = secrets_equal(secret_digest(given.strip()), secret_digest(token))
    if not token or kind.lower() != "bearer" or not right:
        raise DomainError("not-found")
    return Response(metrics.exposition(registry()), content_type=CONTENT_TYPE_LATEST)


@problems.read("", access=PUBLIC, answers=ProblemList, produces=("application/json", HTML))
def list_problems(_work: Work, _asked: dict[str, Any]) -> dict[str, Any] | Response:
    """List every problem the registry reports, and how each is mended."""
    if _wants_html():
        return _html(pages.catalogue_page(catalogue().values()))
    return {"items": [_shown(entry) for entry in catalogue().values()]}


@problems.read(
    "/<string:code>",
    access=PUBLIC,
    answers=ProblemRead,
    produces=("application/json", HTML),
    problems=(404,),
)
def read_problem(_work: Work, _asked: dict[str, Any], code: str) -> dict[str, Any] | Response:
    """Read what a problem means and how it is mended; a page if the browser asks for one."""
    entry = catalogue().get(code)
    if entry is None:
        raise DomainError("not-found")
    return _html(pages.problem_page(entry)) if _wants_html() else _shown(entry)


def _wants_html() -> bool:
    accept = request.accept_mimetypes
    return accept.best_match(("application/json", HTML), "application/json") == HTML


def _html(text: str) -> Response:
    return Response(text, content_type=f"{HTML}; charset=utf-8")


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "code": entry.code,
        "type": f"{BASE}/problems/{entry.code}",
        "status": entry.status,
        "title": entry.title,
        "detail": entry.detail,
        "advice": entry.advice,
    }
