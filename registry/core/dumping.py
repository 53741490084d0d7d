"""Answers out of their schemas, without asking the schema again for every value.

Marshmallow looks up and dispatches each value through five calls; here each schema becomes once
a list of members with what turns their values, and what is not known here is left to its field.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import marshmallow as ma
from marshmallow.utils import get_value

from registry.core.fields import ready

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Convert = Callable[[Any], Any]

# What becomes of values of exactly these types, by the method of a field that would change them.
_OF_TEXT: Mapping[type, Convert] = {str: str, UUID: str}
_KNOWN: Mapping[Any, Mapping[type, Convert]] = {
    ma.fields.Field._serialize: {bool: bool, str: str, int: int},  # noqa: SLF001 - the very method
    ma.fields.String._serialize: _OF_TEXT,  # noqa: SLF001
    ma.fields.UUID._serialize: _OF_TEXT,  # noqa: SLF001
    ma.fields.Date._serialize: {date: date.isoformat},  # noqa: SLF001
}


def dumped(schema: type[ma.Schema], value: Any) -> dict[str, Any]:  # noqa: ANN401
    """What the schema says of a value: every declared member that the value has."""
    found: dict[str, Any] = dumper(schema)(value)
    return found


@cache
def dumper(schema: type[ma.Schema]) -> Convert:
    """The function that dumps values by a schema."""
    return _dumper(ready(schema))


def _dumper(schema: ma.Schema) -> Convert:
    if any(schema._hooks.get(hook) for hook in ("pre_dump", "post_dump")):  # noqa: SLF001
        return schema.dump
    members = [
        (field.data_key or name, field.attribute or name, _converter(field, name))
        for name, field in schema.dump_fields.items()
    ]

    def dump(value: Any) -> dict[str, Any]:  # noqa: ANN401
        plain = type(value) is dict
        found = {}
        for name, attribute, convert in members:
            inner = (
                value.get(attribute, ma.missing)
                if plain
                else get_value(value, attribute, ma.missing)
            )
            if inner is not ma.missing:
                found[name] = convert(inner)
        return found

    return dump


def _converter(field: ma.fields.Field[Any], name: str) -> Convert:
    method: Any = type(field)._serialize  # noqa: SLF001 - it tells what becomes of values
    if method is ma.fields.Nested._serialize:  # noqa: SLF001
        return _of_part(field)
    if method is ma.fields.List._serialize:  # noqa: SLF001
        return _of_list(field, name)
    known = _KNOWN.get(method, {})
    if method is ma.fields.Integer._serialize and isinstance(field, ma.fields.Integer):  # noqa: SLF001
        known = {int: int}  # a float's field has the same method

    def convert(value: Any) -> Any:  # noqa: ANN401
        change = known.get(type(value))
        return field._serialize(value, name, None) if change is None else change(value)  # noqa: SLF001

    return convert


def _of_part(field: Any) -> Convert:  # noqa: ANN401 - a nested field
    if field.many or field.schema.many:
        return lambda value: field._serialize(value, field.name, None)  # noqa: SLF001
    dump = _dumper(field.schema)
    return lambda value: None if value is None else dump(value)


def _of_list(field: Any, name: str) -> Convert:  # noqa: ANN401 - a list field
    convert = _converter(field.inner, name)
    return lambda values: None if values is None else [convert(value) for value in values]
