"""The `registry` command: everything an operator does on the server itself.

What a program would read is JSON with `--json`. A mistake is one line on standard error and an
exit code other than 0.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from registry.access.models import ORGANISATION_KINDS
from registry.access.principal import SCOPES
from registry.core.fields import rfc3339
from registry.core.problems import DomainError, as_document
from registry.imports.datasets import DATASETS
from registry.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from registry.access.models import Organisation
    from registry.accounts.models import Account
    from registry.core.api import Registry
    from registry.core.db import Work
    from registry.core.fields import Input


class Commands(click.Group):
    """A group of commands whose expected errors are one line, not a traceback."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run a command; say in one line what the registry or the database refuses."""
        from alembic.util import CommandError
        from sqlalchemy.exc import SQLAlchemyError

        try:
            return super().invoke(ctx)
        except (SettingsError, CommandError, OSError) as error:
            raise click.ClickException(str(error)) from error
        except DomainError as error:
            raise click.ClickException(_sentence(error)) from error
        except SQLAlchemyError as error:
            first = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            raise click.ClickException(f"database: {first}") from error


def _sentence(error: DomainError) -> str:
    document = as_document(error, "en", "")
    places = [
        f"{e.get('pointer') or e.get('parameter')}: {e['detail']}"
        for e in document.get("errors", ())
    ]
    return f"{error.code}: {' '.join(places) or document['detail']}"


@click.group(cls=Commands)
@click.version_option(package_name="busan-registry")
def main() -> None:
    """Run the registry of Busan's digital talents and start-ups."""


def _parts() -> Registry:
    """The product as the environment sets it up."""
    from registry.app import assemble
    from registry.core.clock import clock_of
    from registry.core.telemetry import configure_logging

    settings = Settings.from_environment()
    configure_logging(settings)
    return assemble(settings, clock_of(settings.clock))


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@main.command()
@as_json
def init(*, as_json: bool) -> None:
    """Migrate the database up and load the code lists, rules and goals. Again changes nothing."""
    from registry.installation import install

    parts = _parts()
    install(parts)
    with parts.database.reading() as work:
        number = work.head.number
    if as_json:
        _print_json({"revision": number})
    else:
        click.echo(f"The registry is ready at revision {number}.")


@main.group(cls=Commands)
def organisations() -> None:
    """Create and list organisations."""


@organisations.command("create")
@click.option("--code", required=True)
@click.option("--name", required=True)
@click.option("--name-en")
@click.option("--kind", required=True, type=click.Choice(ORGANISATION_KINDS))
@click.option("--business-number")
@as_json
def create_organisation(*, as_json: bool, **values: Any) -> None:
    """Create an organisation. One that is there already with the same values stays as it is."""
    from registry.access import queries, service
    from registry.access.principal import operator
    from registry.access.schemas import OrganisationCreate

    data = _checked(OrganisationCreate, values)
    with _parts().database.writing(operator("registry organisations create")) as work:
        row = queries.organisation_by_code(work.session, data["code"])
        if row is None:
            row = service.create_organisation(work, data)
            work.session.flush()
        view = queries.presented(work, [row])[0]
    if any(getattr(view, name) != data[name] for name in values):
        raise DomainError("code-taken")
    if as_json:
        _print_json({"id": view.id, "code": view.code})
    else:
        click.echo(view.id)


def _checked(schema: type[Input], values: dict[str, Any]) -> dict[str, Any]:
    """The values as the API would take them. Raises Invalid."""
    import marshmallow as ma

    from registry.core.fields import flaws_of
    from registry.core.problems import Invalid

    try:
        data: dict[str, Any] = schema().load(values)
    except ma.ValidationError as error:
        raise Invalid(*flaws_of(error.messages, "json")) from error
    return data


@organisations.command("list")
@as_json
def list_organisations(*, as_json: bool) -> None:
    """List the organisations."""
    from sqlalchemy import select

    from registry.access.models import Organisation
    from registry.access.queries import presented

    with _parts().database.reading() as work:
        rows = work.session.scalars(select(Organisation).order_by(Organisation.code)).all()
        views = presented(work, rows)
    names = ("id", "code", "kind", "name", "name_en")
    _print_rows([{name: getattr(view, name) for name in names} for view in views], as_json=as_json)


def _print_rows(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        click.echo("  ".join("-" if value is None else str(value) for value in row.values()))


@main.group(cls=Commands)
def keys() -> None:
    """Create, list and revoke API keys, and rotate the master key."""


@keys.command("create")
@click.option("--organisation", "code", required=True, help="The organisation's code.")
@click.option("--name", required=True)
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES))
@click.option("--expires", help="A moment with its offset, as 2027-01-01T00:00:00+09:00.")
@as_json
def create_key(
    *, code: str, name: str, scopes: tuple[str, ...], expires: str | None, as_json: bool
) -> None:
    """Create a key. The key alone is the last line; it is shown this once."""
    from registry.access import service
    from registry.access.principal import operator
    from registry.access.schemas import KeyCreate

    asked = {"name": name, "scopes": list(scopes), "expires_at": expires}
    data = _checked(KeyCreate, asked)
    with _parts().database.writing(operator("registry keys create")) as work:
        owner = _organisation(work, code)
        key, secret = service.create_key(work, owner, **data)
        shown: dict[str, Any] = {
            "id": key.id,
            "organisation": code,
            "name": name,
            "scopes": key.scopes,
        }
    if as_json:
        _print_json({**shown, "key": secret})
    else:
        click.echo(f"{code}/{name}: {', '.join(shown['scopes'])}", err=True)
        click.echo(secret)


def _organisation(work: Work, code: str) -> Organisation:
    from registry.access.queries import organisation_by_code

    found = organisation_by_code(work.session, code)
    if found is None:
        raise click.ClickException(f"there is no organisation {code}")
    return found


@keys.command("list")
@click.option("--organisation", "code", help="Only this organisation's.")
@as_json
def list_keys(*, code: str | None, as_json: bool) -> None:
    """List keys, without their secrets."""
    from sqlalchemy import select

    from registry.access.keys import state_of
    from registry.access.models import Key
    from registry.access.queries import organisation_codes

    with _parts().database.reading() as work:
        select_ = select(Key).order_by(Key.organisation_id, Key.id)
        if code is not None:
            select_ = select_.where(Key.organisation_id == _organisation(work, code).id)
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
    _print_rows(rows, as_json=as_json)


@keys.command("revoke")
@click.argument("key_id")
def revoke_key(key_id: str) -> None:
    """Revoke a key by its id (the first part of `rk_<id>_…` also does). Again changes nothing."""
    from registry.access import service
    from registry.access.models import Key
    from registry.access.principal import operator

    try:
        identifier = UUID(key_id.removeprefix("rk_").partition("_")[0])
    except ValueError:
        raise click.ClickException("that is not a key's id") from None
    with _parts().database.writing(operator("registry keys revoke")) as work:
        key = work.session.get(Key, identifier)
        if key is None:
            raise click.ClickException("there is no such key")
        service.revoke_key(work, key.organisation_id, key.id)
    click.echo(f"{identifier} is revoked.")


@keys.command("rotate-master")
@as_json
def rotate_master(*, as_json: bool) -> None:
    """Wrap every data key under the first key of REGISTRY_ENCRYPTION_KEYS. Can be run again."""
    from registry.rotation import rotate

    try:
        counts = rotate(_parts())
    except KeyError as error:
        message = f"REGISTRY_ENCRYPTION_KEYS lacks the key {error} that data keys are wrapped under"
        raise click.ClickException(message) from error
    if as_json:
        _print_json(counts)
    else:
        for kind, count in counts.items():
            click.echo(f"{kind}: {count['rewrapped']} of {count['keys']} data keys wrapped anew")


@main.group(cls=Commands)
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
def invite_account(*, organisation: str, name: str, role: str, url: str, as_json: bool) -> None:
    """Make an account of ORGANISATION with the sign-in NAME, and print its one-time link.

    NAME stays in the revision log: name it after a duty, not after a person. ROLE is registrar,
    manager, officer or auditor.
    """
    from registry.access.principal import operator
    from registry.accounts import service

    parts = _parts()
    hours = parts.settings.account_link_hours
    with parts.database.writing(operator("registry account invite")) as work:
        owner = _organisation(work, organisation)
        made, secret = service.invite(work, owner.id, name, role, hours)
    _print_link(made.id, made.name, secret, url, as_json=as_json)


@account.command("reset")
@click.argument("name")
@link_url
@as_json
def reset_account(*, name: str, url: str, as_json: bool) -> None:
    """Take the password and second factor of NAME away, and print a link to set new ones."""
    from registry.access.principal import operator
    from registry.accounts import service

    parts = _parts()
    with parts.database.writing(operator("registry account reset")) as work:
        found = _account(work, name)
        _, secret = service.reset(work, found.id, parts.settings.account_link_hours)
    _print_link(found.id, found.name, secret, url, as_json=as_json)


@account.command("disable")
@click.argument("name")
def disable_account(*, name: str) -> None:
    """Close the account NAME and end its sessions. Again changes nothing."""
    from registry.access.principal import operator
    from registry.accounts import service

    with _parts().database.writing(operator("registry account disable")) as work:
        service.disable(work, _account(work, name).id)
    click.echo(f"{name} is closed.")


@account.command("list")
@as_json
def list_accounts(*, as_json: bool) -> None:
    """List the accounts."""
    from sqlalchemy import select

    from registry.access.queries import organisation_codes
    from registry.accounts.models import Account

    with _parts().database.reading() as work:
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
    _print_rows(rows, as_json=as_json)


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
        _print_json({"id": str(account_id), "name": name, "link": link})
    else:
        click.echo(f"{name}: print this link; it can be taken up once.", err=True)
        click.echo(link)


@main.command()
@click.option("--once", is_flag=True, help="Stop when nothing is left to do.")
def worker(*, once: bool) -> None:
    """Work through the files that were sent in, until a signal says stop."""
    import signal

    from registry.imports.worker import Worker

    one = Worker(_parts())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: one.stop.set())
    one.drain() if once else one.run()


organisation_code = click.option("--organisation", "code", help="Whose; straight on the database.")


@main.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--dataset", required=True, type=click.Choice(DATASETS))
@click.option("--validate", is_flag=True, help="Only say what would become of each row.")
@click.option("--on-error", type=click.Choice(("reject_all", "accept_valid")), default="reject_all")
@click.option("--allow-reversal", is_flag=True, help="A status may leave a final one.")
@click.option("--sheet", help="Of a workbook.")
@click.option("--reason", help="Kept with the revision.")
@click.option("--report", type=click.Path(dir_okay=False), help="Write the marked file there.")
@organisation_code
@click.option("--url", help="Through the API of this registry.")
@click.option("--key-file", type=click.File(), help="Holds the key for it; - is standard input.")
@as_json
def import_file(file: str, **options: Any) -> None:
    """Take FILE in. Exit code 3: some rows were rejected; 4: nothing went in, or would go in."""
    from registry.imports.command import import_file as run

    sys.exit(run(_parts, file, **options))


@main.command("export")
@click.argument("dataset", type=click.Choice(DATASETS))
@click.option("--format", "kind", type=click.Choice(("csv", "xlsx", "ndjson")), default="csv")
@click.option("--reason", required=True, help="Why; kept in the access log.")
@click.option("--organisation", "code", required=True, help="Whose records.")
@click.option("--output", type=click.File("wb"), default="-", help="Standard output if not given.")
def export(dataset: str, kind: str, reason: str, code: str, output: Any) -> None:  # noqa: ANN401
    """Write an organisation's records as a file that can be imported again unchanged."""
    from registry.imports.direct import operator_for
    from registry.imports.exporting import exported

    parts = _parts()
    principal = operator_for(parts, code, "registry export")
    for piece in exported(parts, principal, dataset, kind, reason):
        output.write(piece)


@main.command()
@click.option("--bind", help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535))
@click.option("--workers", type=click.IntRange(1), help="Server processes.")
@click.option("--threads", type=click.IntRange(1), help="Threads of each.")
def serve(**options: Any) -> None:
    """Serve the API until a signal says stop."""
    from registry import serving

    settings = Settings.from_environment()
    serving.serve(replace(settings, **{k: v for k, v in options.items() if v is not None}))


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--people", type=click.IntRange(1), default=10_000, show_default=True)
@click.option("--fresh", is_flag=True, help="Build it anew.")
def demo(*, port: int, people: int, fresh: bool) -> None:
    """Serve an example registry with made-up people, on this machine only."""
    from registry.demo.run import run
    from registry.serving import serve as start

    run(port, people, start, fresh=fresh)


@main.command()
@click.option("--month", help="Another closed month, as 2026-10; the last one by default.")
@as_json
def publish(*, month: str | None, as_json: bool) -> None:
    """Publish the figures of the last closed month, unless they are. For a daily timer."""
    from registry.access.principal import operator
    from registry.statistics.protection.limits import Limits
    from registry.statistics.protection.points import summary
    from registry.statistics.protection.publish import is_overtaken, plan_month, publish_point

    parts = _parts()
    wanted, limits, told = _month(month), Limits.of(parts.settings), None
    publisher, settled = operator("registry publish"), parts.database.wait_for_writers()
    with parts.database.reading(publisher, settled_until=settled) as look:
        overtaken = wanted is None and is_overtaken(look)
        plan = None if overtaken else plan_month(look, limits, wanted)
    if not overtaken:
        with parts.database.writing(publisher) as work:
            point = publish_point(work, "month_end", limits, wanted, plan)
            told = summary(work.session, point)
    if as_json:
        _print_json(told)
    elif told is None:
        click.echo("Newer figures than the last month's are published already.")
    else:
        click.echo(" ".join(f"{name}={value}" for name, value in told.items()))


def _month(text: str | None) -> int | None:
    import marshmallow as ma

    from registry.core import fields as f

    try:
        return None if text is None else f.Month().deserialize(text)
    except ma.ValidationError:
        raise click.BadParameter("a month is written 2026-10", param_hint="--month") from None


@main.command()
@click.option("--anchor", type=click.File(), help="Lines of `number digest`, noted elsewhere.")
@as_json
def verify(*, anchor: Any, as_json: bool) -> None:  # noqa: ANN401
    """Prove the log, the rows, the sealed documents and the figures; exit 1 if anything is wrong."""
    findings = [*_log_findings(_parts(), anchor.read() if anchor else "")]
    if as_json:
        _print_json({"sound": not findings, "findings": findings})
    else:
        for finding in findings:
            click.echo(" ".join(str(part) for part in finding.values() if part is not None))
        click.echo("The registry is sound." if not findings else f"{len(findings)} findings.")
    sys.exit(1 if findings else 0)


def _log_findings(parts: Registry, anchor: str) -> Iterable[dict[str, Any]]:
    from dataclasses import asdict

    from registry import tables  # noqa: F401 - a table not imported would be a false finding
    from registry.releases.verification import verify_releases
    from registry.revisions import verification
    from registry.statistics.protection.verification import verify_publications
    from registry.statistics.verification import all_postings, verify_ledger

    try:
        anchored = verification.read_anchor(anchor)
    except ValueError:
        raise click.ClickException("the anchor file has lines of `number digest`") from None
    with parts.database.reading() as work:
        session = work.session
        posted = all_postings(session)
        for prove in (
            lambda: verification.verify_log(session, anchored, posted=posted),
            lambda: verification.verify_history(session),
            lambda: verification.verify_sealed(session, parts.keyring),
        ):
            yield from _survived(prove, asdict)
        yield from _survived(lambda: verify_ledger(session), _of_ledger)
        yield from _survived(lambda: verify_publications(session), _of_publication)
        yield from _survived(lambda: verify_releases(work), asdict)


def _of_ledger(sentence: str) -> dict[str, Any]:
    return {"code": "ledger", "revision": None, "detail": sentence, "record": None}


def _of_publication(finding: tuple[int, str]) -> dict[str, Any]:
    revision, sentence = finding
    return {"code": "publication", "revision": revision, "detail": sentence, "record": None}


def _survived(
    prove: Callable[[], Iterable[Any]], shown: Callable[[Any], dict[str, Any]]
) -> Iterable[dict[str, Any]]:
    """What one proof finds; data too broken to be read is a finding, not the end of the others."""
    try:
        for finding in prove():
            yield shown(finding)
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        detail = f"a row cannot be read ({type(error).__name__}); the proof stopped there"
        yield {"code": "unreadable", "revision": None, "detail": detail, "record": None}


@main.group(cls=Commands)
def openapi() -> None:
    """Write or check the OpenAPI document."""


DOCUMENT = "openapi/registry.v1.json"
document_file = click.argument("file", default=DOCUMENT, type=click.Path(dir_okay=False))


@openapi.command("write")
@document_file
def write_document(file: str) -> None:
    """Write the document to FILE."""
    from pathlib import Path

    from registry.openapi import openapi_text

    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(openapi_text(), "utf-8")


@openapi.command("check")
@document_file
def check_document(file: str) -> None:
    """Fail unless FILE is what the product would write."""
    from pathlib import Path

    from registry.openapi import difference

    path = Path(file)
    found = difference(path.read_text("utf-8") if path.is_file() else "")
    if found:
        click.echo(found, nl=False)
        raise click.ClickException(f"{file} is not up to date: run `registry openapi write`")


@main.group(cls=Commands)
def db() -> None:
    """Migrate the database."""


@db.command("upgrade")
@click.argument("target", default="head")
@click.option("--sql", is_flag=True, help="Print the SQL for PostgreSQL and change nothing.")
def upgrade(*, target: str, sql: bool) -> None:
    """Migrate up."""
    from registry.core import migrate

    if sql:
        migrate.print_sql(target)
    else:
        migrate.upgrade(_engine(), target)


@db.command("downgrade")
@click.argument("target")
def downgrade(target: str) -> None:
    """Migrate down to TARGET (`base` is nothing at all)."""
    from registry.core import migrate

    migrate.downgrade(_engine(), target)


@db.command("current")
def current() -> None:
    """Print the migration the database stands at."""
    from registry.core import migrate

    click.echo(migrate.current(_engine()) or "base")


def _engine() -> Any:  # noqa: ANN401
    return _parts().database.engine


if __name__ == "__main__":
    main()
