"""Sixteen writers in four processes at the same few persons and start-ups.

No gap, no fork, no lost update, no lock error to a client; and every figure, at the end and at
past revisions, is what the oracle says when it is told the committed acts in the order of their
revisions.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from registry.revisions.models import Revision
from registry.revisions.verification import verify_log
from registry.statistics.verification import all_postings, verify_ledger
from tests.client import World
from tests.twin import BIRTHS, DAYS, MOBILES, NAMES, Twin

if TYPE_CHECKING:
    from flask import Flask

PROCESSES, WRITERS = 4, 4


def lay(twin: Twin) -> None:
    """The shared records: a few enrolments of three names, two deals at two start-ups."""
    twin.prepare()
    for code, name, mobile, day in (
        ("AI1", NAMES[0], MOBILES[1], DAYS[5]), ("OS1", NAMES[0], MOBILES[1], DAYS[7]),
        ("OS2", NAMES[1], MOBILES[0], DAYS[5]), ("AI1", NAMES[1], MOBILES[2], DAYS[7]),
    ):  # fmt: skip
        twin.enrol(code, name, BIRTHS[0], mobile, DAYS[4], "completed", day)
    for startup in (0, 1):
        twin.invest("bipa", startup, 0, DAYS[4], 1000, startup)
        twin.transact(startup, "disbursement", DAYS[5], 300)


def shared(twin: Twin) -> dict[str, Any]:
    """What the writers need to know of them."""
    return {
        name: getattr(twin, name)
        for name in ("enrolments", "investments", "transactions", "programmes", "startups")
    }


def burn(world: World, twin: Twin, steps: int) -> list[dict[str, Any]]:
    """Let all writers loose at once; what each request did."""
    url = world.parts.settings.database_url
    keys = {name: getattr(world, name).key for name in ("pnu", "btp", "bipa", "bepa", "busan")}
    running = []
    for seed in range(PROCESSES):
        order = {
            "url": url, "keys": keys, "shared": shared(twin), "seed": seed, "writers": WRITERS,
            "steps": steps,
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fire"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        running.append((process, json.dumps(order)))
    for process, order_text in running:
        assert process.stdin is not None
        process.stdin.write(order_text)
        process.stdin.close()
    done = []
    for process, _ in running:
        assert process.stdout is not None
        assert process.stderr is not None
        done += [json.loads(line) for line in process.stdout]
        errors = process.stderr.read()
        assert process.wait(timeout=120) == 0, errors[-3000:]
        process.stdout.close()
        process.stderr.close()
    return done


class Answer(SimpleNamespace):
    """An answer that was given before."""

    def get_json(self) -> Any:
        """Its body."""
        return self.body


def replay(twin: Twin, act: dict[str, Any]) -> None:
    """Tell the oracle an act that the product committed."""
    values = [days(v) for v in act["values"]]
    named = {key: days(value) for key, value in act["named"].items()}
    made = act["body"]
    if act["act"] == "decide":
        repeat = twin.truth.merge if values[1] == "merge" else twin.truth.dismiss
        repeat(*act["pair"])
    elif act["act"] == "undo":
        a, b, origin = act["pair"]
        wanted = {"identity": "automatic", "decision": "decided"}[origin]
        twin.truth.undo_link(
            next(
                k.id
                for k in twin.truth.links()
                if k.active and k.pair == (a, b) and k.origin == wanted
            )
        )
    else:
        answer = Answer(status_code=act["status"], body=made)
        twin.world = stub(twin, answer)  # type: ignore[assignment]
        getattr(twin, act["act"])(*values, **named)


def stub(twin: Twin, answer: Answer) -> SimpleNamespace:
    """Clients that answer every write with what was answered before."""
    client = SimpleNamespace(call=lambda *_, **__: answer, match=lambda _: {})
    names = ("pnu", "btp", "bipa", "bepa", "busan")
    return SimpleNamespace(**dict.fromkeys(names, client), parts=twin.world.parts)


def days(value: Any) -> Any:
    """Dates written as text, as dates again."""
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return value


class Quiet(Twin):
    """A twin that pairs no revisions while it replays."""

    def note(self) -> None:
        """Do nothing: the parent pairs them by the revision log."""


@pytest.mark.parametrize(
    "steps", [pytest.param(12, id="gate"), pytest.param(150, id="long", marks=pytest.mark.soak)]
)
def test_sixteen_writers_leave_what_the_oracle_says(app: Flask, steps: int) -> None:
    world = World(app)
    twin = Twin(world)
    lay(twin)
    done = burn(world, twin, steps)
    assert {act["status"] for act in done} <= {200, 201, 409, 412, 422}, [
        (a["status"], a["body"]) for a in done if a["status"] not in {200, 201, 409, 412, 422}
    ][:3]
    by_request = {act["request_id"]: act for act in done}
    with world.parts.database.reading() as work:
        assert list(verify_log(work.session, posted=all_postings(work.session))) == []
        assert verify_ledger(work.session) == []
        log = work.session.execute(
            select(Revision.number, Revision.request_id).order_by(Revision.number)
        ).all()
    burnt = [(number, by_request[request]) for number, request in log if request in by_request]
    assert len(burnt) > PROCESSES * WRITERS
    twin.__class__ = Quiet
    revisions = list(twin.revisions)
    for number, act in burnt:
        replay(twin, act)
        revisions.append((number, twin.truth.revision))
    twin.world = world
    sample = revisions[:: max(1, len(revisions) // 8)]
    twin.compare([*sample, revisions[-1]])
