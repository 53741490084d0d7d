"""The accounts of the own organisation: invited, reset, closed; a link is shown once, to be printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template, request, url_for

from registry.access import queries as access
from registry.accounts import queries, service
from registry.accounts.models import Account
from registry.accounts.roles import roles_for, scopes_of
from registry.core import fields as f
from registry.core.fields import Input
from registry.core.paging import CursorQuery, paged
from registry.core.parts import registry
from registry.web.console.area import console
from registry.web.console.pages import Done, Once
from registry.web.languages import page_language

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.work import Work


class InviteForm(Input):
    """An account to make."""

    name = f.Text(longest=40, required=True)
    role = f.Text(longest=20, required=True)


class RoleForm(Input):
    """Another role."""

    role = f.Text(longest=20, required=True)


@console.page("/accounts", act="accounts", query=CursorQuery)
def accounts(work: Work, asked: dict[str, Any]) -> str:
    """List the accounts of the own organisation, and offer to invite somebody."""
    own = queries.accounts_of(work, _own(work))
    page = paged(work, own, asked, [Account.id])
    kind = access.organisation(work, _own(work)).kind
    roles = [
        role for role in roles_for(kind)
        if all(work.principal.holds(scope) for scope in scopes_of(role.code, kind))
    ]  # fmt: skip
    korean = page_language() == "ko"
    return render_template(
        "console/accounts.html",
        accounts=page.items,
        next_cursor=page.next_cursor,
        roles=[(r.code, f"{r.name} — {r.does}" if korean else f"{r.name_en} — {r.does_en}") for r in roles],
        short_roles=[(r.code, r.name if korean else r.name_en) for r in roles],
    )  # fmt: skip


def _own(work: Work) -> UUID:
    found: UUID = work.principal.organisation_id
    return found


@console.act("/accounts", act="accounts", shows="accounts", body=InviteForm)
def invite_account(work: Work, data: dict[str, Any]) -> Once:
    """Make an account and show its link."""
    hours = registry().settings.account_link_hours
    made, secret = service.invite(work, _own(work), data["name"], data["role"], hours)
    return one_time_link(made, secret, hours)


@console.act("/accounts/<uuid:account_id>/reset", act="accounts", shows="accounts", confirms=True)
def reset_account(work: Work, _data: Any, account_id: UUID) -> Once:  # noqa: ANN401 - nothing
    """Take password and second factor away and show a new link."""
    hours = registry().settings.account_link_hours
    found, secret = service.reset(work, account_id, hours)
    return one_time_link(found, secret, hours)


def one_time_link(account: Account, secret: str, hours: int) -> Once:
    """Show a link this once, to be printed."""
    link = request.host_url.rstrip("/") + url_for("console.welcome", secret=secret)
    facts = {"name": account.name, "secret": link, "kind": "link", "hours": hours}
    return Once("console/secret.html", facts)


@console.act("/accounts/<uuid:account_id>/role", act="accounts", shows="accounts", body=RoleForm)
def change_role(work: Work, data: dict[str, Any], account_id: UUID) -> Done:
    """Give an account another role."""
    service.change_role(work, account_id, data["role"])
    return Done(url_for("console.accounts"), "account-changed")


@console.act("/accounts/<uuid:account_id>/disable", act="accounts", shows="accounts", confirms=True)
def disable_account(work: Work, _data: Any, account_id: UUID) -> Done:  # noqa: ANN401 - nothing
    """Close an account."""
    service.disable(work, account_id)
    return Done(url_for("console.accounts"), "account-changed")


@console.act("/accounts/<uuid:account_id>/enable", act="accounts", shows="accounts")
def enable_account(work: Work, _data: Any, account_id: UUID) -> Done:  # noqa: ANN401 - nothing
    """Open a closed account again."""
    service.enable(work, account_id)
    return Done(url_for("console.accounts"), "account-changed")
