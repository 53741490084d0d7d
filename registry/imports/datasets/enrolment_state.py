"""What the registry knows of the people and enrolments that a batch of rows names.

Read in a few selects for the whole batch, then kept up while the rows are judged one after the
other, so that a row sees what the rows before it did, as it would if they were sent one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Uuid, bindparam, select, type_coerce

from registry.core.bulk import Digests, Ids, Texts, among_bound
from registry.core.prepared import asked
from registry.imports.datasets.enrolment_records import Person, Stint
from registry.trainees.models import Enrolment, Programme, Trainee, TraineeIdentity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from uuid import UUID

    from registry.core.crypto import Identity
    from registry.core.work import Work

_PERSON = (
    Trainee.id, Trainee.organisation_id, Trainee.external_id, Trainee.unit_id, Trainee.document,
    Trainee.data_key, Trainee.document_mac, Trainee.version, Trainee.revision,
    Trainee.created_revision, Trainee.created_row,
)  # fmt: skip
_ENROLMENT = (
    Enrolment.id, Enrolment.organisation_id, Enrolment.programme_id, Enrolment.trainee_id,
    Enrolment.external_id, Enrolment.enrolled_on, Enrolment.status, Enrolment.status_on,
    Enrolment.employed_on, Enrolment.employer_district_code, Enrolment.employment_deadline,
    Enrolment.voided, Enrolment.void_reason, Enrolment.version, Enrolment.revision,
    Enrolment.created_revision, Enrolment.created_row,
)  # fmt: skip

_OWN = bindparam("own", type_=Uuid())
_NUMBERS = bindparam("numbers", type_=Texts())
_NUMBERED_STINTS = (
    select(*_ENROLMENT, *_PERSON)
    .join(Trainee, Trainee.id == Enrolment.trainee_id)
    .where(among_bound(Enrolment.external_id, _NUMBERS), Enrolment.organisation_id == _OWN)
)
_NUMBERED_PEOPLE = select(*_PERSON).where(
    among_bound(Trainee.external_id, _NUMBERS), Trainee.organisation_id == _OWN
)
_ENROLLED = select(*_ENROLMENT).where(
    among_bound(Enrolment.trainee_id, bindparam("people", type_=Ids()))
)
_HOLDERS = (
    select(*_PERSON, type_coerce(TraineeIdentity.digest, Uuid()))
    .join(TraineeIdentity, TraineeIdentity.trainee_id == Trainee.id)
    .where(among_bound(TraineeIdentity.digest, bindparam("digests", type_=Digests())))
)
_PROGRAMMES = select(Programme.code, Programme.id).where(
    Programme.organisation_id == _OWN,
    among_bound(Programme.code, bindparam("codes", type_=Texts())),
)


class Asked(NamedTuple):
    """What was asked of the registry."""

    stints: Collection[str]  # numbers of enrolments
    students: Collection[str]  # numbers of students
    digests: Collection[str]  # hashes
    people: Collection[int]  # known ones, who were met by any of these
    enrolled: Collection[int]  # of these, those whose other enrolments matter
    units: Collection[int]  # as which they are counted


class State:
    """The people and enrolments of a batch, by everything a row can name them by."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.own: UUID = work.principal.organisation_id
        # By the number of the id: an id itself is hashed and compared ten times as slowly.
        self.people: dict[int, Person] = {}
        self.enrolments: dict[int, Stint] = {}
        self.by_number: dict[str, Person] = {}  # own records
        self.by_digest: dict[str, list[Person]] = {}  # everybody's, in the order of registration
        self.by_external_id: dict[Any, Stint] = {}
        self.programmes: dict[str, UUID] = {}
        self._asked_numbers: set[str] = set()
        self._asked_stints: set[str] = set()

    def asked(self) -> Asked:
        """What was asked of the registry."""
        known = {key: person for key, person in self.people.items() if person.version}
        return Asked(
            self._asked_stints,
            self._asked_numbers,
            self.by_digest.keys(),
            known.keys(),
            [key for key, person in known.items() if person.matters],
            {person.unit_id.int for person in known.values()},
        )

    def let_go(self) -> None:
        """Forget everything."""
        for known in (self.people, self.enrolments, self.by_number, self.by_digest):
            known.clear()
        self.by_external_id.clear()

    def read(self, external_ids: set[str], codes: set[str]) -> None:
        """Read the programmes a batch names, and the enrolments it names by number."""
        self._read_programmes(codes)
        self._asked_stints |= external_ids
        if not external_ids:
            return
        width = len(_ENROLMENT)
        for row in self._rows(_NUMBERED_STINTS, own=self.own, numbers=external_ids):
            self._person(row[width:])
            stint = self._stint(row)
            self.by_external_id[stint.external_id] = stint

    def read_people(self, numbers: set[str], digests: set[str]) -> None:
        """Read the records that the batch's new rows name by number or by who they are."""
        self._asked_numbers |= numbers
        rows = self._rows(_NUMBERED_PEOPLE, own=self.own, numbers=numbers) if numbers else ()
        for person in map(self._person, rows):
            if person.external_id in numbers:  # it may have got another since it was read
                self.by_number.setdefault(person.external_id, person)
        self.look_up(digests)

    def numbered(self, number: str | None) -> Person | None:
        """The organisation's own record of a student number."""
        if number is None:
            return None
        if number not in self._asked_numbers:
            self.read_people({number}, set())
        return self.by_number.get(number)

    def enrolled(self, person: Person, programme_id: UUID) -> list[Stint]:
        """A record's enrolments in a programme; read for all records known so far at once."""
        person.matters = True
        if not person.complete:
            self._read_enrolled()
        return [stint for stint in person.stints if stint.programme_id == programme_id]

    def _read_enrolled(self) -> None:
        missing = [
            p for p in self.people.values() if not p.complete and p.organisation_id == self.own
        ]
        for one in missing:
            one.complete = True
        rows = self._rows(_ENROLLED, people=[p.id for p in missing]) if missing else ()
        for stint in map(self._stint, rows):
            one = self.person_of(stint)
            one.stints = [*one.stints, stint]

    def person_of(self, stint: Stint) -> Person:
        """The record an enrolment is of."""
        return self.people[stint.trainee_id.int]

    def look_up(self, digests: Collection[str]) -> None:
        """Know who holds these hashes."""
        unknown = [d for d in digests if d not in self.by_digest]
        for digest in unknown:
            self.by_digest[digest] = []
        if not unknown:
            return
        held = set()
        for row in self._rows(_HOLDERS, digests=unknown):
            digest = row[-1].hex
            self.by_digest[digest].append(self._person(row))
            held.add(digest)
        for digest in held:
            self.by_digest[digest].sort(key=lambda p: p.created)

    def are_free(self, identities: Iterable[Identity]) -> bool:
        """Whether nobody holds any of these hashes, which were looked up."""
        for _, _, digest in identities:  # noqa: SIM110 - a generator would take twice as long
            if self.by_digest[digest]:
                return False
        return True

    def holders(self, identities: Sequence[Identity], kind: str) -> list[Person]:
        """Whoever holds one of these hashes of a kind, in the order of registration."""
        if len(identities) == 1:
            of, _, digest = identities[0]
            return self.by_digest[digest] if of == kind else []
        wanted = [digest for of, _, digest in identities if of == kind]
        if len(wanted) == 1:
            return self.by_digest[wanted[0]]
        found = {p.id.int: p for digest in wanted for p in self.by_digest[digest]}
        return sorted(found.values(), key=lambda p: p.created)

    def hold(self, person: Person, identities: Sequence[Identity]) -> None:
        """Let a record hold further hashes."""
        person.identities = [*person.identities, *identities]
        self.let_be_found(person, identities)

    def let_be_found(self, person: Person, identities: Sequence[Identity]) -> None:
        """Let a record be found by hashes."""
        for identity in identities:
            self.by_digest.setdefault(identity[2], []).append(person)

    def holds(self, person: Person, digest: str) -> bool:
        """Whether a record holds a hash that was looked up."""
        return person in self.by_digest.get(digest, ())

    def new_person(self, key: UUID, number: str | None) -> Person:
        """A new record of the asker's organisation."""
        self.people[key.int] = person = Person(key, self.own)
        person.external_id = number
        person.created = (self.work.revision, self.work.next_row())
        if number is not None:
            self._asked_numbers.add(number)
            self.by_number[number] = person
        return person

    def renumber(self, person: Person, number: str | None) -> None:
        """Give a record another student number."""
        person.keep_former()
        if person.external_id is not None:
            self._asked_numbers.add(person.external_id)  # nobody has it any more
            self.by_number.pop(person.external_id, None)
        person.external_id = number
        if number is not None:
            self._asked_numbers.add(number)
            self.by_number[number] = person

    def place(self, stint: Stint, person: Person) -> None:
        """Let a new enrolment be found."""
        stint.trainee_id = person.id
        person.stints = [*person.stints, stint]
        if stint.external_id is not None:
            self.by_external_id[stint.external_id] = stint

    def _read_programmes(self, codes: set[str]) -> None:
        self.programmes = dict(self._rows(_PROGRAMMES, own=self.own, codes=codes))

    def _rows(self, query: Any, **values: Any) -> Sequence[Any]:  # noqa: ANN401 - a select
        """Rows past the session, which would take as long again to make its own of them."""
        return asked(self.work.session, query, **values)

    def _person(self, row: Sequence[Any]) -> Person:
        number = row[0].int
        found = self.people.get(number)
        if found is None:
            found = self.people[number] = Person.read(row)
        return found

    def _stint(self, row: Sequence[Any]) -> Stint:
        number = row[0].int
        found = self.enrolments.get(number)
        if found is None:
            found = self.enrolments[number] = Stint.read(row)
        return found
