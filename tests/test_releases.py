"""Frozen figures: the same for ever, to each view its own, compared down to the acts between."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from registry.releases import freezing
from registry.releases.models import Release, ReleaseItem
from registry.releases.verification import verify_releases
from registry.statistics.models import TRAINEES
from tests.client import expect
from tests.people import enrolment, person, programmes
from tests.seeded import Seeded, crowded
from tests.statements import counted

if TYPE_CHECKING:
    from tests.client import Client, World

BY_ZONE = {
    "dataset": "trainees", "measure": "completions", "by": ["year", "zone"],
    "from": "2026-01", "to": "2026-12",
}  # fmt: skip
HEADLINE = {"dataset": "trainees", "measure": "trainees", "by": ["year"]}
GOAL = {"goal": "TALENT_ANNUAL"}
SECRET = {"dataset": "trainees", "measure": "employed", "by": ["organisation", "month"]}


@pytest.fixture
def trained(world: World) -> dict[str, Any]:
    """An enrolment of PNU that can be voided, besides two of BTP in another zone."""
    programmes(world)
    for number, code in enumerate(("OS1", "OS2")):
        trainee = person(f"사람 {number}", mobile=f"010-2000-000{number}")
        world.btp.post("/enrolments", enrolment(code, trainee=trainee))
    made: dict[str, Any] = world.pnu.post("/enrolments", enrolment("AI1"))
    return made


def freeze(world: World, *items: dict[str, Any], **changes: Any) -> dict[str, Any]:
    body = {"name": "2026 실적", "items": list(items) or [BY_ZONE]} | changes
    made: dict[str, Any] = world.busan.post("/releases", body)
    return made


def void(world: World, trained: dict[str, Any]) -> int:
    answer = world.pnu.call(
        "POST", f"/enrolments/{trained['id']}/void", json={"reason": "오기"},
        headers=world.pnu.match(f"/enrolments/{trained['id']}"),
    )  # fmt: skip
    expect(answer, 200)
    return int(answer.headers["Registry-Revision"])


def read(client: Client, release: dict[str, Any], **asked: Any) -> Any:
    return client.get(f"/releases/{release['id']}", **asked)


def test_a_release_keeps_the_figures_of_the_revision_before_it(
    world: World, trained: dict[str, Any]
) -> None:
    head = world.nobody.get("/revisions/head")
    made = freeze(world, BY_ZONE, HEADLINE, GOAL, note="위원회 제출")
    assert (made["revision"], made["created_revision"]) == (head["number"], head["number"] + 1)
    assert (made["as_of"], made["revision_digest"]) == (head["at"], head["digest"])
    first = read(world.busan, made)
    asked = {"by": "year,zone", "from": "2026-01", "to": "2026-12", "revision": made["revision"]}
    live = world.busan.get("/statistics/trainees", measure="completions", **asked)
    assert first["items"][0]["answer"] == live
    goal = world.busan.get("/goals/TALENT_ANNUAL/progress", revision=made["revision"])
    assert first["items"][2] == {"question": GOAL, "answer": goal, "withheld": None}
    void(world, trained)
    assert read(world.busan, made) == first
    assert first["note"] == "위원회 제출"


def test_a_reader_computes_the_digest_of_what_it_is_shown(
    world: World, trained: dict[str, Any]
) -> None:
    made = freeze(world, SECRET, HEADLINE, GOAL)
    digests = set()
    for client in (world.busan, world.nobody):
        found = read(client, made)
        members = {k: found[k] for k in ("name", "note", "final_year", "revision", "items")}
        text = json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(text.encode()).hexdigest() == found["digest"]
        digests.add(found["digest"])
    assert len(digests) == 2


def test_the_public_view_has_neither_the_figures_nor_the_digest_of_the_exact_one(
    world: World, trained: dict[str, Any]
) -> None:
    made = freeze(world, SECRET, HEADLINE)
    exact, public = read(world.busan, made), read(world.nobody, made)
    assert (exact["view"], public["view"], made["view"]) == ("exact", "public", "public")
    assert public["items"][0] == {
        "question": exact["items"][0]["question"], "answer": None, "withheld": "needs-exact",
    }  # fmt: skip
    assert exact["items"][0]["withheld"] is None
    assert public["items"][1]["answer"]["view"] == "public"
    listed = world.nobody.get("/releases")["items"]
    assert exact["digest"] not in json.dumps([public, listed, made])
    assert read(world.pnu, made) == public


def test_two_releases_are_compared_and_a_void_between_them_is_explained(
    world: World, trained: dict[str, Any]
) -> None:
    items = (BY_ZONE, HEADLINE, GOAL)
    a = freeze(world, *items)
    revision = void(world, trained)
    b = freeze(world, *items, SECRET)
    found = world.busan.get(f"/releases/{a['id']}/compare/{b['id']}")
    zones, headline, goal, secret = found["items"]
    assert zones["cells"] == [
        {"year": 2026, "zone": "CENTRAL", "a": 1, "b": 0, "difference": -1},
        {"year": 2026, "zone": "WEST", "a": 2, "b": 2, "difference": 0},
    ]
    assert zones["total"] == {"a": 3, "b": 2, "difference": -1}
    assert zones["changes"] == [
        {"action": "enrolment.void", "organisation": "PNU", "year": 2026, "zone": "CENTRAL",
         "value": -1, "postings": 1, "first_revision": revision, "last_revision": revision}
    ]  # fmt: skip
    for item in (zones, headline):
        moved = sum(cell["difference"] for cell in item["cells"])
        assert item["explained"] == moved == -1, item["question"]
    assert sum(act["value"] for act in goal["changes"]) == -1
    assert (secret["in_a"], secret["in_b"], secret["total"]["difference"]) == (None, 4, None)
    assert secret["changes"] is None
    back = world.busan.get(f"/releases/{b['id']}/compare/{a['id']}")["items"][0]
    assert (back["total"]["difference"], back["explained"]) == (1, 1)
    same = world.busan.get(f"/releases/{a['id']}/compare/{a['id']}")["items"][0]
    assert (same["changes"], same["explained"]) == ([], 0)


def test_a_yearly_goal_is_explained_by_what_moved_its_year(
    world: World, trained: dict[str, Any]
) -> None:
    a = freeze(world, GOAL)
    void(world, trained)  # of 2026; the goal stands at its last year
    seeded = Seeded(world)
    seeded.owners = {"OS1": world.btp}
    seeded.enrol("OS1", "2030-05-01", "2030-06-01")
    b = freeze(world, GOAL)
    (goal,) = world.busan.get(f"/releases/{a['id']}/compare/{b['id']}")["items"]
    assert (goal["total"]["difference"], goal["explained"]) == (2, 2)
    moved = {cell["year"]: cell["difference"] for cell in goal["cells"] if cell["difference"]}
    assert moved == {2026: -1, 2030: 2}
    assert {act["year"]: act["value"] for act in goal["changes"]} == moved
    world.busan.patch("/goals/TALENT_ANNUAL", {"end_year": 2031})
    c = freeze(world, GOAL)
    (goal,) = world.busan.get(f"/releases/{b['id']}/compare/{c['id']}")["items"]
    assert goal["total"] == {"a": 2, "b": 0, "difference": None}  # of 2030, and of 2031
    assert (goal["changes"], goal["explained"]) == ([], None)


def test_a_stranger_compares_only_what_both_show_it(world: World, trained: dict[str, Any]) -> None:
    a = freeze(world, SECRET, HEADLINE)
    void(world, trained)
    b = freeze(world, SECRET, HEADLINE)
    found = world.nobody.get(f"/releases/{a['id']}/compare/{b['id']}")
    hidden, headline = found["items"]
    assert (hidden["withheld"], hidden["cells"]) == ("needs-exact", [])
    assert hidden["total"] == {"a": None, "b": None, "difference": None}
    assert headline["total"] == {"a": 3, "b": 2, "difference": -1}
    assert all(item["changes"] is item["explained"] is None for item in found["items"])


ZONES = {"dataset": "trainees", "measure": "trainees", "by": ["year", "zone"]}
WON = {"dataset": "investments", "measure": "disbursed_krw", "by": ["year", "field"]}


@pytest.fixture
def crowd(world: World) -> Seeded:
    """Enough people and start-ups for figures to be shown, and a zone with too few people."""
    return crowded(world)


def test_the_public_view_is_what_is_published_with_the_release(world: World, crowd: Seeded) -> None:
    draft = freeze(world, ZONES, confidential=True)
    assert world.nobody.get("/statistics/publications")["items"] == []
    made = freeze(world, ZONES, WON, {"goal": "INVESTMENT_TOTAL"})
    point = world.nobody.get("/statistics/publications")["items"][0]
    assert (point["kind"], point["revision"]) == ("release", made["revision"])
    public, exact = (read(c, made)["items"] for c in (world.nobody, world.busan))
    for item, path in ((public[0], "trainees"), (public[1], "investments")):
        asked = {"by": "year,zone" if path == "trainees" else "year,field"}
        asked |= {"measure": item["question"]["measure"], "revision": made["created_revision"]}
        asked_now = world.nobody.get(f"/statistics/{path}", **asked)
        frozen = {name: item["answer"][name] for name in ("as_of", "revision")}
        assert item["answer"] == asked_now | frozen
        assert item["answer"]["publication"]["id"] == point["id"]
    shown = {cell["zone"]: cell["value"] for cell in public[0]["answer"]["cells"]}
    assert shown["CENTRAL"] is None
    assert None in (shown["EAST"], shown["WEST"])  # or the year's total would tell
    exact_cells = exact[0]["answer"]["cells"]
    assert exact_cells == read(world.busan, draft)["items"][0]["answer"]["cells"]
    assert {c["zone"]: c["value"] for c in exact_cells} == {"CENTRAL": 2, "EAST": 7, "WEST": 9}
    assert public[1]["answer"]["total"] == 460
    asked = {"item": 1, "format": "csv"}
    text = world.nobody.call("GET", f"/releases/{made['id']}", query=asked).get_data(as_text=True)
    assert "2026,CENTRAL,,true" in text


def test_a_comparison_takes_nothing_from_under_a_hidden_cell(world: World, crowd: Seeded) -> None:
    items = (ZONES, WON, {"goal": "INVESTMENT_TOTAL"})
    a = freeze(world, *items)
    crowd.enrol("C", "2026-06-02")
    crowd.pay(world.bipa, ("2026-04-02", 7))  # one start-up alone moves no published won
    b = freeze(world, *items)
    path = f"/releases/{a['id']}/compare/{b['id']}"
    zones, won, goal = world.nobody.get(path)["items"]
    central = next(cell for cell in zones["cells"] if cell["zone"] == "CENTRAL")
    assert (central["a"], central["b"], central["difference"]) == (None, None, None)
    assert zones["total"] == {"a": 18, "b": 19, "difference": 1}
    assert won["total"]["difference"] == goal["total"]["difference"] == 0
    zones, won, goal = world.busan.get(path)["items"]
    assert [cell["difference"] for cell in zones["cells"]] == [1, 0, 0]
    assert won["total"]["difference"] == won["explained"] == goal["explained"] == 7
    assert findings(world) == []


def findings(world: World) -> list[str]:
    """What `registry verify` finds of the releases."""
    with world.parts.database.reading() as work:
        return [f"{f.record} {f.detail}" for f in verify_releases(work)]


def test_equal_questions_are_found_however_they_are_put(
    world: World, trained: dict[str, Any]
) -> None:
    one = {**BY_ZONE, "zone": ["WEST", "CENTRAL"], "year": [2026]}
    other = {**BY_ZONE, "zone": ["CENTRAL", "WEST", "WEST"], "year": [2026]}
    a, b = freeze(world, one), freeze(world, HEADLINE, other)
    items = world.busan.get(f"/releases/{a['id']}/compare/{b['id']}")["items"]
    assert [(item["in_a"], item["in_b"]) for item in items] == [(1, 2), (None, 1)]
    # A question that was frozen can be frozen again as it is written.
    again = freeze(world, *(i["question"] for i in read(world.busan, b)["items"]))
    assert read(world.busan, again)["items"][1]["question"] == items[0]["question"]


def test_a_confidential_release_is_not_there_for_who_may_not_see_exact_figures(
    world: World, trained: dict[str, Any]
) -> None:
    public = freeze(world)
    hidden = freeze(world, confidential=True)
    assert [r["id"] for r in world.nobody.get("/releases")["items"]] == [public["id"]]
    assert read(world.nobody, public)["superseded_by"] is None
    assert read(world.busan, public)["superseded_by"] == hidden["id"]
    unscoped = world.client("BUSAN", "releases:write", "records:all")
    for client in (world.nobody, world.pnu, unscoped):
        paths = (hidden["id"], f"{hidden['id']}/compare/{public['id']}")
        paths += (f"{public['id']}/compare/{hidden['id']}",)
        for path in paths:
            client.refused("GET", f"/releases/{path}", 404, "not-found")
        assert client.get("/releases", confidential="true")["items"] == []
    listed = world.busan.get("/releases", confidential="true", sort="-id")["items"]
    assert [r["id"] for r in listed] == [hidden["id"]]
    body = {"name": "x", "items": [BY_ZONE], "confidential": True}
    unscoped.refused("POST", "/releases", 403, "forbidden", json=body)
    made = unscoped.post("/releases", body | {"confidential": False})
    assert made["digest"] == read(world.nobody, made)["digest"]


def test_the_newest_release_of_a_name_supersedes_all_before_it(world: World) -> None:
    one, other, two, three = (freeze(world, GOAL, name=name) for name in "ABAA")
    found = {r["id"]: r["superseded_by"] for r in world.nobody.get("/releases", limit=2)["items"]}
    assert found == {one["id"]: three["id"], other["id"]: None}
    listed = world.nobody.get("/releases", name="A")["items"]
    assert [r["superseded_by"] for r in listed] == [three["id"], three["id"], None]
    assert two["superseded_by"] is None  # when it was made


def test_every_mistake_of_every_item_is_named_at_once(world: World) -> None:
    items = [
        {"dataset": "trainees", "measure": "disbursed_krw", "by": ["channel"], "round": ["seed"]},
        {"goal": "TALENT_ANNUAL", "dataset": "trainees"},
        {"dataset": "trainees", "by": ["year", "year"]},
        {"goal": "TALENT_ANNUAL", "from": "2026-01"},
    ]
    body = {"items": items, "name": "900101-1234567", "final_year": 1, "as_of": "2026-01-01"}
    problem = world.busan.refused("POST", "/releases", 422, "invalid-input", json=body)
    assert {(e["pointer"], e["code"]) for e in problem["errors"]} == {
        ("/items/0/measure", "invalid-choice"), ("/items/0/by", "invalid-choice"),
        ("/items/0/round", "unknown-field"), ("/items/1/goal", "exactly-one"),
        ("/items/2/measure", "required"), ("/items/2/by", "repeated"),
        ("/items/3/goal", "not-together"), ("/name", "resident-number"),
        ("/final_year", "out-of-range"), ("/as_of", "unknown-field"),
    }  # fmt: skip
    items = [
        {"goal": "NOTHING"}, BY_ZONE | {"zone": ["NOWHERE"]}, GOAL, GOAL,
        HEADLINE | {"from": "2026-02", "to": "2026-01"},
    ]  # fmt: skip
    body = {"items": items, "name": "x", "final_year": 2031}
    problem = world.busan.refused("POST", "/releases", 422, "invalid-input", json=body)
    assert {(e["pointer"], e["code"]) for e in problem["errors"]} == {
        ("/items/0/goal", "unknown-code"), ("/items/1/zone", "unknown-code"),
        ("/items/3", "repeated"), ("/items/4/to", "date-order"), ("/final_year", "year-not-over"),
    }  # fmt: skip
    for wrong in ([], [GOAL] * 51):
        world.busan.refused("POST", "/releases", 422, json={"name": "x", "items": wrong})
    assert world.nobody.get("/releases")["items"] == []


def test_a_release_marks_a_year_final_from_then_on(world: World) -> None:
    progress = "/goals/TALENT_ANNUAL/progress"

    def provisional(**asked: Any) -> tuple[bool, dict[int, bool]]:
        found = world.nobody.get(progress, **asked)
        years = {year["year"]: year["provisional"] for year in found["series"]}
        return found["current"]["provisional"], years

    before = world.nobody.get("/revisions/head")["number"]
    current, years = provisional()
    assert current
    assert (years[2029], years[2030], years[2031]) == (False, True, True)
    made = freeze(world, GOAL, final_year=2030)
    current, years = provisional()
    assert not current
    assert (years[2030], years[2031]) == (False, True)
    assert provisional(revision=before)[0]
    assert not provisional(revision=made["created_revision"])[0]
    assert not read(world.nobody, made)["items"][0]["answer"]["current"]["provisional"]
    freeze(world, GOAL, final_year=2030)  # a corrected one says it again
    assert not provisional()[0]
    body = {"name": "x", "items": [GOAL], "final_year": 2029, "confidential": True}
    world.busan.refused("POST", "/releases", 422, json=body)


def test_one_item_is_read_alone_and_as_a_file(world: World, trained: dict[str, Any]) -> None:
    made = freeze(world, BY_ZONE, GOAL)
    path = f"/releases/{made['id']}"
    assert [i["question"] for i in read(world.busan, made, item=2)["items"]] == [GOAL]
    answer = world.busan.call("GET", path, query={"item": 1, "format": "csv"})
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert rows == [["year", "zone", "value"], ["2026", "CENTRAL", "1"], ["2026", "WEST", "2"]]
    assert f"release-{made['id']}.csv" in answer.headers["Content-Disposition"]
    cube = expect(world.busan.call("GET", path, query={"item": 1, "format": "jsonstat"}), 200)
    assert (cube["value"], cube["extension"]["total"]) == ({"0": 1, "1": 2}, 3)
    assert cube["extension"]["revision"] == made["revision"]
    expect(world.busan.call("GET", path, query={"item": 1, "format": "xlsx"}), 200)
    for asked in ({"format": "csv"}, {"format": "csv", "item": 2}, {"format": "csv", "item": 3}):
        world.busan.refused("GET", path, 422, "invalid-input", query=asked)
    hidden = freeze(world, SECRET)
    asked = {"item": 1, "format": "csv"}
    world.nobody.refused("GET", f"/releases/{hidden['id']}", 422, query=asked)


def test_a_release_of_too_many_cells_is_refused(
    world: World, trained: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing, "MOST_CELLS", 3)  # of all items together
    freeze(world, BY_ZONE, HEADLINE)
    body = {"name": "x", "items": [BY_ZONE, HEADLINE, SECRET | {"measure": "completions"}]}
    world.busan.refused("POST", "/releases", 422, "too-many-cells", json=body)
    assert len(world.nobody.get("/statistics/publications")["items"]) == 1


def test_releases_take_few_statements_however_many_there_are(
    world: World, trained: dict[str, Any]
) -> None:
    made = [freeze(world, BY_ZONE, HEADLINE, GOAL, name=name) for name in "ABC"]
    for path, most in (
        ("/releases", 4), (f"/releases/{made[0]['id']}", 5),
        (f"/releases/{made[0]['id']}/compare/{made[1]['id']}", 8),
    ):  # fmt: skip
        with counted(world.parts.database) as sent:
            world.nobody.get(path)
        assert 0 < len(sent) <= most, (path, sent)


def test_repeating_trying_and_asking_again(world: World, trained: dict[str, Any]) -> None:
    body = {"name": "한 번", "items": [GOAL]}
    tried = world.busan.post("/releases", body, query={"dry_run": "true"})
    assert tried == {"effect": []}
    assert world.nobody.get("/releases")["items"] == []
    headers = {"Idempotency-Key": "r1"}
    answers = [world.busan.call("POST", "/releases", json=body, headers=headers) for _ in "12"]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].get_json() == answers[1].get_json()
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    address = answers[0].headers["Location"]
    tag = world.nobody.call("GET", address).headers["ETag"]
    again = world.nobody.call("GET", address, headers={"If-None-Match": tag})
    assert again.status_code == 304
    freeze(world, GOAL, name="한 번")
    assert world.nobody.call("GET", address).headers["ETag"] != tag  # it is superseded now
    for method in ("PATCH", "PUT", "DELETE"):
        world.busan.refused(method, address, 405, json={})


def test_releases_are_counted_again_and_tampering_is_found(
    world: World, trained: dict[str, Any]
) -> None:
    made = [
        freeze(world, BY_ZONE, GOAL, final_year=2026),
        freeze(world, SECRET, HEADLINE, confidential=True),
    ]
    void(world, trained)
    freeze(world, BY_ZONE, HEADLINE)

    def tamper(statement: Any) -> None:
        with world.parts.database.aside() as session:
            session.execute(statement)

    assert findings(world) == []
    tamper(update(Release).where(Release.name == "2026 실적").values(note="바뀜"))
    assert (
        len([f for f in findings(world) if "digest" in f]) == 5
    )  # two public ones, one confidential
    tamper(update(Release).values(note=None))
    assert findings(world) == []
    posting = TRAINEES.posting
    tamper(update(posting).where(posting.c.completions == 1).values(completions=2))
    tamper(update(TRAINEES.figure).values(completions=TRAINEES.figure.c.completions * 2))
    found = findings(world)
    assert f"release/{made[0]['id']} item 1 is not what its exact view gives of the ledger" in found
    tamper(update(ReleaseItem).where(ReleaseItem.number == 1).values(exact="{"))
    with pytest.raises(ValueError, match="property name"):
        findings(world)
