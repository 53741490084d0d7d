"""What pages of other sites may read: what anybody may read without a key, and nothing else.

A browser tells a page of another origin what a server answered only if the server allows it
(https://fetch.spec.whatwg.org/#http-cors-protocol). Public reads allow every origin, never
credentials: the preflight does not name `Authorization`, and a keyed answer carries no permission.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, request
from werkzeug.exceptions import HTTPException

from registry.core.api import PUBLIC
from registry.core.responses import BASE

if TYPE_CHECKING:
    from flask import Flask, Response

EXPOSED = "Content-Disposition, ETag, Link, Registry-Revision, Retry-After, X-Request-Id"
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match",  # Accept and its kind need no permission
    "Access-Control-Max-Age": "86400",
}


def install_origins(app: Flask) -> None:
    """Open the public reads of an application to pages of every origin, refusals included."""

    @app.after_request
    def _open(response: Response) -> Response:
        if "Authorization" in request.headers or not _is_public_read():
            return response
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if request.method == "OPTIONS":
            response.headers.update(PREFLIGHT)
        else:
            response.headers["Access-Control-Expose-Headers"] = EXPOSED
        return response


def _is_public_read() -> bool:
    """Whether this address is read without a key; a preflight asks for its GET."""
    if request.method not in {"GET", "HEAD", "OPTIONS"} or not request.path.startswith(BASE):
        return False
    endpoint = request.endpoint if request.method in {"GET", "HEAD"} else _endpoint_of_get()
    if endpoint is None:
        return False
    view = current_app.view_functions[endpoint]
    return hasattr(view, "_apidoc") and getattr(view, "_access", None) == PUBLIC


def _endpoint_of_get() -> str | None:
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        return None
    try:
        endpoint, _ = adapter.match(method="GET")
    except HTTPException:
        return None
    return str(endpoint)
