"""Start-ups with their identifiers and dated attributes, investments and their transactions."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)  # fmt: skip
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.access.models import Organisation
from registry.core.types import Base, Document, Id
from registry.revisions.models import Recorded

TRANSACTION_SIGNS = {"contract": 1, "cancellation": -1, "disbursement": 1, "refund": -1}
CONTRACT_SIDE = ("contract", "cancellation")
PAYMENT_SIDE = ("disbursement", "refund")
ALWAYS = date.min  # the first value of a dated attribute is open to the past


class Startup(Recorded, Base):
    """A start-up, shared by all agencies; known by CRN if it has one, else by BRN.

    `unit_id` is the start-up it is counted as: itself, or the one it was merged into.
    """

    __tablename__ = "startup"
    unchained = frozenset({"unit_id"})

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))  # registered it
    unit_id: Mapped[UUID] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(String(200))
    founded_on: Mapped[date | None]
    ksic_code: Mapped[str | None] = mapped_column(String(10))
    ksic_revision: Mapped[int | None]
    certificates: Mapped[list[Any]] = mapped_column(Document)
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("startup.id"))
    voided: Mapped[bool] = mapped_column(Boolean, default=False)
    void_reason: Mapped[str | None] = mapped_column(String(500))


class StartupIdentifier(Recorded, Base):
    """A BRN or CRN a start-up has or had; a value belongs to one start-up for ever."""

    __tablename__ = "startup_identifier"
    __table_args__ = (
        UniqueConstraint("kind", "value"),
        Index("ix_startup_identifier_startup", "startup_id"),
    )

    id: Mapped[Id]
    startup_id: Mapped[UUID] = mapped_column(ForeignKey("startup.id"))
    kind: Mapped[str] = mapped_column(String(20))  # business_number or corporate_number
    value: Mapped[str] = mapped_column(String(13))
    valid_from: Mapped[date]


class StartupAttribute(Recorded, Base):
    """A start-up's `field` or `district_code` from a date on; the two change independently."""

    __tablename__ = "startup_attribute"
    __table_args__ = (UniqueConstraint("startup_id", "attribute", "effective_on"),)

    id: Mapped[Id]
    startup_id: Mapped[UUID] = mapped_column(ForeignKey("startup.id"))
    attribute: Mapped[str] = mapped_column(String(20))
    effective_on: Mapped[date]
    value: Mapped[str] = mapped_column(String(64))


class Investment(Recorded, Base):
    """One investor's deal with one start-up in one round.

    `investor_key` and `fund_key` are what equality is judged by; a natural person's name is in
    the sealed document and keyed in `investor_key`.
    """

    __tablename__ = "investment"
    __table_args__ = (
        UniqueConstraint("organisation_id", "external_id"),
        Index(
            "uq_investment_deal", "startup_id", "round", "investor_key", "fund_key", "instrument",
            "contracted_on", unique=True,
            sqlite_where=text("NOT voided"), postgresql_where=text("NOT voided"),
        ),
    )  # fmt: skip
    unchained = frozenset({"document", "data_key", "investor_key"})
    sealed_column = "document"

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    startup_id: Mapped[UUID] = mapped_column(ForeignKey("startup.id"), index=True)
    external_id: Mapped[str | None] = mapped_column(String(100))
    round: Mapped[str] = mapped_column(String(64))
    round_closed_on: Mapped[date | None]
    investor_kind: Mapped[str] = mapped_column(String(64))
    investor_name: Mapped[str | None] = mapped_column(String(200))
    investor_business_number: Mapped[str | None] = mapped_column(String(10))
    investor_key: Mapped[str] = mapped_column(String(300))
    document: Mapped[bytes | None] = mapped_column(LargeBinary)
    data_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    document_mac: Mapped[str | None] = mapped_column(String(64))
    fund: Mapped[str | None] = mapped_column(String(200))
    fund_key: Mapped[str] = mapped_column(String(200), default="")
    instrument: Mapped[str] = mapped_column(String(64))
    shares: Mapped[str | None] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(64))
    contracted_on: Mapped[date] = mapped_column(index=True)
    currency: Mapped[str] = mapped_column(String(3))
    note: Mapped[str | None] = mapped_column(String(2000))
    voided: Mapped[bool] = mapped_column(Boolean, default=False)
    void_reason: Mapped[str | None] = mapped_column(String(500))

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)
    startup: Mapped[Startup] = relationship(lazy="joined", innerjoin=True)

    @property
    def organisation_code(self) -> str:
        """The agency's code."""
        return self.organisation.code

    @property
    def unit_id(self) -> UUID:
        """The start-up it counts under: its own, or the one that was merged into."""
        return self.startup.unit_id


class Transaction(Recorded, Base):
    """A dated, immutable movement of an investment; the kind (and being a reversal) gives the sign.

    `original_e4` is the amount in `currency` in ten-thousandths, `fx_rate_e6` the won for one unit
    in millionths; both null for won. A contract in won may be paid in any currency, another only
    in its own.
    """

    __tablename__ = "investment_transaction"
    __table_args__ = (
        UniqueConstraint("organisation_id", "external_id"),
        UniqueConstraint("reverses_id"),
        CheckConstraint("amount_krw > 0", name="amount"),
        CheckConstraint("sign IN (-1, 1)", name="sign"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    investment_id: Mapped[UUID] = mapped_column(ForeignKey("investment.id"), index=True)
    external_id: Mapped[str | None] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    sign: Mapped[int] = mapped_column(SmallInteger)
    effective_on: Mapped[date]
    amount_krw: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3), default="KRW")
    original_e4: Mapped[int | None] = mapped_column(BigInteger)
    fx_rate_e6: Mapped[int | None] = mapped_column(BigInteger)
    opening: Mapped[bool] = mapped_column(Boolean, default=False)  # the contract made with the deal
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("investment_transaction.id"))
    reason: Mapped[str | None] = mapped_column(String(500))


class InvestmentDuplicate(Recorded, Base):
    """Two investments that may be the same money, for the city to look at."""

    __tablename__ = "investment_duplicate"
    __table_args__ = (UniqueConstraint("investment_a_id", "investment_b_id"),)

    id: Mapped[Id]
    investment_a_id: Mapped[UUID] = mapped_column(ForeignKey("investment.id"))
    investment_b_id: Mapped[UUID] = mapped_column(ForeignKey("investment.id"), index=True)
    state: Mapped[str] = mapped_column(String(10))  # open, dismissed, kept_a, kept_b
