"""The last calls of each key: what was asked, what came of it, and no value.

A call costs its request no statement: the process keeps it, and writes what it has kept every
other second and when it ends. Of each key it keeps the newest that were answered, and as many
that were refused, in memory as in the database: however fast a key calls, there is no more to
write. Of what was sent nothing is kept but the names that the registry's own schemas declare, and
the request id, which a sender may choose.
"""

from __future__ import annotations

import atexit
from collections import deque
from dataclasses import replace
from itertools import chain
from operator import itemgetter
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import g, request
from sqlalchemy import func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from registry.access.models import KeyCall
from registry.access.refusals import older_than_newest
from registry.core.fields import declared_names
from registry.core.front import Given
from registry.core.parts import registry
from registry.core.problems import LONGEST_PLACE, DomainError
from registry.core.responses import BASE
from registry.core.telemetry import log, request_id, seconds_so_far

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Flask, Response
    from sqlalchemy import ColumnElement, Select

    from registry.core.clock import Clock
    from registry.core.db import Database
    from registry.core.problems import Flaw
    from registry.core.work import Work

    Call = tuple[datetime, Given, dict[str, Any]]
    Pool = tuple[UUID, bool]  # a key's calls that were refused, or those that were not

EVERY = 2.0  # seconds between two writings
IN_PASSING, AT_THE_END = 1000, 5000  # milliseconds to wait for the database
OF_THE_SENDER = {"unknown-field", "unknown-parameter"}  # there the place is the sender's own text
PLACES = 20  # of one refusal
INDEX_DIGITS = 4  # of a place in a list: more of them may be somebody's number
ANSWERED: dict[str, Any] = {"code": None, "errors": []}


class Calls:
    """Keeps the calls of keys, and writes them by and by; a call that came last is never waited for."""

    def __init__(self, database: Database, clock: Clock, kept: int) -> None:
        self._database, self._clock, self._kept = database, clock, kept
        self._pending: dict[Pool, deque[Call]] = {}
        self._lock = Lock()
        self._over = Event()

    def __call__(self, given: Given) -> None:
        """Keep an answer of the API, if a key asked for it: who looks at a page may be a person."""
        if isinstance(given.key_id, UUID) and given.route.startswith(BASE):
            refused, pool = ANSWERED, (given.key_id, given.refused is not None)
            if given.refused is not None:  # the error itself would hold on to all of its request
                refused, given = _refusal(given.refused), replace(given, refused=None)
            at = self._clock.now()
            with self._lock:
                self._pool(pool).append((at, given, refused))

    def write(self, patience: int = IN_PASSING) -> None:
        """Write what is kept, and drop what is older than the newest; if it cannot, try next time."""
        with self._lock:
            taken, self._pending = self._pending, {}
        if not taken:
            return
        calls = sorted(chain.from_iterable(taken.values()), key=itemgetter(0))
        try:
            with self._database.in_passing(patience) as session:
                rows = [_row(*call) for call in calls]
                # Core, not the mapped class: that would send rows with and without a code apart.
                session.execute(insert(KeyCall.__table__), rows)  # type: ignore[arg-type]
                for pool in taken:
                    order = (KeyCall.at, KeyCall.id)
                    session.execute(older_than_newest(KeyCall, _in(pool), order, self._kept))
        except (DomainError, SQLAlchemyError) as error:
            log.info("calls not written", kind=type(error).__name__)
            self._take_back(taken)

    def begin(self) -> None:
        """Write by itself from now on, and what is left when the process ends."""
        thread = Thread(target=self._go_on, daemon=True, name="calls")
        thread.start()
        atexit.register(self._end, thread)

    def _go_on(self) -> None:
        while not self._over.wait(EVERY):
            self.write()

    def _end(self, thread: Thread) -> None:
        self._over.set()
        thread.join(AT_THE_END / 1000)
        self.write(AT_THE_END)

    def _take_back(self, taken: dict[Pool, deque[Call]]) -> None:
        with self._lock:
            newer, self._pending = self._pending, taken
            for pool, calls in newer.items():
                self._pool(pool).extend(calls)

    def _pool(self, pool: Pool) -> deque[Call]:
        found = self._pending.get(pool)
        if found is None:
            found = self._pending[pool] = deque(maxlen=self._kept)
        return found


def install(app: Flask) -> None:
    """Keep what a key asked, after its request."""

    @app.after_request
    def _keep(response: Response) -> Response:
        key_id = getattr(g.get("principal"), "key_id", None)
        if key_id is not None:
            route = request.url_rule.rule if request.url_rule else ""
            seconds, refused = seconds_so_far(), g.get("refused")
            status, method = response.status_code, request.method
            registry().called(Given(request_id(), route, status, seconds, key_id, method, refused))
        return response


def calls_of(key_id: UUID, *, refused: bool | None) -> Select[KeyCall]:
    """A key's calls, all or the refused or the others; whose key it is, is asked before."""
    if refused is None:
        return select(KeyCall).where(KeyCall.key_id == key_id)
    return select(KeyCall).where(_in((key_id, refused)))


def last_refused(work: Work, key_id: UUID) -> datetime | None:
    """When a key was last refused something."""
    return work.session.scalar(select(func.max(KeyCall.at)).where(_in((key_id, True))))


def _in(pool: Pool) -> ColumnElement[bool]:
    key_id, refused = pool
    code = KeyCall.code.is_not(None) if refused else KeyCall.code.is_(None)
    return (KeyCall.key_id == key_id) & code


def _row(at: datetime, given: Given, refused: dict[str, Any]) -> dict[str, Any]:
    return refused | {
        "key_id": given.key_id,
        "at": at,
        "method": given.method,
        "route": given.route,
        "status": given.status,
        "milliseconds": round(given.seconds * 1000, 1),
        "request_id": given.request_id,
    }


def _refusal(error: DomainError) -> dict[str, Any]:
    return {"code": error.code, "errors": [_place(flaw) for flaw in error.flaws[:PLACES]]}


def _place(flaw: Flaw) -> dict[str, str]:
    is_ours = flaw.code not in OF_THE_SENDER and _is_declared(flaw.place)
    return {"place": flaw.place if is_ours else "", "code": flaw.code}


def _is_declared(place: str) -> bool:
    """Whether a place is names of the registry's and indices throughout, not the sender's text."""
    steps = place.removeprefix("/").split("/") if len(place) <= LONGEST_PLACE else ("?",)
    return all(
        step in declared_names() or (step.isdecimal() and len(step) <= INDEX_DIGITS)
        for step in steps
    )
