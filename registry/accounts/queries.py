"""Selects over accounts, sessions and links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select

from registry.access.queries import managed_organisation
from registry.accounts.models import Account, Attempts, OneTimeLink, Session
from registry.core.problems import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from sqlalchemy.orm import Session as DatabaseSession

    from registry.core.work import Work


def accounts_of(work: Work, organisation_id: UUID) -> Select[Account]:
    """The accounts of an organisation whose keys the asker manages. Raises not-found."""
    work.principal.require("keys:manage")
    owner = managed_organisation(work, organisation_id)
    return select(Account).where(Account.organisation_id == owner.id)


def managed_account(work: Work, account_id: UUID) -> Account:
    """One account that the asker manages: of its own organisation, the admin's any."""
    work.principal.require("keys:manage")
    wanted = select(Account).where(Account.id == account_id)
    if not work.principal.holds("admin"):
        wanted = wanted.where(Account.organisation_id == work.principal.organisation_id)
    found = work.session.scalars(wanted).one_or_none()
    if found is None:
        raise DomainError("not-found")
    return found


def account_named(session: DatabaseSession, name: str) -> Account | None:
    """The account of a sign-in name, whatever its case."""
    return session.scalars(select(Account).where(Account.name == name.lower())).one_or_none()


def names_of(session: DatabaseSession, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """The sign-in names of some accounts by their ids; ids of no account are left out."""
    wanted = {each for each in ids if each is not None}
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(wanted)))
    return {row.id: f"@{row.name}" for row in rows}


def attempts_at(session: DatabaseSession, account_id: UUID) -> Attempts:
    """The account's failed attempts, locked until the transaction ends."""
    wanted = select(Attempts).where(Attempts.account_id == account_id)
    found = session.scalars(wanted.with_for_update()).one_or_none()
    if found is None:
        found = Attempts(account_id=account_id, failed=0, locked_until=None, factor_step=-1)
        session.add(found)
    return found


def session_of(session: DatabaseSession, digest: str) -> tuple[Session, Account] | None:
    """The session of a cookie's digest, with its account."""
    found: Any = session.execute(
        select(Session, Account)
        .join(Account, Account.id == Session.account_id)
        .where(Session.digest == digest)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def sessions_of(session: DatabaseSession, account_id: UUID) -> list[Session]:
    """The sessions of an account, the one seen last first."""
    return list(
        session.scalars(
            select(Session)
            .where(Session.account_id == account_id)
            .order_by(Session.seen_at.desc(), Session.id)
        )
    )


def link_of(session: DatabaseSession, digest: str) -> tuple[OneTimeLink, Account] | None:
    """The link of a digest, with its account."""
    found: Any = session.execute(
        select(OneTimeLink, Account)
        .join(Account, Account.id == OneTimeLink.account_id)
        .where(OneTimeLink.digest == digest)
    ).one_or_none()
    return None if found is None else (found[0], found[1])
