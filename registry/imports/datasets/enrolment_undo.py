"""Takes imported enrolments back, with the people they brought.

An enrolment that was made is void and its number free. A trainee that was made and that nobody
else enrolled since is let go: the student number is free, the hashes are destroyed, the links
they made are undone, so that the right file finds the registry as it was. A trainee that was
changed gets the former values, and loses the hashes and links that only the change brought.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, or_, select

from registry.core.bulk import among
from registry.core.crypto import FULL
from registry.imports.datasets.taking_back import REASON, TakingBack
from registry.revisions.models import History
from registry.trainees import links
from registry.trainees.intervals import Interval
from registry.trainees.models import (
    Enrolment,
    Trainee,
    TraineeDuplicate,
    TraineeIdentity,
    TraineeLink,
)
from registry.trainees.people import identities_of, opened

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

MODELS = {"trainee": Trainee, "enrolment": Enrolment}


class Back(TakingBack):
    """How enrolments and their trainees are taken back."""

    def look(self, rows: dict[tuple[str, UUID], Any], written: Mapping[Any, Any]) -> None:
        """Know which trainees the city linked by hand since, and what else each attends."""
        made = [
            key for kind, key in rows if kind == "trainee" and written[kind, key].before is None
        ]
        self.decided = {
            trainee_id
            for link in self._links_of(made)
            if link.origin == links.DECISION and not link.undone
            for trainee_id in (link.trainee_a_id, link.trainee_b_id)
        }
        self.gone: list[Trainee] = []
        self.lost: dict[UUID, set[str]] = {}  # hashes that only the import brought
        self._changed: list[UUID] = []

    def is_built_on(self, row: Any) -> bool:  # noqa: ANN401
        """The city decided who a made trainee is."""
        return isinstance(row, Trainee) and row.id in self.decided

    def cannot_return(self, row: Any, former: dict[str, Any]) -> bool:  # noqa: ANN401
        """The former time of an enrolment, or a former student number, is taken by now."""
        session = self.work.session
        if isinstance(row, Trainee):
            number = former["external_id"]
            same = select(Trainee.id).where(
                Trainee.organisation_id == row.organisation_id,
                Trainee.external_id == number,
                Trainee.id != row.id,
            )
            return number is not None and bool(session.scalars(same).first())
        wanted = Interval.of(former["status"], former["enrolled_on"], former["status_on"])
        others = session.scalars(
            select(Enrolment).where(
                Enrolment.trainee_id == row.trainee_id,
                Enrolment.programme_id == row.programme_id,
                Enrolment.id != row.id,
                Enrolment.revision > row.revision,
                ~Enrolment.voided,
            )
        )
        return not row.voided and any(
            Interval.of(o.status, o.enrolled_on, o.status_on).common(wanted) for o in others
        )

    def unmake(self, row: Any) -> None:  # noqa: ANN401
        """Void an enrolment; of a trainee decide when all enrolments are void."""
        if isinstance(row, Trainee):
            self.gone.append(row)
        else:
            row.external_id, row.voided, row.void_reason = None, True, REASON

    def restore(self, row: Any, former: dict[str, Any], sealed: bytes | None) -> None:  # noqa: ANN401
        """Give a record its former values, a trainee the former document too."""
        if isinstance(row, Trainee):
            brought = self._hashes(row)
            super().restore(row, former, sealed)
            row.document = sealed
            self.lost[row.id] = brought - self._hashes(row)
        else:
            super().restore(row, former, sealed)

    def changed(self, row: Any) -> None:  # noqa: ANN401
        """The person behind an enrolment is recounted."""
        if isinstance(row, Enrolment):
            self._changed.append(row.trainee_id)

    def finish(self) -> None:
        """Let trainees go that attend nothing more; undo what only the import linked."""
        session = self.work.session
        standing = set(
            session.scalars(
                select(Enrolment.trainee_id).where(
                    among(session, Enrolment.trainee_id, [row.id for row in self.gone]),
                    ~Enrolment.voided,
                )
            )
        )
        gone = [row for row in self.gone if row.id not in standing]
        self._let_go(gone)
        self._unlink_lost()
        units = session.scalars(
            select(Trainee.unit_id).where(among(session, Trainee.id, self._changed)).distinct()
        )
        self.work.touch("trainees", *units)

    def _hashes(self, row: Trainee) -> set[str]:
        values = opened(self.options.keyring, row)
        every = identities_of(self.options.keyring, values, every_key=True)
        return {identity.digest for identity in every}

    def _let_go(self, gone: list[Trainee]) -> None:
        session = self.work.session
        ids = [row.id for row in gone]
        self._undo(link for link in self._links_of(ids) if not link.undone)
        pairs = session.scalars(
            select(TraineeDuplicate).where(
                or_(
                    among(session, TraineeDuplicate.trainee_a_id, ids),
                    among(session, TraineeDuplicate.trainee_b_id, ids),
                ),
                TraineeDuplicate.state == links.OPEN,
            )
        )
        for pair in pairs:
            pair.state = links.DISMISSED
        for row in gone:
            row.external_id = None
        session.execute(
            delete(TraineeIdentity)
            .where(among(session, TraineeIdentity.trainee_id, ids))
            .execution_options(synchronize_session=False)
        )
        session.flush()

    def _unlink_lost(self) -> None:
        session = self.work.session
        self.lost = {key: found for key, found in self.lost.items() if found}
        if not self.lost:
            return
        earlier = self._hashes_before()
        for key in self.lost:
            self.lost[key] -= earlier.get(key, set())
        every = {digest for found in self.lost.values() for digest in found}
        holders: dict[str, set[UUID]] = {}
        held = select(TraineeIdentity.digest, TraineeIdentity.trainee_id).where(
            among(session, TraineeIdentity.digest, list(every)), TraineeIdentity.kind == FULL
        )
        for digest, key in session.execute(held):
            holders.setdefault(digest, set()).add(key)
        for key, digests in self.lost.items():
            session.execute(
                delete(TraineeIdentity)
                .where(TraineeIdentity.trainee_id == key, TraineeIdentity.digest.in_(list(digests)))
                .execution_options(synchronize_session=False)
            )
            others = set().union(*(holders.get(digest, set()) for digest in digests)) - {key}
            self._undo(
                link
                for link in self._links_of([key])
                if not link.undone
                and link.origin == links.IDENTITY
                and {link.trainee_a_id, link.trainee_b_id} & others
            )

    def _hashes_before(self) -> dict[UUID, set[str]]:
        """The hashes of every earlier version: those were not brought by the import."""
        session, keyring = self.work.session, self.options.keyring
        found: dict[UUID, set[str]] = {}
        versions = session.execute(
            select(History.record_id, History.sealed, Trainee.data_key)
            .join(Trainee, Trainee.id == History.record_id)
            .where(
                History.kind == "trainee",
                History.to_revision < self.work.revision,
                among(session, History.record_id, list(self.lost)),
            )
        )
        for key, sealed, data_key in versions:
            if sealed is not None and data_key is not None:
                values = keyring.open(sealed, data_key, key)
                every = identities_of(keyring, values, every_key=True)
                found.setdefault(key, set()).update(i.digest for i in every)
        return found

    def _links_of(self, ids: Collection[UUID]) -> list[TraineeLink]:
        if not ids:
            return []
        session = self.work.session
        ends = (TraineeLink.trainee_a_id, TraineeLink.trainee_b_id)
        return list(
            session.scalars(
                select(TraineeLink).where(or_(*(among(session, end, ids) for end in ends)))
            )
        )

    def _undo(self, found: Any) -> None:  # noqa: ANN401
        ends = set()
        for link in found:
            link.undone = True
            ends |= {link.trainee_a_id, link.trainee_b_id}
        if not ends:
            return
        session = self.work.session
        session.flush()
        units = session.scalars(
            select(Trainee.unit_id).where(among(session, Trainee.id, ends)).distinct()
        )
        links.settle(self.work, set(units))
