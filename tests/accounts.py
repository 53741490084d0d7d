"""People who sign in, made the way they are made: invited, the link taken up, a code given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyotp
from argon2 import PasswordHasher

from registry.access.principal import operator
from registry.accounts import factor, links, passwords, service
from registry.accounts.models import Account

if TYPE_CHECKING:
    from registry.core.parts import Registry
    from tests.client import World

# The suite makes hundreds of people; what a hash costs somebody who guesses is not its subject.
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Person:
    """Somebody's sign-in name, password and what the app on the phone knows."""

    id: Any
    name: str
    password: str
    secret: str

    def code(self, parts: Registry, later: int = 0) -> str:
        """What the app shows, perhaps some seconds later."""
        return pyotp.TOTP(self.secret).at(int(parts.clock.now().timestamp()) + later)


def invited(parts: Registry, organisation_id: Any, name: str, role: str) -> str:
    """The secret of a new account's link."""
    with parts.database.writing(operator("test")) as work:
        return service.invite(work, organisation_id, name, role, 72)[1]


def offered(parts: Registry, secret: str) -> str:
    """The second factor that a link's page offers."""
    with parts.database.reading() as work:
        return factor.proposed(parts.keyring, links.opened(work, secret)[0].id)


def person(world: World, organisation: str, role: str, *, name: str = "") -> Person:
    """A person of an organisation who has taken up the invitation."""
    parts = world.parts
    name = name or f"{organisation.lower()}-{role}"
    secret = invited(parts, world.ids[organisation], name, role)
    phone = offered(parts, secret)
    code = pyotp.TOTP(phone).at(int(parts.clock.now().timestamp()))
    said = {"password": PASSWORD, "again": PASSWORD, "code": code}
    account: Account = links.take_up(parts, secret, said, needs_factor=True, request_id="test")
    return Person(account.id, name, PASSWORD, phone)
