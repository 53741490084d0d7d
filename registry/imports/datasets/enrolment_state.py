"""What the registry knows of the people and enrolments that a batch of rows names.

Read in a few selects for the whole batch, then kept up while the rows are judged one after the
other, so that a row sees what the rows before it did, as it would if they were sent one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.core.bulk import among
from registry.core.types import new_id
from registry.trainees.intervals import Interval
from registry.trainees.models import Enrolment, Programme, Trainee, TraineeIdentity
from registry.trainees.people import PERSONAL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date
    from uuid import UUID

    from registry.core.crypto import Identity, Keyring
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


class Person:
    """A trainee record: as it was read, as it is becoming, or new."""

    __slots__ = (
        "before", "complete", "created", "data_key", "digests", "dirty", "document", "external_id",
        "former", "id", "identities", "mac", "meetings", "organisation_id", "revision", "stints",
        "unit_id", "values", "version",
    )  # fmt: skip

    def __init__(self, key: UUID, organisation_id: UUID) -> None:
        self.id = key
        self.organisation_id = organisation_id
        self.external_id: str | None = None
        self.unit_id = key
        self.document: bytes | None = None
        self.data_key: bytes | None = None
        self.mac = ""
        self.version = 0  # 0 until it is written
        self.revision = 0
        self.created = (0, 0)
        self.values: dict[str, Any] | None = None  # opened when first needed
        self.digests: set[str] = set()  # held, as far as they were looked up
        self.former: tuple[str | None, str, bytes | None] | None = None  # number, mac, document
        self.identities: list[Identity] = []  # to be kept
        self.meetings: list[tuple[dict[UUID, Person], set[UUID]]] = []  # equal, similar records
        self.stints: list[Stint] = []
        self.complete = True  # whether these are all; a record that was read begins without
        self.dirty = False
        self.before: int | None = None  # the version before it was written here

    @classmethod
    def read(cls, row: Any) -> Person:  # noqa: ANN401
        """A record as it stands."""
        found = cls(row[0], row[1])
        (
            found.external_id, found.unit_id, found.document, found.data_key, found.mac,
            found.version, found.revision,
        ) = row[2:9]  # fmt: skip
        found.created = (row[9], row[10])
        found.complete = False
        return found

    def opened(self, keyring: Keyring) -> dict[str, Any]:
        """The personal values; all None once the person has been erased."""
        if self.values is None:
            if self.document is None or self.data_key is None:
                self.values = dict.fromkeys(PERSONAL)
            else:
                self.values = keyring.open(self.document, self.data_key, self.id)
        return self.values

    def keep_former(self) -> None:
        """Remember what the record was before its first change here."""
        if self.version and self.former is None:
            self.former = (self.external_id, self.mac, self.document)


class Stint:
    """An enrolment: as it was read, as it is becoming, or new."""

    __slots__ = (
        "before", "created", "deadline", "dirty", "district", "employed_on", "enrolled_on",
        "external_id", "former", "id", "organisation_id", "person", "programme_id", "revision",
        "row", "status", "status_on", "trainee_id", "version", "void_reason", "voided",
    )  # fmt: skip

    id: UUID
    organisation_id: UUID
    programme_id: UUID
    trainee_id: UUID
    external_id: str | None
    enrolled_on: date
    status: str
    status_on: date
    employed_on: date | None
    district: str | None
    deadline: date
    voided: bool
    void_reason: str | None
    version: int
    revision: int
    created: tuple[int, int]
    former: tuple[Any, ...] | None
    person: Person | None  # once it is known
    row: int | None  # of the batch, that made it
    dirty: bool
    before: int | None

    def __init__(self) -> None:
        self.former = self.person = self.row = self.before = None
        self.dirty = False

    @classmethod
    def read(cls, row: Any) -> Stint:  # noqa: ANN401
        """An enrolment as it stands."""
        found = cls()
        (
            found.id, found.organisation_id, found.programme_id, found.trainee_id,
            found.external_id, found.enrolled_on, found.status, found.status_on,
            found.employed_on, found.district, found.deadline, found.voided, found.void_reason,
            found.version, found.revision,
        ) = row[:15]  # fmt: skip
        found.created = (row[15], row[16])
        return found

    @property
    def interval(self) -> Interval:
        """The time it takes."""
        return Interval.of(self.status, self.enrolled_on, self.status_on)

    def standing(self) -> tuple[Any, ...]:
        """What a correction may change."""
        return (self.status, self.status_on, self.employed_on, self.district)


class State:
    """The people and enrolments of a batch, by everything a row can name them by."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.own: UUID = work.principal.organisation_id
        self.people: dict[UUID, Person] = {}
        self.by_number: dict[str, Person] = {}  # own records
        self.by_digest: dict[str, list[Person]] = {}  # everybody's, in the order of registration
        self.enrolments: dict[UUID, Stint] = {}
        self.by_external_id: dict[str, Stint] = {}
        self.programmes: dict[str, UUID] = {}
        self._asked_numbers: set[str] = set()

    def read(self, external_ids: set[str], codes: set[str]) -> None:
        """Read the programmes a batch names, and the enrolments it names by number."""
        self._read_programmes(codes)
        stints = self._stints(Enrolment.external_id, external_ids, own=True)
        self.by_external_id = {str(s.external_id): s for s in stints}
        self._people(Trainee.id, {s.trainee_id for s in stints})

    def read_people(self, numbers: set[str], digests: set[str]) -> None:
        """Read the records that the batch's new rows name by number or by who they are."""
        self._asked_numbers |= numbers
        for person in self._people(Trainee.external_id, numbers, own=True):
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
        if not person.complete:
            missing = [
                p for p in self.people.values()
                if not p.complete and p.organisation_id == self.own
            ]  # fmt: skip
            for one in missing:
                one.complete = True
            for stint in self._stints(Enrolment.trainee_id, {p.id for p in missing}):
                stint.person = self.people[stint.trainee_id]
                stint.person.stints.append(stint)
        return [stint for stint in person.stints if stint.programme_id == programme_id]

    def person_of(self, stint: Stint) -> Person:
        """The record an enrolment is of."""
        if stint.person is None:
            stint.person = self.people[stint.trainee_id]
        return stint.person

    def look_up(self, digests: Collection[str]) -> None:
        """Know who holds these hashes."""
        asked = [d for d in digests if d not in self.by_digest]
        for digest in asked:
            self.by_digest[digest] = []
        if not asked:
            return
        held = self.work.session.execute(
            select(TraineeIdentity.digest, TraineeIdentity.trainee_id).where(
                among(self.work.session, TraineeIdentity.digest, asked)
            )
        ).all()
        self._people(Trainee.id, {row[1] for row in held} - self.people.keys())
        for digest, trainee_id in held:
            person = self.people[trainee_id]
            person.digests.add(digest)
            self.by_digest[digest].append(person)
        for digest in {row[0] for row in held}:
            self.by_digest[digest].sort(key=lambda p: p.created)

    def holders(self, identities: Sequence[Identity], kind: str) -> list[Person]:
        """Whoever holds one of these hashes of a kind, in the order of registration."""
        wanted = [i[2] for i in identities if i[0] == kind]
        if len(wanted) <= 1:
            return self.by_digest[wanted[0]] if wanted else []
        found = {p.id: p for digest in wanted for p in self.by_digest[digest]}
        return sorted(found.values(), key=lambda p: p.created)

    def hold(self, person: Person, identities: Iterable[Identity]) -> None:
        """Let a record hold further hashes."""
        for identity in identities:
            person.identities.append(identity)
            person.digests.add(identity.digest)
            self.by_digest.setdefault(identity.digest, []).append(person)

    def new_person(self, number: str | None, values: dict[str, Any]) -> Person:
        """A new record of the asker's organisation."""
        person = Person(new_id(), self.own)
        person.external_id, person.values = number, values
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
        stint.person, stint.trainee_id = person, person.id
        person.stints.append(stint)
        if stint.external_id is not None:
            self.by_external_id[stint.external_id] = stint

    def _read_programmes(self, codes: set[str]) -> None:
        session = self.work.session
        rows = session.execute(
            select(Programme.code, Programme.id).where(
                Programme.organisation_id == self.own, among(session, Programme.code, codes)
            )
        )
        self.programmes = {row[0]: row[1] for row in rows}

    def _people(self, column: Any, values: set[Any], *, own: bool = False) -> list[Person]:  # noqa: ANN401
        if not values:
            return []
        query = select(*_PERSON).where(among(self.work.session, column, values))
        if own:
            query = query.where(Trainee.organisation_id == self.own)
        found = []
        for row in self.work.session.execute(query):
            person = self.people.get(row[0])
            if person is None:
                person = self.people[row[0]] = Person.read(row)
            found.append(person)
        return found

    def _stints(self, column: Any, values: set[Any], *, own: bool = False) -> list[Stint]:  # noqa: ANN401
        if not values:
            return []
        query = select(*_ENROLMENT).where(among(self.work.session, column, values))
        if own:
            query = query.where(Enrolment.organisation_id == self.own)
        found = []
        for row in self.work.session.execute(query):
            stint = self.enrolments.get(row[0])
            if stint is None:
                stint = self.enrolments[row[0]] = Stint.read(row)
            found.append(stint)
        return found
