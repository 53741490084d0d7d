"""A form with a file, read as it arrives: the file is never put down anywhere unencrypted."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import (
    Data,
    Epilogue,
    Field,
    File,
    MultipartDecoder,
    NeedData,
    Preamble,
)

from registry.core.problems import DomainError
from registry.imports.receiving import file_name

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE = 64 * 1024
ROOM = 64 * 1024  # of the form beside its file
LONGEST_FIELD = 4000


class Incoming(io.RawIOBase):
    """The request's form: its fields are read at once, its last, the file, when it is asked for."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        request.max_content_length = limit + ROOM
        boundary = request.mimetype_params.get("boundary", "")
        if request.mimetype != "multipart/form-data" or not boundary:
            raise DomainError("unsupported-media-type", expected="multipart/form-data")
        self._decoder = MultipartDecoder(boundary.encode())
        self._left = b""
        self._is_over = False
        self.fields: dict[str, str] = {}
        self.name: str | None = None
        self._read_fields()

    def _next(self) -> Preamble | Field | File | Data | Epilogue:
        while True:
            try:
                event = self._decoder.next_event()
            except ValueError:
                raise DomainError("bad-request") from None
            if not isinstance(event, NeedData):
                return event  # type: ignore[return-value]
            try:
                piece = request.stream.read(PIECE)
            except RequestEntityTooLarge:
                limit = request.max_content_length
                raise DomainError("payload-too-large", limit=limit) from None
            self._decoder.receive_data(piece or None)

    def _read_fields(self) -> None:
        name, text = "", bytearray()
        while True:
            event = self._next()
            if isinstance(event, Field):
                name, text = event.name, bytearray()
            elif isinstance(event, Data):
                text += event.data
                if len(text) > LONGEST_FIELD:
                    raise DomainError("bad-request")
                if not event.more_data:
                    self.fields[name] = text.decode("utf-8", "replace").strip()
            elif isinstance(event, File):
                self.name = (file_name(event.filename) or "") if event.filename else None
                return
            elif isinstance(event, Epilogue):
                self._is_over = True
                return

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def readinto(self, into: WriteableBuffer) -> int:
        """Some more of the file."""
        view = memoryview(into)
        while not self._left and not self._is_over:
            event = self._next()
            if isinstance(event, Data):
                self._left = event.data
                self._is_over = not event.more_data
            else:
                self._is_over = True
        found, self._left = self._left[: len(view)], self._left[len(view) :]
        view[: len(found)] = found
        return len(found)

    def drain(self) -> None:
        """Read what is left, so that the browser gets to hear the answer."""
        try:
            while request.stream.read(PIECE):
                pass
        except RequestEntityTooLarge:
            pass
