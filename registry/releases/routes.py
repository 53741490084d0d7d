"""`/releases`: HTTP only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core.api import PUBLIC, Blueprint
from registry.core.paging import Page, paged
from registry.core.parts import registry
from registry.core.responses import BASE
from registry.releases import comparing, freezing, queries
from registry.releases.answering import Judgement
from registry.releases.files import MEDIA_TYPES, file_of
from registry.releases.models import PUBLIC as PUBLIC_VIEW
from registry.releases.models import Release
from registry.releases.presentation import frozen, presenter
from registry.releases.schemas import (
    ComparisonRead,
    FrozenRead,
    ReleaseCreate,
    ReleaseFilter,
    ReleasePage,
    ReleaseQuery,
    ReleaseRead,
)  # fmt: skip
from registry.statistics.protection.limits import Limits
from registry.statistics.schemas import JsonStatRead

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.work import Work

releases = Blueprint(
    "releases", __name__, url_prefix=f"{BASE}/releases", description="Figures frozen for ever"
)
blueprints = (releases,)


@releases.write(
    "POST", "", access="releases:write", body=ReleaseCreate, answers=ReleaseRead, status=201,
    location="/releases/{id}",
)  # fmt: skip
def publish_release(work: Work, data: dict[str, Any]) -> dict[str, Any]:
    """Freeze figures and goals as they are known now, under a name and a permanent address."""
    settings = registry().settings
    release = freezing.freeze(work, data, Judgement.of(settings), Limits.of(settings))
    # An answer kept for an Idempotency-Key is for every key of the organisation.
    view = None if release.confidential else PUBLIC_VIEW
    return presenter(work, [release], view)(release)


@releases.read("", access=PUBLIC, query=ReleaseFilter, answers=ReleasePage)
def list_releases(work: Work, asked: dict[str, Any]) -> Page:
    """List the releases you may see."""
    select = queries.listed(work, asked)
    page = paged(work, select, asked, [Release.id], descending=asked["sort"] == "-id")
    return page.presented(presenter(work, page.items))


@releases.read(
    "/<uuid:release_id>", access=PUBLIC, query=ReleaseQuery, answers=FrozenRead,
    also=JsonStatRead, produces=MEDIA_TYPES, problems=(404,), kept=True,
)  # fmt: skip
def read_release(work: Work, asked: dict[str, Any], release_id: UUID) -> Any:  # noqa: ANN401
    """Read a release's figures as they were shown when it was made, or one of them as a file."""
    found = frozen(work, queries.release(work, release_id), asked["item"])
    return found if asked["format"] == "json" else file_of(work, found, asked)


@releases.read(
    "/<uuid:release_id>/compare/<uuid:other_id>", access=PUBLIC, answers=ComparisonRead,
    problems=(404,), kept=True,
)  # fmt: skip
def compare_releases(
    work: Work, _asked: dict[str, Any], release_id: UUID, other_id: UUID
) -> dict[str, Any]:
    """Compare a later release with an earlier one: each difference, and the acts behind it."""
    return comparing.compared(work, release_id, other_id)
