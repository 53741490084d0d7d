"""The quick ways of writing an answer say what its schema says."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import marshmallow as ma

from registry.core import fields as f
from registry.core.dumping import dumped
from registry.core.fields import Output, ready
from registry.trainees.enrolment_schemas import EnrolmentRead
from tests.conftest import START
from tests.people import enrolment, person
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from tests.client import World


class Inner(Output):
    day = f.Day(allow_none=True, attribute="on")
    month = f.Month()
    share = f.Ratio(allow_none=True)


class Outer(Output):
    id = f.Identifier(allow_none=True)
    text = f.Text(allow_none=True)
    number = f.Count()
    large = f.Won(allow_none=True)
    flag = f.Flag()
    at = f.MomentText(allow_none=True)
    rate = f.DecimalText(6, allow_none=True)
    figure = f.Figure(allow_none=True)
    part = f.Part(Inner, allow_none=True)
    parts = f.Many(f.Part(Inner), allow_none=True)
    words = f.Many(f.Text())
    free = f.Open()
    said = f.Text(data_key="saidAs", attribute="inner_name")
    absent = f.Text()


FULL: dict[str, Any] = {
    "id": UUID(int=7), "text": "글", "number": True, "large": 10**15, "flag": False, "at": START,
    "rate": Decimal("10.50"), "figure": 1.5, "words": ["a", "b"], "free": {"x": [1]},
    "inner_name": "n",
    "part": {"on": date(2026, 1, 2), "month": 202601, "share": 1},
    "parts": [SimpleNamespace(on=None, month=202612, share=None), {"month": 202601}],
}  # fmt: skip
NULLS = dict.fromkeys(("id", "text", "large", "at", "rate", "figure", "part", "parts"))
ODD = {"id": "not-one", "text": 5, "number": "7", "flag": 1, "words": (), "at": START.astimezone()}


def test_an_answer_is_what_marshmallow_makes_of_it():
    for values in (FULL, FULL | NULLS, FULL | ODD, {}):
        for value in (values, SimpleNamespace(**values)):
            assert json.dumps(dumped(Outer, value)) == json.dumps(ready(Outer).dump(value))


def test_a_schema_with_hooks_of_its_own_keeps_them():
    class Hooked(Output):
        text = f.Text()

        @ma.post_dump
        def _shout(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
            return data | {"text": data["text"].upper()}

    assert dumped(Hooked, {"text": "a"}) == {"text": "A"}


def test_a_list_written_by_the_database_says_what_each_record_says(world: World):
    world.pnu.post("/programmes", AI1)
    hard = "a\"b\\c/d %s :x {} 가\U0001f600 \u2028'"
    plain = world.pnu.post("/enrolments", enrolment(external_id=hard[:30]))
    other = enrolment(
        trainee=person("이바다", mobile="01000000002"), status="enrolled", status_on=None,
        outcome={"employed_on": "2026-07-01", "employer_district_code": "26440"},
    )  # fmt: skip
    voided = world.pnu.post("/enrolments", other)
    reason = {"reason": hard}
    voided = world.pnu.change(f"/enrolments/{voided['id']}", "void", reason)
    listed = world.pnu.call("GET", "/enrolments", query={"sort": "id"})
    assert list(listed.get_json()) == ["next_cursor", "items"]
    items = listed.get_json()["items"]
    assert items == sorted((plain, voided), key=lambda item: item["id"])
    assert voided["void_reason"] == hard
    for item, made in zip(items, sorted((plain, voided), key=lambda i: i["id"]), strict=True):
        assert json.dumps(item) == json.dumps(made)
        assert set(item) == set(EnrolmentRead().fields)
        one = world.pnu.call("GET", f"/enrolments/{item['id']}")
        assert json.dumps(one.get_json()) == json.dumps(item)
        assert one.headers["ETag"].startswith(f'"{item["version"]}-')
    world.btp.refused("GET", f"/enrolments/{plain['id']}", 404, "not-found")
    assert world.btp.get("/enrolments") == {"next_cursor": None, "items": []}
    first = world.pnu.call("GET", "/enrolments", query={"sort": "-status_on", "limit": "1"})
    cursor = first.get_json()["next_cursor"]
    assert f"cursor={cursor}" in first.headers["Link"]
    second = world.pnu.get("/enrolments", sort="-status_on", limit=1, cursor=cursor)
    assert [first.get_json()["items"][0], second["items"][0]] == sorted(
        items, key=lambda item: (item["status_on"], item["id"]), reverse=True
    )
