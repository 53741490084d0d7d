"""kill -9 at every stage of an import: it ends with the figures of one that nobody disturbed.

The test sees in the database which stage a worker is at and kills it there; what stands there
after its death is the stage that is reported. Nothing in the product knows of it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from registry.imports.models import Import, ImportPart
from registry.imports.worker import Worker
from registry.revisions.models import Revision
from registry.revisions.verification import verify_log
from registry.settings import Settings
from registry.statistics.verification import all_postings, verify_ledger
from tests.conftest import make_settings
from tests.live import PATIENCE, ROOT, environment_of
from tests.test_imports import HEADER, counted, line, send, trainees
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from tests.client import World

LOOK = 0.0005  # seconds between two looks at another process's doing
STAGES = ("parse", "stage", "commit", "report")


@pytest.fixture
def settings(database_url: str) -> Settings:
    return make_settings(database_url, import_takeover_seconds=1)


def file_of(rows: int) -> str:
    """A file of distinct people, long enough that its stages can be met."""
    return "\r\n".join(
        (HEADER, *(line(n, name=f"홍길{chr(0xAC00 + n % 9000)}") for n in range(rows)))
    )


def started(settings: Settings, *arguments: str) -> subprocess.Popen[bytes]:
    variables = os.environ | environment_of(settings) | {
        "REGISTRY_IMPORT_TAKEOVER_SECONDS": str(settings.import_takeover_seconds),
        "REGISTRY_LOG_LEVEL": "CRITICAL",
    }  # fmt: skip
    command = [sys.executable, "-m", "registry.cli", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL)


def until(what: Callable[[], Any], process: subprocess.Popen[bytes]) -> Any:
    """Look until there is something to see, or the process or the patience is over."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        seen = what()
        if seen or process.poll() is not None:
            return seen
        time.sleep(LOOK)
    raise AssertionError("nothing happened")


@contextmanager
def killed(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill a process with -9 when the block ends."""
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)


def standing(world: World, import_id: str) -> Import:
    with world.parts.database.reading() as work:
        found = select(Import).where(Import.id == as_id(import_id))
        row: Import = work.session.scalars(found).one()
        return row


def as_id(text: str) -> UUID:
    from uuid import UUID

    return UUID(text)


def kill_at(world: World, stage: str, import_id: str, batch: int = 0) -> str:
    """Kill a worker that is at a stage (or past a batch of it); the stage it died at."""

    def seen() -> bool:
        row = standing(world, import_id)
        return not row.queued or (
            row.stage == stage and row.batch >= batch and row.claim is not None
        )

    process = started(world.parts.settings, "worker")
    with killed(process):
        until(seen, process)
    row = standing(world, import_id)
    return row.stage if row.queued else "done"


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


def kill_through(world: World, rows: int, tally: Counter[str]) -> None:
    """One import, killed once in each stage; then the figures of an undisturbed one."""
    sent = send(world.pnu, file_of(rows))
    for stage in STAGES:
        tally[kill_at(world, stage, sent["id"])] += 1
    read = ended(world, sent["id"])
    assert (read["state"], counted(read)) == ("committed", (rows, rows, 0, 0, 0, 0)), read
    assert trainees(world) == rows
    assert revisions(world) == 1
    assert sound(world)


def test_an_import_survives_a_kill_in_each_stage(world: World, record_property: Any):
    world.pnu.post("/programmes", AI1)
    tally: Counter[str] = Counter()
    kill_through(world, 1500, tally)
    record_property("kills by stage", dict(tally))
    assert {"parse", "stage", "commit"} <= set(tally), tally


def test_an_upload_that_breaks_off_was_never_promised(
    world: World, tmp_path: Path, record_property: Any
):
    world.pnu.post("/programmes", AI1)
    break_off(world, tmp_path)
    record_property("kills by stage", {"receive": 1})
    assert world.pnu.get("/imports")["items"] == []
    Worker(world.parts).drain()
    assert trainees(world) == 0


def break_off(world: World, folder: Path) -> None:
    """Kill whoever receives a file, after a piece is stored and before the end has come."""
    pipe = folder / "half.csv"
    os.mkfifo(pipe)
    before = stored(world)
    process = started(
        world.parts.settings,
        "import",
        str(pipe),
        "--dataset",
        "enrolments",
        "--organisation",
        "PNU",
    )
    with killed(process), pipe.open("wb") as writing:
        writing.write(HEADER.encode() + b"\r\n" * 2**20)
        writing.flush()
        assert until(lambda: stored(world) > before, process), "nothing was stored"
    pipe.unlink()


def stored(world: World) -> int:
    with world.parts.database.reading() as work:
        return work.session.scalar(select(func.count()).select_from(ImportPart)) or 0


@pytest.mark.soak
def test_ten_kills_in_each_stage_change_no_figure(
    world: World, tmp_path: Path, record_property: Any
):
    world.pnu.post("/programmes", AI1)
    tally: Counter[str] = Counter()
    rows = 3000
    body = file_of(rows)
    while min(tally[stage] for stage in STAGES) < 10 and sum(tally.values()) < 150:
        break_off(world, tmp_path)
        tally["receive"] += 1
        sent = send(world.pnu, body)
        for stage in STAGES:
            tally[kill_at(world, stage, sent["id"])] += 1
        read = ended(world, sent["id"])
        assert (read["state"], read["rows"]["created"]) == ("committed", rows)
        assert trainees(world) == rows
        world.pnu.post(f"/imports/{sent['id']}/undo")
        assert trainees(world) == 0
    record_property("kills by stage", dict(tally))
    assert sound(world)
    assert min(tally[stage] for stage in (*STAGES, "receive")) >= 10, tally


@pytest.mark.soak
def test_a_long_import_killed_batch_after_batch_is_applied_once(world: World, record_property: Any):
    world.pnu.post("/programmes", AI1)
    rows = 52_000
    sent = send(world.pnu, file_of(rows), on_error="accept_valid")
    tally: Counter[str] = Counter()
    for batch in range(1, 24, 2):
        tally[kill_at(world, "commit", sent["id"], batch)] += 1
    read = ended(world, sent["id"])
    record_property("kills by stage", dict(tally))
    assert (read["state"], counted(read)) == ("committed", (rows, rows, 0, 0, 0, 0))
    assert trainees(world) == rows
    assert sound(world)
