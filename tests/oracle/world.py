"""The world: facts, advanced by operations. One operation that changes something, one revision."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from typing import TypeVar

from . import money, people
from .codes import Codes
from .facts import (
    FINAL_STATUSES,
    SIGNS,
    STATUSES,
    UNSET,
    Enrolled,
    Enrolment,
    Invested,
    Investment,
    Investor,
    InvestorInput,
    Link,
    Money,
    Pair,
    Period,
    Programme,
    Refusal,
    Startup,
    State,
    Trainee,
    TraineeInput,
    Transaction,
    Unset,
    money_of,
    normal_business_number,
    normal_mobile,
    normal_name,
    pair,
)

T = TypeVar("T")
R = TypeVar("R")

SEOUL = timezone(timedelta(hours=9))


@dataclass(frozen=True)
class Snapshot:
    """The facts as of one revision. Never changes."""

    revision: int
    recorded_at: datetime
    state: State
    codes: Codes

    def persons(self) -> list[frozenset[str]]:
        return people.persons(self.state)

    def links(self) -> list[Link]:
        """All of them, the undone too (``active`` is False), in the order they arose."""
        return sorted(self.state.links.values(), key=lambda link: link.order)

    def possible_duplicates(self) -> list[Pair]:
        return people.possible_duplicates(self.state)

    def overlaps(self) -> list[Pair]:
        """Pairs of enrolments that a link made overlap."""
        return people.overlaps_by_links(self.state)

    def near_duplicates(self) -> list[Pair]:
        return money.near_duplicates(self.state)

    def balance(self, investment: str) -> money.Balance:
        return money.balance(self.state, self.state.investments[investment])

    def field_on(self, startup: str, day: date) -> str:
        return money.value_on(money.startup_of(self.state, startup).fields, day)

    def district_on(self, startup: str, day: date) -> str:
        return money.value_on(money.startup_of(self.state, startup).districts, day)


class World:
    """Facts that operations advance.

    ``keep_equal_periods``: whether a start-up's dated value equal to the one already in force
    on that date is kept as a period of its own (it bounds earlier ones), or changes nothing."""

    def __init__(
        self,
        codes: Codes | None = None,
        now: datetime = datetime(2031, 1, 15, 9, tzinfo=SEOUL),
        keep_equal_periods: bool = False,
    ) -> None:
        self.codes = codes or Codes()
        self.now = now
        self.keep_equal_periods = keep_equal_periods
        self._state = State()
        self._in_batch = False
        self._history = [Snapshot(0, now, State(), self.codes)]

    # --- time and revisions --------------------------------------------------------------------

    @property
    def today(self) -> date:
        """Today in Seoul. Setting it puts the clock at nine in the morning there."""
        return self.now.astimezone(SEOUL).date()

    @today.setter
    def today(self, day: date) -> None:
        self.now = datetime.combine(day, time(9), SEOUL)

    @property
    def revision(self) -> int:
        return self._history[-1].revision

    @property
    def head(self) -> Snapshot:
        return self._history[-1]

    def at(self, revision: int) -> Snapshot:
        return self._history[revision]

    def revision_as_of(self, as_of: date | datetime) -> int:
        """A date: everything before the next Seoul midnight; a moment: up to and including it."""
        if isinstance(as_of, datetime):
            if as_of.astimezone(SEOUL).date() > self.today:
                raise Refusal("as-of-in-future")
            known = [s.revision for s in self._history[1:] if s.recorded_at <= as_of]
        else:
            if as_of > self.today:
                raise Refusal("as-of-in-future")
            midnight = datetime.combine(as_of + timedelta(days=1), time(0), SEOUL)
            known = [s.revision for s in self._history[1:] if s.recorded_at < midnight]
        return max(known, default=0)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Everything inside is one revision; a refusal that leaves the block undoes it all."""
        if self._in_batch:
            raise ValueError("batches do not nest")
        before = self._state
        self._in_batch = True
        try:
            yield
        except BaseException:
            self._state = before
            raise
        finally:
            self._in_batch = False
        self._record()

    @contextmanager
    def _operation(self) -> Iterator[State]:
        draft = self._state.copy()
        yield draft
        # Only reached when the operation was not refused.
        self._state = draft
        if not self._in_batch:
            self._record()

    def _record(self) -> None:
        if self._state != self.head.state:
            snapshot = Snapshot(self.revision + 1, self.now, self._state.copy(), self.codes)
            self._history.append(snapshot)

    # --- the lists of the head -----------------------------------------------------------------

    def persons(self) -> list[frozenset[str]]:
        return self.head.persons()

    def links(self) -> list[Link]:
        return self.head.links()

    def possible_duplicates(self) -> list[Pair]:
        return self.head.possible_duplicates()

    def overlaps(self) -> list[Pair]:
        return self.head.overlaps()

    def near_duplicates(self) -> list[Pair]:
        return self.head.near_duplicates()

    # --- checks --------------------------------------------------------------------------------

    def _not_in_future(self, *days: date | Unset | None) -> None:
        for day in days:
            if isinstance(day, date) and day > self.today:
                raise Refusal("date-in-future")

    # --- programmes ----------------------------------------------------------------------------

    def add_programme(
        self,
        organisation: str,
        code: str,
        kind: str,
        field: str,
        district: str,
        *,
        new_id: str | None = None,
    ) -> str:
        with self._operation() as state:
            if any(
                p.organisation == organisation and p.code == code for p in state.programmes.values()
            ):
                raise Refusal("code-taken")
            order = state.next_order()
            new = new_id or f"programme-{order}"
            programme = Programme(new, order, organisation, code, kind, field, district)
            self._check_programme(programme)
            _insert(state.programmes, new, programme)
        return new

    def patch_programme(
        self,
        programme: str,
        *,
        kind: str | Unset = UNSET,
        field: str | Unset = UNSET,
        district: str | Unset = UNSET,
    ) -> None:
        """A correction, for all the programme's enrolments."""
        with self._operation() as state:
            old = _get(state.programmes, programme)
            new = replace(
                old,
                kind=_or(kind, old.kind),
                field=_or(field, old.field),
                district=_or(district, old.district),
            )
            self._check_programme(new)
            state.programmes[programme] = new

    def _check_programme(self, programme: Programme) -> None:
        if (
            programme.kind not in self.codes.programme_kinds
            or programme.field not in self.codes.fields
            or programme.district not in self.codes.districts
        ):
            raise Refusal("unknown-code")

    # --- enrolments ----------------------------------------------------------------------------

    def enrol(
        self,
        organisation: str,
        programme_code: str,
        trainee: TraineeInput,
        enrolled_on: date,
        status: str = "enrolled",
        status_on: date | None = None,
        *,
        external_id: str | None = None,
        outcome_employed_on: date | None = None,
        new_id: str | None = None,
        trainee_id: str | None = None,
    ) -> Enrolled:
        """``trainee_id`` is the id the trainee gets if a new one is made."""
        with self._operation() as state:
            found = [
                p
                for p in state.programmes.values()
                if p.organisation == organisation and p.code == programme_code
            ]
            if not found:
                raise Refusal("unknown-programme")
            programme = found[0]
            values = _normal_trainee(trainee)
            status_on = _checked_status_on(status, enrolled_on, status_on)
            self._not_in_future(enrolled_on, status_on)

            for existing in state.enrolments.values():
                if (
                    external_id is not None
                    and existing.organisation == organisation
                    and existing.external_id == external_id
                ):
                    again = replace(
                        existing,
                        programme=programme.id,
                        enrolled_on=enrolled_on,
                        status=status,
                        status_on=status_on,
                        employed_on=outcome_employed_on,
                    )
                    known = state.trainees[existing.trainee]
                    if again == existing and _with_values(known, values) == known:
                        return Enrolled(existing.id, known.id, created=False, new_trainee=False)
                    raise Refusal("external-id-taken")

            known_trainee = people.find_trainee(
                state,
                organisation,
                values.external_id,
                values.birth_date,
                None if values.name is None else normal_name(values.name),
                values.mobile,
            )
            if known_trainee is None:
                if values.name is None:
                    raise Refusal("required")
                order = state.next_order()
                who = Trainee(
                    trainee_id or f"trainee-{order}",
                    order,
                    organisation,
                    None,
                    values.name,
                    values.birth_date,
                    None,
                    frozenset(),
                    frozenset(),
                )
                _insert(state.trainees, who.id, who)
            else:
                who = known_trainee
            self._put_trainee(state, _with_values(who, values))

            order = state.next_order()
            enrolment = Enrolment(
                new_id or f"enrolment-{order}",
                order,
                organisation,
                external_id,
                programme.id,
                who.id,
                enrolled_on,
                status,
                status_on,
                outcome_employed_on,
            )
            _insert(state.enrolments, enrolment.id, enrolment)
            _refuse_overlap(state, enrolment)
        return Enrolled(enrolment.id, who.id, created=True, new_trainee=known_trainee is None)

    def patch_enrolment(
        self,
        enrolment: str,
        *,
        status: str | Unset = UNSET,
        status_on: date | Unset | None = UNSET,
        outcome_employed_on: date | Unset | None = UNSET,
        reason: str | None = None,
    ) -> None:
        with self._operation() as state:
            old = _get(state.enrolments, enrolment)
            new_status = _or(status, old.status)
            if isinstance(status_on, Unset):
                if old.status == "enrolled" and new_status != "enrolled":
                    raise Refusal("status-on-required")
                status_on = old.status_on
            self._not_in_future(status_on)
            new = replace(
                old,
                status=new_status,
                status_on=_checked_status_on(new_status, old.enrolled_on, status_on),
                employed_on=_or(outcome_employed_on, old.employed_on),
            )
            if old.void:
                raise Refusal("void")
            if old.status in FINAL_STATUSES and new.status != old.status and not reason:
                raise Refusal("reason-required")
            state.enrolments[enrolment] = new
            if new != old:
                _refuse_overlap(state, new)

    def void_enrolment(self, enrolment: str, reason: str | None = "entered by mistake") -> None:
        with self._operation() as state:
            old = _get(state.enrolments, enrolment)
            if not reason:
                raise Refusal("reason-required")
            if old.void:
                raise Refusal("void")
            state.enrolments[enrolment] = replace(old, void=True)

    def restore_enrolment(self, enrolment: str) -> None:
        with self._operation() as state:
            old = _get(state.enrolments, enrolment)
            if not old.void:
                raise Refusal("not-void")
            new = replace(old, void=False)
            state.enrolments[enrolment] = new
            _refuse_overlap(state, new)

    # --- trainees, links -----------------------------------------------------------------------

    def patch_trainee(
        self,
        trainee: str,
        *,
        name: str | Unset = UNSET,
        birth_date: date | Unset = UNSET,
        mobile: str | Unset | None = UNSET,
        external_id: str | Unset | None = UNSET,
    ) -> None:
        with self._operation() as state:
            old = _get(state.trainees, trainee)
            new_mobile = normal_mobile(mobile) if isinstance(mobile, str) else mobile
            new = replace(
                old,
                name=_or(name, old.name),
                birth_date=_or(birth_date, old.birth_date),
                mobile=_or(new_mobile, old.mobile),
                external_id=_or(external_id, old.external_id),
            )
            self._put_trainee(state, new)

    def _put_trainee(self, state: State, trainee: Trainee) -> None:
        """Store it with what it now holds added to what it ever held; link what became equal."""
        if trainee.external_id is not None and any(
            other.id != trainee.id
            and other.organisation == trainee.organisation
            and other.external_id == trainee.external_id
            for other in state.trainees.values()
        ):
            raise Refusal("external-id-taken")
        name = normal_name(trainee.name)
        identities = trainee.identities
        if trainee.mobile is not None:
            identities |= {(name, trainee.birth_date, trainee.mobile)}
        state.trainees[trainee.id] = replace(
            trainee,
            identities=identities,
            names_and_births=trainee.names_and_births | {(name, trainee.birth_date)},
        )
        for two in people.missing_automatic_links(state):
            _add_link(state, two, "automatic", None)

    def merge(self, trainee_a: str, trainee_b: str, *, new_id: str | None = None) -> str:
        """The city decides they are one. Again while that link stands: nothing changes."""
        with self._operation() as state:
            _get(state.trainees, trainee_a)
            _get(state.trainees, trainee_b)
            if trainee_a == trainee_b:
                raise Refusal("same-record")
            two = pair(trainee_a, trainee_b)
            standing = [
                link.id
                for link in state.links.values()
                if link.pair == two and link.origin == "decided" and link.active
            ]
            return standing[0] if standing else _add_link(state, two, "decided", new_id)

    def undo_link(self, link: str) -> None:
        with self._operation() as state:
            state.links[link] = replace(_get(state.links, link), active=False)

    def dismiss(self, trainee_a: str, trainee_b: str) -> None:
        """The city decides they are different. Links that stand are left."""
        with self._operation() as state:
            _get(state.trainees, trainee_a)
            _get(state.trainees, trainee_b)
            state.different_people |= {pair(trainee_a, trainee_b)}

    # --- start-ups -----------------------------------------------------------------------------

    def add_startup(self, field: str, district: str, *, new_id: str | None = None) -> str:
        with self._operation() as state:
            self._check_place(field, district)
            order = state.next_order()
            new = new_id or f"startup-{order}"
            startup = Startup(new, order, (Period(None, field),), (Period(None, district),))
            _insert(state.startups, new, startup)
        return new

    def patch_startup(
        self,
        startup: str,
        *,
        field: str | Unset = UNSET,
        district: str | Unset = UNSET,
        effective_on: date | None = None,
    ) -> None:
        """Field and district are dated separately."""
        with self._operation() as state:
            old = _standing_startup(state, startup)
            new_field = _or(field, None)
            new_district = _or(district, None)
            self._check_place(new_field, new_district)
            self._not_in_future(effective_on)
            state.startups[startup] = replace(
                old,
                fields=self._changed(old.fields, effective_on, new_field),
                districts=self._changed(old.districts, effective_on, new_district),
            )

    def _changed(
        self, periods: tuple[Period, ...], start: date | None, value: str | None
    ) -> tuple[Period, ...]:
        if value is None:
            return periods
        if start is None:
            if value == money.value_on(periods, self.today):
                return periods
            raise Refusal("effective-on-required")
        begins_then = any(p.start == start for p in periods)
        in_force = not begins_then and value == money.value_on(periods, start)
        if in_force and not self.keep_equal_periods:
            return periods
        return money.with_value(periods, start, value)

    def _check_place(self, field: str | None, district: str | None) -> None:
        if field is not None and field not in self.codes.fields:
            raise Refusal("unknown-code")
        if district is not None and district not in self.codes.districts:
            raise Refusal("unknown-code")

    def void_startup(self, startup: str) -> None:
        with self._operation() as state:
            state.startups[startup] = replace(_standing_startup(state, startup), void=True)

    def merge_startup(self, startup: str, into: str) -> None:
        """Its investments count under the other from now on, with the other's attributes.

        Investments that become equal by it are not refused; they are listed as near duplicates.
        """
        with self._operation() as state:
            old = _standing_startup(state, startup)
            _standing_startup(state, into)
            if startup == into:
                raise Refusal("same-record")
            state.startups[startup] = replace(old, merged_into=into)

    # --- investments ---------------------------------------------------------------------------

    def invest(
        self,
        agency: str,
        startup: str,
        *,
        round_code: str,
        investor: InvestorInput,
        fund: str | None,
        instrument: str,
        shares: str | None,
        channel: str,
        contracted_on: date,
        contracted_krw: int | None = None,
        currency: str | None = None,
        original_amount: str | None = None,
        fx_rate: str | None = None,
        external_id: str | None = None,
        new_id: str | None = None,
        contract_id: str | None = None,
    ) -> Invested:
        """An investment and its first contract."""
        with self._operation() as state:
            amount = money_of(contracted_krw, currency, original_amount, fx_rate)
            asked = Investment(
                "",
                0,
                agency,
                external_id,
                startup,
                round_code,
                _normal_investor(investor),
                fund or None,
                instrument,
                shares,
                channel,
                contracted_on,
                amount.currency,
                "",
            )
            self._check_investment(asked)
            self._not_in_future(contracted_on)

            for existing in state.investments.values():
                if (
                    external_id is not None
                    and existing.agency == agency
                    and existing.external_id == external_id
                ):
                    contract = state.transactions[existing.first_contract]
                    again = replace(
                        asked,
                        id=existing.id,
                        order=existing.order,
                        first_contract=existing.first_contract,
                        void=existing.void,
                    )
                    if again == existing and contract.money == amount:
                        return Invested(existing.id, contract.id, created=False)
                    raise Refusal("external-id-taken")

            _get(state.startups, startup)
            if money.startup_of(state, startup).void:
                raise Refusal("void")
            if money.equal_investments(state, asked):
                raise Refusal("duplicate-investment")
            order = state.next_order()
            new = replace(asked, id=new_id or f"investment-{order}", order=order)
            first = _add_transaction(
                state, new.id, "contract", contracted_on, amount, new_id=contract_id
            )
            _insert(state.investments, new.id, replace(new, first_contract=first))
        return Invested(new.id, first, created=True)

    def patch_investment(
        self,
        investment: str,
        *,
        round_code: str | Unset = UNSET,
        investor: InvestorInput | Unset = UNSET,
        fund: str | Unset | None = UNSET,
        instrument: str | Unset = UNSET,
        shares: str | Unset | None = UNSET,
        channel: str | Unset = UNSET,
        contracted_on: date | Unset = UNSET,
        reason: str | None = "entered by mistake",
    ) -> None:
        """A corrected contract date moves the first contract with it: reversed and entered anew."""
        with self._operation() as state:
            old = _get(state.investments, investment)
            who = old.investor if isinstance(investor, Unset) else _normal_investor(investor)
            new = replace(
                old,
                round=_or(round_code, old.round),
                investor=who,
                fund=old.fund if isinstance(fund, Unset) else fund or None,
                instrument=_or(instrument, old.instrument),
                shares=_or(shares, old.shares),
                channel=_or(channel, old.channel),
                contracted_on=_or(contracted_on, old.contracted_on),
            )
            self._check_investment(new)
            self._not_in_future(contracted_on)
            if old.void:
                raise Refusal("void")
            if new != old and not reason:
                raise Refusal("reason-required")
            key_changes = money.duplicate_key(state, new) != money.duplicate_key(state, old)
            if key_changes and money.equal_investments(state, new):
                raise Refusal("duplicate-investment")
            if new.contracted_on != old.contracted_on:
                first = state.transactions[old.first_contract]
                if not money.is_reversed(state, first):
                    _add_reversal(state, first)
                    anew = _add_transaction(
                        state, investment, "contract", new.contracted_on, first.money
                    )
                    new = replace(new, first_contract=anew)
            state.investments[investment] = new

    def void_investment(self, investment: str, reason: str | None = "entered by mistake") -> None:
        with self._operation() as state:
            old = _get(state.investments, investment)
            if not reason:
                raise Refusal("reason-required")
            if old.void:
                raise Refusal("void")
            state.investments[investment] = replace(old, void=True)

    def dismiss_near_duplicate(self, investment_a: str, investment_b: str) -> None:
        with self._operation() as state:
            state.different_deals |= {pair(investment_a, investment_b)}

    def _check_investment(self, investment: Investment) -> None:
        if (
            investment.round not in self.codes.rounds
            or investment.investor.kind not in self.codes.investor_kinds
            or investment.instrument not in self.codes.instruments
            or investment.channel not in self.codes.channels
            or investment.shares not in (None, "new_shares", "secondary")
        ):
            raise Refusal("unknown-code")
        if (
            investment.shares is None
            and self.codes.instruments[investment.instrument].shares_required
        ):
            raise Refusal("shares-required")

    # --- transactions --------------------------------------------------------------------------

    def transact(
        self,
        investment: str,
        kind: str,
        effective_on: date,
        amount_krw: int | None = None,
        *,
        currency: str | None = None,
        original_amount: str | None = None,
        fx_rate: str | None = None,
        external_id: str | None = None,
        new_id: str | None = None,
    ) -> str:
        with self._operation() as state:
            deal = _get(state.investments, investment)
            if kind not in SIGNS:
                raise Refusal("unknown-code")
            amount = money_of(amount_krw, currency, original_amount, fx_rate)
            self._not_in_future(effective_on)

            for existing in state.transactions.values():
                if (
                    external_id is not None
                    and existing.external_id == external_id
                    and state.investments[existing.investment].agency == deal.agency
                ):
                    again = replace(
                        existing,
                        investment=investment,
                        kind=kind,
                        effective_on=effective_on,
                        money=amount,
                    )
                    if again == existing:
                        return existing.id
                    raise Refusal("external-id-taken")

            if deal.void:
                raise Refusal("void")
            if deal.currency is not None and amount.currency != deal.currency:
                raise Refusal("currency-mismatch")
            new = _add_transaction(
                state,
                investment,
                kind,
                effective_on,
                amount,
                new_id=new_id,
                external_id=external_id,
            )
            _refuse_excess(state, deal)
        return new

    def reverse(
        self,
        transaction: str,
        reason: str | None = "entered by mistake",
        *,
        new_id: str | None = None,
    ) -> str:
        """The opposite of the original, at the original's date. Answers the reversal's id."""
        with self._operation() as state:
            original = _get(state.transactions, transaction)
            if not reason:
                raise Refusal("reason-required")
            deal = state.investments[original.investment]
            if deal.void:
                raise Refusal("void")
            if original.reverses is not None:
                raise Refusal("reversal-of-reversal")
            if money.is_reversed(state, original):
                raise Refusal("already-reversed")
            new = _add_reversal(state, original, new_id)
            _refuse_excess(state, deal)
        return new


# --- helpers -----------------------------------------------------------------------------------


def _or(given: T | Unset, otherwise: T) -> T:
    return otherwise if isinstance(given, Unset) else given


def _get(table: dict[str, R], key: str) -> R:
    if key not in table:
        raise Refusal("not-found")
    return table[key]


def _insert(table: dict[str, R], key: str, record: R) -> None:
    if key in table:
        raise ValueError(f"the id {key!r} is in use")
    table[key] = record


@dataclass(frozen=True)
class _Values:
    """What an enrolment says of its trainee; None says nothing."""

    name: str | None
    birth_date: date
    mobile: str | None
    external_id: str | None


def _normal_trainee(trainee: TraineeInput) -> _Values:
    mobile = trainee.get("mobile")
    return _Values(
        trainee.get("name"),
        trainee["birth_date"],
        None if mobile is None else normal_mobile(mobile),
        trainee.get("external_id"),
    )


def _with_values(trainee: Trainee, values: _Values) -> Trainee:
    return replace(
        trainee,
        name=trainee.name if values.name is None else values.name,
        birth_date=values.birth_date,
        mobile=trainee.mobile if values.mobile is None else values.mobile,
        external_id=trainee.external_id if values.external_id is None else values.external_id,
    )


def _checked_status_on(status: str, enrolled_on: date, status_on: date | None) -> date:
    if status not in STATUSES:
        raise Refusal("unknown-code")
    if status_on is None:
        if status != "enrolled":
            raise Refusal("status-on-required")
        return enrolled_on
    if status_on < enrolled_on:
        raise Refusal("status-before-enrolment")
    return status_on


def _refuse_overlap(state: State, enrolment: Enrolment) -> None:
    if people.breaks_overlap_rule(state, enrolment):
        raise Refusal("overlapping-enrolment")


def _add_link(state: State, two: Pair, origin: str, new_id: str | None) -> str:
    order = state.next_order()
    link = Link(new_id or f"link-{order}", order, two, origin)
    _insert(state.links, link.id, link)
    return link.id


def _standing_startup(state: State, startup: str) -> Startup:
    found = _get(state.startups, startup)
    if found.void:
        raise Refusal("void")
    if found.merged_into is not None:
        raise Refusal("merged")
    return found


def _normal_investor(investor: InvestorInput) -> Investor:
    number = investor.get("business_number")
    return Investor(
        investor["name"],
        investor["kind"],
        normal_business_number(number) if number else None,
    )


def _add_transaction(
    state: State,
    investment: str,
    kind: str,
    effective_on: date,
    amount: Money,
    *,
    new_id: str | None = None,
    external_id: str | None = None,
    reverses: str | None = None,
) -> str:
    order = state.next_order()
    new = Transaction(
        new_id or f"transaction-{order}",
        order,
        investment,
        external_id,
        kind,
        effective_on,
        amount,
        reverses,
    )
    _insert(state.transactions, new.id, new)
    return new.id


def _add_reversal(state: State, original: Transaction, new_id: str | None = None) -> str:
    return _add_transaction(
        state,
        original.investment,
        original.kind,
        original.effective_on,
        original.money,
        new_id=new_id,
        reverses=original.id,
    )


def _refuse_excess(state: State, investment: Investment) -> None:
    if not money.balance(state, investment).holds:
        raise Refusal("exceeds-contract")
