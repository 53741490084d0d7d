"""Programmes, trainees with their identities and links, enrolments."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.access.models import Organisation
from registry.core.types import Base, Digest, Document, Id
from registry.revisions.models import Recorded

STATUSES = ("enrolled", "completed", "early_employed", "not_completed", "withdrawn")


class Programme(Recorded, Base):
    """What an institution teaches; its kind, field and district are its enrolments' dimensions."""

    __tablename__ = "programme"
    __table_args__ = (
        UniqueConstraint("organisation_id", "code"),
        CheckConstraint(
            "ends_on IS NULL OR starts_on IS NULL OR starts_on <= ends_on", name="dates"
        ),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str | None] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(64))
    field: Mapped[str] = mapped_column(String(64))
    secondary_fields: Mapped[list[Any]] = mapped_column(Document)
    district_code: Mapped[str] = mapped_column(String(64))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    capacity: Mapped[int | None]

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)

    @property
    def organisation_code(self) -> str:
        """The institution's code."""
        return self.organisation.code


class Trainee(Recorded, Base):
    """One organisation's own record of a person.

    `unit_id` is the person it is counted as: the id of the first record of its component of
    links. It follows from the links, so it is neither chained nor versioned. Name, birth date,
    mobile and e-mail are in the sealed document alone.
    """

    __tablename__ = "trainee"
    __table_args__ = (UniqueConstraint("organisation_id", "external_id"),)
    unchained = frozenset({"unit_id", "document", "data_key"})
    sealed_column = "document"

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    external_id: Mapped[str | None] = mapped_column(String(100))
    unit_id: Mapped[UUID] = mapped_column(index=True)
    document: Mapped[bytes | None] = mapped_column(LargeBinary)
    data_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    document_mac: Mapped[str] = mapped_column(String(64))


class TraineeIdentity(Base):
    """A keyed hash of who a trainee is or was said to be; destroyed when the person is erased.

    No foreign key: whatever writes a hash has just written or read its trainee, and no trainee is
    ever deleted. To look each up again was half the cost of an import's hashes; `registry verify`
    finds a hash of nobody.
    """

    __tablename__ = "trainee_identity"
    # SQLite would keep each row beside its key, which is most of it.
    __table_args__ = ({"sqlite_with_rowid": False},)

    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    trainee_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(String(8))
    key_id: Mapped[str] = mapped_column(String(40))


class TraineeLink(Recorded, Base):
    """Two records are one person, by equal identity or by the city's decision, until undone."""

    __tablename__ = "trainee_link"
    __table_args__ = (
        Index("ix_trainee_link_a", "trainee_a_id"),
        Index("ix_trainee_link_b", "trainee_b_id"),
    )

    id: Mapped[Id]
    trainee_a_id: Mapped[UUID] = mapped_column(ForeignKey("trainee.id"))
    trainee_b_id: Mapped[UUID] = mapped_column(ForeignKey("trainee.id"))
    origin: Mapped[str] = mapped_column(String(10))  # identity or decision
    undone: Mapped[bool] = mapped_column(Boolean, default=False)


class TraineeDuplicate(Recorded, Base):
    """Two records that may be one person (same name and birth date), for the city to decide.

    A pair is kept with the smaller id first; `link_id` is the standing link that merged it.
    """

    __tablename__ = "trainee_duplicate"
    __table_args__ = (UniqueConstraint("trainee_a_id", "trainee_b_id"),)

    id: Mapped[Id]
    trainee_a_id: Mapped[UUID] = mapped_column(ForeignKey("trainee.id"))
    trainee_b_id: Mapped[UUID] = mapped_column(ForeignKey("trainee.id"), index=True)
    state: Mapped[str] = mapped_column(String(10))  # open or dismissed
    link_id: Mapped[UUID | None] = mapped_column(ForeignKey("trainee_link.id"))


class Enrolment(Recorded, Base):
    """A trainee in a programme: attends `[enrolled_on, status_on)`, open while enrolled.

    `organisation_id` is the programme's, whose own key leads to an organisation that exists: a
    second look at each row would prove nothing more. `registry verify` finds one that differs.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("organisation_id", "external_id"),
        CheckConstraint("enrolled_on <= status_on", name="dates"),
        Index("ix_enrolment_trainee", "trainee_id", "programme_id"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID]
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"), index=True)
    trainee_id: Mapped[UUID] = mapped_column(ForeignKey("trainee.id"))
    external_id: Mapped[str | None] = mapped_column(String(100))
    enrolled_on: Mapped[date]
    status: Mapped[str] = mapped_column(String(20))
    status_on: Mapped[date] = mapped_column(index=True)
    employed_on: Mapped[date | None]
    employer_district_code: Mapped[str | None] = mapped_column(String(64))
    # The last day on which employment still counts as its outcome: six months after status_on.
    # Kept because the two databases add months differently at a month's end.
    employment_deadline: Mapped[date]
    voided: Mapped[bool] = mapped_column(Boolean, default=False)
    void_reason: Mapped[str | None] = mapped_column(String(500))

    @property
    def organisation_code(self) -> str:
        """The institution's code."""
        return self.programme.organisation.code

    @property
    def programme_code(self) -> str:
        """The programme's code."""
        return self.programme.code

    @property
    def outcome(self) -> dict[str, Any]:
        """What became of the trainee."""
        return {
            "employed_on": self.employed_on,
            "employer_district_code": self.employer_district_code,
        }

    programme: Mapped[Programme] = relationship(lazy="joined", innerjoin=True, viewonly=True)
    trainee: Mapped[Trainee] = relationship(lazy="raise", viewonly=True)
