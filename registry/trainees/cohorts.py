"""A programme's people together: how many there are against its capacity, and ending it for all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, extract, func, select

from registry.core.problems import DomainError, Invalid
from registry.trainees import queries
from registry.trainees.enrolments import Standing
from registry.trainees.models import Enrolment, Programme, Trainee

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from registry.core.work import Work

MOST = 500  # people who are settled in one act; for more there are files
ATTENDING = "enrolled"


@dataclass(frozen=True, slots=True)
class Filling:
    """How many people a programme has, by where they stand."""

    numbers: dict[str, int]

    @property
    def total(self) -> int:
        """All who were ever registered for it."""
        return sum(self.numbers.values())

    @property
    def attending(self) -> int:
        """Those who have not ended it."""
        return self.numbers.get(ATTENDING, 0)

    @property
    def trained(self) -> int:
        """Those who completed it, or left it for a job."""
        return self.numbers.get("completed", 0) + self.numbers.get("early_employed", 0)


def own_programmes(work: Work, year: int | None) -> Select[Programme]:
    """The asker's own programmes, or those of them that end in a year or do not say when."""
    own = select(Programme).where(Programme.organisation_id.in_(work.principal.organisations))
    if year is None:
        return own
    ends = extract("year", Programme.ends_on)
    return own.where((ends == year) | Programme.ends_on.is_(None))


def filling(work: Work, ids: Collection[UUID]) -> dict[UUID, Filling]:
    """How many people each of some programmes has; void enrolments are none."""
    rows = work.session.execute(
        select(Enrolment.programme_id, Enrolment.status, func.count())
        .where(Enrolment.programme_id.in_(ids), ~Enrolment.voided)
        .group_by(Enrolment.programme_id, Enrolment.status)
    )
    found: dict[UUID, dict[str, int]] = {each: {} for each in ids}
    for programme_id, status, number in rows:
        found[programme_id][status] = number
    return {each: Filling(numbers) for each, numbers in found.items()}


def overdue(work: Work, most: int) -> list[tuple[Programme, int]]:
    """Own programmes that have ended while people are still said to attend, the latest first."""
    number = func.count().label("number")
    still = (
        select(Enrolment.programme_id, number)
        .where(
            Enrolment.organisation_id.in_(work.principal.organisations),
            Enrolment.status == ATTENDING,
            ~Enrolment.voided,
        )
        .group_by(Enrolment.programme_id)
        .subquery()
    )
    rows = work.session.execute(
        select(Programme, still.c.number)
        .join(still, still.c.programme_id == Programme.id)
        .where(Programme.ends_on < work.today)
        .order_by(Programme.ends_on.desc(), Programme.id)
        .limit(most)
    )
    return [(row[0], row[1]) for row in rows]


def planned(work: Work) -> dict[int, int]:
    """The capacities of the own programmes, summed by the year in which they end."""
    year = extract("year", Programme.ends_on)
    rows = work.session.execute(
        select(year, func.sum(Programme.capacity))
        .where(
            Programme.organisation_id.in_(work.principal.organisations),
            Programme.ends_on.is_not(None),
            Programme.capacity.is_not(None),
        )
        .group_by(year)
    )
    return {int(row[0]): int(row[1] or 0) for row in rows}


def attending(work: Work, programme: Programme) -> Sequence[Enrolment]:
    """Those who still attend a programme, in the order they came."""
    return work.session.scalars(
        select(Enrolment)
        .where(
            Enrolment.programme_id == programme.id, Enrolment.status == ATTENDING, ~Enrolment.voided
        )
        .order_by(Enrolment.enrolled_on, Enrolment.id)
        .limit(MOST)
    ).all()


def settle(work: Work, programme_id: UUID, chosen: dict[UUID, int], data: dict[str, Any]) -> int:
    """Give many who attend a programme one status on one day, in one revision; how many.

    `chosen` are enrolments with the version that was seen. An end makes the time that somebody
    attends shorter, so it overlaps with nothing. Raises precondition-failed, and Invalid for days.
    """
    work.principal.require("trainees:write")
    programme = queries.own_programme(work, programme_id)
    if not chosen:
        raise Invalid.at("chosen", "required")
    rows = [row for row in attending(work, programme) if row.id in chosen]
    if {row.id: row.version for row in rows} != chosen:
        raise DomainError("precondition-failed")
    for row in rows:
        after = replace(Standing.of(row), status=data["status"], status_on=data["status_on"])
        after.check(work)
        after.put(row)
    work.session.flush()
    units = select(Trainee.unit_id).where(Trainee.id.in_([row.trainee_id for row in rows]))
    work.touch("trainees", *work.session.scalars(units.distinct()))
    work.action, work.reason = "enrolment.settle-cohort", data["reason"]
    return len(rows)
