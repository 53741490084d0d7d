"""Organisations: dated names, successors, and who may see and change them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.test_programmes import AI1

if TYPE_CHECKING:
    from registry.core.clock import ManualClock
    from tests.client import World

NEW = {
    "code": "DIP",
    "name": "부산디지털진흥원",
    "name_en": "Busan Digital Agency",
    "kind": "investment_agency",
    "business_number": "124-81-00998",
    "valid_from": "2025-01-01",
}


def test_an_organisation_reads_back_as_it_was_registered(world: World):
    answer = world.busan.call("POST", "/organisations", json=NEW)
    assert answer.status_code == 201
    created = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/organisations/{created['id']}"
    assert created["business_number"] == "1248100998"
    assert created["names"] == [
        {"name": NEW["name"], "name_en": NEW["name_en"], "valid_from": "2025-01-01"}
    ]
    assert world.busan.get(f"/organisations/{created['id']}") == created
    assert world.busan.get("/organisations", code="DIP")["items"] == [created]
    world.busan.refused("POST", "/organisations", 409, "code-taken", json=NEW)


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"business_number": "123-45-67890"}, "/business_number", "invalid-business-number"),
        ({"business_number": "1248100998\n1"}, "/business_number", "invalid-text"),
        ({"valid_to": "2024-12-31"}, "/valid_to", "date-order"),
        ({"successor_code": "NOBODY"}, "/successor_code", "unknown-code"),
        ({"kind": "university"}, "/kind", "invalid-choice"),
    ],
)
def test_what_an_organisation_may_not_be(world: World, change: dict, pointer: str, code: str):
    problem = world.busan.refused("POST", "/organisations", 422, json={**NEW, **change})
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]


def test_a_name_is_dated_and_the_former_one_stays(world: World, clock: ManualClock):
    path = f"/organisations/{world.ids['PNU']}"
    before = world.busan.get(path)
    renamed = world.busan.patch(path, {"name": "새 이름", "valid_from": "2031-02-01"})
    assert renamed["name"] == before["name"], "the new name holds from February"
    assert renamed["version"] == before["version"] + 1
    assert renamed["valid_from"] is None, "the organisation's own first day is not the name's"
    assert [n["valid_from"] for n in renamed["names"]] == [None, "2031-02-01"]
    assert renamed["names"][1]["name_en"] == before["name_en"], "what is not sent goes on"
    clock.put(clock.now() + timedelta(days=17))
    assert world.busan.get(path)["name"] == "새 이름"
    listed = {c["code"]: c["name"] for c in world.nobody.get("/codes/organisations")["items"]}
    assert listed["PNU"] == "새 이름"
    again = world.busan.patch(path, {"name": "더 새 이름", "valid_from": "2031-02-01"})
    assert [n["name"] for n in again["names"]] == [before["name"], "더 새 이름"]
    earlier = world.busan.patch(path, {"name": "사이 이름", "valid_from": "2030-02-01"})
    assert [n["name"] for n in earlier["names"]][1] == "사이 이름"


def test_a_changed_name_makes_an_earlier_etag_stale(world: World):
    path = f"/organisations/{world.ids['PNU']}"
    stale = world.busan.match(path)
    world.busan.patch(path, {"name": "새 이름"})
    world.busan.refused(
        "PATCH", path, 412, "precondition-failed", json={"kind": "other"}, headers=stale
    )


def test_a_change_that_changes_nothing_is_no_revision(world: World):
    path = f"/organisations/{world.ids['PNU']}"
    before = world.busan.get(path)
    head = world.nobody.get("/revisions/head")
    same = world.busan.patch(path, {"name": before["name"], "kind": before["kind"]})
    assert same == before
    assert world.nobody.get("/revisions/head") == head


def test_a_successor_sees_the_predecessors_records_from_its_last_day_on(
    world: World, clock: ManualClock
):
    programme = world.btp.post("/programmes", AI1)
    path = f"/organisations/{world.ids['BTP']}"
    world.busan.patch(path, {"successor_code": "PNU", "valid_to": "2031-01-16"})
    world.pnu.refused("GET", f"/programmes/{programme['id']}", 404, "not-found")
    world.pnu.refused("GET", path, 404, "not-found")
    clock.put(clock.now() + timedelta(days=1))
    assert world.pnu.get(f"/programmes/{programme['id']}") == programme
    assert world.pnu.get("/me")["sees"] == ["PNU", "BTP"]
    assert [o["code"] for o in world.pnu.get("/organisations")["items"]] == ["PNU", "BTP"]
    assert world.btp.get("/me")["sees"] == ["BTP"]


def test_a_succession_does_not_go_in_a_circle(world: World):
    world.busan.patch(f"/organisations/{world.ids['BTP']}", {"successor_code": "PNU"})
    path = f"/organisations/{world.ids['PNU']}"
    for code in ("BTP", "PNU"):
        problem = world.busan.refused(
            "PATCH", path, 422, json={"successor_code": code}, headers=world.busan.match(path)
        )
        assert problem["errors"][0]["code"] == "successor-cycle"


def test_the_city_stays_the_city_while_its_keys_hold_its_scopes(world: World):
    path = f"/organisations/{world.ids['BUSAN']}"
    problem = world.busan.refused(
        "PATCH", path, 422, json={"kind": "other"}, headers=world.busan.match(path)
    )
    assert problem["errors"][0]["code"] == "scope-for-city"


def test_the_order_of_a_changed_validity_is_checked_against_what_is_kept(world: World):
    path = f"/organisations/{world.ids['PNU']}"
    world.busan.patch(path, {"valid_from": "2025-01-01"})
    world.busan.refused(
        "PATCH", path, 422, json={"valid_to": "2024-01-01"}, headers=world.busan.match(path)
    )


def test_only_the_admin_writes_and_others_see_only_themselves(world: World):
    world.pnu.refused("POST", "/organisations", 403, "forbidden", json=NEW)
    world.pnu.refused("GET", f"/organisations/{world.ids['BTP']}", 404, "not-found")
    assert [o["code"] for o in world.pnu.get("/organisations")["items"]] == ["PNU"]
    assert len(world.busan.get("/organisations")["items"]) == 5


def test_changed_lists_only_what_changed_since(world: World, clock: ManualClock):
    head = world.nobody.get("/revisions/head")
    clock.put(clock.now() + timedelta(hours=1))
    since = "2031-01-15T01:00:00Z"
    assert world.busan.get("/organisations", updated_since=since)["items"] == []
    world.busan.patch(f"/organisations/{world.ids['BTP']}", {"kind": "other"})
    for asked in ({"updated_since": since}, {"changed_after_revision": head["number"]}):
        assert [o["code"] for o in world.busan.get("/organisations", **asked)["items"]] == ["BTP"]


def test_me_says_who_asks_and_what_time_it_is(world: World, clock: ManualClock):
    me = world.pnu.get("/me")
    assert me["organisation"]["code"] == "PNU"
    assert "keys:manage" in me["scopes"]
    assert "admin" not in me["scopes"]
    assert me["server_time"] == "2031-01-15T00:00:00Z"
    assert me["limits"]["body_bytes"] == 1024 * 1024
    assert me["head"]["number"] == world.nobody.get("/revisions/head")["number"]
    world.nobody.refused("GET", "/me", 401, "unauthorized")
