"""The eight goals as a page shows them: where each stands, and where this pace leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from registry.core.clock import seoul_date
from registry.core.parts import registry
from registry.core.problems import DomainError
from registry.goals import queries
from registry.goals.path import half_up
from registry.goals.progress import Thresholds
from registry.goals.service import progress_of
from registry.web.numbers import written
from registry.web.words import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from registry.core.work import Work
    from registry.goals.models import Goal
    from registry.revisions.instants import Instant

PROMISES = ("TALENT_ANNUAL", "INVESTMENT_TOTAL")  # what the two large cards are about
TOTAL = "TALENT_TOTAL"
PAGES = {"trainees": "public.talents", "investments": "public.investment"}


@dataclass(frozen=True)
class Pace:
    """What a goal comes to on a day if every day adds what the days so far added on average."""

    due: date
    value: int


@dataclass(frozen=True)
class Score:
    """A goal with its progress, as known at an instant."""

    goal: Goal
    progress: Mapping[str, Any]
    day: date  # the last day whose figures it has

    @property
    def name(self) -> dict[str, str]:
        """Both names."""
        return {"name": self.goal.name, "name_en": self.goal.name_en}

    @property
    def current(self) -> Mapping[str, Any]:
        """Where it stands."""
        found: Mapping[str, Any] = self.progress["current"]
        return found

    @property
    def page(self) -> str | None:
        """The endpoint of the page with its figures, if the registry counts them."""
        return PAGES.get(self.goal.dataset or "")

    @property
    def share(self) -> float | None:
        """How much of the target is there, or of the way to it."""
        found: float | None = self.current["ratio"]
        return found

    @property
    def pace(self) -> Pace | None:
        """Where this pace leads, of a figure that the registry counts and a period that runs."""
        path, actual = self.progress["path"], self.current["actual"]
        if self.goal.dataset is None or path is None or actual is None:
            return None
        start, due = path["starts_on"], path["points"][-1]["due"]
        if not start <= self.day < due:
            return None
        opening = self.goal.opening or 0
        gone, whole = (self.day - start).days + 1, (due - start).days + 1
        return Pace(due, opening + half_up(Fraction((actual - opening) * whole, gone)))


def scores(work: Work, known: Mapping[str, Any], instant: Instant) -> list[Score]:
    """Every goal there was at an instant (`as_of` or `revision`), in the order announced."""
    found = []
    for goal in queries.every(work.session):
        try:
            found.append(score(work, goal, known, instant))
        except DomainError as error:
            if error.code != "not-found":  # it came later
                raise
    return found


def score(work: Work, goal: Goal, known: Mapping[str, Any], instant: Instant) -> Score:
    """One goal. Raises not-found if it came after the instant."""
    settings = registry().settings
    thresholds = Thresholds(settings.status_ahead, settings.status_on_track)
    progress = progress_of(
        work, goal.code, known["as_of"], known["revision"], thresholds,
        settings.observation_fresh_months,
    )  # fmt: skip
    return Score(queries.goal_at(work.session, goal, instant), progress, _day_of(progress, instant))


def _day_of(progress: Mapping[str, Any], instant: Instant) -> date:
    point = progress["publication"]
    if point is None:
        return instant.day
    return seoul_date(point["as_of"] - timedelta(microseconds=1))


def chosen(found: Sequence[Score], *codes: str) -> list[Score]:
    """Those of some codes, in that order."""
    by_code = {score.goal.code: score for score in found}
    return [by_code[code] for code in codes if code in by_code]


def status_text(status: str) -> str:
    """A status in words."""
    words = {
        "achieved": _("달성"), "ahead": _("앞섬"), "on_track": _("순항"), "behind": _("뒤처짐"),
        "no_data": _("자료 없음"),
    }  # fmt: skip
    return words[status]


def summary(score: Score) -> str:
    """One sentence on where a goal stands, for who does not see the chart."""
    current, unit = score.current, score.goal.unit
    if current["actual"] is None:
        return _("아직 보고된 수치가 없습니다.")
    shown = written(current["actual"], unit)
    if current["target"] is None:
        return _("현재 %(actual)s.", actual=shown)
    target = written(current["target"], unit)
    return _(
        "현재 %(actual)s, 목표 %(target)s. 상태: %(status)s.",
        actual=shown, target=target, status=status_text(current["status"]),
    )  # fmt: skip
