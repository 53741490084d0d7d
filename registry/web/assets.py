"""The pages' own files: addressed by their content, so that a browser fetches each once."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from registry.core.api import PUBLIC
from registry.core.http import conditional
from registry.web.responses import accepts_gzip, secured

KINDS = {
    "registry.css": "text/css; charset=utf-8",
    "registry.js": "text/javascript; charset=utf-8",
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
FOLDER = files("registry.web") / "static"
FOR_EVER = "public, max-age=31536000, immutable"

assets = Blueprint("assets", __name__)


class Asset(NamedTuple):
    """A file as it is and compressed, with the version that its address names."""

    body: bytes
    packed: bytes
    version: str


@cache
def asset(name: str) -> Asset:
    """One file of the pages."""
    body = (FOLDER / name).read_bytes()
    return Asset(body, gzip.compress(body, 9, mtime=0), hashlib.sha256(body).hexdigest()[:12])


def address_of(name: str) -> str:
    """The address of a file, another one whenever its content is another."""
    return f"/static/{name}?v={asset(name).version}"


@assets.get("/static/<string:name>")
def send_asset(name: str) -> Response:
    """Send a style, script or picture of the pages."""
    if name not in KINDS:
        raise NotFound
    found = asset(name)
    response = Response(found.packed if accepts_gzip() else found.body, content_type=KINDS[name])
    if accepts_gzip():
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    known = request.args.get("v") == found.version
    response.headers["Cache-Control"] = FOR_EVER if known else "public, no-cache"
    response.set_etag(found.version)
    return conditional(secured(response))


send_asset._access = PUBLIC  # type: ignore[attr-defined]  # noqa: SLF001 - as `Blueprint.page` of the API does
