"""Migrations run up, down and up again, and say what the models say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from registry.core import migrate
from registry.core.engine import make_engine
from registry.installation import install
from registry.tables import metadata
from tests.conftest import make_settings

if TYPE_CHECKING:
    from flask import Flask

VERSIONS = {"alembic_version"}


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - VERSIONS


def test_up_down_and_up_again(app: Flask):
    parts = app.extensions["registry"]
    engine = parts.database.engine
    assert tables(engine) == set(metadata.tables)
    migrate.downgrade(engine, "base")
    assert tables(engine) == set()
    assert migrate.current(engine) is None
    install(parts)
    assert tables(engine) == set(metadata.tables)
    assert migrate.current(engine) == migrate.newest()


def test_the_migrations_say_what_the_models_say(database_url: str):
    engine = make_engine(make_settings(database_url))
    with engine.connect() as connection:
        in_sets = checked_in_sets(connection)
        options = {
            "compare_type": True,
            "include_object": lambda _, name, kind, *__: (kind, name) not in in_sets,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def checked_in_sets(connection: Connection) -> set[tuple[str, str]]:
    """The foreign keys that PostgreSQL has a trigger for, of the same name."""
    if connection.dialect.name == "sqlite":
        return set()
    found = connection.execute(text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"))
    return {("foreign_key_constraint", name) for (name,) in found}


def test_every_constraint_has_a_name():
    for table in metadata.tables.values():
        for constraint in (*table.constraints, *table.indexes):
            assert constraint.name, table.name
            assert len(str(constraint.name)) <= 63, constraint.name


def test_there_is_one_head():
    assert len(ScriptDirectory.from_config(migrate.configuration()).get_heads()) == 1
