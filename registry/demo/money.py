"""Invented start-ups, investments and payments."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from registry.core.text import normal_name
from registry.core.types import new_id
from registry.investments.models import (
    ALWAYS,
    Investment,
    Startup,
    StartupAttribute,
    StartupIdentifier,
    Transaction,
)

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.work import Work

AGENCIES = (
    ("DEMO-A1", "부산창업투자원", "Busan Start-up Investment Office"),
    ("DEMO-A2", "동남권벤처진흥원", "Southeast Venture Agency"),
    ("DEMO-A3", "디지털경제진흥원", "Digital Economy Agency"),
)
FIRST = (
    "파도",
    "등대",
    "갈매",
    "동백",
    "오륙",
    "영도",
    "가람",
    "누리",
    "온",
    "바른",
    "한결",
    "다솜",
    "미르",
    "새벽",
    "윤슬",
)
SECOND = (
    "랩",
    "로보틱스",
    "데이터",
    "클라우드",
    "시큐어",
    "소프트",
    "핀테크",
    "마린",
    "비전",
    "엣지",
    "링크",
    "웍스",
    "메타",
)
FIELDS = (
    "AI",
    "AI",
    "BIGDATA",
    "CLOUD",
    "SMARTMFG",
    "SECURITY",
    "FINTECH",
    "SMARTSEA",
    "CONTENT",
    "SW",
    "IOT",
)
DISTRICTS = (
    "26350",
    "26350",
    "26350",
    "26440",
    "26470",
    "26290",
    "26230",
    "26110",
    "26200",
    "26380",
    "26710",
)
INSTRUMENTS = (
    ("rcps", "new_shares"), ("rcps", "new_shares"), ("cps", "new_shares"), ("common", "new_shares"),
    ("safe", None), ("convertible_note", None), ("cb", None), ("loan", None), ("grant", None),
    ("common", "secondary"),
)  # fmt: skip
ROUNDS = ("seed", "seed", "pre_a", "series_a", "series_a", "series_b", "bridge")
INVESTORS = (
    ("파도벤처투자", "venture_capital"), ("등대파트너스", "venture_capital"),
    ("오륙도액셀러레이터", "accelerator"), ("낙동강전략펀드", "venture_fund"),
    ("가덕신기술금융", "new_technology_finance"), ("영도개인투자조합", "individual_fund"),
    ("Haeundae Capital", "foreign"), ("부산미래공사", "public"),
)  # fmt: skip
CHANNELS = ("attracted", "attracted", "attracted", "city_fund", "city_budget")
MILLION = 1_000_000
WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


@dataclass(frozen=True)
class Deal:
    """An investment to be logged in a month, and when its payments follow."""

    contracted_on: date
    startup: UUID
    agency: UUID
    won: int


def business_number(dice: random.Random, taken: set[str]) -> str:
    """A number whose check digit holds, under an office code that no real firm has."""
    while True:
        digits = f"{dice.randint(1, 99):03d}{dice.choice(('81', '86', '87', '88'))}{dice.randint(0, 9999):04d}"
        total = (
            sum(w * int(d) for w, d in zip(WEIGHTS, digits, strict=True)) + 5 * int(digits[8]) // 10
        )
        number = f"{digits}{(10 - total % 10) % 10}"
        if number not in taken:
            taken.add(number)
            return number


def startup(work: Work, dice: random.Random, agency: UUID, taken: set[str], number: int) -> UUID:
    """Add a start-up with its number, field and district."""
    startup_id = new_id()
    name = f"{dice.choice(FIRST)}{dice.choice(SECOND)} {number:03d}"
    founded = date(2016, 1, 1) + timedelta(days=dice.randrange(365 * 6))
    work.session.add(
        Startup(
            id=startup_id, organisation_id=agency, unit_id=startup_id, name=name, founded_on=founded,
            ksic_code=None, ksic_revision=None, certificates=[],
        )
    )  # fmt: skip
    work.session.flush()
    work.session.add(
        StartupIdentifier(
            startup_id=startup_id, kind="business_number", value=business_number(dice, taken),
            valid_from=founded,
        )
    )  # fmt: skip
    for attribute, choices in (("field", FIELDS), ("district_code", DISTRICTS)):
        value = dice.choice(choices)
        work.session.add(
            StartupAttribute(
                startup_id=startup_id, attribute=attribute, effective_on=ALWAYS, value=value
            )
        )
    return startup_id


def investment(work: Work, dice: random.Random, deal: Deal) -> UUID:
    """Add an investment with its contract; its payments come later."""
    investor, kind = dice.choice(INVESTORS)
    instrument, shares = dice.choice(INSTRUMENTS)
    investment_id = new_id()
    work.session.add(
        Investment(
            id=investment_id, organisation_id=deal.agency, startup_id=deal.startup,
            round=dice.choice(ROUNDS), round_closed_on=None, investor_kind=kind,
            investor_name=investor, investor_business_number=None,
            investor_key=f"name:{kind}:{normal_name(investor)}", fund=None, fund_key="",
            instrument=instrument, shares=shares, channel=dice.choice(CHANNELS),
            contracted_on=deal.contracted_on, currency="KRW", note=None,
        )
    )  # fmt: skip
    return investment_id


def move(work: Work, deal: Deal, investment_id: UUID, kind: str, day: date, won: int) -> None:
    """Add a transaction."""
    work.session.add(
        Transaction(
            organisation_id=deal.agency, investment_id=investment_id, kind=kind, sign=1,
            effective_on=day, amount_krw=won, opening=kind == "contract",
        )
    )  # fmt: skip
    work.touch("investments", deal.startup)


def payments(dice: random.Random, deal: Deal) -> list[tuple[date, int]]:
    """When a deal is paid: mostly at once, sometimes half of it months later."""
    soon = deal.contracted_on + timedelta(days=dice.randint(5, 40))
    if dice.random() < 0.75:  # noqa: PLR2004
        return [(soon, deal.won)]
    return [
        (soon, deal.won // 2),
        (soon + timedelta(days=dice.randint(90, 300)), deal.won - deal.won // 2),
    ]


def amount(dice: random.Random) -> int:
    """A sum as rounds of such firms have: from fifty million won to some billions."""
    options: Any = (50, 100, 200, 300, 500, 500, 1000, 1500, 2000, 3000, 5000)
    return int(dice.choice(options)) * MILLION
