"""The revision log, the superseded versions of rows, and what every recorded row carries."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from registry.core.types import Base, Document, Serial


class Revision(Base):
    """One change of the registry: a gapless number, a strictly increasing moment, a chained digest.

    `content` is the digest of all row versions written by it; `digest` chains everything here to
    the revision before, under the named algorithm.
    """

    __tablename__ = "revision"

    number: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(unique=True)
    day: Mapped[date] = mapped_column(index=True)
    organisation_id: Mapped[UUID | None] = mapped_column(index=True)
    key_id: Mapped[UUID | None]
    actor: Mapped[str] = mapped_column(String(200))
    request_id: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(Text)
    rows: Mapped[int] = mapped_column(Integer)
    content: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    algorithm: Mapped[str] = mapped_column(String(16))


class Recorded:
    """A row whose every version is known: which revision made the present one, and the first.

    `(created_revision, created_row)` is the order of registration. Columns in `unchained` hold
    personal or derived values; they are left out of the row's digest and plain history.
    """

    unchained: ClassVar[frozenset[str]] = frozenset()
    sealed_column: ClassVar[str | None] = None  # the column kept beside a superseded version

    @declared_attr
    @classmethod
    def created_revision(cls) -> Mapped[int]:
        """The revision that registered the row."""
        return mapped_column(BigInteger)

    @declared_attr
    @classmethod
    def created_row(cls) -> Mapped[int]:
        """The row's place within that revision."""
        return mapped_column(Integer)

    @declared_attr
    @classmethod
    def revision(cls) -> Mapped[int]:
        """The revision that made the present version."""
        return mapped_column(BigInteger, index=True)

    @declared_attr
    @classmethod
    def version(cls) -> Mapped[int]:
        """The present version, from 1; it is the ETag, and an UPDATE that finds another fails."""
        return mapped_column(Integer)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {
            "version_id_col": cls.version,
            "version_id_generator": lambda version: (version or 0) + 1,
        }


class History(Base):
    """A superseded version of a row, true at revisions `[from_revision, to_revision)`."""

    __tablename__ = "history"
    __table_args__ = (
        UniqueConstraint("kind", "record_id", "version"),
        Index("ix_history_from_revision", "from_revision"),
        Index("ix_history_to_revision", "to_revision"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[UUID]
    version: Mapped[int]
    from_revision: Mapped[int] = mapped_column(BigInteger)
    to_revision: Mapped[int] = mapped_column(BigInteger)
    values: Mapped[dict[str, Any]] = mapped_column(Document)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
