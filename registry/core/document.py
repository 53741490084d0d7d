"""The OpenAPI document: what is common to all operations, and where it is served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flask_smorest
import marshmallow as ma

from registry.core.api import BASE, PROBLEM_TITLES

if TYPE_CHECKING:
    from flask import Flask

INTRODUCTION = """The registry of Busan's digital talents and start-ups.

Within version 1 an answer may gain fields and an enumeration may gain values; nothing else
changes. Errors are `application/problem+json` (RFC 9457); Korean by default, English by
`Accept-Language: en`.
"""


class ProblemEntry(ma.Schema):
    """One mistake of an input."""

    pointer = ma.fields.String(metadata={"description": "JSON pointer into the body"})
    parameter = ma.fields.String(metadata={"description": "query parameter"})
    code = ma.fields.String(required=True)
    detail = ma.fields.String(required=True)


class Problem(ma.Schema):
    """An error, as RFC 9457 writes it."""

    type = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    request_id = ma.fields.String(required=True)
    errors = ma.fields.List(ma.fields.Nested(ProblemEntry))


def describe(app: Flask) -> flask_smorest.Api:
    """Prepare the document of an application; features then register their blueprints with it."""
    app.config.update(
        API_TITLE="Busan digital talent and start-up registry",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
    )
    api = _Api(app, spec_kwargs={"info": {"description": INTRODUCTION}, "servers": [{"url": "/"}]})
    components = api.spec.components
    components.security_scheme(
        "key", {"type": "http", "scheme": "bearer", "bearerFormat": "rk_<id>_<secret>"}
    )
    for name, description in HEADERS.items():
        components.header(name, {"description": description, "schema": {"type": "string"}})
    for name, (description, required) in REQUEST_HEADERS.items():
        components.parameter(
            name, "header", {"description": description, "required": required, "schema": {"type": "string"}}
        )
    for status, title in PROBLEM_TITLES.items():
        content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        components.response(f"Problem{status}", {"description": title, "content": content})
    return api


HEADERS = {
    "Registry-Revision": "the revision written, or the head revision the answer was read at",
    "ETag": "what a later If-Match or If-None-Match names",
    "Location": "the address of the created resource",
}
REQUEST_HEADERS = {
    "If-Match": ("the ETag last read; a weak form is accepted, * is not", True),
    "Idempotency-Key": ("the same key again gets the same answer, at least 24 hours", False),
    "Accept-Language": ("ko (default) or en", False),
}


class _Api(flask_smorest.Api):
    """flask-smorest's Api, leaving all errors to the registry's own handlers."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        return None

    def document(self) -> dict[str, Any]:
        """The OpenAPI document as plain data."""
        document: dict[str, Any] = self.spec.to_dict()
        return document


__all__ = ["BASE", "describe"]
