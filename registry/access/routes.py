"""`/me`, `/organisations`, their keys and `/access-log`: HTTP only."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from registry.access import keys as key_service
from registry.access import queries, service
from registry.access.calls import calls_of
from registry.access.models import AccessLog, Key, KeyCall, Organisation
from registry.access.schemas import (
    AccessLogFilter,
    AccessLogPage,
    CallFilter,
    CallPage,
    KeyCreate,
    KeyCreated,
    KeyPage,
    KeyRead,
    Me,
    OrganisationCreate,
    OrganisationFilter,
    OrganisationPage,
    OrganisationPatch,
    OrganisationRead,
)
from registry.core.api import ANY_KEY, Blueprint
from registry.core.paging import MOST, CursorQuery, Page, paged
from registry.core.parts import registry
from registry.core.responses import BASE
from registry.revisions.queries import changed_since

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.work import Work

me = Blueprint("me", __name__, url_prefix=f"{BASE}/me", description="Who asks")
organisations = Blueprint(
    "organisations",
    __name__,
    url_prefix=f"{BASE}/organisations",
    description="Who registers, decides or reads",
)
keys = Blueprint(
    "keys",
    __name__,
    url_prefix=f"{BASE}/organisations/<uuid:organisation_id>/keys",
    description="What opens the door for an organisation",
)
access_log = Blueprint(
    "access-log",
    __name__,
    url_prefix=f"{BASE}/access-log",
    description="Who read whose personal values",
)
blueprints = (me, organisations, keys, access_log)


@me.read("", access=ANY_KEY, answers=Me)
def read_me(work: Work, _asked: dict[str, Any]) -> dict[str, Any]:
    """Read who you are here, what you may do, and what time it is for the registry."""
    settings = registry().settings
    own = queries.organisation(work, work.principal.organisation_id)
    return {
        "organisation": queries.presented(work, [own])[0],
        "sees": work.principal.organisation_codes,
        "key": work.session.get(Key, work.principal.key_id),
        "scopes": sorted(work.principal.scopes),
        "limits": {
            "body_bytes": settings.body_limit_bytes,
            "page_items": MOST,
            "cursor_hours": settings.cursor_hours,
            "idempotency_hours": settings.idempotency_hours,
            "requests_per_minute": settings.rate_limit_per_minute or None,
        },
        "server_time": work.now,
        "today": work.today,
        "head": work.head,
    }


@organisations.write(
    "POST",
    "",
    access="admin",
    body=OrganisationCreate,
    answers=OrganisationRead,
    status=201,
    location="/organisations/{id}",
)
def create_organisation(work: Work, data: dict[str, Any]) -> queries.OrganisationView:
    """Register an organisation."""
    row = service.create_organisation(work, data)
    work.session.flush()
    return queries.presented(work, [row])[0]


@organisations.read("", access=ANY_KEY, query=OrganisationFilter, answers=OrganisationPage)
def list_organisations(work: Work, asked: dict[str, Any]) -> Page:
    """List the organisations you may see: your own and its predecessors; the city sees all."""
    select = changed_since(queries.visible_organisations(work), Organisation, asked)
    for name in ("code", "kind"):
        if asked[name] is not None:
            select = select.where(getattr(Organisation, name) == asked[name])
    page = paged(work, select, asked, [Organisation.id])
    return Page(queries.presented(work, page.items), page.next_cursor)


@organisations.read(
    "/<uuid:organisation_id>", access=ANY_KEY, answers=OrganisationRead, problems=(404,)
)
def read_organisation(
    work: Work, _asked: dict[str, Any], organisation_id: UUID
) -> queries.OrganisationView:
    """Read one organisation."""
    return queries.presented(work, [queries.organisation(work, organisation_id)])[0]


@organisations.write(
    "PATCH",
    "/<uuid:organisation_id>",
    access="admin",
    body=OrganisationPatch,
    answers=OrganisationRead,
    match=True,
    problems=(404,),
)
def change_organisation(
    work: Work, data: dict[str, Any], organisation_id: UUID
) -> queries.OrganisationView:
    """Change an organisation; a new name is dated and the former ones stay."""
    return service.change_organisation(work, organisation_id, data)


@keys.write(
    "POST",
    "",
    access="keys:manage",
    body=KeyCreate,
    answers=KeyCreated,
    status=201,
    location="/organisations/{organisation_id}/keys/{id}",
    problems=(404,),
)
def create_key(work: Work, data: dict[str, Any], organisation_id: UUID) -> dict[str, Any]:
    """Make a key; its secret is shown this once."""
    owner = queries.managed_organisation(work, organisation_id)
    key, secret = service.create_key(work, owner, **data)
    return _shown_once(work, key, secret)


@keys.read("", access="keys:manage", query=CursorQuery, answers=KeyPage, problems=(404,))
def list_keys(work: Work, asked: dict[str, Any], organisation_id: UUID) -> Page:
    """List an organisation's keys, revoked and expired ones too."""
    page = paged(work, queries.keys_of(work, organisation_id), asked, [Key.id])
    return page.presented(lambda key: _shown(work, key))


@keys.read("/<uuid:key_id>", access="keys:manage", answers=KeyRead, problems=(404,))
def read_key(
    work: Work, _asked: dict[str, Any], organisation_id: UUID, key_id: UUID
) -> dict[str, Any]:
    """Read one key, without its secret."""
    return _shown(work, queries.managed_key(work, organisation_id, key_id))


@keys.write(
    "POST",
    "/<uuid:key_id>/rotate",
    access="keys:manage",
    answers=KeyCreated,
    status=201,
    location="/organisations/{organisation_id}/keys/{id}",
    problems=(404,),
)
def rotate_key(work: Work, organisation_id: UUID, key_id: UUID) -> dict[str, Any]:
    """Make a like key; the old one lives on for a while, so that both work during the change."""
    overlap = timedelta(hours=registry().settings.key_overlap_hours)
    return _shown_once(work, *service.rotate_key(work, organisation_id, key_id, overlap))


@keys.write("POST", "/<uuid:key_id>/revoke", access="keys:manage", answers=KeyRead, problems=(404,))
def revoke_key(work: Work, organisation_id: UUID, key_id: UUID) -> dict[str, Any]:
    """Shut a key out from the next request on."""
    return _shown(work, service.revoke_key(work, organisation_id, key_id))


@keys.read(
    "/<uuid:key_id>/calls",
    access="keys:manage",
    query=CallFilter,
    answers=CallPage,
    problems=(404,),
)
def list_calls(work: Work, asked: dict[str, Any], organisation_id: UUID, key_id: UUID) -> Page:
    """List a key's last calls, the newest first, those that were refused with their errors.

    A call shows within seconds. Kept are the newest so many of each key that were answered, and
    as many that were refused.
    """
    key = queries.managed_key(work, organisation_id, key_id)
    select = calls_of(key.id, refused=asked["refused"])
    return paged(work, select, asked, [KeyCall.at, KeyCall.id], descending=True)


@access_log.read("", access="audit:read", query=AccessLogFilter, answers=AccessLogPage)
def list_readings(work: Work, asked: dict[str, Any]) -> Page:
    """List who of your organisation read whose personal values, the newest first."""
    return paged(work, queries.readings(work, asked), asked, [AccessLog.id], descending=True)


def _shown(work: Work, key: Key) -> dict[str, Any]:
    work.session.flush()
    shown = {
        name: getattr(key, name)
        for name in (
            "id",
            "organisation_id",
            "name",
            "scopes",
            "expires_at",
            "revoked_at",
            "last_used_at",
            "version",
        )
    }
    return {**shown, "state": key_service.state_of(key, work.now)}


def _shown_once(work: Work, key: Key, secret: str) -> dict[str, Any]:
    return {**_shown(work, key), "secret": secret}
