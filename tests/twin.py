"""Drives the product over HTTP and the oracle side by side, and compares every figure.

The oracle (`tests/oracle`) was written from the counting rules alone. Each step is sent to the
product first; if it is taken, the oracle must take it too, and if it is refused, refuse it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.trainees.models import TraineeLink
from tests import oracle
from tests.opened import compare_changes, compare_records

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.test import TestResponse

    from tests.client import Client, World

BIRTHS = (date(1999, 3, 2), date(2000, 2, 29))
NAMES = ("김하늘", "Kim Min", "남궁민수")
MOBILES = (None, "010-1234-5678", "010-8765-4321")
DAYS = tuple(
    date.fromisoformat(d)
    for d in (
        "2021-12-31", "2022-01-01", "2025-12-31", "2026-01-01", "2026-03-02", "2026-06-30",
        "2026-07-01", "2027-02-10",
    )
)  # fmt: skip
PROGRAMMES = {
    "AI1": ("pnu", "convergence_graduate_school", "AI", "26410"),
    "AI2": ("pnu", "other", "AI", "26350"),
    "OS1": ("btp", "on_site_training", "SMARTMFG", "26440"),
    "OS2": ("btp", "on_site_training", "SMARTMFG", "26440"),
}
KINDS = ("convergence_graduate_school", "on_site_training", "other")
FIELDS = ("AI", "SMARTMFG", "ETC")
DISTRICTS = ("26410", "26440", "26350", "OUTSIDE")
STATUSES = ("enrolled", "completed", "early_employed", "not_completed", "withdrawn")
DEALS = (
    ("common", "new_shares"), ("common", "secondary"), ("safe", None), ("loan", None), ("cb", None),
)  # fmt: skip
TRANSACTIONS = ("contract", "disbursement", "cancellation", "refund")
BRNS = ("1248100998", "1208147521", "1108141272", "5058124020")
DIMENSIONS = {
    "trainees": ("organisation", "programme_kind", "field", "district", "zone", "year", "quarter", "month"),
    "investments": (
        "organisation", "field", "district", "zone", "instrument", "round", "investor_kind",
        "channel", "year", "quarter", "month",
    ),
}  # fmt: skip
MEASURES = {
    "trainees": (
        "trainees", "talents", "trainees_of_organisation", "completions", "employed", "enrolments",
    ),
    "investments": ("contracted_krw", "disbursed_krw", "deals", "startups_funded"),
}  # fmt: skip
# Together they cross every dimension with the year, and the fine ones with each other.
BREAKDOWNS = {
    "trainees": (
        ("organisation", "programme_kind", "field", "month"), ("district", "year"),
        ("zone", "quarter"), (),
    ),
    "investments": (
        ("organisation", "field", "district", "month"), ("zone", "instrument", "year"),
        ("round", "investor_kind", "channel", "quarter"), (),
    ),
}  # fmt: skip
AGENCIES = ("bipa", "bepa")


@dataclass
class Twin:
    """The product and the oracle in step; `revisions` pairs their revision numbers."""

    world: World
    truth: oracle.World = field(default_factory=oracle.World)
    revisions: list[tuple[int, int]] = field(default_factory=list)
    enrolments: list[tuple[str, str]] = field(default_factory=list)  # (client, id)
    trainees: dict[str, str] = field(default_factory=dict)  # id -> client
    programmes: dict[str, str] = field(default_factory=dict)  # code -> id
    startups: list[str] = field(default_factory=list)
    investments: list[tuple[str, str]] = field(default_factory=list)
    transactions: list[tuple[str, str, str]] = field(default_factory=list)
    refusals: int = 0
    datasets: tuple[str, ...] = tuple(MEASURES)

    def prepare(self, *, startups: int = 2) -> None:
        """The usual programmes and a few start-ups."""
        for code, (who, kind, fld, district) in PROGRAMMES.items():
            body = {
                "code": code,
                "name": code,
                "kind": kind,
                "field": fld,
                "district_code": district,
            }
            made = self.client(who).post("/programmes", body)
            self.programmes[code] = made["id"]
            self.truth.add_programme(who.upper(), code, kind, fld, district, new_id=made["id"])
            self.note()
        for number in range(startups):
            body = {
                "name": f"회사 {number}", "business_number": BRNS[number], "field": "AI",
                "district_code": "26440",
            }  # fmt: skip
            made = self.world.bipa.post("/startups", body)
            self.startups.append(made["id"])
            self.truth.add_startup("AI", "26440", new_id=made["id"])
            self.note()

    def client(self, name: str) -> Client:
        """The client of an organisation."""
        found: Client = getattr(self.world, name)
        return found

    def note(self) -> None:
        """Remember which of the oracle's revisions the product's head is."""
        head = self.world.busan.get("/revisions/head")["number"]
        if self.revisions and self.revisions[-1][1] == self.truth.revision:
            assert head == self.revisions[-1][0], "a revision although nothing changed"
            return
        self.revisions.append((head, self.truth.revision))

    def step(self, answer: TestResponse, repeat: Callable[[dict[str, Any]], Any]) -> Any:
        """Repeat in the oracle what the product answered; both must agree on whether it goes."""
        taken = answer.status_code in {200, 201}
        body = answer.get_json()
        assert taken or answer.status_code in {409, 422}, (answer.status_code, body)
        refusal = None
        result = None
        try:
            result = repeat(body)
        except oracle.Refusal as error:
            refusal = error.code
        assert taken == (refusal is None), f"the oracle says {refusal}, the product: {body}"
        if refusal is not None:
            self.refusals += 1
            return None
        self.note()
        return result

    # --- people ---

    def enrol(
        self, code: str, name: str, birth: date, mobile: str | None, enrolled_on: date, status: str,
        status_on: date | None, student: str | None = None,
    ) -> None:  # fmt: skip
        """Enrol somebody in one of the programmes."""
        who = PROGRAMMES[code][0]
        trainee = {"name": name, "birth_date": birth, "mobile": mobile, "external_id": student}
        body = {
            "programme_code": code,
            "trainee": trainee | {"birth_date": birth.isoformat()},
            "enrolled_on": enrolled_on.isoformat(),
            "status": status,
            "status_on": status_on and status_on.isoformat(),
        }
        answer = self.client(who).call("POST", "/enrolments", json=body)

        def repeat(made: dict[str, Any]) -> None:
            done = self.truth.enrol(
                who.upper(), code, trainee, enrolled_on, status, status_on,
                new_id=made.get("id"), trainee_id=made.get("trainee", {}).get("id"),
            )  # fmt: skip
            assert done.trainee == made["trainee"]["id"], "another trainee was found"
            self.enrolments.append((who, made["id"]))
            self.trainees[done.trainee] = who

        self.step(answer, repeat)

    def correct(self, index: int, **changes: Any) -> None:
        """PATCH an enrolment."""
        who, enrolment = self.enrolments[index]
        body = {k: v.isoformat() if isinstance(v, date) else v for k, v in changes.items()}
        employed_on = body.pop("employed_on", oracle.UNSET)
        if employed_on is not oracle.UNSET:
            body["outcome"] = {"employed_on": employed_on}
        same = {k: v for k, v in changes.items() if k != "employed_on"}
        if "employed_on" in changes:
            same["outcome_employed_on"] = changes["employed_on"]
        answer = self.change(who, f"/enrolments/{enrolment}", body)
        self.step(answer, lambda _: self.truth.patch_enrolment(enrolment, **same))

    def change(self, who: str, path: str, body: dict[str, Any]) -> TestResponse:
        """PATCH with the present ETag."""
        client = self.client(who)
        return client.call("PATCH", path, json=body, headers=client.match(path))

    def void(self, index: int) -> None:
        """Void an enrolment."""
        self._act(index, "void", self.truth.void_enrolment)

    def restore(self, index: int) -> None:
        """Restore an enrolment."""
        self._act(index, "restore", self.truth.restore_enrolment)

    def _act(self, index: int, act: str, repeat: Callable[[str], None]) -> None:
        who, enrolment = self.enrolments[index]
        client, path = self.client(who), f"/enrolments/{enrolment}"
        body = {"reason": "오기"} if act == "void" else {}
        answer = client.call("POST", f"{path}/{act}", json=body, headers=client.match(path))
        self.step(answer, lambda _: repeat(enrolment))

    def rename(self, trainee: str, **values: Any) -> None:
        """Correct a trainee's name or mobile."""
        answer = self.change(self.trainees[trainee], f"/trainees/{trainee}", values)
        self.step(answer, lambda _: self.truth.patch_trainee(trainee, **values))

    def move_programme(self, code: str, **values: str) -> None:
        """Correct a programme's kind, field or district."""
        body = {"district_code" if k == "district" else k: v for k, v in values.items()}
        path = f"/programmes/{self.programmes[code]}"
        answer = self.change(PROGRAMMES[code][0], path, body)
        self.step(answer, lambda _: self.truth.patch_programme(self.programmes[code], **values))

    def decide(self, index: int, act: str) -> None:
        """Merge or dismiss one of the open possible duplicates, after comparing the lists."""
        pairs = self.truth.possible_duplicates()
        listed = {
            tuple(sorted((d["trainee_a"]["id"], d["trainee_b"]["id"]))): d["id"]
            for d in self.world.busan.get("/trainee-duplicates", limit=500)["items"]
        }
        assert sorted(listed) == sorted(pairs)
        if not pairs:
            return
        a, b = pairs[index % len(pairs)]
        answer = self.world.busan.call("POST", f"/trainee-duplicates/{listed[a, b]}/{act}", json={})
        repeat = self.truth.merge if act == "merge" else self.truth.dismiss
        self.step(answer, lambda _: repeat(a, b))

    def undo(self, index: int) -> None:
        """Undo one of the standing links, after comparing the links."""
        origins = {"automatic": "identity", "decided": "decision"}
        links = {
            (*link.pair, origins[link.origin]): link.id
            for link in self.truth.links()
            if link.active
        }
        with self.world.parts.database.reading() as work:
            stored = {
                (*sorted((str(k.trainee_a_id), str(k.trainee_b_id))), k.origin): str(k.id)
                for k in work.session.scalars(select(TraineeLink).where(~TraineeLink.undone))
            }
        assert sorted(stored) == sorted(links)
        if not links:
            return
        chosen = sorted(links)[index % len(links)]
        answer = self.world.busan.call("POST", f"/trainee-links/{stored[chosen]}/undo", json={})
        self.step(answer, lambda _: self.truth.undo_link(links[chosen]))

    # --- money ---

    def invest(
        self, agency: str, startup: int, deal: int, contracted_on: date, won: int, investor: int
    ) -> None:
        """Log an investment."""
        instrument, shares = DEALS[deal]
        body = {
            "startup_id": self.startups[startup], "round": "seed",
            "investor": {"name": f"벤처 {investor}", "kind": "venture_capital"},
            "instrument": instrument, "shares": shares, "channel": "attracted",
            "contracted_on": contracted_on.isoformat(), "contracted_krw": won,
        }  # fmt: skip
        answer = self.client(agency).call("POST", "/investments", json=body)

        def repeat(made: dict[str, Any]) -> None:
            contract = None
            if "id" in made:
                path = f"/investments/{made['id']}/transactions"
                contract = self.client(agency).get(path)["items"][0]["id"]
            self.truth.invest(
                agency.upper(), self.startups[startup], round_code="seed", investor=body["investor"],
                fund=None, instrument=instrument, shares=shares, channel="attracted",
                contracted_on=contracted_on, contracted_krw=won, new_id=made.get("id"),
                contract_id=contract,
            )  # fmt: skip
            self.investments.append((agency, made["id"]))
            self.transactions.append((agency, made["id"], str(contract)))

        self.step(answer, repeat)

    def transact(self, index: int, kind: str, effective_on: date, won: int) -> None:
        """Log a transaction."""
        agency, investment = self.investments[index]
        body = {"kind": kind, "effective_on": effective_on.isoformat(), "amount_krw": won}
        answer = self.client(agency).call(
            "POST", f"/investments/{investment}/transactions", json=body
        )

        def repeat(made: dict[str, Any]) -> None:
            self.truth.transact(investment, kind, effective_on, won, new_id=made.get("id"))
            self.transactions.append((agency, investment, made["id"]))

        self.step(answer, repeat)

    def reverse(self, index: int) -> None:
        """Reverse a transaction."""
        agency, investment, transaction = self.transactions[index]
        path = f"/investments/{investment}/transactions/{transaction}/reverse"
        answer = self.client(agency).call("POST", path, json={"reason": "오기"})

        def repeat(made: dict[str, Any]) -> None:
            self.truth.reverse(transaction, new_id=made.get("id"))
            self.transactions.append((agency, investment, made["id"]))

        self.step(answer, repeat)

    def move_startup(self, startup: int, effective_on: date, **values: str) -> None:
        """Change a start-up's field or district from a date on."""
        body = {"district_code" if k == "district" else k: v for k, v in values.items()}
        path = f"/startups/{self.startups[startup]}"
        answer = self.change("bipa", path, body | {"effective_on": effective_on.isoformat()})
        self.step(
            answer,
            lambda _: self.truth.patch_startup(
                self.startups[startup], effective_on=effective_on, **values
            ),
        )

    def merge_startups(self, startup: int, into: int) -> None:
        """Merge one start-up into another."""
        path = f"/startups/{self.startups[startup]}/merge"
        answer = self.client("bipa").call("POST", path, json={"into": self.startups[into]})
        self.step(
            answer, lambda _: self.truth.merge_startup(self.startups[startup], self.startups[into])
        )

    def correct_deal(self, index: int, contracted_on: date) -> None:
        """Correct an investment's contract date; its first contract moves with it."""
        agency, investment = self.investments[index]
        body = {"contracted_on": contracted_on.isoformat(), "reason": "오기"}
        answer = self.change(agency, f"/investments/{investment}", body)
        self.step(
            answer, lambda _: self.truth.patch_investment(investment, contracted_on=contracted_on)
        )

    def void_deal(self, index: int) -> None:
        """Void an investment."""
        agency, investment = self.investments[index]
        client, path = self.client(agency), f"/investments/{investment}"
        answer = client.call(
            "POST", f"{path}/void", json={"reason": "오기"}, headers=client.match(path)
        )
        self.step(answer, lambda _: self.truth.void_investment(investment))

    # --- comparing ---

    def compare(self, revisions: list[tuple[int, int]] | None = None) -> None:
        """Every measure at every revision so far, in breakdowns taken in turn; the last in all."""
        pairs = revisions or self.revisions
        for turn, (number, known) in enumerate(pairs):
            snapshot = self.truth.at(known)
            for dataset in self.datasets:
                offered = BREAKDOWNS[dataset]
                chosen = (
                    offered if (number, known) == pairs[-1] else (offered[turn % len(offered)],)
                )
                for measure, by in itertools.product(MEASURES[dataset], chosen):
                    self._same(dataset, measure, by, number, snapshot)

    def _same(
        self,
        dataset: str,
        measure: str,
        by: tuple[str, ...],
        number: int,
        snapshot: oracle.Snapshot,
    ) -> None:
        answer = self.world.busan.get(
            f"/statistics/{dataset}",
            measure=measure,
            revision=number,
            **({"by": ",".join(by)} if by else {}),
        )
        found = {tuple(cell[d] for d in by): cell["value"] for cell in answer["cells"]}
        expected = oracle.figures(snapshot, dataset, measure, by=by)
        assert found == expected or (not by and not expected), (measure, by, number)
        assert answer["total"] == sum(expected.values()), (measure, by, number)

    def open(self, every: int) -> None:
        """The records and changes behind figures: every so often a measure in turn, at last all."""
        last = len(self.revisions) - 1
        for turn, (number, known) in enumerate(self.revisions):
            if (turn + 1) % every and turn != last:
                continue
            earlier, was = self.revisions[turn // 2]
            now, then = self.truth.at(known), self.truth.at(was)
            for dataset in self.datasets:
                measures = MEASURES[dataset]
                chosen = measures if turn == last else (measures[turn % len(measures)],)
                for measure in chosen:
                    compare_records(self.world.busan, now, dataset, measure, number)
                measure = measures[turn % len(measures)]
                sides = ((earlier, then), (number, now))
                compare_changes(self.world.busan, dataset, measure, *sides)
