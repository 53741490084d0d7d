"""Takes back what an import wrote, by compensating writes through the session.

What it made is voided under the reason `import_undone` and gives its number back; what it changed
gets the values of the version it found. A record that somebody else changed since, or that
something else rests on, is left alone: the undo is refused, or goes round it if told to.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Date, Uuid, select

from registry.core.bulk import among
from registry.core.problems import DomainError
from registry.imports.rows import Undone, Written
from registry.revisions.models import History, Revision
from registry.trainees.models import Trainee

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select

    from registry.core.work import Work
    from registry.imports.rows import Options, Outcome

REASON = "import_undone"
MOST_NAMED = 100
_STAMP = frozenset(("created_revision", "created_row"))


class TakingBack:
    """How the records of a dataset are taken back; `models` by table, the dependent ones last."""

    def __init__(self, work: Work, options: Options, models: dict[str, Any]) -> None:
        self.work, self.options, self.models = work, options, models

    def look(
        self, rows: dict[tuple[str, UUID], Any], written: dict[tuple[str, UUID], Written]
    ) -> None:
        """Read beforehand what the other questions need, for all records at once."""

    def is_built_on(self, row: Any) -> bool:  # noqa: ANN401, ARG002
        """Whether something else rests on a record that the import made."""
        return False

    def cannot_return(self, row: Any, former: dict[str, Any]) -> bool:  # noqa: ANN401, ARG002
        """Whether a changed record's former values no longer fit what is there."""
        return False

    def unmake(self, row: Any) -> None:  # noqa: ANN401
        """Void a record that the import made, and give its number back."""
        raise NotImplementedError

    def restore(self, row: Any, former: dict[str, Any], sealed: bytes | None) -> None:  # noqa: ANN401, ARG002
        """Give a record its former values."""
        for name, value in former.items():
            if name not in _STAMP and getattr(row, name) != value:
                setattr(row, name, value)

    def changed(self, row: Any) -> None:  # noqa: ANN401
        """Name whose figures follow from a record that was taken back."""

    def finish(self) -> None:
        """Do what needs all records taken back."""

    def touch_trainees(self, ids: Select[Any]) -> None:
        """Let the people behind some trainee records be recounted."""
        units = select(Trainee.unit_id).where(Trainee.id.in_(ids)).distinct()
        self.work.touch("trainees", *self.work.session.scalars(units))


def taken_back(taking: TakingBack, done: Sequence[Outcome]) -> Undone:
    """Take back what outcomes wrote, the last first. Raises import-built-on."""
    work = taking.work
    written = merged(done)
    rows = _rows(taking, written)
    former = former_versions(work, written)
    taking.look(rows, written)
    since = _Since(work, written, rows)
    built_on = [
        (kind, key)
        for (kind, key), one in written.items()
        if since.changed(rows[kind, key], one)
        or (one.before is None and taking.is_built_on(rows[kind, key]))
        or (
            one.before is not None
            and taking.cannot_return(rows[kind, key], former[kind, key][0])
        )
    ]  # fmt: skip
    if built_on and not taking.options.skip_changed:
        refuse_built_on(built_on)
    left = set(built_on)
    going = [one for place, one in reversed(written.items()) if place not in left]
    restored = []
    # What was made goes first: it may hold a number that a restored record has back.
    for one in sorted(going, key=lambda one: one.before is not None):
        row = rows[one.kind, one.id]
        try:
            if one.before is None:
                taking.unmake(row)
            else:
                work.session.flush()
                taking.restore(row, *former[one.kind, one.id])
        except DomainError:
            built_on.append((one.kind, one.id))
            continue
        taking.changed(row)
        restored.append(one.id)
    if built_on and not taking.options.skip_changed:
        refuse_built_on(built_on)
    work.session.flush()
    taking.finish()
    work.action, work.reason = "import.undo", taking.options.reason
    return Undone(restored, [key for _, key in built_on])


def merged(done: Sequence[Outcome]) -> dict[tuple[str, UUID], Written]:
    """What outcomes wrote, each record once: the version before the first, after the last."""
    found: dict[tuple[str, UUID], Written] = {}
    for outcome in done:
        for one in outcome.written:
            earlier = found.get((one.kind, one.id))
            before = earlier.before if earlier else one.before
            found[one.kind, one.id] = Written(one.kind, one.id, before, one.after)
    return found


def refuse_built_on(records: Sequence[tuple[str, UUID]]) -> None:
    """Raise import-built-on with the records, as many as one may want to read."""
    listed = [{"kind": kind, "id": str(key)} for kind, key in records[:MOST_NAMED]]
    members = {"records": listed, "count": len(records)}
    raise DomainError("import-built-on", count=len(records), members=members)


def _rows(taking: TakingBack, written: dict[tuple[str, UUID], Written]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    session = taking.work.session
    for kind, model in taking.models.items():
        ids = [key for of, key in written if of == kind]
        if ids:
            rows = session.scalars(select(model).where(among(session, model.id, ids)))
            found |= {(kind, row.id): row for row in rows}
    for place in [place for place in written if place not in found]:
        del written[place]  # links and the like, which follow from the rest
    return found


def former_versions(
    work: Work, written: dict[tuple[str, UUID], Written]
) -> dict[tuple[str, UUID], tuple[dict[str, Any], bytes | None]]:
    """The values each changed record had before the import, and its sealed document."""
    wanted = {place: one.before for place, one in written.items() if one.before is not None}
    rows = work.session.scalars(
        select(History).where(among(work.session, History.record_id, [key for _, key in wanted]))
    )
    return {
        (row.kind, row.record_id): (typed(row.kind, row.values), row.sealed)
        for row in rows
        if wanted.get((row.kind, row.record_id)) == row.version
    }


def typed(kind: str, values: dict[str, Any]) -> dict[str, Any]:
    """A superseded version's values, kept as JSON, as the columns hold them."""
    from registry.core.types import Base  # noqa: PLC0415 - the tables are all known by now

    columns = Base.metadata.tables[kind].c

    def one(name: str, value: Any) -> Any:  # noqa: ANN401
        kind = columns[name].type
        if isinstance(value, str) and isinstance(kind, Date):
            return date.fromisoformat(value)
        if isinstance(value, str) and isinstance(kind, Uuid):
            return UUID(value)
        return value

    return {name: one(name, value) for name, value in values.items()}


class _Since:
    """Tells whether a record was changed after the import by anything but the import itself."""

    def __init__(
        self, work: Work, written: dict[tuple[str, UUID], Written], rows: dict[Any, Any]
    ) -> None:
        later = [place for place, one in written.items() if rows[place].version != one.after]
        self._requests: dict[tuple[str, UUID], set[str]] = {}
        if not later:
            return
        history = work.session.execute(
            select(History.kind, History.record_id, History.version, History.from_revision).where(
                among(work.session, History.record_id, [key for _, key in later])
            )
        ).all()
        numbers: dict[tuple[str, UUID], set[int]] = {place: set() for place in later}
        for kind, key, version, revision in history:
            if (kind, key) in numbers and version >= written[kind, key].after:
                numbers[kind, key].add(revision)
        for place in later:
            numbers[place].add(rows[place].revision)
        every = sorted(set().union(*numbers.values()))
        acts = work.session.execute(
            select(Revision.number, Revision.request_id).where(
                among(work.session, Revision.number, every)
            )
        )
        by_number = {number: request for number, request in acts}  # noqa: C416 - typed so
        self._requests = {
            place: {by_number.get(n, "") for n in found} for place, found in numbers.items()
        }

    def changed(self, row: Any, one: Written) -> bool:  # noqa: ANN401
        """Whether somebody else changed it: all its later versions are of one request else."""
        if row.version == one.after:
            return False
        requests = self._requests[one.kind, one.id]
        return len(requests) > 1 or "" in requests
