"""How a refusal or a fault leaves the server: one problem document (RFC 9457), and nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, g
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect

from registry.core.http import json_response, language
from registry.core.problems import DomainError, as_document
from registry.core.telemetry import log, places_of, request_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask, Response

RETRY_SECONDS = "2"


def install_problem_handlers(app: Flask, answer: Callable[[DomainError], Response]) -> None:
    """Answer every error in one way (`problem` for programs), with its own headers kept."""

    @app.errorhandler(DomainError)
    def _domain(error: DomainError) -> Response:
        g.refused = error  # for what keeps a key's calls
        return answer(error)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response | HTTPException:
        if isinstance(error, RequestRedirect):
            return error
        g.refused = _known(error)
        response = answer(g.refused)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        log.error(
            "unexpected",
            request_id=request_id(),
            kind=type(error).__name__,
            places=places_of(error),
        )
        g.refused = DomainError("internal-error")
        return answer(g.refused)


_BY_STATUS = {
    400: "bad-request", 404: "not-found", 405: "method-not-allowed", 406: "not-acceptable",
    413: "payload-too-large", 414: "uri-too-long", 415: "unsupported-media-type",
}  # fmt: skip


def _known(error: HTTPException) -> DomainError:
    code = _BY_STATUS.get(error.code or 500, "bad-request")
    return DomainError(code, limit=current_app.config["MAX_CONTENT_LENGTH"])


def problem(error: DomainError) -> Response:
    """A problem response in the asker's language."""
    document = as_document(error, language(), request_id())
    response = json_response(document, document["status"], "application/problem+json")
    response.headers["Content-Language"] = language()
    response.headers["Cache-Control"] = "no-store"
    response.vary.update(("Authorization", "Accept", "Accept-Language"))
    if error.code == "unauthorized":
        response.headers["WWW-Authenticate"] = 'Bearer realm="registry"'
    if document["status"] in {429, 503}:
        response.headers["Retry-After"] = str(error.facts.get("retry_after", RETRY_SECONDS))
    return response
