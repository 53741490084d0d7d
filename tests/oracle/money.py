"""Start-ups, investments and transactions, and the rule ``investments/1``."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import combinations

from .codes import Codes
from .facts import (
    CONTRACT_SIDE,
    PAYMENT_SIDE,
    Investment,
    Pair,
    Period,
    Startup,
    State,
    Transaction,
    normal_optional_name,
    pair,
)

NEAR_DAYS = 92


# --- dated attributes --------------------------------------------------------------------------


def value_on(periods: tuple[Period, ...], day: date) -> str:
    """The latest period begun by that day; the first one is open to the past."""
    begun = [p for p in periods if p.start is None or p.start <= day]
    return max(begun, key=lambda p: p.start or date.min).value


def with_value(periods: tuple[Period, ...], start: date, value: str) -> tuple[Period, ...]:
    """The same date replaces; an earlier one slips in before the next."""
    kept = [p for p in periods if p.start != start]
    return tuple(sorted([*kept, Period(start, value)], key=lambda p: p.start or date.min))


def startup_of(state: State, startup: str) -> Startup:
    """The start-up itself, or the one it was merged into."""
    found = state.startups[startup]
    while found.merged_into is not None:
        found = state.startups[found.merged_into]
    return found


# --- balances ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Balance:
    """Sums over all transactions of an investment, whatever their dates."""

    contracted: Fraction  # less cancellations, in the contract's currency
    disbursed: Fraction  # less refunds, in the contract's currency
    contracted_krw: int
    disbursed_krw: int

    @property
    def holds(self) -> bool:
        return 0 <= self.disbursed <= self.contracted


def transactions_of(state: State, investment: str) -> list[Transaction]:
    return [t for t in state.transactions.values() if t.investment == investment]


def balance(state: State, investment: Investment) -> Balance:
    contracted = disbursed = Fraction(0)
    contracted_krw = disbursed_krw = 0
    for transaction in transactions_of(state, investment.id):
        krw = transaction.sign * transaction.money.amount_krw
        amount = Fraction(krw)
        if investment.currency is not None:
            if transaction.money.original_amount is None:
                raise ValueError("a transaction in won under a foreign contract")
            amount = transaction.sign * Fraction(transaction.money.original_amount)
        if transaction.kind in CONTRACT_SIDE:
            contracted += amount
            contracted_krw += krw
        else:
            disbursed += amount
            disbursed_krw += krw
    return Balance(contracted, disbursed, contracted_krw, disbursed_krw)


def is_reversed(state: State, transaction: Transaction) -> bool:
    return any(t.reverses == transaction.id for t in state.transactions.values())


# --- the same money twice ----------------------------------------------------------------------


def duplicate_key(state: State, investment: Investment) -> tuple[object, ...]:
    return (
        startup_of(state, investment.startup).id,
        investment.round,
        investment.investor.key,
        normal_optional_name(investment.fund),
        investment.instrument,
        investment.contracted_on,
    )


def equal_investments(state: State, investment: Investment) -> list[Investment]:
    return [
        other
        for other in state.investments.values()
        if other.id != investment.id
        and not other.void
        and duplicate_key(state, other) == duplicate_key(state, investment)
    ]


def _near(state: State, a: Investment, b: Investment) -> bool:
    fund = normal_optional_name(a.fund)
    same_startup = startup_of(state, a.startup).id == startup_of(state, b.startup).id
    same_investor = a.investor.key == b.investor.key
    same_fund = fund is not None and fund == normal_optional_name(b.fund)
    close = abs((a.contracted_on - b.contracted_on).days) <= NEAR_DAYS
    same_sum = balance(state, a).contracted_krw == balance(state, b).contracted_krw
    return same_startup and (same_investor or same_fund) and (close or same_sum)


def near_duplicates(state: State) -> list[Pair]:
    return sorted(
        pair(a.id, b.id)
        for a, b in combinations([i for i in state.investments.values() if not i.void], 2)
        if _near(state, a, b) and pair(a.id, b.id) not in state.different_deals
    )


# --- investments/1 -----------------------------------------------------------------------------


@dataclass(frozen=True)
class CountedMoney:
    """One counted unit: the record it is attributed to, its investment, date and value."""

    record: str
    investment: Investment
    day: date
    value: int


def qualifies(state: State, codes: Codes, investment: Investment) -> bool:
    return (
        not investment.void
        and not startup_of(state, investment.startup).void
        and codes.instruments[investment.instrument].counts
        and investment.shares != "secondary"
    )


def place_counts(state: State, codes: Codes, investment: Investment, day: date) -> bool:
    """Do the start-up's district and field on that day count?"""
    startup = startup_of(state, investment.startup)
    return (
        codes.districts[value_on(startup.districts, day)]
        and codes.fields[value_on(startup.fields, day)]
    )


def counted_transactions(
    state: State, codes: Codes, kinds: frozenset[str]
) -> list[tuple[Transaction, Investment]]:
    found = []
    for transaction in state.transactions.values():
        investment = state.investments[transaction.investment]
        if (
            transaction.kind in kinds
            and qualifies(state, codes, investment)
            and place_counts(state, codes, investment, transaction.effective_on)
        ):
            found.append((transaction, investment))
    return found


def _sums(state: State, codes: Codes, kinds: frozenset[str]) -> list[CountedMoney]:
    return [
        CountedMoney(t.id, i, t.effective_on, t.sign * t.money.amount_krw)
        for t, i in counted_transactions(state, codes, kinds)
    ]


def _deals(state: State, codes: Codes) -> list[CountedMoney]:
    return [
        CountedMoney(i.id, i, i.contracted_on, 1)
        for i in state.investments.values()
        if qualifies(state, codes, i)
        and balance(state, i).contracted > 0
        and place_counts(state, codes, i, i.contracted_on)
    ]


def _startups_funded(state: State, codes: Codes) -> list[CountedMoney]:
    payments = counted_transactions(state, codes, PAYMENT_SIDE)
    groups = {(startup_of(state, i.startup).id, t.effective_on.year) for t, i in payments}
    found = []
    for startup, year in groups:
        own = [
            (t, i)
            for t, i in payments
            if startup_of(state, i.startup).id == startup and t.effective_on.year == year
        ]
        if sum(t.sign * t.money.amount_krw for t, _ in own) > 0:
            standing = [
                (t, i)
                for t, i in own
                if t.kind == "disbursement" and t.reverses is None and not is_reversed(state, t)
            ]
            t, i = min(standing, key=lambda payment: (payment[0].effective_on, payment[0].order))
            found.append(CountedMoney(t.id, i, t.effective_on, 1))
    return found


def counted(state: State, codes: Codes, measure: str) -> list[CountedMoney]:
    if measure == "contracted_krw":
        return _sums(state, codes, CONTRACT_SIDE)
    if measure == "disbursed_krw":
        return _sums(state, codes, PAYMENT_SIDE)
    if measure == "deals":
        return _deals(state, codes)
    if measure == "startups_funded":
        return _startups_funded(state, codes)
    raise ValueError(f"no measure {measure!r} in investments")
