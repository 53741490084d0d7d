"""API keys of the own organisation: made, rotated, revoked; a secret is shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import render_template, url_for

from registry.access import queries, service
from registry.access.calls import calls_of, last_refused
from registry.access.keys import state_of
from registry.access.models import Key, KeyCall
from registry.access.principal import SCOPES
from registry.access.schemas import CallFilter
from registry.core import fields as f
from registry.core.clock import end_of_seoul_day
from registry.core.fields import Input
from registry.core.paging import CursorQuery, paged
from registry.core.parts import registry
from registry.core.problems import catalogue
from registry.web.console.area import console
from registry.web.console.pages import Done, Once

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.work import Work


class KeyForm(Input):
    """A key to make."""

    name = f.Text(required=True, personal=True)
    scopes = f.Many(f.Choice(SCOPES), most=len(SCOPES), required=True)
    last_day = f.Day(load_default=None, allow_none=True)


@console.page("/keys", act="keys", query=CursorQuery)
def keys(work: Work, asked: dict[str, Any]) -> str:
    """List the keys of the own organisation, and offer a new one."""
    own = queries.keys_of(work, _own(work))
    page = paged(work, own, asked, [Key.id], descending=True)
    return render_template(
        "console/keys.html",
        keys=[(key, state_of(key, work.now)) for key in page.items],
        next_cursor=page.next_cursor,
        scopes=[scope for scope in SCOPES if work.principal.holds(scope)],
        today=work.today,
    )


@console.page("/keys/<uuid:key_id>", act="keys", query=CallFilter)
def key(work: Work, asked: dict[str, Any], key_id: UUID) -> str:
    """Show one key, and its last calls with what was refused of them."""
    found = queries.managed_key(work, _own(work), key_id)
    chosen = calls_of(found.id, refused=asked["refused"])
    page = paged(work, chosen, asked, [KeyCall.at, KeyCall.id], descending=True)
    return render_template(
        "console/key.html",
        key=found,
        state=state_of(found, work.now),
        last_refused=last_refused(work, found.id),
        kept=registry().settings.key_calls_kept,
        asked=asked,
        calls=page.items,
        next_cursor=page.next_cursor,
        catalogue=catalogue(),
    )


def _own(work: Work) -> UUID:
    found: UUID = work.principal.organisation_id
    return found


@console.act("/keys", act="keys", shows="keys", body=KeyForm, lists=("scopes",))
def create_key(work: Work, data: dict[str, Any]) -> Once:
    """Make a key and show its secret."""
    owner = queries.managed_organisation(work, _own(work))
    last = data["last_day"]
    ends = end_of_seoul_day(last) if last else None
    key, secret = service.create_key(work, owner, data["name"], data["scopes"], ends)
    return Once("console/secret.html", {"name": key.name, "secret": secret, "kind": "key"})


@console.act("/keys/<uuid:key_id>/rotate", act="keys", shows="keys")
def rotate_key(work: Work, _data: Any, key_id: UUID) -> Once:  # noqa: ANN401 - nothing
    """Make a like key and show its secret; the old one lives on for a while."""
    hours = registry().settings.key_overlap_hours
    key, secret = service.rotate_key(work, _own(work), key_id, timedelta(hours=hours))
    facts = {"name": key.name, "secret": secret, "kind": "key", "overlap": hours}
    return Once("console/secret.html", facts)


@console.act("/keys/<uuid:key_id>/revoke", act="keys", shows="keys", confirms=True)
def revoke_key(work: Work, _data: Any, key_id: UUID) -> Done:  # noqa: ANN401 - nothing
    """Shut a key out."""
    service.revoke_key(work, _own(work), key_id)
    return Done(url_for("console.keys"), "key-revoked")
