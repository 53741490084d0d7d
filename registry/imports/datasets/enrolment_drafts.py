"""What can be made ready of a batch of enrolments before the registry is asked.

None of it needs a lock or a snapshot, so it is made while another batch waits for the database.
What was not made beforehand is made when it is first asked for.
"""

from __future__ import annotations

import time
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

from registry.core.crypto import Identity, Sealed
from registry.core.fields import ready
from registry.core.types import id_of, new_id
from registry.imports.columns import load_columns
from registry.imports.rows import CLEAR
from registry.trainees.enrolment_schemas import EnrolmentCreate, OutcomeSaid, TraineeSaid

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.crypto import Keyring
    from registry.imports.rows import Rows

_OWN = ready(EnrolmentCreate).fields
FIELDS = {
    "external_id": _OWN["external_id"],
    "programme_code": _OWN["programme_code"],
    **{f"trainee.{name}": field for name, field in ready(TraineeSaid).fields.items()},
    "enrolled_on": _OWN["enrolled_on"],
    "status": _OWN["status"],
    "status_on": _OWN["status_on"],
    **{f"outcome.{name}": field for name, field in ready(OutcomeSaid).fields.items()},
}
Said = tuple[Any, ...]  # a row's cells, in the order of FIELDS


# Whoever waits for the database has its answer at once only if nobody else computes just then.
# Without these rests it waited five milliseconds for each answer.
_PIECE, _REST = 50, 0.0001  # rows, seconds


class Drafts:
    """A batch's rows as the fields load them, and what would be kept of whom they name."""

    def __init__(self, rows: Rows, keyring: Keyring) -> None:
        self.keyring = keyring
        self.columns = load_columns(rows, FIELDS)
        self.said: list[Said] = self._lines()
        self._identities: list[tuple[Identity, ...] | None] = [None] * len(rows)
        self._plain: list[bytes | None] = [None] * len(rows)
        self._records: dict[int, tuple[UUID, Sealed]] = {}
        self._ids: list[UUID] = []
        self.writing: Any = None  # the batch's, if it was judged ahead of its turn

    def _lines(self) -> list[Said]:
        return list(zip(*(self.columns[name] for name in FIELDS), strict=True))

    def __getstate__(self) -> tuple[Any, ...]:
        """For another process: in plain values, since ids and such take it fifty times as long."""
        identities = [found and [tuple(one) for one in found] for found in self._identities]
        records = [(at, key.int, tuple(sealed)) for at, (key, sealed) in self._records.items()]
        return self.columns, identities, self._plain, records

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """As it was, but for the keyring (`drafts_of`)."""
        self.columns, identities, self._plain, records = state
        self.said = self._lines()
        self._identities = [found and tuple(map(Identity._make, found)) for found in identities]
        self._records = {
            at: (id_of(number), Sealed._make(sealed)) for at, number, sealed in records
        }
        self._ids, self.writing = [], None

    def foresee(self, *, new: bool, written: bool) -> None:
        """Make all that a batch of known (or `new`) rows needs, and is to be kept if `written`.

        It makes way for the work on the batch before.
        """
        seal = self.keyring.seal_text
        for index, said in enumerate(self.said):
            if index % _PIECE == 0:
                time.sleep(_REST)
            if not said[3] or said[3] is CLEAR or not said[4]:
                continue
            plain = self.plain(index)
            if new:
                self.identities(index)
                if written:
                    key = new_id()
                    self._records[index] = key, seal(plain, key)
        if new:
            self._ids = [new_id() for _ in self.said]

    def let_go(self) -> None:
        """Forget everything."""
        self.columns, self.said, self._records = {}, [], {}
        self._identities, self._plain, self._ids, self.writing = [], [], [], None

    def new_id(self) -> UUID:
        """An id for a new enrolment."""
        return self._ids.pop() if self._ids else new_id()

    def record(self, index: int) -> tuple[UUID, Sealed | None]:
        """The id of a new record, and its document if that was foreseen."""
        return self._records.get(index) or (new_id(), None)

    def identities(self, index: int) -> tuple[Identity, ...]:
        """The hashes of whom a row names, under every key."""
        found = self._identities[index]
        if found is None:
            found = ()
            name, born, mobile = self.said[index][3:6]
            if name and name is not CLEAR and born:
                number = None if mobile is CLEAR else mobile
                found = self.keyring.identities(name, born, number, every_key=True)
            self._identities[index] = found
        return found

    def values(self, index: int) -> dict[str, Any]:
        """The personal values of a record that knows no more than the row."""
        name, born, mobile, email = self.said[index][3:7]
        return {
            "name": None if name is CLEAR else name,
            "birth_date": None if born is None else born.isoformat(),
            "mobile": None if mobile is CLEAR else mobile,
            "email": None if email is CLEAR else email,
        }

    def plain(self, index: int) -> bytes:
        """What `canonical` makes of them, written out: a fifth of its time."""
        found = self._plain[index]
        if found is None:
            name, born, mobile, email = map(_quoted, self.said[index][3:7])
            text = f'{{"birth_date":{born},"email":{email},"mobile":{mobile},"name":{name}}}'
            found = self._plain[index] = text.encode()
        return found


def _quoted(cell: Any) -> str:  # noqa: ANN401
    if cell is None or cell is CLEAR:
        return "null"
    return encode_basestring(cell) if type(cell) is str else f'"{cell.isoformat()}"'


def drafts_of(rows: Rows, keyring: Keyring) -> Drafts:
    """The batch's own, made now unless they were made beforehand."""
    if rows.drafts is None:
        rows.drafts = Drafts(rows, keyring)
    found: Drafts = rows.drafts
    found.keyring = keyring  # another process may have made them
    return found
