"""Every route declares its access and keeps it: walked over the application's own route table.

A route added later is picked up by itself. Its path's ids are filled with records that `records`
makes; an id it does not know is a random one, so that keys and scopes are still tested.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from registry.core.api import ANY_KEY, PUBLIC
from registry.openapi import _app
from tests.client import Client, World, expect
from tests.test_imports import line, send, text
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Rule
    from werkzeug.test import TestResponse

SHARED = {"startup_id"}  # start-ups are shared by all agencies
VALUES = "/annotated"  # an institution's own file: the city sees that there is one, not the file
UNKNOWN_NUMBER = 10**9


def routes() -> list[tuple[str, str, str]]:
    """Every method, address pattern and access of the application, but for what people reach.

    The pages behind the sign-in are walked in test_console.py, by every role.
    """
    app = _app()
    return sorted(
        (method, rule.rule, access_of(app, rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if access_of(app, rule) not in {"console", "door"}
    )


def access_of(app: Flask, rule: Rule) -> str:
    return getattr(app.view_functions[rule.endpoint], "_access", "undeclared")


ROUTES = routes()
KEYED = [route for route in ROUTES if route[2] != PUBLIC]
RECORDS = [r for r in KEYED if "<uuid:" in r[1] or "<int:" in r[1]]
OWNED = [r for r in RECORDS if r[2] != "admin" and not any(s in r[1] for s in SHARED)]


def test_every_route_declares_its_access():
    assert [route for route in ROUTES if route[2] == "undeclared"] == []
    assert len(ROUTES) > 20


def test_nothing_but_reading_is_public():
    assert [r for r in ROUTES if r[2] == PUBLIC and r[0] != "GET"] == []


def address(pattern: str, ids: dict[str, Any]) -> str:
    """The pattern with its ids filled in; those not known are made up."""

    def filled(found: re.Match[str]) -> str:
        kind, name = found.groups()
        made_up = {"uuid": uuid4(), "int": UNKNOWN_NUMBER}.get(kind, "fields")
        return str(ids.get(name, made_up))

    return re.sub(r"<(?:(\w+):)?(\w+)>", filled, pattern)


def call(client: Client, method: str, path: str, **options: Any) -> TestResponse:
    headers = {"Accept-Language": "en"} | ({} if method == "GET" else {"If-Match": '"1"'})
    return client.call(method, path, headers=headers, **options)


def test_nobody_and_a_key_without_scopes_stay_outside(world: World):
    unscoped = world.client("PNU")
    wrong = []
    for method, pattern, access in KEYED:
        path = address(pattern, {"organisation_id": world.ids["PNU"]})
        # Whatever else is wrong with a request, the missing key or scope is said first.
        outside = call(world.nobody, method, path, data=b"{", query={"nonsense": "1"})
        if outside.status_code != 401:
            wrong.append((method, path, outside.status_code))
        inside = call(unscoped, method, path, data=b"{", query={"nonsense": "1"})
        if access != ANY_KEY and (
            inside.status_code != 403 or access not in inside.get_json()["detail"]
        ):
            wrong.append((method, path, inside.status_code))
    assert wrong == []


@pytest.fixture
def records(world: World) -> dict[str, dict[str, Any]]:
    """What the owners have registered, by the name their ids have in addresses."""
    institution = {"organisation_id": world.ids["PNU"]}
    institution["programme_id"] = world.pnu.post("/programmes", AI1)["id"]
    institution["number"] = world.nobody.get("/revisions/head")["number"]
    keys = f"/organisations/{world.ids['PNU']}/keys"
    institution["key_id"] = world.pnu.post(keys, {"name": "k", "scopes": []})["id"]
    trainee = {"name": "김하늘", "birth_date": "1999-03-02", "mobile": "010-1234-5678"}
    enrolment = {
        "programme_code": "AI1", "trainee": trainee, "enrolled_on": "2030-03-02",
        "status": "enrolled", "status_on": "2030-03-02",
    }  # fmt: skip
    enrolled = made(world.pnu, "/enrolments", enrolment)
    institution |= {"enrolment_id": enrolled["id"], "trainee_id": enrolled["trainee"]["id"]}
    institution["import_id"] = send(world.pnu, text(line(1)))["id"]
    startup = {
        "name": "새싹", "business_number": "124-81-00998", "founded_on": "2024-01-02",
        "field": "AI", "district_code": "26410",
    }  # fmt: skip
    agency = {"startup_id": made(world.bipa, "/startups", startup)["id"]}
    investment = {
        "startup_id": agency["startup_id"], "round": "SEED", "instrument": "COMMON_SHARES",
        "investor": {"name": "부산벤처", "kind": "VC"}, "shares": "new_shares",
        "channel": "attracted", "contracted_on": "2030-03-02", "contracted_krw": 100_000_000,
    }  # fmt: skip
    fill_codes(world, investment)
    agency["investment_id"] = made(world.bipa, "/investments", investment)["id"]
    listed = world.bipa.get(f"/investments/{agency['investment_id']}/transactions")["items"]
    agency["transaction_id"] = listed[0]["id"]
    return {"PNU": institution, "BIPA": agency}


def fill_codes(world: World, investment: dict[str, Any]) -> None:
    """Take the first counting code of each list, whatever the lists say."""

    def first(name: str) -> str:
        codes = world.nobody.get(f"/codes/{name}")["items"]
        return next(code["code"] for code in codes if code["counts"])

    investment |= {n: first(f"{n}s") for n in ("round", "instrument", "channel")}
    investment["investor"]["kind"] = first("investor-kinds")


def made(client: Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    created: dict[str, Any] = expect(client.call("POST", path, json=body), 201)
    return created


def parties(world: World, access: str) -> tuple[str, Client, Client]:
    """Whose records a route is about, that owner's key, and an equal organisation's."""
    if access.startswith("investments"):
        return "BIPA", world.bipa, world.bepa
    return "PNU", world.pnu, world.btp


def settled(client: Client, method: str, path: str) -> TestResponse:
    """The answer to the first of some bodies that is not refused for its content."""
    if method == "GET":
        return call(client, method, path)
    answer = call(client, method, path)
    for body in ({"reason": "사유"}, {}, {"name": "k", "scopes": []}, TRANSACTION, IDENTIFIER):
        if answer.status_code not in (415, 422):
            break
        answer = call(client, method, path, json=body)
    return answer


TRANSACTION = {"kind": "disbursement", "effective_on": "2030-03-03", "amount_krw": 1}
IDENTIFIER = {"kind": "corporate_number", "value": "110111-0062432", "valid_from": "2030-01-01"}


def test_anothers_record_is_not_there(world: World, records: Any):
    wrong = []
    for method, pattern, access in OWNED:
        owner, _, other = parties(world, access)
        foreign = settled(other, method, address(pattern, records[owner]))
        missing = settled(other, method, address(pattern, {}))
        if not foreign.status_code == missing.status_code == 404:
            wrong.append((method, pattern, foreign.status_code, missing.status_code))
        elif without_id(foreign) != without_id(missing):
            wrong.append((method, pattern, foreign.get_json(), missing.get_json()))
    assert wrong == []


def without_id(answer: TestResponse) -> tuple[dict[str, Any], set[str]]:
    body = answer.get_json()
    body.pop("request_id")
    return body, {name for name, _ in answer.headers if name != "X-Request-Id"}


def test_the_owner_reaches_every_record_and_the_city_reads_it(world: World, records: Any):
    wrong = []
    for method, pattern, access in (r for r in RECORDS if r[2] != "admin"):
        owner, own, _ = parties(world, access)
        path = address(pattern, records[owner])
        seen = 404 if pattern.endswith(VALUES) else 200
        if method == "GET" and call(world.busan, method, path).status_code != seen:
            wrong.append(("city", method, pattern))
        answer = settled(own, method, path)
        if answer.status_code not in (200, 201, 202, 409, 412, 422):  # 422: a body not known here
            wrong.append((method, pattern, answer.get_data(as_text=True)))
    assert wrong == []


def test_shared_records_are_for_every_agency_and_only_for_them(world: World, records: Any):
    for method, pattern, _ in (r for r in RECORDS if any(s in r[1] for s in SHARED)):
        path = address(pattern, records["BIPA"])
        assert call(world.pnu, method, path).status_code == 403
        if method == "GET":
            assert call(world.bepa, method, path).status_code == 200


def test_what_is_public_refuses_a_wrong_key(world: World):
    wrong_key = Client(world.app, f"rk_{UUID(int=7).hex}_x")
    wrong = []
    for _, pattern, _ in (r for r in ROUTES if r[2] == PUBLIC and r[1].startswith("/api/v1/")):
        if "<" in pattern or pattern.endswith(("/docs", ".json")):
            continue
        statuses = wrong_key.call("GET", pattern), world.nobody.call("GET", pattern)
        if statuses[0].status_code != 401 or statuses[1].status_code not in (200, 403, 422):
            wrong.append((pattern, statuses))
    assert wrong == []
