"""The last calls of keys: what they tell, to whom, how many, and what telling costs."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Engine, create_engine, text

from tests.client import BASE, Client, World
from tests.conftest import application, make_settings
from tests.live import PATIENCE, serving
from tests.statements import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from registry.core.clock import ManualClock
    from registry.settings import Settings

SECRETS = ("김하늘", "1999-13-02", "010-1234-5678", "nonsense", "0007")


def calls_of(world: World, client: Client, code: str = "PNU", **asked: Any) -> Any:
    """What the owner is told of a key's calls, after they were written."""
    world.parts.called.write()
    reader = getattr(world, code.lower())
    return reader.get(f"/organisations/{world.ids[code]}/keys/{id_of(client)}/calls", **asked)


def id_of(client: Client) -> UUID:
    return UUID((client.key or "").split("_")[1])


def told(page: Any) -> list[tuple[str, int, str | None]]:
    return [(call["route"], call["status"], call["code"]) for call in page["items"]]


@pytest.fixture
def few(database_url: str, clock: ManualClock) -> Iterator[World]:
    """A registry that keeps three calls of a key."""
    app = application(make_settings(database_url, key_calls_kept=3), clock)
    yield World(app)
    app.extensions["registry"].database.engine.dispose()


def test_calls_are_told_with_what_came_of_them_and_no_value(world: World, clock: ManualClock):
    program = world.client("PNU", "trainees:read", "trainees:write")
    for body in ({"name": "김하늘", "birth_date": "1999-13-02", "010-1234-5678": "?"}, None):
        sent = {"programme_code": "AI1", "enrolled_on": "2030-03-02", "trainee": body}
        program.refused("POST", "/enrolments", 422, json=sent)
    program.refused("GET", "/enrolments", 422, query={"010-1234-5678": "nonsense"})
    program.refused("GET", f"/trainees/{UUID(int=7)}", 404)
    clock.put(clock.now() + timedelta(seconds=1))
    named = program.call("GET", "/enrolments", headers={"X-Request-Id": "nightly-0001"})
    page = calls_of(world, program)
    newest = page["items"][0]
    assert newest.pop("milliseconds") >= 0
    assert newest == {
        "at": "2031-01-15T00:00:01Z", "method": "GET", "route": "/api/v1/enrolments",
        "status": named.status_code, "code": None, "errors": [], "request_id": "nightly-0001",
    }  # fmt: skip
    assert told(page)[1:] == [
        ("/api/v1/trainees/<uuid:trainee_id>", 404, "not-found"),
        ("/api/v1/enrolments", 422, "invalid-input"),
        ("/api/v1/enrolments", 422, "invalid-input"),
        ("/api/v1/enrolments", 422, "invalid-input"),
    ]
    errors = page["items"][-1]["errors"]
    assert {"place": "", "code": "unknown-field"} in errors
    assert "/trainee/birth_date" in {error["place"] for error in errors}
    with world.parts.database.engine.connect() as connection:
        kept = str(connection.execute(text("SELECT * FROM api_key_call")).all())
    assert not any(secret in kept + str(page) for secret in SECRETS)


def test_no_name_of_the_senders_own_is_kept_of_a_call(world: World):
    program = world.client("PNU", "trainees:read", "trainees:write")
    for query in ("010-1234-5678=a&010-1234-5678=b", "김하늘=%01", "limit=1&limit=2"):
        program.refused("GET", f"/enrolments?{query}", 422)
    hostile = "\u202e"
    for body in (
        {"010-1234-5678": hostile},
        {"trainee": {"김하늘": {"010-1234-5678": [hostile]}}},
        {"trainee": {"name": {"김하늘": hostile}, "birth_date": hostile}},
        {"0007": hostile, "programme_code": [hostile]},
    ):
        program.refused("POST", "/enrolments", 422, json=body)
    errors = [error for call in calls_of(world, program)["items"] for error in call["errors"]]
    told = {(error["place"], error["code"]) for error in errors}
    assert not any(secret in place for place, _ in told for secret in SECRETS)
    assert told >= {
        ("limit", "too-many"), ("", "unknown-parameter"), ("", "unknown-field"),
        ("/trainee/birth_date", "invalid-text"), ("/trainee/name", "invalid-text"),
        ("/programme_code", "invalid-type"), ("/programme_code", "invalid-text"),
    }  # fmt: skip


def test_a_call_stays_small_whatever_was_sent(world: World):
    program = world.client("PNU", "trainees:write")
    name = "김하늘" * 20_000
    for body in ({name: ["\u202e"] * 40}, {"trainee": {name: {"a": "\u202e"}}}):
        program.refused("POST", "/enrolments", 422, json=body)
    world.parts.called.write()
    with world.parts.database.engine.connect() as connection:
        kept = connection.execute(text("SELECT errors FROM api_key_call")).scalars().all()
    assert len(kept) == 2
    assert all(len(str(errors)) < 1000 for errors in kept)


def test_the_newest_are_kept_those_answered_and_those_refused(few: World, clock: ManualClock):
    program = few.client("PNU", "trainees:read")
    for number in range(5):
        clock.put(clock.now() + timedelta(seconds=1))
        for path in ("/enrolments", "/revisions"):
            program.call("GET", path, headers={"X-Request-Id": f"request-{number}"})
        if number == 1:
            few.parts.called.write()
    page = calls_of(few, program)
    assert [call["request_id"][-1] for call in page["items"]] == [*"443322"]
    assert (
        told(calls_of(few, program, refused="true"))
        == [("/api/v1/revisions", 403, "forbidden")] * 3
    )
    assert told(calls_of(few, program, refused="false")) == [("/api/v1/enrolments", 200, None)] * 3
    first = calls_of(few, program, limit=4)
    rest = calls_of(few, program, limit=4, cursor=first["next_cursor"])
    assert first["items"] + rest["items"] == page["items"]
    assert rest["next_cursor"] is None


def test_whoever_may_not_see_the_key_does_not_see_its_calls(world: World):
    program = world.client("PNU", "trainees:read")
    program.get("/enrolments")
    path = f"/organisations/{world.ids['PNU']}/keys/{id_of(program)}/calls"
    program.refused("GET", path, 403, "forbidden")
    world.btp.refused("GET", path, 404, "not-found")
    own = path.replace(str(world.ids["PNU"]), str(world.ids["BTP"]))
    world.btp.refused("GET", own, 404, "not-found")
    world.nobody.refused("GET", path, 401, "unauthorized")
    assert len(calls_of(world, program)["items"]) == 2
    assert world.busan.get(path)["items"] == world.pnu.get(path)["items"]


def test_a_call_asks_the_database_nothing_until_all_are_written_at_once(world: World):
    program = world.client("PNU", "trainees:read")
    program.get("/enrolments")  # now and then a key's last use is noted
    with counted(world.parts.database) as statements:
        for _ in range(20):
            program.get("/enrolments")
            program.refused("GET", "/revisions", 403)
    assert not [sent for sent in statements if "api_key_call" in sent]
    with counted(world.parts.database) as statements:
        world.parts.called.write()
    assert len(statements) == 3  # they are inserted, and of two kinds the oldest dropped
    with counted(world.parts.database) as statements:
        world.parts.called.write()
    assert statements == []
    assert len(calls_of(world, program)["items"]) == 41


def test_answers_from_memory_and_requests_too_many_are_calls(database_url: str, clock: ManualClock):
    app = application(make_settings(database_url, rate_limit_per_minute=3), clock)
    world = World(app)
    program = world.client("PNU", "trainees:read")
    tag = program.call("GET", "/codes/fields").headers["ETag"]
    program.call("GET", "/codes/fields", headers={"If-None-Match": tag})
    assert program.get("/codes/fields")
    program.refused("GET", "/codes/fields", 429, "too-many-requests")
    route = "/api/v1/codes/<string:name>"
    assert sorted(told(calls_of(world, program)), key=lambda call: call[1]) == [
        (route, 200, None), (route, 200, None), (route, 304, None),
        (route, 429, "too-many-requests"),
    ]  # fmt: skip
    world.parts.database.engine.dispose()


def test_what_cannot_be_written_is_written_next_time(world: World, backend: str):
    program = world.client("PNU", "trainees:read")
    program.get("/enrolments")
    locked = (
        "LOCK TABLE api_key_call" if backend == "postgresql" else "UPDATE api_key SET name = name"
    )
    with world.parts.database.engine.connect() as other:
        other.execute(text(locked))
        world.parts.called.write()
        program.get("/programmes")
        world.parts.called.write()
    assert [call["route"] for call in calls_of(world, program)["items"]] == [
        "/api/v1/programmes", "/api/v1/enrolments",
    ]  # fmt: skip


def test_a_person_who_looks_at_pages_is_no_key(world: World):
    from tests.visiting import visit

    visit(world, "PNU", "manager").open("/keys")
    world.parts.called.write()
    with world.parts.database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM api_key_call")).scalar_one() == 0


def test_a_server_that_is_stopped_has_written_every_call(
    world: World, settings: Settings, tmp_path: Path
):
    key = world.key("PNU", "trainees:read")
    world.parts.database.engine.dispose()
    headers = {"Authorization": f"Bearer {key}"}
    with serving(settings, tmp_path) as live:
        for number in range(40):
            sent = headers | {"X-Request-Id": f"request-{number:02}"}
            httpx.get(f"{live.url}{BASE}/enrolments", headers=sent, timeout=PATIENCE)
    written: Engine = create_engine(world.parts.database.engine.url)
    with written.connect() as connection:
        found = connection.execute(text("SELECT request_id FROM api_key_call")).scalars().all()
    written.dispose()
    assert sorted(found) == [f"request-{number:02}" for number in range(40)]


def test_a_server_shows_a_call_by_itself(world: World, settings: Settings, tmp_path: Path):
    program = world.client("PNU", "trainees:read")
    path = f"{BASE}/organisations/{world.ids['PNU']}/keys/{id_of(program)}/calls"
    with (
        serving(settings, tmp_path) as live,
        httpx.Client(base_url=live.url, timeout=PATIENCE) as http,
    ):
        http.get(f"{BASE}/enrolments", headers={"Authorization": f"Bearer {program.key}"})
        shown: list[Any] = []
        deadline = time.monotonic() + PATIENCE
        while not shown and time.monotonic() < deadline:
            owner = {"Authorization": f"Bearer {world.pnu.key}"}
            shown = http.get(path, headers=owner).json()["items"]
    assert [call["route"] for call in shown] == ["/api/v1/enrolments"]
