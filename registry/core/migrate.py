"""Running the migrations from the product itself: `registry init`, `registry db`, the tests."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from sqlalchemy import Engine


def configuration() -> Config:
    """Alembic's configuration; the migrations travel with the package."""
    config = Config()
    config.set_main_option("script_location", str(files("registry.migrations")))
    return config


def upgrade(engine: Engine, target: str = "head") -> None:
    """Migrate up, in one transaction."""
    _run(engine, command.upgrade, target)


def downgrade(engine: Engine, target: str) -> None:
    """Migrate down, in one transaction."""
    _run(engine, command.downgrade, target)


def _run(engine: Engine, act: object, target: str) -> None:
    config = configuration()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        act(config, target)  # type: ignore[operator]


def print_sql(target: str = "head") -> None:
    """Print the SQL of all migrations for PostgreSQL, as an administrator would review it."""
    command.upgrade(configuration(), target, sql=True)


def current(engine: Engine) -> str | None:
    """The migration the database stands at, None before the first."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """The newest migration the product knows."""
    return ScriptDirectory.from_config(configuration()).get_current_head()
