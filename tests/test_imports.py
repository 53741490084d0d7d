"""Files in, through the API: judged, taken in, told apart, taken back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update

from registry.app import create_app
from registry.core.problems import DomainError
from registry.imports.claims import NEVER, claim
from registry.imports.files import pieces
from registry.imports.models import Import, ImportBatch, ImportPart
from registry.imports.pipeline import MOST_ATTEMPTS, run
from registry.imports.worker import Worker
from tests.client import Client, expect
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from registry.core.clock import ManualClock
    from registry.settings import Settings
    from tests.client import World

HEADER = "수강번호,과정코드,성명,생년월일,휴대전화,등록일,상태,상태일"


def line(number: int, *, status: str = "수료", on: str = "2030-10-30", **other: str) -> str:
    """A row about somebody made up."""
    name = other.get("name", f"홍길{chr(0xAC00 + number)}")
    mobile = other.get("mobile", f"010-{2000 + number // 10_000}-{number % 10_000:04}")
    born = other.get("born", "1999-03-02")
    return f"E-{number},AI1,{name},{born},{mobile},2030-03-02,{status},{on}"


def text(*lines: str) -> str:
    return "\r\n".join((HEADER, *lines)) + "\r\n"


def send(client: Client, body: str | bytes, **query: Any) -> dict[str, Any]:
    """Send a file in and expect that it is taken."""
    asked = {"dataset": "enrolments", "mode": "commit"} | query
    headers = {
        "Content-Type": asked.pop("content_type", "text/csv"),
        "Content-Disposition": "attachment; filename*=UTF-8''%EC%88%98%EA%B0%95.csv",
        **asked.pop("headers", {}),
    }
    data = body.encode() if isinstance(body, str) else body
    answer = client.call("POST", "/imports", data=data, query=asked, headers=headers)
    sent: dict[str, Any] = expect(answer, 200, 202)
    return sent


def worked(world: World) -> None:
    """Let a worker empty the queue."""
    Worker(world.parts).drain()


def taken(
    world: World, body: str | bytes, client: Client | None = None, **query: Any
) -> dict[str, Any]:
    """Send a file in (as PNU), let it be worked through, and read what it came to."""
    sender = client or world.pnu
    sent = send(sender, body, **query)
    worked(world)
    read: dict[str, Any] = sender.get(f"/imports/{sent['id']}")
    return read


def counted(read: dict[str, Any]) -> tuple[int, ...]:
    names = ("total", "created", "updated", "unchanged", "rejected", "restored")
    return tuple(read["rows"][name] for name in names)


def trainees(world: World) -> int:
    found = world.busan.get("/statistics/trainees", measure="trainees", by="year")
    return int(found["total"])


def test_a_file_goes_in_exactly_once_and_can_be_taken_back(world: World):
    world.pnu.post("/programmes", AI1)
    body = text(*(line(n) for n in range(30)))
    sent = send(world.pnu, body)
    assert (sent["state"], sent["file_name"]) == ("received", "수강.csv")
    assert world.pnu.get("/enrolments")["items"] == [], "nothing before a worker came"
    worked(world)
    read = world.pnu.get(f"/imports/{sent['id']}")
    assert (read["state"], counted(read)) == ("committed", (30, 30, 0, 0, 0, 0)), read
    assert read["first_revision"] == read["last_revision"]
    assert trainees(world) == 30
    again = taken(world, body)
    assert (again["state"], counted(again)) == ("committed", (30, 0, 0, 30, 0, 0))
    assert (again["same_file_as"], again["first_revision"]) == (sent["id"], None)
    listed = world.pnu.get("/imports")["items"]
    assert [one["same_file_as"] for one in listed] == [sent["id"], None]
    undone = world.pnu.post(f"/imports/{sent['id']}/undo")
    assert (undone["state"], counted(undone)) == ("undone", (30, 30, 0, 0, 0, 30))
    assert trainees(world) == 0
    assert counted(taken(world, body))[:2] == (30, 30), "their numbers are free again"


MISTAKEN = text(
    line(1),
    line(2, born="990302"),
    line(3, on="2029-01-01"),
    line(4, status="졸업식"),
    line(1, status="수료", on="2030-11-30"),
    line(6, mobile="010-12"),
    line(7).replace("AI1", "AI9"),
)


def test_every_mistake_is_told_at_once_and_nothing_goes_in(world: World):
    world.pnu.post("/programmes", AI1)
    read = taken(world, MISTAKEN, mode="validate")
    assert read["state"] == "validated"
    assert read["rows"]["rejected"] == 7, "both rows of one number contradict each other"
    assert read["detected"]["columns"]["성명"] == "trainee.name"
    path = f"/imports/{read['id']}/errors"
    items = world.pnu.get(path)["items"]
    assert len(items) == read["errors"] == sum(one["count"] for one in read["summary"])
    assert {one["row"] for one in items} == {2, 3, 4, 5, 6, 7, 8}
    told = next(one for one in items if one["row"] == 3)
    assert (told["column"], told["severity"]) == ("생년월일", "error")
    assert told["text"]["ko"] != told["text"]["en"]
    assert told["hint"]["ko"]
    assert "990302" not in str(items), "a personal value is masked"
    csv = world.pnu.call("GET", path, query={"format": "csv"}).get_data(as_text=True)
    assert len(csv.splitlines()) == len(items) + 1
    first = world.pnu.get(path, limit=2)
    rest = world.pnu.get(path, limit=500, cursor=first["next_cursor"])
    assert [*first["items"], *rest["items"]] == items
    assert world.pnu.get("/enrolments")["items"] == []
    commit = f"/imports/{read['id']}/commit"
    world.pnu.refused("POST", commit, 409, "import-has-errors")


def test_what_is_valid_goes_in_if_that_is_asked_for(world: World):
    world.pnu.post("/programmes", AI1)
    body = text(line(1), line(2, born="990302"), line(3))
    read = taken(world, body, on_error="accept_valid")
    assert (read["state"], counted(read)) == ("committed_partly", (3, 2, 0, 0, 1, 0))
    assert trainees(world) == 2
    refused = taken(world, body)
    assert (refused["state"], refused["rows"]["rejected"]) == ("rejected", 1)
    assert refused["first_revision"] is None


def test_a_validated_file_is_committed_as_it_was_judged_or_says_what_changed(world: World):
    world.pnu.post("/programmes", AI1)
    read = taken(world, text(line(1), line(2)), mode="validate")
    assert counted(read) == (2, 2, 0, 0, 0, 0)
    assert trainees(world) == 0
    taken(world, text(line(2)))  # meanwhile
    path = f"/imports/{read['id']}"
    expect(world.pnu.call("POST", f"{path}/commit"), 202)
    worked(world)
    now = world.pnu.get(path)
    assert (now["state"], now["changed_meanwhile"], trainees(world)) == ("validated", 1, 1)
    assert "changed-meanwhile" in [one["code"] for one in now["summary"]]
    assert counted(now) == (2, 1, 0, 1, 0, 0)
    expect(world.pnu.call("POST", f"{path}/commit"), 202)
    worked(world)
    assert world.pnu.get(path)["state"] == "committed"
    assert trainees(world) == 2
    world.pnu.refused("POST", f"{path}/commit", 409, "import-not-validated")


def test_a_validated_correction_does_not_undo_what_somebody_changed_meanwhile(world: World):
    world.pnu.post("/programmes", AI1)
    taken(world, text(line(1, status="수강중", on="2030-03-02"), line(2)))
    read = taken(world, text(line(1, on="2030-10-30"), line(2)), mode="validate")
    assert counted(read) == (2, 0, 1, 1, 0, 0)
    (known,) = world.pnu.get("/enrolments", external_id="E-1")["items"]
    where = f"/enrolments/{known['id']}"
    said = {"status": "completed", "status_on": "2030-11-30"}
    world.pnu.call("PATCH", where, json=said, headers=world.pnu.match(where))
    path = f"/imports/{read['id']}"
    for state, changed, on in (("validated", 1, "2030-11-30"), ("committed", 0, "2030-10-30")):
        expect(world.pnu.call("POST", f"{path}/commit"), 202)
        worked(world)
        now = world.pnu.get(path)
        assert (now["state"], now["changed_meanwhile"]) == (state, changed)
        assert world.pnu.get(where)["status_on"] == on


def test_a_refused_row_tells_all_its_mistakes_in_the_words_of_the_file(world: World):
    world.pnu.post("/programmes", AI1)
    taken(world, text(line(1)))
    body = text(
        line(2, mobile="010-12", on="2030-02-01"),
        line(1, status="수강중", on="2030-02-01", mobile="010-12").replace("AI1", "AI9"),
        line(3, name="", status="졸업", on="봄"),
    )
    read = taken(world, body, mode="validate")
    items = world.pnu.get(f"/imports/{read['id']}/errors")["items"]
    assert [(one["row"], one["column"], one["code"]) for one in items] == [
        (2, "휴대전화", "invalid-mobile"), (2, "상태일", "date-order"),
        (3, "휴대전화", "invalid-mobile"), (3, "과정코드", "unknown-programme"),
        (3, "상태일", "date-order"), (3, "상태", "status-reversal"),
        (4, "상태", "invalid-choice"), (4, "상태일", "invalid-date"), (4, "성명", "required"),
    ]  # fmt: skip
    told = {one["code"]: one for one in items}
    assert told["date-order"]["text"]["ko"] == "상태일보다 늦은 등록일입니다."
    assert "수료" in told["status-reversal"]["text"]["ko"]
    assert "completed" not in told["status-reversal"]["text"]["ko"]
    assert told["invalid-choice"]["text"]["en"].endswith(
        "Completed, Early employed, Not completed, Withdrawn"
    )
    assert told["invalid-choice"]["text"]["ko"].endswith("수강중, 수료, 조기취업, 미수료, 수강철회")
    assert {one["code"]: one["text"]["ko"] for one in read["summary"]}[
        "invalid-date"
    ] == "날짜가 아닙니다"


def test_what_was_validated_with_mistakes_can_still_go_in_without_them(world: World):
    world.pnu.post("/programmes", AI1)
    read = taken(world, text(line(1), line(2, born="990302")), mode="validate")
    path = f"/imports/{read['id']}"
    expect(world.pnu.call("POST", f"{path}/commit", query={"on_error": "accept_valid"}), 202)
    worked(world)
    now = world.pnu.get(path)
    assert (now["state"], counted(now)) == ("committed_partly", (2, 1, 0, 0, 1, 0))


def test_a_file_may_be_larger_than_any_other_body_and_only_so_large(
    world: World, settings: Settings, clock: ManualClock
):
    body = b"x" * (settings.body_limit_bytes + 1)
    assert send(world.pnu, body)["size"] == len(body)
    app = create_app(replace(settings, import_limit_bytes=len(body) - 1), clock)
    answer = Client(app, world.pnu.key).call(
        "POST", "/imports", data=body, query={"dataset": "enrolments"},
        headers={"Content-Type": "text/csv"},
    )  # fmt: skip
    assert (answer.status_code, answer.get_json()["code"]) == (413, "payload-too-large")
    with pytest.raises(DomainError, match="payload-too-large"):
        list(pieces(BytesIO(body), len(body) - 1))  # no length was announced
    app.extensions["registry"].database.engine.dispose()


def test_a_resident_number_anywhere_refuses_the_file_and_destroys_it(world: World):
    world.pnu.post("/programmes", AI1)
    body = text(line(1), line(2, name="홍길동 900101-1234567"))
    read = taken(world, body, on_error="accept_valid")
    assert (read["state"], read["rows"]["created"]) == ("refused_rrn", 0)
    assert read["failure"]["code"] == "resident-number-in-file"
    assert "900101" not in str(read)
    assert read["destroyed_at"] == read["ended_at"]
    assert read["file_name"] is None
    assert kept_pieces(world) == (0, 0)


def test_a_mistake_quotes_the_cell_as_it_is_written(world: World):
    world.pnu.post("/programmes", AI1)
    taken(world, text(line(1)))
    body = text(line(1, status="수강 중", on="2030.4.1"), line(2, on="2029. 1. 1", born="1999.3.2"))
    for said in (body, body.replace(",수강번호", ",비고")):
        read = taken(world, said, mode="validate")
        items = world.pnu.get(f"/imports/{read['id']}/errors")["items"]
        told = {(one["row"], one["field"]): one["value"] for one in items}
        assert told == {(2, "status"): "수강 중", (3, "status_on"): "2029. 1. 1"}, items


def kept_pieces(world: World) -> tuple[int, int]:
    """How many pieces of files and how many batches with rows are kept."""
    with world.parts.database.reading() as work:
        parts = work.session.scalar(select(func.count()).select_from(ImportPart))
        rows = work.session.scalar(
            select(func.count()).select_from(ImportBatch).where(ImportBatch.data.is_not(None))
        )
    return parts or 0, rows or 0


def test_a_validated_file_waits_seven_days_and_a_report_is_kept_thirty(
    world: World, clock: ManualClock
):
    world.pnu.post("/programmes", AI1)
    held = taken(world, text(line(1)), mode="validate")
    done = taken(world, MISTAKEN)
    clock.put(clock.now() + timedelta(days=7))
    worked(world)
    read = world.pnu.get(f"/imports/{held['id']}")
    assert (read["state"], read["failure"]["code"]) == ("cancelled", "import-held-too-long")
    values = [one["value"] for one in world.pnu.get(f"/imports/{done['id']}/errors")["items"]]
    assert any(values)
    assert kept_pieces(world) == (1, 0)
    clock.put(clock.now() + timedelta(days=24))
    worked(world)
    items = world.pnu.get(f"/imports/{done['id']}/errors")["items"]
    assert len(items) == len(values), "what was wrong is still told"
    assert not any(one["value"] for one in items)
    assert kept_pieces(world) == (0, 0)
    world.pnu.refused("GET", f"/imports/{done['id']}/annotated", 409, "import-destroyed")


def test_a_cancelled_file_is_gone_at_once(world: World):
    sent = send(world.pnu, text(line(1)))
    cancelled = expect(world.pnu.call("POST", f"/imports/{sent['id']}/cancel"), 202)
    assert (cancelled["state"], cancelled["file_name"]) == ("cancelled", None)
    worked(world)
    assert world.pnu.get(f"/imports/{sent['id']}")["state"] == "cancelled"
    assert kept_pieces(world) == (0, 0)
    world.pnu.refused("POST", f"/imports/{sent['id']}/cancel", 409, "import-is-over")


def test_an_import_that_was_built_on_is_not_taken_back_behind_anybodys_back(world: World):
    world.pnu.post("/programmes", AI1)
    read = taken(world, text(line(1), line(2)))
    first = world.pnu.get("/enrolments")["items"][0]
    world.pnu.patch(f"/enrolments/{first['id']}", {"status_on": "2030-11-11"})
    path = f"/imports/{read['id']}/undo"
    world.pnu.refused("POST", path, 409, "import-built-on")
    assert trainees(world) == 2
    undone = world.pnu.post(path, query={"skip_changed": "true"})
    assert (undone["state"], trainees(world)) == ("undone", 1)


def test_an_import_can_be_undone_for_so_long(world: World, clock: ManualClock):
    world.pnu.post("/programmes", AI1)
    read = taken(world, text(line(1)))
    clock.put(clock.now() + timedelta(days=30))
    world.pnu.refused("POST", f"/imports/{read['id']}/undo", 409, "import-undo-too-late")
    worked(world)
    assert trainees(world) == 1


def test_a_program_gets_its_rows_answered_at_once(world: World):
    world.pnu.post("/programmes", AI1)
    person = {"name": "홍길동", "birth_date": "1999-03-02", "mobile": "010-1234-5678"}
    good = {"external_id": "A", "programme_code": "AI1", "trainee": person,
            "enrolled_on": "2030-03-02", "status": "completed", "status_on": "2030-10-30"}  # fmt: skip
    lines = [good, good | {"external_id": "B", "status_on": "2030-01-01"}]
    body = "\n".join(json.dumps(one) for one in lines)
    read = send(
        world.pnu, body, content_type="application/x-ndjson", headers={"Prefer": "wait=20"},
        on_error="accept_valid",
    )  # fmt: skip
    assert (read["state"], trainees(world)) == ("committed_partly", 1)
    assert [one["outcome"] for one in read["results"]] == ["created", "rejected"]
    assert [one["row"] for one in read["results"]] == [1, 2]
    queued = send(world.pnu, body, headers={"Prefer": "wait"})
    assert (queued["state"], queued["results"]) == ("received", None), "not a program's form"


def test_a_file_sent_again_under_its_key_is_not_a_second_import(world: World):
    key = {"Idempotency-Key": "file-1"}
    sent = send(world.pnu, text(line(1)), headers=key)
    assert send(world.pnu, text(line(1)), headers=key) == sent
    assert [one["id"] for one in world.pnu.get("/imports")["items"]] == [sent["id"]]
    answer = world.pnu.call(
        "POST", "/imports", data=text(line(2)).encode(), query={"dataset": "enrolments"},
        headers=key | {"Content-Type": "text/csv"},
    )  # fmt: skip
    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency-key-reused")
    assert kept_pieces(world) == (1, 0), "what was refused is not kept"


def test_what_is_no_upload_is_refused_before_anything_is_kept(world: World):
    def post(client: Client, data: bytes = b"x", kind: str = "text/csv", **query: str) -> str:
        answer = client.call(
            "POST", "/imports", data=data, headers={"Content-Type": kind},
            query={"dataset": "enrolments"} | query,
        )  # fmt: skip
        return f"{answer.status_code} {answer.get_json()['code']}"

    assert post(world.pnu, dataset="people") == "422 invalid-input"
    assert post(world.pnu, kind="image/png") == "415 unsupported-media-type"
    assert post(world.pnu, b"") == "422 file-empty"
    assert post(world.client("PNU", "imports:write")) == "403 forbidden"
    assert post(world.client("PNU", "trainees:write")) == "403 forbidden"
    assert post(world.pnu, dataset="investments") == "403 forbidden"
    assert kept_pieces(world) == (0, 0)


def test_only_the_organisation_sees_values_and_the_city_sees_that_there_was_a_file(world: World):
    world.pnu.post("/programmes", AI1)
    read = taken(world, MISTAKEN)
    path = f"/imports/{read['id']}"
    for below in ("", "/errors", "/annotated"):
        world.btp.refused("GET", path + below, 404, "not-found")
    for act in ("commit", "cancel", "undo"):
        world.btp.refused("POST", f"{path}/{act}", 404, "not-found")
        world.busan.refused("POST", f"{path}/{act}", 404, "not-found")
    assert world.btp.get("/imports")["items"] == []
    city = world.busan.get(path)
    assert (city["rows"], city["file_name"], city["detected"]) == (read["rows"], None, None)
    items = world.busan.get(f"{path}/errors")["items"]
    assert items
    assert not any(one["value"] for one in items)
    world.busan.refused("GET", f"{path}/annotated", 404, "not-found")


def test_organisations_take_turns_and_one_organisations_files_keep_their_order(world: World):
    for client in (world.pnu, world.btp):
        client.post("/programmes", AI1)
    many = [send(world.pnu, text(line(1, on=f"2030-1{n}-11"))) for n in range(3)]
    other = send(world.btp, text(line(2)))
    order = []
    while (job := claim(world.parts)) is not None:
        order.append(str(job.row.id))
        assert claim(world.parts, only=job.row.id) is None, "one claim, one worker"
        run(job)
    assert order == [many[0]["id"], other["id"], many[1]["id"], many[2]["id"]]
    (enrolled,) = world.pnu.get("/enrolments")["items"]
    assert enrolled["status_on"] == "2030-12-11", "the last file has the last word"


def test_whoever_lost_an_import_writes_nothing(world: World):
    world.pnu.post("/programmes", AI1)
    send(world.pnu, text(line(1)))
    slow = claim(world.parts)
    assert slow is not None
    with world.parts.database.aside() as session:  # as if it had been silent for too long
        session.execute(update(Import).values(beat_at=NEVER))
    quick = claim(world.parts)
    assert quick is not None
    run(slow)
    assert trainees(world) == 0
    run(quick)
    assert trainees(world) == 1


def test_a_revoked_key_takes_nothing_in(world: World):
    world.pnu.post("/programmes", AI1)
    key = world.pnu.post(
        f"/organisations/{world.ids['PNU']}/keys",
        {"name": "k", "scopes": ["imports:write", "trainees:write"]},
    )
    sent = send(Client(world.app, key["secret"]), text(line(1)))
    world.pnu.post(f"/organisations/{world.ids['PNU']}/keys/{key['id']}/revoke")
    worked(world)
    read = world.pnu.get(f"/imports/{sent['id']}")
    assert (read["state"], read["failure"]["code"]) == ("rejected", "unauthorized")
    assert trainees(world) == 0


def test_an_import_that_kills_its_workers_is_given_up(world: World):
    world.pnu.post("/programmes", AI1)
    sent = send(world.pnu, text(line(1)))
    for _ in range(MOST_ATTEMPTS + 1):
        job = claim(world.parts)
        assert job is not None
        with world.parts.database.aside() as session:
            session.execute(update(Import).values(beat_at=NEVER))
    worked(world)
    read = world.pnu.get(f"/imports/{sent['id']}")
    assert (read["state"], read["failure"]["code"]) == ("failed", "import-keeps-failing")


def test_ones_own_file_comes_back_marked_and_works_as_it_is_once_mended(world: World):
    world.pnu.post("/programmes", AI1)
    body = text(line(1), line(2, born="990302")).encode("cp949")
    read = taken(world, body)
    path = f"/imports/{read['id']}/annotated"
    answer = world.pnu.call("GET", path)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="annotated.csv"'
    marked = answer.get_data().decode("cp949")
    first, good, bad = marked.splitlines()[:3]
    assert first.startswith("결과,사유,")
    assert good.startswith("문제 없음")
    assert bad.startswith("오류,생년월일: ")
    (logged,) = world.pnu.get("/access-log", act="import.annotated")["items"]
    assert logged["record_ids"] == [read["id"]]
    mended = taken(world, marked.replace("990302", "1999-03-02").encode("cp949"))
    assert (mended["state"], counted(mended)) == ("committed", (2, 2, 0, 0, 0, 0))
    english = world.pnu.call("GET", path, headers={"Accept-Language": "en"})
    marked = english.get_data().decode("cp949")
    assert marked.startswith("Result,Reason,수강번호,")
    assert "no mistake (not taken in)" in marked
    mended = taken(world, marked.replace("990302", "1999-03-02").encode("cp949"))
    assert counted(mended) == (2, 0, 0, 2, 0, 0), "the English columns are passed over as well"
    path = f"/imports/{mended['id']}/annotated"
    again = world.pnu.call("GET", path).get_data().decode("cp949")
    assert again.startswith("결과,사유,수강번호,"), "and put anew"


def test_a_template_is_an_empty_file_that_is_understood(world: World):
    world.pnu.post("/programmes", AI1)
    answer = world.pnu.call("GET", "/imports/templates/enrolments.xlsx")
    assert answer.status_code == 200
    read = taken(world, answer.get_data(), content_type=answer.mimetype)
    assert (read["state"], read["failure"]["code"]) == ("rejected", "import-without-rows")
    world.pnu.refused("GET", "/imports/templates/people.xlsx", 404, "not-found")
