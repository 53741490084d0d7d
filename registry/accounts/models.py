"""Accounts are records like all others; sessions, links and failed attempts are no revisions."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.types import Base, Id
from registry.revisions.models import Recorded

PASSWORD, COMPLETE = "password", "complete"


class Account(Recorded, Base):
    """A person who signs in for one organisation, under a name that says nothing of the person.

    The password's hash and the second factor's secret are no part of the history; when they were
    set is, so that each change of them is an act in the log.
    """

    __tablename__ = "account"
    unchained: ClassVar[frozenset[str]] = frozenset({"password", "data_key", "factor"})

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    password: Mapped[str | None] = mapped_column(String(200))  # argon2id, with its parameters
    password_at: Mapped[datetime | None]
    data_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    factor: Mapped[bytes | None] = mapped_column(LargeBinary)  # under the data key
    factor_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class Attempts(Base):
    """How often somebody has failed to sign in to an account since the last success."""

    __tablename__ = "account_attempts"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    failed: Mapped[int]
    locked_until: Mapped[datetime | None]
    factor_step: Mapped[int]  # of the last code that was taken: none is taken twice


class Session(Base):
    """One browser in which somebody is signed in, or has given the password so far."""

    __tablename__ = "account_session"

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)  # of what the cookie holds
    stage: Mapped[str] = mapped_column(String(10))
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str] = mapped_column(String(200))


class OneTimeLink(Base):
    """A printed link with which a person sets the password and the second factor, once."""

    __tablename__ = "account_link"

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
