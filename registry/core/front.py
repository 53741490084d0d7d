"""What stands before the application: it gives a kept answer again by one statement, no more.

A framework's request takes longer than the statement that tells whether an answer still holds.
So questions whose answer is in memory are not handed on; whatever is doubtful is, and is refused
or answered there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.http import parse_etags, remove_entity_headers

from registry.core.clock import seoul_date
from registry.core.memory import Kept
from registry.core.problems import DomainError
from registry.core.telemetry import chosen_id

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from registry.core.parts import Caller, Registry
    from registry.core.work import Head

    Headers = list[tuple[str, str]]
    Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

KEEP = "registry.keep"  # where in the environment a view leaves what may be kept
OF_THE_REQUEST = {"x-request-id", "content-length", "date"}


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that was given, as log, metrics and a key's last calls tell of it."""

    request_id: str
    route: str
    status: int
    seconds: float
    key_id: object
    method: str = "GET"
    refused: DomainError | None = None


def question_of(environ: dict[str, Any]) -> Hashable:
    """A request's words. The order of parameters does not matter, that of their values may."""
    pieces = environ.get("QUERY_STRING", "").split("&")
    pieces.sort(key=lambda piece: piece.partition("=")[0])
    return (
        environ.get("SCRIPT_NAME"), environ.get("PATH_INFO"), tuple(pieces),
        environ.get("HTTP_ACCEPT"), environ.get("HTTP_ACCEPT_LANGUAGE"),
    )  # fmt: skip


def version_of(parts: Registry, head: Head) -> Hashable:
    """What answers were given of: the newest revision, the day in Seoul, and the hour.

    The hour because a page's cursor is good for a day, and should be when it is given again.
    """
    now = parts.clock.now(head.read_at)
    return head.number, head.digest, seoul_date(now), now.hour


class Front:
    """A WSGI application before another one, which gives its kept answers again."""

    def __init__(self, app: Wsgi, parts: Registry, told: Sequence[Callable[[Given], None]]) -> None:
        self._app = app
        self._parts = parts
        self._told = told

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer from memory, or hand on and perhaps keep the answer."""
        if environ["REQUEST_METHOD"] != "GET" or not self._parts.memory.room:
            return self._app(environ, start)
        begun = time.perf_counter()
        question = question_of(environ)
        if self._parts.memory.holds(question):
            found = self._found(environ, question)
            if found is not None:
                return self._given(environ, start, found, begun)
        return self._handed_on(environ, start, question)

    def _found(self, environ: dict[str, Any], question: Hashable) -> tuple[Kept, Caller] | None:
        """The answer that still holds for whoever asks, and may ask now."""
        parts, header = self._parts, environ.get("HTTP_AUTHORIZATION")
        try:
            seen = parts.database.glance(lambda cursor: parts.enter(cursor, header))
            if seen is None:
                return None
            head, caller = seen
            kept = parts.memory.find(version_of(parts, head), question, caller.rights)
            if kept is None:
                return None
            parts.admit(caller)
        except DomainError:
            return None  # the application says it
        return kept, caller

    def _given(
        self,
        environ: dict[str, Any],
        start: Callable[..., Any],
        found: tuple[Kept, Caller],
        begun: float,
    ) -> Iterable[bytes]:
        kept, caller = found
        self._parts.used(self._parts, caller)
        identifier = chosen_id(environ.get("HTTP_X_REQUEST_ID"))
        headers = [*kept.headers, ("X-Request-Id", identifier)]
        known = environ.get("HTTP_IF_NONE_MATCH")
        same = known is not None and parse_etags(known).contains_weak(kept.tag)
        if same:
            remove_entity_headers(headers)
        else:
            headers.append(("Content-Length", str(len(kept.body))))
        status = 304 if same else 200
        seconds = time.perf_counter() - begun
        given = Given(identifier, kept.route, status, seconds, getattr(caller, "key_id", None))
        for tell in self._told:
            tell(given)
        start("304 NOT MODIFIED" if same else "200 OK", headers)
        return [] if same else [kept.body]

    def _handed_on(
        self, environ: dict[str, Any], start: Callable[..., Any], question: Hashable
    ) -> Iterable[bytes]:
        def started(status: str, headers: Headers, *error: Any) -> Any:  # noqa: ANN401
            left = environ.get(KEEP)
            if left is not None and not error:
                version, rights, kept = left
                self._parts.memory.keep(version, question, rights, _whole(kept, headers))
            return start(status, headers, *error)

        return self._app(environ, started)


def _whole(kept: Kept, headers: Headers) -> Kept:
    """The answer with the headers that it got on its way out, those of the request left out."""
    said = {name.lower() for name, _ in kept.headers} | OF_THE_REQUEST
    more = tuple(pair for pair in headers if pair[0].lower() not in said)
    return Kept(kept.body, kept.headers + more, kept.tag, kept.route)
