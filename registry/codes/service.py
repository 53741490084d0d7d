"""Loading code lists and zone schemes from data files; running it again changes nothing."""

from __future__ import annotations

import csv
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.codes.models import LISTS, CodeItem, Zone, ZoneMember
from registry.codes.queries import items_of
from registry.core.problems import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.core.db import Work

NAMES = {"code", "name", "name_en", "counts"}


def rows_of(package: str, name: str) -> list[dict[str, str]]:
    """The rows of a CSV file shipped in a feature's `data` folder."""
    text = files(package).joinpath("data", f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def load_codes(work: Work) -> None:
    """Bring every code list and zone scheme to what the data files say.

    A changed `counts` flag recounts everything it may touch. A code that is no longer in the
    file stays: records use it.
    """
    work.principal.require("admin")
    work.action = work.action or "codes.load"
    changed = False
    for name in LISTS:
        changed |= _load_list(work, name, rows_of("registry.codes", name.replace("-", "_")))
    _load_zones(work)
    if changed:
        work.notes["recount_all"] = True


def _load_list(work: Work, name: str, rows: Iterable[dict[str, str]]) -> bool:
    known = {item.code: item for item in items_of(work.session, name)}
    recount = False
    for position, row in enumerate(rows):
        values = {
            "name": row["name"],
            "name_en": row["name_en"],
            "counts": row.get("counts", "true") == "true",
            "position": position,
            "properties": {k: v == "true" for k, v in row.items() if k not in NAMES},
        }
        item = known.get(row["code"])
        if item is None:
            work.session.add(CodeItem(list=name, code=row["code"], **values))
            continue
        recount |= item.counts != values["counts"]
        update(item, values)
    return recount


def update(row: object, values: dict[str, Any]) -> None:
    """Set what differs, so that an unchanged row stays untouched."""
    for key, value in values.items():
        if getattr(row, key) != value:
            setattr(row, key, value)


def _load_zones(work: Work) -> None:
    """Add schemes that are new; one that exists must be as the file says, or the load is refused."""
    zones = rows_of("registry.codes", "zones")
    members = rows_of("registry.codes", "zone_members")
    known = set(work.session.scalars(select(Zone.scheme).distinct()))
    stored = {(m.scheme, m.zone, m.district_code) for m in work.session.scalars(select(ZoneMember))}
    wanted = {(m["scheme"], m["zone"], m["district_code"]) for m in members}
    if {m for m in wanted if m[0] in known} != {
        m for m in stored if m[0] in {w[0] for w in wanted}
    }:
        raise DomainError("scheme-in-use")
    for position, row in enumerate(z for z in zones if z["scheme"] not in known):
        work.session.add(_zone(row, position))
    for scheme, zone, district_code in sorted(w for w in wanted if w[0] not in known):
        work.session.add(ZoneMember(scheme=scheme, zone=zone, district_code=district_code))


def _zone(row: dict[str, str], position: int) -> Zone:
    return Zone(
        scheme=row["scheme"],
        code=row["zone"],
        name=row["name"],
        name_en=row["name_en"],
        valid_from=date.fromisoformat(row["valid_from"]),
        note=row["note"],
        position=position,
    )
