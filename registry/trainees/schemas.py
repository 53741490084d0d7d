"""What `/programmes`, `/enrolments` and `/trainees` take and answer."""

from __future__ import annotations

import marshmallow as ma

from registry.core import fields as f
from registry.core.fields import Input, Output, flawed_at
from registry.core.paging import PageOf
from registry.core.sheets import FileQuery


class ProgrammeCreate(Input):
    """A programme to register."""

    code = f.Code(required=True)
    name = f.Text(required=True, personal=True)
    name_en = f.Text(load_default=None, allow_none=True, personal=True)
    kind = f.Code(required=True)
    field = f.Code(required=True)
    secondary_fields = f.Many(f.Code(), most=5, load_default=list)
    district_code = f.Code(required=True)
    starts_on = f.Day(load_default=None, allow_none=True)
    ends_on = f.Day(load_default=None, allow_none=True)
    capacity = f.Count(1, 100_000, load_default=None, allow_none=True)

    @ma.validates_schema
    def _dates(self, data: dict[str, object], **_: object) -> None:
        check_order(data, "starts_on", "ends_on")


class ProgrammePatch(Input):
    """A correction of a programme: it holds for all its enrolments."""

    name = f.Text(personal=True)
    name_en = f.Text(allow_none=True, personal=True)
    kind = f.Code()
    field = f.Code()
    secondary_fields = f.Many(f.Code(), most=5)
    district_code = f.Code()
    starts_on = f.Day(allow_none=True)
    ends_on = f.Day(allow_none=True)
    capacity = f.Count(1, 100_000, allow_none=True)
    reason = f.Text(longest=500, personal=True, load_default=None)


class ProgrammeRead(Output):
    """A programme."""

    id = f.Identifier()
    organisation = f.Code(attribute="organisation_code")
    code = f.Code()
    name = f.Text()
    name_en = f.Text(allow_none=True)
    kind = f.Code()
    field = f.Code()
    secondary_fields = f.Many(f.Code())
    district_code = f.Code()
    starts_on = f.Day(allow_none=True)
    ends_on = f.Day(allow_none=True)
    capacity = f.Count(allow_none=True)
    version = f.Count()


class ProgrammeFilter(FileQuery):
    """Which programmes to list."""

    code = f.Code(load_default=None)
    kind = f.Code(load_default=None)
    field = f.Code(load_default=None)
    district_code = f.Code(load_default=None)
    organisation = f.Code(load_default=None)


class ProgrammePage(PageOf):
    """A page of programmes."""

    items = f.Many(f.Part(ProgrammeRead))


def check_order(data: dict[str, object], earlier: str, later: str) -> None:
    """Refuse two dates of which the first is after the second."""
    first, second = data.get(earlier), data.get(later)
    if first is not None and second is not None and first > second:  # type: ignore[operator]
        raise flawed_at(later, "date-order", earlier=earlier, later=later)
