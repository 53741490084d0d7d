"""What is tried within one revision and may be taken back, without a trace in the revision's digest."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from registry.core.constraints import translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.core.work import Work
    from registry.revisions.history import Watcher


@contextmanager
def standing(work: Work, *, keep: bool = True) -> Iterator[None]:
    """What is done inside stands, or leaves nothing behind if it raises or is not to be kept."""
    watcher: Watcher = work.notes["watcher"]
    mark, begun, place = watcher.mark(), len(watcher.recent), work.rows
    savepoint = work.session.begin_nested()
    stands = False
    try:
        with translated():
            yield
            if keep:
                savepoint.commit()
                stands = True
    finally:
        if not stands:
            savepoint.rollback()
            watcher.forget(mark)
            del watcher.recent[begun:]
            work.rows = place
        work.notes.pop("repeated", None)
