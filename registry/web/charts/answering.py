"""A chart as a response: a picture to look at or to keep, or its specification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, request

from registry.web.charts.drawing import DRAWINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = {"svg": "image/svg+xml", "png": "image/png", "json": "application/json"}


def chart_response(spec: Mapping[str, Any], kind: str, name: str) -> Response:
    """The chart in a kind; with `keep` in the address it is a file to save."""
    response = Response(DRAWINGS.drawn(spec, kind), content_type=KINDS[kind])
    if kind != "svg" or request.args.get("keep") == "1":
        ending = "vl.json" if kind == "json" else kind
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return response
