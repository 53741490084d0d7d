"""How an HTTP request reaches a service: one decorator for reads, one for writes.

A route states its access, what it takes and what it answers; the decorator does the rest in a
fixed order: key (401), scope (403), type and readability (415, 400, 413), content (422, every
mistake at once), preconditions (428), and only then the snapshot or the unit of work. A view
only translates: it calls one service or query and returns what that gave.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import flask
import flask_smorest
from flask import Response, request

from registry.core.front import KEEP, version_of
from registry.core.http import (
    Idempotency,
    conditional,
    expected_version,
    finish_read,
)
from registry.core.input import DryRun, NoQuery, parsed
from registry.core.memory import Kept
from registry.core.operation import ACCEPTED, Operation
from registry.core.parts import admitted, entrance, registry
from registry.core.responses import BASE, accepted, presented, require_accepted, version_in, written
from registry.core.telemetry import request_id
from registry.core.work import Unsettled

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import marshmallow as ma

    from registry.core.crypto import Keyring
    from registry.core.fields import Input
    from registry.core.parts import Caller, Received, Registry

PUBLIC = ""  # an access that needs no key
ANY_KEY = "key"  # an access that needs a key, whatever its scopes


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
                    require_accepted(produces)
                    asked, sent, _ = parsed(query, body)
                    args = () if body is None else (sent,)
                    result = view(work, asked, *args, **ids)
                    response = presented(result, answers)
                parts.accessed(parts, work)
                parts.used(parts, caller)
                response.headers.setdefault("Registry-Revision", str(work.head.number))
                if method != "GET":
                    return response
                finish_read(response, version_in(result), keyed=not caller.is_anonymous)
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
                require_accepted(("application/json",))
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
                    response = written(parts, work, result, answers, status, location, kept)
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
                require_accepted(("application/json",))
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
                            response = accepted(work, result, answers, location, kept)
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


def _forget(received: Received | None) -> None:
    if received is not None:
        received.discard()
