"""Sessions: who a browser's cookie speaks for, and until when.

What acts for a person is the same principal that acts for a key: the account's id stands in the
place of the key's, so that revisions, the access log and the limit of requests name the account.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, update
from sqlalchemy.exc import SQLAlchemyError

from registry.access.models import Organisation
from registry.access.principal import Principal
from registry.access.queries import seen_organisations
from registry.accounts import queries
from registry.accounts.models import COMPLETE, Account, Session
from registry.accounts.roles import scopes_of
from registry.core.crypto import new_secret, secret_digest, secrets_equal
from registry.core.problems import DomainError
from registry.core.telemetry import log
from registry.core.types import new_id

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.crypto import Keyring
    from registry.core.parts import Registry
    from registry.core.work import Work
    from registry.settings import Settings

MINUTE = timedelta(minutes=1)
LONGEST_BROWSER = 200


@dataclass(frozen=True)
class Signed:
    """A session that holds: how far it is, whose it is, and who acts through it."""

    id: UUID
    stage: str
    account_id: UUID
    name: str
    role: str
    has_factor: bool
    principal: Principal
    seen_at: datetime

    @property
    def is_complete(self) -> bool:
        """Whether all that signing in asks for was given."""
        return self.stage == COMPLETE


def begin(
    parts: Registry, account_id: UUID, stage: str, now: datetime, *, address: str, browser: str
) -> str:
    """Begin a session; what its cookie is to hold. Those of the account that are over are dropped."""
    secret = new_secret()
    with parts.database.aside() as session:
        session.execute(
            delete(Session).where(
                Session.account_id == account_id,
                Session.seen_at <= now - timedelta(minutes=parts.settings.session_idle_minutes),
            )
        )
        session.add(
            Session(
                id=new_id(), account_id=account_id, digest=secret_digest(secret), stage=stage,
                began_at=now, seen_at=now, address=address[:64], browser=browser[:LONGEST_BROWSER],
            )
        )  # fmt: skip
    return secret


def signed_in(work: Work, secret: str, settings: Settings, address: str = "") -> Signed | None:
    """The session that a cookie's secret opens, None if there is none or it is over."""
    found = queries.session_of(work.session, secret_digest(secret))
    if found is None:
        return None
    session, account = found
    idle = work.now - session.seen_at >= timedelta(minutes=settings.session_idle_minutes)
    old = work.now - session.began_at >= timedelta(hours=settings.session_hours)
    if idle or old or account.disabled_at is not None:
        return None
    return Signed(
        session.id, session.stage, account.id, account.name, account.role,
        account.factor is not None, principal_for(work, account, address), session.seen_at,
    )  # fmt: skip


def principal_for(work: Work, account: Account, address: str = "") -> Principal:
    """Who acts through an account: what the role may do, for the account's organisation."""
    organisation = work.session.get_one(Organisation, account.organisation_id)
    seen = seen_organisations(work.session, organisation, work.today)
    return Principal(
        organisation_id=organisation.id,
        organisation_code=organisation.code,
        key_id=account.id,
        label=f"{organisation.code}/@{account.name}",
        scopes=scopes_of(account.role, organisation.kind),
        organisations=tuple(each.id for each in seen),
        organisation_codes=tuple(each.code for each in seen),
        address=address,
    )


def seen(parts: Registry, signed: Signed, now: datetime) -> None:
    """Note that a session is used, at most once a minute; it never waits nor fails a request."""
    if now - signed.seen_at < MINUTE:
        return
    try:
        with parts.database.in_passing() as session:
            session.execute(update(Session).where(Session.id == signed.id).values(seen_at=now))
    except (DomainError, SQLAlchemyError) as error:
        log.info("session not noted", kind=type(error).__name__)


def end(parts: Registry, account_id: UUID, session_id: UUID | None = None) -> None:
    """End one of an account's sessions, or all of them."""
    ending = delete(Session).where(Session.account_id == account_id)
    if session_id is not None:
        ending = ending.where(Session.id == session_id)
    with parts.database.aside() as session:
        session.execute(ending)


def form_token(keyring: Keyring, secret: str) -> str:
    """What every form sent from a browser must carry: another site cannot know it."""
    return keyring.fingerprint(b"form", secret.encode())


def form_is_ours(keyring: Keyring, secret: str, token: str) -> bool:
    """Whether a form was made for this browser."""
    return bool(secret) and secrets_equal(form_token(keyring, secret), token)
