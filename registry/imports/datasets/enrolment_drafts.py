"""What can be made ready of a batch of enrolments before the registry is asked.

None of it needs a lock or a snapshot, so it is made while another batch waits for the database.
What was not made beforehand is made when it is first asked for.
"""

from __future__ import annotations

import time
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any
from uuid import UUID

from registry.core.crypto import current_of
from registry.core.fields import ready
from registry.core.types import new_id, stand_in_id
from registry.imports.columns import load_columns
from registry.imports.datasets.enrolment_forms import OF_STINTS, person_forms, stint_forms
from registry.imports.rows import CLEAR
from registry.trainees.enrolment_schemas import EnrolmentCreate, OutcomeSaid, TraineeSaid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from registry.core.crypto import Identity, Keyring
    from registry.imports.datasets.enrolment_forms import PersonForm, StintForm
    from registry.imports.datasets.enrolment_standing import Foreseen
    from registry.imports.rows import Rows, Target

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
NO_ID = UUID(int=0)  # of an enrolment that is not to be written


# Whoever waits for the database has its answer at once only if nobody else computes just then.
# Without these rests it waited five milliseconds for each answer.
_PIECE, _REST = 50, 0.0001  # rows, seconds


class Drafts:
    """A batch's rows as the fields load them, and what would be kept of whom they name.

    `written`: they are to be taken in, and not only judged, for which less is needed.
    """

    def __init__(self, rows: Rows, keyring: Keyring, *, written: bool) -> None:
        self._keyring, self.written = keyring, written
        self._numbers = rows.numbers
        self.columns = load_columns(rows, FIELDS)
        self.said: list[Said] = list(zip(*(self.columns[name] for name in FIELDS), strict=True))
        # Somebody without a mobile is known again by name and birth date, in a row without number.
        numbers, mobiles = self.columns["external_id"], self.columns["trainee.mobile"]
        self._fullest = not written and not any(
            number in _BLANK and mobile in _BLANK
            for number, mobile in zip(numbers, mobiles, strict=True)
        )
        self._identities: list[tuple[Identity, ...] | None] = [None] * len(rows)
        self._people: dict[tuple[Any, ...], tuple[Identity, ...]] = {}  # the same, whoever is met
        self._plain: list[bytes | None] = [None] * len(rows)
        self._person_forms: dict[int, PersonForm] = {}
        self._stint_forms: dict[int, StintForm] = {}
        self.foreseen: Foreseen | None = None  # the verdict on the rows, as of a snapshot

    def foresee(self, target: Target | None, *, new: bool) -> None:
        """Make all that a batch of known (or `new`) rows needs that goes in there.

        It makes way for the work on the batch before.
        """
        for start in range(0, len(self.said), _PIECE):
            time.sleep(_REST)
            piece = range(start, min(start + _PIECE, len(self.said)))
            named = [index for index in piece if self.names_somebody(index)]
            for index in named:
                self.plain(index)
            if new:
                self.identify(named)
                if self.written and target is not None:
                    self.fill_in(target, piece, named)

    def names_somebody(self, index: int) -> bool:
        """Whether a row says who somebody is."""
        name, born = self.said[index][3:5]
        return bool(name and name is not CLEAR and born)

    def fill_in(self, target: Target, entered: Sequence[int], named: Sequence[int]) -> None:
        """Fill in the forms of rows that enter something; of these, those that name somebody new."""
        keys = [new_id() for _ in named]
        sealed = self._keyring.seal_texts([self.plain(index) for index in named], keys)
        hashes = [current_of(self.identities(index)) for index in named]
        people = dict(zip(named, person_forms(target, keys, sealed, hashes), strict=True))
        self._person_forms |= people
        columns = {n: [self.columns[n][index] for index in entered] for n in OF_STINTS}
        numbers = [self._numbers[index] for index in entered]
        ids = [people[index].id if index in people else None for index in entered]
        made = stint_forms(target, columns, [new_id() for _ in entered], numbers, ids)
        self._stint_forms.update(zip(entered, made, strict=True))

    def let_go(self) -> None:
        """Forget everything."""
        self.columns, self.said, self._person_forms, self._stint_forms = {}, [], {}, {}
        self._identities, self._plain, self._people = [], [], {}

    def stint_form(self, index: int) -> StintForm | None:
        """The enrolment that a row enters, if that was foreseen."""
        return self._stint_forms.get(index)

    def person_form(self, index: int) -> PersonForm | None:
        """The record of whom a row names, if that was foreseen."""
        return self._person_forms.get(index)

    def new_id(self) -> UUID:
        """An id for a new enrolment."""
        return new_id() if self.written else NO_ID

    def new_person_id(self) -> UUID:
        """An id for a new record."""
        return new_id() if self.written else stand_in_id()

    def identify(self, indexes: Iterable[int]) -> set[str]:
        """Hash whom these rows name; all their hashes."""
        said, people, known = self.said, self._people, self._identities
        digests: set[str] = set()
        for index in indexes:
            found = known[index]
            if found is None:
                who = said[index][3:6]
                found = people.get(who)
                if found is None:
                    found = people[who] = self._hashed(*who)
                known[index] = found
            for identity in found:
                digests.add(identity[2])
        return digests

    def identities(self, index: int) -> tuple[Identity, ...]:
        """The hashes of whom a row names, under every key: those that are needed."""
        found = self._identities[index]
        if found is None:
            self.identify((index,))
            found = self._identities[index]
        return found or ()

    def _hashed(self, name: Any, born: Any, mobile: Any) -> tuple[Identity, ...]:  # noqa: ANN401
        if not name or name is CLEAR or not born:
            return ()
        number = None if mobile is CLEAR else mobile
        return self._keyring.identities(name, born, number, every_key=True, fullest=self._fullest)

    def plain(self, index: int) -> bytes:
        """What `canonical` makes of a row's `values_of`, written out: a fifth of its time."""
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


_BLANK = (None, CLEAR)


def drafts_of(rows: Rows, keyring: Keyring, *, written: bool) -> Drafts:
    """The batch's own, made now unless they were made beforehand."""
    if rows.drafts is None or rows.drafts.written != written:
        rows.drafts = Drafts(rows, keyring, written=written)
    found: Drafts = rows.drafts
    return found
