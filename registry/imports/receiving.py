"""Taking a file in: it is stored, encrypted, piece by piece, before anything is promised."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from registry.core.problems import DomainError
from registry.core.text import is_hostile, looks_like_resident_number, nfc
from registry.core.types import new_id
from registry.imports import files
from registry.imports.claims import actual
from registry.imports.datasets import dataset
from registry.imports.models import Import

if TYPE_CHECKING:
    from uuid import UUID

    from registry.access.principal import Principal
    from registry.core.crypto import RowCipher
    from registry.core.parts import Registry

SCOPE = "imports:write"
LONGEST_NAME = 200
OPTIONS = ("dataset", "mode", "on_error", "allow_reversal", "sheet", "reason")


def file_name(said: str) -> str | None:
    """A file's name without folders, if it may be shown; it is never opened."""
    name = nfc(said)
    if not name or is_hostile(name) or looks_like_resident_number(name):
        return None
    return re.split(r"[/\\]", name)[-1][:LONGEST_NAME]


@dataclass(frozen=True)
class Upload:
    """A file that is stored and not yet accepted; unless it is, nothing will be done with it."""

    parts: Registry
    id: UUID
    fingerprint: str
    size: int
    lines: int

    def discard(self) -> None:
        """Forget the file."""
        with self.parts.database.aside() as session:
            files.forget(session, self.id)


def store(
    parts: Registry,
    principal: Principal,
    request_id: str,
    options: dict[str, Any],
    stream: files.Readable,
    *,
    name: str | None,
    content_type: str,
) -> Upload:
    """Store a file of the asker's organisation. Raises forbidden, payload-too-large, file-empty."""
    principal.require(SCOPE)
    principal.require(dataset(options["dataset"]).scope)
    import_id = new_id()
    data_key = parts.keyring.new_data_key(import_id)
    cipher = parts.keyring.cipher(data_key, import_id)
    row = Import(
        id=import_id, organisation_id=principal.organisation_id, key_id=principal.key_id,
        label=principal.label, scopes=sorted(principal.scopes), request_id=request_id,
        content_type=content_type, data_key=data_key, state="received", stage="receive",
        sealed=files.sealed(cipher, {"name": name}), queued=False,
        **{option: options[option] for option in OPTIONS},
    )  # fmt: skip
    with parts.database.aside() as session:
        moment = actual(parts, session)
        row.beat_at, row.received_at = moment, parts.clock.now(moment)
        row.stage_at = row.received_at
        session.add(row)
    try:
        digest = _stored(parts, cipher, import_id, stream)
    except BaseException:
        with parts.database.aside() as session:
            files.forget(session, import_id)
        raise
    fingerprint = digest.fingerprint(parts.keyring, options["dataset"])
    return Upload(parts, import_id, fingerprint, digest.size, digest.lines)


def _stored(
    parts: Registry, cipher: RowCipher, import_id: UUID, stream: files.Readable
) -> files.Digest:
    digest = files.Digest()
    limit = parts.settings.import_limit_bytes
    for number, piece in enumerate(files.pieces(stream, limit)):
        parts.database.require_room()
        digest.add(piece)
        with parts.database.aside() as session:
            files.keep_piece(session, cipher, import_id, number, piece)
            arriving = update(Import).where(Import.id == import_id)
            session.execute(arriving.values(beat_at=actual(parts, session)))
    if not digest.size:
        raise DomainError("file-empty")
    return digest
