"""Which records a measure leaves out, and the first reason of the closed list that applies."""

from collections.abc import Iterator
from datetime import date

from . import money, people
from .codes import Codes
from .facts import CONTRACT_SIDE, PAYMENT_SIDE, Enrolment, Investment, State, Transaction
from .figures import contributions
from .world import Snapshot

ONCE_A_YEAR = ("trainees", "trainees_of_organisation")
KINDS = {"contracted_krw": CONTRACT_SIDE, "disbursed_krw": PAYMENT_SIDE}


def left_out(snapshot: Snapshot, dataset: str, measure: str) -> dict[str, str]:
    """The reason of each record that the measure could be about and that does not count."""
    state, codes = snapshot.state, snapshot.codes
    counted = {c.record_id for c in contributions(snapshot, dataset, measure)}
    if dataset == "trainees":
        return {
            e.id: next(_enrolment(state, codes, measure, e, counted))
            for e in state.enrolments.values()
            if e.id not in counted
        }
    if measure == "deals":
        return {
            i.id: next(_deal(state, codes, i))
            for i in state.investments.values()
            if i.id not in counted
        }
    return {
        t.id: next(_transaction(state, codes, t, counted))
        for t in state.transactions.values()
        if t.id not in counted and _is_about(measure, t)
    }


def _enrolment(
    state: State, codes: Codes, measure: str, enrolment: Enrolment, counted: set[str]
) -> Iterator[str]:
    if enrolment.void:
        yield "void"
    if not codes.programme_kinds[state.programmes[enrolment.programme].kind]:
        yield "programme_kind"
    if not people.qualifies(state, codes, enrolment) or measure in {"employed", "enrolments"}:
        yield "not_completed"
    if measure == "talents" and enrolment.status_on.year < codes.counts_from_year:
        yield "before_start"
    (person,) = (p for p in people.persons(state) if enrolment.trainee in p)
    standing = [
        e
        for e in state.enrolments.values()
        if e.id in counted
        and e.trainee in person
        and (measure == "talents" or e.status_on.year == enrolment.status_on.year)
    ]
    if all(e.organisation != enrolment.organisation for e in standing):
        yield "counted_elsewhere"
    yield "already_counted_ever" if measure == "talents" else "already_counted_this_year"


def _is_about(measure: str, transaction: Transaction) -> bool:
    if measure == "startups_funded":
        return transaction.kind == "disbursement" and transaction.reverses is None
    return transaction.kind in KINDS[measure]


def _investment(state: State, codes: Codes, investment: Investment, day: date) -> Iterator[str]:
    if investment.void:
        yield "void"
    if money.startup_of(state, investment.startup).void:
        yield "startup_void"
    if not codes.instruments[investment.instrument].counts:
        yield "instrument_not_counted"
    if investment.shares == "secondary":
        yield "secondary_shares"
    if not money.place_counts(state, codes, investment, day):
        yield "outside_busan"


def _deal(state: State, codes: Codes, investment: Investment) -> Iterator[str]:
    yield from _investment(state, codes, investment, investment.contracted_on)
    contracts = [
        t
        for t in money.transactions_of(state, investment.id)
        if t.kind == "contract" and t.reverses is None
    ]
    yield "reversed" if all(money.is_reversed(state, t) for t in contracts) else "refunded"


def _transaction(
    state: State, codes: Codes, transaction: Transaction, counted: set[str]
) -> Iterator[str]:
    """Of won only what stands in the way of its investment; else of a start-up once a year."""
    investment = state.investments[transaction.investment]
    yield from _investment(state, codes, investment, transaction.effective_on)
    if money.is_reversed(state, transaction):
        yield "reversed"
    startup = money.startup_of(state, investment.startup).id
    agencies = {
        other.agency
        for t in state.transactions.values()
        if t.id in counted and t.effective_on.year == transaction.effective_on.year
        for other in [state.investments[t.investment]]
        if money.startup_of(state, other.startup).id == startup
    }
    if not agencies:
        yield "refunded"
    yield "already_counted_this_year" if investment.agency in agencies else "counted_elsewhere"
