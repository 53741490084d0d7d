"""A field whose errors are flaws, and what holds other fields."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from registry.core.problems import Flaw


class Coded(ma.fields.Field[Any]):
    """A field whose errors are flaws: a code of the catalogue with its facts."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own class attribute
        "required": "required",
        "null": "null",
        "validator_failed": "invalid-type",
        "invalid": "invalid-type",
    }

    def make_error(self, key: str, **facts: Any) -> ma.ValidationError:
        """A validation error carrying a flaw instead of a text."""
        return flawed(self.error_messages.get(key, key), **facts)  # type: ignore[arg-type]


def flawed(code: str, **facts: Any) -> ma.ValidationError:
    """A validation error of one flaw, to raise in a field or a schema's check."""
    return ma.ValidationError([Flaw(code, facts=facts)])


def flawed_at(field: str, code: str, **facts: Any) -> ma.ValidationError:
    """As `flawed`, at a named field, to raise in a schema's cross-field check."""
    return ma.ValidationError({field: [Flaw(code, facts=facts)]})


class Part(Coded, ma.fields.Nested):
    """An object within the object."""


class Open(Coded, ma.fields.Dict):
    """An answer's object whose members depend on the question."""


class Many(Coded, ma.fields.List[Any]):
    """A bounded list without repetition of its own."""

    def __init__(self, inner: ma.fields.Field[Any], *, most: int = 50, **kwargs: Any) -> None:
        metadata = {"maxItems": most} | kwargs.pop("metadata", {})
        super().__init__(inner, metadata=metadata, **kwargs)
        self.most = most

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:  # noqa: ANN401
        if not isinstance(value, list):
            raise flawed("invalid-type")
        if len(value) > self.most:
            raise flawed("too-many", limit=self.most)
        return super()._deserialize(value, *args, **kwargs)
