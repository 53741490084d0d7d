"""Why a figure moved: the postings between two revisions, by act and by whose figures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, cast, func, literal, select

from registry.core.problems import DomainError, Flaw, Invalid
from registry.revisions.instants import resolve
from registry.revisions.models import Revision
from registry.statistics import queries
from registry.statistics.answers import check
from registry.statistics.catalogue import RULES, TIMES
from registry.statistics.models import LEDGERS
from registry.statistics.questions import MOST_CELLS
from registry.statistics.views import require_exact

if TYPE_CHECKING:
    from sqlalchemy import Select

    from registry.core.work import Work
    from registry.revisions.instants import Instant
    from registry.statistics.questions import Question

COUNTS = ("value", "postings", "first_revision", "last_revision")


def changes(work: Work, question: Question, asked: dict[str, Any]) -> dict[str, Any]:
    """What was posted after one instant up to another; it sums to the figures' difference.

    Raises needs-exact, and Invalid for codes, instants and their order.
    """
    require_exact(work.principal, question)
    check(work, question)
    if asked["from_revision"] is None and asked["from_as_of"] is None:
        raise Invalid(Flaw("required", parameter="from_revision"))
    start, end = (_instant(work, asked, edge) for edge in ("from", "to"))
    if start.revision > end.revision:
        facts = {"earlier": "from_revision", "later": "to_revision"}
        raise Invalid(Flaw("date-order", parameter="to_revision", facts=facts))
    items = _items(work, question, start, end)
    return {
        "dataset": question.dataset, "measure": question.measure, "unit": question.unit,
        "rule": RULES[question.dataset], "by": _names(question),
        "filters": question.asked, "zone_scheme": question.zone_scheme,
        "from_": _known_at(work, question, start), "to": _known_at(work, question, end),
        "items": items, "difference": sum(item["value"] for item in items),
    }  # fmt: skip


def columns(question: Question) -> tuple[str, ...]:
    """The members of an item, in their order."""
    return (*_names(question), *COUNTS)


def _names(question: Question) -> tuple[str, ...]:
    return ("action", "organisation", *(n for n in question.by if n != "organisation"))


def _instant(work: Work, asked: dict[str, Any], edge: str) -> Instant:
    try:
        return resolve(work, asked[f"{edge}_as_of"], asked[f"{edge}_revision"])
    except Invalid as error:
        flaws = (replace(flaw, parameter=f"{edge}_{flaw.parameter}") for flaw in error.flaws)
        raise Invalid(*flaws) from None


def _known_at(work: Work, question: Question, instant: Instant) -> dict[str, Any]:
    found = queries.figures(work.session, replace(question, by=()), instant)
    return {
        "as_of": instant.at, "revision": instant.revision, "settled": instant.settled,
        "total": found.total,
    }  # fmt: skip


def _items(work: Work, question: Question, start: Instant, end: Instant) -> list[dict[str, Any]]:
    rows = work.session.execute(_grouped(question, start, end).limit(MOST_CELLS + 1)).all()
    if len(rows) > MOST_CELLS:
        raise DomainError("too-many-cells", limit=MOST_CELLS)
    names = _names(question)
    keys = len(names)
    written = sorted((*queries.written(names, row[:keys]), *map(int, row[keys:])) for row in rows)
    return [dict(zip(columns(question), row, strict=True)) for row in written]


def _grouped(question: Question, start: Instant, end: Instant) -> Select[Any]:
    """The postings in between, grouped; a move within a group stays, with the value 0."""
    tables = LEDGERS[question.dataset]
    names = _names(question)
    posting = tables.posting.c
    value = posting[question.measure]
    times = [queries.time_column(n, posting.month).label(n) for n in names if n in TIMES]
    posted = (
        select(
            posting.cell_id, *times, posting.revision, Revision.action,
            cast(value, BigInteger).label("value"),
        )
        .join(Revision, Revision.number == posting.revision)
        .where(
            value != 0,
            posting.revision > literal(start.revision, BigInteger),
            posting.revision <= literal(end.revision, BigInteger),
            *queries.within_months(question, posting.month),
        )
        .subquery()
    )  # fmt: skip
    asked = replace(question, by=names[1:])
    source, meaning = queries.meant(tables, asked, posted)
    chosen = [posted.c.action, *(meaning[n].label(n) for n in names[1:])]
    filters = [meaning[n].in_(v) for n, v in question.filters.items() if n not in TIMES]
    return (
        select(
            *chosen,
            queries.whole(func.sum(posted.c.value)).label("value"),
            func.count().label("postings"),
            func.min(posted.c.revision).label("first_revision"),
            func.max(posted.c.revision).label("last_revision"),
        )
        .select_from(source)
        .where(*filters)
        .group_by(*chosen)
    )
