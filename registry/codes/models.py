"""Code lists and zone schemes: all of it data, loaded from files and dated by revision."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Boolean, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.types import Base, Document, Id
from registry.revisions.models import Recorded

LISTS = (
    "districts",
    "fields",
    "programme-kinds",
    "instruments",
    "rounds",
    "investor-kinds",
    "channels",
    "statuses",
)


class CodeItem(Recorded, Base):
    """One code of one list, with both names; `counts` says whether its records enter figures."""

    __tablename__ = "code_item"
    __table_args__ = (UniqueConstraint("list", "code"),)

    id: Mapped[Id]
    list: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    counts: Mapped[bool] = mapped_column(Boolean)
    position: Mapped[int] = mapped_column(Integer)
    properties: Mapped[dict[str, Any]] = mapped_column(Document)  # shares_required, natural_person


class Zone(Recorded, Base):
    """A zone of a scheme; "East/Central/West" is one scheme among others, none is official here."""

    __tablename__ = "zone"
    __table_args__ = (UniqueConstraint("scheme", "code"),)

    id: Mapped[Id]
    scheme: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    valid_from: Mapped[date]
    note: Mapped[str] = mapped_column(String(500))
    position: Mapped[int] = mapped_column(Integer)


class ZoneMember(Recorded, Base):
    """A district's zone in a scheme; a scheme that has been used is immutable."""

    __tablename__ = "zone_member"
    __table_args__ = (
        UniqueConstraint("scheme", "district_code"),
        Index("ix_zone_member_zone", "scheme", "zone"),
    )

    id: Mapped[Id]
    scheme: Mapped[str] = mapped_column(String(40))
    zone: Mapped[str] = mapped_column(String(64))
    district_code: Mapped[str] = mapped_column(String(64))
