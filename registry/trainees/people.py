"""Trainees: finding an organisation's own record of a person, keeping it, correcting it.

The personal values are one sealed document; who somebody is or was said to be is kept as keyed
hashes, which accumulate: a corrected name or mobile adds one and the old ones stay.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, select, union

from registry.core.bulk import Digests, among_bound
from registry.core.crypto import FULL, PARTIAL
from registry.core.prepared import asked, loaded
from registry.core.problems import DomainError, Invalid
from registry.core.types import new_id
from registry.revisions.entering import enter
from registry.trainees import links
from registry.trainees.models import Trainee, TraineeIdentity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Select

    from registry.core.crypto import Identity, Keyring, Sealed
    from registry.core.waiting import WaitingSession
    from registry.core.work import Work

PERSONAL = ("name", "birth_date", "mobile", "email")
IDENTIFYING = ("name", "birth_date", "mobile")


@dataclass(frozen=True)
class Arrival:
    """An enrolment as sent, its trainee hashed and sealed before the lock."""

    keyring: Keyring
    data: dict[str, Any]
    external_id: str | None
    values: dict[str, Any]  # what is said of the person; None says nothing
    id: UUID  # of the trainee, if a new one is made
    identities: tuple[Identity, ...]  # under every key
    sealed: Sealed


def arrival(keyring: Keyring, data: dict[str, Any]) -> Arrival:
    """Hash and seal what an enrolment says of its trainee; runs before the lock."""
    said = data["trainee"]
    values = plain({name: said[name] for name in PERSONAL})
    row = new_id()
    identities = identities_of(keyring, values, every_key=True)
    sealed = keyring.seal(values, row)
    return Arrival(keyring, data, said["external_id"], values, row, identities, sealed)


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Personal values as the sealed document keeps them."""
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in values.items()}


def identities_of(
    keyring: Keyring, values: Mapping[str, Any], *, every_key: bool = False
) -> tuple[Identity, ...]:
    """The keyed hashes of who the values say somebody is; none without a name."""
    if not values["name"]:
        return ()
    born = date.fromisoformat(values["birth_date"])
    return keyring.identities(values["name"], born, values["mobile"], every_key=every_key)


def opened(keyring: Keyring, trainee: Trainee) -> dict[str, Any]:
    """A trainee's personal values; all None once the person has been erased."""
    if trainee.document is None or trainee.data_key is None:
        return dict.fromkeys(PERSONAL)
    return keyring.open(trainee.document, trainee.data_key, trainee.id)


@dataclass(frozen=True)
class Known:
    """A record already there, and which of the hashes looked up it holds."""

    trainee: Trainee
    kinds: frozenset[str]
    digests: frozenset[str]


def _looked_up(*, numbered: bool) -> Select[*tuple[Any, ...]]:
    """Records with the hashes they hold among those looked up. Built once: it runs at each write."""
    held = among_bound(TraineeIdentity.digest, bindparam("digests", type_=Digests()))
    ids: Any = select(TraineeIdentity.trainee_id).where(held)
    if numbered:
        own = and_(
            Trainee.organisation_id == bindparam("own", type_=Uuid()),
            Trainee.external_id == bindparam("number"),
        )
        ids = select(union(ids, select(Trainee.id).where(own)).subquery().c[0])
    return (
        select(TraineeIdentity.kind, TraineeIdentity.digest, *Trainee.__table__.c)
        .outerjoin(TraineeIdentity, and_(TraineeIdentity.trainee_id == Trainee.id, held))
        .where(Trainee.id.in_(ids))
        .order_by(Trainee.created_revision, Trainee.created_row)
    )


_KNOWN, _KNOWN_OR_NUMBERED = _looked_up(numbered=False), _looked_up(numbered=True)


def known_people(
    session: WaitingSession,
    identities: Iterable[Identity],
    numbered: tuple[UUID, str] | None = None,
) -> list[Known]:
    """The records of any organisation that hold one of the hashes, or the organisation's number.

    In the order of registration; one select, since it runs under the lock.
    """
    values: dict[str, Any] = {"digests": [i.digest for i in identities]}
    if numbered is not None:
        values |= {"own": numbered[0], "number": numbered[1]}
    rows = asked(session, _KNOWN if numbered is None else _KNOWN_OR_NUMBERED, **values)
    found: dict[Trainee, list[tuple[str, str]]] = defaultdict(list)
    for kind, digest, *columns in rows:
        found[loaded(session, Trainee, columns)].append((kind, digest))
    return [
        Known(trainee, frozenset(k for k, _ in said), frozenset(d for _, d in said))
        for trainee, said in found.items()
    ]


def meet(work: Work, arrived: Arrival) -> tuple[Trainee, bool]:
    """The organisation's trainee an enrolment means, brought up to date, and whether it is new.

    By the number with equal birth date, else by a full identity ever held, else a new one.
    Raises external-id-taken when the number belongs to another trainee.
    """
    own = work.principal.organisation_id
    number = arrived.external_id
    known = known_people(work.session, arrived.identities, (own, number) if number else None)
    mine = [k for k in known if k.trainee.organisation_id == own]
    numbered = next((k.trainee for k in mine if number and k.trainee.external_id == number), None)
    found = next((k.trainee for k in mine if FULL in k.kinds), None)
    if numbered is not None:
        born = opened(arrived.keyring, numbered)["birth_date"]
        found = numbered if born == arrived.values["birth_date"] else found
        if found is not numbered:
            raise DomainError("external-id-taken")
    if found is None:
        return _register(work, arrived, known), True
    if number and found.external_id != number:
        found.external_id = number
    said = {k: v for k, v in arrived.values.items() if v is not None}
    change(work, arrived.keyring, found, said)
    return found, False


def _register(work: Work, arrived: Arrival, known: list[Known]) -> Trainee:
    if not arrived.values["name"]:
        raise Invalid.at("trainee.name", "required")
    equal = {k.trainee.id: k.trainee.unit_id for k in known if FULL in k.kinds}
    units = set(equal.values())
    trainee = Trainee(
        id=arrived.id,
        organisation_id=work.principal.organisation_id,
        external_id=arrived.external_id,
        unit_id=units.pop() if len(units) == 1 else arrived.id,
        document=arrived.sealed.document,
        data_key=arrived.sealed.data_key,
        document_mac=arrived.sealed.mac,
    )
    enter(work, trainee)
    _keep(work, trainee, identities_of(arrived.keyring, arrived.values))
    similar = {k.trainee.id for k in known if PARTIAL in k.kinds}
    links.settle(work, links.connect(work, trainee, equal, similar, is_new=True))
    return trainee


def change(work: Work, keyring: Keyring, trainee: Trainee, said: Mapping[str, Any]) -> None:
    """Set personal values that differ; a changed name, birth date or mobile adds an identity."""
    before = opened(keyring, trainee)
    after = {**before, **said}
    if after == before:
        return
    sealed = keyring.seal(after, trainee.id, trainee.data_key)
    trainee.document, trainee.data_key = sealed.document, sealed.data_key
    trainee.document_mac = sealed.mac
    if any(after[name] != before[name] for name in IDENTIFYING):
        _identify(work, keyring, trainee, after)


def _identify(work: Work, keyring: Keyring, trainee: Trainee, values: Mapping[str, Any]) -> None:
    known = known_people(work.session, identities_of(keyring, values, every_key=True))
    held: frozenset[str] = next((k.digests for k in known if k.trainee is trainee), frozenset())
    missing = [i for i in identities_of(keyring, values) if i.digest not in held]
    if not missing:
        return
    _keep(work, trainee, missing)
    others = [k for k in known if k.trainee is not trainee]
    equal = {k.trainee.id: k.trainee.unit_id for k in others if FULL in k.kinds}
    similar = {k.trainee.id for k in others if PARTIAL in k.kinds}
    links.settle(work, links.connect(work, trainee, equal, similar))


def _keep(work: Work, trainee: Trainee, identities: Iterable[Identity]) -> None:
    names = ("trainee_id", "kind", "key_id", "digest")
    rows = [(trainee.id, i.kind, i.key_id, i.digest) for i in identities]
    work.session.insert_later(TraineeIdentity.__table__, names, rows)  # type: ignore[arg-type]


def correct_trainee(
    work: Work, keyring: Keyring, trainee_id: UUID, data: dict[str, Any]
) -> Trainee:
    """Correct one of the asker's own records. Raises external-id-taken."""
    work.principal.require("trainees:write")
    own = Trainee.organisation_id.in_(work.principal.organisations)
    trainee = work.session.scalars(
        select(Trainee).where(own, Trainee.id == trainee_id)
    ).one_or_none()
    if trainee is None or trainee.document is None:  # an erased one has nothing to correct
        raise DomainError("not-found")
    work.require_version(trainee.version)
    work.refuse_future(birth_date=data.get("birth_date"))
    work.action, work.reason = "trainee.correct", data.get("reason")
    if data.get("external_id", trainee.external_id) != trainee.external_id:
        _renumber(work, trainee, data["external_id"])
    change(work, keyring, trainee, plain({k: data[k] for k in PERSONAL if k in data}))
    work.session.flush()
    return trainee


def _renumber(work: Work, trainee: Trainee, number: str | None) -> None:
    same = and_(Trainee.organisation_id == trainee.organisation_id, Trainee.external_id == number)
    if number is not None and work.session.scalars(select(Trainee.id).where(same)).first():
        raise DomainError("external-id-taken")
    trainee.external_id = number
