"""Signing in: the password, then the second factor, and a lock after too many failures.

An attempt is counted before it is judged and forgiven when it succeeds, so that attempts made at
the same time cannot outrun the count. What was wrong is never said: name, password or lock.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import update

from registry.accounts import factor, passwords, queries, sessions
from registry.accounts.models import COMPLETE, PASSWORD, Account, Attempts
from registry.core.problems import DomainError, Invalid
from registry.core.telemetry import log

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from registry.accounts.sessions import Signed
    from registry.core.parts import Registry


def give_password(
    parts: Registry, name: str, password: str, *, address: str, browser: str
) -> tuple[str, str]:
    """Begin a session by name and password: what its cookie holds, and how far it is.

    Raises sign-in-refused, whatever is wrong.
    """
    with parts.database.reading() as work:
        account = queries.account_named(work.session, name.strip())
        now = work.now
    open_ = account is not None and _counted(parts, account.id, now)
    right = passwords.matches(account.password if account else None, password)
    if account is None or not right or not open_ or account.disabled_at is not None:
        log.info("sign-in refused", account=str(account.id) if account else None)
        raise DomainError("sign-in-refused")
    stage = _stage_after_password(parts, account)
    _forgive(parts, account.id, all_of_them=stage == COMPLETE)
    return sessions.begin(parts, account.id, stage, now, address=address, browser=browser), stage


def _stage_after_password(parts: Registry, account: Account) -> str:
    asked_for = account.factor is not None or parts.settings.second_factor
    return PASSWORD if asked_for else COMPLETE


def give_code(parts: Registry, signed: Signed, code: str, *, address: str, browser: str) -> str:
    """Complete a session by the second factor's code; a new secret takes the old one's place.

    Raises Invalid code-wrong, sign-in-refused when the account is locked.
    """
    with parts.database.reading() as work:
        account = work.session.get_one(Account, signed.account_id)
        secret, now = factor.secret_of(parts.keyring, account), work.now
    if not _counted(parts, account.id, now):
        sessions.end(parts, account.id, signed.id)
        raise DomainError("sign-in-refused")
    if secret is None or not _took(parts, account.id, secret, code, now):
        log.info("code refused", account=str(account.id))
        raise Invalid.at("code", "code-wrong")
    sessions.end(parts, account.id, signed.id)
    return sessions.begin(parts, account.id, COMPLETE, now, address=address, browser=browser)


def add_factor(
    parts: Registry, signed: Signed, code: str, *, request_id: str, address: str, browser: str
) -> str:
    """Set the second factor of an account that has none, and complete the session.

    Raises Invalid code-wrong.
    """
    offered = factor.proposed(parts.keyring, signed.id)
    with parts.database.writing(signed.principal, request_id=request_id) as work:
        account = work.session.get_one(Account, signed.account_id)
        if account.factor is not None:
            raise DomainError("conflict")
        if factor.step_of(offered, code, work.now) is None:
            raise Invalid.at("code", "code-wrong")
        factor.keep(parts.keyring, account, offered, work.now)
        work.action = "account.set-factor"
        now = work.now
    _forgive(parts, signed.account_id, all_of_them=True)
    sessions.end(parts, signed.account_id, signed.id)
    return sessions.begin(parts, signed.account_id, COMPLETE, now, address=address, browser=browser)


def _counted(parts: Registry, account_id: UUID, now: datetime) -> bool:
    """Count an attempt; whether the account was open to it."""
    settings = parts.settings
    with parts.database.aside() as session:
        attempts = queries.attempts_at(session, account_id)
        if attempts.locked_until is not None and attempts.locked_until > now:
            return False
        if attempts.locked_until is not None:
            attempts.failed, attempts.locked_until = 0, None
        attempts.failed += 1
        if attempts.failed >= settings.sign_in_attempts:
            attempts.locked_until = now + timedelta(minutes=settings.sign_in_lock_minutes)
        return True


def _forgive(parts: Registry, account_id: UUID, *, all_of_them: bool) -> None:
    """Forgive the attempt that succeeded; the ones before it once everything was given."""
    left = 0 if all_of_them else Attempts.failed - 1
    with parts.database.aside() as session:
        session.execute(
            update(Attempts)
            .where(Attempts.account_id == account_id, Attempts.failed > 0)
            .values(failed=left, locked_until=None)
        )


def _took(parts: Registry, account_id: UUID, secret: str, code: str, now: datetime) -> bool:
    """Whether a code is right and was not used before; then the attempts are forgiven."""
    with parts.database.aside() as session:
        attempts = queries.attempts_at(session, account_id)
        step = factor.step_of(secret, code, now, attempts.factor_step)
        if step is None:
            return False
        attempts.failed, attempts.locked_until, attempts.factor_step = 0, None, step
        return True
