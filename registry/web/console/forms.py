"""Forms: what a person typed, read by the API's own schemas, and kept when it is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import marshmallow as ma
from flask import request

from registry.core.fields import flaws_of, ready
from registry.core.problems import DomainError, Flaw, Invalid, catalogue, filled
from registry.core.text import is_hostile, nfc
from registry.web.languages import page_language
from registry.web.words import _

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from registry.core.fields import Input

OWN = frozenset(("token", "version", "sure", "form"))  # fields of the forms themselves
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,12}\.[0-9]{1,6}")
WAS = "was."  # before a field's name: what it said when the form was shown
SECRET = frozenset(("password", "again", "code"))  # never sent back to the browser


@dataclass(frozen=True)
class Typed:
    """A form as it was sent, with what was wrong with it."""

    form: str
    values: Mapping[str, list[str]]
    error: DomainError | None = None
    flaws: tuple[tuple[str, str], ...] = field(default=())  # field, text

    @property
    def message(self) -> str:
        """What is wrong in all."""
        if self.error is None:
            return ""
        if self.flaws:
            return _("입력한 내용을 확인하십시오")
        entry = catalogue()[self.error.code]
        return filled(entry.detail[page_language()], self.error.facts)

    @property
    def advice(self) -> str:
        """What to do about it."""
        if self.error is None or self.flaws:
            return ""
        return catalogue()[self.error.code].advice[page_language()]

    def value(self, name: str, otherwise: Any = "") -> str:  # noqa: ANN401 - a record's value
        """What was typed in a field, else what the record says."""
        if name in self.values:
            return "" if name in SECRET else self.values[name][0]
        return shown(otherwise)

    def chosen(self, name: str, value: str) -> bool:
        """Whether one of several was ticked."""
        return value in self.values.get(name, ())

    def wrong(self, name: str) -> str:
        """What is wrong with a field."""
        return " ".join(text for place, text in self.flaws if place == name)

    def resent(self) -> list[tuple[str, str]]:
        """All that was typed, to be sent once more."""
        return [(n, v) for n, values in self.values.items() if n not in {"token", "sure"}
                for v in values]  # fmt: skip


def shown(value: Any) -> str:  # noqa: ANN401 - a record's value
    """A record's value as a form shows it."""
    return "" if value is None else str(value)


def typed(form: str, error: DomainError | None = None) -> Typed:
    """The form of this request as it was sent."""
    return refused(form, {name: request.form.getlist(name) for name in request.form}, error)


def refused(form: str, values: Mapping[str, list[str]], error: DomainError | None) -> Typed:
    """A form with what was typed in it and why it was not taken."""
    flaws = error.flaws if error else ()
    return Typed(form, values, error, tuple((_place(f, values), _text(f)) for f in flaws))


def _place(flaw: Flaw, fields: Collection[str]) -> str:
    """The field of a flaw; of one of several in a field, that field."""
    place = flaw.parameter or (flaw.pointer or "").strip("/").replace("/", ".")
    if place in fields:
        return place
    return ".".join(step for step in place.split(".") if not step.isdigit())


def _text(flaw: Flaw) -> str:
    return flaw.described(page_language())["detail"]


def loaded(
    body: type[Input] | None,
    *,
    numbers: tuple[str, ...] = (),
    lists: tuple[str, ...] = (),
    flags: tuple[str, ...] = (),
) -> Any:  # noqa: ANN401 - what the schema makes of it
    """What the form says, as the API would have read it. Raises Invalid.

    A field that is empty says nothing; one that was emptied since the form was shown clears.
    """
    said, hostile = _said(numbers, lists, flags)
    if body is None:
        if hostile:
            raise Invalid(*hostile)
        return said
    data = checked(body, said, hostile)
    if hostile:
        raise Invalid(*hostile)
    return data


def checked(
    body: type[Input], said: Mapping[str, Any], found: Sequence[Flaw] = ()
) -> dict[str, Any]:
    """What was said, once the schema agrees. Raises Invalid, with what was found before."""
    try:
        data: dict[str, Any] = ready(body).load(said)
    except ma.ValidationError as error:
        raise Invalid(*found, *flaws_of(error.messages, "json")) from None
    return data


def _said(
    numbers: tuple[str, ...], lists: tuple[str, ...], flags: tuple[str, ...]
) -> tuple[dict[str, Any], list[Flaw]]:
    said: dict[str, Any] = {}
    hostile = []
    for name in request.form:
        if name in OWN or name.startswith(WAS):
            continue
        texts = [nfc(text.replace("\r\n", "\n")).strip() for text in request.form.getlist(name)]
        if any(is_hostile(text, multiline=True) for text in texts):
            hostile.append(Flaw("invalid-text", "/" + name.replace(".", "/")))
            continue
        if name in lists:
            _put(said, name, [text for text in texts if text])
            continue
        was = request.form.get(WAS + name)
        if (texts[0] == "" and not was) or texts[0] == was:
            continue
        if name in flags:
            _put(said, name, {"true": True, "false": False}.get(texts[0], texts[0]))
            continue
        _put(said, name, _number(texts[0]) if name in numbers else texts[0] or None)
    return said, hostile


def _number(text: str) -> Any:  # noqa: ANN401 - a number, or what the schema will refuse
    plain = text.replace(",", "").replace(" ", "")
    if _WHOLE.fullmatch(plain):
        return int(plain)
    return float(plain) if _DECIMAL.fullmatch(plain) else text or None


def _put(said: dict[str, Any], name: str, value: Any) -> None:  # noqa: ANN401 - any value
    *parents, last = name.split(".")
    for parent in parents:
        said = said.setdefault(parent, {})
    said[last] = value
