"""What a request brings: its query and its JSON body, read strictly, every mistake at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import Any, NoReturn

import marshmallow as ma
from flask import current_app, request
from webargs.flaskparser import FlaskParser

from registry.core import fields as f
from registry.core.fields import Input, flaws_of, named, ready
from registry.core.problems import DomainError, Flaw, Invalid
from registry.core.text import is_hostile, nfc

DEEPEST = 64
LARGEST_INTEGER = 2**63 - 1
MOST_TOLD = 100  # mistakes of one request: enough to mend, whatever was sent


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


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value of the body is, as far down as it is declared: no name of the sender's own."""

    pointer: str
    declared: ma.Schema | ma.fields.Field[Any]

    def item(self, index: int) -> _Place:
        """The place of a list's item."""
        if isinstance(self.declared, ma.fields.List):
            return _Place(f"{self.pointer}/{index}", self.declared.inner)
        return self

    def member(self, name: str) -> _Place | None:
        """The place of an object's member; none of an unknown one, which is refused as that."""
        nested = isinstance(self.declared, ma.fields.Nested)
        within = self.declared.schema if nested else self.declared  # type: ignore[union-attr]
        if not isinstance(within, ma.Schema):
            return self
        field = named(within).get(name)
        return None if field is None else _Place(f"{self.pointer}/{name}", field)


def strict_json(raw: bytes, body: ma.Schema) -> tuple[Any, dict[str, None]]:
    """Parse a JSON body strictly: UTF-8, no duplicate keys, no NaN, bounded depth and integers.

    Text is composed (NFC). Returns the value and the first places of hostile text, which is emptied
    in it; below a name that the schema does not declare there is none to tell. Raises unreadable.
    """
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_int=_bounded_int,
        )
        places: dict[str, None] = {}
        value = _cleaned(value, _Place("", body), 1, places)
    except (ValueError, RecursionError):
        raise DomainError("unreadable") from None
    return value, places


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


def _cleaned(value: Any, at: _Place | None, depth: int, places: dict[str, None]) -> Any:  # noqa: ANN401
    if depth > DEEPEST:
        raise ValueError
    if isinstance(value, str):
        if is_hostile(value, multiline=True):
            if at is not None and len(places) < MOST_TOLD:
                places[at.pointer] = None
            return ""
        return nfc(value)
    if isinstance(value, list):
        return [_cleaned(v, at and at.item(i), depth + 1, places) for i, v in enumerate(value)]
    if isinstance(value, dict):
        if any(is_hostile(key) for key in value):
            raise ValueError
        return {
            key: _cleaned(v, at and at.member(key), depth + 1, places) for key, v in value.items()
        }
    return value


def read_body(body: ma.Schema) -> tuple[Any, dict[str, None]]:
    """The request's JSON body and its places, as `strict_json` gives them.

    Raises unsupported-media-type, payload-too-large, unreadable.
    """
    if request.mimetype != "application/json":
        raise DomainError("unsupported-media-type", expected="application/json")
    raw = request.get_data(cache=True)
    limit = current_app.config["MAX_CONTENT_LENGTH"]
    if request.content_length is None and len(raw) >= limit:  # sent in chunks, and cut there
        raise DomainError("payload-too-large", limit=limit)
    return strict_json(raw, body)


def parsed(query: type[Input], body: type[Input] | None) -> tuple[Any, Any, Any]:
    """The query, the body and the raw body, checked; the mistakes of both in one Invalid."""
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
        if name in named(ready(query)) and any(is_hostile(text) for text in values):
            flaws.append(Flaw("invalid-text", parameter=name, facts={}))
    loaded_query = _load(query, "query", flaws)
    if body is not None:
        raw, hostile = read_body(ready(body))
        flaws += [Flaw("invalid-text", pointer=place) for place in hostile]
        try:
            loaded_body = ready(body).load(raw)
        except ma.ValidationError as error:
            found = flaws_of(error.messages, "json")
            # An emptied text has no other mistake to tell but that no text belongs there.
            kept = (w for w in found if w.code == "invalid-type" or w.pointer not in hostile)
            flaws += islice(kept, MOST_TOLD)
    if flaws:
        raise Invalid(*islice(dict.fromkeys(flaws), MOST_TOLD))
    return loaded_query, loaded_body, raw


def _load(schema: type[Input], location: str, flaws: list[Flaw]) -> Any:  # noqa: ANN401
    for name, values in request.args.lists():
        field = named(ready(schema)).get(name)
        if len(values) > 1 and field is not None and not isinstance(field, ma.fields.List):
            flaws.append(Flaw("too-many", parameter=name, facts={"limit": 1}))
    try:
        return _parser.parse(ready(schema), request, location=location)
    except ma.ValidationError as error:
        messages: Any = error.messages
        flaws += flaws_of(messages.get(location, messages), location)
        return None
