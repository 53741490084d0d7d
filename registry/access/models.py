"""Organisations, their API keys, and the log of who read whose personal values."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.core.types import Base, Document, Id, Serial
from registry.revisions.models import Recorded

ORGANISATION_KINDS = ("training_institution", "investment_agency", "city", "committee", "other")


class Organisation(Recorded, Base):
    """A body that registers, decides or reads; its code never changes, its names are dated."""

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint(
            "valid_to IS NULL OR valid_from IS NULL OR valid_from <= valid_to", name="validity"
        ),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    business_number: Mapped[str | None] = mapped_column(String(10))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    successor_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)

    names: Mapped[list[OrganisationName]] = relationship(
        order_by="OrganisationName.valid_from", viewonly=True
    )


class OrganisationName(Recorded, Base):
    """What an organisation is called from a date on."""

    __tablename__ = "organisation_name"
    __table_args__ = (
        Index("uq_organisation_name_from", "organisation_id", "valid_from", unique=True),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str | None] = mapped_column(String(200))
    valid_from: Mapped[date]


class Key(Recorded, Base):
    """An API key of one organisation; only the digest of its secret is kept."""

    __tablename__ = "api_key"
    unchained = frozenset({"last_used_at"})

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    scopes: Mapped[list[Any]] = mapped_column(Document)
    digest: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class KeyCall(Base):
    """A call of a key: its route, what came of it, of a refusal the codes and fields; no value."""

    __tablename__ = "api_key_call"
    __table_args__ = (Index("ix_api_key_call_key_id_at_id", "key_id", "at", "id"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    key_id: Mapped[UUID] = mapped_column(ForeignKey("api_key.id"))
    at: Mapped[datetime]
    method: Mapped[str] = mapped_column(String(10))
    route: Mapped[str] = mapped_column(String(200))
    status: Mapped[int]
    code: Mapped[str | None] = mapped_column(String(64))  # of a refusal
    errors: Mapped[list[Any]] = mapped_column(Document)
    milliseconds: Mapped[float | None]
    request_id: Mapped[str] = mapped_column(String(64))


class PersonRefusal(Base):
    """What somebody entered in the console and was refused as known already: which act, no value.

    `record_id` is the record it was entered under.
    """

    __tablename__ = "person_refusal"
    __table_args__ = (Index("ix_person_refusal_organisation_id_id", "organisation_id", "id"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(200))
    act: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(64))
    record_id: Mapped[UUID | None]


class AccessLog(Base):
    """One reading of personal values: who, when, from where, whose data, what was done."""

    __tablename__ = "access_log"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    organisation_id: Mapped[UUID] = mapped_column(index=True)
    key_id: Mapped[UUID | None]
    address: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(64))
    act: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(String(500))
    record_ids: Mapped[list[Any]] = mapped_column(Document)
