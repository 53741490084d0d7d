"""The second factor: codes of thirty seconds (RFC 6238) out of an app on a phone."""

from __future__ import annotations

import base64
import hmac
from io import BytesIO
from typing import TYPE_CHECKING

import pyotp
import segno

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from registry.accounts.models import Account
    from registry.core.crypto import Keyring

SECONDS = 30
SECRET_BYTES = 20
PIECE = "factor"
ISSUER = "Busan Registry"


def proposed(keyring: Keyring, purpose: UUID) -> str:
    """The secret offered for a link or a session: the same each time its page is shown."""
    digest = keyring.fingerprint(b"second factor", purpose.bytes)
    return base64.b32encode(bytes.fromhex(digest)[:SECRET_BYTES]).decode()


def picture(secret: str, name: str) -> str:
    """The secret as a QR code: an SVG element without any style of its own."""
    address = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)
    drawn = BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgclass="qr", lineclass=None, scale=4, border=4,
        light="white",
    )  # fmt: skip
    return drawn.getvalue().decode()


def keep(keyring: Keyring, account: Account, secret: str, now: datetime) -> None:
    """Make a secret the account's second factor, encrypted under a key of its own."""
    account.data_key = keyring.new_data_key(account.id)
    account.factor = keyring.cipher(account.data_key, account.id).encrypt(secret.encode(), PIECE)
    account.factor_at = now


def secret_of(keyring: Keyring, account: Account) -> str | None:
    """The account's secret, None without a second factor."""
    if account.factor is None or account.data_key is None:
        return None
    return keyring.cipher(account.data_key, account.id).decrypt(account.factor, PIECE).decode()


def step_of(secret: str, code: str, now: datetime, after: int = -1) -> int | None:
    """The step of thirty seconds that a code is of: this one or one beside it, later than `after`.

    None for any other code. A code is taken once: its step is the next time's `after`.
    """
    code = "".join(code.split())
    present = int(now.timestamp()) // SECONDS
    totp = pyotp.TOTP(secret)
    for step in (present - 1, present, present + 1):
        right = hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
        if right and step > after:
            return step
    return None
