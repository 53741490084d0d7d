"""Which published table answers a question, or comes nearest to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.statistics.catalogue import headlines
from registry.statistics.protection.tables import published_tables, tables_of

if TYPE_CHECKING:
    from registry.statistics.protection.tables import PublishedTable
    from registry.statistics.questions import Question

_SPANS = (("year", 12), ("quarter", 3), ("month", 1))


def named(question: Question) -> set[str]:
    """The dimensions that a question is about."""
    return {*question.by, *chosen_by(question)}


def chosen_by(question: Question) -> set[str]:
    """The dimensions that it is filtered by; `from` and `to` are the longest time they fit."""
    # The months of a year before the first one, and up to the last one.
    edges = [(question.first - 1) % 100] if question.first else []
    edges += [question.last % 100] if question.last else []
    found = set(question.filters)
    if edges:
        found.add(next(n for n, size in _SPANS if all(edge % size == 0 for edge in edges)))
    return found


def is_headline(question: Question) -> bool:
    """Whether it asks for the total, in all or by year, of a measure whose totals all may see."""
    return question.measure in headlines(question.dataset) and named(question) <= {"year"}


def is_live(question: Question) -> bool:
    """Whether everybody sees a headline as it stands: people's; won move only with points."""
    return is_headline(question) and not question.measure.endswith("_krw")


def table_for(question: Question) -> PublishedTable | None:
    """The published table with the fewest dimensions that answers a question, None if none does."""
    tables = [
        table
        for table in tables_of(question.dataset, question.measure)
        if all(table.tells(name) for name in named(question))
        and ("zone" not in named(question) or table.zone_scheme == question.zone_scheme)
    ]
    return min(tables, key=lambda table: len(table.by), default=None)


def nearest(question: Question) -> str:
    """The address of the published question that lacks the fewest dimensions of one."""
    wanted = named(question)
    known = {*headlines(question.dataset), *(t.measure for t in _tables(question))}
    measure = question.measure
    if measure not in known:
        measure = headlines(question.dataset)[0]
    tables = tables_of(question.dataset, measure)
    best = min(
        tables,
        key=lambda t: (sum(not t.tells(name) for name in wanted), len(t.by)),
        default=None,
    )
    by = "year"
    if best is not None and any(best.tells(name) for name in wanted - {"year"}):
        by = ",".join(best.by)
    return f"/api/v1/statistics/{question.dataset}?measure={measure}&by={by}"


def _tables(question: Question) -> list[PublishedTable]:
    return [table for table in published_tables() if table.dataset == question.dataset]
