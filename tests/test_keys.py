"""API keys: what they can grant, how they end, and what their use leaves behind."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from registry.app import create_app
from registry.core.prepared import cursor_of
from tests.client import Client, World
from tests.conftest import make_settings

if TYPE_CHECKING:
    from flask import Flask

    from registry.core.clock import ManualClock


def keys_of(world: World, code: str) -> str:
    return f"/organisations/{world.ids[code]}/keys"


def made(world: World, client: Client, code: str = "PNU", **body: Any) -> tuple[dict, Client]:
    body = {"name": "학사", "scopes": ["trainees:read"], **body}
    created = client.post(keys_of(world, code), body)
    return created, Client(world.app, created["secret"])


def test_a_made_key_opens_the_door_and_shows_its_secret_once(world: World):
    answer = world.pnu.call(
        "POST", keys_of(world, "PNU"), json={"name": "학사", "scopes": ["trainees:read"]}
    )
    assert answer.status_code == 201
    created = answer.get_json()
    key = Client(world.app, created["secret"])
    assert key.get("/me")["scopes"] == ["trainees:read"]
    location = answer.headers["Location"]
    shown = world.pnu.get(location)
    assert shown == {k: v for k, v in created.items() if k != "secret"} | {
        "last_used_at": shown["last_used_at"]
    }
    with world.parts.database.engine.connect() as connection:
        rows = str(connection.execute(text("SELECT * FROM api_key")).all())
    assert created["secret"].split("_", 2)[2] not in rows


def test_a_replayed_creation_makes_no_second_key_and_has_no_secret(world: World):
    def create() -> Any:
        return world.pnu.call(
            "POST",
            keys_of(world, "PNU"),
            json={"name": "학사", "scopes": []},
            headers={"Idempotency-Key": "once"},
        )

    first, second = create(), create()
    assert first.get_json()["secret"].startswith("rk_")
    assert second.get_json() == first.get_json() | {"secret": None}
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.headers["Location"] == first.headers["Location"]
    with world.parts.database.engine.connect() as connection:
        kept = str(connection.execute(text("SELECT * FROM idempotency")).all())
    assert first.get_json()["secret"].rpartition("_")[2] not in kept


def test_a_key_grants_only_what_it_holds(world: World):
    body = {"name": "x", "scopes": ["trainees:read", "investments:read"]}
    problem = world.pnu.refused("POST", keys_of(world, "PNU"), 403, "scope-not-held", json=body)
    assert "investments:read" in problem["detail"]


def test_city_scopes_are_for_the_city(world: World):
    body = {"name": "x", "scopes": ["trainees:read", "admin"]}
    problem = world.busan.refused("POST", keys_of(world, "PNU"), 422, json=body)
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [
        ("/scopes/1", "scope-for-city")
    ]
    assert world.busan.post(keys_of(world, "BUSAN"), body)["scopes"] == ["admin", "trainees:read"]


def test_keys_of_another_organisation_are_not_there_but_for_the_admin(world: World):
    theirs, _ = made(world, world.btp, "BTP")
    path = f"{keys_of(world, 'BTP')}/{theirs['id']}"
    world.pnu.refused("GET", keys_of(world, "BTP"), 404, "not-found")
    for act in ("rotate", "revoke"):
        world.pnu.refused("POST", f"{path}/{act}", 404, "not-found")
    wrong = f"{keys_of(world, 'PNU')}/{theirs['id']}/revoke"
    world.pnu.refused("POST", wrong, 404, "not-found")
    assert world.busan.get(path)["name"] == "학사"
    assert world.busan.post(f"{path}/revoke")["state"] == "revoked"


def test_a_revoked_key_is_shut_out_on_the_next_request(world: World):
    created, key = made(world, world.pnu)
    assert key.get("/me")
    path = f"{keys_of(world, 'PNU')}/{created['id']}/revoke"
    revoked = world.pnu.post(path)
    assert revoked["state"] == "revoked"
    key.refused("GET", "/me", 401, "unauthorized")
    key.refused("GET", "/codes/fields", 401, "unauthorized")
    head = world.nobody.get("/revisions/head")
    assert world.pnu.post(path) == revoked, "revoked once is enough"
    assert world.nobody.get("/revisions/head") == head
    world.pnu.refused("POST", path.replace("revoke", "rotate"), 409, "key-not-active")


def test_a_rotated_key_lives_on_for_the_overlap(world: World, clock: ManualClock):
    created, old = made(world, world.pnu, expires_at="2031-06-01T00:00:00+09:00")
    rotated = world.pnu.post(f"{keys_of(world, 'PNU')}/{created['id']}/rotate")
    new = Client(world.app, rotated["secret"])
    assert rotated["id"] != created["id"]
    for name in ("name", "scopes", "expires_at"):
        assert rotated[name] == created[name]
    assert old.get("/me")
    assert new.get("/me")
    clock.put(clock.now() + timedelta(hours=24, seconds=1))
    old.refused("GET", "/me", 401, "unauthorized")
    assert new.get("/me")


def test_rotation_never_prolongs_a_key(world: World):
    created, _ = made(world, world.pnu, expires_at="2031-01-15T01:00:00Z")
    world.pnu.post(f"{keys_of(world, 'PNU')}/{created['id']}/rotate")
    shown = world.pnu.get(f"{keys_of(world, 'PNU')}/{created['id']}")
    assert shown["expires_at"] == "2031-01-15T01:00:00Z"


def test_rotating_a_mightier_key_would_be_a_way_to_its_scopes(world: World):
    city = world.busan.get(keys_of(world, "BUSAN"))["items"]
    mighty = next(key for key in city if "admin" in key["scopes"])
    small = world.client("BUSAN", "keys:manage")
    path = f"{keys_of(world, 'BUSAN')}/{mighty['id']}/rotate"
    small.refused("POST", path, 403, "scope-not-held")


def test_a_key_expires(world: World, clock: ManualClock):
    created, key = made(world, world.pnu, expires_at="2031-01-15T00:10:00Z")
    assert key.get("/me")["key"]["expires_at"] == "2031-01-15T00:10:00Z"
    clock.put(clock.now() + timedelta(minutes=10))
    key.refused("GET", "/me", 401, "unauthorized")
    shown = world.pnu.get(f"{keys_of(world, 'PNU')}/{created['id']}")
    assert shown["state"] == "expired"
    past = {"name": "x", "scopes": [], "expires_at": "2031-01-15T00:10:00Z"}
    problem = world.pnu.refused("POST", keys_of(world, "PNU"), 422, json=past)
    assert problem["errors"][0]["code"] == "moment-in-past"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer rk_00000000000000000000000000000000_x",
        "Bearer {key}x",
        "Basic {key}",
        "Bearer",
        "Bearer rk__",
        "Bearer rk_zz_yy",
        "{key}",
        "Bearer {key} {key}",
    ],
)
def test_a_wrong_key_is_never_nobody(world: World, header: str):
    sent = {"Authorization": header.format(key=world.pnu.key)}
    world.nobody.refused("GET", "/codes/fields", 401, "unauthorized", headers=sent)
    answer = world.nobody.call("GET", "/codes/fields", headers=sent)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_one_request_does_not_remember_the_one_before(world: World):
    assert world.pnu.get("/me")["organisation"]["code"] == "PNU"
    world.pnu.http.open("/api/v1/me")
    assert world.pnu.http.get("/api/v1/me").status_code == 401


def last_used(world: World, key_id: str) -> str | None:
    return world.busan.get(f"{keys_of(world, 'PNU')}/{key_id}")["last_used_at"]


def test_the_last_use_is_known_to_the_minute_and_is_no_revision(world: World, clock: ManualClock):
    created, key = made(world, world.pnu)
    head = world.nobody.get("/revisions/head")
    assert last_used(world, created["id"]) is None
    key.get("/me")
    assert last_used(world, created["id"]) == "2031-01-15T00:00:00Z"
    clock.put(clock.now() + timedelta(seconds=59))
    key.get("/me")
    assert last_used(world, created["id"]) == "2031-01-15T00:00:00Z"
    clock.put(clock.now() + timedelta(seconds=1))
    key.get("/me")
    assert last_used(world, created["id"]) == "2031-01-15T00:01:00Z"
    assert world.nobody.get("/revisions/head") == head
    shown = world.pnu.get(f"{keys_of(world, 'PNU')}/{created['id']}")
    assert shown["version"] == created["version"]


def test_a_busy_database_neither_fails_nor_delays_the_note_of_a_use(world: World):
    created, key = made(world, world.pnu)
    with world.parts.database.engine.connect() as other:
        other.execute(text("UPDATE api_key SET name = name"))
        assert key.get("/me")["organisation"]["code"] == "PNU"
    assert last_used(world, created["id"]) is None


def test_old_replayable_answers_are_dropped(world: World, clock: ManualClock):
    body = {"name": "학사", "scopes": []}
    world.pnu.post(keys_of(world, "PNU"), body, headers={"Idempotency-Key": "once"})
    count = text("SELECT count(*) FROM idempotency")
    for hours, left in ((47, 1), (2, 0)):
        clock.put(clock.now() + timedelta(hours=hours))
        world.pnu.get("/me")
        with world.parts.database.engine.connect() as connection:
            assert connection.execute(count).scalar_one() == left


def test_a_key_may_ask_only_so_often(world: World, clock: ManualClock, database_url: str):
    limited = create_app(make_settings(database_url, rate_limit_per_minute=6), clock)
    client = Client(limited, world.pnu.key)
    for _ in range(6):
        client.get("/me")
    client.refused("GET", "/me", 429, "too-many-requests")
    refused = client.call("GET", "/me")
    assert refused.headers["Retry-After"] == "10"
    Client(limited, world.btp.key).get("/me")
    clock.put(clock.now() + timedelta(seconds=10))
    client.get("/me")
    client.refused("GET", "/me", 429, "too-many-requests")
    limited.extensions["registry"].database.engine.dispose()


def test_the_access_log_is_ones_own(app: Flask, world: World):
    from registry.access.queries import log_access

    parts = world.parts
    for code in ("PNU", "BTP"):
        client = {"PNU": world.pnu, "BTP": world.btp}[code]
        with app.test_request_context():
            principal = parts_principal(parts, client)
        with parts.database.aside() as session:
            log_access(
                session, principal, at=parts.clock.now(), act="trainee.read", request_id="r-12345678",
                record_ids=[world.ids[code]], reason=None,
            )  # fmt: skip
    mine = world.pnu.get("/access-log")["items"]
    assert [row["record_ids"] for row in mine] == [[str(world.ids["PNU"])]]
    assert mine[0]["at"] == "2031-01-15T00:00:00Z"
    every = world.busan.get("/access-log", limit=1)
    assert every["items"][0]["organisation_id"] == str(world.ids["BTP"])
    rest = world.busan.get("/access-log", limit=1, cursor=every["next_cursor"])
    assert rest["items"] == mine
    assert rest["next_cursor"] is None
    assert world.busan.get("/access-log", from_="2031-01-16")["items"] == []
    assert len(world.busan.get("/access-log", to="2031-01-15", act="trainee.read")["items"]) == 2


def parts_principal(parts: Any, client: Client) -> Any:
    with parts.database.engine.connect() as connection:
        cursor = cursor_of(connection.connection, connection.dialect)
        return parts.enter(cursor, f"Bearer {client.key}")[1]
