"""Counting the statements a database is asked, whichever way they are sent."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from registry.core.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from registry.core.db import Database

FRAMES = ("BEGIN", "PRAGMA", "SET LOCAL")  # what frames a transaction asks nothing


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements sent while the block runs, in their order."""
    sent: list[str] = []

    def note(statement: str, _parameters: object) -> None:
        if not statement.startswith(FRAMES):
            sent.append(statement)

    with told(database.engine, note):
        yield sent


@contextmanager
def told(engine: Engine, note: Callable[[str, Any], None]) -> Iterator[None]:
    """Tell each statement while the block runs, with its parameters as the driver takes them."""
    send = Prepared.send

    def seen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        note(statement, parameters)

    def sent(self: Prepared, cursor: Any, /, **values: Any) -> None:
        note(self.text, self.arguments(values))
        send(self, cursor, **values)

    event.listen(engine, "before_cursor_execute", seen)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Prepared, "send", sent)
        try:
            yield
        finally:
            event.remove(engine, "before_cursor_execute", seen)
