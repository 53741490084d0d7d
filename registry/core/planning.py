"""How PostgreSQL plans what a session asks from here to its transaction's end; SQLite is not told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import TextClause
    from sqlalchemy.orm import Session


def seek(session: Session) -> None:
    """Let a read's lookups go by index from here to its end, on PostgreSQL, as a write's do.

    Thousands of keys in a table of some hundred thousand rows are otherwise looked for by reading
    all of it, at each batch and by several processes.
    """
    _plan(session, _BY_INDEX)


def plan_anew(session: Session) -> None:
    """Let statements be planned for their own values from here to the transaction's end.

    A plan that is to serve for any day or revision reads twice as much of a ledger for one.
    """
    _plan(session, _ANEW)


def read_all(session: Session) -> None:
    """Let tables be read from end to end again, which a write does not (`registry.core.db`)."""
    _plan(session, _FROM_END_TO_END)


_BY_INDEX = text("SET LOCAL enable_seqscan = off")
_FROM_END_TO_END = text("SET LOCAL enable_seqscan = on")
_ANEW = text("SET LOCAL plan_cache_mode = force_custom_plan")


def _plan(session: Session, setting: TextClause) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(setting)
