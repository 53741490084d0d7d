"""What a batch of rows is, between the reader, the datasets and the machinery around them.

A batch is held in columns: few distinct values make a check by column a hundred times cheaper
than one by row. A cell says one of three things: a value, nothing (None: what is there stays),
or CLEAR (what is there goes).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from dataclasses import field as made
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from uuid import UUID

    from sqlalchemy import Dialect

    from registry.core.crypto import Keyring


class Clear(Enum):
    """The type of CLEAR, so that it can be told from text."""

    CLEAR = "(삭제)"


CLEAR: Final = Clear.CLEAR

Kind = Literal[
    "text", "code", "date", "birth_date", "amount", "rate", "mobile", "email", "flag",
    "number_text", "count", "codes", "texts",
]  # fmt: skip
Severity = Literal["error", "warning"]
CREATED, UPDATED, UNCHANGED, REJECTED = "created", "updated", "unchanged", "rejected"


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a dataset: how it is called in the API and in people's files."""

    name: str  # the API's, dotted where nested: "trainee.birth_date"
    kind: Kind
    label: str
    label_en: str
    synonyms: tuple[str, ...] = ()
    required: bool = False
    personal: bool = False
    codes: str | None = None  # the code list its values are of
    example: str = ""
    note: str = ""
    note_en: str = ""


@cache
def fields_of(dataset: str) -> tuple[Field, ...]:
    """The columns of a dataset, in the order of its template. Raises KeyError if unknown."""
    raw = json.loads(files("registry.imports").joinpath("data/fields.json").read_text("utf-8"))
    return tuple(
        Field(**(said | {"synonyms": tuple(said.get("synonyms", ()))})) for said in raw[dataset]
    )


@dataclass(slots=True)
class Problem:
    """A mistake of one row: `row` is its index in the batch, `facts` fill the catalogue's text.

    Facts are never personal values. `field` is None where the row as a whole is meant.
    """

    row: int
    field: str | None
    code: str
    severity: Severity = "error"
    facts: dict[str, Any] = made(default_factory=dict)


@dataclass(slots=True)
class Rows:
    """A batch of rows in columns; a column that the file lacks is absent, as if all blank."""

    dataset: str
    numbers: list[int]  # the row number as the person sees it
    columns: dict[str, list[Any]]
    problems: list[Problem] = made(default_factory=list)
    said: dict[str, list[str | None]] = made(default_factory=dict)  # cells, where in other words
    drafts: Any = made(default=None, repr=False, compare=False)  # what its dataset made beforehand

    def __len__(self) -> int:
        return len(self.numbers)

    def column(self, name: str) -> list[Any]:
        """The values of a column, all None if the file has none such."""
        return self.columns.get(name) or [None] * len(self.numbers)

    def row(self, index: int) -> dict[str, Any]:
        """What one row says: its cells that are not blank, by field name."""
        return {
            name: values[index]
            for name, values in self.columns.items()
            if values[index] is not None
        }

    def each(self) -> Iterator[dict[str, Any]]:
        """What each row says."""
        return (self.row(index) for index in range(len(self.numbers)))

    def refused(self) -> set[int]:
        """The indexes of the rows with an error."""
        return {p.row for p in self.problems if p.severity == "error"}

    def refuse(self, row: int, code: str, at: str | None = None, **facts: Any) -> None:
        """Note an error of a row."""
        self.problems.append(Problem(row, at, code, "error", facts))

    def warn(self, row: int, code: str, at: str | None = None, **facts: Any) -> None:
        """Note a warning of a row: it is taken all the same."""
        self.problems.append(Problem(row, at, code, "warning", facts))


@dataclass(slots=True)
class Options:
    """How a batch is to be taken in."""

    keyring: Keyring
    allow_reversal: bool = False  # a status may leave a final one
    reason: str | None = None  # kept with the revision; some corrections need one
    skip_changed: bool = False  # undo what can be undone, instead of refusing
    own: Mapping[int, Any] = made(default_factory=dict)  # what the last batches wrote, by revision
    before: int = 0  # batches that are still to be written before the one that is looked ahead at
    target: Target | None = None  # where the rows go in, if they may be made ready for it


class Target(NamedTuple):
    """Where rows go in: the kind of database, and whose records they become."""

    dialect: Dialect
    organisation_id: UUID


class Written(NamedTuple):  # a tuple: an import makes millions
    """One record version that a row wrote; `before` is None if it made the record."""

    kind: str  # the table: enrolment, trainee, ...
    id: UUID
    before: int | None  # the version it found
    after: int  # the version it left

    @classmethod
    def of(cls, kept: list[Any]) -> Written:
        """One as it is kept beside the row: kind, id, and the two versions."""
        from uuid import UUID as Id  # noqa: N811, PLC0415 - above it is a type alone

        return cls(kept[0], Id(kept[1]), kept[2], kept[3])


class Outcome(NamedTuple):
    """What became of one row: created, updated, unchanged or rejected.

    A record that would be created has no id yet. Where there is a `text`, it tells record and
    what was written, which are then left out.
    """

    outcome: str
    record_id: UUID | None = None
    written: tuple[Written, ...] = ()
    text: str | None = None  # as it is kept with its row, if that was written beforehand


@dataclass(slots=True)
class Applied:
    """What became of a batch, one outcome per row in the order of the rows."""

    outcomes: list[Outcome]
    packed: bytes | None = None  # the outcomes as they are kept, if that was made beforehand
    wrote: Callable[[], Any] = lambda: None  # what another batch's verdict may fall with

    def counted(self) -> dict[str, int]:
        """How many rows were created, updated, unchanged, rejected."""
        counts = dict.fromkeys((CREATED, UPDATED, UNCHANGED, REJECTED), 0)
        for one in self.outcomes:
            counts[one.outcome] += 1
        return counts


@dataclass(slots=True)
class Undone:
    """What an undo did: the records put back, and those left since something was built on them."""

    restored: list[UUID]
    kept: list[UUID]
