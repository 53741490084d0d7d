"""`/codes`: the vocabulary of everything else, open to everyone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.access.models import Organisation
from registry.access.queries import presented
from registry.codes.models import LISTS
from registry.codes.queries import items_of, zone_items
from registry.codes.schemas import CodeListRead, ZoneListRead
from registry.core.api import PUBLIC, Blueprint
from registry.core.problems import DomainError
from registry.core.responses import BASE

if TYPE_CHECKING:
    from registry.core.work import Work

codes = Blueprint("codes", __name__, url_prefix=f"{BASE}/codes", description="Code lists")
blueprints = (codes,)


@codes.read("/<string:name>", access=PUBLIC, answers=CodeListRead, problems=(404,), kept=True)
def list_codes(work: Work, _asked: dict[str, Any], name: str) -> dict[str, Any]:
    """List the codes of one list with both names and whether they count."""
    if name not in LISTS:
        raise DomainError("not-found")
    return {"items": items_of(work.session, name)}


@codes.read("/organisations", access=PUBLIC, answers=CodeListRead, kept=True)
def list_organisation_codes(work: Work, _asked: dict[str, Any]) -> dict[str, Any]:
    """List the codes of all organisations under today's names."""
    every = work.session.scalars(select(Organisation).order_by(Organisation.code)).all()
    return {
        "items": [
            {"code": row.code, "name": row.name, "name_en": row.name_en, "counts": True}
            for row in presented(work, every)
        ]
    }


@codes.read("/zones", access=PUBLIC, answers=ZoneListRead, kept=True)
def list_zones(work: Work, _asked: dict[str, Any]) -> dict[str, Any]:
    """List the zones of every scheme with their districts."""
    return {"items": zone_items(work.session)}
