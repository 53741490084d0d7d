"""A registry worth looking at, small enough for every test: people, money, hidden cells, releases."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING

from registry.access.principal import operator
from registry.app import create_app
from registry.codes.service import KEPT, add_scheme, change_code
from registry.core.clock import SEOUL, ManualClock
from tests.client import World
from tests.conftest import make_settings
from tests.live import serving
from tests.publishing import publish
from tests.seeded import Seeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TODAY = datetime(2026, 7, 2, 9, 0, tzinfo=SEOUL)  # day 183 of 365
EARLIER = datetime(2026, 4, 10, 9, 0, tzinfo=SEOUL)
ITEMS = (
    {"goal": "TALENT_ANNUAL"},
    {"dataset": "trainees", "measure": "trainees", "by": ["year", "zone"]},
    {"dataset": "investments", "measure": "disbursed_krw", "by": ["year", "channel"]},
    {"dataset": "trainees", "measure": "completions", "by": ["organisation"]},
)


def populate(world: World, clock: ManualClock) -> list[str]:
    """Fill a registry over two days, from `EARLIER` on; the ids of its releases, the first first."""
    seeded = Seeded(world)
    graduate = {"kind": "convergence_graduate_school", "field": "AI", "district_code": "26410"}
    seeded.programme(world.pnu, "AI1", **graduate)
    seeded.programme(world.btp, "OS1")
    seeded.programme(world.btp, "OS2", field="SW", district_code="26350")
    seeded.enrol("AI1", *["2024-06-20"] * 7, *["2025-06-20"] * 8, *["2026-02-20"] * 3)
    seeded.enrol("OS1", *["2024-09-10"] * 6, *["2025-03-10"] * 2, *["2025-12-10"] * 9)
    seeded.enrol("OS2", *["2025-05-02"] * 6)
    for district in ("26350", "26440", "26110"):
        for won in (900_000_000, 1_100_000_000, 1_000_000_000, 1_200_000_000):
            seeded.pay(world.bipa, ("2025-02-03", won), district=district)
    for won in (700_000_000, 650_000_000, 800_000_000, 720_000_000):
        seeded.pay(world.bepa, ("2025-08-05", won), ("2026-01-07", -won // 7), channel="city_fund")
    publish(world, "month_end", 202603)
    first = _release(world, "3월 실적")
    clock.put(TODAY)
    seeded.enrol("OS1", *["2026-06-10"] * 7)
    seeded.pay(world.bepa, ("2026-05-05", 400_000_000))
    observed = {"period": "2025", "value": 29.8, "provisional": True, "source": "부서 보고"}
    world.busan.post("/goals/RND_SHARE/observations", observed)
    return [first, _release(world, "6월 실적")]


# As long as texts may be, in one piece and in words.
LONG, WORDS = (
    "부산광역시디지털경제혁신전략2030_" * 30,
    "부산 디지털 인재와 창업 투자 실적을 확정합니다. " * 80,
)
# Names longer than a line: Korean without a place to break, English in long words.
LONG_SCHEME = "LONG-3"
LONG_KO = "부산광역시디지털경제혁신전략이천삼십" * 6
LONG_EN = "Busan Metropolitan Digital-Economy-Innovation-and-Transformation-Agency " + "of" * 40


def lengthen(world: World) -> None:
    """Give the organisations names of more than a hundred letters."""
    for code in ("PNU", "BTP", "BIPA", "BEPA"):
        named = {"name": f"{code}{LONG_KO}", "name_en": f"{code} {LONG_EN}"}
        world.busan.patch(f"/organisations/{world.ids[code]}", named)


def lengthen_codes(world: World) -> None:
    """Give goals, codes and the zones of a scheme names of more than a hundred letters."""
    for goal in world.busan.get("/goals")["items"]:
        code = goal["code"]
        named = {"name": f"{code}{LONG_KO}", "name_en": f"{code} {LONG_EN}"}
        world.busan.patch(f"/goals/{code}", named)
    lists = [(name, world.busan.get(f"/codes/{name}")["items"]) for name in sorted(KEPT)]
    for name, items in lists:
        for item in items:
            with world.parts.database.writing(operator("test")) as work:
                longer = {
                    "name": f"{item['code']}{LONG_KO}",
                    "name_en": f"{item['code']} {LONG_EN}",
                }
                change_code(work, name, item["code"], longer)
    districts = [item["code"] for item in world.busan.get("/codes/districts")["items"]]
    zones = [
        {"code": f"Z{n}", "name": f"{n}{LONG_KO}", "name_en": f"{n} {LONG_EN}"} for n in range(3)
    ]
    scheme = {
        "scheme": LONG_SCHEME, "zones": zones, "valid_from": date(2022, 1, 4), "note": "",
        "districts": {code: f"Z{n % 3}" for n, code in enumerate(districts)}, "reason": None,
    }  # fmt: skip
    with world.parts.database.writing(operator("test")) as work:
        add_scheme(work, scheme)


def _release(world: World, name: str) -> str:
    found: str = world.busan.post("/releases", {"name": name, "items": list(ITEMS)})["id"]
    return found


def wordy(world: World, clock: ManualClock) -> list[str]:
    """A registry worth looking at, whose last release and report say as much as they may."""
    releases = populate(world, clock)
    lengthen(world)
    reported = {"period": "2025", "value": 38.2, "source": LONG[:500], "note": WORDS[:2000]}
    world.busan.post("/goals/AUTOMATION/observations", reported)
    body = {"name": LONG[:200], "note": WORDS[:2000], "items": list(ITEMS)}
    return [*releases, world.busan.post("/releases", body)["id"]]


def at_length(world: World, clock: ManualClock) -> list[str]:
    """A registry worth looking at, in which whatever the city names has a long name."""
    populate(world, clock)
    lengthen_codes(world)
    return [_release(world, f"{number}{LONG_KO}") for number in (1, 2)]


@contextmanager
def a_server(
    template: Path, folder: Path, fill: Callable[[World, ManualClock], list[str]]
) -> Iterator[tuple[str, list[str]]]:
    shutil.copy(template, folder / "registry.db")
    settings = make_settings(f"sqlite:///{folder / 'registry.db'}")
    clock = ManualClock(EARLIER)
    app = create_app(settings, clock)
    releases = fill(World(app), clock)
    app.extensions["registry"].database.engine.dispose()
    with serving(settings, folder, REGISTRY_CLOCK=TODAY.isoformat()) as server:
        yield server.url, releases
