"""Reading a file: what it is, where its rows are, and what each cell says in the API's words."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from registry.core.problems import DomainError
from registry.core.text import looks_like_resident_number, nfc
from registry.imports.reading import delimited, lines, workbooks
from registry.imports.reading.blocks import Block, Detected
from registry.imports.reading.cells import EXAMPLE_MARK, examples_in, resident_number_at
from registry.imports.reading.formats import CSV, HEAD_BYTES, NDJSON, format_of
from registry.imports.reading.guard import (
    check_block,
    column_letters,
    firm_columns,
    found,
    may_look_alike,
)
from registry.imports.reading.headers import (
    REASON,
    RESULT,
    SEARCHED_ROWS,
    Header,
    find_header,
    fitness,
    likely_header,
    words_of,
)
from registry.imports.reading.limits import Limits
from registry.imports.reading.values import Column
from registry.imports.rows import Problem, Rows, fields_of

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence

    from registry.core.problems import Flaw
    from registry.imports.reading.labels import Codes

NOT_FOUND = "header-not-found"
TEMPLATE_MARK = re.compile(r"registry-template:([a-z]+/[0-9]+)")


class HeaderNotFound(DomainError):  # noqa: N818 - as its code
    """No row names the dataset's columns; `detected` is what was found, for a person to say."""

    def __init__(self, detected: Detected, expected: str) -> None:
        super().__init__(NOT_FOUND, expected=expected)
        self.detected = detected


class Reading:
    """A file being read: what was `detected`, then its rows in chunks, each read once.

    Use it as a context, so that a workbook's child process ends with it. A cell with a problem is
    None in `Rows.columns` and named in `Rows.problems`; a row that cannot be read at all has a
    problem without a field. `Rows.numbers` are the rows as the person sees them.
    """

    def __init__(
        self,
        source: BinaryIO,
        dataset: str,
        sheet: str | None,
        codes: Codes,
        limits: Limits,
        *,
        named: Mapping[str, str] | None = None,
        own: bool = False,
    ) -> None:
        self.words = words_of(dataset, named or {})
        self.dataset, self.codes, self.limits, self._own = dataset, codes, limits, own
        self._asked, self._source, self._rows = nfc(sheet or ""), source, 0
        size = source.seek(0, os.SEEK_END)
        self._spent, self._allowed = 0.0, limits.seconds + limits.seconds_per_mib * (size >> 20)
        try:
            self.detected = Detected(format_of(self._head()))
            self._chunks = self._run()
            self._next()  # up to the header, so that `detected` is whole
        except BaseException:
            self._let_go()
            raise

    def __iter__(self) -> Iterator[Rows]:
        """The rows in chunks. Raises what makes a file unreadable, and ResidentNumberFound."""
        while (chunk := self._next()) is not None:
            yield chunk

    def _next(self) -> Rows | None:
        """The next chunk, read within the processor's time that a file of this size may take."""
        began = time.thread_time()
        chunk = next(self._chunks, None)
        self._spent += time.thread_time() - began
        if self.detected.format in (CSV, NDJSON) and self._spent > self._allowed:
            raise DomainError("reading-took-too-long", limit=self._allowed)
        return chunk

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file, and of the process that reads it."""
        self._chunks.close()
        self._let_go()

    def _let_go(self) -> None:
        if self._own:
            self._source.close()

    def _head(self) -> bytes:
        self._source.seek(0)
        head = self._source.read(HEAD_BYTES)
        self._source.seek(0)
        return head

    def _run(self) -> Generator[Rows | None]:
        if self.detected.format == NDJSON:
            yield from self._objects()
            return
        blocks = self._delimited() if self.detected.format == CSV else self._workbook()
        with closing(blocks):
            yield from self._table(blocks)

    def _delimited(self) -> Generator[Block]:
        encoding = delimited.encoding_of(self._source)
        delimiter, named = delimited.delimiter_of(
            self._source, encoding, lambda rows: fitness(self.words, rows)
        )
        self.detected.encoding = delimited.encoding_name(encoding)
        self.detected.delimiter = delimiter
        blocks = delimited.blocks(self._source, encoding, delimiter, self.limits)
        if named:
            first = next(blocks, None)
            if first:
                yield Block(None, first.numbers[1:], first.rows[1:])
        yield from blocks

    def _workbook(self) -> Generator[Block]:
        cells = workbooks.Cells()
        for told in workbooks.news(self._source, self.limits):
            if told["kind"] == "book":
                self.detected.date_system = told["date_system"] or None
                _check_names(told["sheets"])
                if self._asked and self._asked not in map(nfc, told["sheets"]):
                    raise DomainError("sheet-not-found", sheets=", ".join(told["sheets"])[:300])
                continue
            rows = cells.restored(told["rows"])
            yield Block(told["sheet"], told["numbers"], rows, told["column"], told["hidden"])

    def _table(self, blocks: Iterator[Block]) -> Iterator[Rows | None]:
        header: Header | None = None
        columns: dict[int, Column] = {}
        passed_over: set[int] = set()
        sheet: object = object()
        for block in blocks:
            if block.sheet != sheet:
                sheet, passed_over = block.sheet, firm_columns(block.rows)
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
            return find_header(self.words, block.rows)
        except DomainError:
            check_block(block, passed_over)  # its facts quote the headers
            raise

    def _may_hold_rows(self, block: Block) -> bool:
        if self._asked and block.sheet:
            return nfc(block.sheet) == self._asked
        return not block.hidden

    def _guess(self, block: Block) -> None:
        at, texts = likely_header(block.rows)
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
        detected.units, detected.unknown = dict(header.units), header.unknown[: self.limits.columns]
        detected.annotated = header.annotated
        detected.missing = tuple(
            f.name for f in fields_of(self.dataset) if f.required and f.name not in by_name
        )

    def _columns(self, header: Header) -> dict[int, Column]:
        return {
            place: Column(
                self.dataset, field, self.codes,
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
        for row in block.rows[:SEARCHED_ROWS]:
            for cell in row:
                mark = TEMPLATE_MARK.search(cell) if type(cell) is str else None
                if mark:
                    self.detected.template = mark.group(1)

    def _chunk(self, block: Block, header: Header, columns: Mapping[int, Column]) -> Iterator[Rows]:
        first = bool(block.numbers) and block.numbers[0] <= (self.detected.header_row or 0)
        skipped = header.row + 1 if first else 0
        numbers, rows = block.numbers[skipped:], block.rows[skipped:]
        cells = list(zip_longest(*rows, fillvalue=""))
        examples = {
            at
            for place, column in columns.items()
            if column.field.example.startswith(EXAMPLE_MARK) and place < len(cells)
            for at in examples_in(cells[place])
        }
        if examples:
            kept = [at for at in range(len(rows)) if at not in examples]
            numbers, rows = [numbers[at] for at in kept], [rows[at] for at in kept]
            cells = list(zip_longest(*rows, fillvalue=""))
        self._count(len(rows))
        if not rows:
            return
        chunk = Rows(self.dataset, numbers, {})
        for place, column in columns.items():
            raw = cells[place] if place < len(cells) else ("",) * len(rows)
            self._fill(chunk, column, raw)
        if self.detected.format == CSV:
            _note_extra_cells(chunk, cells, max(header.texts) + 1)
        yield chunk

    def _fill(self, chunk: Rows, column: Column, raw: Sequence[Any]) -> None:
        values, flaws = column.parse(raw)
        chunk.columns[column.field.name] = values
        chunk.problems += [_problem(at, column.field.name, flaw) for at, flaw in flaws]

    def _count(self, more: int) -> None:
        self._rows += more
        if self._rows > self.limits.rows:
            raise DomainError("too-many-rows", limit=self.limits.rows)

    def _objects(self) -> Iterator[Rows | None]:
        self.detected.encoding = "utf-8"
        fields = {field.name: field for field in fields_of(self.dataset)}
        columns = {
            name: Column(self.dataset, field, self.codes, typed=True)
            for name, field in fields.items()
        }
        yield None
        for said in lines.objects(self._source, self.limits):
            self._count(len(said.numbers))
            chunk = Rows(self.dataset, said.numbers, {})
            for at in said.unreadable:
                chunk.refuse(at, "unreadable-row")
            for name, places in _by_name(said.objects).items():
                values = [said.objects[at][name] for at in places]
                if name not in fields or not may_look_alike(self.dataset, fields[name]):
                    _check_values(said, name, places, values)
                if name in columns:
                    self._fill(chunk, columns[name], [one.get(name) for one in said.objects])
                elif name not in (RESULT, REASON):
                    _note_unknown(chunk, name, zip(places, values, strict=True), fields)
            yield chunk


def _check_names(sheets: Sequence[str]) -> None:
    for at, name in enumerate(sheets, 1):
        if looks_like_resident_number(name):
            raise found(f"#{at}", 0, "?")


def _by_name(objects: Sequence[dict[str, Any]]) -> dict[str, list[int]]:
    """The indexes of the objects that have a member, by its name."""
    found: dict[str, list[int]] = {}
    for at, one in enumerate(objects):
        for name in one:
            found.setdefault(name, []).append(at)
    return found


def _check_values(
    said: lines.Objects, name: str, places: Sequence[int], values: Sequence[Any]
) -> None:
    """Look at a member's values, and at its name. Raises ResidentNumberFound."""
    if looks_like_resident_number(name):
        raise found(None, said.numbers[places[0]], "?")
    hit = resident_number_at([_worded(value) for value in values])
    if hit is not None:
        raise found(None, said.numbers[places[hit]], name)


def _note_unknown(
    chunk: Rows, name: str, said: Iterable[tuple[int, Any]], fields: Collection[str]
) -> None:
    """A member that is no column; null where a part of the object belongs says nothing."""
    part = any(field.startswith(f"{name}.") for field in fields)
    for at, value in said:
        if part and value is not None:
            chunk.refuse(at, "invalid-type", name)
        elif not part:
            chunk.refuse(at, "unknown-field", None, name=name[:60])


def _worded(value: Any) -> Any:  # noqa: ANN401
    return str(value) if isinstance(value, dict) else value


def _problem(at: int, name: str, flaw: Flaw) -> Problem:
    return Problem(at, name, flaw.code, "error", flaw.facts or {})


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


def read(
    source: Path | BinaryIO,
    *,
    dataset: str,
    sheet: str | None = None,
    codes: Codes | None = None,
    limits: Limits | None = None,
    named: Mapping[str, str] | None = None,
) -> Reading:
    """Begin to read a file of a dataset, whatever its name and type say.

    `codes` are the registry's lists, so that names of codes are understood; `named` says what
    headers mean that a person was asked about. A source that cannot
    be rewound is copied into memory first. Raises DomainError: what the file is or lacks.
    """
    if isinstance(source, Path):
        return Reading(
            source.open("rb"), dataset, sheet, codes or {}, limits or Limits(),
            named=named, own=True,
        )  # fmt: skip
    return Reading(
        _rewindable(source), dataset, sheet, codes or {}, limits or Limits(), named=named
    )


def _rewindable(source: BinaryIO) -> BinaryIO:
    if source.seekable():
        return source
    copy: Any = (
        os.fdopen(os.memfd_create("import"), "w+b")
        if hasattr(os, "memfd_create")
        else tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the reading
    )
    shutil.copyfileobj(source, copy)
    file: BinaryIO = copy
    return file
