"""`registry demo`: builds the example once, makes a key for each kind of user, and serves it."""

from __future__ import annotations

import base64
import secrets
import shutil
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy import select

from registry.access.models import Organisation
from registry.access.principal import SCOPES, operator
from registry.access.service import create_key
from registry.app import assemble, create_app
from registry.core.clock import SEOUL, Clock, ManualClock, clock_of
from registry.demo import staff
from registry.demo.build import Builder
from registry.settings import Settings, parse_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.core.parts import Registry

FOLDER = Path("var/demo")
KEY_DAYS = 7  # each start makes new keys; the old ones end by themselves
USERS = (
    ("city", "BUSAN", SCOPES),
    ("institution", "DEMO-U1", ("trainees:read", "trainees:write", "imports:write", "keys:manage", "audit:read")),
    ("agency", "DEMO-A1", ("investments:read", "investments:write", "imports:write", "keys:manage", "audit:read")),
    ("dashboard", "BUSAN", ("statistics:exact",)),
)  # fmt: skip
STAFF = "people"  # the file with sign-in names and passwords, beside the database


def run(port: int, count: int, serve: Callable[[Settings], None], *, fresh: bool = False) -> None:
    """Build the demo if it is not there yet, say how to use it, and serve until stopped."""
    settings = prepared(FOLDER, count, fresh=fresh)
    settings = replace(settings, port=port)
    parts = assemble(settings, Clock())
    keys = {user: key_for(parts, code, scopes, user) for user, code, scopes in USERS}
    parts.database.engine.dispose()
    click.echo(message(port, keys, (FOLDER / STAFF).read_text("utf-8")))
    serve(settings)


def prepared(folder: Path, count: int, *, fresh: bool) -> Settings:
    """The settings of the built demo; builds it in a folder of its own, whole or not at all."""
    if fresh and folder.exists():
        shutil.rmtree(folder)
    if not (folder / STAFF).exists():
        shutil.rmtree(folder, ignore_errors=True)  # one without people is of an earlier version
        building = folder.with_name(folder.name + ".building")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True, mode=0o700)
        build(building, count)
        building.rename(folder)
    return settings_in(folder)


def build(folder: Path, count: int) -> None:
    """Fill a new database with the years up to last month."""
    lines = [f"{n}={demo_key()}" for n in ("SECRET", "IDENTITY", "ENCRYPTION")]
    keys = folder / "keys"
    keys.touch(mode=0o600)
    keys.write_text("\n".join(lines) + "\n", "utf-8")
    settings = settings_in(folder)
    today = clock_of("").today()
    clock = ManualClock(datetime(2022, 1, 4, 9, 0, tzinfo=SEOUL))
    app = create_app(replace(settings, log_level="WARNING"), clock)
    Builder(app, clock, date(today.year, today.month, 1), count).build()
    kept = folder / STAFF
    kept.touch(mode=0o600)
    kept.write_text(staff.people_of(app.extensions["registry"]), "utf-8")
    app.extensions["registry"].database.engine.dispose()


def settings_in(folder: Path) -> Settings:
    """The settings of the demo that stands in a folder."""
    lines = (folder / "keys").read_text("utf-8").split()
    keys = dict(line.split("=", 1) for line in lines)
    settings = Settings(
        environment="demo",
        database_url=f"sqlite:///{folder / 'registry.db'}",
        secret_key=keys["SECRET"],
        identity_keys=parse_keys("IDENTITY", keys["IDENTITY"]),
        encryption_keys=parse_keys("ENCRYPTION", keys["ENCRYPTION"]),
        second_factor=False,  # whoever tries the demo has set up no app
    )
    settings.check()
    return settings


def demo_key() -> str:
    """A random key whose id says that it is a demo's: production refuses it."""
    return f"demo:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def key_for(parts: Registry, code: str, scopes: tuple[str, ...], name: str) -> str:
    """A new key of one of the demo's organisations."""
    with parts.database.writing(operator("demo")) as work:
        owner = work.session.scalars(select(Organisation).where(Organisation.code == code)).one()
        expires_at = work.now + timedelta(days=KEY_DAYS)
        return create_key(work, owner, f"demo {name}", scopes, expires_at)[1]


def message(port: int, keys: dict[str, str], people: str) -> str:
    """What the terminal says: the addresses, who can sign in, the keys, three commands to paste."""
    site = f"http://127.0.0.1:{port}"
    base = f"{site}/api/v1"
    lines = [f"{user + ':':<13}{key}" for user, key in keys.items()]
    head = '-H "Authorization: Bearer'
    return "\n".join(
        [
            "",
            f"The demo registry is at {site}/ and its API at {base}/docs",
            f"Sign in at {site}/ko/console/ as one of these (name and password):",
            *people.splitlines(),
            "",
            "One key per kind of user (made anew at each start):",
            *lines,
            "",
            "Three commands to paste:",
            f"curl '{base}/goals/TALENT_ANNUAL/progress'",
            f"curl {head} {keys['dashboard']}\" '{base}/statistics/trainees?measure=trainees&by=year,zone&format=csv'",
            f"curl {head} {keys['institution']}\" '{base}/enrolments?limit=3'",
            "",
        ]
    )
