"""A registry worth looking at, small enough for every test: people, money, hidden cells, releases."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from registry.core.clock import SEOUL
from tests.publishing import publish
from tests.seeded import Seeded

if TYPE_CHECKING:
    from registry.core.clock import ManualClock
    from tests.client import World

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


# Names longer than a line: Korean without a place to break, English in long words.
LONG_KO = "부산광역시디지털경제혁신전략이천삼십" * 6
LONG_EN = "Busan Metropolitan Digital-Economy-Innovation-and-Transformation-Agency " + "of" * 40


def lengthen(world: World) -> None:
    """Give the organisations names of more than a hundred letters."""
    for code in ("PNU", "BTP", "BIPA", "BEPA"):
        named = {"name": f"{code}{LONG_KO}", "name_en": f"{code} {LONG_EN}"}
        world.busan.patch(f"/organisations/{world.ids[code]}", named)


def _release(world: World, name: str) -> str:
    found: str = world.busan.post("/releases", {"name": name, "items": list(ITEMS)})["id"]
    return found
