"""Proving the revision log: what was tampered with in the database does not match its digests.

One pass in the order of the revisions: the present rows and the superseded versions are read as
streams ordered by the revision that wrote them, merged, and each revision's content digest and
chain digest are computed anew. What is wrong comes back as findings; nothing is changed.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import and_, exists, func, select

from registry.core.clock import seoul_date
from registry.core.types import Base
from registry.revisions.history import chained_columns, plain_values, row_text
from registry.revisions.log import NO_DIGEST, chain_digest, content_digest
from registry.revisions.models import History, Recorded, Revision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from registry.core.crypto import Keyring

CHUNK = 1000
END = 2**63
Anchor = dict[int, str]
Piece = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written: its code, the revision, and a sentence.

    `record` is `kind/id` where a single row is known to be wrong.
    """

    code: str
    revision: int | None
    detail: str
    record: str | None = None


def read_anchor(text: str) -> Anchor:
    """The digests noted outside the database: lines of `number digest`. Raises ValueError."""
    anchor: Anchor = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        number, _, digest = line.partition(" ")
        anchor[int(number)] = digest.strip()
    return anchor


def verify_log(
    session: Session, anchor: Anchor | None = None, *, posted: Iterable[Iterable[Piece]]
) -> Iterator[Finding]:
    """Check every revision against the rows it wrote and the one before it, and the anchor.

    `posted` are the ledger's postings, as texts by revision: a revision's digest covers them too.
    """
    unseen = dict(anchor or {})
    written = _Written(_pieces(session, posted))
    before = _Link()
    for revision in _stream(session):
        number = revision.number
        yield from _misplaced(revision, before)
        yield from written.strays_before(number)
        texts = written.by(number)
        if content_digest(texts) != revision.content:
            yield Finding("content", number, "its rows or postings are not those it wrote")
        if unseen.pop(number, revision.digest) != revision.digest:
            yield Finding("anchor", number, "its digest is not the anchored one")
        before = _Link(number, revision.at, revision.digest)
        session.expunge(revision)
    yield from written.strays_before(END)
    for number in sorted(unseen):
        detail = f"the log ends at {before.number}: an anchored revision is gone"
        yield Finding("anchor", number, detail)


@dataclass(frozen=True, slots=True)
class _Link:
    """What the next revision follows."""

    number: int = 0
    at: datetime | None = None
    digest: str = NO_DIGEST


def _misplaced(revision: Revision, before: _Link) -> Iterator[Finding]:
    number = revision.number
    if number != before.number + 1:
        yield Finding("gap", number, f"revision {before.number + 1} is missing")
    if before.at is not None and revision.at <= before.at:
        yield Finding("moment", number, "its moment is not after the one before")
    if revision.day != seoul_date(revision.at):
        yield Finding("day", number, "its day is not its moment's day in Seoul")
    if chain_digest(before.digest, revision) != revision.digest:
        yield Finding("chain", number, "its digest does not follow from the one before")


class _Written:
    """The texts of all row versions, handed out revision by revision."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._groups = groupby(pieces, key=itemgetter(0))
        self._number: int = 0
        self._pieces: Iterator[Piece] = iter(())
        self._advance()

    def _advance(self) -> None:
        self._number, self._pieces = next(self._groups, (END, iter(())))

    def strays_before(self, number: int) -> Iterator[Finding]:
        """Skip to a revision; what is skipped belongs to none of the log."""
        while self._number < number:
            yield Finding("stray-rows", self._number, "rows name a revision the log does not have")
            self._advance()

    def by(self, number: int) -> list[bytes]:
        """The texts a revision wrote, sorted as its content digest takes them."""
        if self._number != number:
            return []
        texts = sorted(text for _, text in self._pieces)
        self._advance()
        return texts


def verify_history(session: Session) -> Iterator[Finding]:
    """Check that each superseded version ends where the next version of its row begins."""
    begins_next = (
        func.lead(History.from_revision)
        .over(partition_by=(History.kind, History.record_id), order_by=History.version)
        .label("begins_next")
    )
    versions = select(History.kind, History.record_id, History.to_revision, begins_next).subquery()
    wrong = select(versions).where(
        versions.c.begins_next.is_not(None), versions.c.begins_next != versions.c.to_revision
    )
    for row in session.execute(wrong):
        yield _broken_history(row.to_revision, row.kind, row.record_id)
    for model in _recorded():
        kind, table = model.__tablename__, model.__table__
        last = versions.c.kind == kind, versions.c.begins_next.is_(None)
        present = exists().where(
            and_(table.c.id == versions.c.record_id, table.c.revision == versions.c.to_revision)
        )
        for row in session.execute(select(versions).where(*last, ~present)):
            yield _broken_history(row.to_revision, kind, row.record_id)


def verify_sealed(session: Session, keyring: Keyring) -> Iterator[Finding]:
    """Check that every sealed document opens and says what its row's chained digest vouches for."""
    for model in _recorded():
        if model.sealed_column is None:
            continue
        columns = model.__table__.c
        rows = select(
            columns.id, columns.revision, columns.document, columns.data_key, columns.document_mac
        ).where(columns.document.is_not(None))
        for row in _stream_rows(session, rows):
            try:
                sound = keyring.vouches(row.document, row.data_key, row.id, row.document_mac)
            except (InvalidTag, LookupError, TypeError, ValueError):  # whatever garbage gives
                sound = False
            if not sound:
                record = f"{model.__tablename__}/{row.id}"
                detail = "its sealed document cannot be opened or is another one"
                yield Finding("sealed", row.revision, detail, record)


def _broken_history(revision: int, kind: str, record_id: object) -> Finding:
    detail = "a superseded version does not end where the next begins"
    return Finding("history", revision, detail, f"{kind}/{record_id}")


def _recorded() -> list[Any]:
    mapped = {mapper.class_ for mapper in Base.registry.mappers}
    return sorted(
        (model for model in mapped if issubclass(model, Recorded)), key=lambda m: m.__tablename__
    )


def _pieces(session: Session, posted: Iterable[Iterable[Piece]]) -> Iterable[Piece]:
    """The texts of all row versions and postings, by the revision that wrote them."""
    return heapq.merge(
        _superseded(session),
        *posted,
        *(_present(session, model) for model in _recorded()),
        key=itemgetter(0),
    )


def _present(session: Session, model: Any) -> Iterator[Piece]:  # noqa: ANN401
    names = chained_columns(model)
    columns = [getattr(model, name) for name in names]
    rows = select(model.id, model.version, model.revision, *columns).order_by(model.revision)
    for record_id, version, revision, *values in _stream_rows(session, rows):
        plain = plain_values(dict(zip(names, values, strict=True)))
        yield revision, row_text(model.__tablename__, record_id, version, plain)


def _superseded(session: Session) -> Iterator[Piece]:
    rows = select(
        History.from_revision, History.kind, History.record_id, History.version, History.values
    ).order_by(History.from_revision)
    for revision, kind, record_id, version, values in _stream_rows(session, rows):
        yield revision, row_text(kind, record_id, version, values)


def _stream(session: Session) -> Iterable[Revision]:
    return session.scalars(
        select(Revision).order_by(Revision.number), execution_options={"yield_per": CHUNK}
    )


def _stream_rows(session: Session, statement: Select[Any]) -> Iterable[Any]:
    return session.execute(statement, execution_options={"yield_per": CHUNK})
