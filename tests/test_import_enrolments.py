"""Enrolments taken in sets: they count as if sent singly, leave history, and can be taken back."""

from __future__ import annotations

import random
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from registry.app import create_app
from registry.core.clock import ManualClock
from registry.core.problems import DomainError
from registry.imports.rows import CLEAR
from registry.trainees.models import Enrolment, Trainee, TraineeIdentity
from tests.client import World
from tests.conftest import START, make_settings
from tests.imported import exported, findings, taken, undone
from tests.people import counted, duplicates, enrolment, persons, programmes

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = date(2026, 3, 2)
DONE = date(2026, 6, 30)
LATER = date(2026, 7, 6)


def row(number: str | None = "E1", **changes: Any) -> dict[str, Any]:
    """A completed enrolment in AI1, as its cells."""
    cells = {
        "external_id": number, "programme_code": "AI1", "trainee.name": "김하늘",
        "trainee.birth_date": date(1999, 3, 2), "trainee.mobile": "+821012345678",
        "enrolled_on": DAY, "status": "completed", "status_on": DONE,
    }  # fmt: skip
    return cells | {_dotted(name): value for name, value in changes.items()}


def _dotted(name: str) -> str:
    for part in ("trainee", "outcome"):
        if name.startswith(f"{part}_"):
            return f"{part}.{name.removeprefix(f'{part}_')}"
    return name


def body(cells: dict[str, Any]) -> dict[str, Any]:
    """The same enrolment as JSON."""
    sent: dict[str, Any] = {"trainee": {}}
    for name, value in cells.items():
        if value is not None:
            plain = value.isoformat() if isinstance(value, date) else value
            outer, _, inner = name.rpartition(".")
            (sent.setdefault(outer, {}) if outer else sent)[inner] = plain
    return sent


def drawn(seed: int, count: int) -> list[tuple[str, dict[str, Any]]]:
    """Rows of two institutions that share people, some without a mobile, some under two names."""
    rng = random.Random(seed)
    rows = []
    for number in range(count):
        who = rng.randrange(12)
        owner, code = rng.choice((("PNU", "AI1"), ("BTP", "OS1"), ("BTP", "OS2")))
        year = rng.choice((2021, 2022, 2023))
        begun = date(year, 1 + number % 12, 1 + number % 5)
        cells = row(
            f"{owner}-{number}", programme_code=code,
            trainee_name=rng.choice(("이수민", "이 수민")) if who < 3 else f"사람{chr(0xAC00 + who)}",
            trainee_birth_date=date(1990, 1, 1 + who % 4),
            trainee_mobile=None if who in {1, 7} else f"+82101111{who:04d}",
            trainee_external_id=f"S{who}" if who in {4, 5} else None,
            enrolled_on=begun, status_on=date(year, begun.month, begun.day + 1),
            status=rng.choice(("completed", "completed", "early_employed", "not_completed")),
            outcome_employed_on=date(year + 1, 1, 1) if number % 7 == 0 else None,
        )  # fmt: skip
        rows.append((owner, cells))
    return rows


def test_a_file_counts_as_its_rows_sent_singly(
    world: World, new_database: Callable[[], str]
) -> None:
    """Same figures, persons and possible duplicates, whatever is linked; and the proof holds."""
    other = World(create_app(make_settings(new_database()), ManualClock(START)))
    for each in (world, other):
        programmes(each)
    rows = drawn(4, 60)
    # In two files, so that the second meets people of the first.
    for part in (rows[:35], rows[35:]):
        for owner in ("PNU", "BTP"):
            sheet = taken(world, owner, "enrolments", [r for o, r in part if o == owner])
            accepted = [o.outcome for o in sheet.outcomes]
            answers = [
                getattr(other, owner.lower()).call("POST", "/enrolments", json=body(r))
                for o, r in part if o == owner
            ]  # fmt: skip
            created = ["created" if a.status_code == 201 else "rejected" for a in answers]
            assert accepted == created
            codes = {a.get_json()["code"] for a in answers if a.status_code != 201}
            assert sheet.codes() == codes
    assert counted(world) == counted(other)
    assert persons(world) == persons(other)
    assert len(duplicates(world.busan)) == len(duplicates(other.busan)) > 0
    assert findings(world) == []
    other.parts.database.engine.dispose()


def test_the_same_file_again_changes_nothing(world: World) -> None:
    """Neither with numbers nor without: no row, no revision."""
    programmes(world)
    rows = [
        row("E1"), row(None, trainee_name="박바다", trainee_mobile="+821022223333"),
        row(None, trainee_name="최산", trainee_mobile=None),
    ]  # fmt: skip
    assert taken(world, "PNU", "enrolments", rows).counts == {"created": 3}
    head = world.nobody.get("/revisions/head")["number"]
    assert taken(world, "PNU", "enrolments", rows).counts == {"unchanged": 3}
    assert world.nobody.get("/revisions/head")["number"] == head


def test_a_later_file_brings_statuses_by_number_alone(world: World) -> None:
    """Blank leaves, (삭제) clears; the former version is history, and the figures follow."""
    programmes(world)
    taken(world, "PNU", "enrolments", [
        row("E1", status="enrolled", status_on=None, trainee_email="a@example.kr"),
        row("E2", trainee_name="박바다", trainee_mobile=None, outcome_employed_on=date(2026, 7, 1)),
    ])  # fmt: skip
    assert counted(world)["trainees"] == 1
    sheet = taken(world, "PNU", "enrolments", [
        {"external_id": "E1", "status": "completed", "status_on": DONE,
         "trainee.mobile": CLEAR, "trainee.email": "b@example.kr"},
        {"external_id": "E2", "outcome.employed_on": CLEAR},
    ])  # fmt: skip
    assert sheet.counts == {"updated": 2}
    assert counted(world)["trainees"] == 2
    assert counted(world)["employed"] == 0
    items = world.pnu.get("/enrolments", expand="trainee")["items"]
    first = next(item for item in items if item["external_id"] == "E1")
    assert (first["trainee"]["email"], first["trainee"]["mobile"]) == ("b@example.kr", None)
    past = world.pnu.get(f"/enrolments/{first['id']}/history")["items"]
    assert [v["values"]["status"] for v in past] == ["enrolled", "completed"]
    assert findings(world) == []


def test_an_old_file_does_not_undo_completions(world: World) -> None:
    """A status goes back only where that is asked for."""
    programmes(world)
    taken(world, "PNU", "enrolments", [row("E1")])
    old = [row("E1", status="enrolled", status_on=None)]
    assert taken(world, "PNU", "enrolments", old).problems() == {0: {("status", "status-reversal")}}
    sheet = taken(world, "PNU", "enrolments", old, allow_reversal=True, reason="정정")
    assert sheet.counts == {"updated": 1}
    assert counted(world)["completions"] == 0


def test_a_number_keeps_its_programme_and_person(world: World) -> None:
    """Another programme, day or person under a known number is refused."""
    programmes(world)
    world.pnu.post("/programmes", {"code": "AI2", "name": "x", "kind": "on_site_training",
                                   "field": "AI", "district_code": "26410"})  # fmt: skip
    taken(world, "PNU", "enrolments", [row("E1")])
    for changes in (
        {"programme_code": "AI2"}, {"enrolled_on": date(2026, 3, 3)},
        {"trainee_birth_date": date(1999, 3, 3)}, {"trainee_name": "딴사람"},
    ):  # fmt: skip
        assert taken(world, "PNU", "enrolments", [row("E1", **changes)]).codes() == {
            "external-id-taken"
        }, changes
    assert taken(
        world, "PNU", "enrolments", [row("E1", trainee_mobile="+821099998888")]
    ).counts == {"updated": 1}


def test_two_rows_of_one_number(world: World) -> None:
    """Equal ones are taken once with a warning, different ones are both refused."""
    programmes(world)
    said = [row("E1"), row("E1"), row("E2", trainee_name="가"), row("E2", trainee_name="나")]
    sheet = taken(world, "PNU", "enrolments", said)
    assert [o.outcome for o in sheet.outcomes] == ["created", "unchanged", "rejected", "rejected"]
    assert sheet.problems("warning") == {1: {("external_id", "repeated-row")}}
    assert sheet.codes() == {"contradicted-row"}


def test_checking_writes_nothing_and_foresees(world: World) -> None:
    """A check says what the taking will do."""
    programmes(world)
    rows = [r for o, r in drawn(9, 40) if o == "PNU"] + [row("E9", programme_code="ZZ")]
    before = world.nobody.get("/revisions/head")["number"]
    seen = taken(world, "PNU", "enrolments", rows, keep=False)
    assert world.nobody.get("/revisions/head")["number"] == before
    done = taken(world, "PNU", "enrolments", rows)
    assert [o.outcome for o in seen.outcomes] == [o.outcome for o in done.outcomes]
    assert seen.problems() == done.problems()


def test_checking_tells_no_id_of_what_is_not_there(world: World) -> None:
    programmes(world)
    file = [row(), row("E2", trainee_name="이바다", trainee_mobile="+821012345679")]
    looked = taken(world, "PNU", "enrolments", file, keep=False)
    assert [(one.record_id, one.written) for one in looked.outcomes] == [(None, ())] * 2
    done = taken(world, "PNU", "enrolments", file)
    again = taken(world, "PNU", "enrolments", [*file, row("E3", enrolled_on=LATER)], keep=False)
    ids = [one.record_id for one in done.outcomes]
    assert [one.record_id for one in again.outcomes] == [*ids, None]


@pytest.mark.parametrize("keep", [False, True], ids=["checked", "taken"])
def test_who_has_neither_number_nor_mobile_is_known_by_name_and_birth_date(
    world: World, *, keep: bool
) -> None:
    """Within the file as well, whose other rows are known by more."""
    programmes(world)
    file = [row(), row(None, trainee_mobile=None), row("E2", trainee_name="이바다")]
    found = taken(world, "PNU", "enrolments", file, keep=keep)
    assert found.counts == {"created": 2, "unchanged": 1}
    assert found.problems("warning") == {1: {(None, "repeated-row")}}


def test_undo_leaves_the_registry_as_it_was(world: World) -> None:
    """Figures, persons, numbers and values are those before; then the right file goes in."""
    programmes(world)
    world.btp.post("/enrolments", enrolment("OS1"))
    taken(world, "PNU", "enrolments", [
        row("E1", status="enrolled", status_on=None, trainee_name="박바다",
            trainee_mobile="+821022223333"),
    ])  # fmt: skip
    before = counted(world), persons(world), exported(world, "PNU", "enrolments")
    sheet = taken(world, "PNU", "enrolments", [
        row("E2", trainee_external_id="S9"),  # the same person as BTP's
        row("E1", trainee_name="박바다", trainee_mobile="+821044445555", trainee_external_id="S2"),
        row("E3", trainee_name="새사람", trainee_mobile="+821044445555"),
    ])  # fmt: skip
    assert sheet.counts == {"created": 2, "updated": 1}
    assert counted(world) != before[0]
    back = undone(world, "PNU", "enrolments", sheet.outcomes)
    assert back.kept == []
    assert exported(world, "PNU", "enrolments") == before[2]
    assert counted(world) == before[0]
    with world.parts.database.reading() as work:
        standing = select(func.count(Trainee.unit_id.distinct())).join(
            Enrolment, Enrolment.trainee_id == Trainee.id
        )
        assert work.session.scalar(standing.where(~Enrolment.voided)) == before[1]
        reasons = select(Enrolment.void_reason).where(Enrolment.voided)
        assert set(work.session.scalars(reasons)) == {"import_undone"}
        mine = (
            select(func.count(TraineeIdentity.digest))
            .join(Trainee, Trainee.id == TraineeIdentity.trainee_id)
            .where(Trainee.organisation_id == world.ids["PNU"])
        )
        assert work.session.scalar(mine) == 2  # of the one who was there before
    assert findings(world) == []
    # The numbers are free for another birth date, and the person links as if for the first time.
    again = taken(world, "PNU", "enrolments", [row("E2", trainee_external_id="S9")])
    assert again.counts == {"created": 1}
    assert counted(world)["trainees"] == 1  # one person with BTP's
    other = row("E4", trainee_external_id="S10", trainee_birth_date=date(1980, 1, 1))
    assert taken(world, "PNU", "enrolments", [other]).counts == {"created": 1}
    assert counted(world)["trainees"] == 2
    assert findings(world) == []


def test_undo_stops_at_what_was_built_on(world: World) -> None:
    """What was changed since is listed; skip_changed goes round it."""
    programmes(world)
    sheet = taken(world, "PNU", "enrolments", [row("E1"), row("E2", trainee_name="나무",
                                                             trainee_mobile=None)])  # fmt: skip
    changed = str(sheet.outcomes[0].record_id)
    world.pnu.patch(f"/enrolments/{changed}", {"status_on": "2026-07-01"})
    with pytest.raises(DomainError) as refused:
        undone(world, "PNU", "enrolments", sheet.outcomes)
    assert refused.value.code == "import-built-on"
    assert refused.value.facts["members"]["records"] == [{"kind": "enrolment", "id": changed}]
    assert counted(world)["completions"] == 2
    undone(world, "PNU", "enrolments", sheet.outcomes, skip_changed=True)
    assert counted(world)["completions"] == 1
    assert findings(world) == []


def test_what_comes_out_goes_in_again_unchanged(world: World) -> None:
    """An export is a file that changes nothing."""
    programmes(world)
    for owner in ("PNU", "BTP"):
        taken(world, owner, "enrolments", [r for o, r in drawn(7, 40) if o == owner])
    rows = exported(world, "BTP", "enrolments")
    assert len(rows) > 10
    assert taken(world, "BTP", "enrolments", rows).counts == {"unchanged": len(rows)}
