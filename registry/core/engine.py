"""The two kinds of engine: PostgreSQL with its time-outs, SQLite with transactions that begin."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

from registry.core.awaited import waiting

if TYPE_CHECKING:
    from registry.settings import Settings


def make_engine(settings: Settings) -> Engine:
    """An engine with time-outs set and, on SQLite, transactions that really begin."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": settings.lock_timeout})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    options = (
        f"-c statement_timeout={settings.statement_timeout}s"
        f" -c lock_timeout={settings.lock_timeout}s"
        f" -c idle_in_transaction_session_timeout={settings.idle_transaction_timeout}s"
        " -c timezone=UTC -c jit=off"
    )
    return create_engine(
        url, connect_args={"options": options}, pool_size=max(2, settings.threads), pool_recycle=900
    )


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # or the driver begins for itself, and savepoints do nothing
    # SQLite's own knows ASCII alone: a search would find less than on PostgreSQL.
    connection.create_function("lower", 1, _lowered, deterministic=True)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    # A long import writes the same pages of its indexes with each batch: carried over into the file
    # with each they were half its time, and a fifth of it when they did not fit into the cache.
    connection.execute("PRAGMA wal_autocheckpoint = 8000")
    connection.execute("PRAGMA cache_size = -16000")
    # A destroyed key is zeroed in its page; of a deleted file, whose key went, only the pages go.
    connection.execute("PRAGMA secure_delete = FAST")


def _lowered(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    if mode == "DEFERRED":
        connection.exec_driver_sql("BEGIN DEFERRED")
        return
    with waiting(connection.engine.url.database):
        connection.exec_driver_sql(f"BEGIN {mode}")
