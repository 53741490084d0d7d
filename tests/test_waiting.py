"""Inserts that wait for one another: nothing shows that they do but the number of statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from registry.access.models import Organisation
from registry.core.prepared import asked
from registry.core.problems import DomainError
from registry.core.types import new_id
from registry.core.waiting import AT_ONCE
from registry.statistics.models import TRAINEES
from tests.people import enrolment, person
from tests.statements import counted
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from registry.core.waiting import WaitingSession
    from tests.client import World

CELL = ("organisation_id", *TRAINEES.dimensions[1:])
CELLS = select(func.count()).select_from(TRAINEES.cell)
SUM = ("month", "cell_id", *TRAINEES.measures)


def cell(session: WaitingSession, *fields: str) -> None:
    """Let cells wait that differ in their fields."""
    owner = new_id()
    session.insert_later(TRAINEES.cell, CELL, [(owner, "kind", field, "26440") for field in fields])


def test_what_waits_is_there_for_whatever_is_asked_next(world: World) -> None:
    asks: list[Any] = [
        lambda session: session.scalar(CELLS),
        lambda session: session.execute(CELLS).scalar(),
        lambda session: session.scalars(CELLS).one(),
        lambda session: session.connection().scalar(CELLS),
        lambda session: asked(session, CELLS)[0][0],
    ]
    for before, ask in enumerate(asks):
        with world.parts.database.aside() as session:
            cell(session, "one")
            assert ask(session) == before + 1
    with world.parts.database.aside() as session:
        cell(session, *(f"{n}" for n in range(2 * AT_ONCE + 1)))
    with world.parts.database.reading() as work:
        assert work.session.scalar(CELLS) == len(asks) + 2 * AT_ONCE + 1


def test_what_waits_in_a_savepoint_is_refused_within_it(world: World) -> None:
    with world.parts.database.aside() as session:
        cell(session, "before")
        savepoint = session.begin_nested()
        cell(session, "twice", "twice")
        with pytest.raises(IntegrityError):
            savepoint.commit()
        savepoint.rollback()
        assert session.scalar(CELLS) == 1


def test_what_waits_is_dropped_before_anything_was_asked(world: World) -> None:
    for give_up in ("rollback", "close"):
        with world.parts.database.aside() as session:
            cell(session, give_up)
            getattr(session, give_up)()
    with world.parts.database.reading() as work:
        assert work.session.scalar(CELLS) == 0


def test_what_waits_and_what_is_deleted_go_together_or_not_at_all(world: World) -> None:
    """A key that others point to cannot be deleted: the insert that waited is not there either."""

    def write() -> None:
        with world.parts.database.aside() as session:
            session.delete(session.scalars(select(Organisation)).first())
            cell(session, "alone")

    with pytest.raises(DomainError):
        write()
    with world.parts.database.reading() as work:
        assert work.session.scalar(CELLS) == 0


def test_what_waits_in_a_savepoint_goes_with_it(world: World) -> None:
    with world.parts.database.aside() as session:
        cell(session, "before")
        savepoint = session.begin_nested()
        cell(session, "within")
        savepoint.rollback()
        assert session.scalar(CELLS) == 1


def test_numbers_are_added_to_the_row_that_is_there(world: World) -> None:
    nothing = dict.fromkeys(TRAINEES.measures, 0)
    with world.parts.database.aside() as session:
        cell(session, "one")
        identifier = session.scalar(select(TRAINEES.cell.c.id))
        for talents in (2, 3):
            row = (202603, identifier, *(nothing | {"talents": talents}).values())
            session.insert_later(TRAINEES.total, SUM, [row], adding=TRAINEES.measures)
        assert session.scalar(select(TRAINEES.total.c.talents)) == 2 + 3


def test_what_waits_together_is_one_statement(world: World) -> None:
    with world.parts.database.aside() as session, counted(world.parts.database) as statements:
        cell(session, "one", "other")
        cell(session, "one")
        session.send()
    assert len(statements) == (2 if world.parts.database.is_sqlite else 1)


def test_a_refusal_has_the_constraints_name(world: World) -> None:
    with pytest.raises(DomainError) as refused, world.parts.database.aside() as session:
        cell(session, "same", "other", "same")
    assert refused.value.facts["constraint"] == "uq_trainee_cell"
    with world.parts.database.reading() as work:
        assert work.session.scalar(CELLS) == 0


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_what_the_server_prepared_outlasts_a_read(world: World) -> None:
    """Or every write that follows a read would have all its statements planned again."""
    world.pnu.post("/programmes", AI1)
    for number in range(7):
        trainee = person(f"사람{number}", mobile=f"010{number:08d}")
        made = world.pnu.post("/enrolments", enrolment(trainee=trainee))
        world.parts.memory.room = 0
        world.pnu.get(f"/enrolments/{made['id']}")
    with world.parts.database.aside() as session:
        prepared = session.scalars(text("SELECT statement FROM pg_prepared_statements")).all()
    assert any(statement.startswith("WITH theirs") for statement in prepared)
