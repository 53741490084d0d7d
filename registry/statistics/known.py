"""Selects over records that answer as known at an instant: now, or at any past revision.

A past answer is read from shadows of the tables (`registry.revisions.past`), which take longer
than the tables: every row in question is looked at, and its history. Units are not kept for the
past; persons follow from the links, and start-ups from the merges, that stood then.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, Uuid, cast, func, literal, or_, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

from registry.codes.models import CodeItem
from registry.core.bulk import among
from registry.investments.models import Investment, Startup, StartupAttribute, Transaction
from registry.revisions.past import rows_at, rows_known_at, shadow
from registry.trainees.links import components
from registry.trainees.models import Enrolment, Programme, Trainee, TraineeLink

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from sqlalchemy import CTE, ColumnElement, Select, Subquery
    from sqlalchemy.orm import Session

    from registry.revisions.instants import Instant
    from registry.revisions.models import Recorded

TABLES: dict[str, tuple[type[Recorded], ...]] = {
    "trainees": (Enrolment, Programme, CodeItem),
    "investments": (Investment, Transaction, StartupAttribute, CodeItem),
}


class Known:
    """What a dataset's records said at an instant, for selects written for the present."""

    def __init__(self, session: Session, dataset: str, instant: Instant) -> None:
        self.session = session
        self.dataset = dataset
        self.instant = instant
        self.shadows: list[CTE] = []
        if instant.is_head:
            return
        number = instant.revision
        self.shadows = [shadow(m, rows_known_at(session, m, number)) for m in TABLES[dataset]]
        if dataset == "investments":
            self.shadows.append(self._startups())

    def then(self, select_: Select[Any]) -> Select[Any]:
        """The select as it answered then; it must not name trainees (`of_people` first)."""
        return select_.add_cte(*self.shadows)

    def of_people(self, enrolments: Collection[UUID]) -> Known:
        """The same, where trainees are those of these enrolments' persons, and no others."""
        if self.instant.is_head or self.dataset != "trainees":
            return self
        own = select(Enrolment.trainee_id).where(among(self.session, Enrolment.id, enrolments))
        persons = _persons(
            self.session, set(self.session.scalars(self.then(own))), self.instant.revision
        )
        units = _pairs(self.session, persons)
        more = Known(self.session, self.dataset, self.instant)
        more.shadows = [*self.shadows, shadow(Trainee, select(units.c.id, units.c.unit_id))]
        return more

    def _startups(self) -> CTE:
        """Start-ups with the units they had; the merges that stood are few, and held here."""
        number = self.instant.revision
        bare = shadow(Startup, rows_known_at(self.session, Startup, number))
        gone = Startup.merged_into_id.is_not(None)
        merges = select(Startup.id, Startup.merged_into_id).where(gone).add_cte(bare)
        into = dict(self.session.execute(merges).all())
        units = _pairs(self.session, {source: _end(source, into) for source in into})
        rows = rows_known_at(self.session, Startup, number).subquery()
        unit = func.coalesce(units.c.unit_id, rows.c.id).label("unit_id")
        return shadow(
            Startup, select(*rows.c, unit).outerjoin_from(rows, units, units.c.id == rows.c.id)
        )


def _end(startup: UUID, into: Mapping[UUID, UUID | None]) -> UUID:
    """Where a chain of merges ends; who has been merged takes in no other, so it does."""
    while (target := into.get(startup)) is not None:
        startup = target
    return startup


def _persons(session: Session, trainees: set[UUID], revision: int) -> dict[UUID, UUID]:
    """All records of these trainees' persons, by the links that stood; each with one of them."""
    found, reached, pairs = set(trainees), trainees, set()
    while reached:
        ends = (
            among(session, end, reached)
            for end in (TraineeLink.trainee_a_id, TraineeLink.trainee_b_id)
        )
        links = rows_at(session, TraineeLink, revision, or_(*ends))
        fresh = {(link.trainee_a_id, link.trainee_b_id) for link in links if not link.undone}
        reached = {end for pair in fresh for end in pair} - found
        pairs |= fresh
        found |= reached
    return components(sorted(found), pairs)


def _pairs(session: Session, found: Mapping[UUID, UUID]) -> Subquery:
    """Ids and their units as rows, in one parameter whatever their number."""
    columns: list[ColumnElement[UUID]]
    if session.get_bind().dialect.name == "postgresql":
        text = json.dumps({str(key): str(unit) for key, unit in found.items()})
        each = func.jsonb_each_text(cast(literal(text, Text), JSONB)).table_valued("key", "value")
        columns = [cast(each.c.key, Uuid), cast(each.c.value, Uuid)]
    else:
        text = json.dumps({key.hex: unit.hex for key, unit in found.items()})
        each = func.json_each(text).table_valued("key", "value")
        columns = [type_coerce(each.c.key, Uuid), type_coerce(each.c.value, Uuid)]
    return select(columns[0].label("id"), columns[1].label("unit_id")).subquery()
