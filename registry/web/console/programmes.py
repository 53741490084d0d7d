"""Programmes: how full they are, registered, corrected, and ended for a whole cohort at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import render_template, url_for

from registry.core import fields as f
from registry.core.fields import Input
from registry.core.paging import CursorQuery, paged
from registry.core.parts import registry
from registry.core.problems import Invalid
from registry.trainees import cohorts, queries, records, service
from registry.trainees.models import STATUSES, Programme, Trainee
from registry.trainees.schemas import ProgrammeCreate, ProgrammePatch
from registry.web.console.area import console
from registry.web.console.options import code_options, status_options
from registry.web.console.pages import Done

if TYPE_CHECKING:
    from registry.core.work import Work

YEARS = 5
OF_ONE = 60  # characters of an enrolment's id with its version


class ProgrammesShown(CursorQuery):
    """Which of the own programmes to show."""

    year = f.QueryCount(f.EARLIEST_YEAR, f.LATEST_YEAR, load_default=None)


class CohortForm(Input):
    """What becomes of those who were ticked."""

    status = f.Choice(STATUSES[1:], required=True)
    status_on = f.Day(required=True)
    chosen = f.Many(f.Text(longest=OF_ONE), most=cohorts.MOST, load_default=list)
    reason = f.Text(longest=500, personal=True, load_default=None)


def _codes(work: Work) -> dict[str, Any]:
    lists = {"kinds": "programme-kinds", "fields": "fields", "districts": "districts"}
    return {name: code_options(work, of) for name, of in lists.items()}


@console.page("/programmes", act="people-correct", query=ProgrammesShown)
def programmes(work: Work, asked: dict[str, Any]) -> str:
    """Show the own programmes against their capacity, and offer to register one."""
    chosen = cohorts.own_programmes(work, asked["year"])
    page = paged(work, chosen, asked | {"limit": 30}, [Programme.id], descending=True)
    return render_template(
        "console/programmes.html",
        items=page.items,
        filling=cohorts.filling(work, [row.id for row in page.items]),
        next_cursor=page.next_cursor,
        year=asked["year"],
        years=range(work.today.year + 1, work.today.year - YEARS, -1),
        **_codes(work),
    )


@console.act(
    "/programmes", act="people-correct", shows="programmes", body=ProgrammeCreate,
    numbers=("capacity",),
)  # fmt: skip
def register_programme(work: Work, data: dict[str, Any]) -> Done:
    """Register a programme."""
    row = service.register_programme(work, data)
    work.session.flush()
    return _shown(row.id, "registered")


@console.page("/programmes/<uuid:programme_id>", act="people-correct")
def programme(work: Work, _asked: dict[str, Any], programme_id: UUID) -> str:
    """Show one programme and who attends it; the reading is logged."""
    row = queries.own_programme(work, programme_id)
    cohort = cohorts.attending(work, row)
    return render_template(
        "console/programme.html",
        row=row,
        filling=cohorts.filling(work, [row.id])[row.id],
        cohort=cohort,
        people=_people(work, [each.trainee_id for each in cohort]),
        most=cohorts.MOST,
        today=work.today,
        statuses=status_options()[1:],
        **_codes(work),
    )


def _people(work: Work, ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    if not ids:
        return {}
    rows = [row for row in (work.session.get(Trainee, each) for each in ids) if row is not None]
    work.log_access("enrolments.list", ids)
    return {each["id"]: each for each in records.shown(work, registry().keyring, rows)}


@console.act(
    "/programmes/<uuid:programme_id>", act="people-correct", shows="programme",
    body=ProgrammePatch, numbers=("capacity",), confirms=True,
)  # fmt: skip
def correct_programme(work: Work, data: dict[str, Any], programme_id: UUID) -> Done:
    """Correct a programme, for all its enrolments."""
    service.correct_programme(work, programme_id, data)
    return _shown(programme_id, "corrected")


@console.act(
    "/programmes/<uuid:programme_id>/cohort", act="people-correct", shows="programme",
    body=CohortForm, lists=("chosen",), confirms=True,
)  # fmt: skip
def settle_cohort(work: Work, data: dict[str, Any], programme_id: UUID) -> Done:
    """Give all who were ticked one status on one day."""
    cohorts.settle(work, programme_id, _chosen(data["chosen"]), data)
    return _shown(programme_id, "cohort-settled")


def _chosen(said: list[str]) -> dict[UUID, int]:
    """The ticked enrolments with the version that was shown. Raises Invalid."""
    try:
        pairs = [each.split(":", 1) for each in said]
        return {UUID(one): int(version) for one, version in pairs}
    except ValueError:
        raise Invalid.at("chosen", "invalid-type") from None


def _shown(programme_id: UUID, said: str) -> Done:
    return Done(url_for("console.programme", programme_id=programme_id), said)
