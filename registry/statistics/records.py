"""What the ledger says of single records: their contributions, and the postings behind them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, cast, func, literal, select

from registry.investments.models import Investment, Transaction
from registry.revisions.past import rows_at
from registry.statistics import queries
from registry.statistics.catalogue import TIMES, dimensions
from registry.statistics.models import LEDGERS
from registry.trainees.models import Enrolment

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy import FromClause, Select
    from sqlalchemy.orm import Session

    from registry.revisions.instants import Instant
    from registry.statistics.models import LedgerTables
    from registry.statistics.questions import Question

KINDS: dict[str, Any] = {
    "enrolment": Enrolment, "transaction": Transaction, "investment": Investment,
}  # fmt: skip
DATES = {"transaction": "effective_on", "investment": "contracted_on"}


def kind_of(question: Question) -> str:
    """Which kind of record the question's measure is posted to."""
    if question.dataset == "trainees":
        return "enrolment"
    return "investment" if question.measure == "deals" else "transaction"


def date_of(question: Question) -> str:
    """The name of the date that places such a record in time."""
    began = "enrolled_on" if question.measure == "enrolments" else "status_on"
    return DATES.get(kind_of(question), began)


def counted(question: Question, instant: Instant) -> Select[Any]:
    """Rows of record, organisation, dimensions, month, value and revision: what counted then."""
    tables = LEDGERS[question.dataset]
    posting = tables.posting.c
    value = posting[question.measure]
    posted = (
        select(
            posting.record_id, posting.cell_id, posting.month, posting.revision,
            cast(value, BigInteger).label("value"),
        )
        .where(
            value != 0,
            posting.revision <= literal(instant.revision, BigInteger),
            *queries.within_months(question, posting.month),
        )
        .subquery()
    )  # fmt: skip
    source, keys, filters = placed(tables, question, posted)
    keys = [posted.c.record_id, *keys, posted.c.month]
    total = func.sum(posted.c.value)
    return (
        select(
            *keys, queries.whole(total).label("value"),
            func.max(posted.c.revision).label("revision"),
        )
        .select_from(source)
        .where(*filters)
        .group_by(*keys)
        .having(total != 0)
    )  # fmt: skip


def placed(
    tables: LedgerTables, question: Question, rows: FromClause
) -> tuple[FromClause, list[Any], list[Any]]:
    """Join rows of cells to all that their cells mean; the columns, and the filters' clauses."""
    names = [name for name in dimensions(question.dataset) if name not in TIMES]
    source, meaning = queries.meant(tables, replace(question, by=tuple(names)), rows)
    filters = [meaning[n].in_(v) for n, v in question.filters.items() if n not in TIMES]
    keys = [tables.cell.c.organisation_id, *(meaning[name].label(name) for name in names)]
    return source, keys, filters


def details(
    session: Session, question: Question, instant: Instant, ids: Collection[UUID]
) -> dict[UUID, dict[str, Any]]:
    """Each record's kind and date (and its investment), as known at the instant."""
    kind = kind_of(question)
    model = KINDS[kind]
    found = {}
    for row in rows_at(session, model, instant.revision, model.id.in_(ids)):
        investment = {"investment": "id", "transaction": "investment_id"}.get(kind)
        money = {"investment_id": getattr(row, investment)} if investment else {}
        found[row.id] = {"kind": kind, "date": getattr(row, date_of(question)), **money}
    return found


def postings(
    session: Session, question: Question, instant: Instant, ids: Collection[UUID]
) -> dict[UUID, list[dict[str, int]]]:
    """The measure's postings of each record up to the instant, wherever they were, in order."""
    posting = LEDGERS[question.dataset].posting.c
    value = posting[question.measure]
    rows = session.execute(
        select(posting.record_id, posting.revision, value)
        .where(posting.record_id.in_(ids), value != 0, posting.revision <= instant.revision)
        .order_by(posting.revision, value)
    )
    found = defaultdict(list)
    for record, revision, posted in rows:
        found[record].append({"revision": revision, "value": posted})
    return found
