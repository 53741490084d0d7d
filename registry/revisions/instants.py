"""What instant a question is about: the head, a date, a moment, or a revision by its number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from registry.core.clock import end_of_seoul_day, seoul_date
from registry.core.problems import Flaw, Invalid
from registry.core.work import Unsettled
from registry.revisions.log import BEFORE_ALL
from registry.revisions.queries import revision_at, revision_numbered

if TYPE_CHECKING:
    from registry.core.work import Work
    from registry.revisions.models import Revision


@dataclass(frozen=True)
class Instant:
    """The revision a question resolved to; `settled` says that its answer can never change.

    `at` is what the answer calls `as_of`; `day` is "today" in Seoul for whoever asks about it,
    and `recorded_on` the Seoul day of the revision itself, known to end with it if `ends_day`.
    """

    revision: int
    at: datetime
    day: date
    settled: bool
    recorded_on: date
    is_head: bool
    ends_day: bool = False


def resolve(work: Work, as_of: date | datetime | None, revision: int | None) -> Instant:
    """The instant that `as_of` or `revision` asks for; neither is now.

    A date means everything recorded before the next Seoul midnight, a moment up to and including
    it. Raises Invalid (not-together, unknown-revision, as-of-in-future), and Unsettled for an
    instant that no committed revision has passed yet.
    """
    if as_of is not None and revision is not None:
        raise Invalid(Flaw("not-together", parameter="as_of", facts={"fields": "as_of, revision"}))
    if revision is not None:
        found = revision_numbered(work.session, revision, work.head.number)
        return Instant(
            found.number, found.at, found.day, settled=True, recorded_on=found.day,
            is_head=found.number == work.head.number,
        )  # fmt: skip
    if isinstance(as_of, datetime):
        return _at_moment(work, as_of)
    if as_of is None or as_of == work.today:
        return _now(work)
    return _on_day(work, as_of)


def _now(work: Work) -> Instant:
    """The head. Its `at` is the earliest moment of today from which the answer held.

    So the answer changes with the revision and with the Seoul date, not with every second, and
    its `as_of` asked again finds the same revision.
    """
    midnight = end_of_seoul_day(date.fromordinal(work.today.toordinal() - 1))
    head = work.head
    return Instant(
        head.number, max(head.at, midnight), work.today, settled=False,
        recorded_on=seoul_date(head.at), is_head=True,
    )  # fmt: skip


def _on_day(work: Work, day: date) -> Instant:
    if day > work.today:
        raise Invalid(Flaw("as-of-in-future", parameter="as_of"))
    end = end_of_seoul_day(day)
    _wait_until_passed(work, end)
    found = revision_at(work.session, end, inclusive=False)
    return replace(_past(work, found, end, day, settled=True), ends_day=True)


def _at_moment(work: Work, moment: datetime) -> Instant:
    if moment > work.now:
        raise Invalid(Flaw("as-of-in-future", parameter="as_of"))
    _wait_until_passed(work, moment)
    found = revision_at(work.session, moment, inclusive=True)
    passed = work.head.at >= moment or (work.settled_until or moment) > moment
    return _past(work, found, moment, seoul_date(moment), settled=passed)


def _wait_until_passed(work: Work, moment: datetime) -> None:
    if work.head.at < moment and work.settled_until is None:
        raise Unsettled


def _past(work: Work, found: Revision | None, at: datetime, day: date, *, settled: bool) -> Instant:
    number = found.number if found else 0
    recorded_on = found.day if found else seoul_date(BEFORE_ALL)
    return Instant(number, at, day, settled, recorded_on, is_head=number == work.head.number)
