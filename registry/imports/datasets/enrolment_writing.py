"""Writes what the verdict on rows of enrolments says, in sets.

Six statements for a batch of any size, past the session; the revision's digest covers each row by
the text that `verify` will compute from the table, and what a row supersedes is kept as history.
"""

from __future__ import annotations

from operator import add, itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from registry.core.bulk import (
    PART,
    Inserting,
    Recording,
    among,
    in_parts,
    parts,
    table_of,
    update_rows,
)
from registry.imports.datasets import enrolment_forms as forms
from registry.imports.datasets.enrolment_linking import connect
from registry.imports.datasets.enrolment_versions import (
    former_person,
    former_stint,
    person_text,
    person_values,
    stint_text,
    stint_values,
)
from registry.imports.rows import Applied, Outcome, Written
from registry.imports.staging import outcome_bytes
from registry.revisions.history import WATCHER
from registry.revisions.models import History
from registry.trainees.models import (
    Enrolment,
    Trainee,
    TraineeIdentity,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from registry.core.bulk import Insertion
    from registry.core.crypto import Keyring
    from registry.imports.datasets.enrolment_forms import StintForm
    from registry.imports.datasets.enrolment_records import Person, Stint
    from registry.imports.datasets.enrolment_verdict import Verdict
    from registry.revisions.history import Watcher

_TEXT = itemgetter(1)
PEOPLE = 1_000  # of these fewer, so that the database soon has something to do
_TRAINEE_CHANGED = ("external_id", "document", "data_key", "document_mac", "revision", "version")
_ENROLMENT_CHANGED = (
    "status", "status_on", "employed_on", "employer_district_code", "employment_deadline",
    "revision", "version",
)  # fmt: skip
_HISTORY = ("kind", "record_id", "version", "from_revision", "to_revision", "values", "sealed")


class Writing:
    """One batch's writing: what was judged becomes rows, history and digest texts."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict, self.work = verdict, verdict.work
        self._dialect = self.work.session.get_bind().dialect
        self._history: list[tuple[Any, ...]] = []
        self._texts: list[tuple[str, list[tuple[UUID, bytes]]]] = []
        self._changed_people: list[tuple[Any, ...]] = []
        self._changed_stints: list[tuple[Any, ...]] = []
        self._renumbered = [p.id for p in verdict.changed_people if _is_renumbered(p)]
        self._met: list[Person] = []  # those that are equal or similar to others

    def write(self) -> Applied:
        """Write everything and say what each row wrote."""
        self._free_numbers()
        with Inserting(self.work.session) as into:
            applied = self.make(into)
        return self._ended(applied)

    def write_made(self, made: Sequence[Insertion], applied: Applied) -> Applied:
        """Write what was made before the lock, for the revision that this write has."""
        self.work = self.verdict.work
        self._free_numbers()
        for one in made:
            one.send(self.work.session)
        return self._ended(applied)

    def make(self, into: Inserting | Recording) -> Applied:
        """Make everything that is to be inserted, and say what each row writes."""
        for people in in_parts(self.verdict.changed_people, PEOPLE):
            self._make_people(people, into)
        for stints in in_parts(self.verdict.changed_stints, PART):
            self._make_stints(stints, into)
        into.insert(table_of(History), _HISTORY, self._history_rows())
        applied = self._applied()
        if len(applied.outcomes) <= PART:  # a batch, and not a short file of many
            applied.packed = outcome_bytes(self.verdict.rows.numbers, applied.outcomes)
        return applied

    def _free_numbers(self) -> None:
        """Take the student numbers off whom they leave: others of the batch may have them now."""
        session = self.work.session
        session.flush()
        if self._renumbered:
            table = table_of(Trainee)
            theirs = among(session, Trainee.id, self._renumbered)
            session.execute(update(table).where(theirs).values(external_id=None))

    def _ended(self, applied: Applied) -> Applied:
        """Write what is no insertion, and note all that was written."""
        session = self.work.session
        if not self._texts:
            return applied
        for kind, texts in self._texts:
            self._watcher.note_bulk(kind, texts)
        update_rows(session, table_of(Trainee), _TRAINEE_CHANGED, self._changed_people)
        update_rows(session, table_of(Enrolment), _ENROLMENT_CHANGED, self._changed_stints)
        connect(self.work, self._met)
        self.work.touch("trainees", *self.verdict.units)
        session.expire_all()
        return applied

    @property
    def _watcher(self) -> Watcher:
        watcher: Watcher = self.work.notes[WATCHER]
        return watcher

    def _has_written(self, kind: str, key: UUID) -> bool:
        """Whether this work has written a record already; one that is still to come has not."""
        return WATCHER in self.work.notes and self._watcher.has_written(kind, key)

    def _make_people(self, people: Sequence[Person], into: Inserting | Recording) -> None:
        """Insert the new ones and their hashes; note what is to be updated."""
        keyring, revision = self.verdict.keyring, self.work.revision
        new, left, held = [], [], []
        hashes: list[Any] = []
        texts: list[tuple[UUID, bytes]] = []
        for person in people:
            is_new = person.version == 0
            _seal(keyring, person)
            self._step(Trainee.__tablename__, person, former_person)
            texts.append((person.id, person_text(person)))
            if is_new:
                new.append(person)
                left.append((person.unit_id, person.external_id, *person.created, revision, 1))
            else:
                self._changed_people.append((
                    person.external_id, person.document, person.data_key, person.mac,
                    person.revision, person.version, person.id,
                ))  # fmt: skip
            if person.form is not None:
                hashes += person.form.hashes
            held.append((person.id, person.identities))
        rows = self._rows(Trainee, forms.TRAINEE, new, person_values, forms.TRAINEE_LEFT, left)
        into.insert(table_of(Trainee), (*forms.TRAINEE, *forms.TRAINEE_LEFT), rows)
        hashes += forms.identity_rows(self._dialect, held)
        into.insert(table_of(TraineeIdentity), forms.IDENTITY, hashes)
        for person in people:
            held_by_form = () if person.form is None else person.form.identities
            person.kept = [i.digest for i in (*held_by_form, *person.identities)]
            person.identities = []
            person.values = person.document = person.data_key = None  # but in the rows
        self._met += [person for person in people if person.meetings]
        self._note(Trainee.__tablename__, texts)

    def _make_stints(self, stints: Sequence[Stint], into: Inserting | Recording) -> None:
        """Insert the new ones; note what is to be updated."""
        revision = self.work.revision
        new, left = [], []
        texts: list[tuple[UUID, bytes]] = []
        for stint in stints:
            is_new = stint.version == 0
            self._step(Enrolment.__tablename__, stint, former_stint)
            texts.append((stint.id, stint_text(stint)))
            if is_new:
                new.append(stint)
                left.append((stint.programme_id, stint.trainee_id, *stint.created, revision, 1))
            else:
                self._changed_stints.append((
                    stint.status, stint.status_on, stint.employed_on, stint.district,
                    stint.deadline, stint.revision, stint.version, stint.id,
                ))  # fmt: skip
        rows = self._rows(Enrolment, forms.ENROLMENT, new, stint_values, forms.ENROLMENT_LEFT, left)
        into.insert(table_of(Enrolment), (*forms.ENROLMENT, *forms.ENROLMENT_LEFT), rows)
        self._note(Enrolment.__tablename__, texts)

    def _note(self, kind: str, texts: list[tuple[UUID, bytes]]) -> None:
        texts.sort(key=_TEXT)  # as they are hashed: what is sorted already is soon sorted
        self._texts.append((kind, texts))

    def _rows(
        self,
        model: type[Trainee | Enrolment],
        filled: Sequence[str],
        records: Sequence[Any],
        values: Callable[[Any], Sequence[Any]],
        names: Sequence[str],
        left: Sequence[Sequence[Any]],
    ) -> list[Any]:
        """The rows of new records: what their forms filled in, or these values, and what was left."""
        if not records:
            return []
        table = table_of(model)
        unformed = [values(record) for record in records if record.form is None]
        made = iter(
            parts(self._dialect, table, filled, zip(*unformed, strict=True)) if unformed else ()
        )
        begun = [next(made) if r.form is None else r.form.row for r in records]
        ended = parts(self._dialect, table, names, zip(*left, strict=True))
        return list(map(add, begun, ended))

    def _history_rows(self) -> list[Any]:
        if not self._history:
            return []
        return parts(self._dialect, table_of(History), _HISTORY, zip(*self._history, strict=True))

    def _step(self, kind: str, row: Any, values: Any) -> None:  # noqa: ANN401
        """Bring a record to its next version; its former one is kept as history."""
        if not row.version:
            row.version, row.revision = 1, self.work.revision
            return
        row.before = row.version
        if not self._has_written(kind, row.id):
            kept, sealed = values(row)
            self._history.append(
                (kind, row.id, row.version, row.revision, self.work.revision, kept, sealed)
            )
        row.version += 1
        row.revision = self.work.revision
        row.former = None

    def _applied(self) -> Applied:
        verdict = self.verdict
        found = []
        each = zip(verdict.outcomes, verdict.means, verdict.touched, strict=True)
        for outcome, means, (person, stint) in each:
            form = _form(person, stint)
            if form is not None:
                found.append(form.outcome)
                continue
            written: tuple[Written, ...] = ()
            if person is not None:
                written = (Written("trainee", person.id, person.before, person.version),)
            if stint is not None:
                one = Written("enrolment", stint.id, stint.before, stint.version)
                written = (*written, one)
            found.append(Outcome(outcome, means, written))
        return Applied(found)


def _is_renumbered(person: Person) -> bool:
    return person.former is not None and person.former[0] not in {None, person.external_id}


def _form(person: Person | None, stint: Stint | None) -> StintForm | None:
    """The form of a row's enrolment, if the row became what that says: both it and its person new."""
    if person is None or stint is None or person.form is None or stint.form is None:
        return None
    return stint.form if stint.form.person is person.id else None


def _seal(keyring: Keyring, person: Person) -> None:
    if person.values is None:  # nothing of it was even read, or it was sealed beforehand
        return
    sealed = keyring.seal(person.values, person.id, person.data_key)
    if sealed.mac != person.mac:
        person.document, person.data_key, person.mac = sealed.document, sealed.data_key, sealed.mac
