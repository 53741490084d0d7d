"""What a page's form offers: measures, breakdowns and filters that its visitor is answered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from registry.codes.queries import items_of, zones_of
from registry.core.problems import DomainError
from registry.statistics import answers
from registry.statistics.catalogue import LISTS, TIMES, described, headlines
from registry.statistics.protection.matching import is_headline, table_for
from registry.statistics.protection.tables import published_tables
from registry.web.languages import named, page_language
from registry.web.numbers import time_label
from registry.web.words import _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.core.work import Work
    from registry.statistics.questions import Question

FIRST_YEAR = 2022
MOST_DIMENSIONS = 4
SEVERAL = ("zone", "programme_kind")  # dimensions that pages offer beside another


@dataclass(frozen=True)
class Option:
    """One choice of a select."""

    value: str
    words: str
    chosen: bool


@dataclass(frozen=True)
class Select:
    """A labelled select of a form."""

    name: str
    label: str
    options: tuple[Option, ...]
    anything: bool = True  # whether nothing in particular may be chosen


def names_of(dataset: str, part: str) -> dict[str, str]:
    """The names of a dataset's measures or dimensions."""
    entry = next(each for each in described()["items"] if each["dataset"] == dataset)
    return {each["code"]: named(each) for each in entry[part]}


def selects(work: Work, question: Question) -> list[Select]:
    """The form of a page: measure, breakdown, year, and the filters that make sense with them."""
    exact = work.principal.holds("statistics:exact")
    return [
        _measures(question, exact=exact),
        _breakdowns(question, exact=exact),
        _years(question, work.today.year),
        *_filters(work, question, exact=exact),
    ]


def _measures(question: Question, *, exact: bool) -> Select:
    names = names_of(question.dataset, "measures")
    shown = {t.measure for t in published_tables() if t.dataset == question.dataset}
    shown |= {*headlines(question.dataset), question.measure}
    options = [
        Option(code, words, code == question.measure)
        for code, words in names.items() if exact or code in shown
    ]  # fmt: skip
    return Select("measure", _("무엇을"), tuple(options), anything=False)


def _breakdowns(question: Question, *, exact: bool) -> Select:
    names = names_of(question.dataset, "dimensions")
    offered = list(_exact_ways(names) if exact else _published_ways(question))
    if question.by not in offered:
        offered.insert(0, question.by)
    options = [
        Option(",".join(by), " · ".join(names[n] for n in by) or _("전체"), by == question.by)
        for by in offered
    ]
    return Select("by", _("나누어 보기"), tuple(options), anything=False)


def _published_ways(question: Question) -> Iterable[tuple[str, ...]]:
    """What is published of a measure, from the coarsest on."""
    tables = [
        t.by for t in published_tables()
        if (t.dataset, t.measure) == (question.dataset, question.measure)
    ]  # fmt: skip
    ways: set[tuple[str, ...]] = set()
    if question.measure in headlines(question.dataset):
        ways.add(("year",))
    ways |= {
        tuple(n for n in by if n != "year" or not set(by) & {"quarter", "month"}) for by in tables
    }
    return sorted(ways, key=_order)


def _exact_ways(names: Iterable[str]) -> Iterable[tuple[str, ...]]:
    others = [name for name in names if name not in TIMES]
    ways: list[tuple[str, ...]] = [(time,) for time in TIMES]
    ways += [("year", name) for name in others]
    if set(names) >= set(SEVERAL):
        ways.append(("year", *SEVERAL))
    return sorted(ways, key=_order)


ORDER = (
    "year", "quarter", "month", "programme_kind", "channel", "field", "zone", "district",
    "organisation", "instrument", "round", "investor_kind",
)  # fmt: skip


def _order(by: tuple[str, ...]) -> tuple[Any, ...]:
    return len(by), tuple(ORDER.index(name) for name in by)


def _years(question: Question, last: int) -> Select:
    chosen = question.filters.get("year", ())
    years = sorted({*range(FIRST_YEAR, last + 1), *chosen})
    options = [Option(str(y), time_label("year", y), chosen == (y,)) for y in years]
    return Select("year", _("연도"), tuple(options))


def _filters(work: Work, question: Question, *, exact: bool) -> Iterable[Select]:
    names = names_of(question.dataset, "dimensions")
    for name in names:
        if name in TIMES or not (exact or _is_answered(question, name)):
            continue
        chosen = question.filters.get(name, ())
        options = [Option(c, words, chosen == (c,)) for c, words in codes(work, question, name)]
        if options:
            yield Select(name, names[name], tuple(options))


def _is_answered(question: Question, name: str) -> bool:
    """Whether everybody is answered the question with a filter by a dimension."""
    narrowed = replace(question, filters={**question.filters, name: ("?",)})
    return not is_headline(narrowed) and table_for(narrowed) is not None


def codes(work: Work, question: Question, name: str) -> list[tuple[str, str]]:
    """The codes of a dimension that count, with their names in the page's language."""
    if name in LISTS:
        found = items_of(work.session, LISTS[name])
        return [(i.code, named({"name": i.name, "name_en": i.name_en})) for i in found if i.counts]
    if name == "zone":
        return [
            (z.code, named({"name": z.name, "name_en": z.name_en}))
            for z in zones_of(work.session) if z.scheme == question.zone_scheme
        ]  # fmt: skip
    return organisations(work, question)


def organisations(work: Work, question: Question) -> list[tuple[str, str]]:
    """The organisations that something is counted of, as this visitor is answered."""
    asked = replace(
        question, by=("organisation",), filters={}, first=None, last=None, zeros=False,
        labels=page_language(),
    )  # fmt: skip
    try:
        found = answers.answer(work, asked, None, None)
    except DomainError:
        return []
    words = found.labels["organisation"]
    return [(str(cell.keys[0]), words[str(cell.keys[0])]) for cell in found.figures.cells]
