"""What the demo's city has frozen: the last two years' figures for all, and a draft for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.access.principal import operator
from registry.releases.answering import Judgement
from registry.releases.freezing import freeze
from registry.releases.schemas import ReleaseCreate
from registry.statistics.protection.limits import Limits

if TYPE_CHECKING:
    from registry.core.parts import Registry

GOALS = ("TALENT_ANNUAL", "TALENT_TOTAL", "INVESTMENT_TOTAL")
TABLES = (
    ("trainees", "trainees", ["year", "zone"]),
    ("trainees", "trainees", ["year", "programme_kind"]),
    ("investments", "disbursed_krw", ["year", "channel"]),
)
FINE = ("trainees", "completions", ["organisation", "field", "quarter"])


def year_of(parts: Registry, year: int) -> None:
    """A year's figures, final from then on."""
    last = f"{year}-12"
    items = [_table(*table, to=last) for table in TABLES]
    _freeze(parts, name=f"{year}년 실적", note="위원회 보고", final_year=year, items=items)


def draft(parts: Registry) -> None:
    """Where things stand, before it is said: a confidential one."""
    items = [_table(*table) for table in (*TABLES, FINE)]
    _freeze(parts, name="점검 회의 초안", confidential=True, items=items)


def _table(dataset: str, measure: str, by: list[str], **more: Any) -> dict[str, Any]:
    return {"dataset": dataset, "measure": measure, "by": by, **more}


def _freeze(parts: Registry, items: list[dict[str, Any]], **values: Any) -> None:
    body = {"items": [*({"goal": code} for code in GOALS), *items], **values}
    with parts.database.writing(operator("demo")) as work:
        data = ReleaseCreate().load(body)
        freeze(work, data, Judgement.of(parts.settings), Limits.of(parts.settings))
