"""What an investment said before: every version, by which act, and why."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from registry.investments.service import PLAIN
from registry.revisions.queries import versions_of

if TYPE_CHECKING:
    from registry.core.work import Work
    from registry.investments.models import Investment

INVESTOR = ("kind", "name", "business_number")
KEPT = (*PLAIN, *(f"investor_{name}" for name in INVESTOR), "voided", "void_reason")
DAYS = ("round_closed_on", "contracted_on")


def past_of(work: Work, investment: Investment) -> list[dict[str, Any]]:
    """Every version of an investment, oldest first, without any natural person's name."""
    return versions_of(work.session, "investment", investment, KEPT, _as_answered)


def _as_answered(values: dict[str, Any]) -> dict[str, Any]:
    said = {name: values[name] for name in KEPT}
    for name in DAYS:
        if isinstance(said[name], str):  # a superseded version is kept as JSON
            said[name] = date.fromisoformat(said[name])
    return said | {"investor": {name: said[f"investor_{name}"] for name in INVESTOR}}
