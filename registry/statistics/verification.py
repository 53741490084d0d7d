"""Proves the ledger by a second way: what it holds against a count that shares no query with it.

The recount of a write is SQL with window functions; `second_count` is Python over plain rows.
`registry verify` runs it.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.investments.models import (
    Startup,
)
from registry.revisions.models import Revision
from registry.statistics.models import INVESTMENTS, LEDGERS, TRAINEES, LedgerTables
from registry.statistics.posting_texts import posting_texts
from registry.statistics.second_count import money, people
from registry.trainees.models import Trainee, TraineeLink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session

Counts = Counter[tuple[Any, ...]]  # (measure, record, dimensions…, month) -> value


def all_postings(session: Session) -> list[Iterator[tuple[int, bytes]]]:
    """Every ledger's postings as texts by revision, for the proof of the revision log."""
    return [posting_texts(session, tables) for tables in LEDGERS.values()]


def verify_ledger(session: Session) -> list[str]:
    """Every disagreement of postings and sums with the records; empty when the ledger is right."""
    findings = [*_units(session), *_merges(session)]
    for tables, expected in ((TRAINEES, people(session)), (INVESTMENTS, money(session))):
        due: Counts = Counter()
        for c in expected:
            due[c.measure, c.record, *c.cell, c.day.year * 100 + c.day.month] += c.value
        findings += _compare(tables, due, _posted(session, tables))
        findings += _sums(session, tables)
    return findings


def _compare(tables: LedgerTables, due: Counts, posted: Counts) -> list[str]:
    wrong = sorted((key for key in due.keys() | posted.keys() if due[key] != posted[key]), key=str)
    return [
        f"{tables.dataset}: {key[0]} of record {key[1]} in {key[-1]} should be {due[key]},"
        f" the ledger says {posted[key]}"
        for key in wrong
    ]


def _posted(session: Session, tables: LedgerTables) -> Counts:
    cells = {
        row["id"]: tuple(row[d] for d in tables.dimensions) for row in _rows(session, tables.cell)
    }
    posted: Counts = Counter()
    for row in _rows(session, tables.posting):
        cell = cells.get(row["cell_id"], ("no cell",))
        for measure in tables.measures:
            if row[measure]:
                posted[measure, row["record_id"], *cell, row["month"]] += row[measure]
    return posted


def _sums(session: Session, tables: LedgerTables) -> list[str]:
    """The totals, and the figures per recorded day, month and year, must sum up the postings."""
    days = dict(session.execute(select(Revision.number, Revision.day)).all())
    newest = max(days.values(), default=date.min)
    total: Counts = Counter()
    figure: Counts = Counter()
    period: Counts = Counter()
    for row in _rows(session, tables.posting):
        for measure in tables.measures:
            total[measure, row["cell_id"], row["month"]] += row[measure]
            day = days.get(row["revision"])
            figure[measure, row["cell_id"], row["month"], day] += row[measure]
            for ended in _ended(day, newest) if day else ():
                period[measure, row["cell_id"], row["month"], ended] += row[measure]
    findings = []
    for table, sums, keys in (
        (tables.total, total, ("cell_id", "month")),
        (tables.figure, figure, ("cell_id", "month", "day")),
        (tables.period, period, ("cell_id", "month", "period")),
    ):
        stored: Counts = Counter()
        for row in _rows(session, table):
            if table is tables.period and not _has_ended(row["period"], newest):
                continue  # summed up too early, by a write that came to nothing; nobody reads it
            for measure in tables.measures:
                stored[measure, *(row[k] for k in keys)] += row[measure]
        findings += [
            f"{table.name}: {key} holds {stored[key]}, the postings sum to {sums[key]}"
            for key in sorted(sums.keys() | stored.keys(), key=str)
            if sums[key] != stored[key]
        ]
    return findings


def _ended(day: date, newest: date) -> Iterator[int]:
    """The recorded month and year of a day (202603, 2026), if they are over by the newest day."""
    for ended in (day.year * 100 + day.month, day.year):
        if _has_ended(ended, newest):
            yield ended


def _has_ended(period: int, newest: date) -> bool:
    last_year = 9999
    return period < (newest.year if period <= last_year else newest.year * 100 + newest.month)


def _rows(session: Session, table: Any) -> Iterator[Any]:  # noqa: ANN401
    yield from session.execute(select(table), execution_options={"yield_per": 5000}).mappings()


def _units(session: Session) -> list[str]:
    """Each trainee's unit must be the first record of its component of standing links."""
    order = {
        t.id: (t.created_revision, t.created_row)
        for t in session.execute(select(Trainee.id, Trainee.created_revision, Trainee.created_row))
    }
    person = components(
        order,
        session.execute(
            select(TraineeLink.trainee_a_id, TraineeLink.trainee_b_id).where(~TraineeLink.undone)
        ),
    )
    first: dict[UUID, UUID] = {}
    for trainee in sorted(order, key=lambda t: order[t]):
        first.setdefault(person[trainee], trainee)
    stored = session.execute(select(Trainee.id, Trainee.unit_id))
    return [
        f"trainee {trainee} is counted as {unit}, its links say {first[person[trainee]]}"
        for trainee, unit in stored
        if first[person[trainee]] != unit
    ]


def _merges(session: Session) -> list[str]:
    """Each start-up's unit must be where its chain of merges ends."""
    rows = session.execute(select(Startup.id, Startup.unit_id, Startup.merged_into_id)).all()
    into = {startup: target for startup, _, target in rows if target is not None}
    findings = []
    for startup, unit, _ in rows:
        end, steps = startup, 0
        while end in into and steps < len(into):  # tampering may have made a circle
            end, steps = into[end], steps + 1
        if end != unit:
            findings.append(f"start-up {startup} is counted as {unit}, its merges say {end}")
    return findings


def components(nodes: Iterable[UUID], edges: Iterable[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """Some representative of each node's connected component."""
    parent = {node: node for node in nodes}

    def root(node: UUID) -> UUID:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for a, b in edges:
        parent[root(a)] = root(b)
    return {node: root(node) for node in parent}
