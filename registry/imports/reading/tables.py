"""Rows of a sheet or a text file: the header row is found, and what stands below it is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from registry.core.problems import DomainError
from registry.core.text import nfc
from registry.imports.reading.cells import EXAMPLE_MARK, examples_in
from registry.imports.reading.formats import CSV
from registry.imports.reading.guard import (
    check_block,
    column_letters,
    firm_columns,
    may_look_alike,
)
from registry.imports.reading.headers import SEARCHED_ROWS, find_header, likely_header
from registry.imports.reading.making import fill
from registry.imports.reading.values import Column
from registry.imports.rows import fields_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from registry.imports.reading.blocks import Block, Detected
    from registry.imports.reading.headers import Header
    from registry.imports.reading.making import Making
    from registry.imports.rows import Field, Rows

NOT_FOUND = "header-not-found"
TEMPLATE_MARK = re.compile(r"registry-template:([a-z]+/[0-9]+)")


class HeaderNotFound(DomainError):  # noqa: N818 - as its code
    """No row names the dataset's columns; `detected` is what was found, for a person to say."""

    def __init__(self, detected: Detected, expected: str) -> None:
        super().__init__(NOT_FOUND, expected=expected)
        self.detected = detected


class Table:
    """A file of blocks of cells; `detected` is told where its header is and what it says."""

    def __init__(self, making: Making, words: Mapping[str, Field], asked: str) -> None:
        self.making, self.words, self._asked = making, words, asked
        self.dataset, self.detected = making.dataset, making.detected

    def rows(self, blocks: Iterable[Block]) -> Iterator[Rows | None]:
        """None once the header is found, then the rows. Raises what makes them unreadable."""
        header: Header | None = None
        columns: dict[int, Column] = {}
        passed_over: set[int] = set()
        sheet: object = object()
        for block in blocks:
            if block.sheet != sheet:
                sheet, passed_over = block.sheet, firm_columns(block.head(SEARCHED_ROWS))
                if header is None and self._may_hold_rows(block):
                    header = self._header(block, passed_over)
                    if header:
                        self._note(header, block)
                        columns = self._columns(header)
                        passed_over |= self._look_alikes(header)
                        yield None
                    elif not self.detected.unknown:
                        self._guess(block)
            check_block(block, passed_over)
            if header is None or block.sheet != self.detected.sheet:
                self._look_for_mark(block)
                continue
            yield from self._chunk(block, header, columns)
        if header is None:
            labels = ", ".join(f.label for f in fields_of(self.dataset) if f.required)
            raise HeaderNotFound(self.detected, labels)

    def _header(self, block: Block, passed_over: Collection[int]) -> Header | None:
        try:
            return find_header(self.words, block.head(SEARCHED_ROWS))
        except DomainError:
            check_block(block, passed_over)  # its facts quote the headers
            raise

    def _may_hold_rows(self, block: Block) -> bool:
        if self._asked and block.sheet:
            return nfc(block.sheet) == self._asked
        return not block.hidden

    def _guess(self, block: Block) -> None:
        at, texts = likely_header(block.head(SEARCHED_ROWS))
        self.detected.unknown = texts
        self.detected.missing = tuple(f.name for f in fields_of(self.dataset) if f.required)
        if texts:
            self.detected.sheet, self.detected.header_row = block.sheet, block.numbers[at]

    def _note(self, header: Header, block: Block) -> None:
        by_name = {field.name: place for place, field in header.fields.items()}
        detected = self.detected
        detected.sheet, detected.header_row = block.sheet, block.numbers[header.row]
        detected.columns = {header.texts[place]: name for name, place in by_name.items()}
        detected.places = {name: block.column + place for name, place in by_name.items()}
        detected.units, detected.unknown = (
            dict(header.units),
            header.unknown[: self.making.limits.columns],
        )
        detected.annotated = header.annotated
        detected.missing = tuple(
            f.name for f in fields_of(self.dataset) if f.required and f.name not in by_name
        )

    def _columns(self, header: Header) -> dict[int, Column]:
        return {
            place: Column(
                self.dataset, field, self.making.codes,
                system=self.detected.date_system, unit=header.units.get(field.name),
            )
            for place, field in header.fields.items()
        }  # fmt: skip

    def _look_alikes(self, header: Header) -> set[int]:
        ours = {0, 1} if header.annotated else set()  # written by us, of what was checked before
        return ours | {
            place for place, field in header.fields.items() if may_look_alike(self.dataset, field)
        }

    def _look_for_mark(self, block: Block) -> None:
        for row in block.head(SEARCHED_ROWS):
            for cell in row:
                mark = TEMPLATE_MARK.search(cell) if type(cell) is str else None
                if mark:
                    self.detected.template = mark.group(1)

    def _chunk(self, block: Block, header: Header, columns: Mapping[int, Column]) -> Iterator[Rows]:
        first = bool(block.numbers) and block.numbers[0] <= (self.detected.header_row or 0)
        if first:
            block = block.without(header.row + 1)
        numbers, cells = block.numbers, block.columns
        examples = {
            at
            for place, column in columns.items()
            if column.field.example.startswith(EXAMPLE_MARK) and place < len(cells)
            for at in examples_in(cells[place])
        }
        if examples:
            kept = [at for at in range(len(numbers)) if at not in examples]
            numbers = [numbers[at] for at in kept]
            cells = [[column[at] for at in kept] for column in cells]
        if not numbers:
            return
        chunk = self.making.chunk(numbers)
        for place, column in columns.items():
            raw = cells[place] if place < len(cells) else ("",) * len(numbers)
            fill(chunk, column, raw)
        if self.detected.format == CSV:
            _note_extra_cells(chunk, cells, max(header.texts) + 1)
        yield chunk


def _note_extra_cells(chunk: Rows, cells: Sequence[Sequence[Any]], width: int) -> None:
    """A comma that no quotes hold together pushes what follows into the wrong column.

    Told once a row, of the first such cell.
    """
    seen: set[int] = set()
    for place in range(width, len(cells)):
        for at, cell in enumerate(cells[place]):
            if cell and at not in seen:
                seen.add(at)
                chunk.refuse(at, "extra-cells", None, column=column_letters(place + 1))
