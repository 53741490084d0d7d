"""What an investment said before: every version, by which act, and why."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.investments.service import PLAIN
from registry.revisions.models import Revision
from registry.revisions.queries import history_of

if TYPE_CHECKING:
    from registry.core.db import Work
    from registry.investments.models import Investment

INVESTOR = ("kind", "name", "business_number")
KEPT = (*PLAIN, *(f"investor_{name}" for name in INVESTOR), "voided", "void_reason")
DAYS = ("round_closed_on", "contracted_on")


def past_of(work: Work, investment: Investment) -> list[dict[str, Any]]:
    """Every version of an investment, oldest first, without any natural person's name."""
    former = history_of(work.session, "investment", investment.id)
    versions: list[tuple[int, int, int | None, dict[str, Any]]] = [
        (h.version, h.from_revision, h.to_revision, h.values) for h in former
    ]
    now = {name: getattr(investment, name) for name in KEPT}
    versions.append((investment.version, investment.revision, None, now))
    numbers = [first for _, first, _, _ in versions]
    acts = {
        revision.number: revision
        for revision in work.session.scalars(select(Revision).where(Revision.number.in_(numbers)))
    }
    return [
        {
            "version": version,
            "from_revision": first,
            "to_revision": last,
            "at": acts[first].at,
            "action": acts[first].action,
            "reason": acts[first].reason,
            "values": _as_answered(values),
        }
        for version, first, last, values in versions
    ]


def _as_answered(values: dict[str, Any]) -> dict[str, Any]:
    said = {name: values[name] for name in KEPT}
    for name in DAYS:
        if isinstance(said[name], str):  # a superseded version is kept as JSON
            said[name] = date.fromisoformat(said[name])
    return said | {"investor": {name: said[f"investor_{name}"] for name in INVESTOR}}
