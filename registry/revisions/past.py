"""Rows as they were at a revision, for any recorded table: loaded, or for any select to read."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Uuid,
    cast,
    column,
    func,
    inspect,
    literal,
    select,
    table,
    type_coerce,
    union_all,
)

from registry.revisions.history import chained_columns
from registry.revisions.models import History, Recorded

if TYPE_CHECKING:
    from sqlalchemy import CTE, ColumnElement, CompoundSelect
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.selectable import SelectBase

Row = TypeVar("Row", bound=Recorded)

IMMUTABLE = ("id", "created_revision", "created_row")


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


def rows_known_at(session: Session, model: type[Recorded], revision: int) -> CompoundSelect[Any]:
    """The same as a select, for large tables: rows untouched since, and what others were before.

    It has every chained column but documents. Reading it costs a pass over what is in question of
    the table and of its history, and no memory here.
    """
    postgres = session.get_bind().dialect.name == "postgresql"
    mapped: Any = model
    its = mapped.__table__
    # SQLite takes the bare name, inside what shadows it, for the shadow.
    own = table(
        its.name, *(column(c.name, c.type) for c in its.c), schema=None if postgres else "main"
    )
    names = [*IMMUTABLE, *(n for n in chained_columns(model) if n not in IMMUTABLE)]
    names = [name for name in names if not isinstance(own.c[name].type, JSON)]
    number = literal(revision, BigInteger)
    present = select(*(own.c[name] for name in names)).where(own.c.revision <= number)
    kept = History.__table__.c
    former = (
        select(*(_said(own.c, kept["values"], name, postgres=postgres) for name in names))
        .join(History.__table__, kept.record_id == own.c.id)
        .where(
            kept.kind == its.name, kept.from_revision <= number, kept.to_revision > number
        )
    )  # fmt: skip
    return union_all(present, former)


def shadow(model: type[Recorded], rows: SelectBase) -> CTE:
    """Rows to be read instead of a table by any statement that gets this by `add_cte`.

    A common table expression goes before a table of its name, so that a select written for what
    is known now answers for what was known then, word for word.
    """
    mapped: Any = model
    return rows.cte(mapped.__tablename__).prefix_with("NOT MATERIALIZED")


def _said(own: Any, values: Any, name: str, *, postgres: bool) -> Any:  # noqa: ANN401
    """A column of a superseded version, out of the JSON that history keeps."""
    if name in IMMUTABLE:
        return own[name]
    kind, text = own[name].type, values[name].as_string()
    said: ColumnElement[Any]
    if postgres:
        said = cast(text, kind)
    elif isinstance(kind, Uuid):
        said = type_coerce(func.replace(text, "-", ""), kind)
    elif isinstance(kind, Boolean):
        said = values[name].as_boolean()
    else:
        said = type_coerce(text, kind)
    return said.label(name)


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
