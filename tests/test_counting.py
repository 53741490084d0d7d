"""Counting against the oracle: whatever happens in whatever order, every figure agrees.

A scenario is drawn by hypothesis as a list of steps, so a failing one shrinks to the few steps
that matter. Each step goes to the product over HTTP and to the oracle, and afterwards every
measure is compared in every breakdown at every past revision, and opened to its records.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import and_, case, select

from registry.core.clock import ManualClock
from registry.core.work import Work
from registry.statistics import ledger
from registry.statistics.rules import trainees as people
from registry.statistics.rules import year_of
from registry.statistics.verification import verify_ledger
from registry.trainees.models import Enrolment
from tests.client import World
from tests.conftest import START, application, make_settings
from tests.twin import (
    AGENCIES,
    BIRTHS,
    DAYS,
    DEALS,
    DISTRICTS,
    FIELDS,
    KINDS,
    MOBILES,
    NAMES,
    PROGRAMMES,
    STATUSES,
    TRANSACTIONS,
    Twin,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from registry.statistics.models import LedgerTables

DAY = st.sampled_from(DAYS)
INDEX = st.integers(0, 50)
WON = st.integers(1, 5).map(lambda n: n * 100)

# Few people, few days, mostly completions: so that the rules' edges meet within a few steps.
WHO = st.sampled_from(NAMES[:2] * 3 + NAMES[2:])
BORN = st.sampled_from(BIRTHS[:1] * 5 + BIRTHS[1:])
MOBILE = st.sampled_from(MOBILES[1:2] * 3 + MOBILES + MOBILES[:1])
STATUS = st.sampled_from(("completed",) * 4 + STATUSES)
ENDS = st.sampled_from(DAYS[2:4] * 2 + DAYS)
ENROL = st.tuples(
    st.just("enrol"), st.sampled_from(tuple(PROGRAMMES)), WHO, BORN, MOBILE,
    st.sampled_from(DAYS[:4]), STATUS, ENDS,
)  # fmt: skip
PEOPLE = st.one_of(
    ENROL,
    ENROL,
    st.tuples(st.just("correct"), INDEX, STATUS, DAY, st.booleans()),
    st.tuples(st.just("employ"), INDEX, DAY),
    st.tuples(st.just("void"), INDEX),
    st.tuples(st.just("restore"), INDEX),
    st.tuples(st.just("rename"), INDEX, WHO, MOBILE),
    st.tuples(
        st.just("move_programme"), st.sampled_from(tuple(PROGRAMMES)), st.sampled_from(KINDS),
        st.sampled_from(FIELDS), st.sampled_from(DISTRICTS),
    ),
    st.tuples(st.just("merge"), INDEX),
    st.tuples(st.just("dismiss"), INDEX),
    st.tuples(st.just("undo"), INDEX),
)  # fmt: skip
INVEST = st.tuples(
    st.just("invest"), st.sampled_from(AGENCIES), st.integers(0, 1),
    st.integers(0, len(DEALS) - 1), DAY, WON, st.integers(0, 1),
)  # fmt: skip
MONEY = st.one_of(
    INVEST,
    INVEST,
    st.tuples(st.just("transact"), INDEX, st.sampled_from(TRANSACTIONS), DAY, WON),
    st.tuples(st.just("transact"), INDEX, st.just("disbursement"), DAY, WON),
    st.tuples(st.just("reverse"), INDEX),
    st.tuples(st.just("move_field"), st.integers(0, 1), DAY, st.sampled_from(FIELDS)),
    st.tuples(st.just("move_district"), st.integers(0, 1), DAY, st.sampled_from(DISTRICTS)),
    st.tuples(st.just("merge_startups"), st.integers(0, 1)),
    st.tuples(st.just("correct_deal"), INDEX, DAY),
    st.tuples(st.just("void_deal"), INDEX),
)  # fmt: skip


def after(first: Any, then: Any) -> Any:
    """A scenario: a handful of records to begin with, then anything."""
    begun = st.lists(first, min_size=5, max_size=8)
    return st.tuples(begun, st.lists(then, min_size=8, max_size=24)).map(
        lambda two: two[0] + two[1]
    )


SCENARIOS = {"trainees": after(ENROL, PEOPLE), "investments": after(INVEST, MONEY)}


def perform(twin: Twin, step: tuple[Any, ...]) -> None:  # noqa: C901, PLR0912 - one line a kind of step
    """Do one step, its indices taken around what there is."""
    act, *values = step
    enrolled, invested = len(twin.enrolments), len(twin.investments)
    if act == "enrol":
        *who, enrolled_on, status, status_on = values
        twin.enrol(*who, enrolled_on, status, status_on)
    elif act in {"merge", "dismiss"}:
        twin.decide(values[0], act)
    elif act == "undo":
        twin.undo(values[0])
    elif act == "move_programme":
        code, kind, field, district = values
        twin.move_programme(code, kind=kind, field=field, district=district)
    elif act == "invest":
        twin.invest(*values)
    elif act == "move_field":
        twin.move_startup(values[0], values[1], field=values[2])
    elif act == "move_district":
        twin.move_startup(values[0], values[1], district=values[2])
    elif act == "merge_startups":
        twin.merge_startups(values[0], 1 - values[0])
    elif act == "rename" and twin.trainees:
        trainee = sorted(twin.trainees)[values[0] % len(twin.trainees)]
        twin.rename(trainee, name=values[1], mobile=values[2])
    elif act == "correct" and enrolled:
        reason = {"reason": "정정"} if values[3] else {}
        twin.correct(values[0] % enrolled, status=values[1], status_on=values[2], **reason)
    elif act == "employ" and enrolled:
        twin.correct(values[0] % enrolled, employed_on=values[1])
    elif act in {"void", "restore"} and enrolled:
        getattr(twin, act)(values[0] % enrolled)
    elif act == "transact" and invested:
        twin.transact(values[0] % invested, *values[1:])
    elif act == "reverse" and invested:
        twin.reverse(values[0] % len(twin.transactions))
    elif act == "correct_deal" and invested:
        twin.correct_deal(values[0] % invested, values[1])
    elif act == "void_deal" and invested:
        twin.void_deal(values[0] % invested)


def play(
    url: str, steps: list[tuple[Any, ...]], *datasets: str, only_now: bool = False, every: int = 12
) -> Twin:
    """A fresh registry, the steps, and the comparison of everything."""
    app = application(make_settings(url), ManualClock(START))
    try:
        twin = Twin(World(app), datasets=datasets)
        twin.prepare()
        for step in steps:
            perform(twin, step)
        twin.compare(twin.revisions[-1:] if only_now else None)
        if not only_now:
            twin.open(every)
        with twin.world.parts.database.reading() as work:
            assert verify_ledger(work.session) == []
        return twin
    finally:
        app.extensions["registry"].database.engine.dispose()


def scenario(examples: int, *, shrink: bool = True) -> settings:
    """How many scenarios to draw; the seed is fixed, so a gate does not flicker."""
    phases = [Phase.explicit, Phase.generate] + ([Phase.shrink] if shrink else [])
    return settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, phases=phases,
        suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip


@pytest.mark.parametrize("dataset", SCENARIOS)
def test_every_figure_agrees_with_the_oracle(new_database: Callable[[], str], dataset: str) -> None:
    @scenario(6)
    @given(SCENARIOS[dataset])
    def agree(drawn: list[tuple[Any, ...]]) -> None:
        play(new_database(), drawn, dataset)

    agree()


@pytest.mark.soak
@pytest.mark.parametrize("dataset", SCENARIOS)
def test_every_figure_agrees_with_the_oracle_for_long(
    new_database: Callable[[], str], dataset: str
) -> None:
    @scenario(150)
    @given(SCENARIOS[dataset])
    def agree(drawn: list[tuple[Any, ...]]) -> None:
        play(new_database(), drawn, dataset, every=1)

    agree()


def plant_tie(patch: pytest.MonkeyPatch) -> None:
    """The later registration wins a tie."""
    first, *_ = people.ORDER
    later = (Enrolment.created_revision.desc(), Enrolment.created_row.desc())
    patch.setattr(people, "ORDER", (first, *later))


def plant_merge(patch: pytest.MonkeyPatch) -> None:
    """Links are decided on, but nobody is recounted."""
    touch = Work.touch

    def forgetful(work: Work, dataset: str, *units: UUID) -> None:
        if not work.action.startswith(("trainee-duplicate", "trainee-link")):
            touch(work, dataset, *units)

    patch.setattr(Work, "touch", forgetful)


def plant_year_edge(patch: pytest.MonkeyPatch) -> None:
    """The year of a status begins a day late."""
    patch.setattr(
        people, "year_of", lambda day: case((day == date(2026, 1, 1), 2025), else_=year_of(day))
    )


def plant_negative_cell(patch: pytest.MonkeyPatch) -> None:
    """Only gains are posted, never losses."""
    differences = ledger.differences

    def gains(tables: LedgerTables, *, everyone: bool) -> Any:
        rows = differences(tables, everyone=everyone).subquery()
        return select(rows).where(and_(*(rows.c[m] >= 0 for m in tables.measures)))

    patch.setattr(ledger, "differences", gains)


PLANTS = {
    "tie": (plant_tie, "trainees"),
    "merge": (plant_merge, "trainees"),
    "year_edge": (plant_year_edge, "trainees"),
    "negative_cell": (plant_negative_cell, "investments"),
}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # the statements are the same text
@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_bug_is_found(
    new_database: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    name: str,
) -> None:
    plant, dataset = PLANTS[name]
    plant(monkeypatch)
    ledger.forget_statements()
    request.addfinalizer(ledger.forget_statements)

    @scenario(60, shrink=False)
    @given(SCENARIOS[dataset])
    def agree(drawn: list[tuple[Any, ...]]) -> None:
        play(new_database(), drawn, dataset, only_now=True)

    with pytest.raises(AssertionError):
        agree()
