"""What a client sends and what the registry answers; errors with their places."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import marshmallow as ma

from registry.core.problems import Flaw

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Input(ma.Schema):
    """What a client sends: unknown fields are refused, each error is a flaw."""

    class Meta:
        """Refuse what is not declared."""

        unknown = ma.RAISE
        ordered = True

    error_messages = {"unknown": "unknown-field", "type": "invalid-type"}  # noqa: RUF012


class Output(ma.Schema):
    """What the registry answers: every declared field is always present, null if empty."""


@cache
def ready(schema: type[ma.Schema]) -> ma.Schema:
    """The schema's one instance: making one copies every field, and it keeps no state."""
    return schema()


@cache
def named(schema: ma.Schema) -> dict[str, ma.fields.Field[Any]]:
    """What a schema takes, by the names it is sent under."""
    return {field.data_key or key: field for key, field in schema.load_fields.items()}


@cache
def declared_names() -> frozenset[str]:
    """Every name that anything a client sends declares."""
    inputs: list[type[Input]] = [Input]
    for each in inputs:
        inputs += each.__subclasses__()
    return frozenset(name for each in inputs for name in named(ready(each)))


def flaws_of(messages: Mapping[Any, Any] | list[Any], location: str) -> Iterator[Flaw]:
    """Marshmallow's nested messages as flaws with JSON pointers, or parameter names."""
    return _walk(messages, "", location)


def _walk(node: Any, path: str, location: str) -> Iterator[Flaw]:  # noqa: ANN401
    if isinstance(node, dict):
        for key, inner in node.items():
            step = "" if key == "_schema" else f"/{str(key).replace('~', '~0').replace('/', '~1')}"
            yield from _walk(inner, path + step, location)
        return
    for item in node if isinstance(node, list) else [node]:
        if isinstance(item, (dict, list)):
            yield from _walk(item, path, location)
        else:
            yield _placed(item, path, location)


def _placed(item: Any, path: str, location: str) -> Flaw:  # noqa: ANN401
    flaw = item if isinstance(item, Flaw) else Flaw(str(item))
    if location == "query":
        code = "unknown-parameter" if flaw.code == "unknown-field" else flaw.code
        return Flaw(code, parameter=path.split("/")[1] if path else "", facts=flaw.facts)
    return Flaw(flaw.code, pointer=path, facts=flaw.facts)
