"""Selects over the revision log and row history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, select

from registry.core.problems import DomainError, Flaw, Invalid
from registry.revisions.models import History, Recorded, Revision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from registry.core.work import Work


def revision_at(session: Session, moment: datetime, *, inclusive: bool) -> Revision | None:
    """The newest revision recorded before a moment (or up to and including it)."""
    limit = Revision.at <= moment if inclusive else Revision.at < moment
    return session.scalars(
        select(Revision).where(limit).order_by(Revision.number.desc()).limit(1)
    ).one_or_none()


def revision_numbered(session: Session, number: int, head: int) -> Revision:
    """The revision of a number. Raises unknown-revision at the parameter."""
    if 1 <= number <= head:
        found = session.get(Revision, number)
        if found is not None:
            return found
    raise Invalid(Flaw("unknown-revision", parameter="revision", facts={"head": head}))


def first_day(work: Work) -> date:
    """The Seoul day of the first revision: nothing is known of any day before."""
    found = work.session.get(Revision, 1)
    return found.day if found is not None else work.today


def history_of(session: Session, kind: str, record_id: UUID) -> Sequence[History]:
    """The superseded versions of one row, oldest first."""
    return session.scalars(
        select(History)
        .where(History.kind == kind, History.record_id == record_id)
        .order_by(History.version)
    ).all()


def filtered(
    select_: Select[Any], model: type[Recorded], asked: dict[str, Any], *names: str
) -> Select[Any]:
    """Narrow a list by the equal-to filters asked for, and by what changed since when."""
    for name in names:
        if asked.get(name) is not None:
            select_ = select_.where(getattr(model, name) == asked[name])
    return changed_since(select_, model, asked)


def changed_since(
    select_: Select[Any], model: type[Recorded], asked: dict[str, Any]
) -> Select[Any]:
    """Narrow a list to what `updated_since` and `changed_after_revision` ask for."""
    if asked.get("changed_after_revision") is not None:
        select_ = select_.where(model.revision > asked["changed_after_revision"])
    if asked.get("updated_since") is not None:
        before = select(func.coalesce(func.max(Revision.number), 0)).where(
            Revision.at < asked["updated_since"]
        )
        select_ = select_.where(model.revision > before.scalar_subquery())
    return select_


def visible_revisions(work: Work) -> Select[Revision]:
    """The acts of the asker's organisations; with `records:all` or `admin` everybody's."""
    if work.principal.holds("admin"):
        return select(Revision)
    return select(Revision).where(work.principal.sees(Revision.organisation_id))


def visible_revision(work: Work, number: int) -> Revision:
    """One visible revision by its number. Raises not-found."""
    largest = 2**63 - 1
    found = work.session.scalars(
        visible_revisions(work).where(Revision.number == min(number, largest))
    ).one_or_none()
    if found is None:
        raise DomainError("not-found")
    return found


def filtered_revisions(work: Work, asked: dict[str, Any]) -> Select[Revision]:
    """The visible revisions as the filters of `/revisions` narrow them."""
    select_ = visible_revisions(work)
    for name in ("action", "organisation_id", "key_id", "request_id"):
        if asked[name] is not None:
            select_ = select_.where(getattr(Revision, name) == asked[name])
    if asked["changed_after_revision"] is not None:
        select_ = select_.where(Revision.number > asked["changed_after_revision"])
    if asked["first"] is not None:
        select_ = select_.where(Revision.day >= asked["first"])
    if asked["last"] is not None:
        select_ = select_.where(Revision.day <= asked["last"])
    return select_


def versions_of(
    session: Session,
    kind: str,
    row: Any,  # noqa: ANN401 - any recorded row that has an id
    names: Iterable[str],
    shown: Callable[[dict[str, Any]], Any],
) -> list[dict[str, Any]]:
    """Every version of a recorded row, oldest first: what it said, since when, by which act, why.

    A superseded version's values are as JSON keeps them; `shown` makes both kinds alike.
    """
    versions: list[tuple[int, int, int | None, dict[str, Any]]] = [
        (h.version, h.from_revision, h.to_revision, h.values)
        for h in history_of(session, kind, row.id)
    ]
    versions.append((row.version, row.revision, None, {name: getattr(row, name) for name in names}))
    numbers = [first for _, first, _, _ in versions]
    found = session.scalars(select(Revision).where(Revision.number.in_(numbers)))
    acts = {revision.number: revision for revision in found}
    return [
        {
            "version": version,
            "from_revision": first,
            "to_revision": last,
            "at": acts[first].at,
            "action": acts[first].action,
            "reason": acts[first].reason,
            "values": shown(values),
        }
        for version, first, last, values in versions
    ]
