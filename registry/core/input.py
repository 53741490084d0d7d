"""What a request brings: its query and its JSON body, read strictly, every mistake at once."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import marshmallow as ma
from flask import current_app, request
from webargs.flaskparser import FlaskParser

from registry.core import fields as f
from registry.core.fields import Input, flaws_of, ready
from registry.core.problems import DomainError, Flaw, Invalid
from registry.core.text import is_hostile, nfc

DEEPEST = 64
LARGEST_INTEGER = 2**63 - 1


class StrictParser(FlaskParser):
    """Webargs' parser, but nothing unknown passes and errors are the registry's own."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": ma.RAISE}  # noqa: RUF012

    def handle_error(self, error: ma.ValidationError, *_: Any, **__: Any) -> NoReturn:
        """Hand the validation error on; `parsed` collects it with the others."""
        raise error


_parser = StrictParser()


class NoQuery(Input):
    """No query parameters."""


class DryRun(Input):
    """What every write takes in its query."""

    dry_run = f.QueryFlag(
        load_default=False,
        metadata={"description": "Answer the effect on figures; keep nothing."},
    )


def strict_json(raw: bytes) -> tuple[Any, list[Flaw]]:
    """Parse a JSON body strictly: UTF-8, no duplicate keys, no NaN, bounded depth and integers.

    Text is composed (NFC). Returns the value and the places of hostile text, which is emptied in
    it. Raises unreadable.
    """
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_int=_bounded_int,
        )
        flaws: list[Flaw] = []
        value = _cleaned(value, "", 1, flaws)
    except (ValueError, RecursionError):
        raise DomainError("unreadable") from None
    return value, flaws


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = {nfc(key): value for key, value in pairs}  # one name in two spellings is one key
    if len(found) != len(pairs):
        raise ValueError
    return found


def _refuse(_: str) -> NoReturn:
    raise ValueError


def _bounded_int(text: str) -> int:
    longest = 20
    value = int(text) if len(text) <= longest else LARGEST_INTEGER + 1
    # One past the bound is kept as a number, so that the field says out-of-range at its place.
    return max(-LARGEST_INTEGER - 1, min(value, LARGEST_INTEGER))


def _cleaned(value: Any, path: str, depth: int, flaws: list[Flaw]) -> Any:  # noqa: ANN401
    if depth > DEEPEST:
        raise ValueError
    if isinstance(value, str):
        if is_hostile(value, multiline=True):
            flaws.append(Flaw("invalid-text", pointer=path))
            return ""
        return nfc(value)
    if isinstance(value, list):
        return [_cleaned(v, f"{path}/{i}", depth + 1, flaws) for i, v in enumerate(value)]
    if isinstance(value, dict):
        if any(is_hostile(key) for key in value):
            raise ValueError
        return {
            key: _cleaned(
                v, f"{path}/{key.replace('~', '~0').replace('/', '~1')}", depth + 1, flaws
            )
            for key, v in value.items()
        }
    return value


def read_body() -> tuple[Any, list[Flaw]]:
    """The request's JSON body. Raises unsupported-media-type, payload-too-large, unreadable."""
    if request.mimetype != "application/json":
        raise DomainError("unsupported-media-type", expected="application/json")
    raw = request.get_data(cache=True)
    limit = current_app.config["MAX_CONTENT_LENGTH"]
    if request.content_length is None and len(raw) >= limit:  # sent in chunks, and cut there
        raise DomainError("payload-too-large", limit=limit)
    return strict_json(raw)


def parsed(query: type[Input], body: type[Input] | None) -> tuple[Any, Any, Any]:
    """The query, the body and the raw body, checked; every mistake of both in one Invalid."""
    flaws: list[Flaw] = []
    raw = None
    loaded_body = None
    if any(
        is_hostile(part) for part in (request.view_args or {}).values() if isinstance(part, str)
    ):
        raise DomainError("not-found")  # PostgreSQL would fail on a NUL; nothing is called so
    for name, values in request.args.lists():
        if is_hostile(name):
            raise DomainError("bad-request")
        if any(is_hostile(text) for text in values):
            flaws.append(Flaw("invalid-text", parameter=name, facts={}))
    loaded_query = _load(query, "query", flaws)
    if body is not None:
        raw, hostile = read_body()
        flaws += hostile
        try:
            loaded_body = ready(body).load(raw)
        except ma.ValidationError as error:
            places = {flaw.pointer for flaw in hostile}
            flaws += [w for w in flaws_of(error.messages, "json") if w.pointer not in places]
    if flaws:
        raise Invalid(*(flaw for place, flaw in enumerate(flaws) if flaw not in flaws[:place]))
    return loaded_query, loaded_body, raw


def _load(schema: type[Input], location: str, flaws: list[Flaw]) -> Any:  # noqa: ANN401
    repeated = [n for n, v in request.args.lists() if len(v) > 1 and not _is_many(schema, n)]
    flaws += [Flaw("too-many", parameter=name, facts={"limit": 1}) for name in repeated]
    try:
        return _parser.parse(ready(schema), request, location=location)
    except ma.ValidationError as error:
        messages: Any = error.messages
        flaws += flaws_of(messages.get(location, messages), location)
        return None


def _is_many(schema: type[Input], name: str) -> bool:
    return any(
        isinstance(field, ma.fields.List) and (field.data_key or key) == name
        for key, field in schema._declared_fields.items()  # noqa: SLF001 - no public way
    )
