"""Rows as a file holds them, before anything is known of what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of one sheet, in order, without those that are blank."""

    sheet: str | None
    numbers: list[int]  # as the person sees them, from 1
    columns: Sequence[Sequence[Any]]  # all as long as there are rows
    column: int = 1  # the number of the first cell's column
    hidden: bool = False

    def head(self, count: int) -> list[tuple[Any, ...]]:
        """The first rows."""
        return list(zip(*(cells[:count] for cells in self.columns), strict=True))

    def without(self, count: int) -> Block:
        """The block from a row on."""
        kept = [cells[count:] for cells in self.columns]
        return replace(self, numbers=self.numbers[count:], columns=kept)


@dataclass(slots=True)
class Detected:
    """What was found out of a file, to be told to whoever sent it."""

    format: str
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int | None = None
    columns: dict[str, str] = field(default_factory=dict)  # header in the file -> field
    units: dict[str, int] = field(default_factory=dict)  # field -> won that its header says 1 is
    unknown: tuple[str, ...] = ()  # headers that name no column of the dataset
    missing: tuple[str, ...] = ()  # required fields without a column
    date_system: str | None = None  # "1900" or "1904", of a workbook
    template: str | None = None  # the version mark of a template of ours
    places: dict[str, int] = field(default_factory=dict)  # field -> number of its column
    annotated: bool = False  # its first two columns are the result and reason of an earlier try

    def as_json(self) -> dict[str, Any]:
        """What the API answers of it."""
        return {
            name: getattr(self, name)
            for name in (
                "format", "encoding", "delimiter", "sheet", "header_row", "columns", "units",
                "unknown", "missing", "date_system", "template",
            )
        }  # fmt: skip
