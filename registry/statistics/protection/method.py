"""What is done to protect published figures, in words, and what is not promised."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from registry.statistics.protection.limits import Limits


def described(limits: Limits) -> dict[str, Any]:
    """The method with its sources, and the thresholds in force."""
    return {**_words(), "limits": limits.as_document()}


@cache
def _words() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        files(__package__).joinpath("data", "method.json").read_text("utf-8")
    )
    return found
