"""Whom rows of enrolments mean: an organisation's own records, met, entered, brought up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core.crypto import FULL, PARTIAL, current_of
from registry.core.text import normal_name
from registry.imports.datasets.enrolment_records import values_of
from registry.imports.datasets.enrolment_refusals import Refused
from registry.imports.rows import CLEAR
from registry.trainees.people import IDENTIFYING, PERSONAL, identities_of

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from registry.core.crypto import Identity, Keyring
    from registry.imports.datasets.enrolment_drafts import Drafts, Said
    from registry.imports.datasets.enrolment_records import Person, Stint
from registry.imports.datasets.enrolment_state import State


class People:
    """The people of a batch, by its rows; what becomes of them is kept in the state."""

    def __init__(self, state: State, drafts: Drafts, keyring: Keyring) -> None:
        self.state, self.drafts, self.keyring = state, drafts, keyring

    def meet(self, index: int, said: Said) -> Person | None:
        """The organisation's record a row means, or None; as `people.meet` finds it."""
        student = said[2]
        if student is not None and student is not CLEAR:
            numbered = self.state.numbered(student)
            if numbered is not None:
                if not self.is_born(numbered, said[4]):
                    raise Refused("trainee.external_id", "external-id-taken")
                return numbered
        return self._mine(self.drafts.identities(index))

    def is_born(self, person: Person, born: date | None) -> bool:
        """Whether a record is of that birth date, as far as one is said."""
        return born is None or person.opened(self.keyring)["birth_date"] == born.isoformat()

    def _mine(self, identities: tuple[Identity, ...]) -> Person | None:
        own = self.state.own
        for person in self.state.holders(identities, FULL):
            if person.organisation_id == own:
                return person
        return None

    def standing_there(
        self, index: int, person: Person | None, programme_id: UUID, enrolled_on: date
    ) -> Stint | None:
        """The enrolment a row without a number means: the same trainee, programme and day.

        Somebody without mobile and student number is known again by name and birth date, if
        just one such stands there: the same file sent twice must not make two of everybody.
        """
        identities = self.drafts.identities(index)
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

    def agrees(self, person: Person, index: int) -> bool:
        """Whether a row says of a record just what is kept: told without opening the document."""
        said = self.drafts.said[index]
        name, born, student = said[3], said[4], said[2]
        if name is None or name is CLEAR or born is None or person.values is not None:
            return False
        if student is not None and student != person.external_id:
            return False
        if person.document is None or person.data_key is None:
            return False
        plain = self.drafts.plain(index)
        return self.keyring.attests(plain, person.data_key, person.id, person.mac)

    def is_same(self, person: Person, index: int, said: Said) -> bool:
        """Whether a row that names an enrolment by its number may mean its trainee."""
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
        full = [i.digest for i in self.drafts.identities(index) if i.kind == FULL]
        self.state.look_up(full)
        return any(self.state.holds(person, digest) for digest in full)

    def brought_up(self, index: int, said: Said, person: Person) -> bool:
        """Bring a known record up to date; whether anything of it changes."""
        if self.agrees(person, index):
            return False
        student = said[2]
        changed = False
        if student is not None:
            number = None if student is CLEAR else student
            if number != person.external_id:
                self.state.renumber(person, number)
                changed = True
        changes = self.new_values(said, person)
        if changes:
            self._change(person, changes)
        return changed or bool(changes)

    def new_values(self, said: Said, person: Person) -> dict[str, Any]:
        """What a row says of a record otherwise than it is kept."""
        if said[3] is said[5] is said[6] is None:  # nothing but perhaps a birth date, which agrees
            return {}
        if person.said is not None and person.values is None and person.said[3:7] == said[3:7]:
            return {}  # an earlier row of the file made it, of the same cells
        kept = person.opened(self.keyring)
        born = said[4]
        day = None if born is None else born.isoformat()
        values = dict(zip(PERSONAL, (said[3], day, said[5], said[6]), strict=True))
        return {name: after(value, kept[name]) for name, value in values.items()
                if value is not None and after(value, kept[name]) != kept[name]}  # fmt: skip

    def _change(self, person: Person, changes: dict[str, Any]) -> None:
        person.keep_former()
        person.unform()
        person.values = values = person.opened(self.keyring) | changes
        if not any(name in changes for name in IDENTIFYING):
            return
        every = identities_of(self.keyring, values, every_key=True)
        self.state.look_up([i.digest for i in every])
        held = self.state.holds
        current = identities_of(self.keyring, values)
        missing = [i for i in current if not held(person, i.digest)]
        if missing:
            self._meet_others(person, every)
            self.state.hold(person, missing)

    def registered(self, index: int, said: Said) -> Person:
        """A new record of whom a row names."""
        student, name = said[2], said[3]
        if name is None or name is CLEAR:
            raise Refused("trainee.name", "required")
        form = self.drafts.person_form(index)
        key = self.drafts.new_person_id() if form is None else form.id
        person = self.state.new_person(key, None if student is CLEAR else student)
        every = self.drafts.identities(index)
        if not self.drafts.written:
            person.said = said
            self.state.let_be_found(person, every)  # and whom it is equal to matters to nobody
            return person
        self._meet_others(person, every)
        if form is None:
            person.values = values_of(said)
            self.state.hold(person, current_of(every))
        else:
            person.form = form
            person.document, person.data_key, person.mac = form.sealed
            self.state.let_be_found(person, form.identities)
        return person

    def _meet_others(self, person: Person, every: tuple[Identity, ...]) -> None:
        """Note whom the hashes say a record is equal or similar to, before it holds them."""
        same, like = self.state.holders(every, FULL), self.state.holders(every, PARTIAL)
        if not same and not like:
            return
        equal = {p.id: p for p in same if p is not person}
        similar = {p.id for p in like if p is not person}
        if equal or similar:
            person.meetings = [*person.meetings, (equal, similar)]
        if equal and not person.version:
            units = {p.unit_id for p in equal.values()}
            is_later = all(p.created < person.created for p in equal.values())
            if len(units) == 1 and person.unit_id == person.id and is_later:
                person.unit_id = units.pop()


def after(value: Any, kept: Any) -> Any:  # noqa: ANN401
    """What stands after a cell: nothing said leaves it, CLEAR empties it."""
    if value is None:
        return kept
    return None if value is CLEAR else value
