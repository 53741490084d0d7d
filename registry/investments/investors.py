"""Who invests: what equality of investors and funds is judged by, and how a person is kept.

A natural person's name is a personal value: it is in the sealed document alone, and equality is
judged by a keyed hash of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.core.problems import Invalid
from registry.core.text import normal_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.core.crypto import Keyring
    from registry.investments.models import Investment

LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Investor:
    """An investor as given; `keys[0]` is stored, all of `keys` are looked up."""

    kind: str
    name: str
    business_number: str | None
    natural: bool
    keys: tuple[str, ...]


def investor_of(given: Mapping[str, Any], keyring: Keyring, *, natural: bool) -> Investor:
    """The investor of `{kind, name, business_number}`. Raises not-for-natural-person."""
    kind, name, number = given["kind"], given["name"], given.get("business_number")
    if natural and number is not None:
        raise Invalid.at("investor.business_number", "not-for-natural-person")
    keys: tuple[str, ...]
    if natural:
        keys = tuple(f"person:{p}" for p in keyring.pseudonyms(normal_name(name)))
    elif number is not None:
        keys = (f"brn:{number}",)
    else:
        keys = (f"name:{kind}:{name_key(name)}",)
    return Investor(kind, name, number, natural, keys)


def name_key(name: str | None) -> str:
    """A firm's or fund's name as it is compared; compatibility forms can make it overlong."""
    key = normal_name(name or "")
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()


def keep(investment: Investment, investor: Investor, keyring: Keyring) -> None:
    """Set an investment's investor columns, sealing a natural person's name."""
    investment.investor_kind = investor.kind
    investment.investor_business_number = investor.business_number
    investment.investor_key = investor.keys[0]
    investment.investor_name = None if investor.natural else investor.name
    if not investor.natural:
        investment.document = investment.document_mac = None
        return
    sealed = keyring.seal({"name": investor.name}, investment.id, investment.data_key)
    investment.data_key = sealed.data_key
    if investment.document_mac != sealed.mac:
        investment.document, investment.document_mac = sealed.document, sealed.mac


def name_of(investment: Investment, keyring: Keyring) -> str | None:
    """The investor's name, a natural person's too: for the owning organisation's eyes."""
    if investment.document is None or investment.data_key is None:
        return investment.investor_name
    name: str = keyring.open(investment.document, investment.data_key, investment.id)["name"]
    return name


def kept(investment: Investment, keyring: Keyring) -> dict[str, Any]:
    """The investor as it was given."""
    return {
        "kind": investment.investor_kind,
        "name": name_of(investment, keyring),
        "business_number": investment.investor_business_number,
    }
