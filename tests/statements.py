"""Counting the statements a database is asked, whichever way they are sent."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from registry.core.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.core.db import Database

FRAMES = ("BEGIN", "PRAGMA", "SET LOCAL")  # what frames a transaction asks nothing


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements sent while the block runs, in their order."""
    sent: list[str] = []
    send = Prepared.send

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(FRAMES):
            sent.append(statement)

    def noted(self: Prepared, cursor: Any, /, **values: Any) -> None:
        sent.append(self.text)
        send(self, cursor, **values)

    event.listen(database.engine, "before_cursor_execute", note)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Prepared, "send", noted)
        try:
            yield sent
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
