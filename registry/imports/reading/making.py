"""What every kind of file is made into: batches of rows in columns, so many and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.core.problems import DomainError
from registry.imports.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.core.problems import Flaw
    from registry.imports.reading.blocks import Detected
    from registry.imports.reading.labels import Codes
    from registry.imports.reading.limits import Limits
    from registry.imports.reading.values import Column


@dataclass
class Making:
    """What a file is read as, and how many rows of it were made so far."""

    dataset: str
    codes: Codes
    limits: Limits
    detected: Detected
    made: int = 0

    def chunk(self, numbers: list[int]) -> Rows:
        """A batch of these rows, its columns yet to be filled. Raises too-many-rows."""
        self.made += len(numbers)
        if self.made > self.limits.rows:
            raise DomainError("too-many-rows", limit=self.limits.rows)
        return Rows(self.dataset, numbers, {})


def fill(chunk: Rows, column: Column, raw: Sequence[Any]) -> None:
    """Read a column of the batch, and note what is wrong in it."""
    values, flaws = column.parse(raw)
    chunk.columns[column.field.name] = values
    if any(column.said):
        chunk.said[column.field.name] = column.said
    chunk.problems += [_problem(at, column.field.name, flaw) for at, flaw in flaws]


def _problem(at: int, name: str, flaw: Flaw) -> Problem:
    return Problem(at, name, flaw.code, "error", flaw.facts or {})
