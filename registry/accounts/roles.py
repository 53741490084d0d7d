"""Roles as data: which scopes each has, and which of them a kind of organisation may have."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from registry.core.problems import DomainError


@dataclass(frozen=True, slots=True)
class Role:
    """What a person does for an organisation; the scopes are those of keys."""

    code: str
    name: str
    name_en: str
    does: str
    does_en: str
    kinds: tuple[str, ...]
    scopes: frozenset[str]


@cache
def kinds() -> dict[str, frozenset[str]]:
    """The scopes that an organisation of each kind may have."""
    return {kind: frozenset(scopes) for kind, scopes in _read()["kinds"].items()}


@cache
def roles() -> dict[str, Role]:
    """Every role by its code, in the order in which they are offered."""
    return {
        code: Role(
            code, said["name"], said["name_en"], said["does"], said["does_en"],
            tuple(said["kinds"]), frozenset(said["scopes"]),
        )
        for code, said in _read()["roles"].items()
    }  # fmt: skip


def roles_for(kind: str) -> list[Role]:
    """The roles that people of an organisation of a kind can have."""
    return [role for role in roles().values() if kind in role.kinds]


def scopes_of(role: str, kind: str) -> frozenset[str]:
    """What a person of a role may do for an organisation of a kind: nothing the kind may not."""
    found = roles().get(role)
    if found is None or kind not in found.kinds:
        return frozenset()
    return found.scopes & kinds()[kind]


def check_role(role: str, kind: str) -> None:
    """Refuse a role that people of such an organisation cannot have. Raises role-not-for-kind."""
    if role not in roles() or kind not in roles()[role].kinds:
        raise DomainError("role-not-for-kind", role=role, kind=kind)


def _read() -> dict[str, dict[str, dict[str, str]]]:
    text = files("registry.accounts").joinpath("roles.toml").read_text("utf-8")
    found: dict[str, dict[str, dict[str, str]]] = tomllib.loads(text)
    return found
