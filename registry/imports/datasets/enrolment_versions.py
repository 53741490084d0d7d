"""Versions of a trainee record and an enrolment, as history keeps them and as digests cover them."""

from __future__ import annotations

from functools import lru_cache
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

from registry.core.types import id_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from registry.imports.datasets.enrolment_records import Person, Stint


def former_person(person: Person) -> tuple[Mapping[str, Any], bytes | None]:
    """A person's superseded values and sealed document."""
    number, mac, sealed = person.former or (person.external_id, person.mac, person.document)
    created_revision, created_row = person.created
    values = {
        "organisation_id": str(person.organisation_id), "external_id": number,
        "document_mac": mac, "created_revision": created_revision, "created_row": created_row,
    }  # fmt: skip
    return values, sealed


def former_stint(stint: Stint) -> tuple[Mapping[str, Any], None]:
    """An enrolment's superseded values; it has no sealed ones."""
    status, status_on, employed_on, district, deadline = stint.former or (
        *stint.standing(), stint.deadline,
    )  # fmt: skip
    created_revision, created_row = stint.created
    values = {
        "organisation_id": str(stint.organisation_id), "programme_id": str(stint.programme_id),
        "trainee_id": str(stint.trainee_id), "external_id": stint.external_id,
        "enrolled_on": str(stint.enrolled_on), "status": status, "status_on": str(status_on),
        "employed_on": None if employed_on is None else str(employed_on),
        "employer_district_code": district, "employment_deadline": str(deadline),
        "voided": stint.voided, "void_reason": stint.void_reason,
        "created_revision": created_revision, "created_row": created_row,
    }  # fmt: skip
    return values, None


# What `row_text` makes of a record's values, written out: a fifth of its time. The proof of the
# log, which knows nothing of this, holds the two together.


def person_text(person: Person) -> bytes:
    """The text of a person's version."""
    revision, place = person.created
    return (
        f'["trainee","{id_text(person.id)}",{person.version},{{"created_revision":{revision},'
        f'"created_row":{place},"document_mac":"{person.mac}",'
        f'"external_id":{_quoted(person.external_id)},'
        f'"organisation_id":"{id_text(person.organisation_id)}"}}]'
    ).encode()


def stint_text(stint: Stint) -> bytes:
    """The text of an enrolment's version."""
    revision, place = stint.created
    before, between = (
        stint_told(id_text(stint.organisation_id), *_told(stint))
        if stint.form is None
        else stint.form.told
    )
    return (
        f'["enrolment","{id_text(stint.id)}",{stint.version},{{"created_revision":{revision},'
        f'"created_row":{place},{before}"programme_id":"{id_text(stint.programme_id)}",{between}'
        f'"trainee_id":"{id_text(stint.trainee_id)}","void_reason":{_quoted(stint.void_reason)},'
        f'"voided":{"true" if stint.voided else "false"}}}]'
    ).encode()


def person_values(person: Person) -> tuple[Any, ...]:
    """A new person's values of the columns that a form fills in."""
    return (person.id, person.organisation_id, person.document, person.data_key, person.mac)


def stint_values(stint: Stint) -> tuple[Any, ...]:
    """A new enrolment's values of the columns that a form fills in."""
    return (stint.id, stint.organisation_id, *_told(stint), stint.voided, stint.void_reason)


def _told(stint: Stint) -> tuple[Any, ...]:
    return (
        stint.external_id, stint.enrolled_on, stint.status, stint.status_on, stint.employed_on,
        stint.district, stint.deadline,
    )  # fmt: skip


def stint_told(
    own: str,
    number: str | None,
    enrolled_on: date,
    status: str,
    status_on: date,
    employed_on: date | None,
    district: str | None,
    deadline: date,
) -> tuple[str, str]:
    """What an enrolment's text tells of what its row says: before its programme, and after."""
    employed = "null" if employed_on is None else f'"{_day(employed_on)}"'
    before = (
        f'"employed_on":{employed},"employer_district_code":{_quoted(district)},'
        f'"employment_deadline":"{_day(deadline)}","enrolled_on":"{_day(enrolled_on)}",'
        f'"external_id":{_quoted(number)},"organisation_id":"{own}",'
    )
    return before, f'"status":"{status}","status_on":"{_day(status_on)}",'


# There are few, and every batch has the same. A row that is refused may say none.
_day = lru_cache(1 << 15)(str)


def _quoted(value: str | None) -> str:
    return "null" if value is None else encode_basestring(value)
