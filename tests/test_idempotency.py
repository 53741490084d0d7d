"""Idempotency-Key: the same request again has the same answer and no second effect."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import pytest

from tests.live import serving
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from pathlib import Path

    from registry.settings import Settings
    from tests.client import Client, World


def post(client: Client, key: str, body: Any = AI1, **options: Any) -> Any:
    headers = {"Idempotency-Key": key}
    return client.call("POST", "/programmes", json=body, headers=headers, **options)


def test_the_same_again_is_the_same_answer(world: World):
    first = post(world.pnu, "k1")
    again = post(world.pnu, "k1", dict(reversed(AI1.items())))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    for name in ("Location", "ETag", "Registry-Revision"):
        assert again.headers[name] == first.headers[name]


def test_another_body_or_query_under_the_same_key_is_refused(world: World):
    post(world.pnu, "k1")
    answer = post(world.pnu, "k1", {**AI1, "capacity": 5})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency-key-reused")


def test_a_key_is_the_organisations_own_and_the_addresss(world: World):
    assert post(world.pnu, "k1").status_code == 201
    assert "Idempotency-Replayed" not in post(world.btp, "k1").headers
    path = f"/organisations/{world.ids['PNU']}/keys"
    made = world.pnu.call(
        "POST", path, json={"name": "x", "scopes": []}, headers={"Idempotency-Key": "k1"}
    )
    assert made.status_code == 201
    other_key = world.client("PNU", "trainees:write")
    assert post(other_key, "k1").headers["Idempotency-Replayed"] == "true"


def test_only_success_is_kept(world: World):
    assert post(world.pnu, "k1", {**AI1, "field": "NOPE"}).status_code == 422
    tried = post(world.pnu, "k1", query={"dry_run": "true"})
    assert tried.get_json() == {"effect": []}
    assert post(world.pnu, "k1").status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "\u00e9"])
def test_an_unusable_key_is_refused_before_anything_is_written(world: World, key: str):
    answer = post(world.pnu, key)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad-request")
    assert world.pnu.get("/programmes")["items"] == []


def test_an_answer_lost_after_the_commit_is_replayed(world: World):
    def crash(*_: object) -> None:
        raise RuntimeError

    whole = world.app.extensions["registry"]
    world.app.extensions["registry"] = replace(whole, used=crash)
    assert post(world.pnu, "k1").status_code == 500
    world.app.extensions["registry"] = whole
    again = post(world.pnu, "k1")
    assert again.status_code == 201
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(world.pnu.get("/programmes")["items"]) == 1


def test_a_revoked_key_gets_no_replay(world: World):
    key = world.client("PNU", "trainees:write")
    post(key, "k1")
    key_id = UUID(hex=str(key.key).split("_")[1])
    world.pnu.post(f"/organisations/{world.ids['PNU']}/keys/{key_id}/revoke")
    assert post(key, "k1").status_code == 401


def test_fifty_at_once_make_one_row(world: World, settings: Settings, tmp_path: Path):
    headers = {"Authorization": f"Bearer {world.pnu.key}", "Idempotency-Key": "k1"}
    with serving(settings, tmp_path) as server, httpx.Client(timeout=60) as client:

        def send(_: int) -> httpx.Response:
            return client.post(f"{server.url}/api/v1/programmes", json=AI1, headers=headers)

        with ThreadPoolExecutor(16) as threads:
            answers = list(threads.map(send, range(50)))
    assert {a.status_code for a in answers} == {201}
    assert len({a.text for a in answers}) == 1
    fresh = [a for a in answers if "Idempotency-Replayed" not in a.headers]
    assert len(fresh) == 1
    assert len(world.pnu.get("/programmes")["items"]) == 1
    registered = world.busan.get("/revisions", action="programme.register")["items"]
    assert len(registered) == 1
