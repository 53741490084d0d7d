"""Invented institutions, programmes and people in training."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from registry.core.types import new_id
from registry.trainees.intervals import employment_deadline
from registry.trainees.models import Enrolment, Programme, Trainee, TraineeIdentity

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.crypto import Keyring
    from registry.core.work import Work

FAMILY = "김이박최정강조윤장임한오서신권황안송류홍"
GIVEN_FIRST = "민서지하도은시유예수주현준태승연"
GIVEN_SECOND = "준서윤우진호아연빈율원현영인희솔"

INSTITUTIONS = (
    ("DEMO-U1", "해오름대학교", "Haeoreum University", "graduate", "AI", "26410"),
    ("DEMO-U2", "동백대학교", "Dongbaek University", "graduate", "BIGDATA", "26290"),
    (
        "DEMO-U3",
        "갈매기공과대학교",
        "Galmaegi Institute of Technology",
        "graduate",
        "SMARTSEA",
        "26200",
    ),
    ("DEMO-U4", "낙동대학교", "Nakdong University", "graduate", "SECURITY", "26380"),
    (
        "DEMO-T1",
        "서부산스마트제조훈련원",
        "West Busan Manufacturing Centre",
        "on_site",
        "SMARTMFG",
        "26440",
    ),
    ("DEMO-T2", "해운대콘텐츠아카데미", "Haeundae Content Academy", "on_site", "CONTENT", "26350"),
    ("DEMO-T3", "센텀클라우드캠퍼스", "Centum Cloud Campus", "on_site", "CLOUD", "26350"),
    ("DEMO-T4", "북항블록체인스쿨", "Bukhang Blockchain School", "on_site", "BLOCKCHAIN", "26110"),
    ("DEMO-T5", "문현핀테크랩", "Munhyeon Fintech Lab", "on_site", "FINTECH", "26290"),
    ("DEMO-T6", "기장로봇실습장", "Gijang Robot Workshop", "on_site", "SMARTMFG", "26710"),
    ("DEMO-T7", "영도해양데이터센터", "Yeongdo Marine Data Centre", "on_site", "BIGDATA", "26200"),
    ("DEMO-T8", "사상소프트웨어학교", "Sasang Software School", "on_site", "SW", "26530"),
)
KIND = {"graduate": "convergence_graduate_school", "on_site": "on_site_training"}
# How many people finish in a year, as a share of what is asked for in all.
YEARS = {2022: 0.185, 2023: 0.2, 2024: 0.213, 2025: 0.222, 2026: 0.24}
OUTCOMES = (
    ("completed",) * 84 + ("early_employed",) * 6 + ("not_completed",) * 7 + ("withdrawn",) * 3
)


@dataclass(frozen=True)
class Person:
    """An invented person."""

    name: str
    birth_date: date
    mobile: str | None


def people(dice: random.Random, count: int) -> list[Person]:
    """Invented people; some share a name, a few gave no mobile number."""
    found = []
    for number in range(count):
        name = dice.choice(FAMILY) + dice.choice(GIVEN_FIRST) + dice.choice(GIVEN_SECOND)
        born = date(1975, 1, 1) + timedelta(days=dice.randrange(365 * 28))
        mobile = None if dice.random() < 0.02 else f"+8210{number:08d}"  # noqa: PLR2004
        found.append(Person(name, born, mobile))
    return found


class Registrar:
    """Adds rows as the services would, without asking the database row by row."""

    def __init__(self, keyring: Keyring, dice: random.Random) -> None:
        self.keyring = keyring
        self.dice = dice

    def programmes(
        self, work: Work, owner: UUID, institution: tuple[str, ...], year: int
    ) -> list[Programme]:
        """A year's programmes of one institution."""
        _, name, name_en, kind, field, district = institution
        cohorts = (1, 2) if kind == "graduate" else (1, 2, 3, 4)
        made = [
            Programme(
                id=new_id(), organisation_id=owner, code=f"{field}-{year}-{n}",
                name=f"{name} {year}년 {n}기", name_en=f"{name_en} {year} cohort {n}", kind=KIND[kind],
                field=field, secondary_fields=[], district_code=district, **_dates(kind, year, n),
                capacity=None,
            )
            for n in cohorts
        ]  # fmt: skip
        work.session.add_all(made)
        return made

    def register(self, work: Work, programme: Programme, people: list[Person]) -> list[Enrolment]:
        """New trainees of a cohort and their enrolments."""
        ids = [new_id() for _ in people]
        work.session.add_all(
            self.trainee(programme, person, trainee_id, number)
            for number, (person, trainee_id) in enumerate(zip(people, ids, strict=True), 1)
        )
        work.session.flush()
        enrolments = [self.enrolment(programme, trainee_id) for trainee_id in ids]
        work.session.add_all(enrolments)
        for person, trainee_id in zip(people, ids, strict=True):
            hashes = self.keyring.identities(person.name, person.birth_date, person.mobile)
            work.session.add_all(
                TraineeIdentity(
                    trainee_id=trainee_id, kind=i.kind, key_id=i.key_id, digest=i.digest
                )
                for i in hashes
            )
        work.touch("trainees", *ids)
        return enrolments

    def trainee(
        self, programme: Programme, person: Person, trainee_id: UUID, number: int
    ) -> Trainee:
        """A sealed record of a person."""
        values = {
            "name": person.name,
            "birth_date": person.birth_date.isoformat(),
            "mobile": person.mobile,
            "email": None,
        }
        sealed = self.keyring.seal(values, trainee_id)
        return Trainee(
            id=trainee_id,
            organisation_id=programme.organisation_id,
            unit_id=trainee_id,
            external_id=f"{programme.code}-{number:04d}",
            document=sealed.document,
            data_key=sealed.data_key,
            document_mac=sealed.mac,
        )

    def enrolment(self, programme: Programme, trainee_id: UUID) -> Enrolment:
        """An enrolment from the programme's first day."""
        assert programme.starts_on is not None  # noqa: S101 - every programme made here has one
        return Enrolment(
            id=new_id(),
            organisation_id=programme.organisation_id,
            programme_id=programme.id,
            trainee_id=trainee_id,
            enrolled_on=programme.starts_on,
            status="enrolled",
            status_on=programme.starts_on,
            employment_deadline=employment_deadline(programme.starts_on),
            voided=False,
        )

    def outcome(self) -> str:
        """How a person's training will end."""
        return self.dice.choice(OUTCOMES)


def _dates(kind: str, year: int, number: int) -> dict[str, Any]:
    if kind == "graduate":
        return {
            "starts_on": date(year, 3, 2) if number == 1 else date(year, 9, 1),
            "ends_on": date(year, 8, 21) if number == 1 else date(year, 12, 19),
        }
    starts = date(year, 1, 8) + timedelta(days=(number - 1) * 84)
    return {"starts_on": starts, "ends_on": starts + timedelta(days=68)}
