"""A file by batches comes to what it comes to as a whole, whoever writes between two of them."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from registry.imports import committing, judging, parsing, service
from registry.imports.claims import claim
from registry.imports.pipeline import run
from registry.imports.reading import Limits, read
from registry.proofs import findings_of
from tests.people import SCHOOL
from tests.test_imports import send, worked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.client import Client, World

HEADER = "수강번호,과정코드,학번,성명,생년월일,휴대전화,이메일,수강시작일,수강상태,상태변경일"
ROWS, BATCH = 160, 9


def drawn(seed: int, mark: str) -> Iterator[str]:
    """Rows about few people, each in many rows: registered, met again, corrected, contradicted.

    `mark` tells one institution's people from another's; all else is the same for one seed.
    """
    draw = random.Random(seed)
    for n in range(ROWS):
        who = draw.randrange(24)
        number = f"E{draw.randrange(n, n + 3) if draw.random() < 0.1 else n}"
        days = draw.choice((("2030-03-02", "2030-06-30"), ("2030-07-05", "2030-10-30")))
        status = draw.choice(("수료", "수료", "수강중", "수강철회"))
        name = f"{mark}길{chr(0xAC00 + who // 2)}" if who < 20 else f"{mark}일동"
        mobile = f"010-{ord(mark) % 9000 + 1000}-{who:04}" if who % 4 else ""
        student = f"S{who}" if draw.random() < 0.2 else ""
        email = f"{who}@example.org" if draw.random() < 0.2 else ""
        yield ",".join((
            number if draw.random() < 0.9 else "", f"P{draw.randrange(4)}", student, name,
            f"199{who % 3}-03-02", mobile, email, days[0], status,
            "" if status == "수강중" else days[1],
        ))  # fmt: skip


def taken_in_by(client: Client, seed: int, mark: str) -> str:
    for n in range(4):
        body = {"code": f"P{n}", "name": f"P{n}", "kind": SCHOOL, "field": "AI"}
        client.post("/programmes", body | {"district_code": "26410"})
    body = "\r\n".join((HEADER, *drawn(seed, mark)))
    sent: dict[str, Any] = send(client, body, on_error="accept_valid")
    return str(sent["id"])


def came_to(client: Client, code: str, path: str) -> dict[str, Any]:
    """What an import did and what stands since, of which nothing tells whose it is."""
    told = client.get(path)
    mistakes = client.get(f"{path}/errors", limit=500)["items"]
    people: dict[str, list[tuple[str, ...]]] = {}
    for one in client.get("/enrolments", limit=500)["items"]:
        what = ("external_id", "enrolled_on", "status", "status_on")
        people.setdefault(one["trainee"]["id"], []).append(tuple(str(one[name]) for name in what))
    figures = {
        measure: client.get("/statistics/trainees", measure=measure, by="year", organisation=code)[
            "total"
        ]
        for measure in ("trainees", "completions", "enrolments")
    }
    return {
        "state": told["state"],
        "rows": told["rows"],
        # A warning of a row that an earlier batch has is left out: it knows no rows but its own.
        "mistakes": sorted(
            (one["row"], one["code"], one["field"] or "")
            for one in mistakes
            if one["severity"] == "error"
        ),
        "enrolments": sorted(sorted(theirs) for theirs in people.values()),
        "figures": figures,
    }


@pytest.mark.parametrize("in_turns", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_batches_come_to_what_the_whole_does(
    world: World, monkeypatch: pytest.MonkeyPatch, seed: int, in_turns: bool
):
    whole = taken_in_by(world.pnu, seed, "홍")
    worked(world)
    for module in (parsing, judging, committing, service):
        monkeypatch.setattr(module, "WHOLE", 0)
    monkeypatch.setattr(parsing, "read", partial(read, limits=Limits(chunk_rows=BATCH)))
    parts = taken_in_by(world.btp, seed, "김")
    settings = replace(world.parts.settings, import_in_turns=in_turns)
    job = claim(replace(world.parts, settings=settings))
    assert job is not None

    def told(row: Any) -> None:
        """Let another write come between some batches."""
        if row.stage == "commit" and row.batch % 5 == 3:
            world.pnu.post("/programmes", {"code": f"W{row.batch}", "name": "W", "kind": SCHOOL,
                                           "field": "AI", "district_code": "26410"})  # fmt: skip

    job.told = told
    run(job)
    expected, found = (
        came_to(client, code, f"/imports/{one}")
        for client, code, one in ((world.pnu, "PNU", whole), (world.btp, "BTP", parts))
    )
    assert found == expected
    assert found["rows"]["created"] > ROWS // 2
    assert found["rows"]["rejected"] > 0
    assert list(findings_of(world.parts, {})) == []
