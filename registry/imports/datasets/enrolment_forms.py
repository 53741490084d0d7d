"""What rows would write if each entered a new enrolment of a new person, filled in beforehand.

Column by column, and while another batch waits for the database: all of a record but what is known
only once the batch is judged, its place in the revision, its programme, the person it counts as.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from registry.core.bulk import parts, table_of
from registry.core.types import id_text
from registry.imports.datasets.enrolment_versions import stint_told
from registry.imports.rows import CLEAR, CREATED, Outcome
from registry.imports.staging import created_text
from registry.trainees.intervals import employment_deadline
from registry.trainees.models import Enrolment, Trainee, TraineeIdentity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Dialect

    from registry.core.crypto import Identity, Sealed
    from registry.imports.rows import Target

# The columns that a form fills in, and those that it leaves to the verdict.
TRAINEE = ("id", "organisation_id", "document", "data_key", "document_mac")
TRAINEE_LEFT = (
    "unit_id", "external_id", "created_revision", "created_row", "revision", "version",
)  # fmt: skip
IDENTITY = ("trainee_id", "kind", "key_id", "digest")
ENROLMENT = (
    "id", "organisation_id", "external_id", "enrolled_on", "status", "status_on", "employed_on",
    "employer_district_code", "employment_deadline", "voided", "void_reason",
)  # fmt: skip
ENROLMENT_LEFT = (
    "programme_id", "trainee_id", "created_revision", "created_row", "revision", "version",
)  # fmt: skip

OF_STINTS = (
    "external_id", "enrolled_on", "status", "status_on", "outcome.employed_on",
    "outcome.employer_district_code",
)  # fmt: skip


class PersonForm(NamedTuple):
    """A new record of whom a row names."""

    id: UUID
    sealed: Sealed
    row: Any  # the part of the columns TRAINEE
    identities: Sequence[Identity]
    hashes: list[Any]  # their rows


class StintForm(NamedTuple):
    """The enrolment a row says, and what becomes of the row if its person is new as well."""

    id: UUID
    row: Any  # the part of the columns ENROLMENT
    told: tuple[str, str]  # of its text
    person: UUID | None  # whom the outcome names
    outcome: Outcome


def person_forms(
    target: Target,
    ids: Sequence[UUID],
    sealed: Sequence[Sealed],
    identities: Sequence[Sequence[Identity]],
) -> list[PersonForm]:
    """The forms of new records: their ids, what is sealed of each, and the hashes to be kept."""
    if not ids:
        return []
    columns = (ids, [target.organisation_id] * len(ids), *zip(*sealed, strict=True))
    rows = parts(target.dialect, table_of(Trainee), TRAINEE, columns)
    hashes = iter(identity_rows(target.dialect, zip(ids, identities, strict=True)))
    return [
        PersonForm(key, kept, row, held, [next(hashes) for _ in held])
        for key, kept, row, held in zip(ids, sealed, rows, identities, strict=True)
    ]


def identity_rows(dialect: Dialect, held: Any) -> list[Any]:  # noqa: ANN401 - ids with their hashes
    """The rows of the hashes that records hold."""
    rows = [(key, *identity) for key, identities in held for identity in identities]
    if not rows:
        return []
    return parts(dialect, table_of(TraineeIdentity), IDENTITY, zip(*rows, strict=True))


def stint_forms(
    target: Target,
    columns: Mapping[str, Sequence[Any]],
    ids: Sequence[UUID],
    numbers: Sequence[int],
    people: Sequence[UUID | None],
) -> list[StintForm]:
    """The forms of what rows of these numbers enter, each of a person of a new id, or of nobody."""
    if not ids:
        return []
    said = _columns(columns)
    rows = parts(
        target.dialect, table_of(Enrolment), ENROLMENT,
        (ids, [target.organisation_id] * len(ids), *said, [False] * len(ids), [None] * len(ids)),
    )  # fmt: skip
    own = id_text(target.organisation_id)
    told = [stint_told(own, *row) for row in zip(*said, strict=True)]
    outcomes = map(_outcome, numbers, people, ids)
    return list(map(StintForm, ids, rows, told, people, outcomes))


def _columns(columns: Mapping[str, Sequence[Any]]) -> tuple[Sequence[Any], ...]:
    """Number, day, status and its day, employment and its district, deadline; as they are kept."""
    enrolled_on = _kept(columns["enrolled_on"])
    status = [value or "enrolled" for value in _kept(columns["status"])]
    status_on = [
        day or begun for begun, day in zip(enrolled_on, _kept(columns["status_on"]), strict=True)
    ]
    deadlines = [None if day is None else employment_deadline(day) for day in status_on]
    return (
        _kept(columns["external_id"]), enrolled_on, status, status_on,
        _kept(columns["outcome.employed_on"]), _kept(columns["outcome.employer_district_code"]),
        deadlines,
    )  # fmt: skip


def _kept(cells: Sequence[Any]) -> Sequence[Any]:
    return [None if cell is CLEAR else cell for cell in cells]


def _outcome(number: int, person: UUID | None, stint: UUID) -> Outcome:
    return Outcome(CREATED, text=created_text(number, person, stint))
