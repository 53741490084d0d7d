"""The parts of a running product as HTTP finds them, and how a request enters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from flask import current_app, g, request

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from uuid import UUID

    from sqlalchemy.engine.interfaces import DBAPICursor

    from registry.core.clock import Clock
    from registry.core.crypto import Keyring
    from registry.core.db import Database
    from registry.core.front import Given
    from registry.core.memory import Memory
    from registry.core.work import Entrance, Head, Work
    from registry.settings import Settings


class Caller(Protocol):
    """Who asks, as far as HTTP needs to know (`registry.access.principal` in the product)."""

    @property
    def organisation_id(self) -> UUID | None:
        """The organisation's id, None for nobody."""

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody in particular asks."""

    @property
    def rights(self) -> Hashable:
        """All of it that an answer may depend on."""

    def require(self, scope: str) -> None:
        """Raise unauthorized or forbidden unless the scope is held."""


class Calls(Protocol):
    """What keeps the last calls of each key (`registry.access.calls` in the product)."""

    def __call__(self, given: Given, /) -> None:
        """Keep an answer, if a key asked for it."""

    def begin(self) -> None:
        """Write by itself from now on, and what is left when the process ends."""

    def write(self) -> None:
        """Write what is kept."""


class Received(Protocol):
    """A body that was taken in before the act that is about it."""

    @property
    def fingerprint(self) -> str:
        """Equal for equal bodies, and it tells nothing."""

    def discard(self) -> None:
        """Forget it: the act was refused, or answered already."""


@dataclass(frozen=True)
class Registry:
    """The parts of one running product, wired by `create_app`."""

    settings: Settings
    clock: Clock
    database: Database
    keyring: Keyring
    enter: Callable[[DBAPICursor, str | None], tuple[Head, Caller]]  # by the Authorization header
    admit: Callable[[Caller], None]  # counts the request; raises too-many-requests
    effects: Callable[[Work], list[dict[str, Any]]]
    used: Callable[[Registry, Caller], None]
    called: Calls
    accessed: Callable[[Registry, Work], None]  # logs what `work.log_access` named
    memory: Memory


def registry() -> Registry:
    """The product this request is for."""
    parts: Registry = current_app.extensions["registry"]
    return parts


def entrance(parts: Registry) -> Entrance:
    """How this request enters: by its `Authorization` header."""
    header = request.headers.get("Authorization")
    return lambda cursor: parts.enter(cursor, header)


def admitted(parts: Registry, caller: Caller) -> Caller:
    """Whoever has entered, counted once for the request."""
    first = "principal" not in g
    g.principal = caller  # also of a request too many: its key's calls tell of it
    if first:
        parts.admit(caller)
    return caller
