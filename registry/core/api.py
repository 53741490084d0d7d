"""How an HTTP request reaches a service: one decorator for reads, one for writes.

A route states its access, what it takes and what it answers; the decorator does the rest in a
fixed order: key (401), scope (403), type and readability (415, 400, 413), content (422, every
mistake at once), preconditions (428), and only then the snapshot or the unit of work. A view
only translates: it calls one service or query and returns what that gave.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import flask
import flask_smorest
import marshmallow as ma
from flask import Flask, Response, current_app, g, request
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect

from registry.core import fields as f
from registry.core.db import Unsettled
from registry.core.fields import Input, flaws_of
from registry.core.http import Idempotency, expected_version, finish_read, json_response, language
from registry.core.operation import Operation
from registry.core.problems import DomainError, Flaw, Invalid, as_document
from registry.core.telemetry import log, request_id
from registry.core.text import is_hostile, nfc

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from registry.core.clock import Clock
    from registry.core.crypto import Keyring
    from registry.core.db import Database, Work
    from registry.settings import Settings

BASE = "/api/v1"
DEEPEST = 64
LARGEST_INTEGER = 2**63 - 1
PUBLIC = ""  # an access that needs no key
ANY_KEY = "key"  # an access that needs a key, whatever its scopes
RETRY_SECONDS = "2"


class Caller(Protocol):
    """Who asks, as far as HTTP needs to know (`registry.access.principal` in the product)."""

    @property
    def organisation_id(self) -> UUID | None:
        """The organisation's id, None for nobody."""

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody in particular asks."""

    def require(self, scope: str) -> None:
        """Raise unauthorized or forbidden unless the scope is held."""


@dataclass(frozen=True)
class Registry:
    """The parts of one running product, wired by `create_app`."""

    settings: Settings
    clock: Clock
    database: Database
    keyring: Keyring
    authenticate: Callable[[Work, str | None], Caller]
    effects: Callable[[Work], list[dict[str, Any]]]
    used: Callable[[Registry, Caller], None]
    accessed: Callable[[Registry, Work], None]  # logs what `work.log_access` named


def registry() -> Registry:
    """The product this request is for."""
    parts: Registry = current_app.extensions["registry"]
    return parts


class StrictParser(FlaskParser):
    """Webargs' parser, but nothing unknown passes and errors are the registry's own."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": ma.RAISE}  # noqa: RUF012

    def handle_error(self, error: ma.ValidationError, *_: Any, **__: Any) -> NoReturn:
        """Hand the validation error on; `parsed` collects it with the others."""
        raise error


_parser = StrictParser()


class NoQuery(Input):
    """No query parameters."""


class DryRun(Input):
    """What every write takes in its query."""

    dry_run = f.QueryFlag(
        load_default=False,
        metadata={"description": "Answer the effect on figures; keep nothing."},
    )


def strict_json(raw: bytes) -> tuple[Any, list[Flaw]]:
    """Parse a JSON body strictly: UTF-8, no duplicate keys, no NaN, bounded depth and integers.

    Text is composed (NFC). Returns the value and the places of hostile text, which is emptied in
    it. Raises unreadable.
    """
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_int=_bounded_int,
        )
        flaws: list[Flaw] = []
        value = _cleaned(value, "", 1, flaws)
    except (ValueError, RecursionError):
        raise DomainError("unreadable") from None
    return value, flaws


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _refuse(_: str) -> NoReturn:
    raise ValueError


def _bounded_int(text: str) -> int:
    longest = 20
    value = int(text) if len(text) <= longest else LARGEST_INTEGER + 1
    # One past the bound is kept as a number, so that the field says out-of-range at its place.
    return max(-LARGEST_INTEGER - 1, min(value, LARGEST_INTEGER))


def _cleaned(value: Any, path: str, depth: int, flaws: list[Flaw]) -> Any:  # noqa: ANN401
    if depth > DEEPEST:
        raise ValueError
    if isinstance(value, str):
        if is_hostile(value, multiline=True):
            flaws.append(Flaw("invalid-text", pointer=path))
            return ""
        return nfc(value)
    if isinstance(value, list):
        return [_cleaned(v, f"{path}/{i}", depth + 1, flaws) for i, v in enumerate(value)]
    if isinstance(value, dict):
        if any(is_hostile(key) for key in value):
            raise ValueError
        return {
            nfc(key): _cleaned(
                v, f"{path}/{key.replace('~', '~0').replace('/', '~1')}", depth + 1, flaws
            )
            for key, v in value.items()
        }
    return value


def read_body() -> tuple[Any, list[Flaw]]:
    """The request's JSON body. Raises unsupported-media-type, payload-too-large, unreadable."""
    if request.mimetype != "application/json":
        raise DomainError("unsupported-media-type", expected="application/json")
    return strict_json(request.get_data(cache=True))


def parsed(query: type[Input], body: type[Input] | None) -> tuple[Any, Any, Any]:
    """The query, the body and the raw body, checked; every mistake of both in one Invalid."""
    flaws: list[Flaw] = []
    raw = None
    loaded_body = None
    for name, values in request.args.lists():
        if any(is_hostile(text) for text in (name, *values)):
            raise DomainError("bad-request")
    loaded_query = _load(query, "query", flaws)
    if body is not None:
        raw, hostile = read_body()
        flaws += hostile
        try:
            loaded_body = body().load(raw)
        except ma.ValidationError as error:
            places = {flaw.pointer for flaw in hostile}
            flaws += [w for w in flaws_of(error.messages, "json") if w.pointer not in places]
    if flaws:
        raise Invalid(*flaws)
    return loaded_query, loaded_body, raw


def _load(schema: type[Input], location: str, flaws: list[Flaw]) -> Any:  # noqa: ANN401
    repeated = [n for n, v in request.args.lists() if len(v) > 1 and not _is_many(schema, n)]
    flaws += [Flaw("too-many", parameter=name, facts={"limit": 1}) for name in repeated]
    try:
        return _parser.parse(schema(), request, location=location)
    except ma.ValidationError as error:
        messages: Any = error.messages
        flaws += flaws_of(messages.get(location, messages), location)
        return None


def _is_many(schema: type[Input], name: str) -> bool:
    return any(
        isinstance(field, ma.fields.List) and (field.data_key or key) == name
        for key, field in schema._declared_fields.items()  # noqa: SLF001 - no public way
    )


def authenticated(work: Work) -> Caller:
    """Who asks, by the `Authorization` header, seen in this work's snapshot."""
    principal = registry().authenticate(work, request.headers.get("Authorization"))
    g.principal = principal
    return principal


class Blueprint(flask_smorest.Blueprint):
    """A feature's routes, declared with `read` and `write`; nothing else makes a route."""

    def read(
        self,
        rule: str,
        *,
        access: str,
        answers: type[ma.Schema],
        query: type[Input] = NoQuery,
        body: type[Input] | None = None,
        produces: tuple[str, ...] = ("application/json",),
        problems: tuple[int, ...] = (),
        **doc: Any,
    ) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
        """Declare a GET: the view is called with the snapshot, the query and the path's ids.

        With a `body` it is a POST that keeps nothing, for questions that no URL may hold; the
        view gets the body after the query.
        """
        method = "GET" if body is None else "POST"

        def declare(view: Callable[..., Any]) -> Callable[..., Response]:
            @wraps(view)
            @_once_more
            def handle(settled_until: datetime | None = None, **ids: Any) -> Response:
                parts = registry()
                with parts.database.reading(None, request_id(), settled_until) as work:
                    work.principal = caller = authenticated(work)
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
                version = _version_of(result)
                return finish_read(response, version, keyed=not caller.is_anonymous)

            operation = Operation(
                name=view.__name__, method=method, rule=rule, scopes=_scopes(access), body=body,
                answers=answers, query=query, produces=produces, problems=problems, doc=doc,
                keeps=False,
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
                with parts.database.reading(request_id=request_id()) as look:
                    caller = authenticated(look)
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
    body: dict[str, Any] = answers().dump(result)
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


def _presented(result: object, answers: type[ma.Schema]) -> Response:
    if isinstance(result, Response):
        return result
    response = json_response(answers().dump(result))
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


def install_problem_handlers(app: Flask) -> None:
    """Answer every error of the API as one problem document, with its own headers kept."""

    @app.errorhandler(DomainError)
    def _domain(error: DomainError) -> Response:
        return problem(error)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response | HTTPException:
        if isinstance(error, RequestRedirect):
            return error
        response = problem(_known(error))
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        log.error(
            "unexpected", request_id=request_id(), kind=type(error).__name__, places=_places(error)
        )
        return problem(DomainError("internal-error"))


def _places(error: BaseException) -> list[str]:
    """Where an error came from, without its message: a message may quote personal values."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-12:]


_BY_STATUS = {
    400: "bad-request", 404: "not-found", 405: "method-not-allowed", 406: "not-acceptable",
    413: "payload-too-large", 414: "uri-too-long", 415: "unsupported-media-type",
}  # fmt: skip


def _known(error: HTTPException) -> DomainError:
    code = _BY_STATUS.get(error.code or 500, "bad-request")
    limit = registry().settings.body_limit_bytes
    return DomainError(code, limit=limit)


def problem(error: DomainError) -> Response:
    """A problem response in the asker's language."""
    document = as_document(error, language(), request_id())
    response = json_response(document, document["status"], "application/problem+json")
    response.headers["Content-Language"] = language()
    response.headers["Cache-Control"] = "no-store"
    response.vary.update(("Authorization", "Accept", "Accept-Language"))
    if error.code == "unauthorized":
        response.headers["WWW-Authenticate"] = 'Bearer realm="registry"'
    if document["status"] in {429, 503}:
        response.headers["Retry-After"] = str(error.facts.get("retry_after", RETRY_SECONDS))
    return response
