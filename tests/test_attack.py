"""No stranger can narrow a hidden figure; and the attack that says so finds a leak that is there."""

from __future__ import annotations

import json
import random
from datetime import date
from math import inf
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from registry.app import create_app
from registry.core.clock import ManualClock
from registry.releases.models import ReleaseItem
from registry.statistics.protection.models import PublishedCell, PublishedSlice
from tests.attack import Answers, Stranger, about
from tests.client import Client
from tests.conftest import START
from tests.seeded import Seeded
from tests.solving import SLACK, Attack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flask import Flask

    from registry.settings import Settings
    from tests.attack import Cell
    from tests.client import World
    from tests.solving import Bounds

KINDS = ("convergence_graduate_school", "on_site_training")
DISTRICTS = ("26350", "26410", "26440", "26500", "26230", "26380")
FIELDS = ("AI", "CLOUD", "SMARTMFG", "BLOCKCHAIN")
INSTITUTIONS = {"PNU": 60, "BTP": 30, "DIT": 12, "KMOU": 5, "BUFS": 3}
AGENCIES = {"BIPA": 9, "BEPA": 7, "BNK": 3, "KVIC": 1}
PEOPLE = {2027: 0.2, 2028: 1.0, 2029: 0.6, 2030: 0.03}
STARTUPS = {2028: 1.0, 2029: 0.5, 2030: 0.1}
Found = dict[tuple[str, str], Answers]


@pytest.fixture
def published(world: World) -> World:
    """Four years of a small registry, many of whose cells are small, and a release of everything."""
    dice, seeded = random.Random(7), Seeded(world)
    clients = {code: getattr(world, code.lower()) for code in ("PNU", "BTP", "BIPA", "BEPA")}
    for code in ("DIT", "KMOU", "BUFS"):
        world.organisation(code, "training_institution")
        clients[code] = world.client(code, "trainees:read", "trainees:write")
    for code in ("BNK", "KVIC"):
        world.organisation(code, "investment_agency")
        clients[code] = world.client(code, "investments:read", "investments:write")
    for place, (code, size) in enumerate(INSTITUTIONS.items()):
        for number in range(3):
            seeded.programme(
                clients[code], f"{code}{number}", kind=KINDS[(place + number) % 2],
                district_code=DISTRICTS[(place * 2 + number) % 6], field=dice.choice(FIELDS),
            )  # fmt: skip
        for year, share in PEOPLE.items():
            for _ in range(round(size * share)):
                seeded.enrol(f"{code}{dice.choice((0, 0, 0, 1, 1, 2))}", day_in(year, dice))
    for code, size in AGENCIES.items():
        for year, share in STARTUPS.items():
            for _ in range(round(size * share)):
                seeded.pay(
                    clients[code], (day_in(year, dice), dice.choice((1, 2, 3, 5, 9)) * 10**8),
                    district=dice.choice(DISTRICTS[:5]), channel=dice.choice(("attracted", "city_fund")),
                )  # fmt: skip
    freeze_everything(world)
    return world


def day_in(year: int, dice: random.Random) -> str:
    return date(year, dice.choice((2, 3, 3, 6, 6, 6, 9, 11, 12)), dice.randint(1, 28)).isoformat()


def freeze_everything(world: World) -> None:
    tables = world.nobody.get("/statistics")["published_tables"]
    asked = [{name: table[name] for name in ("dataset", "measure", "by")} for table in tables]
    goals = [{"goal": code} for code in ("TALENT_ANNUAL", "TALENT_TOTAL", "INVESTMENT_TOTAL")]
    world.busan.post("/releases", {"name": "전체", "items": [*goals, *asked]})


def test_no_public_answer_narrows_a_hidden_figure(published: World, settings: Settings) -> None:
    stranger, found, truth = gathered(published, published.app)
    for name in (("trainees", "trainees"), ("investments", "disbursed_krw")):
        assert found[name].withheld, name
    for (_, measure), answers in found.items():
        assert sum(value is None for value in answers.cells.values()) >= 3, measure
    assert leaks(stranger, found, truth) == []
    assert leaks_to_insiders(published, stranger, found, truth) == []

    planted = plant_in_a_table(published, found, truth)
    said = leaks(*gathered(published, restarted(settings), "trainees"))
    assert said, "what was hidden beside a sensitive cell was shown, and nothing came of it"
    print(f"planted {planted}: {len(said)} leaks, such as {said[0]}")

    put(published, planted, None)
    planted = plant_in_the_release(published, found, truth)
    said = leaks(*gathered(published, restarted(settings), "trainees"))
    assert planted in [cell for cell, _ in said], "a figure that a release told was not read"
    print(f"planted in the release {planted}: {len(said)} leaks, such as {said[0]}")


def restarted(settings: Settings) -> Flask:
    """The same registry in a process that has kept no answers."""
    return create_app(settings, ManualClock(START))


def gathered(world: World, app: Flask, *measures: str) -> tuple[Stranger, Found, dict[Cell, int]]:
    """A stranger, all it was told, and the true figures of the tables' cells."""
    stranger = Stranger(Client(app))
    found = stranger.gather(*measures)
    truth: dict[Cell, int] = {}
    for table in stranger.tables:
        path, by = f"/statistics/{table['dataset']}", table["by"]
        names = ("year", *(name for name in by if name != "year"))
        asked = {"measure": table["measure"], "by": ",".join(by)}
        for cell in world.busan.get(path, **asked, revision=stranger.point["revision"])["cells"]:
            truth[table["code"], about(cell, names)] = cell["value"]
    return stranger, found, truth


def leaks(stranger: Stranger, found: Found, truth: Mapping[Cell, int]) -> list[tuple[Cell, Bounds]]:
    """The hidden cells of which the stranger learns too much; prints what it learned."""
    all_leaks = []
    for (_, measure), answers in found.items():
        bounds = Attack(answers, stranger.zones).bounds()
        too_narrow = [*narrowed(answers, bounds, truth, measure)]
        print(said_of(measure, answers, bounds, truth), f"{len(too_narrow)} leaks")
        all_leaks += too_narrow
    return all_leaks


def narrowed(
    answers: Answers, bounds: Mapping[Cell, Bounds], truth: Mapping[Cell, int], measure: str
) -> Iterator[tuple[Cell, Bounds]]:
    """The hidden cells of which too much is known, and small ones of tables that are withheld.

    Of those no more can be asked than that nothing but the year's total is known of them.
    """
    for key, bound in bounds.items():
        value = truth.get(key, 0)
        assert bound.least - 1 <= value <= bound.greatest + 1, (key, bound, value)
        year = dict(key[1])["year"]
        most: float = inf
        if (key[0], year) in answers.withheld:
            least = 3 if measure == "startups_funded" else 5
            if not 0 < value < least:
                continue
            most = sum(truth[k] for k in truth if k[0] == key[0] and dict(k[1])["year"] == year)
        if is_too_narrow(bound, value, measure, most):
            yield key, bound


def is_too_narrow(bound: Bounds, value: int, measure: str, most: float = inf) -> bool:
    """Whether fewer values are left than the threshold; the thresholds are those of the settings."""
    if measure.endswith("_krw"):
        return bound.width < min(abs(value) / 4, most) * (1 - SLACK)
    least = 3 if measure == "startups_funded" else 5
    return bound.whole_numbers < min(least, most + 1)


def said_of(
    measure: str, answers: Answers, bounds: Mapping[Cell, Bounds], truth: Mapping[Cell, int]
) -> str:
    """How much was gathered, and the least that is left open of a hidden cell."""
    withheld = {key for key in bounds if (key[0], dict(key[1])["year"]) in answers.withheld}
    own = {key: bound for key, bound in bounds.items() if key not in withheld}
    if measure.endswith("_krw"):
        left = min((b.width / truth[k] for k, b in own.items()), default=inf)
        narrowest = f"{left:.0%} of its value"
    else:
        narrowest = f"{min((b.whole_numbers for b in own.values()), default=inf)} possibilities"
    return (
        f"{measure}: {len(answers.tables)} tables, {len(answers.cells)} cells, "
        f"{len(answers.told)} further sums; {len(own)} hidden, the narrowest {narrowest}, "
        f"{len(answers.withheld)} tables of a year withheld:"
    )


def leaks_to_insiders(
    world: World, stranger: Stranger, found: Found, truth: Mapping[Cell, int]
) -> list[Any]:
    """The small figures of others that an organisation with its own exact ones narrows too far.

    Of three in all it knows no more than that the other two make a sum.
    """
    said = []
    for (_, measure), answers in found.items():
        code = next((c for c, by in answers.tables.items() if "organisation" in by), None)
        hidden = [key for key, value in answers.cells.items() if key[0] == code and value is None]
        for known in (key for key in hidden if key in truth):
            facts = dict(known[1])
            rest = {
                key: truth[key] for key in answers.of_year(known[0], facts["year"])
                if key != known and truth.get(key)
            }  # fmt: skip
            most = sum(rest.values()) - len(rest)
            bounds = Attack(answers, stranger.zones, {known: truth[known]}).bounds()
            said += [
                (facts["organisation"], key, bounds[key]) for key in bounds
                if key in rest and (known[0], facts["year"]) not in answers.withheld
                and (measure.endswith("_krw") or truth[key] < 5)
                and is_too_narrow(bounds[key], truth[key], measure, most)
            ]  # fmt: skip
    return said


def plant_in_a_table(world: World, found: Found, truth: Mapping[Cell, int]) -> Cell:
    """Show one hidden cell of people by zone and kind that is not sensitive in itself."""
    code = "trainees_by_year_zone_kind"
    cells = found["trainees", "trainees"].cells
    key = next(k for k, v in cells.items() if v is None and k[0] == code and truth.get(k, 0) >= 5)
    put(world, key, truth[key])
    return key


def put(world: World, key: Cell, value: int | None) -> None:
    code, ((_, year), *rest) = key
    first, second = (*(str(part) for _, part in rest), "", "")[:2]
    with world.parts.database.engine.begin() as connection:
        done = connection.execute(
            update(PublishedCell)
            .where(
                PublishedCell.table_code == code,
                PublishedCell.first_key == first,
                PublishedCell.second_key == second,
                PublishedCell.slice_id == PublishedSlice.id,
                PublishedSlice.year == year,
            )
            .values(value=value)
        )
    assert done.rowcount == 1


def plant_in_the_release(world: World, found: Found, truth: Mapping[Cell, int]) -> Cell:
    """Let the release tell one hidden figure of people by district."""
    code = "trainees_by_year_district"
    cells = found["trainees", "trainees"].cells
    key = next(
        k for k, v in cells.items() if v is None and k[0] == code and 0 < truth.get(k, 0) < 5
    )
    facts = dict(key[1])
    with world.parts.database.engine.begin() as connection:
        items = connection.execute(select(ReleaseItem.id, ReleaseItem.public))
        for item_id, public in items.all():
            answer = json.loads(public)
            if answer.get("by") == ["year", "district"]:
                for cell in answer["cells"]:
                    if facts.items() <= cell.items():
                        cell.update(value=truth[key], suppressed=False)
                written = json.dumps(answer)
                mine = ReleaseItem.id == item_id
                connection.execute(update(ReleaseItem).where(mine).values(public=written))
    return key
