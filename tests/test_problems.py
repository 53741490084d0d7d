"""Every error has one shape, every code has its texts, and each trap of the stack is shut."""

from __future__ import annotations

import ast
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from registry.app import create_app
from registry.core.problems import LANGUAGES, catalogue
from tests.client import Client, World
from tests.conftest import make_settings
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from werkzeug.test import TestResponse

    from registry.core.clock import ManualClock

SOURCES = sorted((Path(__file__).parent.parent / "registry").rglob("*.py"))
FIRST, SECOND = 0, 1
RAISED_AT = {
    "DomainError": FIRST,
    "Flaw": FIRST,
    "flawed": FIRST,
    "at": SECOND,
    "flawed_at": SECOND,
}


def trees() -> list[ast.Module]:
    return [ast.parse(path.read_text("utf-8")) for path in SOURCES]


def raised() -> Iterator[str]:
    """Every code that the source hands to an error."""
    for call in (node for tree in trees() for node in ast.walk(tree)):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        place = RAISED_AT.get(name)
        if place is not None and len(call.args) > place:
            found = ast.walk(call.args[place])
            yield from (n.value for n in found if isinstance(n, ast.Constant) and n.value)


def test_every_code_that_is_raised_is_in_the_catalogue():
    assert {code for code in raised() if isinstance(code, str)} - set(catalogue()) == set()


def test_every_code_of_the_catalogue_is_used():
    texts = {n.value for t in trees() for n in ast.walk(t) if isinstance(n, ast.Constant)}
    assert set(catalogue()) - texts == set()


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_every_code_has_its_texts_in_both_languages(code: str):
    entry = catalogue()[code]
    for texts in (entry.title, entry.detail, entry.advice):
        assert set(texts) == set(LANGUAGES)
        assert all(texts.values())
        assert re.search("[가-힣]", texts["ko"])
    placeholders = {frozenset(re.findall(r"{(\w+)}", text)) for text in entry.detail.values()}
    assert len(placeholders) == 1, "a fact that one language alone shows"
    assert re.fullmatch("[a-z]+(-[a-z]+)*", code)


SHAPE = {"type", "title", "status", "detail", "code", "request_id"}


def shaped(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """The problem, after a look at everything that each one has."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"
    problem: dict[str, Any] = json.loads(answer.get_data(as_text=True))
    assert set(problem) >= SHAPE
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"/api/v1/problems/{code}"
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert answer.headers["Cache-Control"] == "no-store"
    return problem


def send(client: Client, body: bytes | str, content_type: str | None = "application/json") -> Any:
    data = body.encode() if isinstance(body, str) else body
    return client.call("POST", "/programmes", data=data, content_type=content_type)


GOOD = json.dumps(AI1)


def test_a_body_without_its_type_is_not_an_empty_one(world: World):
    for content_type in (None, "text/plain", "application/x-www-form-urlencoded"):
        shaped(send(world.pnu, GOOD, content_type), 415, "unsupported-media-type")
    assert world.pnu.get("/programmes")["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"code": NaN}',
        b'{"code": "A", "code": "B"}',
        b"[" * 65 + b"]" * 65,
        b"[" * 100_000,
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b'{"k\\u0000": 1}',
        b"{'code': 1}",
    ],
)
def test_what_cannot_be_read(world: World, body: bytes):
    shaped(send(world.pnu, body), 400, "unreadable")


def test_sixty_four_levels_can_be_read(world: World):
    shaped(send(world.pnu, "[" * 64 + "]" * 64), 422, "invalid-input")


@pytest.mark.parametrize(
    "written",
    ['"a\\u0000b"', '"\\ud800"', '"a\\u202eb"', '"\\u2066a"', '"\\u001b[2J"', '"\\u0085"'],
)
def test_hostile_text_is_named_and_not_repeated(world: World, written: str):
    body = GOOD.replace('"AI1"', '"AI1", "name_en": ' + written)
    problem = shaped(send(world.pnu, body), 422, "invalid-input")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [("/name_en", "invalid-text")]


@pytest.mark.parametrize(
    ("capacity", "code"),
    [
        (10**30, "out-of-range"),
        (-(10**30), "out-of-range"),
        (2**63, "out-of-range"),
        (1.0, "invalid-number"),
        (True, "invalid-number"),
        ("1", "invalid-number"),
        (0, "out-of-range"),
    ],
)
def test_a_number_is_a_whole_one_within_its_bounds(world: World, capacity: Any, code: str):
    problem = world.pnu.refused("POST", "/programmes", 422, json={**AI1, "capacity": capacity})
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [("/capacity", code)]


def test_a_body_of_more_than_a_mebibyte(world: World):
    shaped(send(world.pnu, b'"' + b"a" * 1024 * 1024 + b'"'), 413, "payload-too-large")
    shaped(send(world.pnu, b'"' + b"a" * (1024 * 1024 - 2) + b'"'), 422, "invalid-input")


@pytest.mark.parametrize("query", ["foo=1", "limit=50&limit=60", "limit=0", "limit=1.5", "code="])
def test_a_query_is_as_strict_as_a_body(world: World, query: str):
    answer = world.pnu.call("GET", f"/programmes?{query}")
    problem = shaped(answer, 422, "invalid-input")
    assert problem["errors"][0]["parameter"] == query.partition("=")[0]


def test_one_name_in_two_spellings_is_a_duplicate_key(world: World):
    composed, decomposed = "\uac00", "\u1100\u1161"
    shaped(send(world.pnu, f'{{"{composed}": 1, "{decomposed}": 2}}'), 400, "unreadable")


def test_hostile_text_in_a_query_is_named_once(world: World):
    problem = world.pnu.refused("GET", "/programmes?code=%00", 422, "invalid-input")
    assert [(e["parameter"], e["code"]) for e in problem["errors"]] == [("code", "invalid-text")]


def test_hostile_text_in_a_query_or_an_address(world: World):
    for path in ("/programmes?code=%00", "/programmes?%00=1", "/codes/%00", "/programmes?code=%ff"):
        assert world.pnu.call("GET", path).status_code in (400, 404, 422)
    for path in ("/goals/%00", "/goals/A%00B/progress", "/problems/%E2%80%AE"):
        shaped(world.nobody.call("GET", path), 404, "not-found")


def test_what_is_not_there_is_a_problem_too(api: Client):
    shaped(api.call("GET", "/api/v1/nowhere"), 404, "not-found")
    shaped(api.call("GET", "/api/v2"), 404, "not-found")
    shaped(api.call("GET", "/api/v1/programmes/not-a-uuid"), 404, "not-found")


def test_a_refused_method_names_the_allowed_ones(world: World):
    answer = world.pnu.call("DELETE", "/programmes")
    shaped(answer, 405, "method-not-allowed")
    allowed = {method.strip() for method in answer.headers["Allow"].split(",")}
    assert {"GET", "POST"} <= allowed
    assert "DELETE" not in allowed


def test_a_type_that_cannot_be_answered(world: World):
    answer = world.pnu.call("GET", "/programmes", headers={"Accept": "image/png"})
    shaped(answer, 406, "not-acceptable")


def test_errors_speak_the_askers_language(api: Client):
    for language, word in (
        ("en-GB,ko;q=0.5", "needed"),
        ("ko", "필요합니다"),
        ("fr", "필요합니다"),
    ):
        answer = api.call("GET", "/me", headers={"Accept-Language": language})
        assert word in shaped(answer, 401, "unauthorized")["detail"]
        assert answer.headers["Content-Language"] == language[:2].replace("fr", "ko")


def test_a_decent_request_id_is_taken_over_and_another_is_not(api: Client):
    for given, taken in (("client-12345", True), ("x", False), ("a b c d e f g", False)):
        answer = api.call("GET", "/me", headers={"X-Request-Id": given})
        assert (answer.headers["X-Request-Id"] == given) is taken


def test_weak_tags_match_as_a_proxy_makes_them(world: World):
    path = f"/programmes/{world.pnu.post('/programmes', AI1)['id']}"
    tag = world.pnu.match(path)["If-Match"]
    for sent in (tag, f"W/{tag}", f'"x", W/{tag}', "*"):
        answer = world.pnu.call("GET", path, headers={"If-None-Match": sent})
        assert (answer.status_code, answer.get_data()) == (304, b"")
        assert answer.headers["ETag"].removeprefix("W/") == tag
    assert world.pnu.call("GET", path, headers={"If-None-Match": '"x"'}).status_code == 200
    change = {"json": {"capacity": 7}}
    for sent, status in (("*", 428), ("", 428), ('"x"', 412), ("1", 412), (f"W/{tag}", 200)):
        answer = world.pnu.call("PATCH", path, headers={"If-Match": sent}, **change)
        assert answer.status_code == status, sent
    assert world.pnu.get(path)["capacity"] == 7


def test_keyed_answers_are_private_and_vary(world: World):
    for client, kept in ((world.pnu, "private"), (world.nobody, "public")):
        answer = client.call("GET", "/codes/fields")
        assert answer.headers["Cache-Control"].startswith(kept)
        assert {v.lower() for v in answer.vary} >= {"authorization", "accept", "accept-language"}


def test_an_unexpected_error_says_nothing_of_itself(world: World, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise RuntimeError("김하늘 010-1234-5678")

    monkeypatch.setattr("registry.access.queries.presented", broken)
    with capture_logs() as logs:
        answer = world.pnu.call("GET", "/me")
    shaped(answer, 500, "internal-error")
    assert [line["kind"] for line in logs if line["log_level"] == "error"] == ["RuntimeError"]
    assert "김하늘" not in answer.get_data(as_text=True) + str(logs)


def test_a_clock_behind_the_last_revision_stops_writes_and_not_reads(
    world: World, clock: ManualClock
):
    clock.put(clock.now() - timedelta(seconds=59))
    world.pnu.post("/programmes", AI1)
    clock.put(clock.now() - timedelta(minutes=2))
    answer = world.pnu.call("POST", "/programmes", json={**AI1, "code": "AI2"})
    shaped(answer, 503, "clock-behind")
    assert int(answer.headers["Retry-After"]) > 0
    assert len(world.pnu.get("/programmes")["items"]) == 1


def test_moments_increase_even_when_the_clock_stands(world: World):
    moments = [
        datetime.fromisoformat(world.busan.get(f"/revisions/{n}")["at"])
        for n in range(1, world.nobody.get("/revisions/head")["number"] + 1)
    ]
    assert moments == sorted(set(moments))


def test_a_writer_that_waits_too_long_is_told_when_to_come_again(
    world: World, database_url: str, clock: ManualClock
):
    impatient = create_app(make_settings(database_url, lock_timeout=1), clock)
    client = Client(impatient, world.pnu.key)
    with world.parts.database.writing(object()) as work:
        answer = client.call("POST", "/programmes", json=AI1)
        assert client.get("/programmes")["items"] == [], "readers never wait"
        work.dry_run = True
    shaped(answer, 503, "busy")
    assert int(answer.headers["Retry-After"]) > 0
    client.post("/programmes", AI1)
    impatient.extensions["registry"].database.engine.dispose()


def test_savepoints_are_real(app: Flask):
    engine = app.extensions["registry"].database.engine
    insert = text("INSERT INTO alembic_version (version_num) VALUES (:name)")
    with engine.connect() as connection:
        with connection.begin():
            connection.execute(insert, {"name": "kept"})
            with connection.begin_nested() as savepoint:
                connection.execute(insert, {"name": "undone"})
                savepoint.rollback()
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    assert "kept" in found
    assert "undone" not in found


def test_a_refused_write_leaves_nothing_behind(world: World):
    head = world.nobody.get("/revisions/head")
    world.pnu.refused("POST", "/programmes", 422, json={**AI1, "field": "NOPE"})
    tried = world.pnu.call("POST", "/programmes", json=AI1, query={"dry_run": "true"})
    assert tried.status_code == 200
    assert world.pnu.get("/programmes")["items"] == []
    assert world.nobody.get("/revisions/head") == head


def test_a_resident_number_is_no_request_id(api: Client):
    answer = api.call("GET", "/codes/fields", headers={"X-Request-Id": "900101-1234567"})
    assert answer.headers["X-Request-Id"] != "900101-1234567"
    answer = api.call("GET", "/codes/fields", headers={"X-Request-Id": "trace-0001"})
    assert answer.headers["X-Request-Id"] == "trace-0001"
