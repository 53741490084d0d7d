"""The codes a question names: checked in its filters, and given their labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from registry.access.models import Organisation, OrganisationName
from registry.codes.models import CodeItem, Zone
from registry.core.problems import Flaw, Invalid
from registry.revisions.past import rows_at
from registry.statistics.catalogue import LISTS, TIMES, UNASSIGNED, default_scheme, read

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from registry.revisions.instants import Instant
    from registry.statistics.questions import Question


def check_codes(session: Session, question: Question) -> None:
    """Refuse filter values that are in no list. Raises Invalid, each at its parameter."""
    filters = {k: v for k, v in question.filters.items() if k not in TIMES}
    known: set[tuple[str, str]] = set()
    lists = {LISTS[name]: name for name in filters if name in LISTS}
    if lists:
        codes = [code for name in lists.values() for code in filters[name]]
        rows = session.execute(
            select(CodeItem.list, CodeItem.code).where(
                CodeItem.list.in_(lists), CodeItem.code.in_(codes)
            )
        )
        known |= {(lists[name], code) for name, code in rows}
    if "organisation" in filters:
        asked = Organisation.code.in_(filters["organisation"])
        known |= {
            ("organisation", c) for c in session.scalars(select(Organisation.code).where(asked))
        }
    if "zone" in filters or question.zone_scheme != default_scheme():
        zones = session.scalars(select(Zone.code).where(Zone.scheme == question.zone_scheme)).all()
        known |= {("zone", UNASSIGNED), *(("zone", code) for code in zones)}
        known |= {("zone_scheme", question.zone_scheme)} if zones else set()
        filters["zone_scheme"] = (question.zone_scheme,)
    flaws = [
        Flaw("unknown-code", parameter=name, facts={"value": code})
        for name, codes in filters.items()
        for code in codes
        if (name, code) not in known
    ]
    if flaws:
        raise Invalid(*flaws)


def labels(session: Session, question: Question, instant: Instant) -> dict[str, dict[str, str]]:
    """The names of the codes of each dimension asked for, as known at the instant."""
    column = "name" if question.labels == "ko" else "name_en"
    found: dict[str, dict[str, str]] = {}
    lists = {LISTS[name]: name for name in question.by if name in LISTS}
    if lists:
        for item in rows_at(session, CodeItem, instant.revision, CodeItem.list.in_(lists)):
            found.setdefault(lists[item.list], {})[item.code] = getattr(item, column)
    if "zone" in question.by:
        zones = rows_at(session, Zone, instant.revision, Zone.scheme == question.zone_scheme)
        found["zone"] = {zone.code: getattr(zone, column) for zone in zones}
        found["zone"][UNASSIGNED] = read("catalogue")["unassigned"][column]
    if "organisation" in question.by:
        found["organisation"] = _organisation_names(session, instant, column)
    return found


def _organisation_names(session: Session, instant: Instant, column: str) -> dict[str, str]:
    """What each organisation was called on the day asked about."""
    codes = {o.id: o.code for o in rows_at(session, Organisation, instant.revision)}
    names = sorted(
        rows_at(session, OrganisationName, instant.revision), key=lambda name: name.valid_from
    )
    found: dict[str, str] = {}
    for name in names:
        code = codes[name.organisation_id]
        if name.valid_from <= instant.day or code not in found:
            found[code] = getattr(name, column) or name.name
    return found
