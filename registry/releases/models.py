"""Releases: figures frozen at one revision, as they were shown to each of two kinds of readers.

Rows are written once and never change. A document is kept as the text that was shown, not as the
database's JSON, which would forget the order of its members.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.types import Base, Id
from registry.revisions.models import Recorded

EXACT, PUBLIC = "exact", "public"


class Release(Recorded, Base):
    """A name for the figures of one revision.

    Each view has a digest of its own: one of exact figures would let a stranger try out what the
    public view hides.
    """

    __tablename__ = "release"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200), index=True)
    note: Mapped[str | None] = mapped_column(String(2000))
    confidential: Mapped[bool]
    final_year: Mapped[int | None]
    figures_revision: Mapped[int] = mapped_column(BigInteger)
    figures_at: Mapped[datetime]
    figures_digest: Mapped[str] = mapped_column(String(64))  # of the revision log up to it
    published_at: Mapped[datetime]
    parameters: Mapped[dict[str, Any]]  # the settings that judged the goals
    exact_digest: Mapped[str] = mapped_column(String(64))
    public_digest: Mapped[str | None] = mapped_column(String(64))  # none of a confidential one


class ReleaseItem(Recorded, Base):
    """One frozen answer: the question, and the document that each view shows."""

    __tablename__ = "release_item"
    __table_args__ = (UniqueConstraint("release_id", "number"),)

    id: Mapped[Id]
    release_id: Mapped[UUID] = mapped_column(ForeignKey("release.id"))
    number: Mapped[int]
    question: Mapped[str] = mapped_column(Text)
    exact: Mapped[str] = mapped_column(Text)
    public: Mapped[str | None] = mapped_column(Text)  # none: withheld, or a confidential release
