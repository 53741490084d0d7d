"""Organisations and keys: who exists, and what opens the door for them.

The two stand in modules of their own; this is what other parts of the product call.
"""

from registry.access.keys import create_key, revoke_key, rotate_key
from registry.access.organisations import change_organisation, create_organisation

__all__ = [
    "change_organisation",
    "create_key",
    "create_organisation",
    "revoke_key",
    "rotate_key",
]
