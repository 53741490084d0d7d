"""The answers that a release freezes: one with exact figures, one as everybody sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from registry.access.principal import ANONYMOUS, operator
from registry.core.fields import ready
from registry.core.problems import DomainError
from registry.goals.progress import Thresholds
from registry.goals.schemas import ProgressRead
from registry.goals.service import progress_of
from registry.releases.models import EXACT
from registry.statistics import answers
from registry.statistics.formats import document

if TYPE_CHECKING:
    from registry.access.principal import Principal
    from registry.core.work import Work
    from registry.releases.questions import Asked
    from registry.settings import Settings


@dataclass(frozen=True)
class Judgement:
    """How goals are judged: the thresholds of a status, and how long a report is fresh."""

    ahead: float
    on_track: float
    fresh_months: int

    @classmethod
    def of(cls, settings: Settings) -> Judgement:
        """What the installation's settings say."""
        return cls(
            settings.status_ahead, settings.status_on_track, settings.observation_fresh_months
        )


@dataclass(frozen=True)
class Frame:
    """What all answers of a release share.

    That is the revision of the figures, the one that made the release and its point, the year it
    marks final, and how goals are judged.
    """

    revision: int
    made_by: int
    final_year: int | None
    judgement: Judgement


def answered(work: Work, asked: Asked, frame: Frame, view: str) -> dict[str, Any] | None:
    """The document that a view shows of an item; None if it may not show the item at all."""
    seen = replace(work, principal=_reader(view))
    if asked.statistic is None:
        return _progress(seen, str(asked.goal), frame)
    try:
        found = answers.answer(seen, asked.statistic, None, frame.revision, frame.made_by)
        return document(found)
    except DomainError as refusal:
        if refusal.code == "needs-exact":
            return None
        raise


def _reader(view: str) -> Principal:
    return operator("release", ("statistics:exact",)) if view == EXACT else ANONYMOUS


def _progress(work: Work, code: str, frame: Frame) -> dict[str, Any]:
    judged = frame.judgement
    found = progress_of(
        work, code, None, frame.revision, Thresholds(judged.ahead, judged.on_track),
        judged.fresh_months, frame.final_year, frame.made_by,
    )  # fmt: skip
    written: dict[str, Any] = ready(ProgressRead).dump(found)
    return written
