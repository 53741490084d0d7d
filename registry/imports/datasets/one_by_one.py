"""Takes rows one after the other through the services that the JSON API calls.

Each row stands in a savepoint of the one transaction: what a refused row began is taken back, and
the next row finds the registry as if it had never been. The verdict is the API's by construction.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, Protocol

import marshmallow as ma

from registry.core.fields import Input, flaws_of, ready
from registry.core.problems import DomainError, Flaw, Invalid
from registry.imports.columns import as_sent, ask
from registry.imports.datasets.repeats import repeated
from registry.imports.datasets.standing import standing
from registry.imports.rows import (
    CLEAR,
    CREATED,
    REJECTED,
    UNCHANGED,
    UPDATED,
    Applied,
    Outcome,
    Written,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from registry.core.work import Work
    from registry.imports.rows import Options, Rows
    from registry.revisions.history import Watcher

BY_ALL_CELLS = frozenset(("duplicate-investment", "external-id-taken"))  # not by some of them
LISTS = frozenset(("secondary_fields", "certificates"))  # cleared, they are empty, not null


class Taking(Protocol):
    """How a dataset takes one row: it calls services and answers the record's id."""

    number: str  # the field that no two rows share

    def body(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Check what a row says by itself. Raises Invalid."""

    def take(self, index: int, said: Mapping[str, Any]) -> UUID:
        """Enter or correct the record a row means. Raises DomainError."""


def unprepared(rows: Rows, options: Options, *, new: bool, written: bool) -> None:
    """Make nothing ready: all is done row by row, by the services."""


def unforeseen(work: Work, rows: Rows, options: Options) -> None:
    """Judge nothing before the lock: each row is judged by what the one before it left."""


def take_rows(work: Work, rows: Rows, taking: Taking) -> Applied:
    """Take each row; refusals become problems of the row."""
    wrong: dict[int, set[str | None]] = {}
    twins = repeated(rows, taking.number)
    for problem in rows.problems:
        if problem.severity == "error":
            wrong.setdefault(problem.row, set()).add(problem.field)
    outcomes: list[Outcome] = []
    for index, said in enumerate(rows.each()):
        twin = twins.get(index)
        if index in wrong:
            _list_more(work, rows, index, said, taking, wrong[index])
            outcomes.append(Outcome(REJECTED))
        elif twin is not None and outcomes[twin].outcome != REJECTED:
            outcomes.append(Outcome(UNCHANGED, outcomes[twin].record_id))
        else:
            outcomes.append(_take(work, rows, index, said, taking))
    return Applied(outcomes)


def _take(work: Work, rows: Rows, index: int, said: dict[str, Any], taking: Taking) -> Outcome:
    watcher: Watcher = work.notes["watcher"]
    begun = len(watcher.recent)
    try:
        with standing(work):
            record_id = taking.take(index, said)
            work.session.flush()
    except DomainError as refusal:
        _note(rows, index, refusal, set())
        return Outcome(REJECTED)
    written = _written(watcher, begun)
    made = any(w.before is None and w.id == record_id for w in written)
    outcome = CREATED if made else UPDATED if written else UNCHANGED
    return Outcome(outcome, record_id, written)


def _written(watcher: Watcher, begun: int) -> tuple[Written, ...]:
    first: dict[int, tuple[Any, int | None]] = {}
    for row, before in watcher.recent[begun:]:
        first.setdefault(id(row), (row, before))
    return tuple(
        Written(row.__tablename__, row.id, before, row.version) for row, before in first.values()
    )


def _list_more(
    work: Work, rows: Rows, index: int, said: dict[str, Any], taking: Taking, wrong: set[str | None]
) -> None:
    """A refused row's other mistakes, found by taking it for a moment without the wrong cells.

    Where those are needed, other rows' cells stand in for them; then only what is said of the
    row's own cells counts, since all else may be the stand-ins' doing.
    """
    refusal = _tried(work, rows, index, said, taking)
    if refusal is None:
        return
    if refusal.code not in BY_ALL_CELLS or wrong <= said.keys():
        _note(rows, index, refusal, wrong)
    places = {place_of(flaw) for flaw in refusal.flaws}
    others = {name: _of_another(rows, name) for name in places & wrong if name is not None}
    if not others or None in others.values():
        return
    again = _tried(work, rows, index, said | others, taking)
    if again is not None:
        own = [flaw for flaw in again.flaws if place_of(flaw) in said]
        _note(rows, index, Invalid(*own), wrong | places)


def _tried(
    work: Work, rows: Rows, index: int, said: dict[str, Any], taking: Taking
) -> DomainError | None:
    """Why a row would be refused; nothing of the trial stays."""
    told = len(rows.problems)
    try:
        with standing(work, keep=False):
            copy(taking).take(index, said)
            work.session.flush()
    except DomainError as refusal:
        return refusal
    finally:
        del rows.problems[told:]
    return None


def _of_another(rows: Rows, name: str) -> Any:  # noqa: ANN401
    """A value that a column holds in some row."""
    values = rows.columns.get(name, ())
    return next((v for v in values if v is not None and v is not CLEAR), None)


def _note(rows: Rows, index: int, refusal: DomainError, known: set[str | None]) -> None:
    if not refusal.flaws and refusal.code != "invalid-input" and None not in known:
        facts = {k: v for k, v in refusal.facts.items() if k not in {"members", "constraint"}}
        rows.refuse(index, refusal.code, None, **facts)
    for flaw in refusal.flaws:
        place = place_of(flaw)
        if place not in known:
            rows.refuse(index, flaw.code, place, **(flaw.facts or {}))


def place_of(flaw: Flaw) -> str | None:
    """A flaw's field by its dotted name."""
    return (flaw.pointer or "").lstrip("/").replace("/", ".") or None


def checked(schema: type[Input], said: Mapping[str, Any], *but: str) -> dict[str, Any]:
    """What the API's schema makes of a row's cells, without some fields. Raises Invalid."""
    try:
        loaded: dict[str, Any] = ready(schema).load(nested(said, but))
    except ma.ValidationError as error:
        raise Invalid(*flaws_of(error.messages, "json")) from None
    return loaded


def some(schema: type[Input], said: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The cells of some fields that say a value, as the schema's fields load them."""
    loaded, flaws = {}, []
    for name in names:
        value = value_of(said, name)
        if value is not None:
            loaded[name], found = ask(ready(schema).fields[name], value)
            flaws += [Flaw(flaw.code, f"/{name}", facts=flaw.facts) for flaw in found]
    if flaws:
        raise Invalid(*flaws)
    return loaded


def nested(said: Mapping[str, Any], but: tuple[str, ...] = ()) -> dict[str, Any]:
    """Cells as a JSON body: dotted names become objects, CLEAR null or an empty list."""
    body: dict[str, Any] = {}
    for name, value in said.items():
        if name in but:
            continue
        outer, _, inner = name.rpartition(".")
        place = body.setdefault(outer, {}) if outer else body
        place[inner] = as_sent(value) if value is not CLEAR else [] if name in LISTS else None
    return body


def value_of(said: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401
    """A cell's value; None if it is blank or cleared."""
    value = said.get(name)
    return None if value is CLEAR else value
