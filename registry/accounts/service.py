"""Accounts: invited, reset, given another role, closed; each act is a revision like all others."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, update

from registry.access.queries import managed_organisation
from registry.accounts import queries
from registry.accounts.models import Account, Attempts, OneTimeLink, Session
from registry.accounts.roles import check_role, scopes_of
from registry.core.crypto import new_secret, secret_digest
from registry.core.problems import DomainError, Invalid
from registry.core.types import new_id

if TYPE_CHECKING:
    from uuid import UUID

    from registry.access.models import Organisation
    from registry.core.work import Work

NAME = re.compile(r"[a-z][a-z0-9._-]{2,39}")


def invite(
    work: Work, organisation_id: UUID, name: str, role: str, hours: int
) -> tuple[Account, str]:
    """Make an account and the secret of its one-time link, shown this once.

    Raises role-not-for-kind, scope-not-held, and Invalid for a name that is taken or none.
    """
    work.principal.require("keys:manage")
    owner = managed_organisation(work, organisation_id)
    _may_give(work, owner, role)
    name = name.strip().lower()
    if NAME.fullmatch(name) is None:
        raise Invalid.at("name", "account-name")
    if queries.account_named(work.session, name) is not None:
        raise Invalid.at("name", "account-name-taken")
    account = Account(id=new_id(), organisation_id=owner.id, name=name, role=role)
    work.session.add(account)
    work.session.flush()
    work.session.add(Attempts(account_id=account.id, failed=0, locked_until=None, factor_step=-1))
    work.action = "account.invite"
    return account, _link(work, account, hours)


def reset(work: Work, account_id: UUID, hours: int) -> tuple[Account, str]:
    """Take an account's password and second factor away at once, and make a link to set new ones.

    Raises scope-not-held, account-disabled.
    """
    account = _managed(work, account_id)
    if account.disabled_at is not None:
        raise DomainError("account-disabled")
    account.password = account.password_at = None
    account.data_key = account.factor = account.factor_at = None
    work.action = "account.reset"
    end_all(work, account)
    work.session.execute(
        update(Attempts)
        .where(Attempts.account_id == account.id)
        .values(failed=0, locked_until=None)
    )
    return account, _link(work, account, hours)


def change_role(work: Work, account_id: UUID, role: str) -> Account:
    """Give an account another role; its sessions end. Raises role-not-for-kind, scope-not-held."""
    account = _managed(work, account_id)
    _may_give(work, managed_organisation(work, account.organisation_id), role)
    if account.role != role:
        account.role = role
        work.action = "account.change-role"
        end_all(work, account)
    return account


def disable(work: Work, account_id: UUID) -> Account:
    """Close an account from this moment on; nobody closes the own one. Raises own-account."""
    account = _managed(work, account_id)
    if account.id == work.principal.key_id:
        raise DomainError("own-account")
    if account.disabled_at is None:
        account.disabled_at = work.now
        work.action = "account.disable"
        end_all(work, account)
    return account


def enable(work: Work, account_id: UUID) -> Account:
    """Open a closed account again."""
    account = _managed(work, account_id)
    if account.disabled_at is not None:
        account.disabled_at = None
        work.action = "account.enable"
    return account


def end_all(work: Work, account: Account) -> None:
    """End every session of an account and every link to it."""
    work.session.execute(delete(Session).where(Session.account_id == account.id))
    work.session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.account_id == account.id, OneTimeLink.used_at.is_(None))
        .values(used_at=work.now)
    )


def _managed(work: Work, account_id: UUID) -> Account:
    """An account the asker manages and holds all that it holds, or a link would be a way up."""
    account = queries.managed_account(work, account_id)
    _may_give(work, managed_organisation(work, account.organisation_id), account.role)
    return account


def _may_give(work: Work, organisation: Organisation, role: str) -> None:
    check_role(role, organisation.kind)
    for scope in sorted(scopes_of(role, organisation.kind)):
        if not work.principal.holds(scope):
            raise DomainError("scope-not-held", scope=scope)


def _link(work: Work, account: Account, hours: int) -> str:
    secret = new_secret()
    work.session.add(
        OneTimeLink(
            account_id=account.id, digest=secret_digest(secret), made_at=work.now,
            expires_at=work.now + timedelta(hours=hours), used_at=None,
        )
    )  # fmt: skip
    return secret
