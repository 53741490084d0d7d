"""Enrolments through the API: entering, dates, statuses, corrections, void, lists, files."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from registry.access.models import AccessLog
from tests.people import counted, enrolment, person, programmes

if TYPE_CHECKING:
    from tests.client import World


@pytest.fixture(autouse=True)
def _programmes(world: World) -> None:
    programmes(world)


def test_an_enrolment_is_created_at_its_address_and_counts(world: World) -> None:
    sent = enrolment(external_id="E-1", outcome={"employed_on": "2026-08-01"})
    answer = world.pnu.call("POST", "/enrolments", json=sent)
    made = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/enrolments/{made['id']}"
    assert made == {
        "id": made["id"], "organisation": "PNU", "external_id": "E-1", "programme_code": "AI1",
        "trainee": {"id": made["trainee"]["id"]}, "enrolled_on": "2026-03-02",
        "status": "completed", "status_on": "2026-06-30",
        "outcome": {"employed_on": "2026-08-01", "employer_district_code": None},
        "void": False, "void_reason": None, "version": 1,
    }  # fmt: skip
    assert world.pnu.get(f"/enrolments/{made['id']}") == made
    everything = ("trainees", "talents", "trainees_of_organisation", "completions", "employed")
    assert counted(world) == dict.fromkeys((*everything, "enrolments"), 1)


def test_status_on_is_enrolled_on_while_enrolled_and_required_afterwards(world: World) -> None:
    sent = enrolment(status="enrolled", status_on=None)
    assert world.pnu.post("/enrolments", sent)["status_on"] == "2026-03-02"
    del sent["status"], sent["status_on"]
    other = sent | {"trainee": person("이바다")}
    assert world.pnu.post("/enrolments", other)["status"] == "enrolled"
    sent = enrolment(trainee=person("박산"), status_on=None)
    problem = world.pnu.refused("POST", "/enrolments", 422, "invalid-input", json=sent)
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [("/status_on", "required")]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"programme_code": "OS1"}, "/programme_code", "unknown-programme"),
        ({"status_on": "2026-03-01"}, "/status_on", "date-order"),
        ({"status_on": "2031-01-16"}, "/status_on", "date-in-future"),
        ({"outcome": {"employed_on": "2031-01-16"}}, "/outcome/employed_on", "date-in-future"),
        (
            {"outcome": {"employer_district_code": "99999"}},
            "/outcome/employer_district_code", "unknown-code",
        ),
        ({"status": "graduated"}, "/status", "invalid-choice"),
        ({"trainee": person(birth_date="2031-01-16")}, "/trainee/birth_date", "date-in-future"),
        ({"trainee": person(mobile="011-123-4567")}, "/trainee/mobile", "invalid-mobile"),
        ({"trainee": person(name="\u3164")}, "/trainee/name", "blank"),
        ({"trainee": person(name=None)}, "/trainee/name", "required"),
        ({"trainee": person(ssn="1")}, "/trainee/ssn", "unknown-field"),
        ({"trainee": person(name="900101-1234567")}, "/trainee/name", "resident-number"),
        ({"trainee": person(name="9\u200b00101-\u31641234567")}, "/trainee/name", "resident-number"),
        ({"external_id": "9001011234567"}, "/external_id", "resident-number"),
        ({"trainee": person(external_id="900101-1******")}, "/trainee/external_id", "resident-number"),
    ],
)  # fmt: skip
def test_wrong_content_is_refused_at_its_place(
    world: World, changes: dict[str, Any], pointer: str, code: str
) -> None:
    before = world.busan.call("GET", "/programmes").headers["Registry-Revision"]
    sent = enrolment(**changes)
    problem = world.pnu.refused("POST", "/enrolments", 422, "invalid-input", json=sent)
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]
    assert "900101" not in str(problem)
    after = world.busan.call("GET", "/programmes").headers["Registry-Revision"]
    assert after == before


def test_today_in_seoul_is_not_the_future(world: World) -> None:
    sent = enrolment(enrolled_on="2031-01-15", status_on="2031-01-15")
    assert world.pnu.post("/enrolments", sent)["status_on"] == "2031-01-15"


def test_the_same_external_id_is_the_same_record_or_taken(world: World) -> None:
    sent = enrolment(external_id="E-1", trainee=person(email="h@example.kr"))
    first = world.pnu.call("POST", "/enrolments", json=sent)
    again = world.pnu.call("POST", "/enrolments", json=sent)
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    assert again.headers["Registry-Revision"] == first.headers["Registry-Revision"]
    assert again.headers["Location"] == first.headers["Location"]
    less = sent | {"trainee": person()}  # what is not said is not other content
    assert world.pnu.call("POST", "/enrolments", json=less).status_code == 200
    for other in (
        {"status_on": "2026-07-01"}, {"trainee": person("김하눌")}, {"outcome": {"employed_on": "2026-07-01"}},
    ):  # fmt: skip
        world.pnu.refused("POST", "/enrolments", 409, "external-id-taken", json=sent | other)
    path = f"/enrolments/{first.get_json()['id']}"
    world.pnu.patch(path, {"status": "early_employed", "reason": "정정"})
    world.pnu.refused("POST", "/enrolments", 409, "external-id-taken", json=sent)
    world.pnu.change(path, "void", {"reason": "오기"})
    moved = sent | {"trainee": person("이바다")}
    world.pnu.refused("POST", "/enrolments", 409, "external-id-taken", json=moved)
    assert world.btp.post("/enrolments", sent | {"programme_code": "OS1"})["external_id"] == "E-1"


def test_an_idempotency_key_repeats_the_answer_and_keeps_no_person(world: World) -> None:
    head = {"Idempotency-Key": "k-1"}
    first = world.pnu.call("POST", "/enrolments", json=enrolment(), headers=head)
    again = world.pnu.call("POST", "/enrolments", json=enrolment(), headers=head)
    assert (again.status_code, again.get_json()) == (201, first.get_json())
    assert again.headers["Idempotency-Replayed"] == "true"
    other = enrolment(status_on="2026-07-01")
    world.pnu.refused(
        "POST", "/enrolments", 422, "idempotency-key-reused", json=other, headers=head
    )


def test_statuses_are_corrected_and_leaving_a_final_one_needs_a_reason(world: World) -> None:
    made = world.pnu.post("/enrolments", enrolment(status="enrolled", status_on=None))
    path = f"/enrolments/{made['id']}"
    tag = world.pnu.match(path)
    problem = world.pnu.refused("PATCH", path, 422, json={"status": "completed"}, headers=tag)
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [("/status_on", "required")]
    done = world.pnu.patch(path, {"status": "completed", "status_on": "2026-06-30"})
    assert (done["status"], done["version"]) == ("completed", 2)
    assert counted(world)["completions"] == 1
    tag = world.pnu.match(path)
    problem = world.pnu.refused("PATCH", path, 422, json={"status": "withdrawn"}, headers=tag)
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [
        ("/reason", "reason-required")
    ]
    gone = world.pnu.patch(path, {"status": "withdrawn", "reason": "명단 착오"})
    assert gone["status_on"] == "2026-06-30"
    assert set(counted(world).values()) == {0}
    back = world.pnu.patch(path, {"status": "enrolled", "reason": "다시"})
    assert back["status_on"] == "2026-06-30"
    assert (counted(world)["enrolments"], counted(world)["completions"]) == (1, 0)


def test_a_patch_that_changes_nothing_is_no_revision_and_a_stale_one_is_refused(
    world: World,
) -> None:
    path = f"/enrolments/{world.pnu.post('/enrolments', enrolment())['id']}"
    tag = world.pnu.match(path)
    same = world.pnu.call("PATCH", path, json={"status": "completed"}, headers=tag)
    assert (same.status_code, same.get_json()["version"]) == (200, 1)
    world.pnu.patch(path, {"status_on": "2026-07-01"})
    world.pnu.refused("PATCH", path, 412, "precondition-failed", json={}, headers=tag)
    world.pnu.refused("PATCH", path, 428, "precondition-required", json={})
    for act in ("void", "restore"):
        body = {"reason": "x"}
        world.pnu.refused("POST", f"{path}/{act}", 428, "precondition-required", json=body)


@pytest.mark.parametrize(
    ("status_on", "employed_on", "counts"),
    [
        ("2026-08-31", "2027-02-28", 1), ("2026-08-31", "2027-03-01", 0),
        ("2027-08-31", "2028-02-29", 1), ("2026-06-30", "2026-12-30", 1),
        ("2026-06-30", "2026-12-31", 0), ("2026-06-30", "2026-06-29", 0),
    ],
)  # fmt: skip
def test_employment_counts_within_six_calendar_months(
    world: World, status_on: str, employed_on: str, counts: int
) -> None:
    made = world.pnu.post("/enrolments", enrolment(status_on=status_on))
    path = f"/enrolments/{made['id']}"
    said = {"employed_on": employed_on, "employer_district_code": "26440"}
    assert world.pnu.patch(path, {"outcome": said})["outcome"] == said
    assert counted(world)["employed"] == counts
    kept = world.pnu.patch(path, {"outcome": {"employed_on": None}})["outcome"]
    assert kept == {"employed_on": None, "employer_district_code": "26440"}
    assert counted(world)["employed"] == 0
    cleared = world.pnu.patch(path, {"outcome": None})["outcome"]
    assert cleared == {"employed_on": None, "employer_district_code": None}


def test_the_deadline_follows_a_corrected_status_date(world: World) -> None:
    sent = enrolment(outcome={"employed_on": "2027-01-05"})
    path = f"/enrolments/{world.pnu.post('/enrolments', sent)['id']}"
    assert counted(world)["employed"] == 0
    world.pnu.patch(path, {"status_on": "2026-07-05"})
    assert counted(world)["employed"] == 1


def test_intervals_of_one_trainee_and_programme_may_touch_but_not_overlap(world: World) -> None:
    world.pnu.post("/enrolments", enrolment())  # [03-02, 06-30)
    inside = enrolment(enrolled_on="2026-06-29", status_on="2026-07-31")
    world.pnu.refused("POST", "/enrolments", 409, "overlapping-enrolment", json=inside)
    again = world.pnu.post(
        "/enrolments", enrolment(enrolled_on="2026-06-30", status_on="2026-07-31")
    )
    still = {"status": "enrolled", "status_on": None}
    world.pnu.refused("POST", "/enrolments", 409, "overlapping-enrolment", json=enrolment() | still)
    empty = world.pnu.post(
        "/enrolments", enrolment(enrolled_on="2026-07-01", status_on="2026-07-01")
    )
    path = f"/enrolments/{empty['id']}"
    stretched = {"status_on": "2026-07-02"}
    tag = world.pnu.match(path)
    world.pnu.refused("PATCH", path, 409, "overlapping-enrolment", json=stretched, headers=tag)
    first = f"/enrolments/{again['id']}"
    world.pnu.change(first, "void", {"reason": "오기"})
    world.pnu.patch(path, stretched)
    tag = world.pnu.match(first)
    world.pnu.refused("POST", f"{first}/restore", 409, "overlapping-enrolment", headers=tag)


def test_void_takes_it_out_of_the_figures_until_it_is_restored(world: World) -> None:
    path = f"/enrolments/{world.pnu.post('/enrolments', enrolment())['id']}"
    before = counted(world)
    problem = world.pnu.refused("POST", f"{path}/void", 422, json={}, headers=world.pnu.match(path))
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [
        ("/reason", "reason-required")
    ]
    tag = world.pnu.match(path)
    world.pnu.refused("POST", f"{path}/restore", 409, "not-void", headers=tag)
    gone = world.pnu.change(path, "void", {"reason": "오기"})
    assert (gone["void"], gone["void_reason"], gone["version"]) == (True, "오기", 2)
    assert set(counted(world).values()) == {0}
    tag = world.pnu.match(path)
    world.pnu.refused("PATCH", path, 409, "void", json={"status_on": "2026-07-01"}, headers=tag)
    world.pnu.refused("POST", f"{path}/void", 409, "void", json={"reason": "x"}, headers=tag)
    back = world.pnu.change(path, "restore", None)
    assert (back["void"], back["void_reason"]) == (False, None)
    assert counted(world) == before


def test_history_tells_every_version_and_no_person(world: World) -> None:
    path = f"/enrolments/{world.pnu.post('/enrolments', enrolment(external_id='E-1'))['id']}"
    world.pnu.patch(path, {"status": "not_completed", "reason": "출석 미달"})
    world.pnu.change(path, "void", {"reason": "오기"})
    items = world.pnu.get(f"{path}/history")["items"]
    assert [(i["version"], i["action"], i["reason"]) for i in items] == [
        (1, "enrolment.enrol", None), (2, "enrolment.correct", "출석 미달"),
        (3, "enrolment.void", "오기"),
    ]  # fmt: skip
    assert [i["values"]["status"] for i in items] == ["completed", "not_completed", "not_completed"]
    assert [i["values"]["void"] for i in items] == [False, False, True]
    assert [i["to_revision"] for i in items] == [
        items[1]["from_revision"],
        items[2]["from_revision"],
        None,
    ]
    assert items[0]["values"]["enrolled_on"] == "2026-03-02"
    assert items[0]["at"].startswith("2031-01-15T00:00:00")
    assert "김하늘" not in str(items)
    world.btp.refused("GET", f"{path}/history", 404, "not-found")


def test_another_institutions_enrolment_is_not_there_and_the_city_reads_but_does_not_write(
    world: World,
) -> None:
    path = f"/enrolments/{world.pnu.post('/enrolments', enrolment())['id']}"
    world.btp.refused("GET", path, 404, "not-found")
    tag = world.pnu.match(path)
    assert world.busan.get(path)["organisation"] == "PNU"
    for client in (world.btp, world.busan):
        change = {"status_on": "2026-07-01"}
        client.refused("PATCH", path, 404, "not-found", json=change, headers=tag)
        client.refused("POST", f"{path}/void", 404, "not-found", json={"reason": "x"}, headers=tag)
        client.refused("POST", f"{path}/restore", 404, "not-found", headers=tag)
    world.bipa.refused("GET", path, 403, "forbidden")
    world.nobody.refused("GET", path, 401, "unauthorized")
    assert world.btp.get("/enrolments")["items"] == []
    assert len(world.busan.get("/enrolments", organisation="PNU")["items"]) == 1
    assert world.busan.get("/enrolments", organisation="BTP")["items"] == []
    problem = world.busan.refused("GET", "/enrolments", 422, query={"organisation": "NOPE"})
    assert problem["errors"][0] | {"detail": ""} == {
        "parameter": "organisation", "code": "unknown-code", "detail": ""
    }  # fmt: skip


def several(world: World) -> list[Any]:
    days = ("2026-06-30", "2026-05-31", "2026-06-30", "2026-07-31", "2026-04-30")
    return [
        world.pnu.post(
            "/enrolments",
            enrolment(external_id=f"E-{n}", trainee=person(f"김{n}"), status_on=day),
        )
        for n, day in enumerate(days)
    ]


def test_lists_are_sorted_filtered_and_paged_without_loss(world: World) -> None:
    made = several(world)
    by_day = sorted(made, key=lambda e: (e["status_on"], e["id"]))
    for sort, expected in (("status_on", by_day), ("-status_on", by_day[::-1]), ("id", made)):
        seen, cursor = [], None
        while True:
            query = {"sort": sort, "limit": 2} | ({"cursor": cursor} if cursor else {})
            answer = world.pnu.call("GET", "/enrolments", query=query)
            page = answer.get_json()
            seen += page["items"]
            cursor = page["next_cursor"]
            assert ("Link" in answer.headers) == (cursor is not None)
            if cursor is None:
                break
            link = answer.headers["Link"]
            assert link.endswith('>; rel="next"')
            following = world.pnu.call("GET", link[1 : link.index(">")]).get_json()
            again = world.pnu.get("/enrolments", **query | {"cursor": cursor})
            assert following["items"] == again["items"]
        assert seen == expected
    world.pnu.patch(f"/enrolments/{made[0]['id']}", {"status": "withdrawn", "reason": "x"})

    def numbers(**query: Any) -> list[str]:
        return [e["external_id"] for e in world.pnu.get("/enrolments", **query)["items"]]

    assert numbers(external_id="E-3") == ["E-3"]
    assert numbers(status="withdrawn") == ["E-0"]
    assert numbers(trainee_id=made[2]["trainee"]["id"]) == ["E-2"]
    assert numbers(status_from="2026-06-30", status_to="2026-06-30") == ["E-0", "E-2"]
    assert numbers(enrolled_from="2026-03-03") == numbers(enrolled_to="2026-03-01") == []
    assert numbers(programme_code="AI1", enrolled_from="2026-03-02") == [
        e["external_id"] for e in made
    ]
    assert numbers(programme_code="OS1") == []
    assert numbers(void="true") == []
    world.pnu.refused("GET", "/enrolments", 422, query={"sort": "name"})


def test_what_changed_since_is_asked_by_revision_or_moment(world: World, clock: Any) -> None:
    made = several(world)
    head = int(world.pnu.call("GET", "/enrolments").headers["Registry-Revision"])
    assert world.pnu.get("/enrolments", changed_after_revision=head)["items"] == []
    clock.put(clock.at.replace(hour=10))
    changed = world.pnu.patch(f"/enrolments/{made[1]['id']}", {"status_on": "2026-06-01"})
    assert world.pnu.get("/enrolments", changed_after_revision=head)["items"] == [changed]
    assert world.pnu.get("/enrolments", updated_since="2031-01-15T10:00:00+09:00")["items"] == [
        changed
    ]
    assert world.pnu.get("/enrolments", updated_since="2031-01-15T10:00:01+09:00")["items"] == []
    assert (
        len(world.pnu.get("/enrolments", updated_since="2031-01-15T09:00:00+09:00")["items"]) == 5
    )


def read_log(world: World) -> list[AccessLog]:
    with world.parts.database.reading() as work:
        return list(work.session.scalars(select(AccessLog).order_by(AccessLog.id)))


def test_personal_values_are_listed_only_on_request_and_logged(world: World) -> None:
    made = world.pnu.post("/enrolments", enrolment(trainee=person(external_id="S-1")))
    plain = world.pnu.get("/enrolments")["items"]
    assert plain == [made]
    assert read_log(world) == []
    shown = world.pnu.get("/enrolments", expand="trainee")["items"][0]["trainee"]
    assert shown == {
        "id": made["trainee"]["id"], "external_id": "S-1", "name": "김하늘",
        "birth_date": "1999-03-02", "mobile": "+821012345678", "email": None,
    }  # fmt: skip
    (entry,) = read_log(world)
    assert (entry.act, entry.record_ids, entry.organisation_id) == (
        "enrolments.list", [shown["id"]], world.ids["PNU"],
    )  # fmt: skip
    assert entry.address == "127.0.0.1"


def test_a_file_opens_in_a_spreadsheet_and_needs_a_reason_if_people_are_in_it(world: World) -> None:
    world.pnu.post("/enrolments", enrolment(external_id="E-1", trainee=person("=김하늘")))
    world.pnu.post("/enrolments", enrolment(external_id="-E-2", trainee=person("이바다")))
    answer = world.pnu.call("GET", "/enrolments", query={"format": "csv", "limit": 1})
    assert answer.content_type == "text/csv; charset=utf-8"
    assert 'filename="enrolments.csv"' in answer.headers["Content-Disposition"]
    assert 'rel="next"' in answer.headers["Link"]
    text = answer.get_data().decode("utf-8-sig")
    assert answer.get_data().startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["external_id"], row["programme_code"], row["void"]) == ("E-1", "AI1", "false")
    assert "trainee.name" not in row
    query = {"format": "csv", "expand": "trainee"}
    problem = world.pnu.refused("GET", "/enrolments", 422, query=query)
    assert [(e["parameter"], e["code"]) for e in problem["errors"]] == [
        ("reason", "reason-required")
    ]
    answer = world.pnu.call("GET", "/enrolments", query=query | {"reason": "명단 점검"})
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert [r["trainee.name"] for r in rows] == ["'=김하늘", "이바다"]
    assert rows[1]["external_id"] == "'-E-2"
    assert rows[0]["trainee.mobile"] == "'+821012345678"
    (entry,) = read_log(world)
    assert (entry.act, entry.reason, len(entry.record_ids)) == ("enrolments.export", "명단 점검", 2)


def test_a_dry_run_shows_the_effect_and_keeps_nothing(world: World) -> None:
    query = {"dry_run": "true"}
    shown = world.pnu.post("/enrolments", enrolment(), query=query)
    assert {
        e["measure"]: (e["year"], e["before"], e["after"]) for e in shown["effect"]
    } == dict.fromkeys(
        ("trainees", "talents", "trainees_of_organisation", "completions", "enrolments"),
        (2026, 0, 1),
    )
    assert world.pnu.get("/enrolments")["items"] == []
    assert set(counted(world).values()) == {0}


def test_a_corrected_programme_moves_its_enrolments(world: World) -> None:
    world.pnu.post("/enrolments", enrolment())
    path = f"/programmes/{world.pnu.get('/programmes')['items'][0]['id']}"
    world.pnu.patch(path, {"kind": "other"})
    assert set(counted(world).values()) == {0}
    world.pnu.patch(path, {"kind": "on_site_training"})
    assert counted(world)["trainees"] == 1
    tag = world.pnu.match(path)
    world.busan.refused("PATCH", path, 404, "not-found", json={"name": "x"}, headers=tag)
