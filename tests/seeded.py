"""People and money for the figures' tests, registered through the API."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.client import Client, World

WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


def business_number(number: int) -> str:
    """A valid business registration number of one's own."""
    digits = [int(d) for d in f"1248{number:05}"]
    total = sum(w * d for w, d in zip(WEIGHTS, digits, strict=True)) + 5 * digits[8] // 10
    return "".join(map(str, digits)) + str(-total % 10)


class Seeded:
    """Registers what a test needs, each person and start-up a new one unless told otherwise."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.numbers = itertools.count(1)
        self.owners: dict[str, Client] = {}

    def programme(self, client: Client, code: str, **changes: Any) -> str:
        """An on-site training of 26440 (WEST); its code."""
        body = {
            "code": code, "name": code, "kind": "on_site_training", "field": "SMARTMFG",
            "district_code": "26440",
        }  # fmt: skip
        client.post("/programmes", body | changes)
        self.owners[code] = client
        return code

    def enrol(
        self, programme: str, *status_days: str, mobile: str | None = None, **changes: Any
    ) -> list[str]:
        """A completed enrolment for each status date, of one person if a mobile is given."""
        made = []
        for day in status_days:
            name = "김하늘" if mobile else f"사람 {next(self.numbers)}"
            body = {
                "programme_code": programme,
                "trainee": {"name": name, "birth_date": "1999-03-02", "mobile": mobile},
                "enrolled_on": day, "status": "completed", "status_on": day,
            }  # fmt: skip
            made.append(self.owners[programme].post("/enrolments", body | changes)["id"])
        return made

    def void(self, programme: str, enrolment: str) -> None:
        """Void an enrolment."""
        self.owners[programme].change(f"/enrolments/{enrolment}", "void", {"reason": "오기"})

    def pay(self, agency: Client, *payments: tuple[str, int], **changes: Any) -> None:
        """A deal with a new start-up of AI in 26350 (EAST), and its payments (- is a refund)."""
        startup = {
            "name": "회사", "business_number": business_number(next(self.numbers)), "field": "AI",
            "district_code": changes.pop("district", "26350"),
        }  # fmt: skip
        body = {
            "startup_id": agency.post("/startups", startup)["id"], "round": "seed",
            "investor": {"name": "부산벤처", "kind": "venture_capital"}, "instrument": "common",
            "shares": "new_shares", "channel": "attracted", "contracted_on": payments[0][0],
            "contracted_krw": sum(won for _, won in payments if won > 0),
        }  # fmt: skip
        deal = agency.post("/investments", body | changes)["id"]
        for day, won in payments:
            kind = "disbursement" if won > 0 else "refund"
            move = {"kind": kind, "effective_on": day, "amount_krw": abs(won)}
            agency.post(f"/investments/{deal}/transactions", move)


def crowded(world: World) -> Seeded:
    """Enough people and start-ups for figures to be shown, and a zone with too few people."""
    seeded = Seeded(world)
    for code, district, count in (("W", "26440", 9), ("E", "26350", 7), ("C", "26410", 2)):
        seeded.programme(world.btp, code, district_code=district)
        seeded.enrol(code, *["2026-06-01"] * count)
    for won in (100, 110, 120, 130):
        seeded.pay(world.bipa, ("2026-03-02", won))
    return seeded
