"""The databases' own plans: nothing is found or counted by reading through the records."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import RawCursor
from sqlalchemy import func, select

from registry.app import create_app
from registry.core.clock import ManualClock
from registry.revisions.models import Revision
from registry.trainees.models import Trainee
from tests.bench.generate import NOW, generate, recorded_days
from tests.bench.growth import QUESTION, qualifying
from tests.client import World
from tests.conftest import make_settings
from tests.seeded import Seeded
from tests.statements import FRAMES, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

ENROLMENTS = 20_000  # enough for a planner to prefer an index where there is one
RECORDS = {
    "enrolment", "trainee", "trainee_link", "programme", "investment", "investment_transaction",
    "startup", "startup_attribute",
}  # fmt: skip
GROWING = {"trainee_posting", "trainee_figure"}  # with the records, or with the days
WRITTEN = {"enrolment", "trainee", "trainee_posting"}
SCAN = {"postgresql": r"Seq Scan on (\w+)", "sqlite": r"SCAN (?:TABLE )?(\w+)"}
DAY = next(d for d in reversed(recorded_days()) if d.year == NOW.year - 1)


@pytest.fixture
def grown(new_database: Callable[[], str]) -> Iterator[World]:
    """A registry of ten years, and a few payments."""
    settings = make_settings(new_database(), answer_memory_mib=0)
    generate(settings, ENROLMENTS)
    world = World(create_app(settings, ManualClock(NOW)))
    Seeded(world).pay(world.bipa, ("2031-03-20", 600), ("2032-01-05", 400))
    yield world
    world.parts.database.engine.dispose()


@contextmanager
def watched(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """The statements run in the block, with their parameters; what frames them has no plan."""
    seen: list[tuple[str, Any]] = []

    def note(statement: str, parameters: Any) -> None:
        if not statement.startswith(FRAMES):
            seen.append((statement, parameters))

    with told(engine, note):
        yield seen


def scanned(connection: Connection, statement: str, parameters: Any) -> set[str]:
    """The tables that a statement would read from end to end."""
    dialect = connection.dialect.name
    explain = "EXPLAIN" if dialect == "postgresql" else "EXPLAIN QUERY PLAN"
    if "$1" in statement:
        cursor = RawCursor(connection.connection.driver_connection)  # type: ignore[arg-type]
        rows = cursor.execute(f"{explain} {statement}".encode(), parameters).fetchall()
    else:
        rows = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
    plan = "\n".join(str(row[-1]) for row in rows)
    return set(re.findall(SCAN[dialect], plan))


def test_no_figure_reads_through_the_records(grown: World) -> None:
    engine = grown.parts.database.engine
    with engine.connect() as connection:
        of_the_day = select(Revision.number).where(Revision.day == DAY).order_by(Revision.number)
        midday = connection.scalars(of_the_day).all()[1]
    head = grown.busan.get("/statistics/trainees", **QUESTION)["revision"]
    questions = {
        "trainees": [QUESTION, QUESTION | {"district": "26440", "by": "month", "to": "2030-06"}],
        "investments": [{"measure": "disbursed_krw", "by": "year,zone,instrument"}],
    }
    instants = {
        "now": {}, "past day": {"as_of": DAY}, "mid-day": {"revision": midday},
        "today's middle": {"revision": head - 1},
    }  # fmt: skip
    for dataset, asked in questions.items():
        for name, instant in instants.items():
            with watched(engine) as seen:
                for question in asked:
                    grown.busan.get(f"/statistics/{dataset}", **question, **instant)
            assert any(f"{dataset[:-1]}_cell" in statement for statement, _ in seen)
            with engine.connect() as connection:
                for statement, parameters in seen:
                    found = scanned(connection, statement, parameters)
                    assert not found & (RECORDS | GROWING), (name, found, statement)
    over_records = qualifying(func.count(Trainee.unit_id.distinct()))
    with watched(engine) as seen, engine.connect() as connection:
        assert connection.scalar(over_records)
    with engine.connect() as connection:  # what a plan says of such a statement would be seen
        assert scanned(connection, *seen[-1]) & RECORDS


def test_a_write_reads_the_records_of_its_own_people_alone(grown: World) -> None:
    engine = grown.parts.database.engine
    seeded = Seeded(grown)
    seeded.programme(grown.pnu, "PLANS")
    with watched(engine) as seen:
        made = seeded.enrol("PLANS", "2031-03-20", "2031-05-02", mobile="010-5555-1234")
    assert len(made) == 2
    assert any("INSERT INTO trainee_posting" in statement for statement, _ in seen)
    with grown.parts.database.writing(None) as work:  # planned as a write plans
        connection = work.session.connection()
        for statement, parameters in seen:
            if re.match(r"\s*(SELECT|WITH|INSERT .*\bSELECT)", statement):
                found = scanned(connection, statement, parameters)
                assert not found & WRITTEN, (found, statement)
