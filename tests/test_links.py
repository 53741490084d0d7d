"""Links, possible duplicates and the persons they make: merge, undo and dismiss in any order."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from registry.access.models import AccessLog
from registry.core.types import new_id
from registry.trainees.links import MOST_NEW_DUPLICATES, components
from registry.trainees.models import Trainee, TraineeDuplicate, TraineeLink
from tests.people import counted, duplicates, enrolment, person, persons, programmes, unit_of

if TYPE_CHECKING:
    from uuid import UUID

    from tests.client import World


@pytest.fixture(autouse=True)
def _programmes(world: World) -> None:
    programmes(world)


def act(world: World, duplicate: dict[str, Any], what: str, **options: Any) -> Any:
    return world.busan.post(f"/trainee-duplicates/{duplicate['id']}/{what}", **options)


def undo(world: World, link_id: str) -> Any:
    return world.busan.post(f"/trainee-links/{link_id}/undo")


def units(world: World) -> dict[UUID, UUID]:
    with world.parts.database.reading() as work:
        return dict(work.session.execute(select(Trainee.id, Trainee.unit_id)).all())


def recomputed(world: World) -> dict[UUID, UUID]:
    """Each record's first fellow, by searching the links anew and nothing of the product."""
    with world.parts.database.reading() as work:
        order = work.session.scalars(
            select(Trainee.id).order_by(Trainee.created_revision, Trainee.created_row)
        ).all()
        pairs = [
            {row.trainee_a_id, row.trainee_b_id}
            for row in work.session.scalars(select(TraineeLink)) if not row.undone
        ]  # fmt: skip
    first: dict[UUID, UUID] = {}
    for start in order:
        reached = {start} - first.keys()
        while reached:
            first |= dict.fromkeys(reached, start)
            reached = {t for p in pairs for t in p if p & reached} - first.keys()
    return first


def strangers(world: World, count: int) -> list[Any]:
    """Enrolments of equal name and birth date without a mobile, at PNU and BTP in turn."""
    unknown = person(mobile=None)
    made = []
    for number in range(count):
        client, code = ((world.pnu, "AI1"), (world.btp, "OS1"))[number % 2]
        day = f"2026-0{number + 1}-28"
        made.append(
            client.post(
                "/enrolments",
                enrolment(code, trainee=unknown, enrolled_on="2026-01-02", status_on=day),
            )
        )
    return made


def test_possible_duplicates_stand_side_by_side_and_the_reading_is_logged(world: World) -> None:
    mine = world.pnu.post("/enrolments", enrolment(trainee=person(mobile=None, external_id="S-1")))
    theirs = world.btp.post("/enrolments", enrolment("OS1", status="enrolled", status_on=None))
    world.btp.post("/enrolments", enrolment("OS1", trainee=person("이바다")))
    (pair,) = duplicates(world.busan)
    sides = {pair["trainee_a"]["id"]: pair["trainee_a"], pair["trainee_b"]["id"]: pair["trainee_b"]}
    assert sides[mine["trainee"]["id"]] == {
        "id": mine["trainee"]["id"], "organisation": "PNU", "external_id": "S-1",
        "name": "김하늘", "birth_date": "1999-03-02", "mobile": None, "email": None,
        "enrolments": [
            {
                "id": mine["id"], "programme_code": "AI1", "enrolled_on": "2026-03-02",
                "status": "completed", "status_on": "2026-06-30",
            }
        ],
    }  # fmt: skip
    assert sides[theirs["trainee"]["id"]]["mobile"] == "+821012345678"
    (overlap,) = pair["overlaps"]
    assert (overlap["from"], overlap["to"]) == ("2026-03-02", "2026-06-30")
    assert set(overlap["enrolment_ids"]) == {mine["id"], theirs["id"]}
    assert overlap["same_programme"] is False
    with world.parts.database.reading() as work:
        (entry,) = work.session.scalars(select(AccessLog))
    assert (entry.act, set(entry.record_ids)) == ("trainee-duplicates.list", set(sides))
    for client in (world.pnu, world.btp):
        client.refused("GET", "/trainee-duplicates", 403, "forbidden")
        client.refused("POST", f"/trainee-duplicates/{pair['id']}/merge", 403, "forbidden")
        client.refused("POST", f"/trainee-links/{pair['id']}/undo", 403, "forbidden")
    world.busan.refused("POST", f"/trainee-duplicates/{mine['id']}/merge", 404, "not-found")
    world.busan.refused("POST", f"/trainee-links/{mine['id']}/undo", 404, "not-found")


def test_a_merge_shows_its_effect_first_then_counts_one_and_undo_restores(world: World) -> None:
    first, second = strangers(world, 2)
    before = counted(world)
    (pair,) = duplicates(world.busan)
    effect = act(world, pair, "merge", query={"dry_run": "true"})["effect"]
    changes = {e["measure"]: (e["year"], e["before"], e["after"]) for e in effect}
    assert changes == {"trainees": (2026, 2, 1), "talents": (2026, 2, 1)}
    assert counted(world) == before
    assert duplicates(world.busan) != []
    merged = act(world, pair, "merge")
    assert (merged["state"], set(merged)) == (
        "merged", {"id", "state", "link_id", "trainee_a_id", "trainee_b_id", "version"},
    )  # fmt: skip
    assert (counted(world)["trainees"], counted(world)["completions"]) == (1, 2)
    assert unit_of(world, second) == unit_of(world, first)
    assert str(unit_of(world, first)) == first["trainee"]["id"]  # the earliest record names it
    assert duplicates(world.busan) == []
    again = world.busan.call("POST", f"/trainee-duplicates/{pair['id']}/merge")
    assert again.get_json() == merged
    undone = undo(world, merged["link_id"])
    assert (undone["undone"], undone["origin"]) == (True, "decision")
    assert counted(world) == before
    assert [d["id"] for d in duplicates(world.busan)] == [pair["id"]]
    head = world.busan.call("GET", "/trainee-links").headers["Registry-Revision"]
    assert undo(world, merged["link_id"]) == undone
    assert world.busan.call("GET", "/trainee-links").headers["Registry-Revision"] == head


def test_a_dismissed_pair_leaves_the_list_and_is_not_linked_by_equality(world: World) -> None:
    first, second = strangers(world, 2)
    (pair,) = duplicates(world.busan)
    assert act(world, pair, "dismiss")["state"] == "dismissed"
    assert duplicates(world.busan) == []
    for client, enrolled in ((world.pnu, first), (world.btp, second)):
        client.patch(f"/trainees/{enrolled['trainee']['id']}", {"mobile": "01012345678"})
    assert persons(world) == 2
    merged = act(world, pair, "merge")  # the city may still change its mind
    assert (merged["state"], persons(world)) == ("merged", 1)
    undo(world, merged["link_id"])
    assert (persons(world), duplicates(world.busan)) == (2, [])


def test_a_dismissal_is_undone_and_the_pair_waits_for_a_decision_again(world: World) -> None:
    first, second = strangers(world, 2)
    (pair,) = duplicates(world.busan)
    act(world, pair, "dismiss")
    listed = world.busan.get("/trainee-duplicates", state="dismissed")["items"]
    assert [(d["id"], d["state"]) for d in listed] == [(pair["id"], "dismissed")]
    path = f"/trainee-duplicates/{pair['id']}/reopen"
    world.pnu.refused("POST", path, 403, "forbidden")
    world.busan.refused("POST", f"/trainee-duplicates/{new_id()}/reopen", 404, "not-found")
    again = act(world, pair, "reopen")
    assert (again["state"], again["link_id"]) == ("open", None)
    assert [d["id"] for d in duplicates(world.busan)] == [pair["id"]]
    assert world.busan.get("/trainee-duplicates", state="dismissed")["items"] == []
    head = world.busan.get("/revisions", limit=1, sort="-number")["items"][0]
    assert (head["action"], head["rows"]) == ("trainee-duplicate.reopen", 1)
    assert act(world, pair, "reopen") == again  # nothing more to undo, and no revision of it
    assert world.busan.get("/revisions/head")["number"] == head["number"]
    for client, enrolled in ((world.pnu, first), (world.btp, second)):
        client.patch(f"/trainees/{enrolled['trainee']['id']}", {"mobile": "01012345678"})
    assert persons(world) == 1  # no dismissal stands between two equal records any more


def test_a_merger_is_seen_again_when_the_dismissal_after_it_is_undone(world: World) -> None:
    strangers(world, 2)
    (pair,) = duplicates(world.busan)
    merged = act(world, pair, "merge")
    assert act(world, pair, "dismiss")["link_id"] is None
    again = act(world, pair, "reopen")
    assert (again["state"], again["link_id"]) == ("merged", merged["link_id"])
    assert (persons(world), duplicates(world.busan)) == (1, [])


def test_an_undone_automatic_link_does_not_come_back_but_the_pair_is_listed(world: World) -> None:
    mine = world.pnu.post("/enrolments", enrolment())
    world.btp.post("/enrolments", enrolment("OS1"))
    (link,) = world.busan.get("/trainee-links")["items"]
    assert (link["origin"], link["undone"]) == ("identity", False)
    assert "name" not in link["trainee_a"]
    undo(world, link["id"])
    assert (persons(world), len(duplicates(world.busan))) == (2, 1)
    path = f"/trainees/{mine['trainee']['id']}"
    for mobile in ("01099998888", "01012345678"):
        world.pnu.patch(path, {"mobile": mobile})
    assert persons(world) == 2
    third = world.btp.post("/enrolments", enrolment("OS1", trainee=person(mobile="01099998888")))
    assert persons(world) == 2  # a new equality with another record is a link of its own
    assert unit_of(world, third) == unit_of(world, mine)
    assert world.busan.get("/trainee-links", undone="true")["items"][0]["id"] == link["id"]


def test_links_are_kept_for_every_pair_so_that_one_can_go_without_the_others(world: World) -> None:
    world.organisation("DIP", "training_institution")
    dip = world.client("DIP", "trainees:read", "trainees:write")
    body = {"code": "X", "name": "X", "kind": "other", "field": "AI", "district_code": "26410"}
    dip.post("/programmes", body)
    for client, code in ((world.pnu, "AI1"), (world.btp, "OS1"), (dip, "X")):
        client.post("/enrolments", enrolment(code))
    found = world.busan.get("/trainee-links", expand="trainee")["items"]
    assert (len(found), found[0]["trainee_a"]["name"]) == (3, "김하늘")
    for number, link in enumerate(found):
        assert persons(world) == (1, 1, 2)[number]
        undo(world, link["id"])
    assert persons(world) == 3


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_undo_in_every_order_agrees_with_a_recomputation(
    world: World, order: tuple[int, ...]
) -> None:
    strangers(world, 4)
    start = counted(world)
    made = []
    ids = [str(i) for i in sorted(units(world))]
    pairs = {(d["trainee_a"]["id"], d["trainee_b"]["id"]): d for d in duplicates(world.busan)}
    assert len(pairs) == 6
    for a, b in ((2, 3), (0, 1), (1, 2)):
        merged = act(world, pairs[ids[a], ids[b]], "merge")
        made.append(merged["link_id"])
        assert units(world) == recomputed(world)
    assert (persons(world), counted(world)["trainees"]) == (1, 1)
    for left, place in zip((2, 1, 0), order, strict=False):
        undo(world, made[place])
        assert units(world) == recomputed(world)
        assert counted(world)["trainees"] == persons(world) == 4 - left
    assert counted(world) == start
    assert len(duplicates(world.busan)) == 6


def test_overlaps_that_a_link_brings_about_are_listed_and_never_refused(world: World) -> None:
    first = world.pnu.post("/enrolments", enrolment(trainee=person(mobile=None)))
    unknown = person(mobile=None, external_id="S-2")
    second = world.pnu.post("/enrolments", enrolment(trainee=unknown))
    (pair,) = duplicates(world.busan)
    act(world, pair, "merge")
    (link,) = world.busan.get("/trainee-links")["items"]
    (overlap,) = link["overlaps"]
    assert overlap["same_programme"] is True
    assert set(overlap["enrolment_ids"]) == {first["id"], second["id"]}
    chosen = world.busan.get("/trainee-links", trainee_id=first["trainee"]["id"], origin="decision")
    assert [k["id"] for k in chosen["items"]] == [link["id"]]
    assert world.busan.get("/trainee-links", origin="identity")["items"] == []
    assert world.busan.get("/trainee-links", trainee_id=str(new_id()))["items"] == []


def test_a_very_common_name_lists_a_bounded_number_of_pairs(world: World) -> None:
    for _ in range(MOST_NEW_DUPLICATES + 3):
        sent = enrolment(trainee=person(mobile=None))
        world.pnu.post("/enrolments", sent)
    with world.parts.database.reading() as work:
        rows = work.session.scalars(select(TraineeDuplicate)).all()
    newest = max(row.created_revision for row in rows)
    assert sum(row.created_revision == newest for row in rows) == MOST_NEW_DUPLICATES
    assert all(row.trainee_a_id < row.trainee_b_id for row in rows)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_components_are_those_of_a_plain_search(pairs: list[tuple[int, int]]) -> None:
    ids = [new_id() for _ in range(10)]
    found = components(ids, [(ids[a], ids[b]) for a, b in pairs])
    groups = [{n} for n in range(10)]
    for a, b in pairs:
        one = next(g for g in groups if a in g)
        other = next(g for g in groups if b in g)
        if one is not other:
            groups.remove(other)
            one |= other
    assert {ids[n]: ids[min(g)] for g in groups for n in g} == found
