"""How a page is declared: one snapshot, whoever looks, what the address asks, one template.

What anybody is shown is kept under the newest revision, the day and the address, as the API's
answers are; so a page asked twice costs one look at the head.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import flask
from flask import Response, make_response, redirect, request

from registry.core.api import PUBLIC
from registry.core.front import version_of
from registry.core.http import conditional
from registry.core.input import NoQuery, parsed
from registry.core.memory import Kept
from registry.core.parts import admitted, entrance, registry
from registry.core.telemetry import request_id
from registry.core.work import Unsettled
from registry.web.languages import page_language
from registry.web.responses import accepts_gzip, packed, secured
from registry.web.visitor import visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import datetime

    from registry.core.fields import Input
    from registry.core.parts import Registry

LANGUAGE = "/<any(ko, en):language>"
ANYBODY = "page"  # the rights for which a page is kept
COMPRESSED = ("text/", "image/svg", "application/json")


class Pages(flask.Blueprint):
    """An area of the site, in each language under its own prefix."""

    def __init__(self, name: str, import_name: str, prefix: str = "") -> None:
        super().__init__(name, import_name, url_prefix=LANGUAGE + prefix)
        self.url_value_preprocessor(_take_language)
        self.url_defaults(_add_language)

    def page(
        self, rule: str, *, query: type[Input] = NoQuery
    ) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
        """Declare a page: the view is called with the snapshot, the query and the path's ids.

        It answers the text of a page, or a response of its own.
        """

        def declare(view: Callable[..., Any]) -> Callable[..., Response]:
            @wraps(view)
            def handle(**ids: Any) -> Response:
                tidy = without_blanks()
                if tidy is not None:
                    return secured(make_response(redirect(tidy)))
                parts = registry()
                known = _recalled(parts)
                if known is not None:
                    return known
                try:
                    return _shown(parts, view, query, ids)
                except Unsettled:
                    return _shown(parts, view, query, ids, parts.database.wait_for_writers())

            handle._access = PUBLIC  # type: ignore[attr-defined]  # noqa: SLF001 - the access test reads it
            self.add_url_rule(rule, view.__name__, handle, methods=["GET"])
            return handle

        return declare


def _take_language(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """The language is the page's, not the view's; the rule's own values keep it."""
    page_language()
    if values:
        values.pop("language", None)


def _add_language(_endpoint: str, values: dict[str, Any]) -> None:
    values.setdefault("language", page_language())


def without_blanks() -> str | None:
    """The address without what a form sent empty, if there is any of it."""
    pairs = list(request.args.items(multi=True))
    said = [(name, value) for name, value in pairs if value.strip()]
    if len(said) == len(pairs):
        return None
    return request.path + (f"?{urlencode(said)}" if said else "")


def _shown(
    parts: Registry,
    view: Callable[..., Any],
    query: type[Input],
    ids: dict[str, Any],
    settled_until: datetime | None = None,
) -> Response:
    with parts.database.reading(None, request_id(), settled_until, entrance(parts)) as work:
        work.principal = visitor(work)
        caller = admitted(parts, work.principal)
        asked = parsed(query, None)[0]
        response = make_response(view(work, asked, **ids))
    parts.accessed(parts, work)
    parts.used(parts, caller)
    _finish(response, embedded=bool(asked.get("embed")), anonymous=caller.is_anonymous)
    if _is_for_anybody() and response.status_code == 200:  # noqa: PLR2004 - a page that was there
        kept = Kept.of(response, str(request.url_rule))
        parts.memory.keep(version_of(parts, work.head), _question(), ANYBODY, kept)
    return conditional(response)


def _finish(response: Response, *, embedded: bool, anonymous: bool) -> None:
    secured(response, embedded=embedded)
    response.headers.setdefault("Content-Language", page_language())
    response.headers["Cache-Control"] = "public, no-cache" if anonymous else "private, no-cache"
    response.vary.update(("Authorization", "Cookie"))
    response.add_etag(weak=True)
    # What may hold a secret of somebody's session is not compressed beside what others can choose.
    if anonymous and response.content_type.startswith(COMPRESSED):
        packed(response)


def _is_for_anybody() -> bool:
    return "Authorization" not in request.headers and not request.cookies


def _recalled(parts: Registry) -> Response | None:
    """The page as it was shown, if nothing has happened since that could change it."""
    if not _is_for_anybody() or parts.memory.room == 0:
        return None
    seen = parts.database.glance(entrance(parts))
    if seen is None:
        return None
    head, caller = seen
    known = parts.memory.find(version_of(parts, head), _question(), ANYBODY)
    if known is None:
        return None
    admitted(parts, caller)
    return conditional(Response(known.body, headers=list(known.headers)))


def _question() -> Hashable:
    """What is asked; a page may write out the host's address, and is kept as it was sent."""
    asked = sorted(request.args.items(multi=True), key=lambda pair: pair[0])
    return request.url_root, request.path, tuple(asked), accepts_gzip()
