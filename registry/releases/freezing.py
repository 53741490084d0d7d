"""Making a release: every figure at one revision, written down once and for ever."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.core.problems import DomainError, Flaw, Gathered, Invalid
from registry.core.types import new_id
from registry.goals.models import FinalYear
from registry.releases.answering import Frame, Judgement, answered
from registry.releases.models import EXACT, PUBLIC, Release, ReleaseItem
from registry.releases.presentation import digest_of, shown_items
from registry.releases.questions import asked_of, check_all
from registry.statistics.protection.publish import publish_point
from registry.statistics.questions import MOST_CELLS

if TYPE_CHECKING:
    from registry.core.work import Work
    from registry.releases.questions import Asked
    from registry.statistics.protection.limits import Limits


def freeze(work: Work, data: dict[str, Any], judgement: Judgement, limits: Limits) -> Release:
    """Freeze the figures of the revision before this one under a name.

    Unless it is confidential they are published, too: its public view is of a point of its own.
    Raises forbidden, Invalid for questions and the final year, too-many-cells.
    """
    work.principal.require("releases:write")
    if data["confidential"]:
        work.principal.require("statistics:exact")
    asked = asked_of(data["items"])
    gathered = Gathered()
    gathered.check(_check_final_year, work, data)
    gathered.check(check_all, work, asked)
    gathered.settle()
    work.action = "release.publish"
    if not data["confidential"]:
        publish_point(work, "release", limits)
    frame = Frame(work.head.number, work.revision, data["final_year"], judgement)
    release = _release(work, data, frame)
    views = (EXACT,) if release.confidential else (EXACT, PUBLIC)
    items, cells = [], 0
    for number, item in enumerate(asked, start=1):
        answers = {view: answered(work, item, frame, view) for view in views}
        cells += len((answers[EXACT] or {}).get("cells", ()))
        if cells > MOST_CELLS:
            raise DomainError("too-many-cells", limit=MOST_CELLS)
        items.append(_item(release, number, item, answers))
    release.exact_digest = digest_of(release, shown_items(items, EXACT))
    if not release.confidential:
        release.public_digest = digest_of(release, shown_items(items, PUBLIC))
    work.session.add(release)
    work.session.flush()
    work.session.add_all(items)
    _mark_final(work, release.final_year)
    return release


def _check_final_year(work: Work, data: dict[str, Any]) -> None:
    year = data["final_year"]
    if year is None:
        return
    if data["confidential"]:
        raise Invalid.at("final_year", "not-together", fields="confidential, final_year")
    if year >= work.today.year:
        raise Invalid(Flaw("year-not-over", "/final_year", facts={"today": work.today}))


def _release(work: Work, data: dict[str, Any], frame: Frame) -> Release:
    return Release(
        id=new_id(), name=data["name"], note=data["note"], confidential=data["confidential"],
        final_year=frame.final_year, figures_revision=frame.revision, figures_at=work.head.at,
        figures_digest=work.head.digest, published_at=work.now,
        parameters=asdict(frame.judgement),
    )  # fmt: skip


def _item(
    release: Release, number: int, asked: Asked, answers: dict[str, dict[str, Any] | None]
) -> ReleaseItem:
    return ReleaseItem(
        release_id=release.id, number=number, question=_text(asked.written),
        **{view: None if found is None else _text(found) for view, found in answers.items()},
    )  # fmt: skip


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _mark_final(work: Work, year: int | None) -> None:
    """A year that was marked before stays final from then on."""
    known = select(FinalYear.id).where(FinalYear.year == year)
    if year is not None and work.session.scalars(known).first() is None:
        work.session.add(FinalYear(year=year))
