"""Organisations: who registers, decides and reads; renamed from a day on, and succeeded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template, url_for

from registry.access import queries, service
from registry.access.models import ORGANISATION_KINDS, Organisation
from registry.access.schemas import OrganisationCreate, OrganisationFilter, OrganisationPatch
from registry.accounts import service as accounts
from registry.accounts.roles import roles_for
from registry.core.paging import paged
from registry.core.parts import registry
from registry.web.console.area import console
from registry.web.console.pages import Done, Once
from registry.web.console.people_accounts import InviteForm, one_time_link
from registry.web.console.words import words_of

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.work import Work


def _kinds() -> list[tuple[str, str]]:
    return [(kind, words_of(kind)) for kind in ORGANISATION_KINDS]


@console.page("/organisations", act="organisations", query=OrganisationFilter)
def organisations(work: Work, asked: dict[str, Any]) -> str:
    """List organisations, and offer to register one."""
    found = queries.visible_organisations(work)
    for name in ("code", "kind"):
        if asked[name] is not None:
            found = found.where(getattr(Organisation, name) == asked[name])
    page = paged(work, found, asked, [Organisation.id])
    return render_template(
        "console/organisations.html",
        items=queries.presented(work, page.items),
        next_cursor=page.next_cursor,
        asked=asked,
        kinds=_kinds(),
    )


@console.act("/organisations", act="organisations", shows="organisations", body=OrganisationCreate)
def create_organisation(work: Work, data: dict[str, Any]) -> Done:
    """Register an organisation."""
    row = service.create_organisation(work, data)
    return Done(url_for("console.organisation", organisation_id=row.id), "registered")


@console.page("/organisations/<uuid:organisation_id>", act="organisations")
def organisation(work: Work, _asked: dict[str, Any], organisation_id: UUID) -> str:
    """Show one organisation with all its names."""
    row = queries.organisation(work, organisation_id)
    return render_template(
        "console/organisation.html",
        row=queries.presented(work, [row])[0],
        kinds=_kinds(),
        roles=[(role.code, words_of(role.code)) for role in roles_for(row.kind)],
        today=work.today,
    )


@console.act(
    "/organisations/<uuid:organisation_id>", act="organisations", shows="organisation",
    body=OrganisationPatch, confirms=True,
)  # fmt: skip
def change_organisation(work: Work, data: dict[str, Any], organisation_id: UUID) -> Done:
    """Rename an organisation from a day on, end it, or name its successor."""
    service.change_organisation(work, organisation_id, data)
    return Done(url_for("console.organisation", organisation_id=organisation_id), "corrected")


@console.act(
    "/organisations/<uuid:organisation_id>/accounts", act="accounts", shows="organisation",
    body=InviteForm,
)  # fmt: skip
def invite_first_account(work: Work, data: dict[str, Any], organisation_id: UUID) -> Once:
    """Invite somebody of an organisation, its first manager above all, and show the link."""
    hours = registry().settings.account_link_hours
    made, secret = accounts.invite(work, organisation_id, data["name"], data["role"], hours)
    return one_time_link(made, secret, hours)
