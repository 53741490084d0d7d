"""The facts: immutable records, the state that holds them, and how values are normalised."""

import enum
import math
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final, NotRequired, Required, TypedDict


class Refusal(Exception):  # noqa: N818 - it is no error, it is an answer
    """The operation is refused; nothing has changed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unset(enum.Enum):
    UNSET = "unset"


UNSET: Final = Unset.UNSET

Identity = tuple[str, date, str]  # normalised name, birth date, +8210xxxxxxxx
NameAndBirth = tuple[str, date]
Pair = tuple[str, str]  # two ids, sorted


def pair(a: str, b: str) -> Pair:
    return (a, b) if a < b else (b, a)


# --- people ------------------------------------------------------------------------------------

FINAL_STATUSES = frozenset({"completed", "early_employed", "not_completed", "withdrawn"})
STATUSES = FINAL_STATUSES | {"enrolled"}


class TraineeInput(TypedDict):
    birth_date: Required[date]
    name: NotRequired[str | None]
    external_id: NotRequired[str | None]
    mobile: NotRequired[str | None]


@dataclass(frozen=True)
class Programme:
    id: str
    order: int
    organisation: str
    code: str
    kind: str
    field: str
    district: str


@dataclass(frozen=True)
class Trainee:
    id: str
    order: int
    organisation: str
    external_id: str | None
    name: str
    birth_date: date
    mobile: str | None
    identities: frozenset[Identity]  # every one ever held
    names_and_births: frozenset[NameAndBirth]  # every one ever held


@dataclass(frozen=True)
class Enrolment:
    id: str
    order: int  # the order of registration
    organisation: str
    external_id: str | None
    programme: str
    trainee: str
    enrolled_on: date
    status: str
    status_on: date
    employed_on: date | None
    void: bool = False


@dataclass(frozen=True)
class Link:
    id: str
    order: int
    pair: Pair
    origin: str  # "automatic" or "decided"
    active: bool = True


@dataclass(frozen=True)
class Enrolled:
    """What ``World.enrol`` answers."""

    enrolment: str
    trainee: str
    created: bool  # False: the same external id was sent again with equal content
    new_trainee: bool


# --- money -------------------------------------------------------------------------------------

SIGNS = {"contract": 1, "cancellation": -1, "disbursement": 1, "refund": -1}
CONTRACT_SIDE = frozenset({"contract", "cancellation"})
PAYMENT_SIDE = frozenset({"disbursement", "refund"})


class InvestorInput(TypedDict):
    name: Required[str]
    kind: Required[str]
    business_number: NotRequired[str | None]


@dataclass(frozen=True)
class Period:
    """A value from ``start`` until the next period; ``None`` is open to the past."""

    start: date | None
    value: str


@dataclass(frozen=True)
class Startup:
    id: str
    order: int
    fields: tuple[Period, ...]
    districts: tuple[Period, ...]
    void: bool = False
    merged_into: str | None = None


@dataclass(frozen=True)
class Investor:
    name: str
    kind: str
    business_number: str | None

    @property
    def key(self) -> tuple[str, ...]:
        """By business number, else by kind and normalised name."""
        if self.business_number is not None:
            return ("brn", self.business_number)
        return ("name", self.kind, normal_name(self.name))


@dataclass(frozen=True)
class Investment:
    id: str
    order: int
    agency: str
    external_id: str | None
    startup: str
    round: str
    investor: Investor
    fund: str | None
    instrument: str
    shares: str | None
    channel: str
    contracted_on: date
    currency: str | None  # the contract's; None is won
    first_contract: str  # the transaction; a corrected contract date re-enters it
    void: bool = False


@dataclass(frozen=True)
class Money:
    amount_krw: int
    currency: str | None = None
    original_amount: Decimal | None = None
    fx_rate: Decimal | None = None


@dataclass(frozen=True)
class Transaction:
    id: str
    order: int
    investment: str
    external_id: str | None
    kind: str
    effective_on: date
    money: Money
    reverses: str | None = None

    @property
    def sign(self) -> int:
        return SIGNS[self.kind] * (1 if self.reverses is None else -1)


@dataclass(frozen=True)
class Invested:
    """What ``World.invest`` answers."""

    investment: str
    contract: str
    created: bool


# --- all of it ---------------------------------------------------------------------------------


@dataclass
class State:
    """All the facts at one revision. Records are immutable, so copying the tables is enough."""

    programmes: dict[str, Programme] = field(default_factory=dict)
    trainees: dict[str, Trainee] = field(default_factory=dict)
    enrolments: dict[str, Enrolment] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    different_people: frozenset[Pair] = frozenset()
    startups: dict[str, Startup] = field(default_factory=dict)
    investments: dict[str, Investment] = field(default_factory=dict)
    transactions: dict[str, Transaction] = field(default_factory=dict)
    different_deals: frozenset[Pair] = frozenset()
    last_order: int = 0

    def copy(self) -> "State":
        return State(
            dict(self.programmes),
            dict(self.trainees),
            dict(self.enrolments),
            dict(self.links),
            self.different_people,
            dict(self.startups),
            dict(self.investments),
            dict(self.transactions),
            self.different_deals,
            self.last_order,
        )

    def next_order(self) -> int:
        self.last_order += 1
        return self.last_order


# --- normal forms ------------------------------------------------------------------------------

_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")


def normal_name(text: str) -> str:
    kept = [
        c
        for c in unicodedata.normalize("NFKC", text)
        if not c.isspace() and unicodedata.category(c) != "Cf" and c not in _FILLERS
    ]
    return unicodedata.normalize("NFKC", "".join(kept).casefold())


def normal_mobile(text: str) -> str:
    digits = "".join(c for c in unicodedata.normalize("NFKC", text) if c in "0123456789")
    if digits.startswith("82"):
        digits = "0" + digits[2:].removeprefix("0")
    if len(digits) != 11 or not digits.startswith("010"):
        raise Refusal("invalid-mobile")
    return "+82" + digits[1:]


def normal_business_number(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text) if not c.isspace() and c != "-")


def normal_optional_name(text: str | None) -> str | None:
    return normal_name(text) or None if text is not None else None


def won(original_amount: Decimal, fx_rate: Decimal) -> int:
    """Computed exactly, half up to a whole won."""
    return math.floor(Fraction(original_amount) * Fraction(fx_rate) + Fraction(1, 2))


def money_of(
    amount_krw: int | None,
    currency: str | None,
    original_amount: str | None,
    fx_rate: str | None,
) -> Money:
    if currency is None and original_amount is None and fx_rate is None:
        if amount_krw is None:
            raise Refusal("amount-required")
        if amount_krw <= 0:
            raise Refusal("amount-not-positive")
        return Money(amount_krw)
    if currency is None or original_amount is None or fx_rate is None:
        raise Refusal("amount-required")
    original, rate = Decimal(original_amount), Decimal(fx_rate)
    if original <= 0 or rate <= 0:
        raise Refusal("amount-not-positive")
    exponent = rate.normalize().as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -6:
        raise Refusal("fx-rate-precision")
    computed = won(original, rate)
    if amount_krw is not None and amount_krw != computed:
        raise Refusal("fx-mismatch")
    return Money(computed, currency, original, rate)
