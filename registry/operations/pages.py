"""The catalogue of problems as plain HTML pages in both languages."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.core.problems import Entry

HEAD = '<!doctype html>\n<html lang="ko">\n<meta charset="utf-8">\n<title>{title}</title>\n'


def problem_page(entry: Entry) -> str:
    """One problem: what it is and how to mend it."""
    parts = [HEAD.format(title=escape(entry.code)), "<main>"]
    for language in ("ko", "en"):
        title, detail, advice = (
            escape(text[language]) for text in (entry.title, entry.detail, entry.advice)
        )
        heading = "해결 방법" if language == "ko" else "How to mend it"
        parts.append(
            f'<section lang="{language}"><h1>{title}</h1>'
            f"<p><code>{escape(entry.code)}</code> · HTTP {entry.status}</p>"
            f"<p>{detail}</p><h2>{heading}</h2><p>{advice}</p></section>"
        )
    return "\n".join([*parts, "</main>", "</html>", ""])


def catalogue_page(entries: Iterable[Entry]) -> str:
    """All problems, each with a link to its page."""
    rows = [
        f'<li><a href="/api/v1/problems/{escape(e.code)}"><code>{escape(e.code)}</code></a> '
        f'{escape(e.title["ko"])} · <span lang="en">{escape(e.title["en"])}</span></li>'
        for e in entries
    ]
    head = HEAD.format(title="오류 목록 · Problems")
    return "\n".join(
        [head, "<main><h1>오류 목록 · Problems</h1><ul>", *rows, "</ul></main></html>", ""]
    )
