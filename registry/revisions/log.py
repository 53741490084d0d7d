"""Numbers and chains the writes: one revision for every change, in the write's transaction."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import DateTime, func, select, true
from sqlalchemy.orm import Session

from registry.core.clock import seoul_date
from registry.core.crypto import canonical
from registry.core.db import Head
from registry.core.telemetry import log
from registry.revisions.history import Watcher
from registry.revisions.models import Revision

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.core.db import Work

ALGORITHM = "sha256-1"
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
NO_DIGEST = "0" * 64


class RevisionLog:
    """The journal of a `Database`."""

    def head(self, session: Session) -> Head:
        """The newest revision this session's snapshot sees, with the database's clock."""
        newest = (
            select(Revision.number, Revision.at, Revision.digest)
            .order_by(Revision.number.desc())
            .limit(1)
            .subquery()
        )
        if session.get_bind().dialect.name == "sqlite":
            row = session.execute(select(newest)).one_or_none()
            read_at = datetime.now(UTC)  # SQLite runs in this process: its clock is this one
        else:
            moment = func.clock_timestamp(type_=DateTime(timezone=True)).label("read_at")
            one = select(moment).subquery()
            row = session.execute(
                select(newest, one.c.read_at).select_from(one.outerjoin(newest, true()))
            ).one()
            read_at = row.read_at
        if row is None or row.number is None:
            return Head(0, BEFORE_ALL, NO_DIGEST, read_at)
        return Head(row.number, row.at, row.digest, read_at)

    def watch(self, work: Work) -> None:
        """Begin to note the recorded rows this work writes."""
        work.notes["watcher"] = Watcher(work)

    def close(self, work: Work) -> bool:
        """Write the revision if any recorded row was written; say whether it was."""
        work.session.flush()
        watcher: Watcher = work.notes["watcher"]
        texts = watcher.row_texts()
        if not texts:
            return False
        revision = Revision(
            number=work.revision,
            at=work.now,
            day=seoul_date(work.now),
            organisation_id=work.principal.organisation_id,
            key_id=work.principal.key_id,
            actor=work.principal.label,
            request_id=work.request_id,
            action=work.action,
            reason=work.reason,
            rows=len(texts),
            content=content_digest(sorted([*texts, *work.notes.get("posted", ())])),
            algorithm=ALGORITHM,
        )
        revision.digest = chain_digest(work.head.digest, revision)
        work.session.add(revision)
        work.session.flush()
        if revision.day != seoul_date(work.head.at):
            log.info("head", revision=work.head.number, digest=work.head.digest)
        return True


def content_digest(texts: Iterable[bytes]) -> str:
    """The digest of a revision's row versions and postings, given in sorted order."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(len(text).to_bytes(8, "big") + text)
    return digest.hexdigest()


def chain_digest(previous: str, revision: Revision) -> str:
    """The digest that chains a revision to the one before."""
    fields = [
        previous,
        revision.number,
        revision.at.astimezone(UTC).isoformat(),
        revision.day.isoformat(),
        str(revision.organisation_id),
        str(revision.key_id),
        revision.actor,
        revision.request_id,
        revision.action,
        revision.reason,
        revision.rows,
        revision.content,
        revision.algorithm,
    ]
    return hashlib.sha256(canonical(fields)).hexdigest()
