"""`/trainees`, `/trainee-duplicates`, `/trainee-links`: HTTP only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core.api import Blueprint
from registry.core.paging import MOST, Page, paged
from registry.core.parts import registry
from registry.core.responses import BASE
from registry.revisions.queries import filtered
from registry.trainees import decisions, people, records, side_by_side
from registry.trainees.models import Trainee, TraineeDuplicate, TraineeLink
from registry.trainees.trainee_schemas import (
    DuplicateDecided,
    DuplicateFilter,
    DuplicatePage,
    LinkFilter,
    LinkPage,
    LinkUndone,
    TraineePatch,
    TraineeRead,
    TraineeSearch,
    TraineesFound,
    TraineeWritten,
)  # fmt: skip

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.work import Work

trainees = Blueprint(
    "trainees", __name__, url_prefix=f"{BASE}/trainees", description="Your records of people"
)
duplicates = Blueprint(
    "trainee-duplicates", __name__, url_prefix=f"{BASE}/trainee-duplicates",
    description="Records that may be one person",
)  # fmt: skip
links = Blueprint(
    "trainee-links", __name__, url_prefix=f"{BASE}/trainee-links",
    description="Records that are one person",
)  # fmt: skip


@trainees.read("/<uuid:trainee_id>", access="trainees:read", answers=TraineeRead, problems=(404,))
def read_trainee(work: Work, _asked: dict[str, Any], trainee_id: UUID) -> dict[str, Any]:
    """Read one trainee with the personal values; the reading is logged."""
    row = records.trainee(work, trainee_id)
    work.log_access("trainee.read", [row.id])
    return records.shown(work, registry().keyring, [row])[0]


@trainees.write(
    "PATCH", "/<uuid:trainee_id>", access="trainees:write", body=TraineePatch,
    answers=TraineeWritten, match=True, problems=(404,),
)  # fmt: skip
def correct_trainee(work: Work, data: dict[str, Any], trainee_id: UUID) -> Trainee:
    """Correct your record of a person; a new name or mobile may show it to be another's too."""
    return people.correct_trainee(work, registry().keyring, trainee_id, data)


@trainees.read("/search", access="trainees:read", body=TraineeSearch, answers=TraineesFound)
def search_trainees(work: Work, _asked: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """Find trainees by exact name and birth date, and mobile if given; the reading is logged."""
    keyring = registry().keyring
    rows = records.like(work, keyring, said, MOST)
    work.log_access("trainee.search", [row.id for row in rows])
    return {"items": records.shown(work, keyring, rows)}


@duplicates.read("", access="admin", query=DuplicateFilter, answers=DuplicatePage)
def list_trainee_duplicates(work: Work, asked: dict[str, Any]) -> Page:
    """List the records that may be one person, side by side; the reading is logged."""
    select = filtered(side_by_side.duplicates(work, asked["state"]), TraineeDuplicate, asked)
    page = paged(work, select, asked, [TraineeDuplicate.id])
    sides = side_by_side.Sides(work, page.items, registry().keyring)
    work.log_access("trainee-duplicates.list", sides.ids)
    return page.presented(lambda row: decided(row) | sides.of(row))


@duplicates.write(
    "POST", "/<uuid:duplicate_id>/merge", access="admin", answers=DuplicateDecided, problems=(404,)
)
def merge_trainees(work: Work, duplicate_id: UUID) -> dict[str, Any]:
    """Decide that two records are one person; `dry_run=true` shows the effect on figures."""
    return decided(decisions.merge(work, duplicate_id))


@duplicates.write(
    "POST", "/<uuid:duplicate_id>/dismiss", access="admin", answers=DuplicateDecided,
    problems=(404,),
)  # fmt: skip
def dismiss_trainee_duplicate(work: Work, duplicate_id: UUID) -> dict[str, Any]:
    """Decide that two records are different people."""
    return decided(decisions.dismiss(work, duplicate_id))


@duplicates.write(
    "POST", "/<uuid:duplicate_id>/reopen", access="admin", answers=DuplicateDecided,
    problems=(404,),
)  # fmt: skip
def reopen_trainee_duplicate(work: Work, duplicate_id: UUID) -> dict[str, Any]:
    """Undo a dismissal: the two records may be one person again."""
    return decided(decisions.reopen(work, duplicate_id))


@links.read("", access="admin", query=LinkFilter, answers=LinkPage)
def list_trainee_links(work: Work, asked: dict[str, Any]) -> Page:
    """List links with what overlaps because of them; `expand=trainee` is logged."""
    select = filtered(side_by_side.all_links(work, asked), TraineeLink, asked, "origin", "undone")
    page = paged(work, select, asked, [TraineeLink.id])
    sides = side_by_side.Sides(work, page.items, registry().keyring if asked["expand"] else None)
    if asked["expand"]:
        work.log_access("trainee-links.list", sides.ids)
    return page.presented(lambda row: linked(row) | sides.of(row))


@links.write("POST", "/<uuid:link_id>/undo", access="admin", answers=LinkUndone, problems=(404,))
def undo_trainee_link(work: Work, link_id: UUID) -> dict[str, Any]:
    """Undo exactly this link; figures fall back to what the remaining links say."""
    return linked(decisions.undo_link(work, link_id))


def decided(row: TraineeDuplicate) -> dict[str, Any]:
    """A possible duplicate as it is answered."""
    return {
        "id": row.id,
        "state": row.state if row.link_id is None else "merged",
        "link_id": row.link_id,
        "trainee_a_id": row.trainee_a_id,
        "trainee_b_id": row.trainee_b_id,
        "version": row.version,
    }


def linked(row: TraineeLink) -> dict[str, Any]:
    """A link as it is answered."""
    return {
        "id": row.id,
        "origin": row.origin,
        "undone": row.undone,
        "trainee_a_id": row.trainee_a_id,
        "trainee_b_id": row.trainee_b_id,
        "version": row.version,
    }
