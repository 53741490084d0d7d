"""kill -9 at every stage of an import: it ends with the figures of one that nobody disturbed.

The test sees in the database which stage a worker is at and kills it there; what stands there
after its death is the stage that is reported. Nothing in the product knows of it.
"""

from __future__ import annotations

import http.client
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from registry.imports.models import WHOLE, Import, ImportPart
from registry.imports.worker import Worker
from registry.revisions.models import Revision
from registry.revisions.verification import verify_log
from registry.statistics.verification import all_postings, verify_ledger
from tests.conftest import make_settings
from tests.forked import LOOK, answers, killed, signalled, until, until_halted, variables
from tests.live import PATIENCE, free_port, serving
from tests.test_imports import HEADER, counted, line, send, trainees
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from registry.settings import Settings
    from tests.client import World

STAGES = ("parse", "stage", "commit", "report")
KILLS = 10  # of each stage, in the long test
IN_A_ROW = 5  # kills of one import at one stage: by ten it counts as a killer, and is given up
MIB = 1 << 20


@pytest.fixture
def settings(database_url: str) -> Settings:
    return make_settings(database_url, import_takeover_seconds=1)


@pytest.fixture
def told(backend: str, capsys: pytest.CaptureFixture[str]) -> Callable[[object], None]:
    """Say at once how far a long test is."""
    began = time.monotonic()

    def tell(what: object) -> None:
        with capsys.disabled():
            print(f"{backend} {time.monotonic() - began:6.1f} s: {what}", flush=True)

    return tell


def file_of(rows: int) -> str:
    """A file of distinct people, long enough that its stages can be met."""
    return "\r\n".join(
        (HEADER, *(line(n, name=f"홍길{chr(0xAC00 + n % 9000)}") for n in range(rows)))
    )


def standing(world: World, import_id: str) -> Import:
    with world.parts.database.reading() as work:
        row: Import = work.session.get_one(Import, UUID(import_id))
        return row


def stage_of(row: Import) -> str:
    return row.stage if row.queued else "done"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_server_that_is_stopped_puts_a_long_import_back(
    world: World, settings: Settings, tmp_path: Path
):
    """Its worker is a thread of a process that ends in order, and begins no more in threads then."""
    world.pnu.post("/programmes", AI1)
    rows = WHOLE + 1000
    sent = send(world.pnu, file_of(rows), on_error="accept_valid")
    with serving(settings, tmp_path) as live:
        deadline = time.monotonic() + PATIENCE
        while (row := standing(world, sent["id"])).stage != "commit" or row.batch < 2:
            assert time.monotonic() < deadline, stage_of(row)
            time.sleep(LOOK)
        key = {"Authorization": f"Bearer {world.pnu.key}"}
        httpx.get(f"{live.url}/api/v1/me", headers=key, timeout=PATIENCE).raise_for_status()
    row = standing(world, sent["id"])
    assert (row.state, row.stage, row.queued, row.claim) == ("committing", "commit", True, None)
    assert "import failed" not in live.log.read_text("utf-8")
    Worker(world.parts).drain()
    read = world.pnu.get(f"/imports/{sent['id']}")
    assert (read["state"], read["rows"]["created"], trainees(world)) == ("committed", rows, rows)


def kill_at(world: World, stage: str, import_id: str, batch: int = 0, *, after: float = 0) -> str:
    """Kill a worker so long after it is at a stage (or past a batch of it); where it died."""

    def seen() -> bool:
        row = standing(world, import_id)
        return not row.queued or (
            row.stage == stage and row.batch >= batch and row.claim != before.claim
        )

    before = standing(world, import_id)
    with killed(variables(world.parts.settings), "worker") as process:
        until_halted(seen, process)
        if after:
            signalled(process, signal.SIGCONT)
            time.sleep(after)
    return stage_of(standing(world, import_id))


def ended(world: World, import_id: str) -> dict[str, Any]:
    """Let another worker take the import up, and read what it came to."""
    deadline = time.monotonic() + PATIENCE
    while standing(world, import_id).queued and time.monotonic() < deadline:
        Worker(world.parts).drain()  # finds nothing until the dead worker has been silent enough
        time.sleep(0.05)
    read: dict[str, Any] = world.pnu.get(f"/imports/{import_id}")
    return read


def sound(world: World) -> bool:
    with world.parts.database.reading() as work:
        found = [*verify_log(work.session, posted=all_postings(work.session))]
        return not found and not verify_ledger(work.session)


def revisions(world: World) -> int:
    with world.parts.database.reading() as work:
        found = select(func.count()).where(Revision.action == "import.enrolments")
        return work.session.scalar(found) or 0


def test_an_import_survives_a_kill_in_each_stage(world: World, record_property: Any):
    """One import, killed once in each stage; then the figures of an undisturbed one."""
    world.pnu.post("/programmes", AI1)
    tally: Counter[str] = Counter()
    rows = 1500
    sent = send(world.pnu, file_of(rows))
    for stage in STAGES:
        tally[kill_at(world, stage, sent["id"])] += 1
    read = ended(world, sent["id"])
    record_property("kills by stage", dict(tally))
    assert (read["state"], counted(read)) == ("committed", (rows, rows, 0, 0, 0, 0)), read
    assert trainees(world) == rows
    assert revisions(world) == 1
    assert sound(world)
    assert {"parse", "stage", "commit"} <= set(tally), tally


def test_an_upload_that_breaks_off_was_never_promised(world: World, record_property: Any):
    world.pnu.post("/programmes", AI1)
    break_off(world)
    record_property("kills by stage", {"receive": 1})
    assert world.pnu.get("/imports")["items"] == []
    Worker(world.parts).drain()
    assert trainees(world) == 0


def break_off(world: World, pieces: int = 1) -> None:
    """Kill the HTTP server that receives a file, after so many pieces of it are stored."""
    port = free_port()
    before = stored(world)
    with killed(variables(world.parts.settings), "serve", "--port", str(port)) as server:
        assert until(lambda: answers(port), server), "the server did not start"
        upload = begun_upload(world, port, size=(pieces + 1) * MIB)
        upload.send(f"{HEADER}\r\n".encode().ljust(pieces * MIB + 1, b"\n"))
        assert until(lambda: stored(world) >= before + pieces, server), "nothing was stored"
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        upload.getresponse()


def begun_upload(world: World, port: int, size: int) -> http.client.HTTPConnection:
    """A file's request up to its body."""
    upload = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    upload.putrequest("POST", "/api/v1/imports?dataset=enrolments&mode=commit")
    upload.putheader("Authorization", f"Bearer {world.pnu.key}")
    upload.putheader("Content-Type", "text/csv")
    upload.putheader("Content-Length", str(size))
    upload.endheaders()
    return upload


def stored(world: World) -> int:
    with world.parts.database.reading() as work:
        return work.session.scalar(select(func.count()).select_from(ImportPart)) or 0


@dataclass
class Plan:
    """Ten kills in each stage, spread over how long the stage lasts undisturbed."""

    lasts: dict[str, float]
    tally: Counter[str] = field(default_factory=Counter)

    def wanted(self, stage: str) -> bool:
        return self.tally[stage] < KILLS

    def fulfilled(self) -> bool:
        return not any(map(self.wanted, ("receive", *STAGES)))

    def after(self, stage: str) -> float:
        """How far into the stage the next kill is to be: the first ones at its beginning."""
        return self.lasts.get(stage, 0) * self.tally[stage] / KILLS

    def kill(self, world: World, import_id: str, stage: str) -> None:
        """Kill workers of an import at a stage, until it has left it."""
        for _ in range(IN_A_ROW):
            at = stage_of(standing(world, import_id))
            if at == "done" or before(stage, at) or not self.wanted(stage):
                return
            died = kill_at(world, stage, import_id, after=self.after(stage))
            self.tally[died] += 1
            if died != stage:  # the machine was slower when it was watched
                self.lasts[stage] = self.lasts.get(stage, 0) / 2


def before(stage: str, other: str) -> bool:
    return other in STAGES and STAGES.index(stage) < STAGES.index(other)


def watched(world: World, import_id: str) -> dict[str, float]:
    """How long each stage of an import lasts that nobody disturbs, in seconds."""
    lasts: dict[str, float] = {}

    def seen() -> bool:
        row, now = standing(world, import_id), time.monotonic()
        if row.claim is not None and row.queued:
            lasts[row.stage] = lasts.get(row.stage, 0) + now - last[0]
        last[0] = now
        return not row.queued

    last = [time.monotonic()]
    with killed(variables(world.parts.settings), "worker") as process:
        assert until(seen, process), "the worker ended"
    return lasts


@pytest.mark.soak
def test_ten_kills_in_each_stage_change_no_figure(
    world: World, record_property: Any, told: Callable[[object], None]
):
    world.pnu.post("/programmes", AI1)
    rows = 2100  # two batches
    body = file_of(rows)

    def taken_back(import_id: str) -> tuple[Any, ...]:
        read = ended(world, import_id)
        figures = (read["state"], counted(read), trainees(world))
        world.pnu.post(f"/imports/{import_id}/undo")
        assert trainees(world) == 0
        return figures

    sent = send(world.pnu, body)
    plan = Plan(watched(world, sent["id"]))
    undisturbed = taken_back(sent["id"])
    assert undisturbed == ("committed", (rows, rows, 0, 0, 0, 0), rows)
    told({stage: f"{lasts:.3f} s" for stage, lasts in plan.lasts.items()})
    imports = 1
    while not plan.fulfilled() and imports < 2 * KILLS:
        for pieces in range(1, IN_A_ROW + 1):
            if plan.wanted("receive"):
                break_off(world, pieces)
                plan.tally["receive"] += 1
        told(dict(plan.tally))
        sent = send(world.pnu, body)
        for stage in STAGES:
            plan.kill(world, sent["id"], stage)
            told(dict(plan.tally))
        assert taken_back(sent["id"]) == undisturbed
        imports += 1
        assert len(world.pnu.get("/imports")["items"]) == imports, "a broken upload was promised"
    assert revisions(world) == imports
    assert sound(world)
    record_property(f"kills by stage, of {imports - 1} imports", dict(plan.tally))
    assert plan.fulfilled(), plan.tally


@pytest.mark.soak
def test_a_long_import_killed_batch_after_batch_is_applied_once(
    world: World, record_property: Any, told: Callable[[object], None]
):
    world.pnu.post("/programmes", AI1)
    rows = 52_000
    sent = send(world.pnu, file_of(rows), on_error="accept_valid")
    tally: Counter[str] = Counter()
    for batch in range(1, 24, 2):
        tally[kill_at(world, "commit", sent["id"], batch)] += 1
        told(dict(tally))
    read = ended(world, sent["id"])
    record_property("kills by stage", dict(tally))
    assert (read["state"], counted(read)) == ("committed", (rows, rows, 0, 0, 0, 0))
    assert trainees(world) == rows
    assert sound(world)
