"""The revision log: read over HTTP, and proved against what is in the tables."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import text

from registry.core.db import Database
from registry.proofs import findings_of
from registry.revisions.verification import (
    read_anchor,
    verify_history,
    verify_log,
    verify_sealed,
)
from registry.statistics.verification import all_postings
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from flask import Flask

    from registry.core.clock import ManualClock
    from tests.client import World


@pytest.fixture
def database(app: Flask) -> Database:
    return app.extensions["registry"].database


@pytest.fixture
def written(world: World, clock: ManualClock) -> dict[str, Any]:
    """A programme in three versions, a rotated and a revoked key: every kind of column changed."""
    created = world.pnu.post("/programmes", {**AI1, "starts_on": "2030-03-02", "capacity": 20})
    path = f"/programmes/{created['id']}"
    clock.put(clock.now() + timedelta(hours=1))
    world.pnu.patch(path, {"name": "새 이름", "secondary_fields": ["BIGDATA"], "reason": "이름"})
    world.pnu.patch(path, {"secondary_fields": [], "ends_on": "2030-12-20"})
    keys = f"/organisations/{world.ids['PNU']}/keys"
    made = world.pnu.post(keys, {"name": "학사", "scopes": ["trainees:read"]})
    rotated = world.pnu.post(f"{keys}/{made['id']}/rotate")
    world.pnu.post(f"{keys}/{rotated['id']}/revoke")
    return {**created, "head": world.nobody.get("/revisions/head")}


def codes(database: Database, anchor: str = "") -> set[tuple[str, int | None]]:
    with database.reading() as work:
        posted = all_postings(work.session)
        log = verify_log(work.session, read_anchor(anchor), posted=posted)
        found = [*log, *verify_history(work.session)]
    return {(finding.code, finding.revision) for finding in found}


def tamper(database: Database, statement: str, **values: object) -> None:
    with database.engine.begin() as connection:
        done = connection.execute(text(statement), values)
        assert done.rowcount != 0


def revision_of(database: Database, action: str) -> int:
    with database.engine.connect() as connection:
        newest = text("SELECT max(number) FROM revision WHERE action = :action")
        return int(connection.execute(newest, {"action": action}).scalar_one())


def test_what_the_product_wrote_is_found_sound(world: World, written: dict, database: Database):
    head = written["head"]
    assert codes(database, f"{head['number']} {head['digest']}\n") == set()


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE programme SET capacity = 21", "content"),
        ("UPDATE programme SET starts_on = '2030-03-03'", "content"),
        ("UPDATE api_key SET scopes = '[\"admin\"]' WHERE name = '학사'", "content"),
        ("UPDATE api_key SET revoked_at = NULL WHERE revoked_at IS NOT NULL", "content"),
        ("DELETE FROM programme", "content"),
        ("DELETE FROM history WHERE kind = 'programme' AND version = 1", "content"),
        ("UPDATE history SET \"values\" = '{}' WHERE kind = 'programme'", "content"),
        ("UPDATE history SET to_revision = to_revision + 1 WHERE kind = 'programme'", "history"),
        ("UPDATE revision SET reason = '다른 사유' WHERE reason = '이름'", "chain"),
        ("UPDATE revision SET actor = 'X' WHERE action = 'key.rotate'", "chain"),
        ("UPDATE revision SET rows = rows + 1 WHERE action = 'key.rotate'", "chain"),
        ("UPDATE revision SET day = '2001-01-01' WHERE action = 'key.rotate'", "day"),
        (
            "UPDATE revision SET at = '2001-01-01 00:00:00.000000' WHERE action = 'key.rotate'",
            "moment",
        ),
        ("DELETE FROM revision WHERE action = 'key.rotate'", "gap"),
        ("UPDATE programme SET revision = revision + 100", "stray-rows"),
    ],
)
def test_tampering_is_found(
    world: World, written: dict, database: Database, statement: str, found: str
):
    tamper(database, statement)
    assert found in {code for code, _ in codes(database)}


def test_a_posting_moved_within_its_day_is_found(world: World, database: Database):
    world.pnu.post("/programmes", AI1)
    revisions = []
    for number in (1, 2):
        trainee = {"name": f"사람 {number}", "birth_date": "1999-03-02"}
        body = {"programme_code": "AI1", "trainee": trainee, "enrolled_on": "2030-03-02"}
        answer = world.pnu.call("POST", "/enrolments", json=body)
        revisions.append(int(answer.headers["Registry-Revision"]))
    assert codes(database) == set()
    one, other = revisions
    move = "UPDATE trainee_posting SET revision = :other WHERE revision = :one"
    tamper(database, move, one=one, other=other)
    assert codes(database) == {("content", one), ("content", other)}


@pytest.mark.parametrize(
    ("breach", "found"),
    [
        ("trainee_identity SET trainee_id = (SELECT id FROM programme)", {"stray-identity"}),
        (
            "enrolment SET organisation_id = (SELECT id FROM organisation WHERE code = 'BTP')",
            {"organisation", "content"},
        ),
        ("trainee_posting SET cell_id = cell_id + 100", {"ledger", "content"}),
    ],
)
def test_what_no_foreign_key_holds_is_proved(world: World, breach: str, found: set[str]):
    world.pnu.post("/programmes", AI1)
    trainee = {"name": "김하늘", "birth_date": "1999-03-02", "mobile": "010-1234-5678"}
    body = {"programme_code": "AI1", "trainee": trainee, "enrolled_on": "2030-03-02"}
    world.pnu.post("/enrolments", body)
    assert not [*findings_of(world.parts, {})]
    tamper(world.parts.database, f"UPDATE {breach}")
    assert {finding["code"] for finding in findings_of(world.parts, {})} == found


def test_a_finding_names_the_revision_and_spares_the_others(
    world: World, written: dict, database: Database
):
    tamper(database, "UPDATE api_key SET name = '몰래' WHERE revoked_at IS NOT NULL")
    assert codes(database) == {("content", revision_of(database, "key.revoke"))}


def test_swapped_revisions_are_found(world: World, written: dict, database: Database):
    one, other = revision_of(database, "key.rotate"), revision_of(database, "key.revoke")
    renumber = "UPDATE revision SET number = :to WHERE number = :number"
    for number, to in ((one, -1), (other, one), (-1, other)):
        tamper(database, renumber, number=number, to=to)
    found = codes(database)
    assert {("moment", other), ("chain", one), ("chain", other)} <= found


def test_a_cut_tail_is_found_only_with_an_anchor(world: World, database: Database):
    before = world.nobody.get("/revisions/head")
    world.pnu.post("/programmes", AI1)
    head = world.nobody.get("/revisions/head")
    tamper(database, "DELETE FROM programme")
    tamper(database, "DELETE FROM revision WHERE number = :n", n=head["number"])
    assert codes(database) == set()
    anchor = f"{before['number']} {before['digest']}\n{head['number']} {head['digest']}\n"
    assert codes(database, anchor) == {("anchor", head["number"])}


def test_a_rewritten_log_is_not_the_anchored_one(world: World, written: dict, database: Database):
    number = written["head"]["number"]
    assert codes(database, f"{number} {'0' * 64}") == {("anchor", number)}


def test_a_sealed_document_of_another_text_is_found(world: World, database: Database):
    world.pnu.post("/programmes", AI1)
    person = {"name": "김하늘", "birth_date": "1999-03-02", "mobile": "010-1234-5678"}
    body = {"programme_code": "AI1", "enrolled_on": "2030-03-02", "status": "enrolled"}
    world.pnu.post("/enrolments", {**body, "trainee": person, "status_on": "2030-03-02"})
    keyring = world.parts.keyring
    with database.reading() as work:
        assert list(verify_sealed(work.session, keyring)) == []
        row = work.session.execute(text("SELECT id, data_key FROM trainee")).one()
    record = row.id if isinstance(row.id, UUID) else UUID(row.id)
    other = keyring.seal({"name": "이바다"}, record, bytes(row.data_key))
    tamper(database, "UPDATE trainee SET document = :document", document=other.document)
    with database.reading() as work:
        found = list(verify_sealed(work.session, keyring))
    assert [(f.code, f.record) for f in found] == [("sealed", f"trainee/{record}")]


@pytest.mark.parametrize("garbage", [b"\xf6]V\x14", b"", b"\x02e1"])
def test_a_data_key_that_is_none_is_a_finding_too(world: World, database: Database, garbage: bytes):
    world.pnu.post("/programmes", AI1)
    body = {"programme_code": "AI1", "enrolled_on": "2030-03-02"}
    world.pnu.post("/enrolments", {**body, "trainee": {"name": "가", "birth_date": "1999-03-02"}})
    tamper(database, "UPDATE trainee SET data_key = :garbage", garbage=garbage)
    with database.reading() as work:
        found = list(verify_sealed(work.session, world.parts.keyring))
    assert [f.code for f in found] == ["sealed"]


def test_the_audit_log_shows_ones_own_acts_and_the_city_all(world: World):
    world.pnu.post("/programmes", AI1)
    world.btp.post("/programmes", {**AI1, "code": "B1"})
    mine = world.pnu.get("/revisions")["items"]
    assert [r["action"] for r in mine] == ["programme.register"]
    assert mine[0]["actor"].startswith("PNU/")
    every = world.busan.get("/revisions", sort="-number", limit=2)
    assert [r["organisation_id"] for r in every["items"]] == [
        str(world.ids["BTP"]), str(world.ids["PNU"]),
    ]  # fmt: skip
    following = world.busan.get("/revisions", sort="-number", limit=2, cursor=every["next_cursor"])
    assert following["items"][0]["number"] == every["items"][1]["number"] - 1
    number = mine[0]["number"]
    assert world.pnu.get(f"/revisions/{number}") == mine[0]
    world.btp.refused("GET", f"/revisions/{number}", 404, "not-found")
    world.btp.refused("GET", f"/revisions/{10**30}", 404, "not-found")
    assert world.pnu.get("/revisions", action="key.create")["items"] == []
    assert len(world.pnu.get("/revisions", from_="2031-01-15", to="2031-01-15")["items"]) == 1
    assert world.pnu.get("/revisions", from_="2031-01-16")["items"] == []


def test_the_head_is_public_and_moves_with_every_write(world: World):
    before = world.nobody.get("/revisions/head")
    answer = world.pnu.call("POST", "/programmes", json=AI1)
    after = world.nobody.get("/revisions/head")
    assert after["number"] == before["number"] + 1 == int(answer.headers["Registry-Revision"])
    assert after["digest"] != before["digest"]
    assert after["algorithm"] == "sha256-1"
