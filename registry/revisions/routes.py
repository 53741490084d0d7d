"""`/revisions`: the audit log, HTTP only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core.api import PUBLIC, Blueprint
from registry.core.paging import Page, paged
from registry.core.responses import BASE
from registry.revisions import queries
from registry.revisions.log import ALGORITHM
from registry.revisions.models import Revision
from registry.revisions.schemas import RevisionFilter, RevisionHead, RevisionPage, RevisionRead

if TYPE_CHECKING:
    from registry.core.work import Work

revisions = Blueprint(
    "revisions", __name__, url_prefix=f"{BASE}/revisions", description="Every change, in order"
)
blueprints = (revisions,)


@revisions.read("", access="audit:read", query=RevisionFilter, answers=RevisionPage)
def list_revisions(work: Work, asked: dict[str, Any]) -> Page:
    """List your organisation's acts in the order of their revisions; the city sees all."""
    select = queries.filtered_revisions(work, asked)
    return paged(work, select, asked, [Revision.number], descending=asked["sort"] == "-number")


@revisions.read("/<int:number>", access="audit:read", answers=RevisionRead, problems=(404,))
def read_revision(work: Work, _asked: dict[str, Any], number: int) -> Revision:
    """Read one revision."""
    return queries.visible_revision(work, number)


@revisions.read("/head", access=PUBLIC, answers=RevisionHead)
def read_head(work: Work, _asked: dict[str, Any]) -> dict[str, Any]:
    """Read the newest revision and the digest that pins everything before it."""
    head = work.head
    return {"number": head.number, "at": head.at, "digest": head.digest, "algorithm": ALGORITHM}
