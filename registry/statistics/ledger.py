"""The ledger: turns what the records say now into signed postings.

A write that may change what counts names the affected persons or start-ups (`work.touch`). Before
commit they are recounted: what the rule says they contribute now, less what their postings say
already, becomes new postings, in one INSERT ... SELECT that is the same text on both databases,
for one person or a chunk of two thousand. Recounting twice posts nothing.
"""

from __future__ import annotations

from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Date,
    and_,
    bindparam,
    cast,
    exists,
    func,
    insert,
    or_,
    select,
    union_all,
)  # fmt: skip
from sqlalchemy.dialects import postgresql, sqlite

from registry.core.clock import seoul_date
from registry.core.planning import read_all
from registry.core.prepared import all_asked, asked
from registry.statistics.closing import close_periods
from registry.statistics.models import LEDGERS, LedgerTables
from registry.statistics.posting_texts import posting_text, told_text
from registry.statistics.rules import investments as investments_rule
from registry.statistics.rules import trainees as trainees_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from types import ModuleType
    from uuid import UUID

    from sqlalchemy import Insert, Select, Table
    from sqlalchemy.sql.dml import ReturningInsert

    from registry.core.waiting import WaitingSession
    from registry.core.work import Work

CHUNK = 2000
FEW = 50  # units: with more, nothing is read before it is posted
_AT_REVISION = bindparam("at_revision", type_=BigInteger)
_AT_DAY = bindparam("at_day", type_=Date)
RULES: dict[str, ModuleType] = {"trainees": trainees_rule, "investments": investments_rule}


def recount_touched(work: Work) -> None:
    """Recount every person and start-up this work touched; the database's `before_commit`."""
    close_periods(work)
    for tables in LEDGERS.values():
        texts = _recount(work, tables)
        if texts:
            work.notes.setdefault("posted", []).extend(texts)


def _recount(work: Work, tables: LedgerTables) -> list[bytes]:
    units = sorted(work.touched.get(tables.dataset, ()), key=attrgetter("int"))
    chunks: list[Collection[UUID] | None] = [
        units[start : start + CHUNK] for start in range(0, len(units), CHUNK)
    ]
    if work.notes.get("recount_all"):
        read_all(work.session)
        chunks = [None]
    elif 0 < len(units) < FEW:
        return _recount_few(work, tables, units)
    texts: list[bytes] = []
    for chunk in chunks:
        texts += recount(work.session, tables, work.revision, chunk, work.take_meanwhile())
    if texts:
        _sum_up(work, tables)
    return texts


def _recount_few(work: Work, tables: LedgerTables, units: Collection[UUID]) -> list[bytes]:
    """Recount these units; returns the postings' texts.

    What is due is read before it is posted. So a missing cell shows, which is seldom and need not
    be looked for each time; and postings and sums go in one statement with the revision.
    """
    session, dataset = work.session, tables.dataset
    due = asked(session, _due(dataset), units=units)
    if any(cell is None for _, cell, *_ in due):
        asked(session, _new_cells(dataset, everyone=False), units=units)
        due = asked(session, _due(dataset), units=units)
    names = ("month", "cell_id", *tables.measures)
    session.insert_later(
        tables.posting,
        ("revision", "record_id", "cell_id", "month", *tables.measures),
        [(work.revision, *row) for row in due],
    )
    sums: dict[tuple[int, int], list[int]] = {}
    for _, cell, month, *numbers in due:
        known = sums.get((month, cell), [0] * len(numbers))
        sums[month, cell] = [a + b for a, b in zip(known, numbers, strict=True)]
    rows = [(*key, *numbers) for key, numbers in sorted(sums.items())]
    day = seoul_date(work.now)
    session.insert_later(tables.total, names, rows, adding=tables.measures)
    session.insert_later(
        tables.figure, (*names, "day"), [(*row, day) for row in rows], adding=tables.measures
    )
    return [posting_text(dataset, row[0], row[1:]) for row in due]


def recount(
    session: WaitingSession,
    tables: LedgerTables,
    revision: int,
    units: Collection[UUID] | None,
    meanwhile: Callable[[], object] | None = None,
) -> list[bytes]:
    """Post what the rule says of these units now less what was posted; None means all units.

    Returns the postings' texts. The sums per day and in all are not yet brought up to date.
    """
    everyone = units is None
    values = {} if everyone else {"units": units}
    many = RULES[tables.dataset].MANY
    all_cells = units is None or (many is not None and len(units) >= many)
    dialect = session.get_bind().dialect.name
    cells = _new_cells(tables.dataset, everyone=all_cells)
    postings = _new_postings(tables.dataset, dialect, everyone=everyone)
    asks: list[tuple[Any, Mapping[str, Any]]] = [
        (cells, {} if all_cells else values),
        (postings, {**values, "at_revision": revision}),
    ]
    return [told.encode() for (told,) in all_asked(session, asks, meanwhile)]


# Building the text of these takes longer than running it.


@cache
def _new_cells(dataset: str, *, everyone: bool) -> Insert:
    """The cells that are missing for these units, or for all."""
    tables = LEDGERS[dataset]
    rows = RULES[dataset].dimension_rows(everyone=everyone).subquery()
    same = and_(*(tables.cell.c[d] == rows.c[d] for d in tables.dimensions))
    missing = select(*(rows.c[d] for d in tables.dimensions)).where(
        ~exists().where(same).correlate(rows)
    )
    return insert(tables.cell).from_select(tables.dimensions, missing)


@cache
def _new_postings(dataset: str, dialect: str, *, everyone: bool) -> ReturningInsert[Any]:
    """What is due and not posted yet, as postings."""
    tables = LEDGERS[dataset]
    due = differences(tables, everyone=everyone).subquery()
    columns = ("record_id", "cell_id", "month", *tables.measures)
    source = select(_AT_REVISION, *(due.c[c] for c in columns))
    return (
        insert(tables.posting)
        .from_select(("revision", *columns), source)
        .returning(told_text(tables, dialect))
    )


@cache
def _due(dataset: str) -> Select[Any]:
    return differences(LEDGERS[dataset], everyone=False)


def differences(tables: LedgerTables, *, everyone: bool) -> Select[Any]:
    """Record, cell, month and measures: what should be posted less what is; empty when right.

    Where the cell is not there yet it is null.
    """
    rule = RULES[tables.dataset]
    due = rule.contributions(everyone=everyone).subquery()
    same = and_(*(tables.cell.c[d] == due.c[d] for d in tables.dimensions))
    posted = tables.posting.c
    already = select(
        posted.record_id, posted.cell_id, posted.month, *(-posted[m] for m in tables.measures)
    )
    if not everyone:
        already = already.where(posted.record_id.in_(rule.record_ids(everyone=False)))
    both = union_all(
        select(
            due.c.record_id,
            tables.cell.c.id.label("cell_id"),
            due.c.month,
            *(due.c[m].label(m) for m in tables.measures),
        ).outerjoin(tables.cell, same),
        already,
    ).subquery()
    sums = {m: func.sum(both.c[m]) for m in tables.measures}
    return (
        select(
            both.c.record_id,
            both.c.cell_id,
            both.c.month,
            *(cast(s, BigInteger).label(m) for m, s in sums.items()),
        )
        .group_by(both.c.record_id, both.c.cell_id, both.c.month)
        .having(or_(*(s != 0 for s in sums.values())))
    )


def _sum_up(work: Work, tables: LedgerTables) -> None:
    """Add this revision's postings to the sums in all and of the Seoul day."""
    values = {"at_revision": work.revision, "at_day": seoul_date(work.now)}
    sums = _sums(tables.dataset, work.session.get_bind().dialect.name)
    all_asked(work.session, [(statement, values) for statement in sums])


@cache
def _sums(dataset: str, dialect: str) -> tuple[Insert, Insert]:
    tables = LEDGERS[dataset]
    posting = tables.posting.c
    keys = (posting.month, posting.cell_id)
    sums = [cast(func.sum(posting[m]), BigInteger).label(m) for m in tables.measures]
    mine = select(*keys, *sums).where(posting.revision == _AT_REVISION).group_by(*keys)
    names = ["month", "cell_id", *tables.measures]
    return (
        _adding(dialect, tables, tables.total, names, mine),
        _adding(dialect, tables, tables.figure, [*names, "day"], mine.add_columns(_AT_DAY)),
    )


def _adding(
    dialect: str, tables: LedgerTables, table: Table, names: list[str], source: Select[Any]
) -> Insert:
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = make(table).from_select(names, source)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={m: table.c[m] + statement.excluded[m] for m in tables.measures},
    )


def forget_statements() -> None:
    """Build the statements anew at their next use, after a rule has changed in a running test."""
    _new_cells.cache_clear()
    _new_postings.cache_clear()
    _due.cache_clear()
    _sums.cache_clear()
