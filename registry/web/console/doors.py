"""Signing in and out, and taking up a one-time link: the pages that need nobody signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from flask import Response, g, make_response, redirect, render_template, request, url_for

from registry.accounts import factor, links, sessions, signing_in
from registry.accounts.models import COMPLETE
from registry.core.api import PUBLIC
from registry.core.crypto import new_secret
from registry.core.parts import registry
from registry.core.problems import DomainError, catalogue
from registry.core.telemetry import request_id
from registry.web import cookies
from registry.web.console import forms
from registry.web.console.area import console
from registry.web.console.pages import Done, check_token, gone_on, private
from registry.web.visitor import signed_here

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.accounts.sessions import Signed

DOOR = "door"  # the access of the pages that lead in
LONGEST_NAME = 100


def _door(rule: str, *methods: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    def declare(view: Callable[..., Response]) -> Callable[..., Response]:
        # The sign-in's own forms go by POST, and nobody is signed in yet.
        view._access = PUBLIC if methods == ("GET",) else DOOR  # type: ignore[attr-defined]  # noqa: SLF001 - the access test reads it
        console.add_url_rule(rule, view.__name__, view, methods=list(methods))
        return view

    return declare


@_door("/sign-in", "GET")
def sign_in() -> Response:
    """Ask for name and password."""
    return _asked("console/sign_in.html")


@_door("/sign-in", "POST")
def give_password() -> Response:
    """Take name and password."""
    parts = registry()
    try:
        check_token(parts)
        name = request.form.get("name", "")[:LONGEST_NAME]
        password = request.form.get("password", "")
        secret, stage = signing_in.give_password(parts, name, password, **_browser())
    except DomainError as error:
        return _asked("console/sign_in.html", error)
    if stage == COMPLETE:
        return _signed_in(secret)
    response = gone_on(Done(url_for("console.second_factor") + _next_query()))
    cookies.keep_secret(response, secret)
    return response


@_door("/second-factor", "GET")
def second_factor() -> Response:
    """Ask for the code, or offer a second factor to somebody who has none."""
    return _code_asked()


@_door("/second-factor", "POST")
def give_code() -> Response:
    """Take the code."""
    parts, signed = registry(), _signed()
    if signed is None or signed.is_complete:
        return _code_asked()
    code = request.form.get("code", "")
    try:
        check_token(parts)
        if signed.has_factor:
            secret = signing_in.give_code(parts, signed, code, **_browser())
        else:
            secret = signing_in.add_factor(
                parts, signed, code, request_id=request_id(), **_browser()
            )
    except DomainError as error:
        if error.code == "sign-in-refused":
            return _asked("console/sign_in.html", error)
        return _code_asked(error)
    return _signed_in(secret)


@_door("/sign-out", "POST")
def sign_out() -> Response:
    """End the session of this browser."""
    parts, signed = registry(), _signed()
    if signed is not None:
        check_token(parts)
        sessions.end(parts, signed.account_id, signed.id)
    response = gone_on(Done(url_for("console.sign_in"), "signed-out"))
    cookies.forget(response, "session")
    return response


@_door("/welcome/<string:secret>", "GET")
def welcome(secret: str) -> Response:
    """Offer whoever was invited to set a password and a second factor."""
    return _welcome(secret)


@_door("/welcome/<string:secret>", "POST")
def take_up(secret: str) -> Response:
    """Set the password and the second factor."""
    parts = registry()
    said = {name: request.form.get(name, "") for name in ("password", "again", "code")}
    try:
        check_token(parts)
        links.take_up(
            parts, secret, said, needs_factor=parts.settings.second_factor,
            request_id=request_id(),
        )  # fmt: skip
    except DomainError as error:
        return _welcome(secret, error)
    return gone_on(Done(url_for("console.sign_in"), "welcome"))


def _welcome(secret: str, error: DomainError | None = None) -> Response:
    parts = registry()
    with parts.database.reading() as work:
        link, account = links.opened(work, secret)
        offered = factor.proposed(parts.keyring, link.id)
    facts = _of_factor(offered, account.name) | {"needed": parts.settings.second_factor}
    return _asked("console/welcome.html", error, secret=secret, name=account.name, **facts)


def _code_asked(error: DomainError | None = None) -> Response:
    signed = _signed()
    if signed is None:
        return private(make_response(redirect(url_for("console.sign_in"))))
    if signed.is_complete:
        return private(make_response(redirect(url_for("console.home"))))
    facts: dict[str, Any] = {"has_factor": signed.has_factor}
    if not signed.has_factor:
        facts |= _of_factor(factor.proposed(registry().keyring, signed.id), signed.name)
    return _asked("console/second_factor.html", error, **facts)


def _of_factor(offered: str, name: str) -> dict[str, Any]:
    grouped = " ".join(offered[at : at + 4] for at in range(0, len(offered), 4))
    return {"picture": factor.picture(offered, name), "phone_secret": grouped}


def _asked(template: str, error: DomainError | None = None, **facts: Any) -> Response:
    """A form of the door; a browser without a cookie is given one, to which its forms are bound."""
    if error is not None:
        g.typed = forms.typed(request.endpoint or "", error)
    secret = cookies.session_secret()
    fresh = new_secret() if not secret else ""
    g.form_secret = secret or fresh
    response = make_response(render_template(template, next=_next(), **facts))
    if fresh:
        cookies.keep_secret(response, fresh)
    if error is not None:
        response.status_code = catalogue()[error.code].status
    return private(response)


def _signed_in(secret: str) -> Response:
    response = gone_on(Done(_next() or url_for("console.home")))
    cookies.keep_secret(response, secret)
    return response


def _signed() -> Signed | None:
    with registry().database.reading() as work:
        return signed_here(work)


def _next() -> str:
    """Where to go after signing in: an address of this site's pages, or nowhere."""
    address = request.values.get("next", "")
    parts = urlsplit(address)
    ours = address.startswith(("/ko/", "/en/")) and not parts.netloc and "\\" not in address
    return address if ours and address.isprintable() else ""


def _next_query() -> str:
    return f"?next={quote(_next())}" if _next() else ""


def _browser() -> dict[str, str]:
    return {"address": request.remote_addr or "", "browser": request.user_agent.string}
