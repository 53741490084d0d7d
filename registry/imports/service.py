"""What is asked of an import: to begin, to be committed, cancelled, undone."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from registry.core.problems import DomainError
from registry.imports import files, queries
from registry.imports.claims import actual
from registry.imports.datasets import dataset
from registry.imports.models import WHOLE, Import
from registry.imports.receiving import SCOPE
from registry.imports.rows import Options
from registry.imports.undoing import take_back

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.crypto import Keyring
    from registry.core.parts import Registry
    from registry.core.work import Work
    from registry.imports.receiving import Upload

CANCELLABLE = frozenset(("received", "validating", "validated", "committing"))
MAPPABLE = frozenset(("validated", "rejected"))  # nothing of the file has gone in
FIGURES = (
    "batch", "batches", "total", "done", "created", "updated", "unchanged", "rejected", "errors",
    "warnings", "changed", "attempts",
)  # fmt: skip
UNDOABLE = frozenset(("committed", "committed_partly"))


def accept(work: Work, parts: Registry, upload: Upload, *, at_once: bool = False) -> Import:
    """Promise that a stored file will be worked through; `at_once`: by whoever asks."""
    work.principal.require(SCOPE)
    row = work.session.get_one(Import, upload.id)
    row.fingerprint, row.size = upload.fingerprint, upload.size
    row.queued, row.received_at, row.stage_at = True, work.now, work.now
    row.beat_at = None
    if at_once:
        row.beat_at = row.claimed_at = actual(parts, work.session)
        row.claim, row.attempts = uuid4(), 1
    return row


def commit(work: Work, import_id: UUID, on_error: str | None = None) -> Import:
    """Take in what was validated, by and by. Raises import-not-validated, import-has-errors."""
    row = _own(work, import_id)
    if row.state != "validated":
        raise DomainError("import-not-validated", state=row.state)
    row.on_error = on_error or row.on_error
    if row.on_error == "reject_all" and row.total > WHOLE:
        raise DomainError("import-too-long-for-all", limit=WHOLE, rows=row.total)
    if row.on_error == "reject_all" and row.errors:
        raise DomainError("import-has-errors", errors=row.errors)
    row.state, row.stage, row.queued = "committing", "commit", True
    row.batch = row.done = row.attempts = 0
    row.claim, row.stage_at, row.ended_at, row.held_until = None, work.now, None, None
    row.request_id = work.request_id
    return row


def map_columns(work: Work, parts: Registry, import_id: UUID, said: dict[str, str]) -> Import:
    """Read a file anew with what its headers mean: a field each, or nothing.

    Raises import-not-validated for one that goes in or has gone in, import-destroyed,
    header-repeated.
    """
    row = _own(work, import_id)
    if row.state not in MAPPABLE or row.mode != "validate":
        raise DomainError("import-not-validated", state=row.state)
    about = files.about(parts.keyring, row)
    cipher = files.cipher_of(parts.keyring, row)
    named = about.get("named", {}) | said
    _refuse_twice(said)
    row.sealed = files.sealed(cipher, {"name": about.get("name"), "named": named})
    for figure in FIGURES:
        setattr(row, figure, 0)
    row.state, row.stage, row.queued, row.claim = "received", "receive", True, None
    row.failure, row.facts, row.summary = None, {}, []
    row.held_until = row.ended_at = row.validated_revision = None
    row.stage_at, row.request_id = work.now, work.request_id
    return row


def _refuse_twice(said: dict[str, str]) -> None:
    first: dict[str, str] = {}
    for header, name in said.items():
        if name and first.setdefault(name, header) != header:
            raise DomainError("header-repeated", first=first[name][:40], second=header[:40])


def cancel(work: Work, import_id: UUID) -> Import:
    """End an import; its file goes at once. A long one that is going in stops after its batch.

    Raises import-is-over.
    """
    row = _own(work, import_id)
    going_in = row.state == "committing" and row.total > WHOLE and row.batch > 0
    over = row.state not in CANCELLABLE or row.stage == "undo"
    if over or (row.state == "committing" and row.stage == "report"):
        raise DomainError("import-is-over", state=row.state)
    if going_in:
        row.stop = True
        return row
    row.state, row.stage, row.queued = "cancelled", "done", False
    row.claim, row.ended_at, row.destroyed_at = None, work.now, work.now
    row.held_until = None
    work.session.flush()
    files.destroy(work.session, row.id)
    work.session.refresh(row)
    return row


def undo(
    work: Work, keyring: Keyring, import_id: UUID, reason: str | None, *, skip_changed: bool
) -> Import:
    """Take an import back: at once a short one, by and by a long one.

    Raises import-not-committed, import-undo-too-late, import-built-on.
    """
    row = _own(work, import_id)
    if row.state not in UNDOABLE or row.stage == "undo":
        raise DomainError("import-not-committed", state=row.state)
    if row.undo_until is not None and row.undo_until <= work.now:
        raise DomainError("import-undo-too-late")
    row.skip_changed, row.reason = skip_changed, reason or row.reason
    row.failure, row.facts, row.request_id = None, {}, work.request_id
    if row.total > WHOLE:
        row.stage, row.queued, row.claim, row.stage_at = "undo", True, None, work.now
        row.batch = row.attempts = row.restored = 0
        return row
    work.session.flush()  # the dataset forgets what the session holds
    options = Options(keyring, reason=row.reason, skip_changed=skip_changed)
    row.restored = take_back(work, row, options)
    row.state, row.ended_at = "undone", work.now
    return row


def _own(work: Work, import_id: UUID) -> Import:
    work.principal.require(SCOPE)
    row = queries.own_import(work, import_id, locked=True)
    work.principal.require(dataset(row.dataset).scope)
    return row
