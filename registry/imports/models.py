"""Imports, the files they are of, the batches they are worked through in, and their mistakes.

None of it is a record of the registry: an import's progress is no revision. What it writes to the
registry is, under the revisions it names.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.types import Base, Document, Id, Serial

STATES = (
    "received", "validating", "validated", "committing", "committed", "committed_partly",
    "rejected", "refused_rrn", "cancelled", "failed", "undone",
)  # fmt: skip
MODES = ("validate", "commit")
ON_ERROR = ("reject_all", "accept_valid")
WHOLE = 50_000  # rows up to which an import is one transaction and one revision


class Import(Base):
    """One file sent in, and how far it is; the row is the queue that workers claim from.

    `state` is the contract's, `stage` what is being done. `batch` is the next batch of the stage:
    it moves in the same transaction as what the batch wrote, so nothing is done twice.
    """

    __tablename__ = "import"
    __table_args__ = (
        Index("ix_import_organisation_id", "organisation_id", "id"),
        Index("ix_import_queue", "queued", "claimed_at"),
        Index("ix_import_fingerprint", "organisation_id", "fingerprint"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    key_id: Mapped[UUID | None]
    label: Mapped[str] = mapped_column(String(200))  # who, as the revisions will say
    scopes: Mapped[list[Any]] = mapped_column(Document)
    request_id: Mapped[str] = mapped_column(String(64))

    dataset: Mapped[str] = mapped_column(String(20))
    mode: Mapped[str] = mapped_column(String(10))
    on_error: Mapped[str] = mapped_column(String(20))
    allow_reversal: Mapped[bool] = mapped_column(Boolean, default=False)
    sheet: Mapped[str | None] = mapped_column(String(200))
    reason: Mapped[str | None] = mapped_column(String(500))

    content_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    fingerprint: Mapped[str | None] = mapped_column(String(64))  # keyed; None while it arrives
    # Everything of the file is under this key: without it nothing of the file can be read.
    data_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # the file's name, what was detected

    state: Mapped[str] = mapped_column(String(20))
    stage: Mapped[str] = mapped_column(String(10))
    queued: Mapped[bool] = mapped_column(Boolean)  # whether a worker has something to do here
    stop: Mapped[bool] = mapped_column(Boolean, default=False)  # cancelled while committing
    skip_changed: Mapped[bool] = mapped_column(Boolean, default=False)  # of an undo
    failure: Mapped[str | None] = mapped_column(String(64))  # a code of the catalogue
    facts: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)

    received_at: Mapped[datetime]
    stage_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    held_until: Mapped[datetime | None]  # of a validated file: until then it may be committed
    undo_until: Mapped[datetime | None]
    destroyed_at: Mapped[datetime | None]

    # Moments of the database's own clock, which a set clock does not move.
    claim: Mapped[UUID | None]
    claimed_at: Mapped[datetime | None]
    beat_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)  # claims since something was last got done

    batch: Mapped[int] = mapped_column(default=0)
    batches: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)  # rows of the present stage
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    restored: Mapped[int] = mapped_column(default=0)
    errors: Mapped[int] = mapped_column(default=0)
    warnings: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)  # rows that became something else meanwhile
    summary: Mapped[list[Any]] = mapped_column(Document, default=list)

    validated_revision: Mapped[int | None] = mapped_column(BigInteger)
    first_revision: Mapped[int | None] = mapped_column(BigInteger)
    last_revision: Mapped[int | None] = mapped_column(BigInteger)


class ImportPart(Base):
    """A piece of the file as it was sent, encrypted."""

    __tablename__ = "import_part"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("import.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class ImportBatch(Base):
    """Some rows of the file: as they were read (encrypted), and what became of each.

    `outcomes` holds ids and versions alone; it stays for an undo after the rows are gone.
    """

    __tablename__ = "import_batch"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("import.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rows: Mapped[int]
    data: Mapped[bytes | None] = mapped_column(LargeBinary)
    outcomes: Mapped[bytes | None] = mapped_column(LargeBinary)


class ImportProblem(Base):
    """A mistake of one row, or of the file (`row` is None)."""

    __tablename__ = "import_problem"
    __table_args__ = (Index("ix_import_problem_import_id", "import_id", "id"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("import.id"))
    batch: Mapped[int]
    row: Mapped[int | None]
    field: Mapped[str | None] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(64))
    severity: Mapped[str] = mapped_column(String(8))
    facts: Mapped[dict[str, Any]] = mapped_column(Document)
    value: Mapped[bytes | None] = mapped_column(LargeBinary)  # masked where personal, and encrypted
