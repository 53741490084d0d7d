"""Secrets: sealed personal documents, identity hashes, API-key digests, fingerprints.

The personal values of a record are one document under a data key of that record (AES-256-GCM,
bound to the row's id); data keys are wrapped by master keys, so rotation re-wraps keys and
touches no document. Destroying a row's data key makes its document, its earlier versions and
the keyed digest of them meaningless, while everything else of the row stays as it is.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry.core.text import normal_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from registry.settings import NamedKey, Settings

NONCE_BYTES, KEY_BYTES = 12, 32
_NOISE = KEY_BYTES + 2 * NONCE_BYTES  # of a new row: its data key, and the nonces of both
_BLOCK = 64  # bytes, of SHA-256
# Of an identity: among ten million people two are alike by chance in one of 10^24 cases.
_DIGITS = 32
FULL, PARTIAL = "full", "partial"


class Sealed(NamedTuple):  # a tuple: an import makes millions
    """An encrypted document, its wrapped data key, and the keyed digest of what it says."""

    document: bytes
    data_key: bytes
    mac: str


class Identity(NamedTuple):  # a tuple: an import makes millions
    """A keyed hash of who somebody is: `full` with the mobile, `partial` without."""

    kind: str
    key_id: str
    digest: str


def current_of(identities: Sequence[Identity]) -> list[Identity]:
    """Those of a person's hashes under every key that are stored: those under the current one."""
    current = identities[0][1]
    return [identity for identity in identities if identity[1] == current]


class Prepared:
    """HMAC-SHA-256 under one key, its two pads hashed beforehand: a third of the time for many."""

    def __init__(self, key: bytes) -> None:
        block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block)).copy
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block)).copy

    def digest(self, text: bytes) -> str:
        """The keyed hash of a text, cut to 128 bits (RFC 2104, 5)."""
        inner, outer = self._inner(), self._outer()
        inner.update(text)
        outer.update(inner.digest())
        return outer.hexdigest()[:_DIGITS]


class RowCipher:
    """Encrypts the pieces of one row under its data key; each is bound to what it is."""

    def __init__(self, key: bytes, row: UUID) -> None:
        self._cipher = AESGCM(key)
        self._row = row.bytes

    def encrypt(self, plain: bytes, piece: str) -> bytes:
        """The piece, readable only as the same piece of the same row."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, self._row + piece.encode())

    def decrypt(self, kept: bytes, piece: str) -> bytes:
        """What `encrypt` was given. Raises cryptography's InvalidTag if it is another piece."""
        nonce, rest = kept[:NONCE_BYTES], kept[NONCE_BYTES:]
        return self._cipher.decrypt(nonce, rest, self._row + piece.encode())


class Master:
    """A master key, ready to wrap data keys: `head` is what stands before one that it wrapped."""

    def __init__(self, key: NamedKey) -> None:
        self.name = key.id.encode()
        self.head = bytes([len(self.name)]) + self.name
        self.cipher = AESGCM(key.secret)


class Keyring:
    """The keys of one installation and all that is done with them."""

    def __init__(self, settings: Settings) -> None:
        self._masters = {key.id: Master(key) for key in settings.encryption_keys}
        self._hashers = [(key.id, Prepared(key.secret)) for key in settings.identity_keys]
        self._current = self._masters[settings.encryption_keys[0].id]
        self._identity = settings.identity_keys
        self._secret = hashlib.sha256(settings.secret_key.encode()).digest()

    def seal(self, values: Mapping[str, Any], row: UUID, data_key: bytes | None = None) -> Sealed:
        """Encrypt a row's personal values, under its present data key if it has one."""
        plain = canonical(values)
        if not data_key:
            return self.seal_text(plain, row)
        key, nonce = self._unwrap(data_key, row), os.urandom(NONCE_BYTES)
        document = nonce + AESGCM(key).encrypt(nonce, plain, row.bytes)
        return Sealed(document, data_key, _mac(key, row, plain))

    def seal_texts(self, plains: Sequence[bytes], rows: Sequence[UUID]) -> list[Sealed]:
        """As `seal_text`, of many; the system is asked once for all their randomness."""
        noise = os.urandom(_NOISE * len(rows))
        pieces = (noise[start : start + _NOISE] for start in range(0, len(noise), _NOISE))
        return list(map(self._sealed, plains, rows, pieces))

    def seal_text(self, plain: bytes, row: UUID) -> Sealed:
        """As `seal`, of a new row's values as `canonical` text."""
        return self._sealed(plain, row, os.urandom(_NOISE))

    def _sealed(self, plain: bytes, row: UUID, noise: bytes) -> Sealed:
        bound, master = row.bytes, self._current
        key, nonce, other = noise[:KEY_BYTES], noise[KEY_BYTES:-NONCE_BYTES], noise[-NONCE_BYTES:]
        document = nonce + AESGCM(key).encrypt(nonce, plain, bound)
        wrapped = master.cipher.encrypt(other, key, bound + master.name)
        mac = hmac.digest(key, b"mac" + bound + plain, "sha256").hex()
        return Sealed(document, master.head + other + wrapped, mac)

    def attests(self, plain: bytes, data_key: bytes, row: UUID, mac: str) -> bool:
        """Whether the keyed digest of a row's document is of this `canonical` text."""
        return hmac.compare_digest(_mac(self._unwrap(data_key, row), row, plain), mac)

    def open(self, document: bytes, data_key: bytes, row: UUID) -> dict[str, Any]:
        """Decrypt a row's personal values. Raises cryptography's InvalidTag if tampered with."""
        key = self._unwrap(data_key, row)
        plain = AESGCM(key).decrypt(document[:NONCE_BYTES], document[NONCE_BYTES:], row.bytes)
        values: dict[str, Any] = json.loads(plain.decode())  # bytes it would sniff at first
        return values

    def new_data_key(self, row: UUID) -> bytes:
        """A new data key of a row, wrapped under the current master key."""
        return self._wrap(self._current, AESGCM.generate_key(256), row)

    def cipher(self, data_key: bytes, row: UUID) -> RowCipher:
        """What encrypts the pieces of a row under its wrapped data key."""
        return RowCipher(self._unwrap(data_key, row), row)

    def vouches(self, document: bytes, data_key: bytes, row: UUID, mac: str) -> bool:
        """Whether a sealed document says what its keyed digest is of. Raises InvalidTag."""
        key = self._unwrap(data_key, row)
        plain = AESGCM(key).decrypt(document[:NONCE_BYTES], document[NONCE_BYTES:], row.bytes)
        return hmac.compare_digest(_mac(key, row, plain), mac)

    def rewrap(self, data_key: bytes, row: UUID) -> bytes:
        """The same data key under the current master key."""
        return self._wrap(self._current, self._unwrap(data_key, row), row)

    def is_current(self, data_key: bytes) -> bool:
        """Whether a wrapped key is under the current master key."""
        return self._master_of(data_key) is self._current

    def _wrap(self, master: Master, key: bytes, row: UUID) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return master.head + nonce + master.cipher.encrypt(nonce, key, row.bytes + master.name)

    def _master_of(self, data_key: bytes) -> Master:
        if data_key.startswith(self._current.head):
            return self._current
        return self._masters[data_key[1 : 1 + data_key[0]].decode()]

    def _unwrap(self, data_key: bytes, row: UUID) -> bytes:
        master = self._master_of(data_key)
        start = len(master.head) + NONCE_BYTES
        nonce = data_key[start - NONCE_BYTES : start]
        return master.cipher.decrypt(nonce, data_key[start:], row.bytes + master.name)

    def identities(
        self,
        name: str,
        birth_date: date,
        mobile: str | None,
        *,
        every_key: bool = False,
        fullest: bool = False,
    ) -> tuple[Identity, ...]:
        """The keyed hashes of a person: under the current key to store, every key to look up.

        The first half of HMAC-SHA-256 over `name|YYYYMMDD|+8210XXXXXXXX`; no mobile, no full one.
        `fullest`: where there is a full one, it alone.
        """
        partial = f"{normal_name(name)}|{_digits(birth_date)}"
        full = f"{partial}|{mobile}".encode() if mobile else None
        said = partial.encode() if full is None or not fullest else None
        found = []
        for key_id, hasher in self._hashers if every_key else self._hashers[:1]:
            if said is not None:
                found.append(Identity(PARTIAL, key_id, hasher.digest(said)))
            if full is not None:
                found.append(Identity(FULL, key_id, hasher.digest(full)))
        return tuple(found)

    def pseudonyms(self, text: str) -> tuple[str, ...]:
        """Keyed hashes of a natural person's name where only equality matters.

        Under every active key: the first, the current key's, is stored; all are looked up.
        """
        return tuple(
            f"{key.id}:{hmac.new(key.secret, text.encode(), hashlib.sha256).hexdigest()}"
            for key in self._identity
        )

    def fingerprint(self, *parts: bytes) -> str:
        """A keyed digest of a request: equal requests have equal ones, and it tells nothing."""
        mac = hmac.new(self._secret, digestmod=hashlib.sha256)
        for part in parts:
            mac.update(len(part).to_bytes(8, "big") + part)
        return mac.hexdigest()


@lru_cache(maxsize=1 << 15)
def _digits(day: date) -> str:
    """A day as YYYYMMDD: there are few, and every batch has the same."""
    return day.isoformat().replace("-", "")


def _mac(key: bytes, row: UUID, plain: bytes) -> str:
    return hmac.digest(key, b"mac" + row.bytes + plain, "sha256").hex()


def canonical(value: object) -> bytes:
    """The one JSON text of a value: sorted keys, no spaces, UTF-8."""
    return _encoder.encode(value).encode()


_encoder = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str
)  # made once: making one takes as long as using it


def new_secret() -> str:
    """A secret of 256 bits, in URL-safe text."""
    return secrets.token_urlsafe(32)


def secret_digest(secret: str) -> str:
    """What is stored of a secret: it has 256 bits of its own, so a plain digest is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def secrets_equal(one: str, other: str) -> bool:
    """Compare two digests in constant time."""
    return hmac.compare_digest(one, other)
