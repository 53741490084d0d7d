"""What an answer tells of mistakes: of whose names, how many, at what length."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.test_problems import send, shaped
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from tests.client import World


def places(problem: Any) -> list[tuple[str, str]]:
    return [(e.get("pointer", e.get("parameter")), e["code"]) for e in problem["errors"]]


def test_an_unknown_name_is_told_as_that_whatever_is_under_it(world: World):
    hostile = "\u202e"
    body = AI1 | {"x": hostile, "y": {"a": [hostile]}, "name": {"z": hostile}}
    problem = world.pnu.refused("POST", "/programmes", 422, "invalid-input", json=body)
    assert sorted(places(problem)) == [
        ("/name", "invalid-text"), ("/name", "invalid-type"), ("/x", "unknown-field"),
        ("/y", "unknown-field"),
    ]  # fmt: skip
    for query in ("x=1&x=2", "x=%00", "x=%00&x=%00"):
        problem = world.pnu.refused("GET", f"/programmes?{query}", 422, "invalid-input")
        assert places(problem) == [("x", "unknown-parameter")]


def test_hostile_text_is_found_wherever_a_body_may_have_text(world: World):
    hostile = "\u202e"
    body = AI1 | {"secondary_fields": ["BIGDATA", hostile], "name": [[hostile]]}
    problem = world.pnu.refused("POST", "/programmes", 422, json=body)
    assert ("/secondary_fields/1", "invalid-text") in places(problem)
    item = {"goal": hostile, "dataset": "trainees", hostile[1:] + "x": [hostile]}
    problem = world.busan.refused("POST", "/releases", 422, json={"name": "a", "items": [item]})
    assert places(problem)[0] == ("/items/0/goal", "invalid-text")
    assert ("/items/0/x", "unknown-field") in places(problem)


@pytest.mark.parametrize(
    "body",
    [
        {f"{number:x}": 0 for number in range(100_000)},
        {"secondary_fields": ["\u202e"] * 100_000},
        {"x": ["\u202e"] * 100_000},
        [["\u202e"]] * 100_000,
    ],
)
def test_of_very_many_mistakes_the_first_are_told(world: World, body: Any):
    sent = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    problem = shaped(send(world.pnu, sent), 422, "invalid-input")
    assert 1 <= len(problem["errors"]) <= 100


def test_a_long_name_is_not_repeated_at_length(world: World):
    name = "김하늘" * 50_000
    answer = send(world.pnu, json.dumps(AI1 | {name: "\u202e"}))
    problem = shaped(answer, 422, "invalid-input")
    assert places(problem) == [(f"/{name[:199]}…", "unknown-field")]
