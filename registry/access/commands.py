"""`registry organisations` and `registry keys`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from registry.access.models import ORGANISATION_KINDS
from registry.access.principal import SCOPES
from registry.core.commands import Opened, as_json, checked, print_json, print_rows
from registry.core.fields import rfc3339
from registry.core.problems import DomainError

if TYPE_CHECKING:
    from registry.access.models import Organisation
    from registry.core.work import Work


@click.group()
def organisations() -> None:
    """Create and list organisations."""


@organisations.command("create")
@click.option("--code", required=True)
@click.option("--name", required=True)
@click.option("--name-en")
@click.option("--kind", required=True, type=click.Choice(ORGANISATION_KINDS))
@click.option("--business-number")
@as_json
@click.pass_obj
def create_organisation(opened: Opened, /, *, as_json: bool, **values: Any) -> None:
    """Create an organisation. One that is there already with the same values stays as it is."""
    from registry.access import queries, service
    from registry.access.principal import operator
    from registry.access.schemas import OrganisationCreate

    data = checked(OrganisationCreate, values)
    with opened().database.writing(operator("registry organisations create")) as work:
        row = queries.organisation_by_code(work.session, data["code"])
        if row is None:
            row = service.create_organisation(work, data)
            work.session.flush()
        view = queries.presented(work, [row])[0]
    if any(getattr(view, name) != data[name] for name in values):
        raise DomainError("code-taken")
    if as_json:
        print_json({"id": view.id, "code": view.code})
    else:
        click.echo(view.id)


@organisations.command("list")
@as_json
@click.pass_obj
def list_organisations(opened: Opened, *, as_json: bool) -> None:
    """List the organisations."""
    from sqlalchemy import select

    from registry.access.models import Organisation
    from registry.access.queries import presented

    with opened().database.reading() as work:
        rows = work.session.scalars(select(Organisation).order_by(Organisation.code)).all()
        views = presented(work, rows)
    names = ("id", "code", "kind", "name", "name_en")
    print_rows([{name: getattr(view, name) for name in names} for view in views], as_json=as_json)


@click.group()
def keys() -> None:
    """Create, list and revoke API keys, and rotate the master key."""


@keys.command("create")
@click.option("--organisation", "code", required=True, help="The organisation's code.")
@click.option("--name", required=True)
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES))
@click.option("--expires", help="A moment with its offset, as 2027-01-01T00:00:00+09:00.")
@as_json
@click.pass_obj
def create_key(
    opened: Opened,
    *,
    code: str,
    name: str,
    scopes: tuple[str, ...],
    expires: str | None,
    as_json: bool,
) -> None:
    """Create a key. The key alone is the last line; it is shown this once."""
    from registry.access import service
    from registry.access.principal import operator
    from registry.access.schemas import KeyCreate

    asked = {"name": name, "scopes": list(scopes), "expires_at": expires}
    data = checked(KeyCreate, asked)
    with opened().database.writing(operator("registry keys create")) as work:
        owner = organisation_of(work, code)
        key, secret = service.create_key(work, owner, **data)
        shown: dict[str, Any] = {
            "id": key.id,
            "organisation": code,
            "name": name,
            "scopes": key.scopes,
        }
    if as_json:
        print_json({**shown, "key": secret})
    else:
        click.echo(f"{code}/{name}: {', '.join(shown['scopes'])}", err=True)
        click.echo(secret)


def organisation_of(work: Work, code: str) -> Organisation:
    """The organisation of a code. Raises what the command line shows."""
    from registry.access.queries import organisation_by_code

    found = organisation_by_code(work.session, code)
    if found is None:
        raise click.ClickException(f"there is no organisation {code}")
    return found


@keys.command("list")
@click.option("--organisation", "code", help="Only this organisation's.")
@as_json
@click.pass_obj
def list_keys(opened: Opened, *, code: str | None, as_json: bool) -> None:
    """List keys, without their secrets."""
    from sqlalchemy import select

    from registry.access.keys import state_of
    from registry.access.models import Key
    from registry.access.queries import organisation_codes

    with opened().database.reading() as work:
        select_ = select(Key).order_by(Key.organisation_id, Key.id)
        if code is not None:
            select_ = select_.where(Key.organisation_id == organisation_of(work, code).id)
        codes = organisation_codes(work.session)
        rows = [
            {
                "id": key.id,
                "organisation": codes[key.organisation_id],
                "name": key.name,
                "state": state_of(key, work.now),
                "scopes": key.scopes,
                "expires_at": rfc3339(key.expires_at) if key.expires_at else None,
                "last_used_at": rfc3339(key.last_used_at) if key.last_used_at else None,
            }
            for key in work.session.scalars(select_)
        ]
    print_rows(rows, as_json=as_json)


@keys.command("revoke")
@click.argument("key_id")
@click.pass_obj
def revoke_key(opened: Opened, key_id: str) -> None:
    """Revoke a key by its id (the first part of `rk_<id>_…` also does). Again changes nothing."""
    from registry.access import service
    from registry.access.models import Key
    from registry.access.principal import operator

    try:
        identifier = UUID(key_id.removeprefix("rk_").partition("_")[0])
    except ValueError:
        raise click.ClickException("that is not a key's id") from None
    with opened().database.writing(operator("registry keys revoke")) as work:
        key = work.session.get(Key, identifier)
        if key is None:
            raise click.ClickException("there is no such key")
        service.revoke_key(work, key.organisation_id, key.id)
    click.echo(f"{identifier} is revoked.")
