"""Answers kept in memory: given again while nothing changed, never after something did."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from registry.core.memory import Kept, Memory
from tests.client import BASE, USUAL, Client, World, expect
from tests.conftest import START
from tests.live import serving
from tests.people import enrolment, person
from tests.statements import counted
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from pathlib import Path

    from registry.core.clock import ManualClock
    from registry.settings import Settings

ASKED = "/statistics/trainees?measure=trainees&by=year"
BY_FIELD = "/statistics/trainees?measure=completions&by=field"


def completed(number: int) -> dict[str, Any]:
    """A person of its own who completed."""
    return enrolment(trainee=person(f"사람{number}", mobile=f"010{number:08d}"))


def asked(client: Client, path: str, status: int = 200) -> Any:
    return expect(client.call("GET", path), status)


def value(answer: Any) -> int:
    return sum(cell["value"] for cell in answer["cells"])


def test_a_repeated_question_is_one_statement_and_the_same_answer(world: World):
    world.pnu.post("/programmes", AI1)
    world.pnu.post("/enrolments", completed(1))
    first = world.busan.call("GET", ASKED)
    with counted(world.parts.database) as statements:
        again = world.busan.call("GET", ASKED)
        unchanged = world.busan.call("GET", ASKED, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.data, again.headers["ETag"]) == (first.data, first.headers["ETag"])
    assert again.headers["Registry-Revision"] == first.headers["Registry-Revision"]
    assert (again.content_type, again.headers["Vary"], again.headers["Cache-Control"]) == (
        first.content_type, first.headers["Vary"], first.headers["Cache-Control"],
    )  # fmt: skip
    assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    # Twice the same header is a message that some readers refuse.
    names = [name.lower() for name, _ in again.headers]
    assert sorted(names) == sorted(name.lower() for name, _ in first.headers)
    assert len(names) == len(set(names))
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert len(statements) == 2


def test_a_change_shows_in_the_next_answer(world: World):
    world.pnu.post("/programmes", AI1)
    before = value(asked(world.busan, ASKED))
    made = world.pnu.post("/enrolments", completed(1))
    assert value(asked(world.busan, ASKED)) == before + 1
    world.pnu.change(f"/enrolments/{made['id']}", "void", {"reason": "오류"})
    assert value(asked(world.busan, ASKED)) == before


def test_an_answer_is_kept_for_equal_rights_and_equal_words_alone(world: World):
    world.pnu.post("/programmes", AI1)
    world.pnu.post("/enrolments", completed(1))
    own = f"{BY_FIELD}&organisation=PNU"
    assert world.busan.call("GET", BY_FIELD).status_code == 200
    world.nobody.refused("GET", BY_FIELD, 403, "needs-exact")
    assert world.pnu.call("GET", own).status_code == 200
    world.btp.refused("GET", own, 403, "needs-exact")
    assert world.busan.call("GET", f"{BY_FIELD}&format=csv").mimetype == "text/csv"
    csv = world.busan.call("GET", BY_FIELD, headers={"Accept": "text/csv"})
    assert (csv.mimetype, world.busan.call("GET", BY_FIELD).mimetype) == (
        "text/csv", "application/json",
    )  # fmt: skip
    names = [asked(world.busan, f"{BY_FIELD}&labels={to}")["cells"][0] for to in ("ko", "en")]
    assert names[0] != names[1]
    turned = asked(world.busan, "/statistics/trainees?by=field&measure=completions")
    assert turned == asked(world.busan, BY_FIELD)
    assert world.nobody.call("GET", "/codes/fields").headers["Cache-Control"].startswith("public")
    assert world.pnu.call("GET", "/codes/fields").headers["Cache-Control"].startswith("private")


def test_a_new_day_in_seoul_is_a_new_answer(world: World, clock: ManualClock):
    before = world.nobody.get("/goals/TALENT_TOTAL/progress")
    assert world.nobody.get("/goals/TALENT_TOTAL/progress") == before
    clock.put(START + timedelta(days=1))
    after = world.nobody.get("/goals/TALENT_TOTAL/progress")
    assert after["as_of"] != before["as_of"]


def test_a_key_that_ended_is_refused_though_its_answer_is_kept(world: World, clock: ManualClock):
    path = f"/organisations/{world.ids['BUSAN']}/keys"
    body = {"name": "x", "scopes": ["statistics:exact"]}
    ends = (START + timedelta(hours=1)).isoformat()
    revoked, expired = (world.busan.post(path, body | more) for more in ({}, {"expires_at": ends}))
    clients = [Client(world.app, key["secret"]) for key in (revoked, expired)]
    for client in clients:
        assert client.call("GET", BY_FIELD).status_code == 200
        assert client.call("GET", BY_FIELD).status_code == 200
    world.busan.post(f"{path}/{revoked['id']}/revoke")
    clients[0].refused("GET", BY_FIELD, 401, "unauthorized")
    clock.put(START + timedelta(hours=2))
    clients[1].refused("GET", BY_FIELD, 401, "unauthorized")


def test_every_worker_of_a_server_shows_a_change_at_once(
    world: World, settings: Settings, tmp_path: Path
):
    world.pnu.post("/programmes", AI1)
    seen: list[tuple[int, int]] = []
    with serving(settings, tmp_path) as live:

        def ask(expected: int) -> None:
            headers = {"Authorization": f"Bearer {world.busan.key}"}
            answer = httpx.get(f"{live.url}{BASE}{ASKED}", headers=headers, timeout=60)
            seen.append((expected, value(answer.json())))

        for number in range(1, 6):
            made = httpx.post(
                f"{live.url}{BASE}/enrolments", json=completed(number), timeout=60,
                headers={"Authorization": f"Bearer {world.pnu.key}"},
            )  # fmt: skip
            assert made.status_code == 201
            together = [Thread(target=ask, args=(number,)) for _ in range(8)]
            for thread in together:
                thread.start()
            for thread in together:
                thread.join()
    assert [pair for pair in seen if pair[0] != pair[1]] == []
    assert len(seen) == 40


@pytest.mark.parametrize("backend", ["none"])
def test_memory_is_bounded_and_holds_one_version(backend: str):
    memory = Memory(64 * 1024)
    for number in range(100):
        memory.keep(1, number, "", Kept(b"x" * 1000, ()))
    assert memory.find(1, 99, "") is not None
    assert memory.find(1, 0, "") is None
    assert memory._used <= memory.room
    memory.keep(1, "large", "", Kept(b"x" * 9000, ()))
    assert memory.find(1, "large", "") is None
    assert memory.find(2, 99, "") is None
    memory.keep(2, "new", "", Kept(b"", ()))
    assert memory.find(1, 99, "") is None


def test_a_list_is_given_again_to_its_own_key_alone_and_its_cursor_with_it(world: World):
    world.pnu.post("/programmes", AI1)
    for number in range(3):
        world.pnu.post("/enrolments", completed(number))
    first = world.pnu.get("/enrolments", limit=2)
    with counted(world.parts.database) as statements:
        assert world.pnu.get("/enrolments", limit=2) == first
    assert len(statements) == 1
    other = world.client("PNU", *USUAL["PNU"][1])
    for client in (world.pnu, other):
        page = client.get("/enrolments", limit=2)
        assert len(client.get("/enrolments", limit=2, cursor=page["next_cursor"])["items"]) == 1


def test_what_is_logged_when_it_is_read_is_read_each_time(world: World):
    world.pnu.post("/programmes", AI1)
    world.pnu.post("/enrolments", completed(1))
    auditor = world.client("PNU", "audit:read")
    for times in (1, 2):
        page = world.pnu.get("/enrolments", expand="trainee", reason="명단 확인")
        assert page["items"][0]["trainee"]["name"] == "사람1"
        assert len(auditor.get("/access-log")["items"]) == times
