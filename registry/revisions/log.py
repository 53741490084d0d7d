"""Numbers and chains the writes: one revision for every change, in the write's transaction."""

from __future__ import annotations

import hashlib
import struct
from datetime import UTC, datetime
from itertools import chain, islice
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sqlalchemy import DateTime, literal_column, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from registry.core.clock import seoul_date
from registry.core.crypto import canonical
from registry.core.prepared import in_one_trip, prepared
from registry.core.telemetry import log
from registry.core.work import Head
from registry.revisions.history import Watcher
from registry.revisions.models import Revision

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from registry.core.work import Work

ALGORITHM = "sha256-1"
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
NO_DIGEST = "0" * 64
_TABLE: Any = Revision.__table__
_COLUMNS = tuple(_TABLE.c.keys())


def with_newest(*columns: Any) -> Select[Any]:
    """A select of the newest revision, with the database's clock and other columns after it.

    One row even if there is no revision. SQLite runs in this process: its clock is this one.
    """
    newest = (
        select(Revision.number, Revision.at, Revision.digest)
        .order_by(Revision.number.desc())
        .limit(literal_column("1"))  # no parameter: the text is also run as it stands
        .subquery("newest")
    )
    one = select(literal_column("1").label("one")).subquery("one")
    return select(*newest.c, _Clock(), *columns).select_from(one.outerjoin(newest, true()))


class _Clock(FunctionElement[datetime]):
    """The moment at which the statement runs, whatever its transaction sees."""

    type = DateTime(timezone=True)
    inherit_cache = True


@compiles(_Clock, "postgresql")
def _on_the_server(*_: object, **__: object) -> str:
    return "clock_timestamp()"


@compiles(_Clock, "sqlite")
def _in_this_process(*_: object, **__: object) -> str:
    return "NULL"


def head_of(row: Sequence[Any]) -> Head:
    """The head that a row of `with_newest` tells."""
    number, at, digest, read_at = row[:4]
    if number is None:
        return Head(0, BEFORE_ALL, NO_DIGEST, read_at or datetime.now(UTC))
    return Head(number, at, digest, read_at or datetime.now(UTC))


_NEWEST = with_newest()


class RevisionLog:
    """The journal of a `Database`."""

    def head(self, session: Session, before: Any = None) -> Head:  # noqa: ANN401 - a statement
        """The newest revision that is seen, with the database's clock.

        Perhaps after another statement: on PostgreSQL each sees what was committed when its own
        turn came.
        """
        asks = [_NEWEST] if before is None else [before, _NEWEST]
        return head_of(in_one_trip(session, [(prepared(session, ask), {}) for ask in asks])[0])

    def watch(self, work: Work) -> None:
        """Begin to note the recorded rows this work writes."""
        work.notes["watcher"] = Watcher(work)

    def close(self, work: Work) -> bool:
        """Write the revision if any recorded row was written; say whether it was."""
        if (
            work.session.new or work.session.dirty or work.session.deleted
        ):  # or postings would go before the revision
            work.session.flush()
        watcher: Watcher = work.notes["watcher"]
        texts = watcher.row_texts()
        if not texts:
            return False
        revision = SimpleNamespace(  # a mapped row takes ten times as long to make
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
            content=content_digest(sorted([*texts, *work.notes.pop("posted", ())])),
            algorithm=ALGORITHM,
        )
        revision.digest = chain_digest(work.head.digest, revision)
        row = tuple(getattr(revision, name) for name in _COLUMNS)
        work.session.insert_later(_TABLE, _COLUMNS, [row])
        if revision.day != seoul_date(work.head.at):
            log.info("head", revision=work.head.number, digest=work.head.digest)
        return True

    def forget(self, work: Work) -> None:
        """Let go of what was noted: work, session and watcher know one another, and stay a while."""
        work.notes["watcher"].let_go()
        work.touched.clear()


def content_digest(texts: Iterable[bytes]) -> str:
    """The digest of a revision's row versions and postings, given in sorted order."""
    digest, left = hashlib.sha256(), iter(texts)
    while part := list(islice(left, _PART)):
        lengths = map(_length, map(len, part))
        digest.update(b"".join(chain.from_iterable(zip(lengths, part, strict=True))))
    return digest.hexdigest()


_length = struct.Struct(">Q").pack
_PART = 1000  # texts that are hashed at once: one by one takes thrice as long


def chain_digest(previous: str, revision: Revision | SimpleNamespace) -> str:
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
