"""The ledger's tables, one set per dataset, and the parameters of the counting rules.

Double-entry bookkeeping for counts: `posting` holds every signed change of what is counted, and
is the only state of it; `figure` and `total` are its sums per recorded day and in all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)  # fmt: skip
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.types import Base, Document, Id, Serial
from registry.revisions.models import Recorded


class Rule(Recorded, Base):
    """A counting rule's parameters as data; its statements are code under the same name."""

    __tablename__ = "rule"
    __table_args__ = (UniqueConstraint("dataset", "number"),)

    id: Mapped[Id]
    dataset: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]
    parameters: Mapped[dict[str, Any]] = mapped_column(Document)


@dataclass(frozen=True)
class LedgerTables:
    """One dataset's cells, postings and sums, with the names of its dimensions and measures."""

    dataset: str
    dimensions: tuple[str, ...]
    measures: tuple[str, ...]
    cell: Table
    posting: Table
    figure: Table
    period: Table
    total: Table


def _ledger(
    dataset: str,
    dimensions: tuple[str, ...],
    measures: tuple[str, ...],
    kind: type[SmallInteger | BigInteger],
) -> LedgerTables:
    name = dataset.removesuffix("s")
    metadata = Base.metadata

    def columns(of: type[SmallInteger | BigInteger]) -> list[Column[int]]:
        return [Column(measure, of, nullable=False) for measure in measures]

    cell = Table(
        f"{name}_cell",
        metadata,
        Column("id", Serial, primary_key=True),
        Column("organisation_id", Uuid, nullable=False),
        *(Column(d, String(64), nullable=False) for d in dimensions),
        UniqueConstraint("organisation_id", *dimensions, name=f"uq_{name}_cell"),
    )

    def cell_id(**options: Any) -> Column[int]:
        return Column("cell_id", BigInteger, ForeignKey(cell.c.id), nullable=False, **options)

    posting = Table(
        f"{name}_posting",
        metadata,
        Column("revision", BigInteger, nullable=False),
        Column("record_id", Uuid, nullable=False, index=True),
        # No foreign key: the statement that posts takes it from the cells, and what is posted is
        # summed up in the same transaction, into sums that do have one.
        Column("cell_id", BigInteger, nullable=False),
        Column("month", Integer, nullable=False),
        *columns(kind),
        Index(f"ix_{name}_posting_revision", "revision"),
        Index(f"ix_{name}_posting_cell", "cell_id", "month"),
    )
    figure = Table(
        f"{name}_figure",
        metadata,
        Column("day", Date, primary_key=True),
        Column("month", Integer, primary_key=True),
        cell_id(primary_key=True),
        *columns(BigInteger),
    )
    period = Table(
        f"{name}_period",
        metadata,
        # when it was recorded: a year (2026) or a month (202603) that is over
        Column("period", Integer, primary_key=True, autoincrement=False),
        Column("month", Integer, primary_key=True, autoincrement=False),
        cell_id(primary_key=True, autoincrement=False),
        *columns(BigInteger),
    )
    total = Table(
        f"{name}_total",
        metadata,
        Column("month", Integer, primary_key=True, autoincrement=False),
        cell_id(primary_key=True, autoincrement=False),
        *columns(BigInteger),
    )
    dimensions = ("organisation_id", *dimensions)
    return LedgerTables(dataset, dimensions, measures, cell, posting, figure, period, total)


TRAINEES = _ledger(
    "trainees",
    ("programme_kind", "field", "district"),
    ("trainees", "talents", "trainees_of_organisation", "completions", "employed", "enrolments"),
    SmallInteger,
)
INVESTMENTS = _ledger(
    "investments",
    ("field", "district", "instrument", "round", "investor_kind", "channel"),
    ("contracted_krw", "disbursed_krw", "deals", "startups_funded"),
    BigInteger,
)
LEDGERS = {tables.dataset: tables for tables in (TRAINEES, INVESTMENTS)}
