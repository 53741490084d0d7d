"""Who changed what, and who read whose personal values."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from flask import render_template

from registry.access import queries as access
from registry.access.models import AccessLog
from registry.access.queries import organisation_codes
from registry.access.schemas import AccessLogFilter
from registry.accounts.queries import names_of
from registry.core.paging import paged
from registry.revisions import queries
from registry.revisions.log import chain_digest
from registry.revisions.models import Revision
from registry.revisions.schemas import RevisionFilter
from registry.web.console.area import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.core.work import Work


@console.page("/revisions", act="revisions", query=RevisionFilter)
def revisions(work: Work, asked: dict[str, Any]) -> str:
    """List acts, the newest first, and whether those shown still chain to one another."""
    chosen = queries.filtered_revisions(work, asked)
    page = paged(work, chosen, asked, [Revision.number], descending=True)
    return render_template(
        "console/revisions.html",
        items=page.items,
        next_cursor=page.next_cursor,
        asked=asked,
        head=work.head,
        chain=_chained(page.items),
        codes=organisation_codes(work.session),
    )


def _chained(shown: Sequence[Revision]) -> tuple[int, bool]:
    """How many of the shown follow one another, and whether all their digests do."""
    follows = [
        (later, earlier) for later, earlier in pairwise(shown)
        if later.number == earlier.number + 1
    ]  # fmt: skip
    sound = all(chain_digest(earlier.digest, later) == later.digest for later, earlier in follows)
    return len(follows), sound


@console.page("/readings", act="readings", query=AccessLogFilter)
def readings(work: Work, asked: dict[str, Any]) -> str:
    """List who read whose personal values, the newest first."""
    work.principal.require("audit:read")
    page = paged(work, access.readings(work, asked), asked, [AccessLog.id], descending=True)
    return render_template(
        "console/readings.html",
        items=page.items,
        next_cursor=page.next_cursor,
        asked=asked,
        codes=organisation_codes(work.session),
        names=names_of(work.session, (row.key_id for row in page.items)),
    )
