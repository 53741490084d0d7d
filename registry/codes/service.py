"""Code lists and zone schemes: loaded from data files, and kept by the city since."""

from __future__ import annotations

import csv
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.codes.models import LISTS, CodeItem, Zone, ZoneMember
from registry.codes.queries import items_of
from registry.core.problems import DomainError, Flaw, Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from registry.core.work import Work

NAMES = {"code", "name", "name_en", "counts"}
KEPT = tuple(name for name in LISTS if name not in {"districts", "statuses"})  # by the city


def rows_of(package: str, name: str) -> list[dict[str, str]]:
    """The rows of a CSV file shipped in a feature's `data` folder."""
    text = files(package).joinpath("data", f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def load_codes(work: Work) -> None:
    """Add what the data files have and the lists have not; what the city changed since stays."""
    work.principal.require("admin")
    work.action = work.action or "codes.load"
    for name in LISTS:
        _load_list(work, name, rows_of("registry.codes", name.replace("-", "_")))
    _load_zones(work)


def _load_list(work: Work, name: str, rows: Iterable[dict[str, str]]) -> None:
    known = {item.code for item in items_of(work.session, name)}
    for position, row in enumerate(rows):
        if row["code"] in known:
            continue
        properties = {k: v == "true" for k, v in row.items() if k not in NAMES}
        counts = row.get("counts", "true") == "true"
        work.session.add(
            CodeItem(
                list=name,
                code=row["code"],
                name=row["name"],
                name_en=row["name_en"],
                counts=counts,
                position=position,
                properties=properties,
            )
        )


def add_code(work: Work, name: str, data: dict[str, Any]) -> CodeItem:
    """Add a code at the end of a list that the city keeps. Raises not-found, code-taken."""
    work.principal.require("admin")
    known = _kept(work, name)
    if data["code"] in {item.code for item in known}:
        raise DomainError("code-taken")
    given = {key: key in data["properties"] for key in properties_of(known)}
    position = max((item.position for item in known), default=-1) + 1
    item = CodeItem(
        list=name, code=data["code"], name=data["name"], name_en=data["name_en"],
        counts=data["counts"], position=position, properties=given,
    )  # fmt: skip
    work.session.add(item)
    work.action, work.reason = "code.add", data["reason"]
    return item


def change_code(work: Work, name: str, code: str, data: dict[str, Any]) -> CodeItem:
    """Change a code's names, or whether its records count: all figures follow.

    Raises not-found, precondition-failed, reason-required.
    """
    work.principal.require("admin")
    item = next((item for item in _kept(work, name) if item.code == code), None)
    if item is None:
        raise DomainError("not-found")
    work.require_version(item.version)
    reason = data.pop("reason", None)
    if data.get("counts", item.counts) != item.counts:
        if not reason:
            raise Invalid.at("reason", "reason-required")
        work.notes["recount_all"] = True
    work.action, work.reason = "code.change", reason
    update(item, data)
    return item


def properties_of(items: Iterable[CodeItem]) -> list[str]:
    """What else the codes of a list say, by name."""
    return sorted({key for item in items for key in item.properties})


def _kept(work: Work, name: str) -> Sequence[CodeItem]:
    if name not in KEPT:
        raise DomainError("not-found")
    return items_of(work.session, name)


def add_scheme(work: Work, data: dict[str, Any]) -> None:
    """Add a zone scheme as a whole: each district belongs to one of its zones, for ever.

    `zones` are its zones in order, `districts` the zone of each district. Raises code-taken, and
    Invalid for a district without a zone and a zone without districts.
    """
    work.principal.require("admin")
    scheme, zones, districts = data["scheme"], data["zones"], data["districts"]
    if work.session.scalar(select(Zone.id).where(Zone.scheme == scheme).limit(1)) is not None:
        raise DomainError("code-taken")
    codes = [zone["code"] for zone in zones]
    flaws = [
        Flaw("unknown-code", f"/districts/{code}", facts={"value": districts.get(code) or ""})
        for code in (item.code for item in items_of(work.session, "districts"))
        if districts.get(code) not in codes
    ]
    if not codes or len(set(codes)) != len(codes) or set(codes) - set(districts.values()):
        flaws.append(Flaw("zones-unlike-districts", "/zones"))
    if flaws:
        raise Invalid(*flaws)
    facts = {"scheme": scheme, "valid_from": data["valid_from"], "note": data["note"] or ""}
    work.session.add_all(
        Zone(position=position, **facts, **zone) for position, zone in enumerate(zones)
    )
    work.session.add_all(
        ZoneMember(scheme=scheme, zone=zone, district_code=code)
        for code, zone in sorted(districts.items())
    )
    work.action, work.reason = "zones.add-scheme", data["reason"]


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
