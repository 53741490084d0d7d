"""How an HTTP request reaches a service: one decorator for reads, one for writes.

A route states its access, what it takes and what it answers; the decorator does the rest in a
fixed order: key (401), scope (403), type and readability (415, 400, 413), content (422, every
mistake at once), preconditions (428), and only then the snapshot or the unit of work. A view
only translates: it calls one service or query and returns what that gave.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol

import flask
import flask_smorest
from flask import Response, current_app, g, request

from registry.core.db import Unsettled
from registry.core.dumping import dumped
from registry.core.front import KEEP, version_of
from registry.core.http import (
    Idempotency,
    conditional,
    expected_version,
    finish_read,
    json_response,
    json_text_response,
)
from registry.core.input import DryRun, NoQuery, parsed
from registry.core.json_rows import Written
from registry.core.memory import Kept, Memory
from registry.core.operation import ACCEPTED, Operation
from registry.core.problems import DomainError
from registry.core.telemetry import request_id

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import datetime
    from uuid import UUID

    import marshmallow as ma
    from sqlalchemy.engine.interfaces import DBAPICursor

    from registry.core.clock import Clock
    from registry.core.crypto import Keyring
    from registry.core.db import Database, Entrance, Head, Work
    from registry.core.fields import Input
    from registry.settings import Settings

BASE = "/api/v1"
PUBLIC = ""  # an access that needs no key
ANY_KEY = "key"  # an access that needs a key, whatever its scopes


class Caller(Protocol):
    """Who asks, as far as HTTP needs to know (`registry.access.principal` in the product)."""

    @property
    def organisation_id(self) -> UUID | None:
        """The organisation's id, None for nobody."""

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody in particular asks."""

    @property
    def rights(self) -> Hashable:
        """All of it that an answer may depend on."""

    def require(self, scope: str) -> None:
        """Raise unauthorized or forbidden unless the scope is held."""


class Received(Protocol):
    """A body that was taken in before the act that is about it."""

    @property
    def fingerprint(self) -> str:
        """Equal for equal bodies, and it tells nothing."""

    def discard(self) -> None:
        """Forget it: the act was refused, or answered already."""


@dataclass(frozen=True)
class Registry:
    """The parts of one running product, wired by `create_app`."""

    settings: Settings
    clock: Clock
    database: Database
    keyring: Keyring
    enter: Callable[[DBAPICursor, str | None], tuple[Head, Caller]]  # by the Authorization header
    admit: Callable[[Caller], None]  # counts the request; raises too-many-requests
    effects: Callable[[Work], list[dict[str, Any]]]
    used: Callable[[Registry, Caller], None]
    accessed: Callable[[Registry, Work], None]  # logs what `work.log_access` named
    memory: Memory


def registry() -> Registry:
    """The product this request is for."""
    parts: Registry = current_app.extensions["registry"]
    return parts


def entrance(parts: Registry) -> Entrance:
    """How this request enters: by its `Authorization` header."""
    header = request.headers.get("Authorization")
    return lambda cursor: parts.enter(cursor, header)


def admitted(parts: Registry, caller: Caller) -> Caller:
    """Whoever has entered, counted once for the request."""
    if "principal" not in g:
        parts.admit(caller)
    g.principal = caller
    return caller


class Blueprint(flask_smorest.Blueprint):
    """A feature's routes, declared with `read` and `write`; nothing else makes a route."""

    def read(  # noqa: PLR0913 - a route is declared in one place
        self,
        rule: str,
        *,
        access: str,
        answers: type[ma.Schema],
        also: type[ma.Schema] | None = None,
        query: type[Input] = NoQuery,
        body: type[Input] | None = None,
        produces: tuple[str, ...] = ("application/json",),
        problems: tuple[int, ...] = (),
        kept: bool = False,
        **doc: Any,
    ) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
        """Declare a GET: the view is called with the snapshot, the query and the path's ids.

        With a `body` it is a POST that keeps nothing, for questions that no URL may hold; the
        view gets the body after the query. What only a revision, a new day, the asker's rights
        and the request's own words change may be `kept` and answered again from memory.
        """
        method = "GET" if body is None else "POST"

        def declare(view: Callable[..., Any]) -> Callable[..., Response]:
            @wraps(view)
            @_once_more
            def handle(settled_until: datetime | None = None, **ids: Any) -> Response:
                parts = registry()
                with parts.database.reading(
                    None, request_id(), settled_until, entrance(parts)
                ) as work:
                    caller = admitted(parts, work.principal)
                    if access != PUBLIC:
                        caller.require(access)
                    _check_accept(produces)
                    asked, sent, _ = parsed(query, body)
                    args = () if body is None else (sent,)
                    result = view(work, asked, *args, **ids)
                    response = _presented(result, answers)
                parts.accessed(parts, work)
                parts.used(parts, caller)
                response.headers.setdefault("Registry-Revision", str(work.head.number))
                if method != "GET":
                    return response
                finish_read(response, _version_of(result), keyed=not caller.is_anonymous)
                # What was logged when it was read is read, and logged, each time.
                if kept and settled_until is None and "access" not in work.notes:
                    left = Kept.of(response, str(request.url_rule))
                    request.environ[KEEP] = version_of(parts, work.head), caller.rights, left
                return conditional(response)

            operation = Operation(
                name=view.__name__, method=method, rule=rule, scopes=_scopes(access), body=body,
                answers=answers, also=also, query=query, produces=produces, problems=problems,
                doc=doc, keeps=False,
            )  # fmt: skip
            self._declare(operation, handle, access)
            return handle

        return declare

    def write(  # noqa: PLR0913 - a route is declared in one place
        self,
        method: str,
        rule: str,
        *,
        access: str,
        answers: type[ma.Schema],
        body: type[Input] | None = None,
        query: type[DryRun] = DryRun,
        status: int = 200,
        location: str | None = None,
        match: bool = False,
        prepare: Callable[[Keyring, Any], Any] | None = None,
        problems: tuple[int, ...] = (),
        **doc: Any,
    ) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
        """Declare a write: the view is called with the unit of work, the body and the path's ids.

        `match=True` demands If-Match; `prepare` hashes and encrypts before the lock;
        `location` is the created resource's address with `{id}`.
        """

        def declare(view: Callable[..., Any]) -> Callable[..., Response]:
            @wraps(view)
            def handle(**ids: Any) -> Response:
                parts = registry()
                caller = _seen(parts)
                caller.require(access)
                _check_accept(("application/json",))
                asked, sent, raw = parsed(query, body)
                expected = expected_version() if match else None
                kept = Idempotency.of_request(parts.keyring, caller.organisation_id, raw)
                if prepare is not None:
                    sent = prepare(parts.keyring, sent)
                args = () if body is None else (sent,)
                dry = bool(asked.pop("dry_run"))
                with parts.database.writing(caller, request_id=request_id(), dry_run=dry) as work:
                    replayed = kept.replay(work.session) if kept and not dry else None
                    if replayed is not None:
                        return replayed
                    work.notes["expected_version"] = expected
                    result = view(work, *args, **ids, **asked)
                    parts.database.finish(work)
                    response = _written(parts, work, result, answers, status, location, kept)
                parts.used(parts, caller)
                return response

            operation = Operation(
                name=view.__name__, method=method, rule=rule, scopes=_scopes(access),
                answers=answers, query=query, body=body, status=status, match=match,
                location=BASE + location if location else None, problems=problems, doc=doc,
            )  # fmt: skip
            self._declare(operation, handle, access)
            return handle

        return declare

    def act(  # noqa: PLR0913 - a route is declared in one place
        self,
        rule: str,
        *,
        access: str,
        answers: type[ma.Schema],
        query: type[Input] = NoQuery,
        takes: tuple[str, ...] = (),
        receive: Callable[[Registry, Caller, dict[str, Any]], Received] | None = None,
        after: Callable[[Registry, Caller, Any], Response | None] | None = None,
        location: str | None = None,
        problems: tuple[int, ...] = (),
        **doc: Any,
    ) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
        """Declare a POST that makes no revision and is answered 202: the work is done later.

        The view is called with a short unit of work, the query, and what `receive` made of a body
        of one of the types that it `takes`; `after` may do the work at once and answer for it.
        """

        def declare(view: Callable[..., Any]) -> Callable[..., Response]:
            @wraps(view)
            def handle(**ids: Any) -> Response:
                parts = registry()
                caller = _seen(parts)
                caller.require(access)
                _check_accept(("application/json",))
                asked, _, _ = parsed(query, None)
                received = receive(parts, caller, asked) if receive else None
                args = () if received is None else (received,)
                raw = received.fingerprint if received else None
                result = None
                try:
                    kept = Idempotency.of_request(parts.keyring, caller.organisation_id, raw)
                    with parts.database.acting(caller, request_id=request_id()) as work:
                        response = kept.replay(work.session) if kept else None
                        if response is None:
                            result = view(work, asked, *args, **ids)
                            response = _accepted(work, result, answers, location, kept)
                finally:
                    if result is None:  # refused, or answered already
                        _forget(received)
                parts.used(parts, caller)
                if result is None:
                    return response
                return (after(parts, caller, result) if after else None) or response

            operation = Operation(
                name=view.__name__, method="POST", rule=rule, scopes=_scopes(access),
                answers=answers, query=query, takes=takes, status=ACCEPTED, problems=problems,
                location=BASE + location if location else None, doc=doc,
            )  # fmt: skip
            self._declare(operation, handle, access)
            return handle

        return declare

    def page(self, rule: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
        """Declare a public GET that is no part of the API document, such as an HTML page."""

        def declare(view: Callable[..., Response]) -> Callable[..., Response]:
            view._access = PUBLIC  # type: ignore[attr-defined]  # noqa: SLF001 - as in `_declare`
            flask.Blueprint.add_url_rule(self, rule, view.__name__, view, methods=["GET"])
            return view

        return declare

    def _declare(self, operation: Operation, handle: Callable[..., Response], access: str) -> None:
        handle._access = access  # type: ignore[attr-defined]  # noqa: SLF001 - the access test reads it
        handle._apidoc = {"manual_doc": operation.described()}  # type: ignore[attr-defined]  # noqa: SLF001 - flask-smorest's
        self.add_url_rule(operation.rule, operation.name, handle, methods=[operation.method])


def _once_more(handle: Callable[..., Response]) -> Callable[..., Response]:
    """A read that raises `Unsettled` is asked again after the writers, in a new snapshot."""

    def asked(**ids: Any) -> Response:
        try:
            return handle(**ids)
        except Unsettled:
            return handle(settled_until=registry().database.wait_for_writers(), **ids)

    return asked


def _seen(parts: Registry) -> Caller:
    """Who asks, before anything else is looked at."""
    seen = parts.database.glance(entrance(parts))
    if seen is None:
        with parts.database.reading(entrance=entrance(parts)) as look:
            seen = look.head, look.principal
    return admitted(parts, seen[1])


def _scopes(access: str) -> tuple[str, ...] | None:
    if access == PUBLIC:
        return None
    return () if access == ANY_KEY else (access,)


def _written(
    parts: Registry, work: Work, result: object, answers: type[ma.Schema], status: int,
    location: str | None, kept: Idempotency | None,
) -> Response:  # fmt: skip
    if work.dry_run:
        return json_response({"effect": parts.effects(work)})
    body = dumped(answers, result)
    status = 200 if work.notes.get("repeated") else status
    changed = work.notes["changed"]
    headers = {"Registry-Revision": str(work.revision if changed else work.head.number)}
    if location is not None:
        headers["Location"] = BASE + location.format(**body)
    version = _version_of(result)
    response = json_response(body, status)
    if version is not None:
        response.set_etag(f"{version}")
    if kept is not None:
        tag = {"ETag": response.headers["ETag"]} if version is not None else {}
        kept.keep(work, body, status, headers | tag)
        work.session.flush()
    response.headers.update(headers)
    return response


def _accepted(
    work: Work, result: object, answers: type[ma.Schema], location: str | None,
    kept: Idempotency | None,
) -> Response:  # fmt: skip
    work.session.flush()
    body = dumped(answers, result)
    headers = {"Location": BASE + location.format(**body)} if location else {}
    if kept is not None:
        kept.keep(work, body, ACCEPTED, headers)
    response = json_response(body, ACCEPTED)
    response.headers.update(headers)
    return response


def _forget(received: Received | None) -> None:
    if received is not None:
        received.discard()


def _presented(result: object, answers: type[ma.Schema]) -> Response:
    if isinstance(result, Response):
        return result
    if isinstance(result, Written):
        response = json_text_response(result.text)
    else:
        response = json_response(dumped(answers, result))
    link = getattr(result, "link", None)  # of a page that has a next one
    if link is not None:
        response.headers["Link"] = link
    return response


def _version_of(result: object) -> int | None:
    if isinstance(result, dict):
        return result.get("version")
    return getattr(result, "version", None)


def _check_accept(produces: tuple[str, ...]) -> None:
    accept = request.accept_mimetypes
    if len(produces) > 1 and "format" in request.args:
        return  # `format` beats Accept
    if accept and not any(
        accept.quality(kind) > 0 for kind in (*produces, "application/problem+json")
    ):
        raise DomainError("not-acceptable")
