"""Rows as they were at a revision, for any recorded table."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from sqlalchemy import inspect, select

from registry.revisions.models import History, Recorded

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

Row = TypeVar("Row", bound=Recorded)


def rows_at(
    session: Session, model: type[Row], revision: int, *where: ColumnElement[bool]
) -> list[Row]:
    """The rows of a recorded table as at a revision; `where` is about what never changes in them.

    A row that has changed since comes back as a transient copy: personal and derived values are
    not in it, and it must not be added to a session.
    """
    table: Any = model
    known = session.scalars(select(model).where(table.created_revision <= revision, *where)).all()
    changed = {row.id for row in known if row.revision > revision}  # type: ignore[attr-defined]
    former = _former(session, model, revision, changed) if changed else {}
    return [former.get(row.id, row) for row in known]  # type: ignore[attr-defined]


def _former(session: Session, model: type[Row], revision: int, ids: set[UUID]) -> dict[UUID, Row]:
    found = session.scalars(
        select(History).where(
            History.kind == model.__tablename__,  # type: ignore[attr-defined]
            History.record_id.in_(ids),
            History.from_revision <= revision,
            History.to_revision > revision,
        )
    )
    return {row.record_id: _copy(model, row) for row in found}


def _copy(model: type[Row], history: History) -> Row:
    columns = inspect(model).columns
    values = {name: _typed(columns[name].type.python_type, v) for name, v in history.values.items()}
    own = {"id": history.record_id, "version": history.version, "revision": history.from_revision}
    return model(**own, **values)


def _typed(kind: type[Any], value: Any) -> Any:  # noqa: ANN401
    """A value as its column has it; history keeps ids, dates and moments as text."""
    if not isinstance(value, str) or kind is str:
        return value
    if issubclass(kind, (date, datetime)):
        return kind.fromisoformat(value)
    return UUID(value) if issubclass(kind, UUID) else value
