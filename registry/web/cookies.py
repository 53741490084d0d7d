"""The cookies of a browser in which somebody signs in; nobody else is given any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

if TYPE_CHECKING:
    from flask import Response

LONGEST = 100


def session_secret() -> str:
    """What the browser's session cookie holds; nothing without one."""
    return request.cookies.get(_name("session"), "")[:LONGEST]


def keep_secret(response: Response, secret: str) -> None:
    """Give the browser a session's secret: no script and no other site's form gets it."""
    _set(response, "session", secret)


def keep_said(response: Response, code: str) -> None:
    """Have the next page say what was done."""
    _set(response, "said", code)


def said() -> str:
    """What the page is to say was done."""
    return request.cookies.get(_name("said"), "")[:LONGEST]


def forget(response: Response, name: str) -> None:
    """Take a cookie back."""
    response.delete_cookie(_name(name), secure=request.is_secure, httponly=True, samesite="Lax")


def _name(name: str) -> str:
    # A browser takes `__Host-` only over TLS, from this host, for all of it.
    return f"__Host-registry-{name}" if request.is_secure else f"registry-{name}"


def _set(response: Response, name: str, value: str) -> None:
    response.set_cookie(
        _name(name), value, secure=request.is_secure, httponly=True, samesite="Lax", path="/"
    )
