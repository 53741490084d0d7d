"""Two processes take turns at a long file: what one judges before its turn, and when one is gone."""

from __future__ import annotations

import random
from datetime import date
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from registry.imports.datasets import dataset
from registry.imports.models import WHOLE
from registry.imports.rows import CLEAR, Options, Target
from tests.forked import killed, until, variables
from tests.imported import Sheet, batch, exported, findings, principal
from tests.live import PATIENCE
from tests.people import SCHOOL
from tests.test_import_kills import file_of, settings, standing
from tests.test_imports import send, trainees
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Iterator

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
            "enrolled_on": DAYS[begins],
            "status": status,
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


def looked_ahead(world: World, code: str, rows: Rows, own: dict[int, Any]) -> Rows:
    """Judge a batch by what is there now."""
    with world.parts.database.reading(principal(world, code)) as work:
        dataset("enrolments").look_ahead(work, rows, options_of(world, code, own))
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
    ready = looked_ahead(world, "BTP", first, own)
    for rows in [*others, None]:
        following = None if rows is None else looked_ahead(world, "BTP", rows, own)
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
    looked_ahead(world, "PNU", other, {})
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
    rows = looked_ahead(world, "PNU", batch("enrolments", said), {})
    world.pnu.post("/enrolments", {
        "external_id": "E1", "programme_code": "P0", "enrolled_on": "2030-03-02",
        "status": "completed", "status_on": "2030-06-30",
        "trainee": {"name": "홍길동", "birth_date": "1999-03-02", "mobile": "010-1234-5678"},
    })  # fmt: skip
    sheet, _ = taken(world, "PNU", rows, {})
    assert sheet.counts == {"unchanged": 1}
    assert trainees(world) == 1


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
