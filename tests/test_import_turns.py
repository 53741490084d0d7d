"""Two processes take turns at a long file: what one judges before its turn, and when one is gone."""

from __future__ import annotations

import errno
import random
import threading
import time
import weakref
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from registry.app import assemble
from registry.imports import committing, judging, parsing, service
from registry.imports.claims import claim
from registry.imports.datasets import dataset
from registry.imports.datasets.steadily import uncollected
from registry.imports.models import WHOLE
from registry.imports.partner import Partner
from registry.imports.pipeline import run
from registry.imports.reading import Limits, read
from registry.imports.rows import CLEAR, Options, Target
from registry.imports.staging import kept_outcomes
from registry.rotation import rotate
from registry.settings import NamedKey
from tests.conftest import make_settings
from tests.forked import killed, until, variables
from tests.imported import Sheet, batch, exported, findings, principal
from tests.live import PATIENCE
from tests.people import SCHOOL, persons
from tests.test_import_kills import file_of, settings, standing
from tests.test_imports import line, send, trainees
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.imports.models import Import
    from registry.imports.rows import Rows
    from registry.settings import Settings
    from tests.client import Client, World

__all__ = ["settings"]  # the fixture
BATCHES, ROWS = 6, 14
DAYS = [date(2030, 3, 2), date(2030, 6, 30), date(2030, 7, 5), date(2030, 10, 30)]


def drawn(draw: random.Random, mark: str, start: int) -> Iterator[dict[str, Any]]:
    """Rows about few people, so that two batches often speak of the same."""
    for n in range(start, start + ROWS):
        who = draw.randrange(9)
        begins = draw.choice((0, 2))
        status = draw.choice(("completed", "completed", "enrolled", "withdrawn"))
        yield {
            "external_id": draw.choice(
                (f"E{n}", f"E{n}", f"E{max(0, n - draw.randrange(20))}", None)
            ),
            "programme_code": f"P{draw.randrange(3)}",
            "trainee.external_id": draw.choice((None, None, None, f"S{who}", CLEAR)),
            "trainee.name": f"{mark}길{chr(0xAC00 + who // 2)}",
            "trainee.birth_date": date(1990 + who // 4, 3, 2),
            "trainee.mobile": f"+8210{ord(mark) % 9000 + 1000}{who:04}" if who % 3 else None,
            "trainee.email": draw.choice((None, None, f"{who}@example.org", CLEAR)),
            "enrolled_on": None if n % 11 == 5 else DAYS[begins],
            "status": draw.choice((status, status, status, CLEAR)) if n % 7 == 0 else status,
            "status_on": None if status == "enrolled" else DAYS[begins + 1],
        }


def batches_of(seed: int, mark: str) -> list[Rows]:
    draw = random.Random(seed)
    return [batch("enrolments", list(drawn(draw, mark, n * ROWS))) for n in range(BATCHES)]


def programmes(client: Client) -> None:
    for n in range(3):
        client.post("/programmes", AI1 | {"code": f"P{n}", "kind": SCHOOL})


def options_of(world: World, code: str, own: dict[int, Any]) -> Options:
    target = Target(world.parts.database.engine.dialect, world.ids[code])
    return Options(world.parts.keyring, allow_reversal=True, own=own, target=target)


def taken(world: World, code: str, rows: Rows, own: dict[int, Any]) -> tuple[Sheet, dict[int, Any]]:
    """Take a batch in; what became of it, and what its revision wrote."""
    how = options_of(world, code, own)
    with world.parts.database.writing(principal(world, code), request_id="import-1") as work:
        applied = dataset("enrolments").apply(work, rows, how)
    wrote = {work.revision: applied.wrote()} if work.notes["changed"] else own
    return Sheet(rows, applied), wrote


def looked_ahead(world: World, code: str, rows: Rows, before: int = 0) -> Rows:
    """Judge a batch by what is there now, before which so many others are to be written."""
    options = replace(options_of(world, code, {}), before=before)
    with world.parts.database.reading(principal(world, code)) as work:
        dataset("enrolments").look_ahead(work, rows, options)
    return rows


def came_to(world: World, code: str, mark: str, sheets: list[Sheet]) -> dict[str, Any]:
    """What became of an institution's rows, of which nothing tells whose they are."""
    kept = [
        tuple(str(cell).replace(mark, "") for name, cell in row.items() if name != "trainee.mobile")
        for row in exported(world, code, "enrolments")
    ]
    return {
        "outcomes": [[outcome.outcome for outcome in sheet.outcomes] for sheet in sheets],
        "errors": [sheet.problems() for sheet in sheets],
        "warnings": [sheet.problems("warning") for sheet in sheets],
        "kept": kept,
    }


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("seed", range(8))
def test_a_verdict_reached_before_the_last_batch_went_in_is_the_one_after_it(
    world: World, seed: int, told: bool
):
    """`told`: what the last batch wrote is known; else nothing that was judged before it stands."""
    for client in (world.pnu, world.btp):
        programmes(client)
    plain = [taken(world, "PNU", rows, {})[0] for rows in batches_of(seed, "홍")]
    sheets: list[Sheet] = []
    own: dict[int, Any] = {}
    first, *others = batches_of(seed, "김")
    ready = looked_ahead(world, "BTP", first)
    for rows in [*others, None]:
        following = None if rows is None else looked_ahead(world, "BTP", rows, before=1)
        sheet, own = taken(world, "BTP", ready, own if told else {})
        sheets.append(sheet)
        if following is not None:
            ready = following
    expected, found = came_to(world, "PNU", "홍", plain), came_to(world, "BTP", "김", sheets)
    assert found == expected
    assert findings(world) == []


def test_a_verdict_stands_where_the_last_batch_has_nothing_to_do_with_it(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    """And then it is not reached again under the lock, or taking turns were of no use."""
    from registry.imports.datasets import enrolments

    programmes(world.pnu)
    one, other = (
        batch("enrolments", [_new(f"E{n}{k}", f"홍길{chr(0xAC00 + 20 * n + k)}") for k in range(9)])
        for n in range(2)
    )
    looked_ahead(world, "PNU", other, before=1)
    _, own = taken(world, "PNU", one, {})
    monkeypatch.setattr(enrolments, "Verdict", None)
    sheet, _ = taken(world, "PNU", other, own)
    assert sheet.counts == {"created": 9}
    assert trainees(world) == 18
    assert findings(world) == []


def _new(number: str, name: str) -> dict[str, Any]:
    return {
        "external_id": number, "programme_code": "P0", "trainee.name": name,
        "trainee.birth_date": date(1999, 3, 2), "trainee.mobile": None, "enrolled_on": DAYS[0],
        "status": "completed", "status_on": DAYS[1],
    }  # fmt: skip


def test_somebody_elses_write_between_the_two_is_seen(world: World):
    programmes(world.pnu)
    said = [_new("E1", "홍길동") | {"trainee.mobile": "+821012345678"}]
    rows = looked_ahead(world, "PNU", batch("enrolments", said), before=1)
    world.pnu.post("/enrolments", {
        "external_id": "E1", "programme_code": "P0", "enrolled_on": "2030-03-02",
        "status": "completed", "status_on": "2030-06-30",
        "trainee": {"name": "홍길동", "birth_date": "1999-03-02", "mobile": "010-1234-5678"},
    })  # fmt: skip
    sheet, _ = taken(world, "PNU", rows, {})
    assert sheet.counts == {"unchanged": 1}
    assert trainees(world) == 1


def test_cells_that_are_wrong_stay_so_when_the_verdict_falls(world: World):
    """`(삭제)` where nothing may be cleared is found as the cells are loaded, once."""
    programmes(world.pnu)
    rows = batch("enrolments", [_new("E1", "홍길동") | {"status": CLEAR}])
    looked_ahead(world, "PNU", rows, before=1)
    world.pnu.post("/programmes", AI1 | {"code": "BETWEEN"})
    sheet, _ = taken(world, "PNU", rows, {})
    assert sheet.problems() == {0: {("status", "null")}}
    assert sheet.counts == {"rejected": 1}


def test_whoever_is_counted_as_another_since_is_judged_anew(world: World):
    """A link makes two people one without a new version of either's record."""
    for client in (world.pnu, world.btp):
        programmes(client)
    earlier = {"enrolled_on": date(2029, 3, 2), "status_on": date(2029, 6, 2)}

    def said(number: str, name: str, mobile: str, student: str | None = None) -> dict[str, Any]:
        more = {"trainee.mobile": f"+82100000000{mobile}", "trainee.external_id": student}
        return _new(number, name) | more

    for code, row in (
        ("BTP", said("Y", "김둘", "2")),
        ("BTP", said("X", "김하나", "1", "SX")),
        ("PNU", said("p", "김하나", "1", "S1")),
        ("BTP", said("X2", "박셋", "3", "SX") | earlier),
    ):
        taken(world, code, batch("enrolments", [row]), {})
    assert persons(world) == 2
    rows = looked_ahead(world, "PNU", batch("enrolments", [said("z", "박셋", "3")]), before=1)
    joining = batch("enrolments", [said("p2", "김둘", "2", "S1") | earlier])
    _, own = taken(world, "PNU", joining, {})
    taken(world, "PNU", rows, own)
    assert persons(world) == 1
    assert findings(world) == []


def test_a_verdict_on_an_old_snapshot_does_not_undo_a_rotation(
    world: World, database_url: str, clock: Any
):
    programmes(world.pnu)
    said = _new("E1", "홍길동")
    taken(world, "PNU", batch("enrolments", [said]), {})
    old, new = NamedKey("e1", bytes(range(32, 64))), NamedKey("e2", bytes(32))
    rotating = assemble(make_settings(database_url, encryption_keys=(new, old)), clock)
    rows = batch("enrolments", [said | {"trainee.mobile": "+821099998888"}])
    looked_ahead(world, "PNU", rows)
    assert rotate(rotating)["trainee"]["rewrapped"] == 1
    options = replace(options_of(world, "PNU", {}), keyring=rotating.keyring)
    with world.parts.database.writing(principal(world, "PNU"), request_id="import-1") as work:
        dataset("enrolments").apply(work, rows, options)
    assert rotate(rotating)["trainee"] == {"keys": 1, "rewrapped": 0}
    rotating.database.engine.dispose()


def of(number: str, name: str, mobile: int, student: Any = None, **more: Any) -> dict[str, Any]:
    """A row of somebody with a mobile and perhaps a student number."""
    who = {"trainee.mobile": f"+82100000{mobile:04}", "trainee.external_id": student}
    return _new(number, name) | who | more


def looked(world: World, code: str, *said: dict[str, Any]) -> Sheet:
    """Take rows in that were judged before the lock."""
    return taken(world, code, looked_ahead(world, code, batch("enrolments", list(said))), {})[0]


@pytest.mark.parametrize("oldest", ["PNU", "BTP"])
def test_two_known_people_of_a_batch_who_become_equal_to_others_are_all_one(
    world: World, oldest: str
):
    """Each joins units that the other one's joining changes; who came first is the unit of all."""
    for client in (world.pnu, world.btp):
        programmes(client)
    before = {
        "PNU": [of("K1", "김하나", 1, "S1"), of("K2", "김둘", 2, "S2")],
        "BTP": [of("Z", "박셋", 3), of("Y", "김둘", 2)],
    }
    for code in sorted(before, key=lambda code: code != oldest):
        looked(world, code, *before[code])
    assert persons(world) == 3
    looked(world, "PNU", of("K1", "김둘", 2, "S1"), of("K2", "박셋", 3, "S2"))
    assert persons(world) == 1
    assert findings(world) == []


def test_somebody_new_who_becomes_equal_to_a_later_one_stays_the_first(world: World):
    programmes(world.pnu)
    again = of("E3", "김둘", 2, "S1", enrolled_on=DAYS[2], status_on=DAYS[3])
    looked(world, "PNU", of("E1", "김하나", 1, "S1"), of("E2", "김둘", 2), again)
    assert persons(world) == 1
    assert findings(world) == []


def test_a_student_number_that_one_row_frees_is_the_next_ones(world: World):
    """Whoever is new goes in before those who change."""
    programmes(world.pnu)
    looked(world, "PNU", of("E1", "김하나", 1, "S1"))
    freed = of("E2", "김하나", 1, CLEAR, enrolled_on=DAYS[2], status_on=DAYS[3])
    sheet = looked(world, "PNU", freed, of("E3", "김둘", 2, "S1"))
    assert sheet.counts["created"] == 2
    assert exported(world, "PNU", "enrolments")[-1]["trainee.external_id"] == "S1"
    assert findings(world) == []


@pytest.mark.parametrize("rows", [60, 1])
def test_a_verdict_is_gone_with_its_write(world: World, rows: int):
    """Without the collector, which is held back: also if nothing was written, and none waited."""
    programmes(world.pnu)
    said = [of(f"E{n}", f"홍길{chr(0xAC00 + n)}", n) for n in range(rows)]
    for _ in range(2):  # new, and unchanged
        with uncollected():
            ready = looked_ahead(world, "PNU", batch("enrolments", said))
            verdict = weakref.ref(ready.drafts.foreseen.verdict)
            taken(world, "PNU", ready, {})
            del ready
            assert verdict() is None


def in_batches(world: World, monkeypatch: pytest.MonkeyPatch, text: str | None = None) -> str:
    """A file of many short batches, sent in."""
    for module in (parsing, judging, committing, service):
        monkeypatch.setattr(module, "WHOLE", 0)
    monkeypatch.setattr(parsing, "read", partial(read, limits=Limits(chunk_rows=9)))
    world.pnu.post("/programmes", AI1)
    return str(send(world.pnu, text or file_of(90), on_error="accept_valid")["id"])


def worked_through(world: World, import_id: str) -> dict[str, Any]:
    """What became of an import, and of each of its rows."""
    job = claim(world.parts)
    assert job is not None
    run(job)
    with world.parts.database.reading() as work:
        kept = [
            outcome.outcome
            for number in range(job.row.batches)
            for outcome in kept_outcomes(work.session, job.row.id, number)
        ]
    read = world.pnu.get(f"/imports/{import_id}")
    return {"state": read["state"], "created": read["rows"]["created"], "kept": kept}


@pytest.mark.parametrize("cores", [1, 2])
def test_a_long_file_goes_in_but_for_its_wrong_cells(
    world: World, monkeypatch: pytest.MonkeyPatch, cores: int
):
    """Each kind of them in a row of its own; nothing is made ready of what is not there."""
    monkeypatch.setattr("registry.imports.turns._cores", lambda: cores)
    first, *rows = file_of(90).split("\r\n")
    wrong = [",".join("?" * (at == n) or cell for at, cell in enumerate(row.split(",")))
             for n, row in enumerate(rows[20:26])]  # fmt: skip
    blank = [",".join(cell * (at != n) for at, cell in enumerate(row.split(",")))
             for n, row in enumerate(rows[50:56])]  # fmt: skip
    text = "\r\n".join([first, *rows[:20], *wrong, *rows[26:50], *blank, *rows[56:]])
    found = worked_through(world, in_batches(world, monkeypatch, text))
    assert found["state"] == "committed_partly"
    programme, name, born, mobile, begun = 1, 2, 3, 4, 5
    refused = {20 + column for column in (programme, born, mobile, begun)}
    refused |= {50 + column for column in (programme, name, born, begun)}
    assert {n for n, kept in enumerate(found["kept"]) if kept != "created"} == refused
    assert findings(world) == []


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_what_the_server_commits_for_a_dead_process_is_not_done_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    """The second process is killed while its COMMIT takes a second, which ends well."""
    import_id = in_batches(world, monkeypatch)
    with world.parts.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$"
        )
        connection.exec_driver_sql(
            "CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON import DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW WHEN (NEW.batch = 2 AND OLD.batch = 1) EXECUTE FUNCTION slow()"
        )

    def told(row: Import) -> None:
        """Kill it once it commits, which the database knows."""
        if row.batch == 1 and row.stage == "commit":
            threading.Thread(target=kill).start()

    def kill() -> None:
        sleeps = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        deadline = time.monotonic() + PATIENCE
        with world.parts.database.engine.connect() as connection:
            while not connection.exec_driver_sql(sleeps).first():
                assert time.monotonic() < deadline
                connection.rollback()
        for child in psutil.Process().children():
            if "--multiprocessing-fork" in child.cmdline():
                child.kill()

    begun = Partner.begin
    monkeypatch.setattr(
        Partner, "begin", lambda self, job, after: (told(job.row), begun(self, job, after))[1]
    )
    found = worked_through(world, import_id)
    assert found == {"state": "committed", "created": 90, "kept": ["created"] * 90}
    assert findings(world) == []


def test_where_there_is_no_room_for_a_second_process_one_does_it_all(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    def start(_self: object) -> None:
        raise OSError(errno.EAGAIN, "no process to be had")

    import_id = in_batches(world, monkeypatch)
    monkeypatch.setattr("multiprocessing.context.SpawnProcess.start", start)
    found = worked_through(world, import_id)
    assert found == {"state": "committed", "created": 90, "kept": ["created"] * 90}


def test_the_second_process_is_there_before_rows_go_in_and_gone_when_the_file_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    """It takes a second to come; a file that ends otherwise than by going in leaves it behind."""
    import_id = in_batches(world, monkeypatch)
    job = claim(world.parts)
    assert job is not None
    had: dict[str, bool] = {}
    job.told = lambda row: had.update({row.stage: job.partner is not None})
    run(job)
    assert (had["parse"], had["commit"], job.partner) == (True, True, None)
    assert world.pnu.get(f"/imports/{import_id}")["state"] == "committed"

    send(world.pnu, f"{file_of(90)}\r\n{line(90, name='900302-1234567')}", on_error="accept_valid")
    refused = claim(world.parts)
    assert refused is not None
    refused.told = lambda row: had.update({row.state: refused.partner is not None})
    run(refused)
    assert (refused.row.state, refused.partner) == ("refused_rrn", None)
    assert had["validating"], "the second process had not begun"
    assert not [c for c in psutil.Process().children() if "--multiprocessing-fork" in c.cmdline()]


def partner_of(worker: Any) -> psutil.Process:
    """The second process."""
    children = psutil.Process(worker.pid).children()
    return next(one for one in children if "--multiprocessing-fork" in one.cmdline())


def test_an_import_in_turns_survives_either_process(world: World, settings: Settings):
    """Killed alone: the second ends with the first, and the first goes on without the second."""
    world.pnu.post("/programmes", AI1)
    rows = WHOLE + 2_000
    sent = send(world.pnu, file_of(rows), on_error="accept_valid")
    with killed(variables(settings), "worker") as worker:
        until(lambda: is_past(world, sent["id"], 3), worker)
        partner = partner_of(worker)
        psutil.Process(worker.pid).kill()
        assert not psutil.wait_procs([partner], timeout=PATIENCE)[1]
        worker.join(PATIENCE)
    reached = standing(world, sent["id"]).batch
    with killed(variables(settings), "worker") as worker:
        until(lambda: is_past(world, sent["id"], reached + 4), worker)
        partner = partner_of(worker)
        partner.kill()
        until(lambda: not standing(world, sent["id"]).queued, worker)
    read = world.pnu.get(f"/imports/{sent['id']}")
    assert (read["state"], read["rows"]["created"], trainees(world)) == ("committed", rows, rows)
    assert findings(world) == []


def is_past(world: World, import_id: str, batch: int) -> bool:
    row = standing(world, import_id)
    return row.stage == "commit" and row.batch >= batch
