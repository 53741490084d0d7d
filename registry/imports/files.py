"""The file of an import as it is kept: encrypted pieces in the database, read like a file.

In the database, so that every worker sees it and one backup holds it; encrypted under a key of
the import's own, so that destroying the key destroys the file. Nothing of it touches the disk.
"""

from __future__ import annotations

import hashlib
import io
import json
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import delete, select, update

from registry.core.problems import DomainError
from registry.imports.models import Import, ImportBatch, ImportPart, ImportProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session

    from registry.core.crypto import Keyring, RowCipher
    from registry.core.db import Database

PIECE = 1 << 20
SEALED = "about"


class Readable(Protocol):
    """What a file is read from as it arrives."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


def pieces(stream: Readable, limit: int) -> Iterator[bytes]:
    """The stream in pieces of equal size, the last may be shorter. Raises payload-too-large."""
    size = 0
    while piece := _filled(stream):
        size += len(piece)
        if size > limit:
            raise DomainError("payload-too-large", limit=limit)
        yield piece


def _filled(stream: Readable) -> bytes:
    found = bytearray()
    while len(found) < PIECE:
        more = stream.read(PIECE - len(found))
        if not more:
            break
        found += more
    return bytes(found)


class Digest:
    """What equal files have in common, and how many lines a text has."""

    def __init__(self) -> None:
        self._sha = hashlib.sha256()
        self.size = self.lines = 0

    def add(self, piece: bytes) -> None:
        """Take in the next piece."""
        self._sha.update(piece)
        self.size += len(piece)
        self.lines += piece.count(b"\n")

    def fingerprint(self, keyring: Keyring, dataset: str) -> str:
        """Equal for equal files of a dataset; keyed, so that it tells nothing."""
        return keyring.fingerprint(dataset.encode(), self._sha.digest())


def cipher_of(keyring: Keyring, row: Import) -> RowCipher:
    """What encrypts an import's pieces. Raises import-destroyed once its key is gone."""
    if row.data_key is None:
        raise DomainError("import-destroyed")
    return keyring.cipher(row.data_key, row.id)


def sealed(cipher: RowCipher, about: dict[str, Any]) -> bytes:
    """What is known about the file, encrypted: its name and headers may be personal."""
    text = json.dumps(about, ensure_ascii=False, default=str)
    return cipher.encrypt(text.encode(), SEALED)


def about(keyring: Keyring, row: Import) -> dict[str, Any]:
    """What `sealed` was given; nothing once the key is gone."""
    if row.data_key is None or row.sealed is None:
        return {}
    found: dict[str, Any] = json.loads(cipher_of(keyring, row).decrypt(row.sealed, SEALED))
    return found


def keep_piece(
    session: Session, cipher: RowCipher, import_id: UUID, number: int, piece: bytes
) -> None:
    """Keep a piece of the file, encrypted and bound to its place."""
    data = cipher.encrypt(piece, f"part {number}")
    session.add(ImportPart(import_id=import_id, number=number, data=data))


class StoredFile(io.RawIOBase):
    """Reads a kept file from the database, a piece at a time; seekable, as a workbook needs."""

    def __init__(self, database: Database, cipher: RowCipher, import_id: UUID, size: int) -> None:
        super().__init__()
        self._database, self._cipher = database, cipher
        self._import_id, self._size = import_id, size
        self._at, self._number, self._piece = 0, -1, b""

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - what io hands over
        """Read on, at most to the end of the piece."""
        number, offset = divmod(self._at, PIECE)
        if self._at >= self._size:
            return 0
        if number != self._number:
            self._piece, self._number = self._loaded(number), number
        found = self._piece[offset : offset + len(buffer)]
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def _loaded(self, number: int) -> bytes:
        with self._database.reading() as work:
            data = work.session.scalar(
                select(ImportPart.data).where(
                    ImportPart.import_id == self._import_id, ImportPart.number == number
                )
            )
        if data is None:
            raise DomainError("import-destroyed")
        return self._cipher.decrypt(data, f"part {number}")


def opened(
    database: Database, keyring: Keyring, row: Import
) -> tuple[io.BufferedReader, Callable[[], int]]:
    """The kept file, and what tells how far it has been read."""
    raw = StoredFile(database, cipher_of(keyring, row), row.id, row.size)
    return io.BufferedReader(raw, 1 << 16), raw.tell


def destroy(session: Session, import_id: UUID, **values: Any) -> None:
    """Destroy the file, its key, and every value read from it; what was counted stays."""
    session.execute(delete(ImportPart).where(ImportPart.import_id == import_id))
    of_problems = ImportProblem.import_id == import_id
    session.execute(update(ImportProblem).where(of_problems).values(value=None))
    of_batches = ImportBatch.import_id == import_id
    session.execute(update(ImportBatch).where(of_batches).values(data=None))
    gone = {"data_key": None, "sealed": None} | values
    session.execute(update(Import).where(Import.id == import_id).values(**gone))


def forget(session: Session, import_id: UUID) -> None:
    """Forget an import that was never promised, altogether."""
    for model in (ImportPart, ImportBatch, ImportProblem):
        session.execute(delete(model).where(model.import_id == import_id))
    session.execute(delete(Import).where(Import.id == import_id))
