"""The `links` of the OpenAPI document: from what an answer says to what can be done with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from registry.core.operation import CREATED_AT

METHODS = ("get", "post", "patch", "put", "delete")
NAME = re.compile(r"{(\w+)}")


@dataclass(frozen=True)
class _Target:
    """An operation that a link may lead to."""

    path: str
    method: str
    operation: dict[str, Any]

    @property
    def names(self) -> list[str]:
        return NAME.findall(self.path)

    @property
    def needs_match(self) -> bool:
        return {"$ref": "#/components/parameters/If-Match"} in self.operation["parameters"]

    def link(self, values: list[str]) -> dict[str, Any]:
        parameters = {f"path.{name}": value for name, value in zip(self.names, values, strict=True)}
        if self.needs_match:
            parameters["header.If-Match"] = "$response.header.ETag"
        return {"operationId": self.operation["operationId"], "parameters": parameters}


def add_links(document: dict[str, Any]) -> None:
    """Link creates to what takes the new id, single reads to their writes, lists to their items."""
    targets = [
        _Target(path, method, item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]
    schemas = document["components"]["schemas"]
    for target in targets:
        created_at = target.operation.pop(CREATED_AT, None)
        if created_at is not None:
            answer = target.operation["responses"]["201"]
            found = _from_create(target, created_at, targets)
            found |= _from_names(_schema(answer, schemas), targets)
            _put(answer, found)
        elif target.method == "get":
            answer = target.operation["responses"]["200"]
            _put(answer, _from_read(target, targets) | _from_list(target, targets, schemas))


def _put(answer: dict[str, Any], links: dict[str, Any]) -> None:
    if links:
        answer["links"] = dict(sorted(links.items()))


def _from_create(source: _Target, created_at: str, targets: list[_Target]) -> dict[str, Any]:
    """To every operation on the new resource, or below it."""
    values = [
        f"$request.path.{name}" if name in source.names else f"$response.body#/{name}"
        for name in NAME.findall(created_at)
    ]
    shape = NAME.sub("{}", created_at)
    return {
        t.operation["operationId"]: t.link(values)
        for t in targets
        if _is_at_or_below(t.path, shape) and len(t.names) == len(values)
    }


def _is_at_or_below(path: str, shape: str) -> bool:
    plain = NAME.sub("{}", path)
    return plain == shape or plain.startswith(f"{shape}/")


def _from_names(schema: dict[str, Any], targets: list[_Target]) -> dict[str, Any]:
    """From `startup_id` or `trainee: {id}` of an answer to the reading of that record."""
    found = {}
    for target in targets:
        if target.method != "get" or len(target.names) != 1 or not target.path.endswith("}"):
            continue
        name = target.names[0]
        properties = schema.get("properties", {})
        if not name.endswith("_id"):
            continue
        if name in properties:
            found[target.operation["operationId"]] = target.link([f"$response.body#/{name}"])
        elif "$ref" in properties.get(name[:-3], {}):
            pointer = f"$response.body#/{name[:-3]}/id"
            found[target.operation["operationId"]] = target.link([pointer])
    return found


def _from_read(source: _Target, targets: list[_Target]) -> dict[str, Any]:
    """From a single resource to the changes that need the ETag just read."""
    values = [f"$request.path.{name}" for name in source.names]
    return {
        t.operation["operationId"]: t.link(values)
        for t in targets
        if t.needs_match
        and t.names == source.names
        and _is_at_or_below(t.path, NAME.sub("{}", source.path))
    }


def _from_list(source: _Target, targets: list[_Target], schemas: dict[str, Any]) -> dict[str, Any]:
    """From a list to its first item: to read it, and to what needs no ETag."""
    schema = _schema(source.operation["responses"]["200"], schemas)
    items = schema.get("properties", {}).get("items", {}).get("items", {})
    properties = _resolved(items, schemas).get("properties", {})
    shape = NAME.sub("{}", source.path) + "/{}"
    found = {}
    for target in targets:
        if target.needs_match or not _is_at_or_below(target.path, shape):
            continue
        name = (target.names or [""])[-1]
        key = name if name in properties else "id" if name.endswith("_id") else None
        if key in properties and len(target.names) == len(source.names) + 1:
            values = [f"$request.path.{n}" for n in source.names]
            link = target.link([*values, f"$response.body#/items/0/{key}"])
            found[target.operation["operationId"]] = link
    return found


def _schema(answer: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    content = answer.get("content", {}).get("application/json", {})
    return _resolved(content.get("schema", {}), schemas)


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    reference: str = schema.get("$ref", "")
    found: dict[str, Any] = schemas[reference.rpartition("/")[2]] if reference else schema
    return found
