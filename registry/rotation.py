"""Rotating the master key: data keys are wrapped anew, no document and no version is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from registry.accounts.models import Account
from registry.imports.models import Import
from registry.investments.models import Investment
from registry.trainees.models import Trainee

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.parts import Registry

CHUNK = 2000
SEALED = (Trainee, Investment, Import, Account)


def rotate(parts: Registry) -> dict[str, dict[str, int]]:
    """Wrap all data keys under the current master key, a chunk at a time; no revision.

    A chunk waits for the writers, who put a key back as they read it. Returns by table how many
    there are and how many were wrapped anew. Stopped half-way it can be run again. Raises busy,
    and KeyError naming a master key that is not at hand.
    """
    return {model.__tablename__: _rotate(parts, model) for model in SEALED}


def _rotate(parts: Registry, model: Any) -> dict[str, int]:  # noqa: ANN401
    columns = model.__table__.c
    # A key that was destroyed or changed meanwhile stays as it then is.
    rewrap = (
        update(model.__table__)
        .where(columns.id == bindparam("row"), columns.data_key == bindparam("old"))
        .values(data_key=bindparam("new"))
    )
    counts = {"keys": 0, "rewrapped": 0}
    last: UUID | None = None
    while True:
        with parts.database.between() as session:
            query = select(columns.id, columns.data_key).where(columns.data_key.is_not(None))
            if last is not None:
                query = query.where(columns.id > last)
            rows = session.execute(query.order_by(columns.id).limit(CHUNK)).all()
            stale = [row for row in rows if not parts.keyring.is_current(row.data_key)]
            if stale:
                session.execute(
                    rewrap,
                    [
                        {
                            "row": row.id,
                            "old": row.data_key,
                            "new": parts.keyring.rewrap(row.data_key, row.id),
                        }
                        for row in stale
                    ],
                )
        counts["keys"] += len(rows)
        counts["rewrapped"] += len(stale)
        if len(rows) < CHUNK:
            return counts
        last = rows[-1].id
