"""What was known when: the same revision gives the same answer for ever."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from registry.access.principal import operator
from registry.statistics.models import LEDGERS
from tests.seeded import Seeded

if TYPE_CHECKING:
    from registry.core.clock import ManualClock
    from tests.client import World


@pytest.fixture
def seeded(world: World) -> Seeded:
    return Seeded(world)


def completions(world: World, **asked: Any) -> int:
    return world.busan.get("/statistics/trainees", measure="completions", **asked)["total"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_every_past_revision_keeps_its_answers(
    world: World, seeded: Seeded, clock: ManualClock
) -> None:
    """Several revisions a day over several days, in every breakdown of both datasets."""
    programme = seeded.programme(world.btp, "OS1")
    breakdowns = {"trainees": "organisation,district,month", "investments": "zone,channel,quarter"}

    def everything(revision: int | None) -> list[Any]:
        pairs = [(d, m) for d, tables in LEDGERS.items() for m in tables.measures]
        asked = {} if revision is None else {"revision": revision}
        found = []
        for dataset, measure in pairs:
            answer = world.busan.get(
                f"/statistics/{dataset}", measure=measure, by=breakdowns[dataset], **asked
            )
            found.append((answer["cells"], answer["total"], answer["revision"]))
        return found

    seen = {}
    made: list[Any] = []
    for step in range(8):
        if step % 3 == 2:
            seeded.void(programme, made[0])
        elif step % 2:
            seeded.pay(world.bipa, ("2026-03-20", 600 + step), ("2027-03-20", -step))
        else:
            made = seeded.enrol(programme, f"2026-0{step + 1}-15", "2026-08-01")
        answers = everything(None)
        seen[answers[0][2]] = answers
        if step % 3 == 0:
            clock.put(clock.at + timedelta(days=1))
    assert len(seen) == 8
    for revision, answers in seen.items():
        assert everything(revision) == answers


def test_case_15_recorded_after_midnight_in_seoul_is_the_next_day(
    world: World, seeded: Seeded, clock: ManualClock
) -> None:
    programme = seeded.programme(world.btp, "OS1")
    clock.put(at("2031-12-31T14:59:59.999999Z"))
    seeded.enrol(programme, "2031-06-30")
    clock.put(at("2031-12-31T15:00:00Z"))
    seeded.enrol(programme, "2031-06-30")
    clock.put(at("2031-12-31T16:30:00Z"))
    seeded.enrol(programme, "2031-06-30")
    clock.put(at("2032-01-02T00:00:00Z"))
    assert completions(world, as_of="2031-12-30") == 0
    assert completions(world, as_of="2031-12-31") == 1
    assert completions(world, as_of="2032-01-01") == 3
    # A moment is included.
    assert completions(world, as_of="2031-12-31T15:00:00Z") == 2
    assert completions(world, as_of="2032-01-01T00:00:00+09:00") == 2
    assert completions(world, as_of="2031-12-31T16:29:59.999999Z") == 2
    assert completions(world, as_of="2031-12-31T16:30:00Z") == 3


def test_the_answer_names_the_instant_it_resolved_to(
    world: World, seeded: Seeded, clock: ManualClock
) -> None:
    programme = seeded.programme(world.btp, "OS1")
    seeded.enrol(programme, "2030-06-30")
    first = world.busan.get("/statistics/trainees", measure="completions")
    clock.put(at("2031-01-20T00:00:00Z"))
    seeded.enrol(programme, "2030-06-30")

    def named(**asked: Any) -> tuple[Any, ...]:
        answer = world.busan.get("/statistics/trainees", measure="completions", **asked)
        return answer["as_of"], answer["revision"], answer["settled"], answer["total"]

    head = first["revision"] + 1
    assert named(as_of="2031-01-16") == ("2031-01-16T15:00:00Z", head - 1, True, 1)
    assert named(as_of="2031-01-18T00:00:00+09:00") == ("2031-01-17T15:00:00Z", head - 1, True, 1)
    assert named(revision=head) == ("2031-01-20T00:00:00Z", head, True, 2)
    assert named(as_of="2031-01-20") == ("2031-01-20T00:00:00Z", head, False, 2)
    assert named() == named(as_of="2031-01-20")
    clock.put(at("2031-01-25T00:00:00Z"))
    # The day changes the instant; asked again it finds the same.
    assert named() == ("2031-01-24T15:00:00Z", head, False, 2)
    assert named(as_of=named()[0])[1:] == (head, True, 2)
    assert named(as_of="2020-01-01") == ("2020-01-01T15:00:00Z", 0, True, 0)


def test_the_future_and_unknown_revisions_are_refused(world: World, clock: ManualClock) -> None:
    def flaw(**asked: Any) -> tuple[str, str]:
        query = {"measure": "completions", **asked}
        problem = world.busan.refused(
            "GET", "/statistics/trainees", 422, "invalid-input", query=query
        )
        (error,) = problem["errors"]
        return error["parameter"], error["code"]

    clock.put(at("2031-01-15T15:00:00Z"))  # the 16th in Seoul
    assert completions(world, as_of="2031-01-16") == 0
    assert flaw(as_of="2031-01-17") == ("as_of", "as-of-in-future")
    assert flaw(as_of="2031-01-15T15:00:01Z") == ("as_of", "as-of-in-future")
    assert flaw(as_of="2031-1-1") == ("as_of", "invalid-moment")
    assert flaw(as_of="2031-02-30") == ("as_of", "invalid-date")
    assert flaw(as_of="2031-01-15T00:00:00") == ("as_of", "invalid-moment")
    head = world.nobody.get("/statistics/trainees", measure="talents")["revision"]
    assert flaw(revision=head + 1) == ("revision", "unknown-revision")
    assert flaw(revision="x") == ("revision", "invalid-number")


def test_an_instant_no_revision_has_passed_waits_for_the_writer_before_it(
    world: World, seeded: Seeded, clock: ManualClock
) -> None:
    """A writer that began yesterday and commits after the question was put is in the answer."""
    programme = seeded.programme(world.btp, "OS1")
    database = world.parts.database
    writing, asked = threading.Event(), threading.Event()
    barrier, hooks = database.wait_for_writers, database.before_commit

    def wait() -> Any:
        asked.set()
        return barrier()

    def linger(_work: Any) -> None:
        writing.set()
        assert asked.wait(10)

    database.wait_for_writers = wait  # type: ignore[method-assign]
    database.before_commit = (linger, *hooks)
    writer = threading.Thread(target=seeded.enrol, args=(programme, "2030-06-30"))
    writer.start()
    assert writing.wait(10)
    clock.put(clock.at + timedelta(days=1))
    before = world.nobody.get("/statistics/trainees", measure="trainees")
    assert before["total"] == 0  # nobody else waits
    then = world.nobody.get("/statistics/trainees", measure="trainees", as_of="2031-01-15")
    writer.join()
    database.before_commit = hooks
    assert (then["total"], then["settled"]) == (1, True)
    asked.clear()
    seeded.enrol(programme, "2030-06-30")
    again = world.nobody.get("/statistics/trainees", measure="trainees", as_of="2031-01-15")
    assert again == then
    assert not asked.is_set(), "a committed revision has passed that instant: no need to wait"


def test_zeros_and_labels_are_those_of_the_revision(
    world: World, seeded: Seeded, clock: ManualClock
) -> None:
    programme = seeded.programme(world.btp, "OS1")
    seeded.enrol(programme, "2030-06-30")
    asked = {"measure": "completions", "by": "organisation,field", "zeros": "true", "labels": "en"}
    before = world.busan.get("/statistics/trainees", year=2030, **asked)
    clock.put(at("2031-01-20T00:00:00Z"))
    seeded.programme(world.pnu, "AI1", field="AI")
    _rename_field(world, "AI", "Thinking machines")
    then = world.busan.get("/statistics/trainees", year=2030, revision=before["revision"], **asked)
    assert then["cells"] == before["cells"]
    now = world.busan.get("/statistics/trainees", year=2030, **asked)
    fresh = {(c["organisation"], c["field_label"]) for c in now["cells"]}
    assert {("PNU", "Thinking machines"), ("BTP", "Thinking machines")} <= fresh
    assert len(now["cells"]) == 2 * len(before["cells"])


def _rename_field(world: World, code: str, name_en: str) -> None:
    from sqlalchemy import select

    from registry.codes.models import CodeItem

    with world.parts.database.writing(operator("test")) as work:
        mine = select(CodeItem).where(CodeItem.list == "fields", CodeItem.code == code)
        work.session.scalars(mine).one().name_en = name_en


def test_filters_and_times_hold_for_the_past_too(
    world: World, seeded: Seeded, clock: ManualClock
) -> None:
    programme = seeded.programme(world.btp, "OS1")
    seeded.enrol(programme, "2026-03-31", "2026-04-01", "2027-01-01")
    revision = world.busan.get("/statistics/trainees", measure="completions")["revision"]
    asked: dict[str, list[dict[str, Any]]] = {
        "year": [{"year": 2026}, {"year": 2027}],
        "month": [{"month": "2026-03"}, {"month": "2026-04"}, {"month": "2027-01"}],
        "quarter": [{"quarter": "2026-Q1"}, {"quarter": "2026-Q2"}, {"quarter": "2027-Q1"}],
    }
    seeded.enrol(programme, "2026-03-31")
    clock.put(at("2031-01-20T00:00:00Z"))
    seeded.enrol(programme, "2026-04-01")
    for cells in asked.values():
        counted = [completions(world, revision=revision, **cell) for cell in cells]
        assert sum(counted) == 3
        assert all(counted)
        now = [completions(world, **cell) for cell in cells]
        assert sum(now) == 5
    pairs = itertools.product(("2026-03", "2026-04"), repeat=2)
    found = [completions(world, revision=revision, from_=a, to=b) for a, b in pairs if a <= b]
    assert found == [1, 2, 1]
