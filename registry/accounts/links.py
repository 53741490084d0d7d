"""A one-time link taken up: the password and the second factor are set, and the link is spent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import update
from sqlalchemy.engine import CursorResult

from registry.accounts import factor, passwords, queries
from registry.accounts.models import OneTimeLink
from registry.accounts.sessions import principal_for
from registry.core.crypto import secret_digest
from registry.core.problems import DomainError, Flaw, Invalid

if TYPE_CHECKING:
    from registry.accounts.models import Account
    from registry.core.parts import Registry
    from registry.core.work import Work


def opened(work: Work, secret: str) -> tuple[OneTimeLink, Account]:
    """A link that can be taken up, with its account. Raises link-spent for any other."""
    found = queries.link_of(work.session, secret_digest(secret))
    if found is None:
        raise DomainError("link-spent")
    link, account = found
    late = link.expires_at <= work.now
    if late or link.used_at is not None or account.disabled_at is not None:
        raise DomainError("link-spent")
    return link, account


def take_up(
    parts: Registry, secret: str, said: dict[str, str], *, needs_factor: bool, request_id: str
) -> Account:
    """Set password and second factor by a link; a second factor may be left out if none is needed.

    Raises link-spent, and Invalid for what is wrong with the password or the code.
    """
    with parts.database.reading() as work:
        link, account = opened(work, secret)
        principal = principal_for(work, account)
        offered = factor.proposed(parts.keyring, link.id)
        _check(account, said, offered, work, needs_factor=needs_factor)
    kept = passwords.hashed(said["password"])
    with parts.database.writing(principal, request_id=request_id) as work:
        link, account = opened(work, secret)
        _spend(work, link)
        account.password, account.password_at = kept, work.now
        if said["code"]:
            factor.keep(parts.keyring, account, offered, work.now)
        work.action = "account.set-password"
    return account


def _check(
    account: Account, said: dict[str, str], offered: str, work: Work, *, needs_factor: bool
) -> None:
    flaws = passwords.flaws_of(said["password"], account.name)
    if said["password"] != said["again"]:
        flaws.append(Flaw("passwords-differ", "/again"))
    wanted = needs_factor or said["code"]
    if wanted and factor.step_of(offered, said["code"], work.now) is None:
        flaws.append(Flaw("code-wrong", "/code"))
    if flaws:
        raise Invalid(*flaws)


def _spend(work: Work, link: OneTimeLink) -> None:
    spent: Any = work.session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None))
        .values(used_at=work.now)
    )
    result: CursorResult[Any] = spent
    if result.rowcount != 1:
        raise DomainError("link-spent")
