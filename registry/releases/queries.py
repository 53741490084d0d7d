"""Selects over releases; a confidential one is there only for who may see exact figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, func, select, true

from registry.core.problems import DomainError
from registry.releases.models import EXACT, PUBLIC, Release, ReleaseItem
from registry.revisions.queries import filtered

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from registry.access.principal import Principal
    from registry.core.work import Work


def view_of(principal: Principal) -> str:
    """The view in which somebody sees releases."""
    return EXACT if principal.holds("statistics:exact") else PUBLIC


def visible(principal: Principal) -> ColumnElement[bool]:
    """The clause every select of releases starts from."""
    return true() if view_of(principal) == EXACT else Release.confidential.is_(False)


def listed(work: Work, asked: dict[str, Any]) -> Select[Release]:
    """The visible releases, as the filters narrow them."""
    found = select(Release).where(visible(work.principal))
    return filtered(found, Release, asked, "name", "confidential")


def release(work: Work, release_id: UUID) -> Release:
    """One visible release. Raises not-found."""
    found = work.session.scalars(
        select(Release).where(visible(work.principal), Release.id == release_id)
    ).one_or_none()
    if found is None:
        raise DomainError("not-found")
    return found


def items_of(session: Session, release_id: UUID) -> Sequence[ReleaseItem]:
    """The frozen answers of a release, in their order."""
    mine = ReleaseItem.release_id == release_id
    return session.scalars(select(ReleaseItem).where(mine).order_by(ReleaseItem.number)).all()


def superseding(work: Work, releases: Iterable[Release]) -> dict[UUID, UUID]:
    """Of each release that has one, the newest later visible release of the same name."""
    earlier = list(releases)
    last = (
        select(Release.name, func.max(Release.created_revision).label("revision"))
        .where(visible(work.principal), Release.name.in_({r.name for r in earlier}))
        .group_by(Release.name)
        .subquery()
    )
    newest = {
        found.name: found
        for found in work.session.scalars(
            select(Release).join(last, Release.created_revision == last.c.revision)
        )
    }
    return {
        release.id: newest[release.name].id
        for release in earlier
        if newest[release.name].created_revision > release.created_revision
    }
