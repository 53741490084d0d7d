"""The questions of a release: checked like a statistics query, and written in one way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.core.crypto import canonical
from registry.core.problems import Flaw, Invalid
from registry.goals.models import Goal
from registry.statistics.answers import check
from registry.statistics.questions import Question, question_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from registry.core.work import Work


@dataclass(frozen=True)
class Asked:
    """One item: a statistic's question or a goal's code."""

    statistic: Question | None
    goal: str | None

    @property
    def written(self) -> dict[str, Any]:
        """The item as it could be sent again; equal questions are written alike."""
        if self.statistic is None:
            return {"goal": self.goal}
        asked = self.statistic.asked
        return {
            "dataset": self.statistic.dataset, "measure": self.statistic.measure,
            "by": list(self.statistic.by), **asked, "zone_scheme": self.statistic.zone_scheme,
        }  # fmt: skip


def asked_of(items: Sequence[Mapping[str, Any]]) -> list[Asked]:
    """The questions that a body's items put; the values of a filter in their order, each once."""
    return [_asked(item) for item in items]


def reread(written: Mapping[str, Any]) -> Asked:
    """The question that was written so."""
    times = {"from_": _month(written.get("from")), "to": _month(written.get("to"))}
    months = {"month": [_month(m) for m in written["month"]]} if "month" in written else {}
    return _asked({**written, **times, **months})


def _month(text: str | None) -> int | None:
    return None if text is None else int(text.replace("-", ""))


def _asked(item: Mapping[str, Any]) -> Asked:
    if item.get("goal") is not None:
        return Asked(None, item["goal"])
    question = question_of(item["dataset"], {**item, "by": tuple(item.get("by", ()))})
    ordered = {name: tuple(sorted(set(values))) for name, values in question.filters.items()}
    return Asked(replace(question, filters=ordered), None)


def check_all(work: Work, asked: Sequence[Asked]) -> None:
    """Refuse codes that are in no list and questions put twice, all of them at once."""
    flaws = [*_flaws(work, asked), *_repeated(asked)]
    if flaws:
        raise Invalid(*flaws)


def _flaws(work: Work, asked: Sequence[Asked]) -> Iterator[Flaw]:
    goals = set(work.session.scalars(select(Goal.code)))
    for place, item in enumerate(asked):
        if item.statistic is None:
            if item.goal not in goals:
                yield Flaw("unknown-code", f"/items/{place}/goal", facts={"value": item.goal})
            continue
        try:
            check(work, item.statistic)
        except Invalid as error:
            for flaw in error.flaws:
                yield Flaw(flaw.code, f"/items/{place}/{flaw.parameter}", facts=flaw.facts)


def _repeated(asked: Sequence[Asked]) -> Iterator[Flaw]:
    texts = [canonical(item.written) for item in asked]
    for place, text in enumerate(texts):
        if text in texts[:place]:
            yield Flaw("repeated", f"/items/{place}")
