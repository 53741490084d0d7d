"""The database of the product: its writes are numbered, chained and recounted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.core.db import Database
from registry.revisions.log import RevisionLog
from registry.statistics import ledger

if TYPE_CHECKING:
    from registry.core.clock import Clock
    from registry.settings import Settings


def open_database(settings: Settings, clock: Clock) -> Database:
    """Open the database that the settings name; nothing is asked of it yet."""
    database = Database(settings, clock, RevisionLog())
    database.before_commit = (ledger.recount_touched,)
    return database
