"""The points at which figures were published, and every figure that was shown then.

A slice is one measure's year with all its published tables: figures move a slice at a time. A
point stores the slices that moved; of one that did not, the newest stored before stays in force.
A hidden figure is stored as NULL, so that nothing reads from here what nobody may see.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.types import Base, Id
from registry.revisions.models import Recorded

KINDS = ("month_end", "release")


class Publication(Recorded, Base):
    """A point: the revision whose figures it shows, and the digest of the slices it stored.

    `as_of` and `day` are the figures' moment and Seoul date; `month` is a month end's, as 202603.
    """

    __tablename__ = "publication"

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(10))
    month: Mapped[int | None] = mapped_column(unique=True)
    figures_revision: Mapped[int] = mapped_column(BigInteger)
    as_of: Mapped[datetime]
    day: Mapped[date]
    published_at: Mapped[datetime]
    limits: Mapped[dict[str, Any]]  # the thresholds its hidden cells were found under
    digest: Mapped[str] = mapped_column(String(64))


class PublishedSlice(Base):
    """A measure's year as a point shows it; `total` is NULL if it is hidden.

    `published_revision` is the publication's own, `withheld` the tables of which no cell is shown.
    A won year that has figures but never moved is `held`: nothing of it is shown yet.
    """

    __tablename__ = "published_slice"
    __table_args__ = (
        UniqueConstraint("publication_id", "dataset", "measure", "year"),
        Index(None, "dataset", "measure", "year", "published_revision"),
    )

    id: Mapped[Id]
    publication_id: Mapped[UUID] = mapped_column(ForeignKey("publication.id"))
    published_revision: Mapped[int] = mapped_column(BigInteger)
    dataset: Mapped[str] = mapped_column(String(20))
    measure: Mapped[str] = mapped_column(String(40))
    year: Mapped[int]
    total: Mapped[int | None] = mapped_column(BigInteger)
    held: Mapped[bool]
    withheld: Mapped[list[Any]]


class PublishedCell(Base):
    """One cell of one table in a slice; its keys besides the year, and NULL if it is hidden."""

    __tablename__ = "published_cell"

    slice_id: Mapped[UUID] = mapped_column(ForeignKey("published_slice.id"), primary_key=True)
    table_code: Mapped[str] = mapped_column(String(40), primary_key=True)
    first_key: Mapped[str] = mapped_column(String(64), primary_key=True, default="")
    second_key: Mapped[str] = mapped_column(String(64), primary_key=True, default="")
    value: Mapped[int | None] = mapped_column(BigInteger)
