"""What happens to records afterwards: people come back, numbers are mended, start-ups move.

All of it goes through the product's own API, as users would do it.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from registry.access.models import Organisation
from registry.access.principal import SCOPES, operator
from registry.access.service import create_key
from registry.core.responses import BASE

if TYPE_CHECKING:
    from uuid import UUID

    from flask import Flask

    from registry.core.parts import Registry
    from registry.demo.people import Person

USUAL = tuple(
    s
    for s in SCOPES
    if s.endswith((":read", ":write")) and s.split(":")[0] in {"trainees", "investments"}
)
DISTRICTS = ("26350", "26440", "26470", "26290", "26380", "OUTSIDE")


class Events:
    """A client of the registry under construction, for each organisation by its code."""

    def __init__(self, app: Flask, dice: random.Random) -> None:
        self.http = app.test_client()
        self.parts: Registry = app.extensions["registry"]
        self.dice = dice
        self.keys: dict[str, str] = {}

    def admit(self, code: str, organisation_id: UUID) -> None:
        """Make the key an organisation acts with while the demo is built."""
        with self.parts.database.writing(operator("demo")) as work:
            owner = work.session.get_one(Organisation, organisation_id)
            self.keys[code] = create_key(work, owner, "student system", USUAL)[1]

    def send(self, code: str, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send a write as an organisation; a PATCH reads the version first."""
        headers = {"Authorization": f"Bearer {self.keys[code]}"}
        if method == "PATCH" or path.endswith(("/void", "/restore")):
            resource = path.removesuffix("/void").removesuffix("/restore")
            headers["If-Match"] = self.http.get(BASE + resource, headers=headers).headers["ETag"]
        answer = self.http.open(BASE + path, method=method, json=body, headers=headers)
        if answer.status_code not in {200, 201, 409}:
            raise RuntimeError(f"{method} {path}: {answer.get_data(as_text=True)}")
        found: dict[str, Any] = answer.get_json()
        return found

    def come_back(
        self, code: str, programme: str, person: Person, enrolled_on: date, today: date
    ) -> None:
        """Somebody known elsewhere trains here too: one person, or one possible duplicate."""
        ended_on = min(enrolled_on + timedelta(days=60), today)
        trainee = {"name": person.name, "birth_date": person.birth_date.isoformat()}
        if person.mobile and self.dice.random() < 0.8:  # noqa: PLR2004 - one in five gives no number
            trainee["mobile"] = "0" + person.mobile.removeprefix("+82")
        body = {
            "programme_code": programme, "trainee": trainee, "status": "completed",
            "enrolled_on": enrolled_on.isoformat(), "status_on": ended_on.isoformat(),
        }  # fmt: skip
        self.send(code, "POST", "/enrolments", body)

    def mend(self, code: str, enrolment: UUID) -> None:
        """A completion that was none, or an enrolment entered by mistake."""
        path = f"/enrolments/{enrolment}"
        if self.dice.random() < 0.3:  # noqa: PLR2004
            self.send(code, "POST", f"{path}/void", {"reason": "중복 입력"})
            return
        body = {"status": "not_completed", "reason": "출석 미달 확인"}
        self.send(code, "PATCH", path, body)

    def move(self, code: str, startup: UUID, day: date) -> None:
        """A start-up moves to another district."""
        body = {"district_code": self.dice.choice(DISTRICTS), "effective_on": day.isoformat()}
        self.send(code, "PATCH", f"/startups/{startup}", body)

    def reenter(self, code: str, investment: UUID) -> None:
        """A payment was typed wrong: reversed, and entered anew with nine tenths of it."""
        path = f"/investments/{investment}/transactions"
        headers = {"Authorization": f"Bearer {self.keys[code]}"}
        items = self.http.get(BASE + path, headers=headers).get_json()["items"]
        paid = next((t for t in items if t["kind"] == "disbursement"), None)
        if paid is None:
            return
        self.send(code, "POST", f"{path}/{paid['id']}/reverse", {"reason": "금액 오기"})
        again = {"kind": "disbursement", "effective_on": paid["effective_on"]}
        self.send(code, "POST", path, {**again, "amount_krw": paid["amount_krw"] * 9 // 10})

    def log_again(self, code: str, other: str, investment: UUID) -> None:
        """Another agency logs the same money under another contract date: one for the city."""
        headers = {"Authorization": f"Bearer {self.keys[code]}"}
        deal = self.http.get(f"{BASE}/investments/{investment}", headers=headers).get_json()
        day = date.fromisoformat(deal["contracted_on"]) - timedelta(days=self.dice.randint(1, 20))
        same = ("startup_id", "round", "investor", "instrument", "shares", "channel")
        body = {name: deal[name] for name in same} | {"contracted_on": day.isoformat()}
        twice = self.send(
            other, "POST", "/investments", body | {"contracted_krw": deal["contracted_krw"]}
        )
        if "id" in twice and self.dice.random() < 0.5:  # noqa: PLR2004 - noticed by the agency itself
            self.send(other, "POST", f"/investments/{twice['id']}/void", {"reason": "중복 등록"})
