"""Programmes: registered, and corrected by their code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select

from registry.imports.datasets.one_by_one import checked, take_rows, unforeseen, unprepared
from registry.imports.datasets.taking_back import TakingBack, taken_back
from registry.imports.rows import Rows, fields_of
from registry.trainees.models import Enrolment, Programme
from registry.trainees.queries import own_programme_by_code
from registry.trainees.schemas import ProgrammeCreate, ProgrammePatch
from registry.trainees.service import correct_programme, register_programme

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from registry.core.crypto import Keyring
    from registry.core.work import Work
    from registry.imports.rows import Applied, Options, Outcome, Undone

scope = "trainees:write"
check_reads_only = False
looks_ahead, look_ahead = False, unforeseen
prepare = unprepared
BATCH = 1000


class _Taking:
    number = "code"

    def __init__(self, work: Work) -> None:
        self.work = work

    def body(self, said: Mapping[str, Any]) -> dict[str, Any]:
        return checked(ProgrammeCreate, said)

    def take(self, _index: int, said: Mapping[str, Any]) -> UUID:
        code = said.get("code")
        found = own_programme_by_code(self.work, code) if isinstance(code, str) else None
        if found is None:
            made = register_programme(self.work, self.body(said))
            self.work.session.flush()  # its id comes then
            return made.id
        changes = checked(ProgrammePatch, said, "code")
        changes.pop("reason", None)
        return correct_programme(self.work, found.id, changes).id


def apply(work: Work, rows: Rows, options: Options) -> Applied:
    """Register and correct the programmes of the rows without errors."""
    work.principal.require(scope)
    applied = take_rows(work, rows, _Taking(work))
    work.action, work.reason = "programme.import", options.reason
    return applied


def check(work: Work, rows: Rows, options: Options) -> Applied:
    """Judge the rows by taking them; the caller keeps nothing of it."""
    return apply(work, rows, options)


class _Back(TakingBack):
    """A programme that was made cannot go: it gives its code back and stays without figures."""

    def is_built_on(self, row: Programme) -> bool:
        used = exists().where(Enrolment.programme_id == row.id, ~Enrolment.voided)
        return bool(self.work.session.scalar(select(used)))

    def unmake(self, row: Programme) -> None:
        row.code = f"import_undone-{row.id.hex[-12:]}"

    def changed(self, row: Programme) -> None:
        units = select(Enrolment.trainee_id).where(Enrolment.programme_id == row.id)
        self.touch_trainees(units)


def undo(work: Work, done: Sequence[Outcome], options: Options) -> Undone:
    """Take back what the outcomes wrote. Raises import-built-on."""
    work.principal.require(scope)
    return taken_back(_Back(work, options, {"programme": Programme}), done)


def export(work: Work, keyring: Keyring) -> Iterator[Rows]:  # noqa: ARG001
    """The asker's own programmes."""
    own = select(Programme).where(Programme.organisation_id == work.principal.organisation_id)
    names = [field.name for field in fields_of("programmes")]
    found = work.session.scalars(own.order_by(Programme.code)).partitions(BATCH)
    for part in found:
        columns = {name: [getattr(row, name) or None for row in part] for name in names}
        yield Rows("programmes", list(range(2, len(part) + 2)), columns)
