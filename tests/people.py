"""Programmes and enrolments as tests send them, and what the ledger says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from registry.statistics.models import TRAINEES
from registry.trainees.models import Enrolment, Trainee

if TYPE_CHECKING:
    from tests.client import Client, World

SCHOOL = "convergence_graduate_school"
SITE = "on_site_training"
BORN, MOBILE = "1999-03-02", "010-1234-5678"


def programmes(world: World) -> None:
    """AI1 of PNU, OS1 and OS2 of BTP."""
    for client, code, kind, field, district in (
        (world.pnu, "AI1", SCHOOL, "AI", "26410"),
        (world.btp, "OS1", SITE, "SMARTMFG", "26440"),
        (world.btp, "OS2", SITE, "SMARTMFG", "26440"),
    ):
        body = {"code": code, "name": code, "kind": kind, "field": field, "district_code": district}
        client.post("/programmes", body)


def person(name: str = "김하늘", **values: Any) -> dict[str, Any]:
    """A trainee as an enrolment names one."""
    return {"name": name, "birth_date": BORN, "mobile": MOBILE} | values


def enrolment(code: str = "AI1", **values: Any) -> dict[str, Any]:
    """An enrolment that is completed, unless told otherwise."""
    return {
        "programme_code": code,
        "trainee": person(),
        "enrolled_on": "2026-03-02",
        "status": "completed",
        "status_on": "2026-06-30",
    } | values


def counted(world: World) -> dict[str, int]:
    """The registry's totals by measure, as posted."""
    with world.parts.database.reading() as work:
        sums = [func.coalesce(func.sum(TRAINEES.total.c[m]), 0).label(m) for m in TRAINEES.measures]
        row = work.session.execute(select(*sums)).mappings().one()
        return {name: int(value) for name, value in row.items()}


def persons(world: World) -> int:
    """How many persons the records are counted as."""
    with world.parts.database.reading() as work:
        return int(work.session.scalar(select(func.count(Trainee.unit_id.distinct()))) or 0)


def unit_of(world: World, enrolled: dict[str, Any]) -> str:
    """The person an enrolment is counted as."""
    with world.parts.database.reading() as work:
        query = select(Trainee.unit_id).join(Enrolment, Enrolment.trainee_id == Trainee.id)
        ids = {str(e): u for u, e in work.session.execute(query.add_columns(Enrolment.id))}
        return ids[enrolled["id"]]


def duplicates(client: Client) -> list[Any]:
    """The open possible duplicates."""
    items: list[Any] = client.get("/trainee-duplicates")["items"]
    return items
