"""Figures as the registry grows: the same questions at one hundred times the records."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sqlalchemy import Integer, event, extract, func, select, text

from registry.app import create_app
from registry.codes.models import ZoneMember
from registry.core.clock import ManualClock
from registry.revisions.models import Revision
from registry.statistics.catalogue import default_scheme
from registry.statistics.models import TRAINEES
from registry.trainees.models import Enrolment, Programme, Trainee
from tests.bench.generate import NOW, PARTS, generate, recorded_days
from tests.bench.measure import (
    Timing,
    alternated,
    goals,
    markdown,
    milliseconds,
    repeated,
    timed,
)  # fmt: skip
from tests.client import World
from tests.conftest import make_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine, Select

    from tests.bench.place import Place

REPEATS = 10
LARGEST_SQLITE = 1_000_000
QUESTION = {"measure": "trainees", "by": "year,zone,programme_kind"}
QUESTION_PATH = f"/statistics/trainees?{urlencode(QUESTION, safe=',')}"
FIVE_YEARS_AGO = date(NOW.year - 5, NOW.month, NOW.day)
BUSY_DAY = next(d for d in reversed(recorded_days()) if d.year == NOW.year - 1 and d.month == 11)
COUNTING = ("completed", "early_employed")
SORTING = "1GB"  # for what reads the records; the registry's own statements have the default


def growth(place: Place, title: str = "PostgreSQL") -> Iterator[str]:
    """One database at every size, and what was promised of it."""
    yield f"## Figures as the registry grows: {title}"
    yield (
        f"`GET /api/v1{QUESTION_PATH}`, asked of the application in process with no answer kept"
        f" (mean of {REPEATS} a round); *past day* as of {BUSY_DAY}, *five years back* as of"
        f" {FIVE_YEARS_AGO}, *mid-day* after half of the revisions of {BUSY_DAY}."
    )
    is_sqlite = title == "SQLite"
    open_at = place.sqlite if is_sqlite else place.postgres
    with ExitStack() as stack:
        registries = []
        for size in place.sizes:
            if not is_sqlite or size <= LARGEST_SQLITE:
                url = stack.enter_context(open_at(f"growth_{size}"))
                registries.append(stack.enter_context(filled(url, size)))
        yield from compared(title, registries)


@dataclass(frozen=True)
class Filled:
    """A registry of a size, and who asks it."""

    size: int
    world: World
    generated: float
    statements: list[str]

    @property
    def engine(self) -> Engine:
        """Its database."""
        return self.world.parts.database.engine

    def ask(self, **asked: object) -> Any:
        """Ask the question; it must have been answered from the ledger."""
        del self.statements[:]
        answer = self.world.busan.get("/statistics/trainees", **QUESTION, **asked)
        if not any("trainee_" in statement for statement in self.statements):
            raise AssertionError("the answer came from memory")
        return answer


@contextmanager
def filled(url: str, size: int) -> Iterator[Filled]:
    """Generate the records into an installed database, and check the ledger against them."""
    begun = time.perf_counter()
    generate(make_settings(url), size)
    took = time.perf_counter() - begun
    settings = make_settings(url, answer_memory_mib=0)
    world = World(create_app(settings, ManualClock(NOW)))
    engine = world.parts.database.engine
    found = Filled(size, world, took, [])
    event.listen(
        engine, "before_cursor_execute",
        lambda _c, _u, statement, *_: found.statements.append(statement),
    )  # fmt: skip
    with reader(engine) as connection:
        said, counted = connection.execute(equality()).one()
    if said != counted:
        raise AssertionError(f"the ledger says {said}, the records {counted}")
    yield found
    engine.dispose()


def compared(title: str, registries: list[Filled]) -> Iterator[str]:
    """Sizes, times, and what was promised."""
    yield markdown(("", *(f"{r.size:,}" for r in registries)), _rows(registries))
    smallest, largest = registries[0], registries[-1]
    now = {f"{r.size:,}": repeated(r.ask, REPEATS) for r in registries}
    found = alternated(now)
    yield "Now, at each size:"
    yield milliseconds(found, f"{smallest.size:,}")
    moments = moments_of(largest)
    past = alternated(
        {name: repeated(partial(largest.ask, **asked), REPEATS) for name, asked in moments.items()}
    )
    yield f"What was known when, at {largest.size:,}:"
    yield milliseconds(past, "now")
    slow = timed(lambda: over_records(largest))
    yield (
        f"Against `COUNT(DISTINCT …)` over the records at {largest.size:,}, year by zone by kind"
        f" (memory to sort in: {SORTING}; {len(slow.rounds)} rounds after the warm-up):"
    )
    both = {"the statistic": past["now"], "COUNT(DISTINCT …)": slow}
    yield milliseconds(both, "the statistic")
    yield goals(promises(title, list(found.values()), past, slow))
    largest.ask()
    yield (
        f"Statements of one answer beside the one for key and head: {len(largest.statements)};"
        " none was kept from before."
    )


def promises(
    title: str, sizes: list[Timing], past: dict[str, Timing], slow: Timing
) -> Iterator[tuple[str, float, str, float]]:
    """The promises, with what was found."""
    now = past["now"].median
    yield f"{title}: largest size / smallest", sizes[-1].median / sizes[0].median, "<=", 1.5
    yield f"{title}: ms at the largest size", now * 1000, "<=", 50
    yield f"{title}: times faster than over the records", slow.median / now, ">=", 100
    for name, timing in past.items():
        if name != "now":
            yield f"{title}: {name} / now", timing.median / now, "<=", 3


def _rows(registries: list[Filled]) -> Iterator[tuple[str, ...]]:
    columns = [sizes(r) for r in registries]
    for name in columns[0]:
        yield name, *(column[name] for column in columns)


def sizes(registry: Filled) -> dict[str, str]:
    """How much of everything there is."""
    tables = {
        "enrolments": Enrolment, "trainee records": Trainee, "postings": TRAINEES.posting,
        "cells": TRAINEES.cell, "totals (cell, month)": TRAINEES.total,
        "figures (day, cell, month)": TRAINEES.figure,
        "figures of months and years": TRAINEES.period, "revisions": Revision,
    }  # fmt: skip
    with registry.engine.connect() as connection:
        found = {
            name: connection.scalar(select(func.count()).select_from(table))
            for name, table in tables.items()
        }
        days = select(func.count(TRAINEES.figure.c.day.distinct()))
        found["recorded days"] = connection.scalar(days)
    rows = {name: f"{value:,}" for name, value in found.items()}
    rows["cells of the answer"] = str(len(registry.ask()["cells"]))
    return rows | {"generated in, s": f"{registry.generated:.0f}"}


def moments_of(registry: Filled) -> dict[str, dict[str, Any]]:
    """The question's moments: now, and three kinds of then."""
    with registry.engine.connect() as connection:
        revisions = list(
            connection.scalars(
                select(Revision.number).where(Revision.day == BUSY_DAY).order_by(Revision.number)
            )
        )
    return {
        "now": {},
        "past day": {"as_of": BUSY_DAY},
        "five years back": {"as_of": FIVE_YEARS_AGO},
        "mid-day": {"revision": revisions[PARTS // 2 - 1]},
    }


def qualifying(*columns: Any) -> Select[Any]:
    """A select over the enrolments that count, with their people and programmes."""
    return (
        select(*columns)
        .select_from(Enrolment)
        .join(Trainee, Trainee.id == Enrolment.trainee_id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Programme.kind != "other", Enrolment.status.in_(COUNTING), ~Enrolment.voided)
    )


def equality() -> Select[Any]:
    """One row: people a year by the ledger, and by the records."""
    year = extract("year", Enrolment.status_on)
    people = qualifying(Trainee.unit_id, year.label("year")).distinct().subquery()
    said = select(func.sum(TRAINEES.total.c.trainees)).scalar_subquery()
    return select(said, select(func.count()).select_from(people).scalar_subquery())


@contextmanager
def reader(engine: Engine) -> Iterator[Connection]:
    """A connection for what reads through all records: with time, and memory to sort in."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text(f"SET LOCAL work_mem = '{SORTING}'"))
            # The planner takes zones for rarer than they are, and would look up each record.
            connection.execute(text("SET LOCAL enable_nestloop = off"))
        yield connection


def over_records(registry: Filled) -> int:
    """The question as one would put it without a ledger."""
    year = extract("year", Enrolment.status_on).cast(Integer)
    columns = (year, ZoneMember.zone, Programme.kind)
    counted = (
        qualifying(*columns, func.count(Trainee.unit_id.distinct()))
        .join(ZoneMember, ZoneMember.district_code == Programme.district_code)
        .where(ZoneMember.scheme == default_scheme())
        .group_by(*columns)
    )
    with reader(registry.engine) as connection:
        if not connection.execute(counted).all():
            raise AssertionError("no figures")
    return 1
