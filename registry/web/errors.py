"""How a refusal or a fault is shown: on a page in the site's look, in the API as its problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, make_response, render_template, request

from registry.core.problems import LANGUAGES, catalogue, filled
from registry.core.refusals import problem
from registry.core.telemetry import request_id
from registry.web.languages import page_language
from registry.web.responses import packed, secured

if TYPE_CHECKING:
    from registry.core.problems import DomainError

RETRY = {429, 503}


def shown(error: DomainError) -> Response:
    """The error as whoever asked can read it: a person a page, a program a problem document."""
    return page_of(error) if _is_page() else problem(error)


def _is_page() -> bool:
    return request.path.strip("/").partition("/")[0] in LANGUAGES


def page_of(error: DomainError) -> Response:
    """A page that says what happened and what to do now."""
    entry, language = catalogue()[error.code], page_language()
    text = render_template(
        "error.html",
        status=entry.status,
        title=entry.title[language],
        detail=filled(entry.detail[language], error.facts),
        advice=entry.advice[language],
        flaws=[flaw.described(language)["detail"] for flaw in error.flaws],
        request_id=request_id(),
    )
    response = make_response(text, entry.status)
    response.headers["Content-Language"] = language
    response.headers["Cache-Control"] = "no-store"
    if entry.status in RETRY:
        response.headers["Retry-After"] = str(error.facts.get("retry_after", 2))
    return packed(secured(response))
