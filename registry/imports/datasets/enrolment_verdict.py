"""Judges rows of enrolments, each as if it were sent alone after the rows before it.

A number that is not known yet enters an enrolment as POST /enrolments does; a known one corrects
it as PATCH does, and its trainee's mobile or e-mail with it. Without a number the trainee, the
programme and the day of enrolment say which one is meant. Nothing is written here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.codes.queries import items_of
from registry.core.crypto import FULL, PARTIAL
from registry.core.fields import ready
from registry.core.text import normal_name
from registry.core.types import new_id
from registry.imports.columns import load_columns
from registry.imports.datasets.enrolment_mistakes import (
    PERSON,
    REQUIRED,
    Refused,
    mistakes,
    wrong_order,
)
from registry.imports.datasets.enrolment_state import Person, State, Stint
from registry.imports.datasets.repeats import repeated
from registry.imports.rows import CLEAR, CREATED, REJECTED, UNCHANGED, UPDATED, Clear
from registry.trainees.enrolment_schemas import EnrolmentCreate, OutcomeSaid, TraineeSaid
from registry.trainees.intervals import Interval, employment_deadline
from registry.trainees.people import IDENTIFYING, PERSONAL, identities_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date
    from uuid import UUID

    from registry.core.crypto import Identity
    from registry.core.work import Work
    from registry.imports.rows import Options, Rows

_OWN = ready(EnrolmentCreate).fields
FIELDS = {
    "external_id": _OWN["external_id"],
    "programme_code": _OWN["programme_code"],
    **{f"trainee.{name}": field for name, field in ready(TraineeSaid).fields.items()},
    "enrolled_on": _OWN["enrolled_on"],
    "status": _OWN["status"],
    "status_on": _OWN["status_on"],
    **{f"outcome.{name}": field for name, field in ready(OutcomeSaid).fields.items()},
}
DAYS = ("enrolled_on", "status_on", "outcome.employed_on", "trainee.birth_date")
Cell = str | Clear | None
Touched = tuple[Person | None, Stint | None]


class Verdict:
    """What becomes of each row, and the state the registry would be in."""

    def __init__(self, work: Work, rows: Rows, options: Options) -> None:
        self.work, self.rows, self.options = work, rows, options
        self.keyring = options.keyring
        self.state = State(work)
        self.outcomes: list[str] = [REJECTED] * len(rows)
        self.touched: list[Touched | None] = [None] * len(rows)
        self.means: list[UUID | None] = [None] * len(rows)  # the enrolment of each row
        self.units: set[UUID] = set()  # whose figures may change
        self.changed_people: list[Person] = []
        self.changed_stints: list[Stint] = []
        self.columns = load_columns(rows, FIELDS)

    def reach(self) -> Verdict:
        """Judge every row."""
        self._check_columns()
        twins = repeated(self.rows, "external_id")
        self._read()
        refused: dict[int, set[str | None]] = {}
        for problem in self.rows.problems:
            if problem.severity == "error":
                refused.setdefault(problem.row, set()).add(problem.field)
        named = list(zip(*(self.columns[name] for name in FIELDS), strict=True))
        for index, said in enumerate(named):
            if index in refused:
                self._list_more(index, said, refused[index])
            elif index in twins and self.outcomes[twins[index]] != REJECTED:
                self.outcomes[index], self.means[index] = UNCHANGED, self.means[twins[index]]
            else:
                self._judge(index, said)
        return self

    def _check_columns(self) -> None:
        rows, today = self.rows, self.work.today
        for name in DAYS:
            late = {day for day in _values(self.columns[name]) if day > today}
            for index, day in enumerate(self.columns[name] if late else ()):
                if day in late:
                    rows.refuse(index, "date-in-future", name, today=today)
        place = "outcome.employer_district_code"
        if any(self.columns[place]):
            known = {item.code for item in items_of(self.work.session, "districts")}
            for index, code in enumerate(self.columns[place]):
                if code is not None and code is not CLEAR and code not in known:
                    rows.refuse(index, "unknown-code", place, value=code)

    def _read(self) -> None:
        columns, state = self.columns, self.state
        externals, codes = columns["external_id"], _values(columns["programme_code"])
        state.read(_values(externals), codes)
        self.identities: list[tuple[Identity, ...] | None] = [None] * len(self.rows)
        known = state.by_external_id
        new = [index for index, number in enumerate(externals) if number not in known]
        digests = {i.digest for index in new for i in self._identified(index)}
        students = columns["trainee.external_id"]
        state.read_people(_values([students[index] for index in new]), digests)
        unknown = codes - state.programmes.keys()
        if unknown:
            for index, code in enumerate(columns["programme_code"]):
                if code in unknown:
                    self.rows.refuse(index, "unknown-programme", "programme_code")

    def _identified(self, index: int) -> tuple[Identity, ...]:
        """The hashes of whom a row names, under every key; made when first needed."""
        found = self.identities[index]
        if found is None:
            columns = self.columns
            name, day, mobile = (columns[f"trainee.{key}"][index] for key in IDENTIFYING)
            found = ()
            if name and name is not CLEAR and day:
                number = None if mobile is CLEAR else mobile
                found = self.keyring.identities(name, day, number, every_key=True)
            self.identities[index] = found
        return found

    def _list_more(self, index: int, said: tuple[Any, ...], wrong: set[str | None]) -> None:
        """A refused row's other mistakes."""
        cells = dict(zip(FIELDS, said, strict=True))
        for refusal in mistakes(self, index, cells, wrong):
            self.rows.refuse(index, refusal.code, refusal.at, **refusal.facts)

    def _judge(self, index: int, said: tuple[Any, ...]) -> None:
        try:
            known = self.known(said[0])
            if known is None:
                self._judge_new(index, said)
            else:
                self._refuse_another(known, index, said)
                self._correct(index, said, known)
        except Refused as refusal:
            self.rows.refuse(index, refusal.code, refusal.at, **refusal.facts)
            self._list_more(index, said, {refusal.at})

    def known(self, number: Cell) -> Stint | None:
        """The enrolment of a number."""
        return self.state.by_external_id.get(number) if isinstance(number, str) else None

    # A new one

    def _judge_new(self, index: int, said: tuple[Any, ...]) -> None:
        number, code, student = said[:3]
        born, enrolled_on = said[4], said[7]
        for name, value in zip(REQUIRED, (code, born, enrolled_on), strict=True):
            if value is None:
                raise Refused(name, "required")
        programme_id = self.state.programmes[code]
        person = self._meet(index, student, born)
        if number is None or number is CLEAR:
            number = None
            same = self._standing_there(index, person, programme_id, enrolled_on)
            if same is not None:
                if same.row is not None:
                    row = self.rows.numbers[same.row]
                    self.rows.warn(index, "repeated-row", None, other=row)
                self._correct(index, said, same)
                return
        stint = self._entered(said, number, programme_id)
        if person is not None:
            self._refuse_overlap(person, programme_id, stint.interval, stint)
        touched = self._personally(index, said, person)
        who = touched or person
        assert who is not None  # noqa: S101 - a new one is always touched
        stint.created, stint.row = (self.work.revision, self.work.next_row()), index
        self.state.place(stint, who)
        self._note(index, CREATED, stint, touched, stint)
        self.units.add(who.unit_id)

    def overlap(self, index: int, cells: Mapping[str, Any]) -> Iterator[Refused]:
        """The refusal of a numbered new row whose trainee attends the programme then."""
        said = tuple(cells.values())
        programme_id = self.state.programmes.get(said[1])
        if programme_id is None or None in (said[0], said[4], said[7]):
            return
        try:
            person = self._meet(index, said[2], said[4])
            stint = self._entered(said, said[0], programme_id)
            if person is not None:
                self._refuse_overlap(person, programme_id, stint.interval, stint)
        except Refused as refusal:
            yield refusal

    def _entered(self, said: tuple[Any, ...], number: str | None, programme_id: UUID) -> Stint:
        enrolled_on, status, status_on = said[7:10]
        status = status or "enrolled"
        if status_on is None or status_on is CLEAR:
            if status != "enrolled":
                raise Refused("status_on", "required")
            status_on = enrolled_on
        _check_order(enrolled_on, status_on)
        stint = Stint()
        stint.id = new_id()
        stint.organisation_id, stint.programme_id = self.state.own, programme_id
        stint.external_id, stint.enrolled_on = number, enrolled_on
        stint.status, stint.status_on = status, status_on
        stint.employed_on, stint.district = (None if v is CLEAR else v for v in said[10:12])
        stint.deadline = employment_deadline(status_on)
        stint.voided, stint.void_reason = False, None
        stint.version = stint.revision = 0
        return stint

    def _meet(self, index: int, student: Cell, born: date) -> Person | None:
        """The organisation's record a row means, or None; as `people.meet` finds it."""
        numbered = self.state.numbered(None if student is CLEAR else student)
        if numbered is not None:
            if not self.is_born(numbered, born):
                raise Refused("trainee.external_id", "external-id-taken")
            return numbered
        return self._mine(self._identified(index), FULL)

    def is_born(self, person: Person, born: date | None) -> bool:
        """Whether a record is of that birth date, as far as one is said."""
        return born is None or person.opened(self.keyring)["birth_date"] == born.isoformat()

    def _mine(self, identities: tuple[Identity, ...], kind: str) -> Person | None:
        own = self.state.own
        for person in self.state.holders(identities, kind):
            if person.organisation_id == own:
                return person
        return None

    def _standing_there(
        self, index: int, person: Person | None, programme_id: UUID, enrolled_on: date
    ) -> Stint | None:
        """The enrolment a row without a number means: the same trainee, programme and day.

        Somebody without mobile and student number is known again by name and birth date, if
        just one such stands there: the same file sent twice must not make two of everybody.
        """
        identities = self._identified(index)
        people = [person] if person is not None else []
        if person is None and all(i.kind == PARTIAL for i in identities):
            own = self.state.own
            holders = self.state.holders(identities, PARTIAL)
            people = [p for p in holders if p.organisation_id == own]
        found = [
            stint
            for one in people
            for stint in self.state.enrolled(one, programme_id)
            if stint.enrolled_on == enrolled_on and not stint.voided
        ]
        return found[0] if len(found) == 1 or (found and person is not None) else None

    def _refuse_overlap(
        self, person: Person, programme_id: UUID, wanted: Interval, itself: Stint
    ) -> None:
        for other in self.state.enrolled(person, programme_id):
            if other is not itself and not other.voided and other.interval.common(wanted):
                raise Refused(None, "overlapping-enrolment")

    # A known one

    def _refuse_another(self, known: Stint, index: int, said: tuple[Any, ...]) -> None:
        """Neither programme nor day nor person of an enrolment change through its number."""
        for refusal in self.another(known, index, said):
            raise refusal

    def another(
        self,
        known: Stint,
        index: int,
        said: tuple[Any, ...],
        wrong: Collection[str | None] = (),
    ) -> Iterator[Refused]:
        """What of a known enrolment a row would make another; not by cells that are wrong."""
        code, enrolled_on = said[1], said[7]
        if code is not None and self.state.programmes.get(code) != known.programme_id:
            yield Refused("programme_code", "external-id-taken")
        if enrolled_on is not None and enrolled_on != known.enrolled_on:
            yield Refused("enrolled_on", "external-id-taken")
        if any(name is not None and name.startswith(PERSON) for name in wrong):
            return
        if not self._is_same(self.state.person_of(known), index, said):
            yield Refused("external_id", "external-id-taken")

    def reversal(self, before: str, after: str | None) -> Refused | None:
        """The refusal of a status that goes backwards, if that was not asked for."""
        if after is None or before in {"enrolled", after} or self.options.allow_reversal:
            return None
        return Refused("status", "status-reversal", before=before, after=after)

    def _is_same(self, person: Person, index: int, said: tuple[Any, ...]) -> bool:
        student, name, born = said[2:5]
        kept = person.opened(self.keyring)
        if born is not None and born.isoformat() != kept["birth_date"]:
            return False
        if student is not None and student is not CLEAR:
            if student == person.external_id:
                return True
            if person.external_id is not None or self.state.numbered(student):
                return False
        if name is None or name is CLEAR or kept["name"] == name:
            return True
        if kept["name"] is not None and normal_name(kept["name"]) == normal_name(name):
            return True
        full = [i.digest for i in self._identified(index) if i.kind == FULL]
        self.state.look_up(full)
        return not person.digests.isdisjoint(full)

    def _correct(self, index: int, said: tuple[Any, ...], known: Stint) -> None:
        person = self.state.person_of(known)
        after = self._as_corrected(said, known)
        differs = after != known.standing()
        if known.voided and (differs or self._new_values(said, person)):
            raise Refused(None, "void")
        if differs:
            before_status, wanted = known.status, Interval.of(after[0], known.enrolled_on, after[1])
            _check_order(known.enrolled_on, after[1])
            refusal = self.reversal(before_status, after[0])
            if refusal is not None:
                raise refusal
            self._refuse_overlap(person, known.programme_id, wanted, known)
            if known.version and known.former is None:
                known.former = (*known.standing(), known.deadline)
            known.status, known.status_on, known.employed_on, known.district = after
            known.deadline = employment_deadline(known.status_on)
            self.units.add(person.unit_id)
        touched = self._personally(index, said, person)
        outcome = UPDATED if differs or touched else UNCHANGED
        self._note(index, outcome, known, touched, known if differs else None)

    def _as_corrected(self, said: tuple[Any, ...], known: Stint) -> tuple[Any, ...]:
        status, status_on, employed_on, district = said[8:12]
        if status_on is CLEAR:
            raise Refused("status_on", "null")
        if known.status == "enrolled" and status not in {None, "enrolled"} and status_on is None:
            raise Refused("status_on", "required")
        return (
            status or known.status,
            status_on or known.status_on,
            _said(employed_on, known.employed_on),
            _said(district, known.district),
        )

    # The person

    def _personally(
        self, index: int, said: tuple[Any, ...], person: Person | None
    ) -> Person | None:
        """Enter a new record, or bring a known one up to date; None if nothing changes."""
        if person is None:
            return self._registered(index, said)
        student = said[2]
        changed = False
        if student is not None:
            number = None if student is CLEAR else student
            if number != person.external_id:
                self.state.renumber(person, number)
                changed = True
        changes = self._new_values(said, person)
        if changes:
            self._change(person, changes)
        return person if changed or changes else None

    def _new_values(self, said: tuple[Any, ...], person: Person) -> dict[str, Any]:
        if said[3] is said[5] is said[6] is None:  # nothing but perhaps a birth date, which agrees
            return {}
        kept = person.opened(self.keyring)
        values = _personal(said)
        return {name: _said(value, kept[name]) for name, value in values.items()
                if value is not None and _said(value, kept[name]) != kept[name]}  # fmt: skip

    def _change(self, person: Person, changes: dict[str, Any]) -> None:
        person.keep_former()
        person.values = after = person.opened(self.keyring) | changes
        if not any(name in changes for name in IDENTIFYING):
            return
        every = identities_of(self.keyring, after, every_key=True)
        self.state.look_up([i.digest for i in every])
        missing = [i for i in identities_of(self.keyring, after) if i.digest not in person.digests]
        if missing:
            self._introduce(person, every, missing)

    def _registered(self, index: int, said: tuple[Any, ...]) -> Person:
        student, name = said[2], said[3]
        if name is None or name is CLEAR:
            raise Refused("trainee.name", "required")
        values = {key: _said(value, None) for key, value in _personal(said).items()}
        person = self.state.new_person(None if student is CLEAR else student, values)
        every = self._identified(index)
        current = [i for i in every if i.key_id == every[0].key_id]
        self._introduce(person, every, current)
        return person

    def _introduce(
        self, person: Person, every: tuple[Identity, ...], fresh: list[Identity]
    ) -> None:
        """Note whom the hashes say a record is equal or similar to, then let it hold them."""
        equal = {p.id: p for p in self.state.holders(every, FULL) if p is not person}
        similar = {p.id for p in self.state.holders(every, PARTIAL) if p is not person}
        if equal or similar:
            person.meetings.append((equal, similar))
        if equal and not person.version:
            units = {p.unit_id for p in equal.values()}
            if len(units) == 1 and person.unit_id == person.id:
                person.unit_id = units.pop()
        self.state.hold(person, fresh)

    def _note(
        self, index: int, outcome: str, means: Stint, person: Person | None, stint: Stint | None
    ) -> None:
        self.outcomes[index], self.means[index] = outcome, means.id
        if person is not None and not person.dirty:
            person.dirty = True
            self.changed_people.append(person)
        if stint is not None and not stint.dirty:
            stint.dirty = True
            self.changed_stints.append(stint)
        if person is not None or stint is not None:
            self.touched[index] = (person, stint)


def _personal(said: tuple[Any, ...]) -> dict[str, Any]:
    born = said[4]
    day = None if born is None else born.isoformat()
    return dict(zip(PERSONAL, (said[3], day, said[5], said[6]), strict=True))


def _said(value: Any, kept: Any) -> Any:  # noqa: ANN401
    """What stands after a cell: nothing said leaves it, CLEAR empties it."""
    if value is None:
        return kept
    return None if value is CLEAR else value


def _values(column: list[Any]) -> set[Any]:
    return {value for value in column if value is not None and value is not CLEAR}


def _check_order(enrolled_on: date, status_on: date) -> None:
    refusal = wrong_order(enrolled_on, status_on)
    if refusal is not None:
        raise refusal
