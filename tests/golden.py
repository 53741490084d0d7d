"""The golden cases' cast and words: people, deals, questions, all over HTTP.

A case is written in the counting rules' own dates and years. `Golden` shifts them by whole years
on the way in and back on the way out; dates of the clock (`as_of`, `later`) are not shifted unless
a case passes them through `on`. The seed draws who the people are and how each writing of a name
or mobile differs, whether something is entered at once or corrected into place, and in what order.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from registry.core.clock import seoul_date
from tests.money import deal, pay
from tests.seeded import business_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.core.clock import ManualClock
    from tests.client import Client, World

SCHOOL, SITE = "convergence_graduate_school", "on_site_training"
PROGRAMMES = {
    "AI1": ("pnu", SCHOOL, "AI", "26410", "CENTRAL"),
    "OS1": ("btp", SITE, "SMARTMFG", "26440", "WEST"),
    "OS2": ("btp", SITE, "SMARTMFG", "26440", "WEST"),
}
PEOPLE = ("trainees", "talents", "trainees_of_organisation", "completions", "employed")
MONEY = ("contracted_krw", "disbursed_krw", "deals", "startups_funded")
KOREAN = ("김하늘", "남궁민수", "이바다", "최온누리")
LATIN = ("Kim Min", "O'Neill Søren", "Straße Jo")
GATE, LONG = (0, 3, 5), range(25)
SEEDS = (*GATE, *(pytest.param(seed, marks=pytest.mark.soak) for seed in LONG if seed not in GATE))
FULL_WIDTH = {c: c + 0xFEE0 for c in range(0x21, 0x7F)} | {0x20: 0x3000}


def shift_of(seed: int) -> int:
    """Whole years, such that 2026 and 2027 stay between `counts_from_year` and the clock."""
    return seed % 7 - 3


def spellings(name: str) -> list[str]:
    """Ways of writing a name that mean the same person."""
    inside = [f"{name[:1]}{gap}{name[1:]}" for gap in (" ", "\u3000", "\u200b", "\u3164")]
    folded = [name.upper(), name.lower(), name.translate(FULL_WIDTH)]
    return [name, unicodedata.normalize("NFD", name), f" {name} ", *inside, *folded]


def writings(mobile: str) -> list[str]:
    """Ways of writing a mobile (eight digits after 010) that mean the same number."""
    first, last = mobile[:4], mobile[4:]
    plain = [f"010-{first}-{last}", f"010{mobile}", f"+82 10 {first} {last}", f"010 {first}-{last}"]
    return [*plain, plain[0].translate(FULL_WIDTH)]


@dataclass(frozen=True)
class Person:
    """Somebody, written a little differently each time."""

    draw: Random
    name: str
    birth_date: str
    mobile: str | None

    def written(self) -> dict[str, Any]:
        """A trainee as an enrolment names one."""
        mobile = None if self.mobile is None else self.draw.choice(writings(self.mobile))
        name = self.draw.choice(sorted({*spellings(self.name)}))
        return {"name": name, "birth_date": self.birth_date, "mobile": mobile}


class Golden:
    """One golden case in the making, under one seed."""

    def __init__(self, world: World, clock: ManualClock, seed: int, name: str) -> None:
        draw = Random(f"{name} {seed}")
        self.world, self.clock, self.draw, self.shift = world, clock, draw, shift_of(seed)
        self.names = draw.sample(KOREAN, 2) + draw.sample(LATIN, 2)
        self.mobiles = draw.sample(range(20_000_000, 99_999_999), 9)
        draw.shuffle(self.names)
        self.a, self.b = draw.sample([world.bipa, world.bepa], 2)
        self.firms = 0
        self.shuffled(*(lambda code=code: self._programme(code) for code in PROGRAMMES))

    # --- time and order ---

    def on(self, text: str) -> str:
        """A date of the counting rules as this case has it."""
        return f"{int(text[:4]) + self.shift}{text[4:]}"

    def later(self) -> str:
        """Put the clock some days on; the date before the new one, as `as_of` takes it."""
        self.clock.put(self.clock.at + timedelta(days=self.draw.randint(2, 9)))
        return (seoul_date(self.clock.at) - timedelta(days=1)).isoformat()

    def head(self) -> int:
        """The newest revision's number."""
        return int(self.world.nobody.get("/revisions/head")["number"])

    def shuffled(self, *steps: Callable[[], Any]) -> list[Any]:
        """Take the steps in any order; their results in the order given."""
        order = self.draw.sample(range(len(steps)), len(steps))
        done = {place: steps[place]() for place in order}
        return [done[place] for place in range(len(steps))]

    # --- people ---

    def _programme(self, code: str, owner: str = "", district: str = "") -> None:
        who, kind, field, where, _ = PROGRAMMES.get(code, (owner, SITE, "AI", district, ""))
        body = {"code": code, "name": code, "kind": kind, "field": field, "district_code": where}
        getattr(self.world, who).post("/programmes", body)

    def programme_at(self, code: str, district: str) -> None:
        """A further programme of BTP, in a district."""
        self._programme(code, "btp", district)

    def owner(self, code: str) -> Client:
        """The institution of a programme."""
        found: Client = getattr(self.world, PROGRAMMES.get(code, ("btp",))[0])
        return found

    def person(self, *, mobile: bool = True) -> Person:
        """Somebody new."""
        born = date(1985, 1, 1) + timedelta(days=self.draw.randrange(7000))
        number = str(self.mobiles.pop()) if mobile else None
        return Person(self.draw, self.names.pop(), born.isoformat(), number)

    def completes(self, who: Person, code: str, text: str) -> dict[str, Any]:
        """Enrol somebody who completed on a date: at once, or enrolled first and completed then."""
        ended = self.on(text)
        began = date.fromisoformat(ended) - timedelta(days=self.draw.randint(5, 80))
        final = {"status": "completed", "status_on": ended}
        at_once = self.draw.random() < 0.5
        body = {
            "programme_code": code, "trainee": who.written(), "enrolled_on": began.isoformat(),
            **(final if at_once else {"status": "enrolled"}),
        }  # fmt: skip
        made: dict[str, Any] = self.owner(code).post("/enrolments", body)
        if not at_once:
            self.owner(code).patch(f"/enrolments/{made['id']}", final)
        return made

    def possible_duplicates(self) -> list[set[str]]:
        """The pairs the city is asked about."""
        pairs = self.world.busan.get("/trainee-duplicates")["items"]
        return [{pair["trainee_a"]["id"], pair["trainee_b"]["id"]} for pair in pairs]

    def merge(self, one: dict[str, Any], other: dict[str, Any]) -> str:
        """Decide that the trainees of two enrolments are one person; the link's id."""
        wanted = {one["trainee"]["id"], other["trainee"]["id"]}
        pairs = self.world.busan.get("/trainee-duplicates")["items"]
        (found,) = (
            p["id"] for p in pairs if {p["trainee_a"]["id"], p["trainee_b"]["id"]} == wanted
        )
        return str(self.world.busan.post(f"/trainee-duplicates/{found}/merge")["link_id"])

    def undo(self, link: str) -> None:
        """Undo a link."""
        self.world.busan.post(f"/trainee-links/{link}/undo")

    def correct_person(self, made: dict[str, Any], code: str, who: Person) -> None:
        """Correct the trainee of an enrolment to be somebody."""
        self.owner(code).patch(f"/trainees/{made['trainee']['id']}", who.written())

    def recomputed(self) -> dict[tuple[int, str], int]:
        """`trainees` by year and zone, reckoned from the lists of enrolments and links alone."""
        person: dict[str, set[str]] = {}
        rows = [
            row
            for client in (self.world.pnu, self.world.btp)
            for row in client.get("/enrolments", limit=500)["items"]
            if row["status"] == "completed" and not row["void"]
        ]
        for row in rows:
            person.setdefault(row["trainee"]["id"], {row["trainee"]["id"]})
        for link in self.world.busan.get("/trainee-links", undone="false")["items"]:
            both = person[link["trainee_a"]["id"]] | person[link["trainee_b"]["id"]]
            person |= dict.fromkeys(both, both)
        first: dict[tuple[int, frozenset[str]], str] = {}
        for row in sorted(rows, key=lambda row: row["status_on"]):
            year = int(row["status_on"][:4]) - self.shift
            zone = PROGRAMMES[row["programme_code"]][4]
            first.setdefault((year, frozenset(person[row["trainee"]["id"]])), zone)
        return dict(Counter((year, zone) for (year, _), zone in first.items()))

    # --- money ---

    def startup(self, district: str = "26440") -> str:
        """A start-up of AI, known to nobody yet."""
        self.firms += 1
        number = business_number(self.draw.randrange(100) * 100 + self.firms)
        body = {
            "name": f"회사 {self.firms}", "business_number": number, "field": "AI",
            "district_code": district,
        }  # fmt: skip
        return str(self.draw.choice([self.a, self.b]).post("/startups", body)["id"])

    def deal(self, startup: str, text: str = "2026-03-02", **changes: Any) -> dict[str, Any]:
        """An investment's body: a billion won of common stock, contracted on a date."""
        return deal(startup, contracted_on=self.on(text), **changes)

    def invests(self, startup: str, text: str = "2026-03-02", **changes: Any) -> dict[str, Any]:
        """Agency A logs an investment."""
        made: dict[str, Any] = self.a.post("/investments", self.deal(startup, text, **changes))
        return made

    def pays(self, made: dict[str, Any], text: str, won: int, kind: str = "disbursement") -> Any:
        """Agency A logs a transaction in won."""
        return pay(self.a, made, self.on(text), won, kind)

    def cannot_pay(
        self, made: dict[str, Any], text: str, won: int, kind: str = "disbursement"
    ) -> None:
        """Agency A is told that this exceeds the contract."""
        body = {"kind": kind, "effective_on": self.on(text), "amount_krw": won}
        path = f"/investments/{made['id']}/transactions"
        self.a.refused("POST", path, 409, "exceeds-contract", json=body)

    def moves(self, startup: str, text: str, district: str, **changes: Any) -> None:
        """The start-up is in another district from a date on."""
        body = {"district_code": district, "effective_on": self.on(text)} | changes
        self.b.patch(f"/startups/{startup}", body)

    # --- questions ---

    def ask(self, measure: str, *by: str, **asked: Any) -> dict[str, Any]:
        """What `GET /statistics` answers; years and months asked for are those of the rules."""
        dataset = "investments" if measure in MONEY else "trainees"
        query = {
            k: self._shifted(v) if k in {"from_", "to", "year"} else v for k, v in asked.items()
        }
        query |= {"by": ",".join(by)} if by else {}
        answer: dict[str, Any] = self.world.busan.get(
            f"/statistics/{dataset}", measure=measure, **query
        )
        assert answer["total"] == sum(cell["value"] for cell in answer["cells"]), "not additive"
        return answer

    def _shifted(self, value: int | str) -> int | str:
        return value + self.shift if isinstance(value, int) else self.on(value)

    def total(self, measure: str, **asked: Any) -> int:
        """A total."""
        return int(self.ask(measure, **asked)["total"])

    def totals(self, *measures: str, **asked: Any) -> tuple[int, ...]:
        """The totals of several measures."""
        return tuple(self.total(measure, **asked) for measure in measures)

    def split(self, measure: str, *by: str, **asked: Any) -> dict[Any, int]:
        """A measure by one dimension, or by several as tuples; it sums to the total."""
        answer = self.ask(measure, *by, **asked)
        assert answer["total"] == self.total(measure, **asked), "a breakdown with another total"

        def key(cell: dict[str, Any]) -> Any:
            values = tuple(c - self.shift if n == "year" else c for n, c in cell.items())[:-1]
            return values if len(by) > 1 else values[0]

        return {key(cell): cell["value"] for cell in answer["cells"]}
