"""What `/startups` takes and answers."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from registry.core import fields as f
from registry.core.fields import Input, Output, flawed_at
from registry.core.paging import PageOf
from registry.core.sheets import FileQuery
from registry.investments.identifiers import BUSINESS, CORPORATE

KSIC = r"[A-U]?[0-9]{0,5}"


def _name(**options: Any) -> f.Text:
    return f.Text(personal=True, **options)


def _certificates(**options: Any) -> f.Many:
    return f.Many(f.Text(longest=100, personal=True), most=20, **options)


def _ksic_revision(**options: Any) -> f.Count:
    return f.Count(1, 99, allow_none=True, **options)


class StartupCreate(Input):
    """A start-up to register; its field and district hold for all the past, until they change."""

    name = _name(required=True)
    business_number = f.BusinessNumber(load_default=None, allow_none=True)
    corporate_number = f.CorporateNumber(load_default=None, allow_none=True)
    founded_on = f.Day(load_default=None, allow_none=True)
    field = f.Code(required=True)
    district_code = f.Code(required=True)
    ksic_code = f.Text(longest=6, pattern=KSIC, load_default=None, allow_none=True)
    ksic_revision = _ksic_revision(load_default=None)
    certificates = _certificates(load_default=list)

    @ma.validates_schema(skip_on_field_errors=True)
    def _identified(self, data: dict[str, Any], **_: object) -> None:
        if not data[BUSINESS] and not data[CORPORATE]:
            raise flawed_at(BUSINESS, "required")


class StartupPatch(Input):
    """A correction of a start-up; another field or district holds from `effective_on` on."""

    name = _name()
    founded_on = f.Day(allow_none=True)
    field = f.Code()
    district_code = f.Code()
    effective_on = f.Day()
    ksic_code = f.Text(longest=6, pattern=KSIC, allow_none=True)
    ksic_revision = _ksic_revision()
    certificates = _certificates()
    reason = f.Text(longest=500, personal=True, load_default=None, allow_none=True)


class StartupVoid(Input):
    """Why a start-up is taken out of all figures."""

    reason = f.Text(longest=500, personal=True, required=True)


class StartupMerge(Input):
    """The start-up that another one turns out to be."""

    into = f.Identifier(required=True)


class IdentifierCreate(Input):
    """A further number of a start-up, as on incorporation."""

    kind = f.Choice((BUSINESS, CORPORATE), required=True)
    value = f.Text(longest=40, required=True)
    valid_from = f.Day(required=True)

    @ma.post_load
    def _plain(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        field = f.BusinessNumber() if data["kind"] == BUSINESS else f.CorporateNumber()
        try:
            value = field.deserialize(data["value"])
        except ma.ValidationError as error:
            raise ma.ValidationError({"value": error.messages}) from None
        return data | {"value": value}


class IdentifierRead(Output):
    """A number a start-up has or had; one it was registered with is open to the past."""

    kind = f.Choice((BUSINESS, CORPORATE))
    value = f.Text()
    valid_from = f.Day(allow_none=True)


class PeriodRead(Output):
    """A field or district from a date on; the first is open to the past."""

    attribute = f.Choice(("district_code", "field"))
    value = f.Code()
    effective_on = f.Day(allow_none=True)


class StartupRead(Output):
    """A start-up with its present field, district and numbers, and those it had."""

    id = f.Identifier()
    organisation = f.Code(metadata={"description": "who registered it"})
    name = f.Text()
    business_number = f.Text(allow_none=True)
    corporate_number = f.Text(allow_none=True)
    founded_on = f.Day(allow_none=True)
    field = f.Code()
    district_code = f.Code()
    ksic_code = f.Text(allow_none=True)
    ksic_revision = f.Count(allow_none=True)
    certificates = f.Many(f.Text())
    identifiers = f.Many(f.Part(IdentifierRead))
    periods = f.Many(f.Part(PeriodRead))
    merged_into_id = f.Identifier(allow_none=True)
    void = f.Flag(attribute="voided")
    void_reason = f.Text(allow_none=True)
    version = f.Count()


class WarningRead(Output):
    """What is odd about an input that was accepted."""

    pointer = f.Text()
    code = f.Code()
    detail = f.Text()


class StartupWritten(StartupRead):
    """A start-up after a write, with what was odd about the input."""

    warnings = f.Many(f.Part(WarningRead))


class StartupFilter(FileQuery):
    """Which start-ups to list; a number finds the start-up that has or had it, after merges."""

    business_number = f.BusinessNumber(load_default=None)
    corporate_number = f.CorporateNumber(load_default=None)
    name = f.Text(load_default=None, metadata={"description": "a part of the name"})
    field = f.Code(load_default=None)
    district_code = f.Code(load_default=None)
    void = f.QueryFlag(load_default=None)
    sort = f.Choice(("id", "-id", "name", "-name"), load_default="id")


class StartupPage(PageOf):
    """A page of start-ups."""

    items = f.Many(f.Part(StartupRead))
