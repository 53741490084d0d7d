"""Files too long for one transaction: taken in batch by batch, while others write between."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import select

from registry.core.bulk import among
from registry.core.planning import seek
from registry.imports import committing, judging, parsing, service
from registry.imports.claims import claim
from registry.imports.pipeline import run
from registry.imports.record import MOST_PROBLEMS
from registry.proofs import findings_of
from registry.revisions.models import Revision
from registry.trainees.models import TraineeIdentity
from tests.client import Client, expect
from tests.files import book_of
from tests.forked import answers, killed, most_memory, until, variables
from tests.live import PATIENCE, free_port
from tests.people import enrolment, person, persons
from tests.test_imports import HEADER, counted, line, send, taken, text, trainees, worked
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client import World


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is longer than a thousand rows goes in by batches, so that tests need no more."""
    for module in (parsing, judging, committing, service):
        monkeypatch.setattr(module, "WHOLE", 1000)


def long_file(*more: str) -> str:
    return text(*(line(n, name=f"홍길{chr(0xAC00 + n)}") for n in range(4100)), *more)


def test_a_long_file_goes_in_by_batches_and_is_taken_back_by_the_worker(world: World, short: None):
    world.pnu.post("/programmes", AI1)
    body = long_file(line(5, name=f"홍길{chr(0xAC00 + 5)}"), line(7, on="2030-11-30"))
    refused = taken(world, body)
    assert (refused["state"], refused["failure"]["code"]) == ("rejected", "import-too-long-for-all")
    read = taken(world, body, on_error="accept_valid")
    assert (read["state"], counted(read)) == ("committed_partly", (4102, 4099, 0, 1, 2, 0))
    assert [(one["code"], one["count"]) for one in read["summary"]] == [
        ("contradicted-row", 2), ("repeated-row", 1),
    ]  # fmt: skip
    assert read["last_revision"] - read["first_revision"] == 2
    assert trainees(world) == 4099
    assert counted(taken(world, body, on_error="accept_valid")) == (4102, 0, 0, 4100, 2, 0)
    first = world.pnu.get("/enrolments", limit=1)["items"][0]
    world.pnu.patch(f"/enrolments/{first['id']}", {"status_on": "2030-11-11"})
    path = f"/imports/{read['id']}"
    assert world.pnu.post(f"{path}/undo")["progress"]["stage"] == "undo"
    worked(world)
    kept = world.pnu.get(path)
    assert (kept["state"], kept["failure"]["code"]) == ("committed_partly", "import-built-on")
    assert trainees(world) == 4099
    world.pnu.post(f"{path}/undo", query={"skip_changed": "true"})
    worked(world)
    assert (world.pnu.get(path)["state"], trainees(world)) == ("undone", 1)


def test_a_long_file_says_what_others_changed_and_not_what_it_changed_itself(
    world: World, short: None
):
    world.pnu.post("/programmes", AI1)
    assert taken(world, long_file(), on_error="accept_valid")["state"] == "committed"
    lines = [line(n, name=f"홍길{chr(0xAC00 + n)}", on="2030-11-11") + ",," for n in range(4100)]
    lines[7] += "first@example.org"
    same = line(9007, name=f"홍길{chr(0xAC00 + 7)}", mobile="010-2000-0007", status="수강중")
    lines.append(same.replace("2030-03-02", "2030-12-02").replace("2030-10-30", "") + ",,a@b.kr")
    body = "\r\n".join((f"{HEADER},비고,이메일", *lines))
    held = taken(world, body, mode="validate", on_error="accept_valid")
    assert (held["state"], counted(held)[:3]) == ("validated", (4101, 1, 4100))
    theirs = world.pnu.get("/enrolments", external_id="E-4000")["items"][0]
    world.pnu.patch(f"/enrolments/{theirs['id']}", {"status_on": "2030-12-12"})
    path = f"/imports/{held['id']}"
    world.pnu.call("POST", f"{path}/commit")
    worked(world)
    read = world.pnu.get(path)
    assert (counted(read)[:3], read["changed_meanwhile"]) == ((4101, 1, 4100), 1), read
    warned = [one for one in world.pnu.get(f"{path}/errors")["items"] if one["row"]]
    assert [one["row"] for one in warned if one["code"] == "changed-meanwhile"] == [4002]


def writes_between_batches(world: World) -> list[int]:
    """How many revisions others made between any two of the imports' own."""
    gaps = [0]
    with world.parts.database.reading() as work:
        for action in work.session.scalars(select(Revision.action).order_by(Revision.number)):
            if action.startswith("import."):
                gaps.append(0)
            else:
                gaps[-1] += 1
    return gaps[1:-1]


def test_a_long_import_steps_back_between_batches_while_others_wait(
    world: World, short: None, record_property: Any
):
    """Whoever waits gets the lock after the batch in any case; the rest is for who comes then."""
    world.pnu.post("/programmes", AI1)
    over, writer = threading.Event(), Client(world.app, world.btp.key)

    def write() -> None:
        for number in count():
            if over.is_set():
                return
            writer.post("/programmes", AI1 | {"code": f"W{number}"})

    send(world.pnu, long_file(), on_error="accept_valid")
    with ThreadPoolExecutor(1) as threads:
        written = threads.submit(write)
        worked(world)
        over.set()
        written.result()
    gaps = writes_between_batches(world)
    record_property("writes in the rests", gaps)
    assert len(gaps) == 2
    assert min(gaps) > 2, gaps


def begun(world: World, body: str, after_batch: dict[int, Callable[[], Any]]) -> dict[str, Any]:
    """Take a file in by batches; what is given is done when so many have been taken in."""
    sent = send(world.pnu, body, on_error="accept_valid")
    job = claim(world.parts)
    assert job is not None

    def told(row: Any) -> None:
        if row.stage == "commit" and row.batch in after_batch:
            after_batch.pop(row.batch)()

    job.told = told
    run(job)
    assert not after_batch
    return world.pnu.get(f"/imports/{sent['id']}")


def test_a_batch_finds_what_others_wrote_since_the_batch_before(world: World, short: None):
    """It was judged by what the one before it left behind; another write has come between."""
    for one in (world.pnu, world.btp):
        one.post("/programmes", AI1)

    def write() -> None:
        days = {"enrolled_on": "2030-03-02", "status": "enrolled", "status_on": "2030-03-02"}
        for client, number, n in ((world.pnu, "E-2500", 2500), (world.btp, "T-1", 2600)):
            who = person(f"홍길{chr(0xAC00 + n)}", mobile=f"010-2000-{n}")
            client.post("/enrolments", enrolment(external_id=number, trainee=who, **days))

    read = begun(world, long_file(), {1: write})
    assert (read["state"], counted(read)) == ("committed", (4100, 4099, 1, 0, 0, 0))
    assert (trainees(world), persons(world)) == (4100, 4100)
    assert list(findings_of(world.parts, {})) == []


def test_a_long_import_that_is_cancelled_stops_after_its_batch(world: World, short: None):
    world.pnu.post("/programmes", AI1)
    sent = send(world.pnu, long_file(), on_error="accept_valid")
    path = f"/imports/{sent['id']}"
    job = claim(world.parts)
    assert job is not None
    job.pauses = lambda: job.row.stage == "commit" and job.row.batch == 1
    run(job)
    read = world.pnu.get(path)
    assert (read["state"], read["progress"]["done"], trainees(world)) == ("committing", 1999, 1999)
    expect(world.pnu.call("POST", f"{path}/cancel"), 202)
    worked(world)
    read = world.pnu.get(path)
    assert (read["state"], counted(read)[:2]) == ("committed_partly", (4100, 1999))
    assert trainees(world) == 1999


def test_long_lists_are_looked_up_by_index(world: World):
    database = world.parts.database
    with database.reading() as work:
        found = among(work.session, TraineeIdentity.digest, [f"{n:032x}" for n in range(4000)])
        query = select(TraineeIdentity.trainee_id).where(found)
        asked = str(query.compile(database.engine, compile_kwargs={"literal_binds": True}))
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"

        def plan() -> str:
            return str(work.session.connection().exec_driver_sql(f"{explain} {asked}").all())

        assert database.is_sqlite or "Seq Scan on trainee_identity" in plan()
        seek(work.session)
        assert ("USING PRIMARY KEY" if database.is_sqlite else "pk_trainee_identity") in plan()


@pytest.mark.soak
def test_fifty_thousand_rows_that_are_all_wrong_are_told_in_bounded_memory(
    world: World, record_property: Any
):
    """Six mistakes in each row: more than are kept one by one, and the summary counts them all."""
    rows, path = 50_000, "/api/v1/imports/"
    wrong = "E-{},AI9,홍길{},990302,010-12,2030-99-02,졸업식,2030-99-30"
    lines = (wrong.format(n, chr(0xAC00 + n % 9000)) for n in range(rows))
    sent = send(world.pnu, "\r\n".join((HEADER, *lines)), mode="validate")
    path += sent["id"]
    environment = variables(world.parts.settings)
    with killed(environment, "worker") as worker:
        done = until(
            lambda: world.pnu.get(path)["state"] == "validated", worker, 0.2, 10 * PATIENCE
        )
        assert done, world.pnu.get(path)
        record_property("MB of the worker", working := most_memory(worker.pid))
    read = world.pnu.get(path)
    assert (read["state"], read["rows"]["rejected"]) == ("validated", rows), read
    assert sum(one["count"] for one in read["summary"]) == read["errors"] > MOST_PROBLEMS
    assert all(one["count"] % rows == 0 for one in read["summary"]), read["summary"]
    port = free_port()
    with killed(environment, "serve", "--port", str(port)) as server:
        assert until(lambda: answers(port), server)
        key = {"Authorization": f"Bearer {world.pnu.key}"}
        for below in ("errors?format=csv", "annotated"):
            address = f"http://127.0.0.1:{port}{path}/{below}"
            told = httpx.get(address, headers=key, timeout=10 * PATIENCE)
            assert told.status_code == 200, told.text
            assert len(told.text.splitlines()) > rows
        record_property("MB of the server", serving := most_memory(server.pid))
    assert max(working, serving) <= 400


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_as_long_as_one_transaction_may_be_goes_in_in_bounded_memory(
    world: World, kind: str, record_property: Any
):
    rows = 49_900
    world.pnu.post("/programmes", AI1)
    lines = [line(n, name=f"홍길{chr(0xAC00 + n % 9000)}", born=_born(n)) for n in range(rows)]
    table = [HEADER.split(","), *(one.split(",") for one in lines)]
    body = text(*lines).encode() if kind == "csv" else book_of(("명단", map(_typed, table)))
    path = "/imports/" + send(world.pnu, body, content_type="application/octet-stream")["id"]
    with killed(variables(world.parts.settings), "worker") as worker:
        done = until(
            lambda: world.pnu.get(path)["state"] == "committed", worker, 0.2, 10 * PATIENCE
        )
        assert done, world.pnu.get(path)
        record_property("MB of the worker", held := most_memory(worker.pid))
    read = world.pnu.get(path)
    assert counted(read) == (rows, rows, 0, 0, 0, 0)
    assert read["first_revision"] == read["last_revision"]
    assert held <= 400


def _born(number: int) -> str:
    """A birth date; one in a hundred shares name and birth date with others, but no mobile."""
    return str(date(1975, 1, 1) + timedelta(0 if number % 100 == 0 else number * 13 % 10_993))


def _typed(row: list[str]) -> list[Any]:
    """Cells as a workbook holds them: a date is one."""
    return [date.fromisoformat(cell) if cell[4:5] == "-" else cell for cell in row]
