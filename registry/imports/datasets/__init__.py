"""The datasets a file may hold: each judges rows, takes them in, takes them back, gives them out.

`dataset(name)` finds one. All act inside a unit of work that their caller opened and ends:

- `prepare` makes what both need and the registry need not be asked for; it may be left out.
- `look_ahead` judges rows before their write has the lock; `apply` goes by that verdict if it
  still stands, and judges anew if not. Only where `looks_ahead` is true.
- `check` says what `apply` would do and notes every problem on the rows; nothing stays. One whose
  `check_reads_only` is true works in a reading snapshot, with nobody waiting; the others write and
  need `database.writing(principal, dry_run=True)`.
- `apply` writes the rows without errors. The caller decides beforehand (with `check`) whether
  any error means that none is to be written: in one work `check` then `apply` agree.
- `undo` takes back what `apply` said it wrote. Raises import-built-on, with the ids in its
  `members`, if something was built on it since and `skip_changed` is not set.
- `export` gives the asker's own records in batches that go in again unchanged.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from registry.core.crypto import Keyring
    from registry.core.work import Work
    from registry.imports.rows import Applied, Options, Outcome, Rows, Undone

DATASETS = ("enrolments", "programmes", "startups", "investments", "transactions")


class Dataset(Protocol):
    """What a module of this package offers."""

    scope: str  # what a key must hold to write it
    check_reads_only: bool
    looks_ahead: bool

    def prepare(self, rows: Rows, options: Options, *, new: bool, written: bool) -> None:
        """Make ready rows that are likely `new`, and that are to be `written`."""

    def look_ahead(self, work: Work, rows: Rows, options: Options) -> None:
        """Judge rows that are to be written next, by what this snapshot sees."""

    def check(self, work: Work, rows: Rows, options: Options) -> Applied:
        """Judge the rows: problems are noted on them; what would become of each is answered."""

    def apply(self, work: Work, rows: Rows, options: Options) -> Applied:
        """Take in the rows without errors, and say what became of each."""

    def undo(self, work: Work, done: Sequence[Outcome], options: Options) -> Undone:
        """Take back what the outcomes wrote. Raises import-built-on."""

    def export(self, work: Work, keyring: Keyring) -> Iterator[Rows]:
        """The asker's own records in batches of import columns."""


def dataset(name: str) -> Dataset:
    """The dataset of a name. Raises KeyError if there is none."""
    if name not in DATASETS:
        raise KeyError(name)
    return cast("Dataset", import_module(f"registry.imports.datasets.{name}"))
