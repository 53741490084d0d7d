"""Frozen answers and their differences as tables to read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from registry.goals import queries as goals
from registry.releases.questions import reread
from registry.revisions.instants import resolve
from registry.statistics import vocabulary
from registry.statistics.catalogue import TIMES
from registry.web.languages import named, page_language
from registry.web.numbers import time_label
from registry.web.public.choices import names_of
from registry.web.words import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from registry.core.work import Work

CROSSED = 2  # keys: one down, one across


@dataclass(frozen=True)
class Line:
    """What a row is about, and its figures; None is hidden."""

    heads: tuple[str, ...]
    values: tuple[int | float | None, ...]


@dataclass(frozen=True)
class Item:
    """One question with its figures; `lines` is None if this view does not show it."""

    title: str
    unit: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...] | None
    total: tuple[int | float | None, ...] = ()
    about: str = ""  # which part of the figures it is of
    columns: tuple[str, ...] = ()  # of the figures, where there are several
    only: str = ""  # of a comparison: the one of the two releases that has it, if one alone does

    @property
    def moved(self) -> int:
        """Of a comparison: how many of its figures are not what they were."""
        return sum(bool(line.values[-1]) for line in self.lines or ())


def shown(work: Work, release: Mapping[str, Any], item: Mapping[str, Any]) -> Item:
    """An item of a release."""
    question, answer = item["question"], item["answer"]
    title, unit, by, heads = _named(work, question)
    if answer is None:
        return Item(title, unit, heads, None)
    if "goal" in question:
        years = [Line((time_label("year", p["year"]),), (p["actual"],)) for p in answer["series"]]
        year, value = _standing(answer, release["final_year"])
        about = time_label("year", year) if answer["kind"] == "flow" else ""
        return Item(title, unit, heads, tuple(years), (value,), about)
    labels = _labels(work, question, release["revision"])
    lines = tuple(
        Line(_words(by, [cell[name] for name in by], labels), (cell["value"],))
        for cell in answer["cells"]
    )
    about = _narrowed(question)
    if len(by) == CROSSED and by[0] in TIMES:
        return _crossed(Item(title, answer["unit"], heads, lines, (answer["total"],), about))
    return Item(title, answer["unit"], heads, lines, (answer["total"],), about)


def _standing(answer: Mapping[str, Any], final_year: int | None) -> tuple[int, float | None]:
    """The year that a goal's answer is about, and its figure: of the year made final, if any is."""
    current = answer["current"]
    if answer["kind"] == "flow":
        for point in answer["series"]:
            if point["year"] == final_year:
                return point["year"], point["actual"]
    return current["year"], current["actual"]


def _crossed(item: Item) -> Item:
    """The same figures with the times across.

    A place without a figure is a zero: of a year that is withheld there is no column.
    """
    lines = item.lines or ()
    columns = tuple(dict.fromkeys(line.heads[0] for line in lines))
    known = {line.heads: line.values[0] for line in lines}
    down = dict.fromkeys(line.heads[1] for line in lines)
    crossed = tuple(
        Line((name,), tuple(known.get((time, name), 0) for time in columns)) for name in down
    )
    return replace(item, heads=item.heads[1:], lines=crossed, columns=columns)


def compared(work: Work, found: Mapping[str, Any], item: Mapping[str, Any]) -> Item:
    """An item of a comparison: each figure in both, and the difference."""
    question = item["question"]
    title, unit, by, heads = _named(work, question)
    if item["withheld"]:
        return Item(title, unit, heads, None)
    keys = by or ("year",)
    labels = {} if "goal" in question else _labels(work, question, found["b"]["revision"])
    lines = [
        Line(_words(keys, [cell[name] for name in keys], labels), _three(cell))
        for cell in item["cells"]
    ]
    # A goal stands where its last year does: what would be below its years is no sum of them.
    total = () if "goal" in question else _three(item["total"])
    only = "a" if item["in_b"] is None else "b" if item["in_a"] is None else ""
    return Item(title, unit, heads, tuple(lines), total, _narrowed(question), only=only)


def _narrowed(question: Mapping[str, Any]) -> str:
    """From when to when, and of what else, a statistic is."""
    said = []
    if "from" in question:
        said.append(_("%(month)s부터", month=time_label("month", question["from"])))
    if "to" in question:
        said.append(_("%(month)s까지", month=time_label("month", question["to"])))
    names = names_of(question["dataset"], "dimensions") if "dataset" in question else {}
    said += [
        f"{words}: {', '.join(map(str, question[name]))}"
        for name, words in names.items() if question.get(name)
    ]  # fmt: skip
    return " · ".join(said)


def _three(cell: Mapping[str, Any]) -> tuple[int | float | None, ...]:
    return cell["a"], cell["b"], cell["difference"]


def _named(
    work: Work, question: Mapping[str, Any]
) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    """An item's title, unit and keys, and the heads of their columns."""
    if "goal" in question:
        goal = goals.goal(work.session, question["goal"])
        return named({"name": goal.name, "name_en": goal.name_en}), goal.unit, (), (_("연도"),)
    dataset = question["dataset"]
    asked = reread(question).statistic
    assert asked is not None  # noqa: S101 - a goal was told above
    by = tuple(question["by"])
    names = names_of(dataset, "dimensions")
    heads = tuple(names[name] for name in by)
    measure = names_of(dataset, "measures")[question["measure"]]
    title = f"{measure} — {' · '.join(heads)}" if heads else measure
    return title, asked.unit, by, heads


def _labels(work: Work, question: Mapping[str, Any], revision: int) -> dict[str, dict[str, str]]:
    asked = reread(question).statistic
    assert asked is not None  # noqa: S101 - goals have no labels
    asked = replace(asked, labels=page_language())
    return vocabulary.labels(work.session, asked, resolve(work, None, revision))


def _words(
    by: Sequence[str], keys: Sequence[Any], labels: Mapping[str, Mapping[str, str]]
) -> tuple[str, ...]:
    return tuple(
        time_label(name, key) if name in TIMES else labels.get(name, {}).get(key, str(key))
        for name, key in zip(by, keys, strict=True)
    )
