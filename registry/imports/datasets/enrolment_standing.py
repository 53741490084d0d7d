"""Whether a verdict that was reached before its write had the lock still stands when it has it.

It does if nothing was written since, or nothing but other batches of the same import, and nobody
and nothing that it asked after is among what those wrote. Otherwise the rows are judged anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from registry.core.bulk import among
from registry.trainees.models import Trainee

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from registry.core.work import Work
    from registry.imports.datasets.enrolment_verdict import Verdict
    from registry.imports.rows import Options, Rows


class Foreseen(NamedTuple):
    """A verdict as of a snapshot, and how many problems the rows had before it."""

    verdict: Verdict
    marked: int


class Wrote(NamedTuple):
    """What another batch's verdict may fall with, of what one wrote; ids by their numbers.

    Whom it made, no earlier snapshot can have known: they are met by their number and hashes alone.
    """

    stints: AbstractSet[str | None]  # numbers of enrolments
    enrolled: AbstractSet[int]  # known people whose enrolments changed
    people: AbstractSet[int]  # known people who changed
    students: AbstractSet[str | None]  # numbers of people
    digests: AbstractSet[str]  # new hashes
    linked: bool  # people may be counted as others than before


def wrote(verdict: Verdict) -> Wrote:
    """What the writing of a verdict wrote."""
    people, stints = verdict.changed_people, verdict.changed_stints
    made = {person.id.int for person in people if person.before is None}
    return Wrote(
        {stint.external_id for stint in stints},
        {stint.trainee_id.int for stint in stints} - made,
        {person.id.int for person in people} - made,
        {person.external_id for person in people},
        {digest for person in people for digest in person.kept},
        any(person.meetings for person in people),
    )


def standing(work: Work, rows: Rows, options: Options) -> Verdict | None:
    """The verdict on the rows that was reached beforehand, as this write's, if it stands."""
    foreseen: Foreseen | None = None if rows.drafts is None else rows.drafts.foreseen
    if foreseen is None:
        return None
    rows.drafts.foreseen = None
    verdict, marked = foreseen
    if not _stands(work, verdict, options):
        del rows.problems[marked:]
        return None
    verdict.rest_on(work)
    return verdict


def _stands(work: Work, verdict: Verdict, options: Options) -> bool:
    seen = verdict.work
    since = range(seen.head.number + 1, work.head.number + 1)
    if seen.today != work.today or not all(revision in options.own for revision in since):
        return False
    written: list[Wrote] = [options.own[revision] for revision in since]
    if any(_meets(verdict, one) for one in written):
        return False
    if any(one.linked for one in written) and not _counts_as_before(work, verdict):
        return False
    return _keys_as_before(work, verdict)


def _meets(verdict: Verdict, written: Wrote) -> bool:
    """Whether anything that the verdict asked after is among what was written."""
    asked = verdict.state.asked()
    return not (
        written.stints.isdisjoint(asked.stints)
        and written.enrolled.isdisjoint(asked.enrolled)
        and written.people.isdisjoint(asked.people)
        and written.students.isdisjoint(asked.students)
        and written.digests.isdisjoint(asked.digests)
    )


def _keys_as_before(work: Work, verdict: Verdict) -> bool:
    """Whether whom it changes has the key he had: a rotation wraps it anew, and is no revision."""
    changed = {p.id: p.data_key for p in verdict.changed_people if p.version}
    if not changed:
        return True
    keys = select(Trainee.id, Trainee.data_key).where(among(work.session, Trainee.id, changed))
    return all(changed[key] == now for key, now in work.session.execute(keys))


def _counts_as_before(work: Work, verdict: Verdict) -> bool:
    """Whether everybody is counted as who he was: to be another is no version of a record."""
    session, known = work.session, verdict.state.people
    people = [person.id for person in known.values() if person.version]
    units = select(Trainee.id, Trainee.unit_id).where(among(session, Trainee.id, people))
    return all(known[key.int].unit_id == unit for key, unit in session.execute(units))
