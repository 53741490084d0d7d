"""The OpenAPI document: what is common to all operations, and the whole as data and as text."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import flask_smorest
import marshmallow as ma
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_instance
from apispec.ext.marshmallow.openapi import OpenAPIConverter

from registry.core.examples import add_examples
from registry.core.fields import Input, Output
from registry.core.links import add_links
from registry.core.operation import OPTIONAL, STATUSES
from registry.core.problems import catalogue

if TYPE_CHECKING:
    from flask import Flask

EXTENSION = "openapi"
PROBLEM = "application/problem+json"
# What bounds an input and would break its promise in an answer: values may be added there.
LARGEST_INT32 = 2**31 - 1
BOUNDS = ("minLength", "maxLength", "pattern", "minimum", "maximum", "maxItems", "enum", "default")


class ProblemEntry(ma.Schema):
    """One mistake of an input: its place, as a pointer or a parameter, and what is wrong."""

    pointer = ma.fields.String(metadata={"description": "JSON pointer into the body"})
    parameter = ma.fields.String(metadata={"description": "query parameter"})
    code = ma.fields.String(required=True, metadata={"description": "an entry of /problems"})
    detail = ma.fields.String(required=True)


class Problem(ma.Schema):
    """A problem as RFC 9457 writes it."""

    type = ma.fields.String(required=True, metadata={"description": "a page about the problem"})
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    code = ma.fields.String(required=True, metadata={"description": "an entry of /problems"})
    request_id = ma.fields.String(required=True)
    errors = ma.fields.List(
        ma.fields.Nested(ProblemEntry),
        metadata={"description": "all mistakes of an input; of very many the first"},
    )


class FigureChange(Output):
    """What a write changes in one year's total of one measure."""

    dataset = ma.fields.String()
    measure = ma.fields.String()
    year = ma.fields.Integer()
    before = ma.fields.Integer()
    after = ma.fields.Integer()


class DryRunEffect(Output):
    """The answer to `dry_run=true`: the effect on figures of what was not kept."""

    effect = ma.fields.List(ma.fields.Nested(FigureChange))


class ApiDocument(Output):
    """An OpenAPI 3.1 document."""

    openapi = ma.fields.String(metadata={"example": "3.1.0"})
    info = ma.fields.Dict()
    paths = ma.fields.Dict()
    components = ma.fields.Dict()


class _Converter(OpenAPIConverter):
    """Writes marshmallow schemas: strict where a client sends, tolerant where it reads."""

    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:  # noqa: ANN401
        instance = resolve_schema_instance(schema)
        found: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        found["description"] = " ".join((type(instance).__doc__ or "").split())
        if isinstance(instance, Input):
            return found
        found.pop("additionalProperties", None)
        found["properties"] = {k: _unbounded(v) for k, v in found["properties"].items()}
        if isinstance(instance, Output):
            found["required"] = [
                field.data_key or name
                for name, field in instance.fields.items()
                if not field.metadata.get("sometimes")
            ]
        return found

    def field2property(self, field: ma.fields.Field[Any]) -> dict[str, Any]:
        found: dict[str, Any] = super().field2property(field)
        if found.get("default", 0) in (None, "()", "[]"):  # absent says as much
            del found["default"]
        if "enum" in found:
            found = {k: v for k, v in found.items() if k not in ("minLength", "maxLength")}
            if field.allow_none and None not in found["enum"]:
                found["enum"] = [*found["enum"], None]
        if found.get("maximum", 0) > LARGEST_INT32:
            found["format"] = "int64"
        description = texts()["descriptions"].get(field.data_key or field.name)
        return {"description": description} | found if description else found

    def _field2parameter(
        self, field: ma.fields.Field[Any], *, name: str, location: str
    ) -> dict[str, Any]:
        found: dict[str, Any] = super()._field2parameter(field, name=name, location=location)
        kinds = found["schema"].get("type")
        if isinstance(kinds, list):  # absent is the only null a query string knows
            found["schema"]["type"] = next(kind for kind in kinds if kind != "null")
            found["schema"].get("enum", [None]).remove(None)
        return found


class _Plugin(MarshmallowPlugin):
    Converter = _Converter


def _unbounded(schema: dict[str, Any]) -> dict[str, Any]:
    found = {k: v for k, v in schema.items() if k not in BOUNDS}
    if "items" in found:
        found["items"] = _unbounded(found["items"])
    return found


@cache
def texts() -> dict[str, Any]:
    """What the document says beside what the routes declare (`document.toml`)."""
    return tomllib.loads(files("registry.core").joinpath("document.toml").read_text("utf-8"))


def describe(app: Flask) -> flask_smorest.Api:
    """Prepare the document of an application; features then register their blueprints with it."""
    app.config.update(
        API_TITLE="Busan digital talent and start-up registry",
        API_VERSION="1",
        OPENAPI_VERSION="3.1.0",
    )
    info = {
        "description": texts()["introduction"].strip(),
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }
    api = _Api(
        app,
        spec_kwargs={"info": info, "servers": [{"url": "/"}], "marshmallow_plugin": _Plugin()},
    )
    app.extensions[EXTENSION] = api
    _add_components(api.spec.components)
    return api


def document_of(app: Flask) -> dict[str, Any]:
    """An application's OpenAPI document as plain data."""
    api: _Api = app.extensions[EXTENSION]
    return api.document()


def document_text(app: Flask) -> str:
    """The document as the file in the repository has it, byte for byte."""
    return json.dumps(document_of(app), ensure_ascii=False, indent=2) + "\n"


def _add_components(components: Any) -> None:  # noqa: ANN401 - apispec has no types
    described = "\n".join(f"- `{name}`: {text}" for name, text in texts()["scopes"].items())
    components.security_scheme(
        "key",
        {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "rk_<id>_<secret>",
            "description": f"{texts()['key']}\n\n{described}",
        },
    )
    for name, header in texts()["headers"].items():
        components.header(name, _header(header))
    for name, parameter in texts()["parameters"].items():
        components.parameter(name, "header", dict(parameter))
    components.schema("Problem", schema=Problem)
    components.schema("DryRunEffect", schema=DryRunEffect)
    for status, title in STATUSES.items():
        components.response(f"Problem{status}", _refusal(status, title))


def _header(header: dict[str, Any]) -> dict[str, Any]:
    found = {"description": header["description"], "schema": {"type": header["type"]}}
    return found | ({"required": True} if header["required"] else {})


def _refusal(status: int, title: str) -> dict[str, Any]:
    codes = [code for code, entry in catalogue().items() if entry.status == status]
    headers = {"Content-Language": "Content-Language"}
    if status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = "WWW-Authenticate"
    if status in {429, 503}:
        headers["Retry-After"] = "Retry-After"
    entry = catalogue()["invalid-input" if status == 422 else codes[0]]  # noqa: PLR2004
    example = {
        "type": f"/api/v1/problems/{entry.code}",
        "title": entry.title["ko"],
        "status": status,
        "detail": entry.detail["ko"],
        "code": entry.code,
        "request_id": "01930000-0000-7000-8000-00000000000f",
    }
    return {
        "description": f"{title}: " + ", ".join(f"`{code}`" for code in codes),
        "headers": headers,
        "content": {
            PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
        },
    }


class _Api(flask_smorest.Api):
    """flask-smorest's Api, leaving all errors to the registry's own handlers and words."""

    def _register_error_handlers(self) -> None:
        return None

    def _register_responses(self) -> None:
        return None

    def _register_pagination_header(self) -> None:
        return None

    def document(self) -> dict[str, Any]:
        """The OpenAPI document, finished."""
        raw: dict[str, Any] = json.loads(json.dumps(self.spec.to_dict(), default=str))
        document = _ordered(raw, ("openapi", "info", "servers", "tags", "paths", "components"))
        document["info"] = _ordered(raw["info"], ("title", "version"))
        document["components"] = {
            kind: dict(sorted(entries.items()))
            for kind, entries in sorted(raw["components"].items())
        }
        document["paths"] = {
            address: {name: _finished(address, entry) for name, entry in path.items()}
            for address, path in sorted(raw["paths"].items())
        }
        used = {tag for o in _operations(document) for tag in o["tags"]}
        document["tags"] = [tag for tag in raw["tags"] if tag["name"] in used]
        add_links(document)
        add_examples(document, texts()["examples"])
        return document


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        entry
        for path in document["paths"].values()
        for name, entry in path.items()
        if name != "parameters"
    ]


def _finished(address: str, entry: Any) -> Any:  # noqa: ANN401 - an operation, or parameters
    if isinstance(entry, list):
        known = texts()["paths"].get(address, {})
        return [p | {"schema": p["schema"] | known.get(p["name"], {})} for p in entry]
    responses = entry["responses"]
    responses.pop("default", None)  # flask-smorest's; every answer is named
    for response in responses.values():
        for name, header in response.get("headers", {}).items():
            if header["$ref"].endswith(OPTIONAL):
                text = _header(texts()["headers"][name] | {"required": False})
                response["headers"][name] = text
    entry["summary"] = entry["summary"].rstrip(".")
    return _ordered(entry, OPERATION_KEYS)


def _ordered(entries: dict[str, Any], first: tuple[str, ...]) -> dict[str, Any]:
    return {key: entries[key] for key in first if key in entries} | entries


OPERATION_KEYS = (
    "tags", "summary", "description", "operationId", "security", "parameters", "requestBody",
    "responses",
)  # fmt: skip
