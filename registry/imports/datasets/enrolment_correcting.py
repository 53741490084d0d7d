"""Corrects a known enrolment by a row: its status and outcome, and its trainee with it.

Neither programme nor day nor person of an enrolment change through its number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.imports.datasets.enrolment_people import after
from registry.imports.datasets.enrolment_refusals import PERSON, Refused, check_order
from registry.imports.rows import CLEAR, UNCHANGED, UPDATED
from registry.trainees.intervals import Interval, employment_deadline

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from registry.imports.datasets.enrolment_drafts import Said
    from registry.imports.datasets.enrolment_records import Stint
    from registry.imports.datasets.enrolment_verdict import Verdict


def corrected_by_number(verdict: Verdict, known: Stint, index: int, said: Said) -> None:
    """Correct the enrolment of a row's number. Raises Refused."""
    person = verdict.state.person_of(known)
    agrees = verdict.people.agrees(person, index)
    for refusal in another(verdict, known, index, said, same=agrees):
        raise refusal
    correct(verdict, known, index, said, same=agrees)


def another(
    verdict: Verdict,
    known: Stint,
    index: int,
    said: Said,
    wrong: Collection[str | None] = (),
    *,
    same: bool = False,
) -> Iterator[Refused]:
    """What of a known enrolment a row would make another; not by cells that are wrong.

    `same`: its trainee is known to be the one that the row names.
    """
    code, enrolled_on = said[1], said[7]
    if code is not None and verdict.state.programmes.get(code) != known.programme_id:
        yield Refused("programme_code", "external-id-taken")
    if enrolled_on is not None and enrolled_on != known.enrolled_on:
        yield Refused("enrolled_on", "external-id-taken")
    if same or any(name is not None and name.startswith(PERSON) for name in wrong):
        return
    if not verdict.people.is_same(verdict.state.person_of(known), index, said):
        yield Refused("external_id", "external-id-taken")


def reversal(verdict: Verdict, before: str, status: str | None) -> Refused | None:
    """The refusal of a status that goes backwards, if that was not asked for."""
    if status is None or before in {"enrolled", status} or verdict.options.allow_reversal:
        return None
    return Refused("status", "status-reversal", before=before, after=status)


def correct(verdict: Verdict, known: Stint, index: int, said: Said, *, same: bool = False) -> None:
    """Bring an enrolment and its trainee up to date. Raises Refused.

    `same`: the row is known to say nothing new of the trainee.
    """
    person = verdict.state.person_of(known)
    standing = _as_corrected(said, known)
    differs = standing != known.standing()
    if same and not differs:
        verdict.note(index, UNCHANGED, known, None, None)
        return
    if known.voided and (differs or verdict.people.new_values(said, person)):
        raise Refused(None, "void")
    if differs:
        _set(verdict, known, standing)
        verdict.units.add(person.unit_id)
    changes = not same and verdict.people.brought_up(index, said, person)
    touched = person if changes else None
    outcome = UPDATED if differs or touched else UNCHANGED
    verdict.note(index, outcome, known, touched, known if differs else None)


def _set(verdict: Verdict, known: Stint, standing: tuple[Any, ...]) -> None:
    status, status_on = standing[:2]
    check_order(known.enrolled_on, status_on)
    refusal = reversal(verdict, known.status, status)
    if refusal is not None:
        raise refusal
    wanted = Interval.of(status, known.enrolled_on, status_on)
    person = verdict.state.person_of(known)
    verdict.refuse_overlap(person, known.programme_id, wanted, known)
    if known.version and known.former is None:
        known.former = (*known.standing(), known.deadline)
    known.form = None
    known.status, known.status_on, known.employed_on, known.district = standing
    known.deadline = employment_deadline(known.status_on)


def _as_corrected(said: Said, known: Stint) -> tuple[Any, ...]:
    status, status_on, employed_on, district = said[8:12]
    if status_on is CLEAR:
        raise Refused("status_on", "null")
    if known.status == "enrolled" and status not in {None, "enrolled"} and status_on is None:
        raise Refused("status_on", "required")
    return (
        status or known.status,
        status_on or known.status_on,
        after(employed_on, known.employed_on),
        after(district, known.district),
    )
