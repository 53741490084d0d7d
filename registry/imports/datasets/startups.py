"""Start-ups: registered, and corrected by the numbers they are known by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import exists, select

from registry.core.problems import Invalid
from registry.imports.datasets.one_by_one import (
    checked,
    place_of,
    some,
    take_rows,
    unforeseen,
    unprepared,
)
from registry.imports.datasets.taking_back import REASON, TakingBack, taken_back
from registry.imports.rows import Rows, fields_of
from registry.investments.identifiers import (
    BUSINESS,
    CORPORATE,
    KINDS,
    conflict,
    holders,
    unit_of,
    warnings_of,
)
from registry.investments.models import Investment, Startup, StartupAttribute, StartupIdentifier
from registry.investments.startup_queries import DATED, wholes
from registry.investments.startup_schemas import StartupCreate, StartupPatch
from registry.investments.startups import PLAIN, correct_startup, register_startup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from registry.core.crypto import Keyring
    from registry.core.work import Work
    from registry.imports.rows import Applied, Options, Outcome, Undone

scope = "investments:write"
check_reads_only = False
looks_ahead, look_ahead = False, unforeseen
prepare = unprepared
BATCH = 1000


class _Taking:
    number = CORPORATE

    def __init__(self, work: Work, rows: Rows) -> None:
        self.work, self.rows = work, rows

    def body(self, said: Mapping[str, Any]) -> dict[str, Any]:
        return checked(StartupCreate, said, "effective_on")

    def take(self, index: int, said: Mapping[str, Any]) -> UUID:
        try:
            numbers = some(StartupCreate, said, KINDS)
        except Invalid:
            self.body(said)  # which tells all else that is wrong too
            raise
        found = holders(self.work.session, numbers)
        if not found:
            data = self.body(said)
            self._warn(index, data[CORPORATE])
            return register_startup(self.work, data).startup.id
        startup = unit_of(self.work.session, found[0].startup_id)
        owners = {unit_of(self.work.session, row.startup_id) for row in found}
        if startup is None or startup.voided or len(owners) > 1 or len(found) < len(numbers):
            raise conflict(self.work.session, found[0])
        self._warn(index, numbers.get(CORPORATE))
        changes = checked(StartupPatch, said, *KINDS)
        return correct_startup(self.work, startup.id, changes).startup.id

    def _warn(self, index: int, number: str | None) -> None:
        for flaw in warnings_of(number, CORPORATE):
            self.rows.warn(index, flaw.code, place_of(flaw))


def apply(work: Work, rows: Rows, options: Options) -> Applied:
    """Register and correct the start-ups of the rows without errors."""
    work.principal.require(scope)
    applied = take_rows(work, rows, _Taking(work, rows))
    work.action, work.reason = "startup.import", options.reason
    return applied


def check(work: Work, rows: Rows, options: Options) -> Applied:
    """Judge the rows by taking them; the caller keeps nothing of it."""
    return apply(work, rows, options)


class _Back(TakingBack):
    """A start-up that was made is void and its numbers are free; a move is taken back."""

    def look(self, rows: dict[tuple[str, UUID], Any], written: Mapping[Any, Any]) -> None:
        self.made = {row.id for (kind, key), row in rows.items()
                     if kind == "startup" and written[kind, key].before is None}  # fmt: skip
        self.parts = {key for kind, key in rows if kind != "startup"}

    def is_built_on(self, row: Any) -> bool:  # noqa: ANN401
        startup_id = row.id if isinstance(row, Startup) else row.startup_id
        if startup_id not in self.made:
            return False
        session = self.work.session
        if session.scalar(select(exists().where(Investment.startup_id == startup_id))):
            return True
        parts = [
            part
            for model in (StartupIdentifier, StartupAttribute)
            for part in session.scalars(select(model.id).where(model.startup_id == startup_id))
        ]
        return not self.parts.issuperset(parts)

    def unmake(self, row: Any) -> None:  # noqa: ANN401
        if isinstance(row, Startup):
            row.voided, row.void_reason = True, REASON
        elif isinstance(row, StartupIdentifier):
            row.value = f"~{row.id.hex[-12:]}"  # the number itself is free again
        elif row.startup_id not in self.made:
            row.value = self._before(row)

    def _before(self, row: StartupAttribute) -> str:
        """What was in force before a period that the import made."""
        earlier = (
            select(StartupAttribute.value)
            .where(
                StartupAttribute.startup_id == row.startup_id,
                StartupAttribute.attribute == row.attribute,
                StartupAttribute.effective_on < row.effective_on,
            )
            .order_by(StartupAttribute.effective_on.desc())
            .limit(1)
        )
        return self.work.session.scalars(earlier).one()

    def changed(self, row: Any) -> None:  # noqa: ANN401
        startup_id = row.id if isinstance(row, Startup) else row.startup_id
        unit = select(Startup.unit_id).where(Startup.id == startup_id)
        self.work.touch("investments", *self.work.session.scalars(unit))


MODELS = {
    "startup": Startup,
    "startup_identifier": StartupIdentifier,
    "startup_attribute": StartupAttribute,
}


def undo(work: Work, done: Sequence[Outcome], options: Options) -> Undone:
    """Take back what the outcomes wrote. Raises import-built-on."""
    work.principal.require(scope)
    return taken_back(_Back(work, options, MODELS), done)


def export(work: Work, keyring: Keyring) -> Iterator[Rows]:  # noqa: ARG001
    """The start-ups that the asker registered, as they are today."""
    own = select(Startup).where(
        Startup.organisation_id == work.principal.organisation_id,
        ~Startup.voided,
        Startup.merged_into_id.is_(None),
    )
    names = [field.name for field in fields_of("startups")]
    for part in work.session.scalars(own.order_by(Startup.id)).partitions(BATCH):
        said = [_said(whole, work.today) for whole in wholes(work, part)]
        columns = {name: [row.get(name) for row in said] for name in names}
        yield Rows("startups", list(range(2, len(part) + 2)), columns)


def _said(whole: Any, today: date) -> dict[str, Any]:  # noqa: ANN401
    plain = {name: getattr(whole.startup, name) or None for name in PLAIN}
    numbers = {kind: whole.number(kind) for kind in (BUSINESS, CORPORATE)}
    return plain | numbers | {name: whole.value_on(name, today) for name in DATED}
