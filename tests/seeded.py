"""Records for the figures' tests, put straight into the tables: what counts, not how it came."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from registry.access.principal import operator
from registry.core.types import new_id
from registry.investments.models import ALWAYS, Investment, Startup, StartupAttribute, Transaction
from registry.trainees.models import Enrolment, Programme, Trainee

if TYPE_CHECKING:
    from tests.client import Client, World


def day(text: str) -> date:
    return date.fromisoformat(text)


class Seeded:
    """Programmes through the API; people, enrolments and payments as rows."""

    def __init__(self, world: World) -> None:
        self.world = world

    def writing(self) -> Any:
        return self.world.parts.database.writing(operator("seed"))

    def programme(self, client: Client, code: str, **changes: Any) -> str:
        body = {
            "code": code, "name": code, "kind": "on_site_training", "field": "SMARTMFG",
            "district_code": "26440",
        }  # fmt: skip
        return client.post("/programmes", body | changes)["id"]

    def enrol(
        self, programme: str, *status_days: str, person: UUID | None = None, **changes: Any
    ) -> list[UUID]:
        """One enrolment a status date, each of a new person unless one is given; their ids."""
        made = []
        with self.writing() as work:
            of = work.session.get_one(Programme, UUID(programme))
            for status_on in status_days:
                trainee = Trainee(id=new_id(), organisation_id=of.organisation_id, document_mac="")
                trainee.unit_id = person or trainee.id
                work.session.add(trainee)
                work.session.flush()
                values: dict[str, Any] = {
                    "enrolled_on": day("2020-01-01"), "status": "completed",
                    "status_on": day(status_on), "employment_deadline": day(status_on),
                }  # fmt: skip
                row = Enrolment(
                    id=new_id(), organisation_id=of.organisation_id, programme_id=of.id,
                    trainee_id=trainee.id, **values | changes,
                )  # fmt: skip
                work.session.add(row)
                work.touch("trainees", trainee.unit_id)
                made.append(row.id)
            work.action = "enrolment.enrol"
        return made

    def void(self, enrolment: UUID) -> None:
        with self.writing() as work:
            row = work.session.get_one(Enrolment, enrolment)
            row.voided = True
            unit = select(Trainee.unit_id).where(Trainee.id == row.trainee_id)
            work.touch("trainees", work.session.scalars(unit).one())
            work.action = "enrolment.void"

    def pay(self, agency: str, *payments: tuple[str, int], **changes: Any) -> UUID:
        """A start-up of 26350 in AI with one deal, its contract and its payments (- = refund)."""
        district = changes.pop("district", "26350")
        organisation = self.world.ids[agency]
        with self.writing() as work:
            startup = Startup(
                id=new_id(), organisation_id=organisation, name="회사", certificates=[]
            )
            startup.unit_id = startup.id
            work.session.add(startup)
            work.session.flush()
            for attribute, value in (("field", "AI"), ("district_code", district)):
                work.session.add(
                    StartupAttribute(
                        startup_id=startup.id, attribute=attribute, value=value, effective_on=ALWAYS
                    )
                )
            values: dict[str, Any] = {
                "round": "seed", "investor_kind": "venture_capital", "investor_key": "k",
                "instrument": "common", "shares": "new_shares", "channel": "attracted",
                "contracted_on": day(payments[0][0]), "currency": "KRW",
            }  # fmt: skip
            deal = Investment(
                id=new_id(), organisation_id=organisation, startup_id=startup.id, **values | changes
            )
            work.session.add(deal)
            work.session.flush()
            contracted = sum(won for _, won in payments if won > 0)
            moves = [("contract", payments[0][0], contracted)]
            moves += [("disbursement" if w > 0 else "refund", d, w) for d, w in payments]
            for kind, on, won in moves:
                work.session.add(
                    Transaction(
                        organisation_id=organisation, investment_id=deal.id, kind=kind,
                        sign=1 if won > 0 else -1, effective_on=day(on), amount_krw=abs(won),
                    )
                )  # fmt: skip
            work.touch("investments", startup.id)
            work.action = "investment.log"
        return deal.id
