"""Who asks: an organisation's key with its scopes, or nobody."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import true

from registry.core.problems import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement

SCOPES = (
    "trainees:read", "trainees:write", "investments:read", "investments:write", "imports:write",
    "statistics:exact", "keys:manage", "audit:read",
    "goals:write", "releases:write", "records:all", "admin",
)  # fmt: skip
CITY_SCOPES = frozenset(("goals:write", "releases:write", "records:all", "admin"))


@dataclass(frozen=True)
class Principal:
    """The organisation and key behind a request, and the organisations whose records it sees."""

    organisation_id: UUID | None = None
    organisation_code: str = ""
    key_id: UUID | None = None
    label: str = "anonymous"
    scopes: frozenset[str] = frozenset()
    organisations: tuple[UUID, ...] = ()
    organisation_codes: tuple[str, ...] = ()
    address: str = field(default="", repr=False)

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody in particular asks."""
        return self.organisation_id is None

    @property
    def rights(self) -> tuple[object, ...]:
        """All of it that an answer may depend on: what it may do, and whose records it sees.

        And the key, for a page's cursor is good for the caller alone who was given it.
        """
        return self.organisation_id, self.key_id, self.scopes, frozenset(self.organisations)

    def holds(self, scope: str) -> bool:
        """Whether the scope is held; `key` is held by any key."""
        return scope in self.scopes or (scope == "key" and not self.is_anonymous)

    def require(self, scope: str) -> None:
        """Raise unauthorized for nobody, forbidden for a key without the scope."""
        if self.is_anonymous and scope not in self.scopes:
            raise DomainError("unauthorized")
        if not self.holds(scope):
            raise DomainError("forbidden", scope=scope)

    def sees(self, organisation_id: Any) -> ColumnElement[bool]:  # noqa: ANN401
        """The clause every select of an organisation's records starts from."""
        if "records:all" in self.scopes:
            return true()
        clause: ColumnElement[bool] = organisation_id.in_(self.organisations)
        return clause

    def may_see(self, organisation_id: UUID) -> bool:
        """Whether one organisation's records are visible."""
        return "records:all" in self.scopes or organisation_id in self.organisations


ANONYMOUS = Principal()


def operator(label: str = "operator", scopes: Iterable[str] = SCOPES) -> Principal:
    """Whoever runs the command line on the server itself: everything, under no organisation."""
    return Principal(label=label, scopes=frozenset(scopes))
