"""What the code lists and goals say later changes neither what was published nor what was known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from registry.access.principal import operator
from registry.codes import service as codes
from registry.releases.verification import verify_releases
from registry.statistics.verification import verify_ledger
from tests.seeded import Seeded, crowded

if TYPE_CHECKING:
    from tests.client import Client, World

PEOPLE, WON = 18, 460
ITEMS = [
    {"dataset": "trainees", "measure": "trainees", "by": ["year", "zone"]},
    {"dataset": "investments", "measure": "disbursed_krw", "by": ["year", "field"]},
    {"goal": "TALENT_TOTAL"},
    {"goal": "INVESTMENT_TOTAL"},
    {"goal": "RND_SHARE"},
]
SHARE = {"period": "2030", "value": 35.25, "source": "과학기술과", "provisional": False}
FIGURES = (("trainees", "trainees", "code.change"), ("investments", "disbursed_krw", "code.change"))


@pytest.fixture
def seeded(world: World) -> Seeded:
    seeded = crowded(world)
    world.busan.post("/goals/RND_SHARE/observations", SHARE)
    return seeded


def no_longer_count(world: World, **gone: str) -> None:
    """Let the city say of some codes that their records do not count any more."""
    with world.parts.database.writing(operator("the city")) as work:
        for name, code in gone.items():
            change = {"counts": False, "reason": "세지 않기로 함"}
            codes.change_code(work, name.replace("_", "-"), code, change)


def freeze(world: World) -> dict[str, Any]:
    made: dict[str, Any] = world.busan.post("/releases", {"name": "2030 실적", "items": ITEMS})
    return made


def reasons(client: Client, dataset: str, **asked: Any) -> dict[str, int]:
    """How many records do not count, by reason."""
    page = client.get(f"/statistics/{dataset}/records", excluded="true", limit=500, **asked)
    found: dict[str, int] = {}
    for item in page["items"]:
        found[item["reason"]["code"]] = found.get(item["reason"]["code"], 0) + 1
    return found


def test_lists_and_goals_that_change_leave_the_past_as_it_was(world: World, seeded: Seeded) -> None:
    made = freeze(world)
    address, then = f"/releases/{made['id']}", made["created_revision"]
    exact, public = (client.get(address) for client in (world.busan, world.nobody))
    no_longer_count(world, programme_kinds="on_site_training", fields="AI")
    for goal in ("TALENT_TOTAL", "INVESTMENT_TOTAL"):
        world.busan.patch(f"/goals/{goal}", {"total_target": 7, "end_year": 2035, "opening": 3})
    world.busan.post("/goals/RND_SHARE/targets", {"year": 2029, "value": 37.5})
    world.busan.post("/goals/RND_SHARE/observations", SHARE | {"value": 30})
    organisation = world.busan.get("/organisations", code="BTP")["items"][0]["id"]
    world.busan.patch(f"/organisations/{organisation}", {"name": "새 이름"})
    assert world.busan.get(address) == exact
    assert world.nobody.get(address) == public
    for (dataset, measure, action), was in zip(FIGURES, (PEOPLE, WON), strict=True):
        path, asked = f"/statistics/{dataset}", {"measure": measure}
        now, past = (
            world.busan.get(f"{path}/records", limit=500, **asked, **at)
            for at in ({}, {"revision": then})
        )
        assert (now["total"], now["items"]) == (0, [])
        assert past["total"] == sum(i["value"] for i in past["items"]) == was
        moved = world.busan.get(f"{path}/changes", **asked, from_revision=then)
        assert [(i["action"], i["value"]) for i in moved["items"]] == [(action, -was)]
    assert reasons(world.busan, "trainees", measure="trainees") == {"programme_kind": PEOPLE}
    assert reasons(world.busan, "investments", measure="disbursed_krw") == {"outside_busan": 4}
    for dataset, measure, _ in FIGURES:
        assert reasons(world.busan, dataset, measure=measure, revision=then) == {}
    later = freeze(world)
    compared = world.busan.get(f"{address}/compare/{later['id']}")["items"]
    differences = [item["total"]["difference"] for item in compared]
    assert differences == [-PEOPLE, -WON, 3 - 1700 - PEOPLE, 3 - WON, -5.25]
    assert [item["explained"] for item in compared] == [-PEOPLE, -WON, -PEOPLE, -WON, None]
    assert world.busan.get(address) == exact | {"superseded_by": later["id"]}
    with world.parts.database.reading() as work:
        assert [f"{f.record} {f.detail}" for f in verify_releases(work)] == []
        assert verify_ledger(work.session) == []
