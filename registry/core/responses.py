"""What a view gave as an HTTP response: body, status, ETag, Location and the revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, request

from registry.core.dumping import dumped
from registry.core.http import Idempotency, json_response, json_text_response
from registry.core.json_rows import Written
from registry.core.operation import ACCEPTED
from registry.core.problems import DomainError

if TYPE_CHECKING:
    import marshmallow as ma

    from registry.core.parts import Registry
    from registry.core.work import Work

BASE = "/api/v1"


def written(
    parts: Registry, work: Work, result: object, answers: type[ma.Schema], status: int,
    location: str | None, kept: Idempotency | None,
) -> Response:  # fmt: skip
    """The answer to a write: what it made, or with `dry_run` its effect; kept for a repetition."""
    if work.dry_run:
        return json_response({"effect": parts.effects(work)})
    body = dumped(answers, result)
    status = 200 if work.notes.get("repeated") else status
    changed = work.notes["changed"]
    headers = {"Registry-Revision": str(work.revision if changed else work.head.number)}
    if location is not None:
        headers["Location"] = BASE + location.format(**body)
    version = version_in(result)
    response = json_response(body, status)
    if version is not None:
        response.set_etag(f"{version}")
    if kept is not None:
        tag = {"ETag": response.headers["ETag"]} if version is not None else {}
        kept.keep(work, body, status, headers | tag)
        work.session.flush()
    response.headers.update(headers)
    return response


def accepted(
    work: Work, result: object, answers: type[ma.Schema], location: str | None,
    kept: Idempotency | None,
) -> Response:  # fmt: skip
    """The 202 of an act whose work is done later."""
    work.session.flush()
    body = dumped(answers, result)
    headers = {"Location": BASE + location.format(**body)} if location else {}
    if kept is not None:
        kept.keep(work, body, ACCEPTED, headers)
    response = json_response(body, ACCEPTED)
    response.headers.update(headers)
    return response


def presented(result: object, answers: type[ma.Schema]) -> Response:
    """The answer to a read, with the link to its next page."""
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


def version_in(result: object) -> int | None:
    """The version a record has, for its ETag; None of what has none."""
    if isinstance(result, dict):
        return result.get("version")
    return getattr(result, "version", None)


def require_accepted(produces: tuple[str, ...]) -> None:
    """Raises not-acceptable unless one of these types is asked for."""
    accept = request.accept_mimetypes
    if len(produces) > 1 and "format" in request.args:
        return  # `format` beats Accept
    if accept and not any(
        accept.quality(kind) > 0 for kind in (*produces, "application/problem+json")
    ):
        raise DomainError("not-acceptable")
