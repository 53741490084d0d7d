"""Selects over programmes, trainees and enrolments; each starts from what the asker may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select

from registry.core.problems import DomainError
from registry.trainees.models import Programme

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.db import Work


def visible_programmes(work: Work) -> Select[tuple[Programme]]:
    """The programmes the asker may see."""
    return select(Programme).where(work.principal.sees(Programme.organisation_id))


def programme(work: Work, programme_id: UUID) -> Programme:
    """One visible programme. Raises not-found."""
    found = work.session.scalars(
        visible_programmes(work).where(Programme.id == programme_id)
    ).one_or_none()
    if found is None:
        raise DomainError("not-found")
    return found


def own_programme_by_code(work: Work, code: str) -> Programme | None:
    """The asker's own programme of a code, or None."""
    return work.session.scalars(
        select(Programme).where(
            Programme.organisation_id == work.principal.organisation_id, Programme.code == code
        )
    ).one_or_none()


def filtered(select_: Select[Any], model: Any, asked: dict[str, Any], *names: str) -> Select[Any]:  # noqa: ANN401
    """Narrow a list by the equal-to filters asked for, and by what changed since when."""
    for name in names:
        if asked.get(name) is not None:
            select_ = select_.where(getattr(model, name) == asked[name])
    if asked.get("changed_after_revision") is not None:
        select_ = select_.where(model.revision > asked["changed_after_revision"])
    return select_
