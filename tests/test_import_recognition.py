"""A file that stands in the registry as it left it is known again, and answered as if judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from registry.imports import committing, judging, parsing, recognition, service
from registry.imports.claims import claim
from registry.imports.parsing import begin
from registry.imports.pipeline import run
from tests.test_import_batches import long_file
from tests.test_imports import HEADER, counted, line, send, taken, text
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from tests.client import World

OWN = ("id", "received_at", "ended_at", "same_file_as", "progress")  # an import's own
STUDENTS = HEADER.replace("성명", "학번,성명")
ONE_PERSON_TWICE = (
    STUDENTS,
    "E-1,AI1,S1,김학생,1999-03-02,010-1111-2222,2028-03-02,수료,2028-10-30",
    "E-2,AI1,S1,김학생,1999-03-02,010-3333-4444,2029-03-02,수료,2029-10-30",
)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is longer than a thousand rows goes in by batches, so that tests need no more."""
    for module in (parsing, judging, committing, service, recognition):
        monkeypatch.setattr(module, "WHOLE", 1000)


def sent_again(world: World, body: str, **query: Any) -> tuple[dict[str, Any], bool]:
    """The file once more: what it came to, and whether it was known."""
    sent = send(world.pnu, body, **query)
    job = claim(world.parts)
    assert job is not None
    begin(job)
    known = recognition.recognised(job)
    run(job)
    found: dict[str, Any] = world.pnu.get(f"/imports/{sent['id']}")
    return found, known


def told(world: World, read: dict[str, Any]) -> dict[str, Any]:
    """All that is answered about an import, but for what is its own."""
    place = f"/imports/{read['id']}"
    annotated = world.pnu.call("GET", f"{place}/annotated").get_data()
    undone = world.pnu.post(f"{place}/undo")
    return {
        "read": {name: value for name, value in read.items() if name not in OWN},
        "errors": world.pnu.get(f"{place}/errors")["items"],
        "annotated": annotated,
        "undone": {name: value for name, value in undone.items() if name not in OWN},
    }


@pytest.mark.parametrize("on_error", ["reject_all", "accept_valid"])
def test_what_is_told_of_a_known_file_is_what_is_told_of_a_judged_one(world: World, on_error: str):
    world.pnu.post("/programmes", AI1)
    body = text(*(line(n) for n in range(30)))
    first = taken(world, body)
    known, was_known = sent_again(world, body, on_error=on_error)
    assert was_known
    assert counted(known) == (30, 0, 0, 30, 0, 0)
    assert known["same_file_as"] == first["id"]
    world.btp.post("/programmes", AI1 | {"code": "B1"})
    assert sent_again(world, body)[1], "what another institution does is none of its concern"
    world.pnu.post("/programmes", AI1 | {"code": "HARMLESS"})
    judged, was_known = sent_again(world, body, on_error=on_error)
    assert not was_known
    assert told(world, known) == told(world, judged)
    assert counted(taken(world, body)) == (30, 0, 0, 30, 0, 0)


def test_a_long_file_is_known_batch_by_batch(world: World, short: None):
    world.pnu.post("/programmes", AI1)
    first = taken(world, long_file(), on_error="accept_valid")
    known, was_known = sent_again(world, long_file(), on_error="accept_valid")
    assert was_known
    assert counted(known) == (4100, 0, 0, 4100, 0, 0)
    refused, was_known = sent_again(world, long_file())
    assert (was_known, refused["failure"]["code"]) == (False, "import-too-long-for-all")
    item = world.pnu.get("/enrolments", limit=1)["items"][0]
    world.pnu.patch(f"/enrolments/{item['id']}", {"status_on": "2030-11-11"})
    judged, was_known = sent_again(world, long_file(), on_error="accept_valid")
    assert not was_known
    assert counted(judged) == (4100, 0, 1, 4099, 0, 0)
    assert not sent_again(world, long_file(), on_error="accept_valid")[1], "it did not make all"
    assert counted(first) == (4100, 4100, 0, 0, 0, 0)


def test_a_file_of_one_revision_and_several_batches_is_known(world: World):
    world.pnu.post("/programmes", AI1)
    assert taken(world, long_file())["rows"]["created"] == 4100
    known, was_known = sent_again(world, long_file())
    assert was_known
    assert counted(known) == (4100, 0, 0, 4100, 0, 0)


def test_a_file_that_says_two_things_of_one_person_is_not_known(world: World):
    world.pnu.post("/programmes", AI1)
    body = "\r\n".join(ONE_PERSON_TWICE) + "\r\n"
    assert counted(taken(world, body)) == (2, 2, 0, 0, 0, 0)
    again, was_known = sent_again(world, body)
    assert not was_known
    assert counted(again) == (2, 0, 2, 0, 0, 0), "each of its rows takes the other's mobile back"


def test_a_file_is_known_only_as_what_it_was_taken_in_as(world: World):
    world.pnu.post("/programmes", AI1)
    body, warned = text(line(1)), text(line(2), line(2))
    assert not sent_again(world, body)[1], "never seen"
    assert not sent_again(world, body, mode="validate")[1], "a validated file is to be committed"
    assert not sent_again(world, body, sheet="Sheet1")[1]
    assert not sent_again(world, body + "\r\n")[1], "another file"
    assert sent_again(world, body)[1]
    taken(world, warned)
    assert not sent_again(world, warned)[1], "its warning is to be told again"


def test_a_file_is_not_known_once_it_is_undone_or_the_city_has_written(world: World):
    world.pnu.post("/programmes", AI1)
    body = text(line(1), line(2))
    first = taken(world, body)
    world.pnu.post(f"/imports/{first['id']}/undo")
    again, was_known = sent_again(world, body)
    assert (was_known, counted(again)) == (False, (2, 2, 0, 0, 0, 0))
    assert sent_again(world, body)[1]
    world.busan.post("/releases", {"name": "2030", "items": [{"goal": "TALENT_ANNUAL"}]})
    assert not sent_again(world, body)[1], "the city may have changed what rows may say"
