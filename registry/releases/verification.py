"""Proving releases: their digests, the revision they name, and every figure counted again.

A document is compared by what was frozen: a later version of the software may answer more.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.core.problems import DomainError
from registry.goals.queries import final_years
from registry.releases.answering import Frame, Judgement, answered
from registry.releases.models import EXACT, PUBLIC, Release
from registry.releases.presentation import digest_of, shown_items
from registry.releases.queries import items_of
from registry.releases.questions import reread
from registry.revisions.models import Revision
from registry.revisions.verification import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.core.work import Work
    from registry.releases.models import ReleaseItem


def verify_releases(work: Work) -> Iterator[Finding]:
    """Every disagreement of a release with its digests, the revision log and the ledger."""
    for release in work.session.scalars(select(Release).order_by(Release.created_revision)).all():
        record = f"release/{release.id}"
        for detail in _wrong(work, release):
            yield Finding("release", release.created_revision, detail, record)
        work.session.expunge_all()  # one release's documents in memory at a time


def _wrong(work: Work, release: Release) -> Iterator[str]:
    if not _names_its_revision(work, release):
        yield "the revision it names is another one in the log"
    if release.final_year and release.final_year not in final_years(
        work.session, release.created_revision
    ):
        yield "the year it marked final is not final"
    items = items_of(work.session, release.id)
    digests = {EXACT: release.exact_digest, PUBLIC: release.public_digest}
    views = (EXACT,) if release.confidential else (EXACT, PUBLIC)
    for view in views:
        if digest_of(release, shown_items(items, view)) != digests[view]:
            yield f"what its {view} view shows does not have its digest"
        for item in items:
            if not _is_counted_so(work, release, item, view):
                yield f"item {item.number} is not what its {view} view gives of the ledger"


def _names_its_revision(work: Work, release: Release) -> bool:
    named = work.session.get(Revision, release.figures_revision)
    return (
        named is not None
        and (named.digest, named.at) == (release.figures_digest, release.figures_at)
        and named.number == release.created_revision - 1
    )


def _is_counted_so(work: Work, release: Release, item: ReleaseItem, view: str) -> bool:
    frame = Frame(
        release.figures_revision, release.created_revision, release.final_year,
        Judgement(**release.parameters),
    )  # fmt: skip
    try:
        fresh = answered(work, reread(json.loads(item.question)), frame, view)
    except DomainError:
        return False
    text = item.exact if view == EXACT else item.public
    stored = None if text is None else json.loads(text)
    return _agrees(stored, json.loads(json.dumps(fresh)))


def _agrees(stored: Any, fresh: Any) -> bool:  # noqa: ANN401
    """Whether all that was frozen is counted again; members that have come since are no matter."""
    if isinstance(stored, dict) and isinstance(fresh, dict):
        return all(key in fresh and _agrees(value, fresh[key]) for key, value in stored.items())
    if isinstance(stored, list) and isinstance(fresh, list):
        pairs = zip(stored, fresh, strict=False)
        return len(stored) == len(fresh) and all(_agrees(old, new) for old, new in pairs)
    return bool(stored == fresh)
