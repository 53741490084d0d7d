"""What `/enrolments` takes and answers."""

from __future__ import annotations

import marshmallow as ma

from registry.core import fields as f
from registry.core.fields import Input, Output, flawed_at
from registry.core.paging import PageOf
from registry.core.sheets import FileQuery
from registry.core.text import normal_name
from registry.trainees.models import STATUSES

SORTS = ("id", "enrolled_on", "status_on")


def person_name(**kwargs: object) -> f.Text:
    """A person's name: something must be left of it when it is compared."""
    return f.Text(longest=100, personal=True, validate=_names_somebody, **kwargs)  # type: ignore[arg-type]


def _names_somebody(name: str | None) -> None:
    if name is not None and not normal_name(name):
        raise f.flawed("blank")


class TraineeSaid(Input):
    """What an enrolment says of its trainee; null says nothing."""

    external_id = f.Text(longest=100, personal=True, load_default=None, allow_none=True)
    name = person_name(load_default=None, allow_none=True)
    birth_date = f.Day(required=True)
    mobile = f.Mobile(load_default=None, allow_none=True)
    email = f.Email(load_default=None, allow_none=True)


class OutcomeSaid(Input):
    """What became of the trainee."""

    employed_on = f.Day(allow_none=True)
    employer_district_code = f.Code(allow_none=True)


class EnrolmentCreate(Input):
    """An enrolment to enter, and its trainee."""

    external_id = f.Text(longest=100, personal=True, load_default=None, allow_none=True)
    programme_code = f.Code(required=True)
    trainee = f.Part(TraineeSaid, required=True)
    enrolled_on = f.Day(required=True)
    status = f.Choice(STATUSES, load_default="enrolled")
    status_on = f.Day(
        load_default=None,
        allow_none=True,
        metadata={"description": "enrolled_on while enrolled, else required"},
    )
    outcome = f.Part(OutcomeSaid, load_default=None, allow_none=True)


class EnrolmentPatch(Input):
    """A correction of an enrolment; leaving a final status needs a reason."""

    status = f.Choice(STATUSES)
    status_on = f.Day()
    outcome = f.Part(OutcomeSaid, allow_none=True)
    reason = f.Text(longest=500, personal=True, load_default=None, allow_none=True)


class VoidReason(Input):
    """Why a record is void."""

    reason = f.Text(
        longest=500,
        personal=True,
        required=True,
        error_messages={"required": "reason-required", "null": "reason-required"},
    )


class OutcomeRead(Output):
    """What became of the trainee."""

    employed_on = f.Day(allow_none=True)
    employer_district_code = f.Code(allow_none=True)


EXPANDED = {"sometimes": True}  # in an answer only if asked for


class EnrolledTrainee(Output):
    """The trainee's id; with `expand=trainee` the personal values too."""

    id = f.Identifier(attribute="trainee_id")
    external_id = f.Text(attribute="trainee_external_id", allow_none=True, metadata=EXPANDED)
    name = f.Text(allow_none=True, metadata=EXPANDED)
    birth_date = f.Text(allow_none=True, metadata={"format": "date"} | EXPANDED)
    mobile = f.Text(allow_none=True, metadata=EXPANDED)
    email = f.Text(allow_none=True, metadata=EXPANDED)


class EnrolmentRead(Output):
    """An enrolment."""

    id = f.Identifier()
    organisation = f.Code(attribute="organisation_code")
    external_id = f.Text(allow_none=True)
    programme_code = f.Code()
    trainee = f.Part(EnrolledTrainee, attribute="person")
    enrolled_on = f.Day()
    status = f.Choice(STATUSES)
    status_on = f.Day()
    outcome = f.Part(OutcomeRead)
    void = f.Flag(attribute="voided")
    void_reason = f.Text(allow_none=True)
    version = f.Count()


class EnrolmentFilter(FileQuery):
    """Which enrolments to list, in which order, how."""

    external_id = f.Text(longest=100, personal=True, load_default=None)
    programme_code = f.Code(load_default=None)
    organisation = f.Code(load_default=None)
    trainee_id = f.Identifier(load_default=None)
    status = f.Choice(STATUSES, load_default=None)
    void = f.QueryFlag(load_default=None)
    enrolled_from = f.Day(load_default=None)
    enrolled_to = f.Day(load_default=None)
    status_from = f.Day(load_default=None)
    status_to = f.Day(load_default=None)
    sort = f.Choice((*SORTS, *(f"-{name}" for name in SORTS)), load_default="id")
    expand = f.Choice(("trainee",), load_default=None)
    reason = f.Text(
        longest=500,
        personal=True,
        load_default=None,
        metadata={"description": "Why; required for a file with personal values"},
    )

    @ma.validates_schema(skip_on_field_errors=True)
    def _reason(self, data: dict[str, object], **_: object) -> None:
        if data["format"] != "json" and data["expand"] and not data["reason"]:
            raise flawed_at("reason", "reason-required")


class EnrolmentPage(PageOf):
    """A page of enrolments."""

    items = f.Many(f.Part(EnrolmentRead))


class EnrolmentValues(Output):
    """What one version of an enrolment said."""

    external_id = f.Text(allow_none=True)
    enrolled_on = f.Day()
    status = f.Choice(STATUSES)
    status_on = f.Day()
    outcome = f.Part(OutcomeRead)
    void = f.Flag()
    void_reason = f.Text(allow_none=True)


class EnrolmentVersion(Output):
    """One version: what it said, from which revision, until which, by which act, why."""

    version = f.Count()
    from_revision = f.Count(largest=2**62)
    to_revision = f.Count(largest=2**62, allow_none=True)
    at = f.MomentText()
    action = f.Text()
    reason = f.Text(allow_none=True)
    values = f.Part(EnrolmentValues)


class EnrolmentHistory(Output):
    """Every version of an enrolment, oldest first."""

    items = f.Many(f.Part(EnrolmentVersion))
