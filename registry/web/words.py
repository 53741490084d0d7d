"""Texts in the page's language, with types; the source strings are Korean."""

from __future__ import annotations

from typing import Any

import flask_babel


def _(text: str, **facts: Any) -> str:
    """The text in the page's language, its placeholders filled."""
    return str(flask_babel.gettext(text, **facts))


def ngettext(one: str, many: str, number: int, **facts: Any) -> str:
    """As `_`, in the form that a number calls for; `%(num)s` is the number."""
    return str(flask_babel.ngettext(one, many, number, **facts))
