"""What moved from one release to another: question by question, cell by cell, and by which acts.

Figures are those that were frozen, in the asker's view; nothing is counted again. Only the exact
view opens a difference to the postings in between.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from registry.core.crypto import canonical
from registry.core.problems import DomainError
from registry.goals import queries as goals
from registry.releases import queries
from registry.releases.models import EXACT, Release
from registry.releases.presentation import presenter, shown_items
from registry.releases.questions import reread
from registry.revisions.instants import resolve
from registry.statistics import changes
from registry.statistics.catalogue import TIMES

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.work import Work
    from registry.statistics.questions import Question

GOAL_KEYS = ("year",)
Keys = tuple[Any, ...]


def compared(work: Work, first: UUID, second: UUID) -> dict[str, Any]:
    """The second release less the first, for every question of either. Raises not-found."""
    a, b = queries.release(work, first), queries.release(work, second)
    shown = presenter(work, [a, b])
    left, right = (_numbered(work, release) for release in (a, b))
    return {
        "view": queries.view_of(work.principal), "a": shown(a), "b": shown(b),
        "items": [
            _compared(work, (a, b), left.get(text), right.get(text))
            for text in dict.fromkeys((*left, *right))
        ],
    }  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One frozen answer as the asker sees it."""

    number: int
    question: dict[str, Any]
    answer: dict[str, Any] | None

    @property
    def keys(self) -> tuple[str, ...]:
        """The names that tell its cells apart."""
        return tuple(self.question.get("by", GOAL_KEYS))

    @property
    def total(self) -> int | float | None:
        """Its total; of a goal, where it stood."""
        if self.answer is None:
            return None
        found: int | float | None = (
            self.answer["current"]["actual"] if "goal" in self.question else self.answer["total"]
        )
        return found

    @property
    def year(self) -> int | None:
        """The one year that its total is of: of a yearly goal the current one, else None."""
        if self.answer is None or self.answer.get("kind") != "flow":
            return None
        return int(self.answer["current"]["year"])

    def cells(self) -> dict[Keys, int | float | None]:
        """The figures by their keys; of a goal, those of the years."""
        if self.answer is None:
            return {}
        if "goal" in self.question:
            return {(year["year"],): year["actual"] for year in self.answer["series"]}
        return {tuple(c[k] for k in self.keys): c["value"] for c in self.answer["cells"]}

    def absent(self, keys: Keys) -> int | None:
        """What a cell is that the answer does not have: zero, unless its year is not shown."""
        if self.answer is None:
            return None
        withheld = {str(entry["year"]) for entry in self.answer.get("withheld") or ()}
        times = [str(k)[:4] for name, k in zip(self.keys, keys, strict=True) if name in TIMES]
        hidden = withheld & set(times) if times else withheld
        return None if hidden else 0


def _numbered(work: Work, release: Release) -> dict[bytes, Item]:
    shown = shown_items(queries.items_of(work.session, release.id), queries.view_of(work.principal))
    return {
        canonical(item["question"]): Item(number, item["question"], item["answer"])
        for number, item in enumerate(shown, start=1)
    }


def _compared(
    work: Work, releases: tuple[Release, Release], a: Item | None, b: Item | None
) -> dict[str, Any]:
    known = [item for item in (a, b) if item is not None]
    hidden = any(item.answer is None for item in known)
    found: dict[str, Any] = {
        "question": known[0].question,
        "in_a": a and a.number, "in_b": b and b.number,
        "withheld": "needs-exact" if hidden else None,
        "cells": [] if hidden else _cells(known[0].keys, a, b),
        "total": _difference(a and a.total, b and b.total),
        "changes": None, "explained": None,
    }  # fmt: skip
    if a is None or b is None:
        return found
    if a.year != b.year:  # two years of a yearly goal are no movement of either
        found["total"]["difference"] = None
    if queries.view_of(work.principal) != EXACT:
        return found
    acts = _acts(work, known[0].question, *releases)
    explained = None if acts is None or a.year != b.year else _sum(acts, a.year)
    return found | {"changes": acts, "explained": explained}


def _sum(acts: list[dict[str, Any]], year: int | None) -> int:
    """What acts come to, or those of the one year that a total is of."""
    return sum(act["value"] for act in acts if year is None or act["year"] == year)


def _cells(names: tuple[str, ...], a: Item | None, b: Item | None) -> list[dict[str, Any]]:
    sides = [(item, item.cells() if item else {}) for item in (a, b)]
    found = []
    for keys in sorted({*sides[0][1], *sides[1][1]}):
        values = [
            item and (cells[keys] if keys in cells else item.absent(keys)) for item, cells in sides
        ]
        found.append(dict(zip(names, keys, strict=True)) | _difference(*values))
    return found


def _difference(a: Any, b: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"a": a, "b": b, "difference": None if a is None or b is None else _less(b, a)}


def _less(b: float, a: float) -> float:
    """Per cents have two decimals; their difference has no more."""
    return round(b - a, 2)


def _acts(
    work: Work, written: dict[str, Any], a: Release, b: Release
) -> list[dict[str, Any]] | None:
    """The postings between, by act, organisation and cell; None of a goal that is reported.

    From a later release to an earlier one they are taken back.
    """
    question = _question(work, written, b)
    if question is None:
        return None
    low, high = sorted((a.figures_revision, b.figures_revision))
    if low == high:
        return []
    between = {"from_revision": low, "to_revision": high, "from_as_of": None, "to_as_of": None}
    sign = 1 if a.figures_revision == low else -1
    return [{**act, "value": sign * act["value"]} for act in _grouped(work, question, between)]


def _grouped(work: Work, question: Question, between: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """As fine as the question, or, if that were too many, by act and organisation."""
    try:
        found = changes.changes(work, question, between)
    except DomainError as error:
        if error.code != "too-many-cells":
            raise
        found = changes.changes(work, replace(question, by=()), between)
    items: list[dict[str, Any]] = found["items"]
    return items


def _question(work: Work, written: dict[str, Any], release: Release) -> Question | None:
    asked = reread(written)
    if asked.statistic is not None:
        return asked.statistic
    instant = resolve(work, None, release.figures_revision)
    goal = goals.goal_at(work.session, goals.goal(work.session, str(asked.goal)), instant)
    return None if goal.dataset is None else goals.question(goal, "year")
