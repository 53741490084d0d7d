"""The records behind a figure, and those that do not count, now and at any past revision.

The contributions of those behind it sum to it.

Rows are those of organisations the asker sees; of others it learns how many there are, and what
they contribute in all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from registry.core.paging import paged, revision_of_cursor
from registry.revisions.instants import resolve
from registry.statistics import exclusions, reasons, records
from registry.statistics.answers import check
from registry.statistics.catalogue import RULES, dimensions
from registry.statistics.known import Known
from registry.statistics.queries import whole
from registry.statistics.questions import time_parts
from registry.statistics.views import require_exact

if TYPE_CHECKING:
    from sqlalchemy import Subquery

    from registry.core.paging import Page
    from registry.core.work import Work
    from registry.revisions.instants import Instant
    from registry.statistics.questions import Question

ORDERS = {"id": "record_id", "month": "month", "value": "value", "revision": "revision"}


class Explained(dict[str, Any]):
    """An answer of records, as its schema writes it, with the `Link` to the next page."""

    link: str | None = None


def explained(work: Work, question: Question, asked: dict[str, Any]) -> Explained:
    """One page of the records behind a figure, or (`excluded`) of those that do not count.

    Raises needs-exact, invalid-cursor, and Invalid for codes and instants.
    """
    require_exact(work.principal, question)
    check(work, question)
    instant = _instant(work, asked)
    known = Known(work.session, question.dataset, instant) if asked["excluded"] else None
    rows = (
        known.then(exclusions.excluded(question, instant)) if known
        else records.counted(question, instant)
    ).subquery()  # fmt: skip
    page = _page(work, rows, asked, instant)
    answer = Explained(
        dataset=question.dataset, measure=question.measure, unit=question.unit,
        rule=RULES[question.dataset], filters=question.asked, zone_scheme=question.zone_scheme,
        excluded=asked["excluded"], as_of=instant.at, revision=instant.revision,
        settled=instant.settled, next_cursor=page.next_cursor,
        items=_items(work, question, instant, page, known),
        **_sums(work, rows),
    )  # fmt: skip
    answer.link = page.link
    return answer


def columns(dataset: str) -> tuple[str, ...]:
    """The columns of the list as a file."""
    money = ("investment_id",) if dataset == "investments" else ()
    ends = ("value", "revision", "reason.code", "reason.name", "reason.name_en")
    return ("id", "kind", *money, "date", *dimensions(dataset), *ends)


def _instant(work: Work, asked: dict[str, Any]) -> Instant:
    """The instant asked for; on later pages of a question about now, that of the first page."""
    pinned = revision_of_cursor(work, asked)
    if pinned is None or asked["as_of"] not in (None, work.today):
        return resolve(work, asked["as_of"], asked["revision"])
    return resolve(work, None, pinned)


def _page(work: Work, rows: Subquery, asked: dict[str, Any], instant: Instant) -> Page:
    name = asked["sort"].removeprefix("-")
    keys = [rows.c[key] for key in dict.fromkeys((ORDERS[name], "record_id"))]
    mine = select(*rows.c).where(work.principal.sees(rows.c.organisation_id))
    descending = asked["sort"].startswith("-")
    return paged(work, mine, asked, keys, descending=descending, revision=instant.revision)


def _sums(work: Work, rows: Subquery) -> dict[str, Any]:
    mine = work.principal.sees(rows.c.organisation_id)
    found = work.session.execute(
        select(
            func.count().label("records"),
            whole(func.coalesce(func.sum(rows.c.value), 0)).label("total"),
            func.coalesce(func.sum(case((mine, 0), else_=1)), 0).label("others"),
            whole(func.coalesce(func.sum(case((mine, 0), else_=rows.c.value)), 0)).label("rest"),
        )
    ).one()
    return {
        "records": found.records, "total": found.total,
        "others": {"records": found.others, "value": found.rest},
    }  # fmt: skip


def _items(
    work: Work, question: Question, instant: Instant, page: Page, known: Known | None
) -> list[dict[str, Any]]:
    ids = [row.record_id for row in page.items]
    details = records.details(work.session, question, instant, ids)
    postings = records.postings(work.session, question, instant, ids)
    why = reasons.reasons(known, question, ids) if known else {}
    own = [n for n in dimensions(question.dataset) if n in page.items[0]._fields] if ids else []
    return [
        {
            "id": row.record_id, **details[row.record_id],
            **{name: getattr(row, name) for name in own}, **time_parts(row.month),
            "value": row.value, "revision": row.revision or None,
            "postings": postings.get(row.record_id, []), "reason": why.get(row.record_id),
        }
        for row in page.items
    ]  # fmt: skip
