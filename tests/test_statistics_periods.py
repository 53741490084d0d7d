"""Recorded months and years that are over are summed up once, and the past is made of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, func, select, update

from registry.core import migrate
from registry.core.clock import SEOUL
from registry.statistics.models import INVESTMENTS, TRAINEES
from registry.statistics.verification import verify_ledger
from registry.trainees.models import TraineeIdentity
from tests.seeded import Seeded

if TYPE_CHECKING:
    from registry.core.clock import ManualClock
    from tests.client import World

# Two writes on most days: month and year ends, a month and a year without any, the same day twice.
DAYS = (
    "2031-01-31", "2031-02-01", "2031-02-01", "2031-02-27", "2031-12-31", "2032-01-01",
    "2032-03-15", "2034-03-02", "2034-03-31", "2034-04-01",
)  # fmt: skip


@pytest.fixture
def past(world: World, clock: ManualClock) -> dict[int, Any]:
    """Writes over the years, and what was answered after each, by revision."""
    seeded = Seeded(world)
    programme = seeded.programme(world.btp, "OS1")
    seen: dict[int, Any] = {}
    made: list[str] = []
    for step, day in enumerate(DAYS):
        clock.put(datetime.combine(datetime.fromisoformat(day), clock.at.time(), SEOUL))
        made += seeded.enrol(programme, "2030-06-30", "2030-07-01")
        if step % 3 == 2:
            seeded.void(programme, made.pop(0))  # a posting below zero, in a later period
        seeded.pay(world.bipa, ("2030-03-20", 600 + step))
        revision, seen_then = asked(world)
        seen[revision] = seen_then
    return seen


def asked(world: World, **instant: Any) -> tuple[int, Any]:
    """What both datasets answer: the revision, and their figures."""
    found = [
        world.busan.get(f"/statistics/{dataset}", measure=measure, by="month,zone", **instant)
        for dataset, measure in (("trainees", "trainees"), ("investments", "disbursed_krw"))
    ]
    return found[0]["revision"], [(answer["cells"], answer["total"]) for answer in found]


def test_the_past_stays_what_it_was(world: World, past: dict[int, Any]) -> None:
    for revision, answer in past.items():
        assert asked(world, revision=revision) == (revision, answer)
    for day, revision in zip(DAYS, past, strict=True):
        if DAYS.count(day) == 1:
            assert asked(world, as_of=day) == (revision, past[revision])


def test_the_sums_are_those_of_the_postings(world: World, past: dict[int, Any]) -> None:
    with world.parts.database.reading() as work:
        assert verify_ledger(work.session) == []
        periods = set(work.session.scalars(select(TRAINEES.period.c.period)))
    assert periods == {203101, 203102, 203112, 2031, 203201, 203203, 2032, 203403}


def test_the_migration_sums_up_what_was_recorded_before_it(
    world: World, past: dict[int, Any]
) -> None:
    engine = world.parts.database.engine
    kept = select(TRAINEES.period).order_by(*TRAINEES.period.primary_key)
    with engine.connect() as connection:
        before = connection.execute(kept).all()
    with world.parts.database.aside() as session:
        session.execute(delete(TraineeIdentity))  # what 0012 left of these leads nowhere before it
    migrate.downgrade(engine, "0005")
    migrate.upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(kept).all() == before != []
    with world.parts.database.reading() as work:
        assert verify_ledger(work.session) == []


def test_a_false_sum_is_found(world: World, past: dict[int, Any]) -> None:
    period = INVESTMENTS.period
    with world.parts.database.aside() as session:
        session.execute(
            update(period).where(period.c.period == 2031).values(deals=period.c.deals + 1)
        )
        session.execute(delete(TRAINEES.period).where(TRAINEES.period.c.period == 203203))
    with world.parts.database.reading() as work:
        found = verify_ledger(work.session)
    assert any(f.startswith("investment_period") and "2031" in f for f in found)
    assert any(f.startswith("trainee_period") and "203203" in f for f in found)


def test_a_refused_write_of_a_new_month_leaves_nothing_false(
    world: World, clock: ManualClock, past: dict[int, Any]
) -> None:
    """The clock steps into May, something is asked dry, and it steps back: April goes on."""
    seeded = Seeded(world)
    seeded.owners["OS1"] = world.btp
    clock.put(datetime(2034, 5, 1, 9, tzinfo=SEOUL))
    world.btp.patch("/programmes/" + programme_id(world), {"name": "OS1"})  # changes nothing
    clock.put(datetime(2034, 4, 20, 9, tzinfo=SEOUL))
    seeded.enrol("OS1", "2030-08-01")
    clock.put(datetime(2034, 6, 1, 9, tzinfo=SEOUL))
    seeded.enrol("OS1", "2030-08-02")
    with world.parts.database.reading() as work:
        assert verify_ledger(work.session) == []
        april = select(func.sum(TRAINEES.period.c.completions)).where(
            TRAINEES.period.c.period == 203404
        )
        posted = work.session.scalar(april)
    assert posted == 3


def programme_id(world: World) -> str:
    """The one programme's id."""
    return str(world.btp.get("/programmes")["items"][0]["id"])
