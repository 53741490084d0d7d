"""What every page's answer carries: its policy for the browser, and less weight."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from flask import request

if TYPE_CHECKING:
    from flask import Response

SMALLEST = 860  # bytes; less does not become less
POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'; "
    "frame-ancestors {ancestors}"
)


def secured(response: Response, *, embedded: bool = False) -> Response:
    """Let a browser load nothing of another host, and frame the page only if it is made for that."""
    policy = POLICY.format(ancestors="*" if embedded else "'none'")
    response.headers["Content-Security-Policy"] = policy
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    return response


def accepts_gzip() -> bool:
    """Whether the asker takes compressed answers."""
    return request.accept_encodings.quality("gzip") > 0


def packed(response: Response) -> Response:
    """Compress an answer that shows no secret, if the asker takes that."""
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if accepts_gzip() and len(body) >= SMALLEST and "Content-Encoding" not in response.headers:
        response.set_data(gzip.compress(body, 6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response
