"""What each record contributes, counted in Python from plain rows: the second way of the proof.

It shares no query with the recount of a write: it reads each table once and walks the records in
the order of registration.
"""

from __future__ import annotations

from collections import defaultdict
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
from registry.statistics.models import Rule
from registry.trainees.models import Enrolment, Programme, Trainee

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Contribution:
    """What one record adds to one measure: where (dimensions), when (a date), how much."""

    measure: str
    record: UUID
    cell: tuple[Any, ...]
    day: date
    value: int


def _codes(session: Session, name: str) -> dict[str, bool]:
    rows = session.execute(select(CodeItem.code, CodeItem.counts).where(CodeItem.list == name))
    return dict(rows.all())


def people(session: Session) -> Iterator[Contribution]:
    """What enrolments contribute, by the rule `trainees/1`."""
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


def money(session: Session) -> Iterator[Contribution]:
    """What investments and their transactions contribute, by the rule `investments/1`."""
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
