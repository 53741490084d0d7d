"""Judges rows of enrolments, each as if it were sent alone after the rows before it.

A number that is not known yet enters an enrolment as POST /enrolments does; a known one corrects
it as PATCH does, and its trainee's mobile or e-mail with it. Without a number the trainee, the
programme and the day of enrolment say which one is meant. Nothing is written here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.codes.queries import items_of
from registry.imports.datasets.enrolment_correcting import correct, corrected_by_number
from registry.imports.datasets.enrolment_drafts import FIELDS, NO_ID, drafts_of
from registry.imports.datasets.enrolment_mistakes import mistakes
from registry.imports.datasets.enrolment_people import People
from registry.imports.datasets.enrolment_records import Person, Stint
from registry.imports.datasets.enrolment_refusals import REQUIRED, Refused, check_order
from registry.imports.datasets.enrolment_state import State
from registry.imports.datasets.repeats import repeated
from registry.imports.rows import CLEAR, CREATED, REJECTED, UNCHANGED
from registry.trainees.intervals import Interval, employment_deadline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from registry.core.work import Work
    from registry.imports.datasets.enrolment_drafts import Said
    from registry.imports.rows import Clear, Options, Rows, Target

    Cell = str | Clear | None

DAYS = ("enrolled_on", "status_on", "outcome.employed_on", "trainee.birth_date")
Touched = tuple[Person | None, Stint | None]
_NOTHING: Touched = (None, None)


class Verdict:
    """What becomes of each row, and the state the registry would be in."""

    def __init__(self, work: Work, rows: Rows, options: Options, *, written: bool) -> None:
        self.work, self.rows, self.options = work, rows, options
        self.keyring = options.keyring
        self.drafts = drafts_of(rows, options.keyring, written=written)
        self.state = State(work)
        self.people = People(self.state, self.drafts, options.keyring)
        self.outcomes: list[str] = [REJECTED] * len(rows)
        self.touched: list[Touched] = [_NOTHING] * len(rows)
        self.means: list[UUID | None] = [None] * len(rows)  # the enrolment of each row
        self.units: set[UUID] = set()  # whose figures may change
        self.changed_people: list[Person] = []
        self.changed_stints: list[Stint] = []

    def reach(self, *, filling_in: bool = False) -> Verdict:
        """Judge every row; fill in first what those write that likely enter something new."""
        self._check_columns()
        twins = repeated(self.rows, "external_id")
        self._read()
        if filling_in and self.options.target is not None:
            self._fill_in(self.options.target)
        refused: dict[int, set[str | None]] = {}
        for problem in self.rows.problems:
            if problem.severity == "error":
                refused.setdefault(problem.row, set()).add(problem.field)
        for index, said in enumerate(self.drafts.said):
            if index in refused:
                self._list_more(index, said, refused[index])
            elif index in twins and self.outcomes[twins[index]] != REJECTED:
                self.outcomes[index], self.means[index] = UNCHANGED, self.means[twins[index]]
            else:
                self._judge(index, said)
        return self

    def rest_on(self, work: Work) -> None:
        """Let a verdict that was reached before its write had the lock be this write's."""
        work.rows = self.work.rows
        self.work = self.state.work = work

    def let_go(self) -> None:
        """Forget what the writing needs no more: it takes memory of its own."""
        self.rows.drafts = None
        self.drafts.let_go()
        self.state.let_go()

    def let_records_go(self) -> None:
        """Forget the records as well."""
        self.let_go()
        for held in (self.touched, self.changed_people, self.changed_stints):
            held.clear()

    def _check_columns(self) -> None:
        rows, today, columns = self.rows, self.work.today, self.drafts.columns
        for name in DAYS:
            late = {day for day in _values(columns[name]) if day > today}
            for index, day in enumerate(columns[name] if late else ()):
                if day in late:
                    rows.refuse(index, "date-in-future", name, today=today)
        place = "outcome.employer_district_code"
        if any(columns[place]):
            known = {item.code for item in items_of(self.work.session, "districts")}
            for index, code in enumerate(columns[place]):
                if code is not None and code is not CLEAR and code not in known:
                    rows.refuse(index, "unknown-code", place, value=code)

    def _read(self) -> None:
        columns, state = self.drafts.columns, self.state
        externals, codes = columns["external_id"], _values(columns["programme_code"])
        state.read(_values(externals), codes)
        known = state.by_external_id
        new = [index for index, number in enumerate(externals) if number not in known]
        digests = self.drafts.identify(new)
        students = columns["trainee.external_id"]
        state.read_people(_values([students[index] for index in new]), digests)
        unknown = codes - state.programmes.keys()
        if unknown:
            for index, code in enumerate(columns["programme_code"]):
                if code in unknown:
                    self.rows.refuse(index, "unknown-programme", "programme_code")

    def _fill_in(self, target: Target) -> None:
        drafts, state, numbers = self.drafts, self.state, self.drafts.columns["external_id"]
        entered = [i for i, number in enumerate(numbers) if number not in state.by_external_id]
        named = [index for index in entered if drafts.names_somebody(index)]
        unknown = [index for index in named if state.are_free(drafts.identities(index))]
        drafts.fill_in(target, entered, unknown)

    def _list_more(self, index: int, said: Said, wrong: set[str | None]) -> None:
        """A refused row's other mistakes."""
        cells = dict(zip(FIELDS, said, strict=True))
        for refusal in mistakes(self, index, cells, wrong):
            self.rows.refuse(index, refusal.code, refusal.at, **refusal.facts)

    def _judge(self, index: int, said: Said) -> None:
        try:
            known = self.state.by_external_id.get(said[0])
            if known is None:
                self._judge_new(index, said)
            else:
                corrected_by_number(self, known, index, said)
        except Refused as refusal:
            self.rows.refuse(index, refusal.code, refusal.at, **refusal.facts)
            self._list_more(index, said, {refusal.at})

    def known(self, number: Cell) -> Stint | None:
        """The enrolment of a number."""
        return self.state.by_external_id.get(number) if isinstance(number, str) else None

    def _judge_new(self, index: int, said: Said) -> None:
        number, code, born, enrolled_on = said[0], said[1], said[4], said[7]
        if code is None or born is None or enrolled_on is None:
            raise _lacking(code, born, enrolled_on)
        programme_id = self.state.programmes[code]
        person = self.people.meet(index, said)
        if number is None or number is CLEAR:
            number = None
            same = self.people.standing_there(index, person, programme_id, enrolled_on)
            if same is not None:
                if same.row is not None:
                    row = self.rows.numbers[same.row]
                    self.rows.warn(index, "repeated-row", None, other=row)
                correct(self, same, index, said)
                return
        stint = self._entered(said, number, programme_id)
        stint.form = self.drafts.stint_form(index)
        stint.id = self.drafts.new_id() if stint.form is None else stint.form.id
        if person is None:
            person = self.people.registered(index, said)
            differs = True
        else:
            self.refuse_overlap(person, programme_id, stint.interval, stint)
            differs = self.people.brought_up(index, said, person)
        stint.created, stint.row = (self.work.revision, self.work.next_row()), index
        self.state.place(stint, person)
        self.note(index, CREATED, stint, person if differs else None, stint)
        if self.drafts.written:
            self.units.add(person.unit_id)

    def overlap(self, index: int, cells: Mapping[str, Any]) -> Iterator[Refused]:
        """The refusal of a numbered new row whose trainee attends the programme then."""
        said = tuple(cells.values())
        programme_id = self.state.programmes.get(said[1])
        if programme_id is None or None in (said[0], said[4], said[7]):
            return
        try:
            person = self.people.meet(index, said)
            stint = self._entered(said, said[0], programme_id)
            if person is not None:
                self.refuse_overlap(person, programme_id, stint.interval, stint)
        except Refused as refusal:
            yield refusal

    def _entered(self, said: Said, number: str | None, programme_id: UUID) -> Stint:
        enrolled_on, status, status_on, employed_on, district = said[7:12]
        status = status or "enrolled"
        if status_on is None or status_on is CLEAR:
            if status != "enrolled":
                raise Refused("status_on", "required")
            status_on = enrolled_on
        elif status_on < enrolled_on:
            check_order(enrolled_on, status_on)
        stint = Stint()
        stint.id, stint.organisation_id = NO_ID, self.state.own
        stint.programme_id, stint.external_id = programme_id, number
        stint.enrolled_on, stint.status, stint.status_on = enrolled_on, status, status_on
        stint.employed_on = None if employed_on is CLEAR else employed_on
        stint.district = None if district is CLEAR else district
        stint.deadline = employment_deadline(status_on)
        return stint

    def refuse_overlap(
        self, person: Person, programme_id: UUID, wanted: Interval, itself: Stint
    ) -> None:
        """Refuse a time in which somebody attends the programme already. Raises Refused."""
        for other in self.state.enrolled(person, programme_id):
            if other is not itself and not other.voided and other.interval.common(wanted):
                raise Refused(None, "overlapping-enrolment")

    def note(
        self, index: int, outcome: str, means: Stint, person: Person | None, stint: Stint | None
    ) -> None:
        """Note what became of a row, and what of the registry it touched."""
        self.outcomes[index], self.means[index] = outcome, means.id
        if person is not None and not person.dirty:
            person.dirty = True
            self.changed_people.append(person)
        if stint is not None and not stint.dirty:
            stint.dirty = True
            self.changed_stints.append(stint)
        if person is not None or stint is not None:
            self.touched[index] = (person, stint)


def _lacking(*needed: Any) -> Refused:
    return Refused(REQUIRED[needed.index(None)], "required")


def _values(column: list[Any]) -> set[Any]:
    return {value for value in column if value is not None and value is not CLEAR}
