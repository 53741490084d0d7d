"""`registry account`: people who sign in, and their one-time links."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click

from registry.access.commands import organisation_of
from registry.core.commands import Opened, as_json, print_json, print_rows
from registry.core.fields import rfc3339

if TYPE_CHECKING:
    from registry.accounts.models import Account
    from registry.core.work import Work


@click.group()
def account() -> None:
    """Invite people who sign in, reset and close their accounts."""


link_url = click.option(
    "--url", default="http://127.0.0.1:8000", help="Where people reach the registry."
)


@account.command("invite")
@click.argument("organisation")
@click.argument("name")
@click.argument("role")
@link_url
@as_json
@click.pass_obj
def invite_account(
    opened: Opened, *, organisation: str, name: str, role: str, url: str, as_json: bool
) -> None:
    """Make an account of ORGANISATION with the sign-in NAME, and print its one-time link.

    NAME stays in the revision log: name it after a duty, not after a person. ROLE is registrar,
    manager, officer or auditor.
    """
    from registry.access.principal import operator
    from registry.accounts import service

    parts = opened()
    hours = parts.settings.account_link_hours
    with parts.database.writing(operator("registry account invite")) as work:
        owner = organisation_of(work, organisation)
        made, secret = service.invite(work, owner.id, name, role, hours)
    _print_link(made.id, made.name, secret, url, as_json=as_json)


@account.command("reset")
@click.argument("name")
@link_url
@as_json
@click.pass_obj
def reset_account(opened: Opened, *, name: str, url: str, as_json: bool) -> None:
    """Take the password and second factor of NAME away, and print a link to set new ones."""
    from registry.access.principal import operator
    from registry.accounts import service

    parts = opened()
    with parts.database.writing(operator("registry account reset")) as work:
        found = _account(work, name)
        _, secret = service.reset(work, found.id, parts.settings.account_link_hours)
    _print_link(found.id, found.name, secret, url, as_json=as_json)


@account.command("disable")
@click.argument("name")
@click.pass_obj
def disable_account(opened: Opened, *, name: str) -> None:
    """Close the account NAME and end its sessions. Again changes nothing."""
    from registry.access.principal import operator
    from registry.accounts import service

    with opened().database.writing(operator("registry account disable")) as work:
        service.disable(work, _account(work, name).id)
    click.echo(f"{name} is closed.")


@account.command("list")
@as_json
@click.pass_obj
def list_accounts(opened: Opened, *, as_json: bool) -> None:
    """List the accounts."""
    from sqlalchemy import select

    from registry.access.queries import organisation_codes
    from registry.accounts.models import Account

    with opened().database.reading() as work:
        codes = organisation_codes(work.session)
        rows = [
            {
                "name": row.name,
                "organisation": codes[row.organisation_id],
                "role": row.role,
                "password_at": rfc3339(row.password_at) if row.password_at else None,
                "factor_at": rfc3339(row.factor_at) if row.factor_at else None,
                "disabled_at": rfc3339(row.disabled_at) if row.disabled_at else None,
            }
            for row in work.session.scalars(select(Account).order_by(Account.name))
        ]
    print_rows(rows, as_json=as_json)


@account.command("roles")
def print_roles() -> None:
    """Print which role may do what, as a table in Markdown."""
    from registry.accounts.acts import table

    click.echo(table())


def _account(work: Work, name: str) -> Account:
    from registry.accounts.queries import account_named

    found = account_named(work.session, name)
    if found is None:
        raise click.ClickException(f"there is no account {name}")
    return found


def _print_link(account_id: UUID, name: str, secret: str, url: str, *, as_json: bool) -> None:
    link = f"{url.rstrip('/')}/ko/console/welcome/{secret}"
    if as_json:
        print_json({"id": str(account_id), "name": name, "link": link})
    else:
        click.echo(f"{name}: print this link; it can be taken up once.", err=True)
        click.echo(link)
