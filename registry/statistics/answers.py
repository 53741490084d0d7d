"""Answering a question: who may see it, as of when, which figures, under which names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from registry.codes.models import CodeItem
from registry.core.problems import DomainError, Flaw, Invalid
from registry.revisions.instants import resolve
from registry.revisions.past import rows_at
from registry.statistics import vocabulary
from registry.statistics.catalogue import RULES, read
from registry.statistics.models import Rule
from registry.statistics.protection.matching import is_live
from registry.statistics.protection.public import public_figures
from registry.statistics.queries import figures
from registry.statistics.views import PUBLIC, view_of
from registry.statistics.zeros import with_zeros

if TYPE_CHECKING:
    from datetime import date, datetime

    from registry.core.work import Work
    from registry.revisions.instants import Instant
    from registry.statistics.protection.public import PublicFigures
    from registry.statistics.questions import Figures, Question

# The lists whose `counts` flags are parameters of a rule.
FLAGGED = {
    "trainees/1": ("programme-kinds", "statuses"),
    "investments/1": ("instruments", "fields", "districts"),
}


@dataclass(frozen=True)
class Answer:
    """A question's figures, with all that says what they are."""

    question: Question
    view: str
    instant: Instant
    figures: Figures
    labels: dict[str, dict[str, str]]
    published: PublicFigures | None = None  # the point they are of, unless they are exact or live

    @property
    def provisional(self) -> bool:
        """Whether the figures may still rise because outcomes become known later."""
        return self.question.is_provisional(self.instant.day)


def answer(
    work: Work,
    question: Question,
    as_of: date | datetime | None,
    revision: int | None,
    published_by: int | None = None,
) -> Answer:
    """The figures as known at an instant. Raises needs-exact, unknown-code, too-many-cells.

    What everybody sees is of the last point up to the instant, or up to the revision
    `published_by`: a release's own point comes a revision after the figures it shows. The answer
    names the instant asked about, so that asking it again gives the same; the point says which
    revision's figures they are.
    """
    view = view_of(work.principal, question)
    check(work, question)
    instant = resolve(work, as_of, revision)
    published = None
    if view == PUBLIC and not is_live(question):
        seen = instant if published_by is None else replace(instant, revision=published_by)
        published = public_figures(work.session, question, seen)
        found = published.figures
    else:
        found = figures(work.session, question, instant)
        if question.zeros:
            found = with_zeros(work.session, question, instant, found)
    named = vocabulary.labels(work.session, question, instant) if question.labels else {}
    return Answer(question, view, instant, found, named, published)


def check(work: Work, question: Question) -> None:
    """Refuse months in the wrong order and codes that are in no list. Raises Invalid."""
    if question.first and question.last and question.first > question.last:
        facts = {"earlier": "from", "later": "to"}
        raise Invalid(Flaw("date-order", parameter="to", facts=facts))
    vocabulary.check_codes(work.session, question)


def rule_text(
    work: Work, dataset: str, number: int, as_of: date | datetime | None, revision: int | None
) -> dict[str, Any]:
    """A counting rule in plain words, and its parameters as at an instant. Raises not-found."""
    name = f"{dataset}/{number}"
    if name not in read("rule_texts"):
        raise DomainError("not-found")
    instant = resolve(work, as_of, revision)
    mine = (Rule.dataset == dataset, Rule.number == number)
    found = rows_at(work.session, Rule, instant.revision, *mine)
    if not found:
        raise DomainError("not-found")
    items = rows_at(work.session, CodeItem, instant.revision, CodeItem.list.in_(FLAGGED[name]))
    flags = {
        kind: sorted(item.code for item in items if item.list == kind and item.counts)
        for kind in FLAGGED[name]
    }
    return {
        "rule": name, "dataset": dataset, "number": number, "in_force": RULES[dataset] == name,
        **read("rule_texts")[name],
        "parameters": {**found[0].parameters, "counts": flags},
        "as_of": instant.at, "revision": instant.revision, "settled": instant.settled,
    }  # fmt: skip
