"""Reading a file: what it is, where its rows are, and what each cell says in the API's words."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from registry.core.problems import DomainError
from registry.core.text import looks_like_resident_number, nfc
from registry.imports.reading import delimited, objects
from registry.imports.reading.blocks import Block, Detected
from registry.imports.reading.formats import CSV, HEAD_BYTES, NDJSON, format_of
from registry.imports.reading.guard import found
from registry.imports.reading.headers import fitness, words_of
from registry.imports.reading.limits import Limits
from registry.imports.reading.making import Making
from registry.imports.reading.tables import Table
from registry.imports.reading.workbooks import Opener

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from registry.imports.reading.labels import Codes
    from registry.imports.reading.workbooks import Book
    from registry.imports.rows import Rows


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
        opener: Opener | None = None,
        own: bool = False,
    ) -> None:
        self._words = words_of(dataset, named or {})
        self._limits, self._own, self._opener = limits, own, opener
        self._asked, self._source = nfc(sheet or ""), source
        size = source.seek(0, os.SEEK_END)
        self._spent, self._allowed = 0.0, limits.seconds + limits.seconds_per_mib * (size >> 20)
        try:
            self.detected = Detected(format_of(self._head()))
            self._chunks = self._run(Making(dataset, codes, limits, self.detected))
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

    def _run(self, making: Making) -> Generator[Rows | None]:
        if self.detected.format == NDJSON:
            self.detected.encoding = "utf-8"
            yield None
            yield from objects.rows_of(self._source, making)
            return
        blocks = self._delimited() if self.detected.format == CSV else self._workbook()
        with closing(blocks):
            yield from Table(making, self._words, self._asked).rows(blocks)

    def _delimited(self) -> Generator[Block]:
        encoding = delimited.encoding_of(self._source)
        delimiter, named = delimited.delimiter_of(
            self._source, encoding, lambda rows: fitness(self._words, rows)
        )
        self.detected.encoding = delimited.encoding_name(encoding)
        self.detected.delimiter = delimiter
        blocks = delimited.blocks(self._source, encoding, delimiter, self._limits)
        if named:
            first = next(blocks, None)
            if first:
                yield first.without(1)
        yield from blocks

    def _workbook(self) -> Generator[Block]:
        with self._opener or Opener(self._limits) as opener:
            for told in opener.news(self._source):
                if isinstance(told, Block):
                    yield told
                else:
                    self._note_book(told)

    def _note_book(self, book: Book) -> None:
        self.detected.date_system = book.date_system or None
        _check_names(book.sheets)
        if self._asked and self._asked not in map(nfc, book.sheets):
            raise DomainError("sheet-not-found", sheets=", ".join(book.sheets)[:300])


def _check_names(sheets: Sequence[str]) -> None:
    for at, name in enumerate(sheets, 1):
        if looks_like_resident_number(name):
            raise found(f"#{at}", 0, "?")


def read(
    source: Path | BinaryIO,
    *,
    dataset: str,
    sheet: str | None = None,
    codes: Codes | None = None,
    limits: Limits | None = None,
    named: Mapping[str, str] | None = None,
    opener: Opener | None = None,
) -> Reading:
    """Begin to read a file of a dataset, whatever its name and type say.

    `codes` are the registry's lists, so that names of codes are understood; `named` says what
    headers mean that a person was asked about; `opener` is the child process for a workbook, if one
    was begun. A source that cannot be rewound is copied into memory first. Raises DomainError: what
    the file is or lacks.
    """
    if isinstance(source, Path):
        return Reading(
            source.open("rb"), dataset, sheet, codes or {}, limits or Limits(),
            named=named, opener=opener, own=True,
        )  # fmt: skip
    return Reading(
        _rewindable(source), dataset, sheet, codes or {}, limits or Limits(),
        named=named, opener=opener,
    )  # fmt: skip


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
