"""Programmes through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.client import World

AI1: dict[str, Any] = {
    "code": "AI1",
    "name": "인공지능 융합대학원",
    "kind": "convergence_graduate_school",
    "field": "AI",
    "district_code": "26410",
}


def test_a_registered_programme_reads_back_and_its_version_guards_corrections(world: World) -> None:
    created = world.pnu.post("/programmes", AI1)
    path = f"/programmes/{created['id']}"
    assert world.pnu.get(path) == created | {"name": AI1["name"]}
    tag = world.pnu.match(path)
    assert world.pnu.patch(path, {"district_code": "26440"})["version"] == created["version"] + 1
    world.pnu.refused("PATCH", path, 412, "precondition-failed", json={"name": "x"}, headers=tag)
    world.pnu.refused("PATCH", path, 428, "precondition-required", json={"name": "x"})


def test_another_institutions_programme_is_not_there(world: World) -> None:
    created = world.pnu.post("/programmes", AI1)
    world.btp.refused("GET", f"/programmes/{created['id']}", 404, "not-found")
    assert world.btp.get("/programmes")["items"] == []
    assert len(world.busan.get("/programmes")["items"]) == 1


def test_every_mistake_is_named_at_once(world: World) -> None:
    problem = world.pnu.refused(
        "POST", "/programmes", 422, "invalid-input",
        json={"code": "a b", "name": "x\u202e", "capacity": 1.5, "extra": 1}, query={"foo": "1"},
    )  # fmt: skip
    found = {(e.get("pointer") or e.get("parameter"), e["code"]) for e in problem["errors"]}
    assert found == {
        ("foo", "unknown-parameter"), ("/name", "invalid-text"), ("/code", "invalid-pattern"),
        ("/capacity", "invalid-number"), ("/extra", "unknown-field"), ("/kind", "required"),
        ("/field", "required"), ("/district_code", "required"),
    }  # fmt: skip


def test_a_resident_number_in_a_programmes_name_is_refused(world: World) -> None:
    body = {**AI1, "name": "홍길동 900101-1234567"}
    problem = world.pnu.refused("POST", "/programmes", 422, json=body)
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [("/name", "resident-number")]
    assert "900101" not in str(problem)
