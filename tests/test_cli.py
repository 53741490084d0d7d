"""The `registry` command, as an operator and as a script runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from registry.app import assemble, create_app
from registry.cli import main
from registry.core.clock import clock_of
from registry.core.migrate import newest
from registry.settings import NamedKey
from tests.client import Client
from tests.conftest import make_settings
from tests.live import environment_of, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def environment(database_url: str) -> dict[str, str]:
    return environment_of(make_settings(database_url))


@pytest.fixture
def run(environment: dict[str, str]) -> Callable[..., Result]:
    def run(*arguments: str, code: int = 0, **changes: str | None) -> Result:
        result = CliRunner().invoke(main, arguments, env={**environment, **changes})
        assert result.exit_code == code, (result.output, result.exception)
        assert "Traceback" not in result.output
        return result

    return run


@pytest.fixture
def empty_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with nothing in it."""
    from tests.conftest import administrator, as_text

    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgres_url")
    engine = administrator(server)
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE empty_one"))
    yield as_text(server.set(database="empty_one"))
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE empty_one WITH (FORCE)"))
    engine.dispose()


CREATE = ("organisations", "create", "--code", "PNU", "--name", "부산대", "--kind")
INSTITUTION = (*CREATE, "training_institution")
NEW_KEY = ("keys", "create", "--organisation", "PNU", "--name", "학사", "--scope", "trainees:read")


def test_from_nothing_to_a_working_key(run: Any, empty_url: str):
    at = {"REGISTRY_DATABASE_URL": empty_url}
    first = json.loads(run("init", "--json", **at).stdout)
    assert json.loads(run("init", "--json", **at).stdout) == first, "again changes nothing"
    run(*INSTITUTION, **at)
    key = run(*NEW_KEY, "--scope", "trainees:write", **at).stdout.splitlines()[-1]
    settings = make_settings(empty_url)
    app = create_app(settings, clock_of("2031-01-15T09:00:00+09:00"))
    me = Client(app, key).get("/me")
    assert (me["organisation"]["name"], me["scopes"]) == (
        "부산대",
        ["trainees:read", "trainees:write"],
    )
    app.extensions["registry"].database.engine.dispose()


def test_an_organisation_is_created_once(run: Any):
    first = run(*INSTITUTION, "--json").stdout
    assert run(*INSTITUTION, "--json").stdout == first
    refused = run(*CREATE, "other", code=1)
    assert refused.stderr == "Error: code-taken: This code exists already.\n"
    listed = json.loads(run("organisations", "list", "--json").stdout)
    assert [(o["code"], o["name"]) for o in listed] == [("PNU", "부산대")]


def test_input_is_checked_as_over_http(run: Any):
    refused = run(*INSTITUTION, "--business-number", "123-45-67890", code=1)
    assert "/business_number" in refused.stderr
    run(*INSTITUTION)
    refused = run(*NEW_KEY, "--scope", "admin", code=1)
    assert "only to an organisation of kind city" in refused.stderr
    assert run(*NEW_KEY, "--expires", "2031-13-01", code=1).stderr.count("/expires_at") == 1
    assert "no organisation" in run("keys", "create", "--organisation", "X", "--name", "x",
                                    "--scope", "admin", code=1).stderr  # fmt: skip


def test_a_key_is_listed_without_its_secret_and_revoked_once(run: Any):
    run(*INSTITUTION)
    made = json.loads(run(*NEW_KEY, "--expires", "2032-01-01T00:00:00+09:00", "--json").stdout)
    listed = run("keys", "list", "--organisation", "PNU", "--json")
    assert made["key"].rpartition("_")[2] not in listed.stdout
    [key] = json.loads(listed.stdout)
    assert key["expires_at"] == "2031-12-31T15:00:00Z"
    assert key["state"] == "active"
    for name in (made["id"], made["key"]):
        run("keys", "revoke", name)
    [key] = json.loads(run("keys", "list", "--json").stdout)
    assert key["state"] == "revoked"
    assert "no such key" in run("keys", "revoke", "rk_" + "0" * 32, code=1).stderr
    assert "not a key's id" in run("keys", "revoke", "x", code=1).stderr


def test_verify_passes_what_is_sound_and_names_what_is_not(
    run: Any, database_url: str, tmp_path: Path
):
    run(*INSTITUTION)
    parts = assemble(make_settings(database_url), clock_of(""))
    with parts.database.reading() as work:
        head = work.head
    anchor = tmp_path / "anchor"
    anchor.write_text(f"{head.number} {head.digest}\n")
    sound = json.loads(run("verify", "--json", "--anchor", str(anchor)).stdout)
    assert sound == {"sound": True, "findings": []}
    with parts.database.engine.begin() as connection:
        connection.execute(text("UPDATE organisation_name SET name = '다른 이름'"))
    found = json.loads(run("verify", "--json", code=1).stdout)["findings"]
    assert [(f["code"], f["revision"]) for f in found] == [("content", head.number)]
    assert "1 findings" in run("verify", code=1).stdout
    anchor.write_text("nonsense\n")
    assert "number digest" in run("verify", "--anchor", str(anchor), code=1).stderr
    parts.database.engine.dispose()


def test_the_master_key_is_rotated_without_touching_documents(run: Any, database_url: str):
    old = NamedKey("e1", bytes(range(32, 64)))
    new = NamedKey("e2", bytes(32))
    parts = assemble(make_settings(database_url), clock_of("2031-01-15T09:00:00+09:00"))
    row = sealed_trainee(parts)
    before = trainees(parts)
    run("keys", "rotate-master")
    assert trainees(parts) == before, "nothing to do under the key that is current"
    keys = {"REGISTRY_ENCRYPTION_KEYS": written((new, old))}
    assert json.loads(run("keys", "rotate-master", "--json", **keys).stdout)["trainee"] == {
        "keys": 1,
        "rewrapped": 1,
    }
    run("keys", "rotate-master", **keys)
    [after] = trainees(parts)
    assert after.document == before[0].document
    assert after.version == before[0].version
    later = assemble(make_settings(database_url, encryption_keys=(new,)), clock_of(""))
    assert later.keyring.open(bytes(after.document), bytes(after.data_key), row) == {"name": "김"}
    run("verify", REGISTRY_ENCRYPTION_KEYS=written((new,)))
    lost = run("keys", "rotate-master", code=1)
    assert "lacks the key 'e2'" in lost.stderr
    for each in (parts, later):
        each.database.engine.dispose()


def sealed_trainee(parts: Any) -> Any:
    """A trainee of an organisation, as the service would leave it."""
    from registry.access.principal import operator
    from registry.access.service import create_organisation
    from registry.core.types import new_id
    from registry.trainees.models import Trainee

    row = new_id()
    sealed = parts.keyring.seal({"name": "김"}, row)
    with parts.database.writing(operator()) as work:
        data = {"code": "PNU", "name": "부산대", "kind": "training_institution"}
        owner = create_organisation(work, data)
        work.session.add(
            Trainee(
                id=row, organisation_id=owner.id, unit_id=row, document=sealed.document,
                data_key=sealed.data_key, document_mac=sealed.mac,
            )
        )  # fmt: skip
    return row


def trainees(parts: Any) -> list[Any]:
    query = text("SELECT document, data_key, version FROM trainee")
    with parts.database.engine.connect() as connection:
        return list(connection.execute(query).all())


def test_the_openapi_document_is_written_and_checked(run: Any, tmp_path: Path):
    path = tmp_path / "new" / "registry.json"
    assert "not up to date" in run("openapi", "check", str(path), code=1).stderr
    run("openapi", "write", str(path))
    run("openapi", "check", str(path))
    assert "/api/v1/me" in json.loads(path.read_text("utf-8"))["paths"]
    path.write_text(path.read_text("utf-8") + " ")
    run("openapi", "check", str(path), code=1)


def test_migrations_from_the_command_line(run: Any):
    assert run("db", "current").stdout == f"{newest()}\n"
    run("db", "downgrade", "base")
    assert run("db", "current").stdout == "base\n"
    assert run("db", "upgrade").exit_code == 0
    assert run("db", "current").stdout == f"{newest()}\n"
    assert run("db", "downgrade", "nowhere", code=1).stderr.startswith("Error: ")


def test_the_migrations_sql_needs_no_settings(environment: dict[str, str]):
    nothing = dict.fromkeys(environment)
    result = CliRunner().invoke(main, ["db", "upgrade", "--sql"], env=nothing)
    assert result.exit_code == 0
    assert "CREATE TABLE revision" in result.stdout


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"REGISTRY_SECRET_KEY": ""}, "REGISTRY_SECRET_KEY"),
        ({"REGISTRY_PORT": "many"}, "REGISTRY_PORT"),
        ({"REGISTRY_CLOCK": "tomorrow"}, "REGISTRY_CLOCK"),
        ({"REGISTRY_DATABASE_URL": "nonsense"}, "database:"),
        ({"REGISTRY_DATABASE_URL": "postgresql://127.0.0.1:1/x"}, "busy:"),
    ],
)
def test_a_wrong_setting_is_one_line(run: Any, changes: dict[str, str], names: str):
    for command in (("organisations", "list"), ("serve",))[: 1 if ":" in names else 2]:
        result = run(*command, code=1, **changes)
        assert names in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1


def test_an_empty_database_is_one_line(run: Any, empty_url: str):
    result = run("organisations", "list", code=1, REGISTRY_DATABASE_URL=empty_url)
    assert len(result.stderr.strip().splitlines()) == 1
