"""How a page of the console and what is sent from it are declared.

A page is a snapshot seen as whoever is signed in. What is sent goes through the same services as
the API's writes, in one revision; refused, the page is shown again with all that was typed.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Response, g, make_response, redirect, render_template, request, url_for

from registry.access.refusals import note_known
from registry.accounts.acts import acts
from registry.accounts.sessions import form_is_ours
from registry.core.input import NoQuery, parsed
from registry.core.parts import admitted, registry
from registry.core.problems import DomainError, catalogue
from registry.core.telemetry import request_id
from registry.web import cookies
from registry.web.console import forms
from registry.web.languages import page_language
from registry.web.pages import Pages, without_blanks
from registry.web.responses import secured
from registry.web.visitor import signed_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from registry.accounts.sessions import Signed
    from registry.core.crypto import Keyring
    from registry.core.fields import Input
    from registry.core.parts import Registry
    from registry.core.work import Work

CONSOLE = "console"  # the access of what only people reach
DEPTH = 200  # of the address to come back to


@dataclass(frozen=True)
class Done:
    """Something was done: where to go on, what to say there, and what it is about."""

    address: str
    said: str = ""
    about: tuple[str, ...] = ()  # lines of the page that asks first


@dataclass(frozen=True)
class Once:
    """Something was done, and its page can be shown this once alone."""

    template: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _View:
    view: Callable[..., Any]
    query: type[Input]

    def own(self, ids: Mapping[str, Any]) -> dict[str, Any]:
        """Those of a form's ids that its page takes too."""
        taken = signature(self.view).parameters
        return {name: value for name, value in ids.items() if name in taken}


class Console(Pages):
    """An area of pages for people who are signed in."""

    def __init__(self, name: str, import_name: str) -> None:
        super().__init__(name, import_name, "/console")
        self.views: dict[str, _View] = {}

    def page(
        self, rule: str, *, act: str = "own", query: type[Input] = NoQuery
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a page; `act` says who may. The view is called as that of a public page."""

        def declare(view: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(view)
            def handle(**ids: Any) -> Response:
                tidy = without_blanks()
                if tidy is not None:
                    return secured(make_response(redirect(tidy)))
                return self.shown(view.__name__, act, ids)

            self.views[view.__name__] = _View(view, query)
            self.declare(rule, view.__name__, handle, act, "GET")
            return view

        return declare

    def act(  # noqa: PLR0913 - an act is declared in one place
        self,
        rule: str,
        *,
        act: str = "own",
        shows: str,
        body: type[Input] | None = None,
        numbers: tuple[str, ...] = (),
        lists: tuple[str, ...] = (),
        flags: tuple[str, ...] = (),
        confirms: bool = False,
        prepare: Callable[[Keyring, Any], Any] | None = None,
        revises: bool = True,
        after: Callable[..., None] | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare what a form does: the view is called with the unit of work, the data, the ids.

        `shows` names the page that the form is on; an act that `confirms` first says what it
        would change. One that `revises` nothing is a short unit of work, and `after` is called
        with the ids when it is over.
        """

        def declare(view: Callable[..., Any]) -> Callable[..., Any]:
            name = view.__name__

            @wraps(view)
            def handle(**ids: Any) -> Response:
                parts = registry()
                signed = self.admitted(act)
                if isinstance(signed, Response):
                    return _kept_for_later(name) or signed
                sure = request.form.get("sure")
                if sure == "back":
                    g.typed = forms.typed(name)
                    return self.shown(shows, act, ids)
                dry = confirms and sure != "yes"
                try:
                    check_token(parts)
                    data = forms.loaded(body, numbers=numbers, lists=lists, flags=flags)
                    if prepare is not None:
                        data = prepare(parts.keyring, data)
                    begin = _writing if revises else _acting
                    with begin(parts, signed, dry=dry) as work:
                        result = view(work, data, **ids)
                        if revises:
                            parts.database.finish(work)
                        effect = parts.effects(work) if dry else []
                    parts.accessed(parts, work)
                    parts.used(parts, signed.principal)
                    if after is not None and not dry:
                        after(parts, **ids)
                except DomainError as error:
                    under = next(iter(ids.values()), None)
                    note_known(parts, signed.principal, name, error, under)
                    g.typed = forms.typed(name, error)
                    return self.shown(shows, act, ids, catalogue()[error.code].status)
                self._stands_for(shows, ids)
                if dry:
                    sent = forms.typed(name)
                    about = result.about if isinstance(result, Done) else ()
                    return page(
                        "console/confirm.html", effect=effect, typed=sent, act=name, about=about
                    )
                return _after(result)

            self.declare(rule, name, handle, act, "POST")
            return view

        return declare

    def shown(self, name: str, act: str, ids: dict[str, Any], status: int = 200) -> Response:
        """A page as whoever is signed in may see it, or the way to sign in."""
        parts, declared = registry(), self.views[name]
        ids = self._stands_for(name, ids)
        with parts.database.reading(None, request_id()) as work:
            signed = self._let_in(work, act)
            if isinstance(signed, Response):
                return signed
            work.principal = signed.principal
            asked = parsed(declared.query, None)[0] if request.method == "GET" else _usual(declared)
            response = make_response(declared.view(work, asked, **ids))
        parts.accessed(parts, work)
        parts.used(parts, signed.principal)
        response.status_code = status if status != 200 else response.status_code  # noqa: PLR2004 - OK
        return private(response)

    def _stands_for(self, name: str, ids: dict[str, Any]) -> dict[str, Any]:
        """Let links to this page lead to the one that is shown in its place; that one's ids."""
        own = self.views[name].own(ids)
        g.shown_endpoint, g.shown_ids = f"{self.name}.{name}", own
        return own

    def admitted(self, act: str) -> Signed | Response:
        """Whoever is signed in, if the act is theirs; else the way there."""
        with registry().database.reading(None, request_id()) as work:
            return self._let_in(work, act)

    def _let_in(self, work: Work, act: str) -> Signed | Response:
        signed = g.get("signed") or signed_here(work)
        if signed is None:
            return _to_sign_in()
        if not signed.is_complete:
            return private(make_response(redirect(url_for("console.second_factor"))))
        admitted(registry(), signed.principal)
        for scope in acts()[act].scopes:
            signed.principal.require(scope)
        return signed

    def declare(
        self, rule: str, name: str, handle: Callable[..., Response], act: str, method: str
    ) -> None:
        """Add a view that says whose it is."""
        handle._access, handle._act = CONSOLE, act  # type: ignore[attr-defined]  # noqa: SLF001 - the access test reads them
        self.add_url_rule(rule, name, handle, methods=[method])


@contextmanager
def _writing(parts: Registry, signed: Signed, *, dry: bool) -> Iterator[Work]:
    writing = parts.database.writing(signed.principal, request_id=request_id(), dry_run=dry)
    with writing as work:
        work.notes["expected_version"] = _version()
        yield work


@contextmanager
def _acting(parts: Registry, signed: Signed, *, dry: bool) -> Iterator[Work]:  # noqa: ARG001 - as above
    with parts.database.acting(signed.principal, request_id=request_id()) as work:
        yield work


def check_token(parts: Registry) -> None:
    """Refuse a form that was not made for this browser. Raises form-expired."""
    token = request.form.get("token", "")
    if not form_is_ours(parts.keyring, cookies.session_secret(), token):
        raise DomainError("form-expired")


def page(template: str, **facts: Any) -> Response:
    """A page of its own, for whoever is signed in."""
    return private(make_response(render_template(template, **facts)))


def private(response: Response) -> Response:
    """Let nobody keep a page that is somebody's own."""
    secured(response)
    response.headers["Cache-Control"] = "no-store"
    response.headers.setdefault("Content-Language", page_language())
    if cookies.said() and response.status_code < 300:  # noqa: PLR2004 - it has been said now
        cookies.forget(response, "said")
    return response


def gone_on(done: Done) -> Response:
    """The way to where something done leads on."""
    response = private(make_response(redirect(done.address, 303)))
    if done.said:
        cookies.keep_said(response, done.said)
    return response


def _after(result: Done | Once) -> Response:
    return gone_on(result) if isinstance(result, Done) else page(result.template, **result.facts)


def _version() -> int | None:
    said = request.form.get("version", "")
    return int(said) if said.isascii() and said.isdigit() else None


def _usual(declared: _View) -> dict[str, Any]:
    found: dict[str, Any] = declared.query().load({})
    return found


def _kept_for_later(name: str) -> Response | None:
    """What was typed by somebody whose session has ended, to be sent once signed in again."""
    typed = forms.typed(name)
    if g.get("signed") is not None or not any(value for _, value in typed.resent()):
        return None
    response = page("console/session_ended.html", typed=typed)
    response.status_code = 403
    return response


def _to_sign_in() -> Response:
    back = request.full_path.rstrip("?") if request.method == "GET" else request.path
    address = url_for("console.sign_in") + f"?next={quote(back[:DEPTH])}"
    return private(make_response(redirect(address, 303)))
