"""Whom an enrolment or a trainee names is there, and stays: the database has the last word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from registry.core import migrate
from tests.people import enrolment, persons, programmes

if TYPE_CHECKING:
    from tests.client import World

COPIED = (
    "INSERT INTO {table} ({columns}) SELECT {values} FROM {table}"
    " UNION ALL SELECT {others} FROM {table}"
)
NAMED = [
    ("enrolment", "trainee_id"), ("enrolment", "programme_id"), ("trainee", "organisation_id"),
]  # fmt: skip


@pytest.fixture
def registered(world: World) -> World:
    """One enrolment of one person."""
    programmes(world)
    world.pnu.post("/enrolments", enrolment())
    return world


def refused(world: World, statement: str) -> str:
    """By which key the database refuses a statement."""
    database = world.parts.database
    with pytest.raises(IntegrityError) as refusal, database.engine.begin() as connection:
        connection.execute(text(statement))
    reason: Any = refusal.value.orig
    return str(reason)[:11] if database.is_sqlite else reason.diag.constraint_name


def names(world: World, table: str, column: str) -> str:
    return "FOREIGN KEY" if world.parts.database.is_sqlite else f"fk_{table}_{column}"


def columns_of(world: World, table: str) -> list[str]:
    with world.parts.database.engine.connect() as connection:
        return list(connection.execute(text(f"SELECT * FROM {table}")).keys())


@pytest.mark.parametrize(("table", "column"), NAMED)
def test_one_of_many_new_rows_that_names_nobody_refuses_them_all(
    registered: World, table: str, column: str
):
    fresh = {"id": uuid4().hex, "external_id": "NEW"}
    other = {"id": uuid4().hex, "external_id": "OTHER", column: uuid4().hex}
    columns = columns_of(registered, table)

    def values(said: dict[str, str]) -> str:
        cast = "" if registered.parts.database.is_sqlite else "::uuid"
        ids = {name for name in said if name == "id" or name.endswith("_id")} - {"external_id"}
        return ", ".join(
            f"'{said[name]}'{cast if name in ids else ''}" if name in said else name
            for name in columns
        )

    statement = COPIED.format(
        table=table, columns=", ".join(columns), values=values(fresh), others=values(other)
    )
    assert refused(registered, statement) == names(registered, table, column)
    with registered.parts.database.engine.connect() as connection:
        assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 1


@pytest.mark.parametrize(("table", "column"), NAMED)
def test_no_row_comes_to_name_nobody(registered: World, table: str, column: str):
    changed = f"UPDATE {table} SET {column} = '{uuid4().hex}'"
    assert refused(registered, changed) == names(registered, table, column)


@pytest.mark.parametrize(("table", "column"), [NAMED[0], NAMED[1]])
def test_what_is_named_cannot_go(registered: World, table: str, column: str):
    target = column.removesuffix("_id")
    assert refused(registered, f"DELETE FROM {target}") == names(registered, table, column)
    one = f"(SELECT {column} FROM {table})"
    renamed = f"UPDATE {target} SET id = '{uuid4().hex}' WHERE id = {one}"
    assert refused(registered, renamed) == names(registered, table, column)


def test_a_registry_with_people_does_not_go_back_to_whole_hashes(registered: World):
    """Half of each is gone, so nobody would be known again: refused, with all as it was."""
    engine = registered.parts.database.engine
    with pytest.raises(RuntimeError, match="restore a backup"):
        migrate.downgrade(engine, "0011")
    assert migrate.current(engine) == migrate.newest()
    registered.btp.post("/enrolments", enrolment("OS1"))
    assert persons(registered) == 1
