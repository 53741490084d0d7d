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
from registry.statistics.closing import close_periods
from registry.statistics.models import LEDGERS, LedgerTables
from registry.statistics.posting_texts import told_text
from registry.statistics.rules import investments as investments_rule
from registry.statistics.rules import trainees as trainees_rule

if TYPE_CHECKING:
    from collections.abc import Collection
    from types import ModuleType
    from uuid import UUID

    from sqlalchemy import ColumnElement, Insert, Select, Table
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.dml import ReturningInsert

    from registry.core.work import Work

CHUNK = 2000
_AT_REVISION = bindparam("at_revision", type_=BigInteger)
_AT_DAY = bindparam("at_day", type_=Date)
RULES: dict[str, ModuleType] = {"trainees": trainees_rule, "investments": investments_rule}


def recount_touched(work: Work) -> None:
    """Recount every person and start-up this work touched; the database's `before_commit`."""
    close_periods(work)
    for dataset, tables in LEDGERS.items():
        units = sorted(work.touched.get(dataset, ()), key=attrgetter("int"))
        chunks: list[Collection[UUID] | None] = [
            units[start : start + CHUNK] for start in range(0, len(units), CHUNK)
        ]
        if work.notes.get("recount_all"):
            chunks = [None]
        texts: list[bytes] = []
        for chunk in chunks:
            texts += recount(work.session, tables, work.revision, chunk)
        if texts:
            _sum_up(work, tables)
            work.notes.setdefault("posted", []).extend(texts)


def recount(
    session: Session, tables: LedgerTables, revision: int, units: Collection[UUID] | None
) -> list[bytes]:
    """Post what the rule says of these units now less what was posted; None means all units.

    Returns the postings' texts. The sums per day and in all are not yet brought up to date.
    """
    everyone = units is None
    values = {} if everyone else {"units": units}
    many = RULES[tables.dataset].MANY
    all_cells = units is None or (many is not None and len(units) >= many)
    session.execute(_new_cells(tables.dataset, everyone=all_cells), {} if all_cells else values)
    dialect = session.get_bind().dialect.name
    posted = session.scalars(
        _new_postings(tables.dataset, dialect, everyone=everyone),
        {**values, "at_revision": revision},
    )
    return [told.encode() for told in posted]


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


def differences(tables: LedgerTables, *, everyone: bool) -> Select[Any]:
    """Record, cell, month and measures: what should be posted less what is; empty when right."""
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
        ).join(tables.cell, same),
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
    for statement in _sums(tables.dataset, work.session.get_bind().dialect.name):
        work.session.execute(statement, values)


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


def effects(work: Work) -> list[dict[str, Any]]:
    """What this work changes in each year's totals: `[{dataset, measure, year, before, after}]`.

    With `statistics:exact` these are the registry's totals, else the asker's own organisations'.
    """
    found = []
    for dataset, tables in LEDGERS.items():
        before_after = _year_changes(work, tables)
        for year, changes in before_after.items():
            found += [
                {
                    "dataset": dataset,
                    "measure": m,
                    "year": year,
                    "before": after - delta,
                    "after": after,
                }
                for m, (delta, after) in changes.items()
                if delta
            ]
    return found


def _year_changes(work: Work, tables: LedgerTables) -> dict[int, dict[str, tuple[int, int]]]:
    deltas = _by_year(work, tables, tables.posting, tables.posting.c.revision == work.revision)
    if not deltas:
        return {}
    afters = _by_year(work, tables, tables.total, None)
    nothing = dict.fromkeys(tables.measures, 0)
    return {
        year: {m: (delta[m], afters.get(year, nothing)[m]) for m in tables.measures}
        for year, delta in sorted(deltas.items())
    }


def _by_year(
    work: Work, tables: LedgerTables, table: Table, clause: ColumnElement[bool] | None
) -> dict[int, dict[str, int]]:
    year = table.c.month // 100
    query = (
        select(
            year.label("year"),
            *(cast(func.sum(table.c[m]), BigInteger).label(m) for m in tables.measures),
        )
        .join(tables.cell, tables.cell.c.id == table.c.cell_id)
        .group_by("year")
    )
    if clause is not None:
        query = query.where(clause)
    if not work.principal.holds("statistics:exact"):
        query = query.where(tables.cell.c.organisation_id.in_(work.principal.organisations))
    rows = work.session.execute(query).mappings()
    return {int(row["year"]): {m: int(row[m]) for m in tables.measures} for row in rows}


def forget_statements() -> None:
    """Build the statements anew at their next use, after a rule has changed in a running test."""
    _new_cells.cache_clear()
    _new_postings.cache_clear()
    _sums.cache_clear()
