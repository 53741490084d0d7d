"""A trainee record and an enrolment while a batch of rows is judged.

What most of them have in common stands with the class: an import makes millions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.imports.rows import CLEAR
from registry.trainees.intervals import Interval
from registry.trainees.people import PERSONAL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from registry.core.crypto import Identity, Keyring
    from registry.imports.datasets.enrolment_drafts import Said
    from registry.imports.datasets.enrolment_forms import PersonForm, StintForm

Meeting = tuple["dict[UUID, Person]", "set[UUID]"]  # equal, similar records


class Person:
    """A trainee record: as it was read, as it is becoming, or new."""

    external_id: str | None = None
    document: bytes | None = None
    data_key: bytes | None = None
    mac = ""
    version = 0  # 0 until it is written
    revision = 0
    created = (0, 0)
    values: dict[str, Any] | None = None  # opened when first needed
    said: Said | None = None  # by the row that made it, of one that is not to be written
    former: tuple[str | None, str, bytes | None] | None = None  # number, mac, document
    identities: Sequence[Identity] = ()  # to be kept
    kept: Sequence[str] = ()  # the digests of those that were
    meetings: Sequence[Meeting] = ()
    stints: Sequence[Stint] = ()
    form: PersonForm | None = None  # of a new one, as long as it is what its row says
    complete = True  # whether these are all; a record that was read begins without
    matters = False  # whether its enrolments were looked at
    dirty = False
    before: int | None = None  # the version before it was written here

    def __init__(self, key: UUID, organisation_id: UUID) -> None:
        self.id = self.unit_id = key
        self.organisation_id = organisation_id

    @classmethod
    def read(cls, row: Sequence[Any]) -> Person:
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
            if self.said is not None:
                self.values = values_of(self.said)
            elif self.document is None or self.data_key is None:
                self.values = dict.fromkeys(PERSONAL)
            else:
                self.values = keyring.open(self.document, self.data_key, self.id)
        return self.values

    def unform(self) -> None:
        """Become another than the form says; its hashes are to be kept all the same."""
        if self.form is not None:
            self.identities = [*self.form.identities, *self.identities]
            self.form = None

    def keep_former(self) -> None:
        """Remember what the record was before its first change here."""
        if self.version and self.former is None:
            self.former = (self.external_id, self.mac, self.document)


def values_of(said: Said) -> dict[str, Any]:
    """The personal values of a record that knows no more than a row."""
    name, born, mobile, email = said[3:7]
    return {
        "name": None if name is CLEAR else name,
        "birth_date": None if born is None else born.isoformat(),
        "mobile": None if mobile is CLEAR else mobile,
        "email": None if email is CLEAR else email,
    }


class Stint:
    """An enrolment: as it was read, as it is becoming, or new."""

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
    voided = False
    void_reason: str | None = None
    version = 0
    revision = 0
    created: tuple[int, int]
    former: tuple[Any, ...] | None = None
    form: StintForm | None = None  # of a new one, as long as it is what its row says
    row: int | None = None  # of the batch, that made it
    dirty = False
    before: int | None = None

    @classmethod
    def read(cls, row: Sequence[Any]) -> Stint:
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
