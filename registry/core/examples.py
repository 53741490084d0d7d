"""The examples of the OpenAPI document, put together from one example for each field."""

from __future__ import annotations

from typing import Any

JSON = "application/json"
METHODS = ("get", "post", "patch", "put", "delete")
BY_FORMAT = {
    "date": "2026-03-02",
    "date-time": "2026-03-02T01:00:00Z",
    "uuid": "01930000-0000-7000-8000-000000000001",
}
KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list,
    "object": dict,
}  # fmt: skip
BY_TYPE: dict[str, Any] = {"integer": 0, "number": 0, "boolean": False, "string": "example"}


def add_examples(document: dict[str, Any], words: dict[str, Any]) -> None:
    """Give every JSON body and answer an example; a route's own is left as it is."""
    examples = _Examples(document["components"]["schemas"], words)
    for path in document["paths"].values():
        for method in METHODS:
            if method in path:
                _complete(path[method], examples)


def _complete(operation: dict[str, Any], examples: _Examples) -> None:
    body = operation.get("requestBody", {}).get("content", {}).get(JSON)
    answers = [answer.get("content", {}).get(JSON) for answer in operation["responses"].values()]
    for content in (body, *answers):
        if content is not None and not {"example", "examples"} & content.keys():
            content["example"] = examples.of(content["schema"])


class _Examples:
    """Examples of a document's schemas."""

    def __init__(self, schemas: dict[str, Any], words: dict[str, Any]) -> None:
        self._schemas, self._words = schemas, words

    def of(self, schema: dict[str, Any], name: str = "") -> Any:  # noqa: ANN401
        """An example of a schema; `name` is the field's, after its schema's."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            schema = self._schemas[name]
            return schema.get("example", self._object(schema, name))
        if "anyOf" in schema:
            return self.of(schema["anyOf"][0], name)
        if "properties" in schema:
            return self._object(schema, name)
        return self._value(schema, name)

    def _object(self, schema: dict[str, Any], name: str) -> dict[str, Any]:
        required = schema.get("required", ())
        return {
            key: self.of(inner, f"{name}.{key}")
            for key, inner in schema["properties"].items()
            if key in required or self._word(f"{name}.{key}") != OMIT
        }

    def _word(self, name: str) -> Any:  # noqa: ANN401
        return self._words.get(name, self._words.get(name.rpartition(".")[2]))

    def _value(self, schema: dict[str, Any], name: str) -> Any:  # noqa: ANN401
        kinds = schema.get("type", "string")
        if "null" in kinds and self._word(name) == OMIT:
            return None
        kind = kinds if isinstance(kinds, str) else kinds[0]
        for given in (schema.get("example"), self._word(name)):
            if isinstance(given, KINDS[kind]) and given != OMIT:
                return given
        if kind == "array":
            return [self.of(schema.get("items", {}), name)]
        if kind == "object":
            return {}
        if "enum" in schema:
            return schema["enum"][0]
        least = schema.get("minimum", 0)
        return (
            least if kind == "integer" else BY_FORMAT.get(schema.get("format", ""), BY_TYPE[kind])
        )


OMIT = "-"  # in the list of words: the field is not part of the example
