"""Trainees: which record an enrolment means, corrections, search, and that nobody is given away."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect, select, text

from registry.access.models import AccessLog
from registry.core import telemetry
from registry.core.crypto import Keyring
from registry.settings import NamedKey
from registry.trainees.models import Trainee, TraineeIdentity, TraineeLink
from tests.conftest import IDENTITY_SECRET, make_settings
from tests.people import counted, enrolment, person, persons, programmes, unit_of

if TYPE_CHECKING:
    from tests.client import World


@pytest.fixture(autouse=True)
def _programmes(world: World) -> None:
    programmes(world)


VECTORS = {
    "김하늘": "61346ebde53ba3585ff9e59ae641769aad508239fb12b6960acb1f1e961e2a80",
    "Kim Min": "756035348a6ff81ddea61b5ccc78113b911e6e185dec71c0590350248f0a8920",
    "남궁민수": "8166bfe99ab19bfb10317e0f2e021984d2be7a34e693efe5c074a4e937aa0b94",
}


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("김하늘", "김 하늘"), ("김하늘", unicodedata.normalize("NFD", "김하늘")),
        ("김하늘", "김하\u200b늘"), ("김하늘", "김\u3164하늘"), ("Kim Min", "KIM  MIN"),
        ("Kim Min", "ｋｉｍ ｍｉｎ"), ("남궁민수", "남궁민수"),
    ],
)  # fmt: skip
def test_one_person_at_two_institutions_is_counted_once_however_the_name_is_written(
    world: World, name: str, other: str
) -> None:
    first = world.pnu.post("/enrolments", enrolment(trainee=person(name)))
    again = {"trainee": person(other, mobile="+82 10 1234 5678"), "status_on": "2026-09-30"}
    second = world.btp.post("/enrolments", enrolment("OS1") | again)
    assert first["trainee"]["id"] != second["trainee"]["id"]
    assert unit_of(world, first) == unit_of(world, second)
    totals = counted(world)
    assert (totals["trainees"], totals["talents"], totals["completions"]) == (1, 1, 2)
    assert totals["trainees_of_organisation"] == 2
    with world.parts.database.reading() as work:
        digests = set(work.session.scalars(select(TraineeIdentity.digest)))
    assert VECTORS[name][:32] in digests  # 128 bits of it


def test_without_a_mobile_there_is_no_identity_and_two_stay_two(world: World) -> None:
    unknown = person(mobile=None)
    first = world.pnu.post("/enrolments", enrolment(trainee=unknown))
    second = world.btp.post("/enrolments", enrolment("OS1", trainee=unknown))
    assert unit_of(world, first) != unit_of(world, second)
    assert counted(world)["trainees"] == 2
    third = world.pnu.post("/enrolments", enrolment(trainee=unknown, enrolled_on="2026-04-01"))
    assert third["trainee"] != first["trainee"]  # nor does the same institution guess


def test_an_institutions_own_number_with_equal_birth_date_is_the_same_trainee(world: World) -> None:
    first = world.pnu.post("/enrolments", enrolment(trainee=person(external_id="S-1", mobile=None)))
    later = {"enrolled_on": "2026-09-01", "status_on": "2026-12-01"}
    moved = {"external_id": "S-1", "birth_date": "1999-03-02", "mobile": "01099998888"}
    second = world.pnu.post("/enrolments", enrolment(trainee=moved) | later)
    assert second["trainee"] == first["trainee"]
    shown = world.pnu.get(f"/trainees/{first['trainee']['id']}")
    assert shown == {
        "id": first["trainee"]["id"], "organisation": "PNU", "external_id": "S-1",
        "name": "김하늘", "birth_date": "1999-03-02", "mobile": "+821099998888", "email": None,
        "version": 2,
    }  # fmt: skip
    other = enrolment(trainee=person("이바다", external_id="S-1", birth_date="2000-01-01"))
    world.pnu.refused("POST", "/enrolments", 409, "external-id-taken", json=other)
    world.btp.post("/enrolments", enrolment("OS1", trainee=other["trainee"]))
    assert persons(world) == 2


def test_a_number_of_one_trainee_and_the_identity_of_another_is_refused(world: World) -> None:
    world.pnu.post("/enrolments", enrolment(trainee=person(external_id="S-1")))
    taken = person("이바다", external_id="S-2", birth_date="2000-01-01")
    world.pnu.post("/enrolments", enrolment(trainee=taken))
    mixed = enrolment(
        trainee=person(external_id="S-2"), enrolled_on="2026-07-01", status_on="2026-08-01"
    )
    world.pnu.refused("POST", "/enrolments", 409, "external-id-taken", json=mixed)


def test_a_person_known_by_identity_takes_the_new_number(world: World) -> None:
    first = world.pnu.post("/enrolments", enrolment(trainee=person(external_id="S-1")))
    later = {"enrolled_on": "2026-09-01", "status_on": "2026-12-01"}
    again = enrolment(trainee=person(external_id="S-9", email="h@example.kr")) | later
    second = world.pnu.post("/enrolments", again)
    assert second["trainee"] == first["trainee"]
    shown = world.pnu.get(f"/trainees/{first['trainee']['id']}")
    assert (shown["external_id"], shown["email"], shown["version"]) == ("S-9", "h@example.kr", 2)


def test_a_former_identity_still_finds_its_trainee_and_the_new_one_links(world: World) -> None:
    mine = world.pnu.post("/enrolments", enrolment())
    other = world.btp.post("/enrolments", enrolment("OS1", trainee=person(mobile="01099998888")))
    assert persons(world) == 2
    world.pnu.patch(f"/trainees/{mine['trainee']['id']}", {"mobile": "010-9999-8888"})
    assert persons(world) == 1
    assert unit_of(world, other) == unit_of(world, mine)
    assert counted(world)["trainees"] == 1
    later = {"enrolled_on": "2026-09-01", "status_on": "2026-12-01"}
    again = world.pnu.post("/enrolments", enrolment() | later)  # with the old mobile
    assert again["trainee"] == mine["trainee"]
    world.pnu.patch(f"/trainees/{mine['trainee']['id']}", {"name": "개명"})
    assert persons(world) == 1  # what was equal once stays linked


def test_a_correction_says_what_changed_without_saying_it(world: World) -> None:
    path = f"/trainees/{world.pnu.post('/enrolments', enrolment())['trainee']['id']}"
    changed = world.pnu.patch(
        path, {"name": "이하늘", "email": "h@example.kr", "external_id": "S-1"}
    )
    assert changed == {"id": path.rpartition("/")[2], "version": 2}
    assert world.pnu.patch(path, {"name": "이하늘"})["version"] == 2
    cleared = {"mobile": None, "email": None, "external_id": None}
    assert world.pnu.patch(path, cleared)["version"] == 3
    shown = world.pnu.get(path)
    assert {k: shown[k] for k in cleared} == cleared
    tag = world.pnu.match(path)
    for body, code in (
        ({"name": None}, "null"), ({"birth_date": None}, "null"), ({"name": "900101-1234567"}, "resident-number"),
        ({"birth_date": "2031-01-16"}, "date-in-future"),
    ):  # fmt: skip
        problem = world.pnu.refused("PATCH", path, 422, "invalid-input", json=body, headers=tag)
        assert [e["code"] for e in problem["errors"]] == [code]
    world.pnu.refused("PATCH", path, 412, json={"name": "x"}, headers={"If-Match": '"1"'})
    for client in (world.btp, world.busan):
        client.refused("PATCH", path, 404, "not-found", json={"name": "x"}, headers=tag)
    world.pnu.post("/enrolments", enrolment(trainee=person("박산", external_id="S-2")))
    taken = {"external_id": "S-2"}
    world.pnu.refused("PATCH", path, 409, "external-id-taken", json=taken, headers=tag)


def test_search_is_exact_within_own_records_and_every_reading_is_logged(world: World) -> None:
    mine = world.pnu.post("/enrolments", enrolment())["trainee"]["id"]
    world.btp.post("/enrolments", enrolment("OS1"))
    asked = {"name": "김 하늘", "birth_date": "1999-03-02"}

    def found(client: Any, **more: Any) -> list[str]:
        return [t["id"] for t in client.post("/trainees/search", asked | more)["items"]]

    assert found(world.pnu) == found(world.pnu, mobile="01012345678") == [mine]
    assert found(world.pnu, mobile="01099998888") == []
    assert found(world.pnu, birth_date="1999-03-03") == []
    assert found(world.pnu, name="김하") == []
    assert len(found(world.busan)) == 2
    world.pnu.get(f"/trainees/{mine}")
    world.btp.refused("GET", f"/trainees/{mine}", 404, "not-found")
    problem = world.pnu.refused("POST", "/trainees/search", 422, json={"mobile": "01012345678"})
    assert {e["pointer"] for e in problem["errors"]} == {"/name", "/birth_date"}
    with world.parts.database.reading() as work:
        log = work.session.execute(select(AccessLog.act, AccessLog.record_ids)).all()
    assert log[0] == ("trainee.search", [mine])
    assert log[2] == ("trainee.search", [])
    assert (log[-1], len(log)) == (("trainee.read", [mine]), 7)


def test_an_answer_of_personal_values_is_not_given_if_it_cannot_be_logged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = world.pnu.post("/enrolments", enrolment())["trainee"]["id"]

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("registry.access.queries.log_access", fail)
    answer = world.pnu.call("GET", f"/trainees/{mine}")
    assert answer.status_code == 500
    assert "김하늘" not in answer.get_data(as_text=True)


def test_no_personal_value_is_anywhere_but_in_the_sealed_document(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []

    class Listener:
        def __getattr__(self, level: str) -> Any:
            return lambda *words, **facts: lines.append(f"{level} {words} {facts}")

    monkeypatch.setattr(telemetry, "log", Listener())
    monkeypatch.setattr("registry.core.refusals.log", Listener())
    who = person("제갈공명", email="kongming@example.kr", external_id="S-1")
    head = {"Idempotency-Key": "k-1"}
    sent = enrolment(trainee=who, external_id="E-1")
    answers = [world.pnu.call("POST", "/enrolments", json=sent, headers=head)]
    made = answers[0].get_json()
    path, trainee = f"/enrolments/{made['id']}", f"/trainees/{made['trainee']['id']}"
    answers += [
        world.pnu.call("POST", "/enrolments", json=sent),
        world.pnu.call("POST", "/enrolments", json=sent | {"status_on": "2026-07-01"}),
        world.pnu.call("POST", "/enrolments", json=sent, query={"dry_run": "true"}),
        world.pnu.call(
            "PATCH", trainee, json={"name": "제갈 량"}, headers=world.pnu.match(trainee)
        ),
        world.pnu.call(
            "PATCH", trainee, json={"name": "제갈량", "x": 1}, headers=world.pnu.match(trainee)
        ),
        world.pnu.call(
            "PATCH", path, json={"status_on": "2026-07-01"}, headers=world.pnu.match(path)
        ),
        world.pnu.call("GET", f"{path}/history"),
        world.pnu.call("GET", "/enrolments"),
    ]
    assert [a.status_code for a in answers] == [201, 200, 409, 200, 200, 422, 200, 200, 200]
    stored = []
    with world.parts.database.reading() as work:
        for table in inspect(work.session.get_bind()).get_table_names():
            stored += [
                str(tuple(row)) for row in work.session.execute(text(f'SELECT * FROM "{table}"'))
            ]
    texts = [a.get_data(as_text=True) for a in answers] + [str(a.headers) for a in answers]
    assert lines
    for secret in ("제갈", "공명", "1999-03-02", "19990302", "12345678", "1234-5678", "kongming"):
        assert not [t for t in (*texts, *stored, *lines) if secret in t], secret


def test_a_rotated_identity_key_still_finds_those_hashed_under_the_old_one(world: World) -> None:
    first = world.pnu.post("/enrolments", enrolment())
    new = NamedKey("i2", bytes(range(1, 33)))
    settings = make_settings("sqlite://", identity_keys=(new, NamedKey("i1", IDENTITY_SECRET)))
    object.__setattr__(world.parts, "keyring", Keyring(settings))
    second = world.btp.post("/enrolments", enrolment("OS1"))
    assert unit_of(world, first) == unit_of(world, second)
    later = {"enrolled_on": "2026-09-01", "status_on": "2026-12-01"}
    assert world.pnu.post("/enrolments", enrolment() | later)["trainee"] == first["trainee"]
    with world.parts.database.reading() as work:
        kept = work.session.scalars(
            select(TraineeIdentity.key_id).where(TraineeIdentity.trainee_id != _id(first))
        )
        assert set(kept) == {"i2"}
        assert len(work.session.scalars(select(TraineeLink)).all()) == 1


def _id(enrolled: dict[str, Any]) -> Any:
    from uuid import UUID

    return UUID(enrolled["trainee"]["id"])


def test_the_sealed_document_opens_only_for_its_own_row(world: World) -> None:
    ids = [
        world.pnu.post("/enrolments", enrolment(trainee=person(n)))["trainee"]["id"]
        for n in ("가", "나")
    ]
    with world.parts.database.writing(None) as work:
        one, other = (work.session.get_one(Trainee, __import__("uuid").UUID(i)) for i in ids)
        table = Trainee.__table__
        swap = {"document": other.document, "data_key": other.data_key}
        work.session.execute(table.update().where(table.c.id == one.id).values(swap))
    assert world.pnu.call("GET", f"/trainees/{ids[0]}").status_code == 500
    assert world.pnu.get(f"/trainees/{ids[1]}")["name"] == "나"
