"""The OpenAPI document: the same everywhere, whole, and true to what it promises."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from registry.access.principal import SCOPES
from registry.core.text import looks_like_resident_number
from registry.openapi import openapi_document, openapi_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from tests.client import Client

FILE = Path(__file__).parent.parent / "openapi" / "registry.v1.json"
METHODS = ("get", "post", "patch", "put", "delete")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # apispec warns of two schemas of one name
        return openapi_document()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def nodes(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, node
    if isinstance(node, (dict, list)):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from nodes(child, f"{path}/{key}")


def test_the_file_is_what_the_code_says() -> None:
    assert FILE.read_text("utf-8") == openapi_text(), "run `make openapi` and review the difference"


def test_the_document_is_served_to_everyone_with_a_tag(api: Client) -> None:
    answer = api.call("GET", "/openapi.json")
    assert answer.get_data(as_text=True) == openapi_text()
    again = api.call("GET", "/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")
    api.refused("GET", "/openapi.json", 401, "unauthorized", headers={"Authorization": "Bearer x"})


def test_it_is_openapi_3_1_and_says_the_versioning_promise(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1.")
    promise = "an answer may gain fields and an enumeration may gain values"
    assert promise in " ".join(document["info"]["description"].split())


def test_every_api_route_is_in_it_and_nothing_else(app: Flask, document: dict[str, Any]) -> None:
    def shown(rule: str) -> str:
        return re.sub(r"<(?:[^<>:]+:)?(\w+)>", r"{\1}", rule)

    views = app.view_functions
    routed = {
        f"{method} {shown(rule.rule)}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods or () if method not in {"HEAD", "OPTIONS"}
        if hasattr(views[rule.endpoint], "_apidoc")
    }  # fmt: skip
    assert routed == {name for name, _ in operations(document)}
    assert all(hasattr(view, "_access") for view in views.values()), "a route without an access"


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    seen = set()
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    for name, operation in operations(document):
        assert operation["operationId"] not in seen, name
        seen.add(operation["operationId"])
        assert operation["summary"], name
        assert all(tags[tag] for tag in operation["tags"]), name
        required = {"400", "401", "406", "422", "429", "500", "503"}
        assert required <= operation["responses"].keys(), name
        if operation["security"][0]:
            assert "403" in operation["responses"], name
        if "{" in name:
            assert "404" in operation["responses"], name
        if "dry_run" in {p.get("name") for p in operation["parameters"]}:
            assert "409" in operation["responses"], name
        if "requestBody" in operation:
            assert {"413", "415"} <= operation["responses"].keys(), name


def test_every_scope_is_explained_and_no_other_is_asked_for(document: dict[str, Any]) -> None:
    explained = document["components"]["securitySchemes"]["key"]["description"]
    assert all(f"`{scope}`" in explained for scope in SCOPES)
    asked = {s for _, o in operations(document) for r in o["security"] for s in r.get("key", ())}
    assert asked <= set(SCOPES)


def test_inputs_are_closed_and_answers_open(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    sent = {ref for _, o in operations(document) for ref in refs(o.get("requestBody"), schemas)}
    answered = {ref for _, o in operations(document) for ref in refs(o["responses"], schemas)}
    assert not sent & answered
    for name in sent:
        assert schemas[name]["additionalProperties"] is False, name
    for name in answered - {"Problem", "ProblemEntry"}:
        text = json.dumps(schemas[name])
        assert '"additionalProperties": false' not in text, name
        assert '"enum"' not in text, f"{name}: an enumeration may gain values"
        assert schemas[name]["required"], name


def refs(node: Any, schemas: dict[str, Any]) -> set[str]:
    found = set()
    for _, inner in nodes(node):
        if isinstance(inner, dict) and str(inner.get("$ref", "")).startswith(
            "#/components/schemas/"
        ):
            name = inner["$ref"].rpartition("/")[2]
            found |= {name} | refs(schemas[name], schemas)
    return found


def test_every_schema_has_a_name_of_its_own_and_is_used(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    used = refs([document["paths"], document["components"]["responses"]], schemas)
    assert used == set(schemas)
    assert not [name for name in schemas if re.search(r"\d$|Schema", name)]
    assert all(schema["description"] for schema in schemas.values())


def test_every_json_body_has_an_example_that_fits(document: dict[str, Any]) -> None:
    components = {"components": document["components"]}
    for name, operation in operations(document):
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for part in (*bodies, *operation["responses"].values()):
            content = part.get("content", {}).get("application/json")
            if content is not None:
                schema = content["schema"] | components
                validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
                problems = [
                    f"{e.instance_path}: {e.message}"
                    for e in validator.iter_errors(content["example"])
                ]
                assert problems == [], name


def test_no_example_looks_like_anybody(document: dict[str, Any]) -> None:
    allowed = {"010-0000-0000", "+821000000000", "name@example.kr"}
    for path, node in nodes(document):
        if isinstance(node, str) and "/example" in path:
            assert not looks_like_resident_number(node), path
            found = re.findall(r"(?:\+8210|010)[- ]?\d{3,4}[- ]?\d{4}|[\w.]+@[\w.]+", node)
            assert set(found) <= allowed, path


def test_a_create_links_to_its_reads_and_a_read_to_its_writes(document: dict[str, Any]) -> None:
    by_id = {operation["operationId"]: operation for _, operation in operations(document)}
    for name, operation in operations(document):
        created = operation["responses"].get("201")
        if created is not None:
            reads = [i for i in created.get("links", {}) if by_id[i]["responses"].get("304")]
            assert reads, f"{name} links to no read"
        for answer in operation["responses"].values():
            for link in answer.get("links", {}).values():
                assert link["operationId"] in by_id, name
    link = by_id["register_programme"]["responses"]["201"]["links"]["correct_programme"]
    assert link["parameters"] == {
        "path.programme_id": "$response.body#/id",
        "header.If-Match": "$response.header.ETag",
    }


def test_the_reference_page_needs_no_other_host(api: Client) -> None:
    page = api.call("GET", "/docs")
    html = page.get_data(as_text=True)
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert not re.findall(r"https?:|//", policy + html)
    assets = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert {a.rpartition("/")[2] for a in assets} >= {"start.js", "swagger-ui.css"}
    for address in assets:
        answer = api.call("GET", address)
        assert answer.status_code == 200, address
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    start = api.call("GET", "/docs/start.js").get_data(as_text=True)
    assert "validatorUrl: null" in start
    assert not re.findall(r"https?:", start)
    api.refused("GET", "/docs/none.js", 404, "not-found")
    assert api.http.get("/favicon.ico").status_code == 204
