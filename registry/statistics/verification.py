"""Proves the ledger by a second way: recounts in Python, from plain rows, sharing no query.

The recount of a write is SQL with window functions; this reads each table once, walks the records
in the order of registration, and compares. `registry verify` runs it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.codes.models import CodeItem
from registry.investments.models import (
    CONTRACT_SIDE,
    PAYMENT_SIDE,
    Investment,
    Startup,
    StartupAttribute,
    Transaction,
)
from registry.revisions.models import Revision
from registry.statistics.models import INVESTMENTS, LEDGERS, TRAINEES, LedgerTables, Rule
from registry.statistics.posting_texts import posting_texts
from registry.trainees.models import Enrolment, Programme, Trainee, TraineeLink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

Counts = Counter[tuple[Any, ...]]  # (measure, record, dimensions…, month) -> value


@dataclass(frozen=True)
class Contribution:
    """What one record adds to one measure: where (dimensions), when (a date), how much."""

    measure: str
    record: UUID
    cell: tuple[Any, ...]
    day: date
    value: int


def all_postings(session: Session) -> list[Iterator[tuple[int, bytes]]]:
    """Every ledger's postings as texts by revision, for the proof of the revision log."""
    return [posting_texts(session, tables) for tables in LEDGERS.values()]


def verify_ledger(session: Session) -> list[str]:
    """Every disagreement of postings and sums with the records; empty when the ledger is right."""
    findings = [*_units(session), *_merges(session)]
    for tables, expected in ((TRAINEES, _people(session)), (INVESTMENTS, _money(session))):
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


def _codes(session: Session, name: str) -> dict[str, bool]:
    rows = session.execute(select(CodeItem.code, CodeItem.counts).where(CodeItem.list == name))
    return dict(rows.all())


def _people(session: Session) -> Iterator[Contribution]:
    kinds, statuses = _codes(session, "programme-kinds"), _codes(session, "statuses")
    rule = session.scalars(select(Rule).where(Rule.dataset == "trainees")).one()
    since = rule.parameters["counts_from_year"]
    programmes = {p.id: p for p in session.execute(select(Programme.__table__))}
    unit = dict(session.execute(select(Trainee.id, Trainee.unit_id)).all())
    standing = [
        e
        for e in session.execute(select(Enrolment.__table__))
        if not e.voided and kinds[programmes[e.programme_id].kind]
    ]
    standing.sort(key=lambda e: (e.status_on, e.created_revision, e.created_row))
    in_year, ever, at_organisation = set(), set(), set()
    for e in standing:
        p = programmes[e.programme_id]
        cell = (p.organisation_id, p.kind, p.field, p.district_code)
        person, year = unit[e.trainee_id], e.status_on.year
        if e.status != "withdrawn":
            yield Contribution("enrolments", e.id, cell, e.enrolled_on, 1)
        if not statuses[e.status]:
            continue
        yield Contribution("completions", e.id, cell, e.status_on, 1)
        if e.status == "early_employed" or _employed_in_time(e):
            yield Contribution("employed", e.id, cell, e.status_on, 1)
        if (person, year) not in in_year:
            yield Contribution("trainees", e.id, cell, e.status_on, 1)
        if year >= since and person not in ever:
            ever.add(person)
            yield Contribution("talents", e.id, cell, e.status_on, 1)
        if (person, year, p.organisation_id) not in at_organisation:
            yield Contribution("trainees_of_organisation", e.id, cell, e.status_on, 1)
        in_year.add((person, year))
        at_organisation.add((person, year, p.organisation_id))


def _employed_in_time(enrolment: Any) -> bool:  # noqa: ANN401
    """Employed from the end of training until the same day six months later, or its month's end."""
    if enrolment.employed_on is None or enrolment.employed_on < enrolment.status_on:
        return False
    half_year, begun, done = 6, enrolment.status_on, enrolment.employed_on
    months = (done.year - begun.year) * 12 + done.month - begun.month
    on_time = months == half_year and done.day <= begun.day
    return bool(months < half_year or on_time)


class _Places:
    """A start-up's field and district on a date, after merges."""

    def __init__(self, session: Session) -> None:
        self.counts = {
            "field": _codes(session, "fields"),
            "district_code": _codes(session, "districts"),
        }
        self.periods: dict[tuple[UUID, str], list[tuple[date, str]]] = defaultdict(list)
        for row in session.execute(select(StartupAttribute.__table__)):
            self.periods[row.startup_id, row.attribute].append((row.effective_on, row.value))

    def on(self, startup: UUID, day: date) -> tuple[str, str] | None:
        """(field, district) if both count on the date, else None."""
        found = []
        for attribute in ("field", "district_code"):
            since = [p for p in self.periods[startup, attribute] if p[0] <= day]
            value = max(since)[1] if since else None
            if value is None or not self.counts[attribute][value]:
                return None
            found.append(value)
        return found[0], found[1]


def _money(session: Session) -> Iterator[Contribution]:
    instruments = _codes(session, "instruments")
    startups = {s.id: s for s in session.execute(select(Startup.__table__))}
    places = _Places(session)
    moves = defaultdict(list)
    for move in session.execute(select(Transaction.__table__)):
        moves[move.investment_id].append(move)
    counted: dict[tuple[UUID, int], list[Any]] = defaultdict(list)
    for deal in session.execute(select(Investment.__table__)):
        startup = startups[deal.startup_id]
        root = startups[startup.unit_id]
        void = deal.voided or startup.voided or root.voided
        if void or not instruments[deal.instrument] or deal.shares == "secondary":
            continue
        place = places.on(root.id, deal.contracted_on)
        if place and _contracted(deal, moves[deal.id]) > 0:
            yield Contribution("deals", deal.id, _cell(deal, place), deal.contracted_on, 1)
        for move in moves[deal.id]:
            place = places.on(root.id, move.effective_on)
            if place is None:
                continue
            measure = "contracted_krw" if move.kind in CONTRACT_SIDE else "disbursed_krw"
            won = move.sign * move.amount_krw
            yield Contribution(measure, move.id, _cell(deal, place), move.effective_on, won)
            if move.kind in PAYMENT_SIDE:
                counted[root.id, move.effective_on.year].append((move, _cell(deal, place)))
    for payments in counted.values():
        yield from _funded(payments)


def _cell(deal: Any, place: tuple[str, str]) -> tuple[Any, ...]:  # noqa: ANN401
    return (
        deal.organisation_id,
        *place,
        deal.instrument,
        deal.round,
        deal.investor_kind,
        deal.channel,
    )


def _contracted(deal: Any, moves: Sequence[Any]) -> int:  # noqa: ANN401
    return sum(
        m.sign * (m.amount_krw if deal.currency == "KRW" else m.original_e4)
        for m in moves
        if m.kind in CONTRACT_SIDE
    )


def _funded(payments: Sequence[tuple[Any, tuple[Any, ...]]]) -> Iterator[Contribution]:
    """One start-up's counted payments of one year: the earliest that stands, if the net is above 0."""
    if sum(move.sign * move.amount_krw for move, _ in payments) <= 0:
        return
    reversed_ = {move.reverses_id for move, _ in payments}
    standing = [
        (move.effective_on, move.created_revision, move.created_row, move.id, cell)
        for move, cell in payments
        if move.kind == "disbursement" and move.reverses_id is None and move.id not in reversed_
    ]
    day, _, _, record, cell = min(standing)
    yield Contribution("startups_funded", record, cell, day, 1)
