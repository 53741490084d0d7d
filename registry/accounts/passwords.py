"""Passwords: argon2id with the library's own parameters, and hashed anew when those grow."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from registry.core.problems import Flaw
from registry.core.text import nfc

SHORTEST, LONGEST = 12, 200
FEWEST_CHARACTERS = 5  # different ones
_hasher = PasswordHasher()
# Somebody who is not there takes as long to refuse as somebody who is.
_NOBODY = _hasher.hash("nobody has this password")


def flaws_of(password: str, name: str, place: str = "/password") -> list[Flaw]:
    """What is wrong with a new password: only what makes it easy to guess."""
    if not SHORTEST <= len(password) <= LONGEST:
        return [Flaw("password-length", place, facts={"least": SHORTEST, "most": LONGEST})]
    too_plain = len(set(password)) < FEWEST_CHARACTERS
    if too_plain or name.casefold() in password.casefold():
        return [Flaw("password-easy", place)]
    return []


def hashed(password: str) -> str:
    """What is kept of a password. Takes a while, so that guessing does: never under the lock."""
    return _hasher.hash(nfc(password)[:LONGEST])


def matches(kept: str | None, password: str) -> bool:
    """Whether it is the password; as slow for an account that is not there."""
    try:
        _hasher.verify(kept or _NOBODY, nfc(password)[:LONGEST])
        return kept is not None
    except (VerificationError, InvalidHashError):
        return False
