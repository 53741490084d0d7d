"""`/openapi.json` and `/docs`: the API document, and the page to read and try it.

The page is Swagger UI's own files out of its wheel and a start script of ours; nothing comes from
another host, and the page's policy forbids it.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, request
from werkzeug.exceptions import NotFound

from registry.core.api import PUBLIC, Blueprint
from registry.core.document import ApiDocument, document_text
from registry.core.responses import BASE

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from registry.core.work import Work

# Swagger UI's icons are data: images; its styles need no exception.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
OURS = files("registry.operations") / "reference"
THEIRS = files("flask_swagger_ui") / "dist"
ASSETS: dict[str, tuple[Traversable, str]] = {
    "start.js": (OURS, "text/javascript"),
    "swagger-ui-bundle.js": (THEIRS, "text/javascript"),
    "swagger-ui.css": (THEIRS, "text/css"),
}

reference = Blueprint("reference", __name__, url_prefix=BASE, description="The API described")
root = Blueprint("root", __name__)
blueprints = (reference, root)


@reference.read("/openapi.json", access=PUBLIC, answers=ApiDocument)
def read_openapi_document(_work: Work, _asked: dict[str, Any]) -> Response:
    """Read this document: OpenAPI 3.1, as `openapi/registry.v1.json` of the source has it."""
    extensions = current_app.extensions
    if "openapi_text" not in extensions:
        extensions["openapi_text"] = document_text(current_app)
    return Response(extensions["openapi_text"], content_type="application/json")


@reference.page("/docs")
def show_reference() -> Response:
    """Show the interactive reference."""
    response = Response((OURS / "index.html").read_bytes(), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    return _cached(response, 300)


@reference.page("/docs/<string:name>")
def send_reference_asset(name: str) -> Response:
    """Send a script or style of the page."""
    if name not in ASSETS:
        raise NotFound
    return _cached(Response(_asset(name), content_type=f"{ASSETS[name][1]}; charset=utf-8"), 86_400)


@root.page("/favicon.ico")
def send_no_icon() -> Response:
    """Spare browsers and logs a 404."""
    return _cached(Response(status=204), 86_400)


@cache
def _asset(name: str) -> bytes:
    return (ASSETS[name][0] / name).read_bytes()


def _cached(response: Response, seconds: int) -> Response:
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    response.add_etag()
    response.make_conditional(request.environ)
    return response
