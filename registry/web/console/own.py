"""The own account: where one is signed in, and the second factor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, g, render_template, request, url_for

from registry.accounts import factor, queries, sessions, signing_in
from registry.accounts.roles import roles
from registry.core.parts import registry
from registry.core.problems import DomainError
from registry.core.telemetry import request_id
from registry.web import cookies
from registry.web.console import forms
from registry.web.console.area import console
from registry.web.console.pages import Done, check_token, gone_on

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from registry.core.work import Work

    Form = Callable[..., Response]


@console.page("/account")
def own(work: Work, _asked: dict[str, Any]) -> str:
    """Show who is signed in, in which browsers, and with which second factor."""
    signed = g.signed
    facts: dict[str, Any] = {}
    if not signed.has_factor:
        offered = factor.proposed(registry().keyring, signed.id)
        grouped = " ".join(offered[at : at + 4] for at in range(0, len(offered), 4))
        facts = {"picture": factor.picture(offered, signed.name), "phone_secret": grouped}
    return render_template(
        "console/own.html",
        role=roles()[signed.role],
        sessions=queries.sessions_of(work.session, signed.account_id),
        idle=registry().settings.session_idle_minutes,
        **facts,
    )


def _own_form(rule: str) -> Callable[[Form], Form]:
    """A form about the own account; what it does is no revision, or makes its own."""

    def declare(view: Form) -> Form:
        def handle(**ids: Any) -> Response:
            signed = console.admitted("own")
            if isinstance(signed, Response):
                return signed
            try:
                check_token(registry())
                return view(signed, **ids)
            except DomainError as error:
                g.typed = forms.typed(view.__name__, error)
                return console.shown("own", "own", {}, 422)

        handle.__name__ = view.__name__
        console.declare(rule, view.__name__, handle, "own", "POST")
        return view

    return declare


@_own_form("/account/sessions/<uuid:session_id>")
def end_session(signed: sessions.Signed, session_id: UUID) -> Response:
    """End one of the own sessions; the present one signs out."""
    sessions.end(registry(), signed.account_id, session_id)
    return gone_on(Done(url_for("console.own"), "session-ended"))


@_own_form("/account/second-factor")
def set_factor(signed: sessions.Signed) -> Response:
    """Set a second factor for an account without one."""
    secret = signing_in.add_factor(
        registry(), signed, request.form.get("code", ""), request_id=request_id(),
        address=request.remote_addr or "", browser=request.user_agent.string,
    )  # fmt: skip
    response = gone_on(Done(url_for("console.own"), "factor-set"))
    cookies.keep_secret(response, secret)
    return response
