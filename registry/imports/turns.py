"""Who takes the batches of a long import in: this process alone, or two of them in turns.

Of two, one writes a batch while the other reads the next, judges it by a snapshot and fills in
what it will write, so that under the lock there is little left to do but to write.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from registry.imports.ahead import Ahead
from registry.imports.datasets import dataset
from registry.imports.datasets.steadily import look_now_and_then
from registry.imports.partner import Partner, PartnerLost
from registry.imports.taking import ready_batch, take_batch, take_turn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.imports.claims import Job
    from registry.imports.rows import Rows

FEWEST = 4  # batches worth a second process


class Turns(Protocol):
    """The batches of an import, taken in one after the other."""

    def take(self) -> float:
        """Take the next batch in; for how many seconds others are then to have the lock."""


def call_partner(job: Job, batches: int) -> None:
    """Begin the second process if it is worth it for so many batches; it takes a second to come."""
    settings = job.parts.settings
    helps = dataset(job.row.dataset).looks_ahead and batches >= FEWEST
    if job.partner is None and helps and settings.import_in_turns and _cores() > 1:
        job.partner = Partner(job)


@contextmanager
def taking_turns(job: Job) -> Iterator[Turns]:
    """Begin to take batches in."""
    call_partner(job, job.row.batches - job.row.batch)
    if job.partner is not None:
        with job.partner as partner:
            yield Both(job, partner)
    else:
        with Ahead(job, written=True) as ahead:
            yield Alone(job, ahead)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Alone:
    """One process, whose other thread reads the next batch meanwhile."""

    def __init__(self, job: Job, ahead: Ahead) -> None:
        self._job, self._ahead = job, ahead

    def take(self) -> float:
        """Take the next batch in."""
        applied, rest = take_batch(self._job, self._ahead.rows(self._job.row.batch))
        self._ahead.learn(applied)
        return rest


class Both:
    """A process and its partner, in turns; without him it goes on alone."""

    def __init__(self, job: Job, partner: Partner) -> None:
        self._job, self._partner = job, partner
        self._mine: tuple[int, Rows] | None = None

    def take(self) -> float:
        """Take the next batch in, or let the partner do it."""
        row, partner = self._job.row, self._partner
        number, following = row.batch, row.batch + 1
        look_now_and_then()
        if partner.has(number):
            after = following + 1
            partner.begin(self._job, after if after < row.batches else None)
            if following < row.batches:
                self._mine = following, ready_batch(self._job, following)
            try:
                return partner.ended(self._job)
            except PartnerLost:
                return 0.0  # what it did is done, and this process goes on from there
        if following < row.batches and not partner.has(following):
            partner.get_ready(following)
        return take_turn(self._job, self._ready(number))

    def _ready(self, number: int) -> Rows:
        mine, self._mine = self._mine, None
        if mine is not None and mine[0] == number:
            return mine[1]
        return ready_batch(self._job, number)
