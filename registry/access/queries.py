"""Selects over organisations, keys and the access log."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, or_, select

from registry.access.models import AccessLog, Key, Organisation, OrganisationName
from registry.core.clock import end_of_seoul_day, start_of_seoul_day
from registry.core.problems import DomainError, Flaw, Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from registry.access.principal import Principal
    from registry.core.parts import Registry
    from registry.core.work import Access, Work


def seen_organisations(
    session: Session, organisation: Organisation, today: date
) -> list[Organisation]:
    """The organisation and, from their `valid_to` on, its predecessors and theirs."""
    seen = [organisation]
    frontier = [organisation.id]
    while frontier:
        found = session.scalars(
            select(Organisation).where(
                Organisation.successor_id.in_(frontier), Organisation.valid_to <= today
            )
        ).all()
        fresh = [o for o in found if o not in seen]
        seen += fresh
        frontier = [o.id for o in fresh]
    return seen


def organisation_by_code(session: Session, code: str) -> Organisation | None:
    """The organisation of a code, or None."""
    return session.scalars(select(Organisation).where(Organisation.code == code)).one_or_none()


def of_organisation(session: Session, select_: Select[Any], model: Any, code: str) -> Select[Any]:  # noqa: ANN401
    """Narrow a list to one organisation's records. Raises unknown-code at the parameter."""
    found = organisation_by_code(session, code)
    if found is None:
        raise Invalid(Flaw("unknown-code", parameter="organisation", facts={"value": code}))
    return select_.where(model.organisation_id == found.id)


def organisation_codes(session: Session) -> dict[UUID, str]:
    """Every organisation's code by its id; there are dozens, not thousands."""
    rows: Sequence[Any] = session.execute(select(Organisation.id, Organisation.code)).all()
    return {row.id: row.code for row in rows}


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OrganisationView:
    """An organisation as it is presented: under today's name, with all its names.

    `version` grows with every change of the organisation or of one of its names.
    """

    id: UUID
    code: str
    name: str
    name_en: str | None
    kind: str
    business_number: str | None
    valid_from: date | None
    valid_to: date | None
    successor_code: str | None
    names: tuple[dict[str, Any], ...]
    version: int


def visible_organisations(work: Work) -> Select[Organisation]:
    """The organisations the asker may see: its own and those it followed, the city all."""
    if work.principal.holds("admin"):
        return select(Organisation)
    return select(Organisation).where(work.principal.sees(Organisation.id))


def organisation(work: Work, organisation_id: UUID) -> Organisation:
    """One visible organisation. Raises not-found."""
    return _one(work, visible_organisations(work).where(Organisation.id == organisation_id))


def managed_organisation(work: Work, organisation_id: UUID) -> Organisation:
    """The organisation whose keys the asker may manage: its own, the admin any. Raises not-found."""
    if work.principal.organisation_id != organisation_id and not work.principal.holds("admin"):
        raise DomainError("not-found")
    return _one(work, select(Organisation).where(Organisation.id == organisation_id))


def keys_of(work: Work, organisation_id: UUID) -> Select[Key]:
    """The keys of an organisation the asker manages. Raises not-found."""
    owner = managed_organisation(work, organisation_id)
    return select(Key).where(Key.organisation_id == owner.id)


def managed_key(work: Work, organisation_id: UUID, key_id: UUID) -> Key:
    """One key of an organisation the asker manages. Raises not-found."""
    return _one(work, keys_of(work, organisation_id).where(Key.id == key_id))


def open_keys(work: Work, organisation_id: UUID) -> Sequence[Key]:
    """The keys of an organisation that are neither revoked nor expired."""
    return work.session.scalars(
        select(Key).where(
            Key.organisation_id == organisation_id,
            Key.revoked_at.is_(None),
            or_(Key.expires_at.is_(None), Key.expires_at > work.now),
        )
    ).all()


def _one(work: Work, select_: Select[T]) -> T:
    found = work.session.scalars(select_).one_or_none()
    if found is None:
        raise DomainError("not-found")
    return found


def names_of(
    session: Session, organisation_ids: Iterable[UUID]
) -> dict[UUID, list[OrganisationName]]:
    """Every name of some organisations, the earliest first."""
    names = defaultdict(list)
    for name in session.scalars(
        select(OrganisationName)
        .where(OrganisationName.organisation_id.in_(list(organisation_ids)))
        .order_by(OrganisationName.valid_from)
    ):
        names[name.organisation_id].append(name)
    return names


def name_on(names: Sequence[OrganisationName], day: date) -> OrganisationName:
    """The name that holds on a date; before all of them, the earliest."""
    return next((name for name in reversed(names) if name.valid_from <= day), names[0])


def presented(work: Work, organisations: Sequence[Organisation]) -> list[OrganisationView]:
    """Organisations with their names and successors' codes, in two selects."""
    names = names_of(work.session, [row.id for row in organisations])
    followers = [row.successor_id for row in organisations if row.successor_id]
    codes = {
        row.id: row.code
        for row in work.session.execute(
            select(Organisation.id, Organisation.code).where(Organisation.id.in_(followers))
        )
    }
    return [_view(row, names[row.id], codes, work.today) for row in organisations]


def _view(
    row: Organisation, names: Sequence[OrganisationName], codes: dict[UUID, str], today: date
) -> OrganisationView:
    now = name_on(names, today)
    return OrganisationView(
        id=row.id,
        code=row.code,
        name=now.name,
        name_en=now.name_en,
        kind=row.kind,
        business_number=row.business_number,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        successor_code=codes[row.successor_id] if row.successor_id else None,
        names=tuple(
            {
                "name": name.name,
                "name_en": name.name_en,
                "valid_from": None if name.valid_from == date.min else name.valid_from,
            }
            for name in names
        ),
        version=row.version + sum(name.version for name in names) - 1,
    )


def readings(work: Work, asked: dict[str, Any]) -> Select[AccessLog]:
    """The readings of personal values by organisations the asker sees, as filtered."""
    select_ = select(AccessLog)
    if not work.principal.holds("admin"):
        select_ = select_.where(work.principal.sees(AccessLog.organisation_id))
    for name in ("act", "key_id"):
        if asked[name] is not None:
            select_ = select_.where(getattr(AccessLog, name) == asked[name])
    if asked["first"] is not None:
        select_ = select_.where(AccessLog.at >= start_of_seoul_day(asked["first"]))
    if asked["last"] is not None:
        select_ = select_.where(AccessLog.at < end_of_seoul_day(asked["last"]))
    return select_


def log_access(
    session: Session,
    principal: Principal,
    *,
    at: datetime,
    act: str,
    request_id: str,
    record_ids: Sequence[UUID],
    reason: str | None = None,
) -> None:
    """Leave a row of who read whose personal values; the caller commits before answering."""
    session.add(
        AccessLog(
            at=at,
            organisation_id=principal.organisation_id,
            key_id=principal.key_id,
            address=principal.address,
            request_id=request_id,
            act=act,
            reason=reason,
            record_ids=[str(i) for i in record_ids],
        )
    )


def keep_access(parts: Registry, work: Work) -> None:
    """Log and commit the reading of personal values that a view has named, if it did."""
    noted: Access | None = work.notes.get("access")
    if noted is None:
        return
    with parts.database.aside() as session:
        log_access(
            session, work.principal, at=work.now, act=noted.act, request_id=work.request_id,
            record_ids=noted.record_ids, reason=noted.reason,
        )  # fmt: skip
