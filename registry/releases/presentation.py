"""What a release shows, and the digest of it: to each view its own."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from registry.core.crypto import canonical
from registry.releases.models import EXACT
from registry.releases.queries import items_of, superseding, view_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from registry.core.work import Work
    from registry.releases.models import Release, ReleaseItem

WITHHELD = "needs-exact"


def presenter(
    work: Work, releases: Iterable[Release], view: str | None = None
) -> Callable[[Release], dict[str, Any]]:
    """How these releases are shown to the asker, or in a given view, without their figures."""
    releases = list(releases)
    successors = superseding(work, releases) if releases else {}
    seen = view or view_of(work.principal)

    def shown(release: Release) -> dict[str, Any]:
        return {
            "id": release.id, "name": release.name, "note": release.note,
            "confidential": release.confidential, "final_year": release.final_year,
            "view": seen, "revision": release.figures_revision, "as_of": release.figures_at,
            "revision_digest": release.figures_digest, "published_at": release.published_at,
            "created_revision": release.created_revision,
            "digest": release.exact_digest if seen == EXACT else release.public_digest,
            "superseded_by": successors.get(release.id),
        }  # fmt: skip

    return shown


def frozen(work: Work, release: Release, number: int | None = None) -> dict[str, Any]:
    """A release with all its items, or one of them, in the asker's view."""
    items = [item for item in items_of(work.session, release.id) if number in (None, item.number)]
    shown = presenter(work, [release])(release)
    return {**shown, "items": shown_items(items, shown["view"])}


def shown_items(items: Iterable[ReleaseItem], view: str) -> list[dict[str, Any]]:
    """Frozen answers as a view shows them."""
    return [shown_item(item, view) for item in items]


def shown_item(item: ReleaseItem, view: str) -> dict[str, Any]:
    """One frozen answer as a view shows it."""
    text = item.exact if view == EXACT else item.public
    return {
        "question": json.loads(item.question),
        "answer": None if text is None else json.loads(text),
        "withheld": WITHHELD if text is None else None,
    }


def digest_of(release: Release, items: Sequence[dict[str, Any]]) -> str:
    """What a reader computes again from a release's own members, as one view shows them."""
    members = {
        "name": release.name, "note": release.note, "final_year": release.final_year,
        "revision": release.figures_revision, "items": items,
    }  # fmt: skip
    return hashlib.sha256(canonical(members)).hexdigest()
