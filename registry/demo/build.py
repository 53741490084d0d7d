"""Builds the demo's past: month by month, with the clock put to when each thing was reported."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from registry.access.organisations import create_organisation
from registry.access.principal import operator
from registry.core.clock import SEOUL, ManualClock
from registry.demo import departments, frozen, money, people
from registry.demo.events import Events
from registry.installation import install
from registry.statistics.protection.limits import Limits
from registry.statistics.protection.publish import publish_point
from registry.trainees.intervals import employment_deadline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from flask import Flask

    from registry.core.parts import Registry
    from registry.core.work import Work
    from registry.trainees.models import Enrolment, Programme

SEED = 20220104
STARTUPS_EVERY_MONTH = 5
DEALS_EVERY_MONTH = (12, 20)
FIRST_MONTH = date(2022, 1, 1)
MARCH = 3  # its report is the last that belongs to the year before
LAST = 12  # of each year the last month's end is published, and that of the latest months
PUBLISHED_DAYS = 160


class Builder:
    """One demo under construction: its organisations, who is enrolled, which deals await payment."""

    def __init__(self, app: Flask, clock: ManualClock, until: date, count: int) -> None:
        self.parts: Registry = app.extensions["registry"]
        self.clock, self.until, self.count = clock, until, count
        self.published_from = until - timedelta(days=PUBLISHED_DAYS)
        self.dice = random.Random(SEED)  # noqa: S311 - the same demo every time
        self.registrar = people.Registrar(self.parts.keyring, self.dice)
        self.crowd = iter(people.people(self.dice, count * 2))
        self.organisations: dict[str, UUID] = {}
        self.running: list[tuple[Enrolment, date, str]] = []
        self.cohorts: list[Programme] = []
        self.startups: list[UUID] = []
        self.taken: set[str] = set()
        self.due: list[tuple[date, money.Deal, UUID, int]] = []
        self.events = Events(app, self.dice)
        self.settled = date(until.year - (until.month <= MARCH), MARCH, 1)
        self.trained: list[people.Person] = []
        self.finished: list[tuple[UUID, UUID]] = []  # organisation, enrolment
        self.paid: list[tuple[UUID, UUID]] = []  # agency, investment

    def build(self) -> None:
        """All months up to the last one that is over."""
        install(self.parts)
        self.found()
        for month in months(FIRST_MONTH, self.until):
            reported = following(month) + timedelta(days=6)
            self.clock.put(datetime.combine(reported, time(10, self.dice.randrange(60)), SEOUL))
            self.train(month)
            self.invest(month)
            self.happen(month, reported)
            if month.month == LAST or month >= self.published_from:
                self.publish()
            if month.month == departments.MONTH:
                departments.of_year(self.parts, month.year - 1)
            if month.month == MARCH and self.settled.year - 1 <= month.year <= self.settled.year:
                frozen.year_of(self.parts, month.year - 1)
        frozen.draft(self.parts)

    def publish(self) -> None:
        """The last month's end is published, as a timer would have it."""
        with self.parts.database.writing(operator("demo")) as work:
            publish_point(work, "month_end", Limits.of(self.parts.settings))

    def found(self) -> None:
        """The organisations, on the day of the announcement."""
        kinds = [(row[:3], "training_institution") for row in people.INSTITUTIONS]
        kinds += [(row, "investment_agency") for row in money.AGENCIES]
        kinds += [(("BUSAN", "부산광역시", "Busan Metropolitan City"), "city")]
        for (code, name, name_en), kind in kinds:
            with self.parts.database.writing(operator("demo")) as work:
                data = {"code": code, "name": name, "name_en": name_en, "kind": kind}
                self.organisations[code] = create_organisation(work, data).id
            if kind != "city":
                self.events.admit(code, self.organisations[code])

    def train(self, month: date) -> None:
        """A month of the institutions: new cohorts, people enrolled, people who finished."""
        if month.month == 1:
            self.plan(month.year)
        with self.parts.database.writing(operator("demo")) as work:
            work.action = "enrolment.enrol"
            for programme in self.cohorts:
                if same_month(self.reported_on(programme), month):
                    self.enrol(work, programme)
        with self.parts.database.writing(operator("demo")) as work:
            work.action = "enrolment.correct"
            for enrolment, day, outcome in self.running:
                if same_month(day, month):
                    work.session.add(enrolment)
                    self.finish(work, enrolment, day, outcome)
        self.running = [r for r in self.running if not same_month(r[1], month)]

    def reported_on(self, programme: Programme) -> date:
        """When a cohort is registered: in the early years only once it had ended."""
        assert programme.starts_on is not None  # noqa: S101 - every one made here has both
        assert programme.ends_on is not None  # noqa: S101
        early = programme.starts_on.year < self.until.year - 1
        return programme.ends_on if early else programme.starts_on

    def finish(self, work: Work, enrolment: Enrolment, day: date, outcome: str) -> None:
        """A person's training ends."""
        enrolment.status, enrolment.status_on = outcome, day
        enrolment.employment_deadline = employment_deadline(day)
        work.touch("trainees", enrolment.trainee_id)
        if outcome == "completed":
            self.finished.append((enrolment.organisation_id, enrolment.id))

    def plan(self, year: int) -> None:
        """The year's programmes of every institution."""
        self.cohorts = []
        with self.parts.database.writing(operator("demo")) as work:
            work.action = "programme.register"
            for row in people.INSTITUTIONS:
                owner = self.organisations[row[0]]
                self.cohorts += self.registrar.programmes(work, owner, row, year)

    def enrol(self, work: Work, programme: Programme) -> None:
        """One cohort's people; as many as the year's share allows."""
        assert programme.starts_on is not None  # noqa: S101 - every one made here has both
        assert programme.ends_on is not None  # noqa: S101
        year = programme.starts_on.year
        share = people.YEARS.get(year, 0.2) / len(self.cohorts)
        wanted = round(self.count * share * self.dice.uniform(0.85, 1.25))
        crowd = list(islice(self.crowd, wanted))
        self.trained += crowd
        for enrolment in self.registrar.register(work, programme, crowd):
            outcome, day = self.registrar.outcome(), programme.ends_on
            if outcome in {"withdrawn", "early_employed"}:
                day -= timedelta(days=self.dice.randint(5, 40))
            if self.reported_on(programme) == programme.ends_on:
                self.finish(work, enrolment, day, outcome)
            else:
                self.running.append((enrolment, day, outcome))

    def invest(self, month: date) -> None:
        """A month of the agencies: new start-ups, contracts, and the payments that were due."""
        end = following(month)
        with self.parts.database.writing(operator("demo")) as work:
            work.action = "investment.log"
            agencies = [self.organisations[code] for code, *_ in money.AGENCIES]
            for _ in range(STARTUPS_EVERY_MONTH):
                agency = self.dice.choice(agencies)
                number = len(self.startups) + 1
                self.startups.append(money.startup(work, self.dice, agency, self.taken, number))
            deals = [
                self.deal(month, end, agencies)
                for _ in range(self.dice.randint(*DEALS_EVERY_MONTH))
            ]
            logged = [(deal, money.investment(work, self.dice, deal)) for deal in deals]
            work.session.flush()
            for deal, investment in logged:
                money.move(work, deal, investment, "contract", deal.contracted_on, deal.won)
                paid = money.payments(self.dice, deal)
                self.due += [(on, deal, investment, won) for on, won in paid]
            for on, deal, investment, won in [d for d in self.due if d[0] < end]:
                money.move(work, deal, investment, "disbursement", on, won)
                self.paid.append((deal.agency, investment))
            self.due = [d for d in self.due if d[0] >= end]

    def happen(self, month: date, today: date) -> None:
        """What else a month brings: people who come back, corrections, moves, reversals."""
        code_of = {organisation: code for code, organisation in self.organisations.items()}
        open_now = [p for p in self.cohorts if p.starts_on is not None and p.starts_on < month]
        for _ in range(3 if open_now and self.trained else 0):
            programme = self.dice.choice(open_now)
            person = self.dice.choice(self.trained)
            code = code_of[programme.organisation_id]
            assert programme.starts_on is not None  # noqa: S101 - chosen so
            self.events.come_back(code, programme.code, person, programme.starts_on, today)
        if self.finished:
            organisation, enrolment = self.dice.choice(self.finished)
            self.finished.remove((organisation, enrolment))
            self.events.mend(code_of[organisation], enrolment)
        if month.month % 2 == 0:
            agency = self.dice.choice([code for code, *_ in money.AGENCIES])
            self.events.move(agency, self.dice.choice(self.startups), month)
        if self.paid and month.month % 3 == 0:
            organisation, investment = self.dice.choice(self.paid)
            self.paid = [p for p in self.paid if p[1] != investment]
            self.events.reenter(code_of[organisation], investment)
        if self.paid and month.month % 4 == 0:
            organisation, investment = self.dice.choice(self.paid)
            others = [code for code, *_ in money.AGENCIES if code != code_of[organisation]]
            self.events.log_again(code_of[organisation], self.dice.choice(others), investment)

    def deal(self, month: date, end: date, agencies: list[UUID]) -> money.Deal:
        """An investment to come into the month."""
        day = month + timedelta(days=self.dice.randrange((end - month).days))
        startup, agency = self.dice.choice(self.startups), self.dice.choice(agencies)
        return money.Deal(day, startup, agency, money.amount(self.dice))


def months(first: date, until: date) -> Iterator[date]:
    """The first day of every month from one date to another, the last one excluded."""
    while first < until:
        yield first
        first = following(first)


def following(month: date) -> date:
    """The first day of the next month."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def same_month(day: date, month: date) -> bool:
    """Whether a date is in the month that begins on another."""
    return (day.year, day.month) == (month.year, month.month)
