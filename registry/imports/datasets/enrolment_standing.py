"""Whether a verdict that was reached before its write had the lock still stands when it has it.

It does if nothing was written since, or nothing but other batches of the same import, and nobody
and nothing that it asked after is among what those wrote. Otherwise the rows are judged anew.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from registry.core.bulk import Recording, among
from registry.imports.datasets.enrolment_linking import units_joined
from registry.imports.datasets.enrolment_writing import Writing
from registry.trainees.models import Trainee

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from uuid import UUID

    from registry.core.work import Work
    from registry.imports.datasets.enrolment_state import Asked
    from registry.imports.datasets.enrolment_verdict import Verdict
    from registry.imports.rows import Applied, Options, Rows


class Foreseen:
    """A verdict as of a snapshot, with all that it would write, made for the revision to come."""

    def __init__(self, verdict: Verdict, marked: int) -> None:
        """`marked`: how many problems the rows had before it."""
        self.verdict, self.marked = verdict, marked
        self.asked = verdict.state.asked()
        # What is kept of people is forgotten once it is made.
        self.keys = {p.id: p.data_key for p in verdict.changed_people if p.version}
        self.writing = Writing(verdict)
        into = Recording(verdict.work.session.get_bind().dialect)
        self.applied = self.writing.make(into)
        self.made = into.made

    def write(self, work: Work) -> Applied:
        """Write it, by a work under whose lock it stands."""
        self.verdict.rest_on(work)
        applied = self.writing.write_made(self.made, self.applied)
        applied.wrote = work.meanwhile = cache(partial(_told, self.verdict))
        return applied


class Wrote(NamedTuple):
    """What another batch's verdict may fall with, of what one wrote; ids by their numbers.

    Whom it made, no earlier snapshot can have known: they are met by their number and hashes alone.
    """

    stints: AbstractSet[str | None]  # numbers of enrolments
    enrolled: AbstractSet[int]  # known people whose enrolments changed
    people: AbstractSet[int]  # known people who changed
    students: AbstractSet[str | None]  # numbers of people
    digests: AbstractSet[str]  # new hashes
    units: AbstractSet[int]  # whose people may be counted as others than before


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
        {unit.int for unit in units_joined(people)},
    )


def _told(verdict: Verdict) -> Wrote:
    """What the writing of a verdict wrote, of which all else is forgotten.

    While the database works at something else, or when it is asked for: it takes a tenth of the
    writing's time.
    """
    found = wrote(verdict)
    verdict.let_records_go()
    return found


def standing(work: Work, rows: Rows, options: Options) -> Foreseen | None:
    """The verdict on the rows that was reached beforehand, if it stands for this write."""
    foreseen: Foreseen | None = None if rows.drafts is None else rows.drafts.foreseen
    if foreseen is None:
        return None
    rows.drafts.foreseen = None
    if _stands(work, foreseen, options):
        return foreseen
    del rows.problems[foreseen.marked :]
    return None


def _stands(work: Work, foreseen: Foreseen, options: Options) -> bool:
    seen = foreseen.verdict.work
    since = range(seen.head.number + 1, work.head.number + 1)
    if (seen.today, seen.revision) != (work.today, work.revision):
        return False
    if not all(revision in options.own for revision in since):
        return False
    written: list[Wrote] = [options.own[revision] for revision in since]
    if any(_meets(foreseen.asked, one) for one in written):
        return False
    return _keys_as_before(work, foreseen.keys)


def _meets(asked: Asked, written: Wrote) -> bool:
    """Whether anything that the verdict asked after is among what was written."""
    return not (
        written.stints.isdisjoint(asked.stints)
        and written.enrolled.isdisjoint(asked.enrolled)
        and written.people.isdisjoint(asked.people)
        and written.students.isdisjoint(asked.students)
        and written.digests.isdisjoint(asked.digests)
        and written.units.isdisjoint(asked.units)
    )


def _keys_as_before(work: Work, keys: Mapping[UUID, bytes | None]) -> bool:
    """Whether whom it changes has the key he had: a rotation wraps it anew, and is no revision."""
    if not keys:
        return True
    kept = select(Trainee.id, Trainee.data_key).where(among(work.session, Trainee.id, keys))
    return all(keys[key] == now for key, now in work.session.execute(kept))
