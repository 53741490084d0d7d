"""Rows of files as tests hand them to a dataset, past the reader."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from registry.access.principal import Principal
from registry.imports.datasets import dataset
from registry.imports.rows import Options, Rows
from registry.revisions.verification import verify_history, verify_log, verify_sealed
from registry.statistics.verification import all_postings, verify_ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.imports.rows import Applied, Outcome, Undone
    from tests.client import World


class Sheet:
    """What became of some rows: the counts, and each row's problems by field and code."""

    def __init__(self, rows: Rows, applied: Applied) -> None:
        self.rows = rows
        self.outcomes: list[Outcome] = applied.outcomes
        self.counts = {name: count for name, count in applied.counted().items() if count}

    def problems(self, severity: str = "error") -> dict[int, set[tuple[str | None, str]]]:
        """The problems of each row that has any, of a severity."""
        found: dict[int, set[tuple[str | None, str]]] = defaultdict(set)
        for p in self.rows.problems:
            if p.severity == severity:
                found[p.row].add((p.field, p.code))
        return dict(found)

    def codes(self) -> set[str]:
        """The codes of all errors."""
        return {p.code for p in self.rows.problems if p.severity == "error"}


def batch(of: str, said: Sequence[dict[str, Any]]) -> Rows:
    """Rows as the reader would give them: parsed cells in columns."""
    names = list(dict.fromkeys(name for row in said for name in row))
    columns = {name: [row.get(name) for row in said] for name in names}
    return Rows(of, list(range(2, len(said) + 2)), columns)


def principal(world: World, code: str) -> Principal:
    """An organisation's importer."""
    scopes = frozenset(("trainees:write", "investments:write", "imports:write"))
    own = world.ids[code]
    return Principal(own, code, None, f"{code} importer", scopes, (own,), (code,))


def taken(
    world: World, code: str, of: str, said: Sequence[dict[str, Any]], *, keep: bool = True,
    request: str = "import-1", **options: Any,
) -> Sheet:  # fmt: skip
    """Take rows in as an organisation (or only check them)."""
    rows, how = batch(of, said), Options(world.parts.keyring, **options)
    if not keep:
        return judged(world, code, rows, **options)
    who, database = principal(world, code), world.parts.database
    with database.writing(who, request_id=request) as work:
        return Sheet(rows, dataset(of).apply(work, rows, how))


def judged(world: World, code: str, rows: Rows, **options: Any) -> Sheet:
    """What would become of rows of an organisation."""
    how, of = Options(world.parts.keyring, **options), dataset(rows.dataset)
    who, database = principal(world, code), world.parts.database
    if of.check_reads_only:
        with database.reading(who) as work:
            return Sheet(rows, of.check(work, rows, how))
    with database.writing(who, dry_run=True) as work:
        return Sheet(rows, of.check(work, rows, how))


def undone(world: World, code: str, of: str, outcomes: Sequence[Outcome], **options: Any) -> Undone:
    """Take back what outcomes wrote."""
    how = Options(world.parts.keyring, **options)
    with world.parts.database.writing(principal(world, code), request_id="import-1") as work:
        return dataset(of).undo(work, outcomes, how)


def exported(world: World, code: str, of: str) -> list[dict[str, Any]]:
    """What an organisation's export gives, row by row."""
    with world.parts.database.reading(principal(world, code)) as work:
        batches = dataset(of).export(work, world.parts.keyring)
        return [row for rows in batches for row in rows.each()]


def findings(world: World) -> list[Any]:
    """Everything `registry verify` would find wrong."""
    with world.parts.database.reading() as work:
        session = work.session
        return [
            *verify_log(session, posted=all_postings(session)),
            *verify_history(session),
            *verify_sealed(session, world.parts.keyring),
            *verify_ledger(session),
        ]
