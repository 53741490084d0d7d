"""The two languages of the pages: which one is asked for, and the same page in the other.

Source strings are Korean; the English ones stand in `translations`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import g, has_request_context, request, url_for
from flask_babel import Babel

from registry.core.problems import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

TRANSLATIONS = Path(__file__).parent / "translations"
NAMES = {"ko": "한국어", "en": "English"}


def install(app: Flask) -> None:
    """Let texts, numbers and dates follow the language in a page's address."""
    Babel(
        app,
        default_locale="ko",
        default_timezone="Asia/Seoul",
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=page_language,
    )


def page_language() -> str:
    """The language that the address begins with; Korean for an address without one."""
    if not has_request_context():
        return LANGUAGES[0]
    if "language" not in g:
        first = request.path.strip("/").partition("/")[0]
        g.language = first if first in LANGUAGES else LANGUAGES[0]
    known: str = g.language
    return known


def named(entry: Mapping[str, Any], key: str = "name") -> str:
    """A name (or another text) in the page's language, of something that has both."""
    other = f"{key}_en"
    chosen = entry[key] if page_language() == "ko" else entry.get(other) or entry[key]
    return str(chosen)


def same_page_in(language: str) -> str:
    """The address of this page in another language; of its home page where there is no such page."""
    rule = request.url_rule
    if rule is None or "language" not in rule.arguments:
        return url_for("public.front", language=language)
    values = {**g.get("shown_ids", request.view_args or {}), "language": language}
    query = request.query_string.decode("utf-8", "replace")
    # What was sent from a form shows the page that the form is on.
    endpoint = g.get("shown_endpoint", rule.endpoint)
    return url_for(endpoint, **values) + (f"?{query}" if query else "")
