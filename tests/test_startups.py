"""Start-ups through the API: their numbers, their dated field and district, merging, voiding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from registry.investments.models import Startup
from registry.statistics.verification import verify_ledger
from tests.money import BILLION, BRNS, CRNS, deal, figures, pay, refusals, startup

if TYPE_CHECKING:
    from tests.client import World


def test_a_registered_startup_reads_back_for_every_agency(world: World) -> None:
    made = startup(
        world.bipa, corporate_number=CRNS[0], founded_on="2020-01-01", ksic_code="J5822",
        ksic_revision=10, certificates=["벤처기업"],
    )  # fmt: skip
    assert (made["business_number"], made["corporate_number"]) == ("1248100998", "1101110062432")
    assert made["warnings"] == []
    read = world.bepa.get(f"/startups/{made['id']}")
    assert read == {k: v for k, v in made.items() if k != "warnings"}
    assert read["organisation"] == "BIPA"
    assert read["periods"] == [
        {"attribute": "district_code", "value": "26440", "effective_on": None},
        {"attribute": "field", "value": "AI", "effective_on": None},
    ]
    world.pnu.refused("GET", f"/startups/{made['id']}", 403, "forbidden")


def test_a_wrong_corporate_checksum_warns_and_is_stored(world: World) -> None:
    made = startup(world.bipa, business_number=None, corporate_number="110111-0062433")
    assert [(w["pointer"], w["code"]) for w in made["warnings"]] == [
        ("/corporate_number", "corporate-number-checksum")
    ]
    assert made["warnings"][0]["detail"]
    assert world.bipa.get(f"/startups/{made['id']}")["corporate_number"] == "1101110062433"


@pytest.mark.parametrize(
    ("changes", "place", "code"),
    [
        ({"business_number": "123-45-67890"}, "/business_number", "invalid-business-number"),
        ({"business_number": None}, "/business_number", "required"),
        ({"corporate_number": "110111"}, "/corporate_number", "invalid-corporate-number"),
        ({"field": "NOPE"}, "/field", "unknown-code"),
        ({"district_code": "99999"}, "/district_code", "unknown-code"),
        ({"founded_on": "2031-01-16"}, "/founded_on", "date-in-future"),
        ({"name": "900101-1234567"}, "/name", "resident-number"),
        ({"extra": 1}, "/extra", "unknown-field"),
    ],
)
def test_a_mistake_is_named_at_its_place(
    world: World, changes: dict[str, Any], place: str, code: str
) -> None:
    body = {"name": "회사", "business_number": BRNS[0], "field": "AI", "district_code": "26440"}
    problem = world.bipa.refused("POST", "/startups", 422, "invalid-input", json=body | changes)
    assert refusals(problem) == {(place, code)}
    assert "1234567" not in str(problem)


def test_the_same_startup_again_is_the_same_and_other_content_conflicts(world: World) -> None:
    made = startup(world.bipa, corporate_number=CRNS[0])
    again = world.bepa.call(
        "POST", "/startups",
        json={"name": "회사 0", "business_number": "1248100998", "corporate_number": CRNS[0],
              "field": "AI", "district_code": "26440"},
    )  # fmt: skip
    assert (again.status_code, again.get_json()["id"]) == (200, made["id"])
    other = startup(world.bepa, 1)
    for body in (
        {"name": "딴 이름", "business_number": BRNS[0]},
        {"name": "회사 0", "business_number": BRNS[2], "corporate_number": CRNS[0]},
        {"name": "회사 0", "business_number": BRNS[1], "corporate_number": CRNS[0]},
    ):
        problem = world.bepa.refused(
            "POST", "/startups", 409, "identifier-conflict",
            json=body | {"field": "AI", "district_code": "26440"},
        )  # fmt: skip
        assert problem["startup_id"] == made["id"]
    assert len(world.bipa.get("/startups")["items"]) == 2
    assert other["id"] != made["id"]


def test_incorporation_adds_a_number_and_every_number_finds_the_startup(world: World) -> None:
    made = startup(world.bipa)
    path = f"/startups/{made['id']}"
    body = {"kind": "corporate_number", "value": "110111-0062433", "valid_from": "2026-05-01"}
    answer = world.bepa.call("POST", f"{path}/identifiers", json=body)
    assert answer.status_code == 201
    assert answer.get_json()["warnings"][0]["pointer"] == "/value"
    assert answer.get_json()["version"] > made["version"]
    assert world.bepa.call("POST", f"{path}/identifiers", json=body).status_code == 200
    body = {"kind": "business_number", "value": BRNS[1], "valid_from": "2026-05-01"}
    world.bipa.post(f"{path}/identifiers", body)
    read = world.bipa.get(path)
    assert (read["business_number"], read["corporate_number"]) == ("1208147521", "1101110062433")
    for query in (
        {"business_number": BRNS[0]}, {"business_number": BRNS[1]},
        {"corporate_number": "110111-0062433"},
    ):  # fmt: skip
        assert [s["id"] for s in world.bipa.get("/startups", **query)["items"]] == [made["id"]]
    assert world.bipa.get("/startups", business_number=BRNS[2])["items"] == []


def test_a_number_of_another_startup_and_a_wrong_one_are_refused(world: World) -> None:
    made, other = startup(world.bipa), startup(world.bepa, 1)
    path = f"/startups/{made['id']}/identifiers"
    body = {"kind": "business_number", "value": BRNS[1], "valid_from": "2026-05-01"}
    problem = world.bipa.refused("POST", path, 409, "identifier-conflict", json=body)
    assert problem["startup_id"] == other["id"]
    problem = world.bipa.refused("POST", path, 422, json=body | {"value": "123-45-67890"})
    assert refusals(problem) == {("/value", "invalid-business-number")}
    problem = world.bipa.refused(
        "POST", path, 422, json=body | {"value": BRNS[2], "valid_from": "2031-01-16"}
    )
    assert refusals(problem) == {("/valid_from", "date-in-future")}


def test_field_and_district_move_by_date_and_the_past_slips_in(world: World) -> None:
    made = startup(world.bipa)
    path = f"/startups/{made['id']}"
    problem = world.bepa.refused(
        "PATCH", path, 422, json={"district_code": "26350"}, headers=world.bepa.match(path)
    )
    assert refusals(problem) == {("/effective_on", "effective-on-required")}
    world.bepa.patch(path, {"district_code": "26350", "effective_on": "2026-07-01"})
    world.bepa.patch(path, {"district_code": "26410", "effective_on": "2026-01-01"})
    after = world.bepa.patch(path, {"district_code": "OUTSIDE", "effective_on": "2026-07-01"})
    assert [p for p in after["periods"] if p["attribute"] == "district_code"] == [
        {"attribute": "district_code", "value": "26440", "effective_on": None},
        {"attribute": "district_code", "value": "26410", "effective_on": "2026-01-01"},
        {"attribute": "district_code", "value": "OUTSIDE", "effective_on": "2026-07-01"},
    ]
    assert (after["district_code"], after["field"]) == ("OUTSIDE", "AI")
    problem = world.bepa.refused(
        "PATCH", path, 422, json={"field": "SECURITY", "effective_on": "2031-01-16"},
        headers=world.bepa.match(path),
    )  # fmt: skip
    assert ("/effective_on", "date-in-future") in refusals(problem)


def test_a_value_in_force_already_changes_nothing(world: World) -> None:
    made = startup(world.bipa)
    path = f"/startups/{made['id']}"
    head = world.nobody.get("/revisions/head")["number"]
    for body in ({"district_code": "26440", "effective_on": "2026-07-01"}, {"field": "AI"}):
        assert world.bipa.patch(path, body)["version"] == made["version"]
    assert world.nobody.get("/revisions/head")["number"] == head


def test_a_stale_tag_is_refused_after_a_move(world: World) -> None:
    path = f"/startups/{startup(world.bipa)['id']}"
    tag = world.bipa.match(path)
    world.bepa.patch(path, {"district_code": "26350", "effective_on": "2026-07-01"})
    world.bipa.refused("PATCH", path, 412, json={"name": "새 이름"}, headers=tag)
    world.bipa.refused("PATCH", path, 428, json={"name": "새 이름"})


def test_voiding_takes_its_money_out_and_closes_it(world: World) -> None:
    made = startup(world.bipa)
    path = f"/startups/{made['id']}"
    world.bepa.post("/investments", deal(made["id"]))
    assert figures(world, "contracted_krw") == {2026: BILLION}
    world.bepa.refused(
        "POST", f"{path}/void", 403, "forbidden", json={"reason": "x"},
        headers=world.bepa.match(path),
    )  # fmt: skip
    world.bipa.refused("POST", f"{path}/void", 428, json={"reason": "x"})
    assert world.bipa.change(path, "void", {"reason": "오기"})["void"] is True
    assert figures(world, "contracted_krw") == {}
    tag = world.bipa.match(path)
    world.bipa.refused("PATCH", path, 409, "void", json={"name": "x"}, headers=tag)
    world.bipa.refused("POST", f"{path}/void", 409, "void", json={"reason": "x"}, headers=tag)
    world.bepa.refused("POST", "/investments", 409, "void", json=deal(made["id"], round="bridge"))
    assert [s["id"] for s in world.bipa.get("/startups", void="true")["items"]] == [made["id"]]


def test_merging_counts_the_money_under_the_target_as_the_target_is(world: World) -> None:
    source, target = startup(world.bipa), startup(world.bipa, 1, district_code="26350")
    first = world.bepa.post("/investments", deal(source["id"]))
    pay(world.bepa, first, "2026-03-20", 5)
    path = f"/startups/{source['id']}/merge"
    world.bepa.refused("POST", path, 403, "forbidden", json={"into": target["id"]})
    problem = world.bipa.refused("POST", path, 422, json={"into": source["id"]})
    assert refusals(problem) == {("/into", "same-record")}
    problem = world.bipa.refused("POST", path, 422, json={"into": first["id"]})
    assert refusals(problem) == {("/into", "unknown-startup")}
    assert figures(world, "disbursed_krw", "district") == {"26440": 5}
    merged = world.bipa.post(path, {"into": target["id"]})
    assert merged["merged_into_id"] == target["id"]
    assert figures(world, "disbursed_krw", "district") == {"26350": 5}
    assert world.bepa.get(f"/investments/{first['id']}")["counted_startup_id"] == target["id"]
    world.bipa.refused("POST", path, 409, "void", json={"into": target["id"]})
    back = f"/startups/{target['id']}/merge"
    world.bipa.refused("POST", back, 409, "void", json={"into": source["id"]})
    assert [s["id"] for s in world.bipa.get("/startups", business_number=BRNS[0])["items"]] == [
        target["id"]
    ]


def test_a_merged_startup_takes_investments_and_finds_equal_ones(world: World) -> None:
    source, target = startup(world.bipa), startup(world.bipa, 1)
    world.bepa.post("/investments", deal(target["id"]))
    near = world.bepa.post("/investments", deal(source["id"], contracted_on="2026-03-03"))
    world.bipa.post(f"/startups/{source['id']}/merge", {"into": target["id"]})
    (pair,) = world.busan.get("/investment-duplicates")["items"]
    assert near["id"] in {i["id"] for i in pair["investments"]}
    by_id = deal(source["id"])
    by_number = deal(..., business_number=BRNS[0])
    for body in (by_id, by_number):
        world.bipa.refused("POST", "/investments", 409, "duplicate-investment", json=body)
    made = world.bipa.post("/investments", by_number | {"round": "bridge"})
    assert made["counted_startup_id"] == target["id"]
    listed = world.bepa.get("/investments", startup_id=source["id"])["items"]
    assert len(listed) == 2


def test_a_chain_of_merges_ends_at_the_last_one(world: World) -> None:
    one, two, three = (startup(world.bipa, n) for n in range(3))
    invested = world.bipa.post("/investments", deal(one["id"]))
    world.bipa.post(f"/startups/{one['id']}/merge", {"into": two["id"]})
    world.busan.post(f"/startups/{two['id']}/merge", {"into": three["id"]})
    read = world.bipa.get(f"/investments/{invested['id']}")
    assert read["counted_startup_id"] == three["id"]
    assert figures(world, "deals") == {2026: 1}
    three_path = f"/startups/{three['id']}"
    world.bipa.patch(three_path, {"district_code": "OUTSIDE", "effective_on": "2020-01-01"})
    assert figures(world, "deals") == {}


def test_a_merged_startup_counted_as_another_is_found(world: World) -> None:
    one, two, three = (startup(world.bipa, n) for n in range(3))
    world.bipa.post(f"/startups/{one['id']}/merge", {"into": two["id"]})
    world.bipa.post(f"/startups/{two['id']}/merge", {"into": three["id"]})
    database = world.parts.database
    with database.reading() as work:
        assert verify_ledger(work.session) == []
    with database.engine.begin() as connection:
        connection.execute(update(Startup).values(unit_id=Startup.id))
    with database.reading() as work:
        findings = verify_ledger(work.session)
    assert sorted(f.split()[1] for f in findings) == sorted((one["id"], two["id"]))


def test_lists_filter_by_what_holds_today_and_by_what_changed(world: World) -> None:
    made, other = startup(world.bipa), startup(world.bipa, 1, name="부산로봇_1")
    path = f"/startups/{made['id']}"
    head = world.nobody.get("/revisions/head")["number"]
    world.bipa.patch(path, {"field": "SECURITY", "effective_on": "2026-07-01"})

    def ids(**query: Any) -> list[str]:
        return [s["id"] for s in world.bepa.get("/startups", **query)["items"]]

    assert ids(field="SECURITY") == [made["id"]]
    assert ids(field="AI") == [other["id"]]
    assert ids(district_code="26440") == [made["id"], other["id"]]
    assert ids(name="로봇_") == [other["id"]]
    assert ids(name="로봇%") == []
    assert ids(changed_after_revision=head) == [made["id"]]
    assert ids(sort="-name") == [made["id"], other["id"]]
    problem = world.bepa.refused("GET", "/startups", 422, query={"field": "NOPE"})
    assert refusals(problem) == {("field", "unknown-code")}
    world.bipa.patch(f"/startups/{other['id']}", {"name": "Élan Ｌab"})
    assert ids(name="éLAN ｌ") == [other["id"]]


def test_a_list_is_also_a_file(world: World) -> None:
    startup(world.bipa, name="=1+1")
    answer = world.bipa.call("GET", "/startups", query={"format": "csv"})
    assert answer.mimetype == "text/csv"
    text = answer.get_data().decode("utf-8-sig")
    assert "'=1+1" in text
    assert "1248100998" in text
