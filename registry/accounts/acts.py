"""What people do in the console as data: which scopes each act needs, and so which roles may."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from registry.accounts.roles import kinds, roles, scopes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.access.principal import Principal


@dataclass(frozen=True, slots=True)
class Act:
    """Something that people do, and the scopes it needs, all of them."""

    code: str
    name: str
    name_en: str
    scopes: tuple[str, ...]

    def allowed(self, principal: Principal) -> bool:
        """Whether somebody may do it."""
        return not principal.is_anonymous and all(principal.holds(s) for s in self.scopes)


@cache
def acts() -> dict[str, Act]:
    """Every act by its code."""
    raw = tomllib.loads(files("registry.accounts").joinpath("acts.toml").read_text("utf-8"))
    return {
        code: Act(code, said["name"], said["name_en"], tuple(said["scopes"]))
        for code, said in raw.items()
    }


def table() -> str:
    """Which role may do what, for which kinds of organisation, as a table in Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    offered = list(roles().values())
    yield f"| | {' | '.join(f'{role.name} (`{role.code}`)' for role in offered)} |"
    yield "|---" * (len(offered) + 1) + "|"
    for act in acts().values():
        cells = (_kinds_that_may(act, role.code) for role in offered)
        yield f"| {act.name}<br>{act.name_en} | {' | '.join(cells)} |"


def _kinds_that_may(act: Act, role: str) -> str:
    offered = roles()[role].kinds
    able = [kind for kind in offered if set(act.scopes) <= scopes_of(role, kind)]
    if len(able) == len(kinds()):
        return "yes"
    return ", ".join(able) if able else "–"
