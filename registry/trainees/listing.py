"""Lists of enrolments: which, in which order, and with whose personal values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.access.models import Organisation
from registry.access.queries import of_organisation
from registry.core.json_rows import JsonRows, Written, one_written, page_text
from registry.core.paging import paged
from registry.revisions.queries import filtered
from registry.trainees import queries, records
from registry.trainees.enrolment_schemas import EnrolmentRead
from registry.trainees.models import Enrolment, Programme
from registry.trainees.people import PERSONAL, opened

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import InstrumentedAttribute

    from registry.core.crypto import Keyring
    from registry.core.paging import Page
    from registry.core.work import Work

Keys = list["InstrumentedAttribute[Any]"]
PLAIN_COLUMNS = (
    "id", "organisation", "external_id", "programme_code", "trainee.id", "enrolled_on", "status",
    "status_on", "outcome.employed_on", "outcome.employer_district_code", "void", "version",
)  # fmt: skip
PERSON_COLUMNS = tuple(f"trainee.{name}" for name in ("external_id", *PERSONAL))
RANGES = {
    "enrolled_from": Enrolment.enrolled_on.__ge__,
    "enrolled_to": Enrolment.enrolled_on.__le__,
    "status_from": Enrolment.status_on.__ge__,
    "status_to": Enrolment.status_on.__le__,
}


# An enrolment as `shown` shows it, written as JSON by the database.
WRITTEN = JsonRows(
    EnrolmentRead,
    {
        "id": Enrolment.id,
        "organisation_code": Organisation.code,
        "external_id": Enrolment.external_id,
        "programme_code": Programme.code,
        "person.trainee_id": Enrolment.trainee_id,
        "enrolled_on": Enrolment.enrolled_on,
        "status": Enrolment.status,
        "status_on": Enrolment.status_on,
        "outcome.employed_on": Enrolment.employed_on,
        "outcome.employer_district_code": Enrolment.employer_district_code,
        "voided": Enrolment.voided,
        "void_reason": Enrolment.void_reason,
        "version": Enrolment.version,
    },
)


def page_written(work: Work, asked: dict[str, Any]) -> Written:
    """A page of enrolments without personal values, as JSON."""
    select, keys, descending = enrolments(work, asked)
    page = paged(
        work, select, asked, keys, descending=descending,
        shown=lambda chosen: queries.written(work, chosen, WRITTEN, *keys),
    )  # fmt: skip
    text = page_text([row.json for row in page.items], page.next_cursor)
    return Written(text, link=page.link)


def one(work: Work, enrolment_id: UUID) -> Written:
    """One visible enrolment, as JSON. Raises not-found."""
    visible = queries.visible_enrolments(work).where(Enrolment.id == enrolment_id)
    select = queries.written(
        work, visible.with_only_columns(Enrolment.id), WRITTEN, Enrolment.version
    )
    return one_written(work.session.execute(select).all())


def enrolments(work: Work, asked: dict[str, Any]) -> tuple[Select[Any], Keys, bool]:
    """The select a list asks for, its sort keys, and whether it runs backwards."""
    work.principal.require("trainees:read")
    select = queries.visible_enrolments(work)
    select = filtered(select, Enrolment, asked, "external_id", "status", "trainee_id")
    if asked["organisation"] is not None:
        select = of_organisation(work.session, select, Enrolment, asked["organisation"])
    if asked["programme_code"] is not None:
        select = queries.of_programme_code(select, asked["programme_code"])
    if asked["void"] is not None:
        select = select.where(Enrolment.voided == asked["void"])
    for name, clause in RANGES.items():
        if asked[name] is not None:
            select = select.where(clause(asked[name]))
    name = asked["sort"].removeprefix("-")
    keys = [Enrolment.id] if name == "id" else [getattr(Enrolment, name), Enrolment.id]
    return select, keys, asked["sort"].startswith("-")


def shown(row: Enrolment, person: dict[str, Any] | None = None) -> dict[str, Any]:
    """An enrolment as it is answered; with the person's values only where they were asked for."""
    return shown_in(row, row.organisation_code, row.programme_code, person)


def shown_in(
    row: Enrolment, organisation: str, programme: str, person: dict[str, Any] | None = None
) -> dict[str, Any]:
    """As `shown`, where the codes of its programme are known."""
    return {
        "id": row.id,
        "organisation_code": organisation,
        "external_id": row.external_id,
        "programme_code": programme,
        "person": {"trainee_id": row.trainee_id, **(person or {})},
        "enrolled_on": row.enrolled_on,
        "status": row.status,
        "status_on": row.status_on,
        "outcome": row.outcome,
        "voided": row.voided,
        "void_reason": row.void_reason,
        "version": row.version,
    }


def presented(work: Work, keyring: Keyring, page: Page, asked: dict[str, Any]) -> Page:
    """A page of enrolments as they are answered; personal values are named to the access log."""
    if asked["expand"] is None:
        return page.presented(shown)
    rows = records.trainees(work, {row.trainee_id for row in page.items})
    people = {
        row.id: {"trainee_external_id": row.external_id, **opened(keyring, row)} for row in rows
    }
    act = "enrolments.list" if asked["format"] == "json" else "enrolments.export"
    work.log_access(act, sorted(people), asked["reason"])
    return page.presented(lambda row: shown(row, people[row.trainee_id]))


def columns(asked: dict[str, Any]) -> tuple[str, ...]:
    """The columns of a file, in order."""
    place = PLAIN_COLUMNS.index("trainee.id") + 1
    people = PERSON_COLUMNS if asked["expand"] else ()
    return (*PLAIN_COLUMNS[:place], *people, *PLAIN_COLUMNS[place:])
