"""People and enrolments: found by name or by programme, corrected, voided, restored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import g, render_template, url_for

from registry.access.queries import organisation_codes
from registry.core.paging import paged
from registry.core.parts import registry
from registry.trainees import enrolments as service
from registry.trainees import listing, queries, records
from registry.trainees import people as people_service
from registry.trainees.enrolment_schemas import EnrolmentFilter, EnrolmentPatch, VoidReason
from registry.trainees.models import Programme
from registry.trainees.trainee_schemas import TraineePatch, TraineeSearch
from registry.web.console import forms
from registry.web.console.area import console
from registry.web.console.options import code_options, status_options
from registry.web.console.pages import Done, Once

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.work import Work

MOST_FOUND = 50
MOST_PROGRAMMES = 500


@console.page("/people", act="people-see", query=EnrolmentFilter)
def people(work: Work, asked: dict[str, Any]) -> str:
    """Find a person, or list enrolments with who attends; the reading is logged."""
    asked = asked | {"expand": "trainee", "format": "json"}
    chosen, keys, descending = listing.enrolments(work, asked)
    page = paged(work, chosen, asked, keys, descending=descending)
    page = listing.presented(work, registry().keyring, page, asked)
    return render_template(
        "console/people.html",
        items=page.items,
        next_cursor=page.next_cursor,
        asked=asked,
        programmes=_programmes(work),
        statuses=status_options(),
    )


def _programmes(work: Work) -> list[tuple[str, str]]:
    newest = queries.visible_programmes(work).order_by(Programme.id.desc()).limit(MOST_PROGRAMMES)
    return [(row.code, f"{row.code} · {row.name}") for row in work.session.scalars(newest)]


@console.act("/people", act="people-see", shows="people", body=TraineeSearch, revises=False)
def search_people(work: Work, said: dict[str, Any]) -> Once:
    """Find people by exact name and birth date; the reading is logged."""
    keyring = registry().keyring
    rows = records.like(work, keyring, said, MOST_FOUND)
    work.log_access("trainee.search", [row.id for row in rows])
    attended = queries.enrolments_of(work, [row.id for row in rows])
    g.typed = forms.typed("search_people")
    found = records.shown(work, keyring, rows)
    return Once("console/found.html", {"found": found, "attended": attended})


@console.page("/people/<uuid:trainee_id>", act="people-see")
def person(work: Work, _asked: dict[str, Any], trainee_id: UUID) -> str:
    """Show one person's record; the reading is logged."""
    row = records.trainee(work, trainee_id)
    work.log_access("trainee.read", [row.id])
    return render_template(
        "console/person.html",
        person=records.shown(work, registry().keyring, [row])[0],
        attended=queries.enrolments_of(work, [row.id]),
        own=row.organisation_id in work.principal.organisations,
    )


@console.act("/people/<uuid:trainee_id>", act="people-correct", shows="person", body=TraineePatch)
def correct_person(work: Work, data: dict[str, Any], trainee_id: UUID) -> Done:
    """Correct the own record of a person."""
    people_service.correct_trainee(work, registry().keyring, trainee_id, data)
    return Done(url_for("console.person", trainee_id=trainee_id), "corrected")


@console.page("/enrolments/<uuid:enrolment_id>", act="people-see")
def enrolment(work: Work, _asked: dict[str, Any], enrolment_id: UUID) -> str:
    """Show one enrolment with its person and its past; the reading is logged."""
    row = queries.enrolment(work, enrolment_id)
    found = records.trainee(work, row.trainee_id)
    work.log_access("enrolment.read", [found.id])
    return render_template(
        "console/enrolment.html",
        row=row,
        organisation=organisation_codes(work.session)[row.organisation_id],
        person=records.shown(work, registry().keyring, [found])[0],
        past=records.past_of(work, row),
        statuses=status_options(),
        districts=code_options(work, "districts"),
        own=row.organisation_id in work.principal.organisations,
    )


@console.act(
    "/enrolments/<uuid:enrolment_id>", act="people-correct", shows="enrolment",
    body=EnrolmentPatch,
)  # fmt: skip
def correct_enrolment(work: Work, data: dict[str, Any], enrolment_id: UUID) -> Done:
    """Correct status, its date or the outcome."""
    service.correct_enrolment(work, enrolment_id, data)
    return _back(enrolment_id, "corrected")


@console.act(
    "/enrolments/<uuid:enrolment_id>/void", act="people-correct", shows="enrolment",
    body=VoidReason, confirms=True,
)  # fmt: skip
def void_enrolment(work: Work, data: dict[str, Any], enrolment_id: UUID) -> Done:
    """Take an enrolment out of every figure."""
    service.void(work, enrolment_id, data)
    return _back(enrolment_id, "voided")


@console.act(
    "/enrolments/<uuid:enrolment_id>/restore", act="people-correct", shows="enrolment",
    confirms=True,
)  # fmt: skip
def restore_enrolment(work: Work, _data: Any, enrolment_id: UUID) -> Done:  # noqa: ANN401 - nothing
    """Bring a void enrolment back."""
    service.restore(work, enrolment_id)
    return _back(enrolment_id, "restored")


def _back(enrolment_id: UUID, said: str) -> Done:
    return Done(url_for("console.enrolment", enrolment_id=enrolment_id), said)
