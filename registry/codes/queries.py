"""Selects over code lists and zone schemes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.codes.models import CodeItem, Zone, ZoneMember
from registry.core.problems import Flaw, Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session


def items_of(session: Session, name: str) -> Sequence[CodeItem]:
    """The codes of one list in their order."""
    return session.scalars(
        select(CodeItem).where(CodeItem.list == name).order_by(CodeItem.position, CodeItem.code)
    ).all()


def zones_of(session: Session) -> Sequence[Zone]:
    """All zones of all schemes, in their order."""
    return session.scalars(select(Zone).order_by(Zone.scheme, Zone.position)).all()


def members_of(session: Session) -> Sequence[ZoneMember]:
    """Which district belongs to which zone, in every scheme."""
    return session.scalars(
        select(ZoneMember).order_by(ZoneMember.scheme, ZoneMember.district_code)
    ).all()


def found_codes(
    session: Session, wanted: Mapping[str, tuple[str, str | None]]
) -> dict[str, CodeItem]:
    """The code items of `{field: (list, code)}`, in one select; null codes are left out.

    Raises Invalid naming every field whose code is not in its list.
    """
    asked = {field: pair for field, pair in wanted.items() if pair[1] is not None}
    if not asked:
        return {}
    rows = session.scalars(
        select(CodeItem).where(
            CodeItem.list.in_({name for name, _ in asked.values()}),
            CodeItem.code.in_({code for _, code in asked.values()}),
        )
    ).all()
    known = {(row.list, row.code): row for row in rows}
    missing = [
        Flaw("unknown-code", pointer="/" + field.replace(".", "/"), facts={"value": code})
        for field, (name, code) in asked.items()
        if (name, code) not in known
    ]
    if missing:
        raise Invalid(*missing)
    return {field: known[name, str(code)] for field, (name, code) in asked.items()}


def check_filters(session: Session, asked: Mapping[str, Any], lists: Mapping[str, str]) -> None:
    """Refuse codes in a list's filters, `{parameter: list}`, that are not in their lists."""
    try:
        found_codes(session, {name: (of, asked[name]) for name, of in lists.items()})
    except Invalid as error:
        raise Invalid(
            *(
                Flaw(flaw.code, parameter=str(flaw.pointer).lstrip("/"), facts=flaw.facts)
                for flaw in error.flaws
            )
        ) from None


def zone_items(session: Session) -> list[dict[str, object]]:
    """Every zone with the codes of its districts."""
    members = members_of(session)
    return [
        {
            "scheme": zone.scheme, "code": zone.code, "name": zone.name, "name_en": zone.name_en,
            "valid_from": zone.valid_from, "note": zone.note,
            "districts": [
                m.district_code for m in members if (m.scheme, m.zone) == (zone.scheme, zone.code)
            ],
        }
        for zone in zones_of(session)
    ]  # fmt: skip
