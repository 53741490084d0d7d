"""What `/me`, `/organisations`, their keys and `/access-log` take and answer."""

from __future__ import annotations

import marshmallow as ma

from registry.access.models import ORGANISATION_KINDS
from registry.access.principal import SCOPES
from registry.core import fields as f
from registry.core.fields import Input, Output, flawed_at
from registry.core.paging import CursorQuery, PageOf, PageQuery


def _check_validity(data: dict[str, object]) -> None:
    first, last = data.get("valid_from"), data.get("valid_to")
    if first is not None and last is not None and first > last:  # type: ignore[operator]
        raise flawed_at("valid_to", "date-order", earlier="valid_from", later="valid_to")


class OrganisationCreate(Input):
    """An organisation to register; its code never changes."""

    code = f.Code(required=True)
    name = f.Text(required=True)
    name_en = f.Text(load_default=None, allow_none=True)
    kind = f.Choice(ORGANISATION_KINDS, required=True)
    business_number = f.BusinessNumber(load_default=None, allow_none=True)
    valid_from = f.Day(load_default=None, allow_none=True)
    valid_to = f.Day(load_default=None, allow_none=True)
    successor_code = f.Code(load_default=None, allow_none=True)

    @ma.validates_schema
    def _validity(self, data: dict[str, object], **_: object) -> None:
        _check_validity(data)


class OrganisationPatch(Input):
    """A change of an organisation. With a name, `valid_from` says from when it is called that."""

    name = f.Text()
    name_en = f.Text(allow_none=True)
    kind = f.Choice(ORGANISATION_KINDS)
    business_number = f.BusinessNumber(allow_none=True)
    valid_from = f.Day(
        allow_none=True,
        metadata={
            "description": "With name or name_en: from when that name holds (default today); "
            "else a correction of the organisation's own first day."
        },
    )
    valid_to = f.Day(allow_none=True)
    successor_code = f.Code(allow_none=True)
    reason = f.Text(longest=500, personal=True, load_default=None)


class DatedName(Output):
    """What an organisation is called from a date on; null is from the beginning."""

    name = f.Text()
    name_en = f.Text(allow_none=True)
    valid_from = f.Day(allow_none=True)


class OrganisationRead(Output):
    """An organisation under today's name, with all its names."""

    id = f.Identifier()
    code = f.Code()
    name = f.Text()
    name_en = f.Text(allow_none=True)
    kind = f.Choice(ORGANISATION_KINDS)
    business_number = f.Text(allow_none=True)
    valid_from = f.Day(allow_none=True)
    valid_to = f.Day(allow_none=True)
    successor_code = f.Code(allow_none=True)
    names = f.Many(f.Part(DatedName))
    version = f.Count()


class OrganisationFilter(PageQuery):
    """Which organisations to list."""

    code = f.Code(load_default=None)
    kind = f.Choice(ORGANISATION_KINDS, load_default=None)


class OrganisationPage(PageOf):
    """A page of organisations."""

    items = f.Many(f.Part(OrganisationRead))


class KeyCreate(Input):
    """A key to make; it can hold only what its maker holds."""

    name = f.Text(required=True, personal=True)
    scopes = f.Many(f.Choice(SCOPES), most=len(SCOPES), required=True)
    expires_at = f.MomentText(load_default=None, allow_none=True)


class KeyRead(Output):
    """A key without its secret; `last_used_at` is known to the minute."""

    id = f.Identifier()
    organisation_id = f.Identifier()
    name = f.Text()
    scopes = f.Many(f.Choice(SCOPES))
    state = f.Choice(("active", "expired", "revoked"))
    expires_at = f.MomentText(allow_none=True)
    revoked_at = f.MomentText(allow_none=True)
    last_used_at = f.MomentText(allow_none=True)
    version = f.Count()


class KeyCreated(KeyRead):
    """A new key with its secret, which is shown this once; null in a replayed answer."""

    secret = f.Text(longest=200, allow_none=True)


class KeyPage(PageOf):
    """A page of keys."""

    items = f.Many(f.Part(KeyRead))


class CallFilter(CursorQuery):
    """Which of a key's last calls to list: all, or those that were refused, or the others."""

    refused = f.QueryFlag(load_default=None)


class CallError(Output):
    """What a call was refused for: a pointer into its body or the name of a parameter.

    The place is empty where it would be the sender's own text.
    """

    place = f.Text()
    code = f.Code()


class CallRead(Output):
    """One call of a key: its route, never its address, and what came of it; no value.

    `code` is null where nothing was refused, `milliseconds` where it was not measured.
    """

    at = f.MomentText()
    method = f.Text()
    route = f.Text()
    status = f.Count()
    code = f.Code(allow_none=True)
    errors = f.Many(f.Part(CallError))
    milliseconds = f.Ratio(allow_none=True)
    request_id = f.Text()


class CallPage(PageOf):
    """A page of a key's calls."""

    items = f.Many(f.Part(CallRead))


class AccessLogFilter(CursorQuery):
    """Which readings of personal values to list, by Seoul dates."""

    act = f.Text(longest=64, load_default=None)
    key_id = f.Identifier(load_default=None)
    first = f.Day(data_key="from", load_default=None)
    last = f.Day(data_key="to", load_default=None)


class AccessLogRead(Output):
    """One reading of personal values: who, when, from where, whose, what."""

    id = f.Count()
    at = f.MomentText()
    organisation_id = f.Identifier()
    key_id = f.Identifier(allow_none=True)
    address = f.Text()
    request_id = f.Text()
    act = f.Text()
    reason = f.Text(allow_none=True)
    record_ids = f.Many(f.Identifier())


class AccessLogPage(PageOf):
    """A page of the access log."""

    items = f.Many(f.Part(AccessLogRead))


class MyOrganisation(Output):
    """The organisation a key belongs to."""

    id = f.Identifier()
    code = f.Code()
    name = f.Text()
    name_en = f.Text(allow_none=True)
    kind = f.Choice(ORGANISATION_KINDS)


class MyKey(Output):
    """The key that asks."""

    id = f.Identifier()
    name = f.Text()
    expires_at = f.MomentText(allow_none=True)


class Limits(Output):
    """What one request, page or minute may hold; `requests_per_minute` null is unlimited."""

    body_bytes = f.Count()
    page_items = f.Count()
    cursor_hours = f.Count()
    idempotency_hours = f.Count()
    requests_per_minute = f.Count(allow_none=True)


class KnownRevision(Output):
    """The newest revision."""

    number = f.Count()
    at = f.MomentText()


class Me(Output):
    """Who asks, what it may do, and what time it is for the registry."""

    organisation = f.Part(MyOrganisation)
    sees = f.Many(f.Code(), metadata={"description": "organisations whose records are visible"})
    key = f.Part(MyKey)
    scopes = f.Many(f.Choice(SCOPES))
    limits = f.Part(Limits)
    server_time = f.MomentText()
    today = f.Day(metadata={"description": "today in Seoul"})
    head = f.Part(KnownRevision)
