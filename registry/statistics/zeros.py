"""The cells that are zero: every combination of the codes and months a question is about."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.access.models import Organisation
from registry.codes.models import CodeItem, ZoneMember
from registry.core.problems import DomainError
from registry.investments.models import Investment
from registry.revisions.past import rows_at
from registry.statistics.catalogue import LISTS, TIMES, UNASSIGNED
from registry.statistics.models import Rule
from registry.statistics.questions import MOST_CELLS, Cell, Figures, month_of, time_parts
from registry.trainees.models import Programme

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from registry.revisions.instants import Instant
    from registry.statistics.questions import Question

PLACES = ("district", "zone")
# Whose organisations a dataset is about: those that had registered one of these.
OWNED: dict[str, Any] = {"trainees": Programme, "investments": Investment}


def with_zeros(session: Session, question: Question, instant: Instant, known: Figures) -> Figures:
    """The figures with a zero cell for each further combination of the codes concerned.

    Codes are those that count and were in their lists at the instant; months those asked for,
    at most up to the instant where the question is open. Raises too-many-cells.
    """
    axes = [_times(session, question, instant, known), _places(session, question, instant)]
    axes += [
        [(code,) for code in _codes(session, question, instant, name)] for name in _others(question)
    ]
    if prod(map(len, axes)) > MOST_CELLS:
        raise DomainError("too-many-cells", limit=MOST_CELLS)
    names = [*_asked(question, TIMES), *_asked(question, PLACES), *_others(question)]
    order = [names.index(name) for name in question.by]
    there = {cell.keys for cell in known.cells}
    fresh = []
    for combination in product(*axes):
        flat = [value for part in combination for value in part]
        keys = tuple(flat[place] for place in order)
        fresh += [Cell(keys, 0)] if keys not in there else []
    if len(known.cells) + len(fresh) > MOST_CELLS:
        raise DomainError("too-many-cells", limit=MOST_CELLS)
    cells = sorted([*known.cells, *fresh], key=lambda cell: cell.keys)
    return Figures(tuple(cells), known.total)


def _asked(question: Question, names: Iterable[str]) -> list[str]:
    return [name for name in names if name in question.by]


def _others(question: Question) -> list[str]:
    return [name for name in question.by if name not in (*TIMES, *PLACES)]


def _times(
    session: Session, question: Question, instant: Instant, known: Figures
) -> Sequence[tuple[Any, ...]]:
    """The years, quarters and months of the asked period, in combinations that exist."""
    names = _asked(question, TIMES)
    if not names:
        return [()]
    first, last = question.bounds()
    if first is None:
        first = _earliest(session, question, instant, known)
    months = question.months(first, last or month_of(instant.day))
    parts = map(time_parts, months)
    return list(dict.fromkeys(tuple(part[name] for name in names) for part in parts))


def _earliest(session: Session, question: Question, instant: Instant, known: Figures) -> int:
    """Where an open question begins: the rule's first year, or the first year with a figure."""
    rules = rows_at(session, Rule, instant.revision, Rule.dataset == question.dataset)
    years = [int(rule.parameters["counts_from_year"]) for rule in rules] or [instant.day.year]
    place = next(i for i, name in enumerate(question.by) if name in TIMES)
    years += [int(str(cell.keys[place])[:4]) for cell in known.cells]
    return min(years) * 100 + 1


def _places(session: Session, question: Question, instant: Instant) -> Sequence[tuple[Any, ...]]:
    """The districts and zones concerned, a district only with the zone it is in."""
    names = _asked(question, PLACES)
    if not names:
        return [()]
    zones = {
        member.district_code: member.zone
        for member in session.scalars(
            select(ZoneMember).where(ZoneMember.scheme == question.zone_scheme)
        )
    }
    found: dict[tuple[str, ...], None] = {}
    for district in _codes(session, question, instant, "district"):
        place = {"district": district, "zone": zones.get(district, UNASSIGNED)}
        if place["zone"] in question.filters.get("zone", (place["zone"],)):
            found[tuple(place[name] for name in names)] = None
    return list(found)


def _codes(session: Session, question: Question, instant: Instant, name: str) -> Sequence[str]:
    """The codes of a dimension that a question is about."""
    if name in question.filters:
        return sorted(set(question.filters[name]))
    if name == "organisation":
        model = OWNED[question.dataset]
        owners = select(model.organisation_id).where(model.created_revision <= instant.revision)
        return session.scalars(select(Organisation.code).where(Organisation.id.in_(owners))).all()
    items = rows_at(session, CodeItem, instant.revision, CodeItem.list == LISTS[name])
    return [item.code for item in items if item.counts]
