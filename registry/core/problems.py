"""Domain errors, and the one catalogue that says what each means and how to mend it.

A service raises `DomainError(code, **facts)`; it knows no HTTP. The catalogue (`problems.toml`)
maps the code to a status, a title and a detail in Korean and English, and to the advice that
`/api/v1/problems/{code}` shows. Facts fill the placeholders and are never personal values.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

LANGUAGES = ("ko", "en")
LONGEST_PLACE = 200  # characters that are told of a place: a name there may be anybody's text


class DomainError(Exception):
    """The registry refuses or cannot do something; `code` is an entry of the catalogue."""

    def __init__(self, code: str, *, flaws: tuple[Flaw, ...] = (), **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts
        self.flaws = flaws


class Invalid(DomainError):  # noqa: N818 - what a service says: the input is invalid
    """The content is wrong: one or more flaws, each with its place. 422."""

    def __init__(self, *flaws: Flaw) -> None:
        super().__init__("invalid-input", flaws=flaws)

    @classmethod
    def at(cls, place: str, code: str, **facts: Any) -> Invalid:
        """One flaw in a field of the body, e.g. `Invalid.at("status_on", "date-in-future")`."""
        return cls(Flaw(code, pointer="/" + place.replace(".", "/"), facts=facts))


class Gathered:
    """Notes the mistakes that several checks find, to refuse all of them at once."""

    def __init__(self) -> None:
        self.flaws: list[Flaw] = []

    def check(self, check: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the check answers; if it refuses, nothing of use, and `settle` will raise."""
        try:
            return check(*args, **kwargs)
        except Invalid as error:
            self.flaws += error.flaws
            return cast("T", None)

    def settle(self) -> None:
        """Raise Invalid with everything noted, if anything was."""
        if self.flaws:
            raise Invalid(*self.flaws)


@dataclass(frozen=True)
class Flaw:
    """One mistake of an input: its code, where it is, and the facts of its text."""

    code: str
    pointer: str | None = None
    parameter: str | None = None
    facts: dict[str, Any] | None = field(default=None, hash=False)

    def described(self, language: str) -> dict[str, str]:
        """The flaw as an entry of a problem's `errors`."""
        kind = "parameter" if self.parameter else "pointer"
        text = filled(catalogue()[self.code].detail[language], self.facts or {})
        return {kind: _cut(self.place), "code": self.code, "detail": text}

    @property
    def place(self) -> str:
        """The parameter's name, or the pointer; empty for the whole body."""
        return self.parameter or self.pointer or ""


def _cut(place: str) -> str:
    return place if len(place) <= LONGEST_PLACE else f"{place[:LONGEST_PLACE]}…"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalogue says of one code."""

    code: str
    status: int
    title: dict[str, str]
    detail: dict[str, str]
    advice: dict[str, str]


@cache
def catalogue() -> dict[str, Entry]:
    """Every problem and flaw the registry can report, by code."""
    raw = tomllib.loads(files("registry.core").joinpath("problems.toml").read_text("utf-8"))
    return {
        code: Entry(code, e["status"], e["title"], e.get("detail", e["title"]), e["advice"])
        for code, e in raw.items()
    }


def filled(template: str, facts: dict[str, Any]) -> str:
    """The template with its placeholders filled; one without a fact shows nothing."""
    return template.format_map(_Blank(facts))


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def as_document(error: DomainError, language: str, request_id: str) -> dict[str, Any]:
    """The problem document (RFC 9457) of an error, in a language of the catalogue."""
    entry = catalogue()[error.code]
    document: dict[str, Any] = {
        "type": f"/api/v1/problems/{entry.code}",
        "title": entry.title[language],
        "status": entry.status,
        "detail": filled(entry.detail[language], error.facts),
        "code": entry.code,
        "request_id": request_id,
    }
    if error.flaws:
        document["errors"] = [flaw.described(language) for flaw in error.flaws]
    extra = error.facts.get("members")  # facts a program needs, such as a link or an id
    return {**document, **extra} if extra else document
