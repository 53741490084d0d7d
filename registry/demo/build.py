"""Builds the demo's past: month by month, with the clock put to when each thing was reported."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from registry.access.organisations import create_organisation
from registry.access.principal import operator
from registry.core.clock import SEOUL, ManualClock
from registry.demo import money, people
from registry.installation import install
from registry.trainees.intervals import employment_deadline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from registry.core.api import Registry
    from registry.core.db import Work
    from registry.trainees.models import Enrolment, Programme

SEED = 20220104
STARTUPS_EVERY_MONTH = 5
DEALS_EVERY_MONTH = (12, 20)
FIRST_MONTH = date(2022, 1, 1)


class Builder:
    """One demo under construction: its organisations, who is enrolled, which deals await payment."""

    def __init__(self, parts: Registry, clock: ManualClock, until: date, count: int) -> None:
        self.parts, self.clock, self.until, self.count = parts, clock, until, count
        self.dice = random.Random(SEED)  # noqa: S311 - the same demo every time
        self.registrar = people.Registrar(parts.keyring, self.dice)
        self.crowd = iter(people.people(self.dice, count * 2))
        self.organisations: dict[str, UUID] = {}
        self.running: list[tuple[Enrolment, date, str]] = []
        self.cohorts: list[Programme] = []
        self.startups: list[UUID] = []
        self.taken: set[str] = set()
        self.due: list[tuple[date, money.Deal, UUID, int]] = []

    def build(self) -> None:
        """All months up to the last one that is over."""
        install(self.parts)
        self.found()
        for month in months(FIRST_MONTH, self.until):
            reported = following(month) + timedelta(days=6)
            self.clock.put(datetime.combine(reported, time(10, self.dice.randrange(60)), SEOUL))
            self.train(month)
            self.invest(month)

    def found(self) -> None:
        """The organisations, on the day of the announcement."""
        kinds = [(row[:3], "training_institution") for row in people.INSTITUTIONS]
        kinds += [(row, "investment_agency") for row in money.AGENCIES]
        kinds += [(("BUSAN", "부산광역시", "Busan Metropolitan City"), "city")]
        for (code, name, name_en), kind in kinds:
            with self.parts.database.writing(operator("demo")) as work:
                data = {"code": code, "name": name, "name_en": name_en, "kind": kind}
                self.organisations[code] = create_organisation(work, data).id

    def train(self, month: date) -> None:
        """A month of the institutions: new cohorts, people enrolled, people who finished."""
        if month.month == 1:
            self.plan(month.year)
        with self.parts.database.writing(operator("demo")) as work:
            work.action = "enrolment.enrol"
            for programme in self.cohorts:
                assert programme.starts_on is not None
                if same_month(programme.starts_on, month):
                    self.enrol(work, programme)
        with self.parts.database.writing(operator("demo")) as work:
            work.action = "enrolment.correct"
            for enrolment, day, outcome in self.running:
                if same_month(day, month):
                    finish(work, work.session.merge(enrolment, load=False), day, outcome)
        self.running = [r for r in self.running if not same_month(r[1], month)]

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
        assert programme.starts_on is not None
        assert programme.ends_on is not None
        year = programme.starts_on.year
        share = people.YEARS.get(year, 0.2) / len(self.cohorts)
        wanted = round(self.count * share * self.dice.uniform(0.85, 1.25))
        crowd = list(islice(self.crowd, wanted))
        for enrolment in self.registrar.register(work, programme, crowd):
            outcome, day = self.registrar.outcome(), programme.ends_on
            if outcome in {"withdrawn", "early_employed"}:
                day -= timedelta(days=self.dice.randint(5, 40))
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
            for _ in range(self.dice.randint(*DEALS_EVERY_MONTH)):
                day = month + timedelta(days=self.dice.randrange((end - month).days))
                deal = money.Deal(
                    day, self.dice.choice(self.startups), self.dice.choice(agencies), money.amount(self.dice)
                )
                investment = money.investment(work, self.dice, deal)
                self.due += [(on, deal, investment, won) for on, won in money.payments(self.dice, deal)]
            for on, deal, investment, won in [d for d in self.due if d[0] < end]:
                money.move(work, deal, investment, "disbursement", on, won)
            self.due = [d for d in self.due if d[0] >= end]


def finish(work: Work, enrolment: Enrolment, day: date, outcome: str) -> None:
    """A person's training ends."""
    enrolment.status, enrolment.status_on = outcome, day
    enrolment.employment_deadline = employment_deadline(day)
    work.touch("trainees", enrolment.trainee_id)


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
