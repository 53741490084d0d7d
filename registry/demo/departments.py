"""What the demo's departments report of the goals that the registry does not count; made up."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from registry.access.principal import operator
from registry.goals.observations import enter_observation

if TYPE_CHECKING:
    from registry.core.parts import Registry

MONTH = 2  # in February of each year, of the year before
# From 2021 on; the departments of two goals have fallen silent.
FIGURES: dict[str, tuple[float, ...]] = {
    "RND_SHARE": (20.4, 22.1, 24.6, 27.3, 29.8),
    "AUTOMATION": (11.5, 17.0, 24.5, 31.0, 38.2),
    "SALES": (12_300_000_000_000, 13_100_000_000_000, 14_000_000_000_000, 14_700_000_000_000, 15_900_000_000_000),
    "STARTUP_RATIO": (13.4, 14.1, 15.2),
    "SMART_CITY_RANK": (41, 37, 33, 28, 26),
}  # fmt: skip
FIRST_YEAR = 2021


def of_year(parts: Registry, year: int) -> None:
    """The reports of a year that is over."""
    for code, figures in FIGURES.items():
        place = year - FIRST_YEAR
        if not 0 <= place < len(figures):
            continue
        data = {
            "period": str(year), "value": Decimal(str(figures[place])), "provisional": year == FIRST_YEAR + 4,
            "source": "담당 부서 보고 (예시)", "note": "지어낸 값입니다.",
            "evidence_url": f"https://example.org/{code.lower()}/{year}",
        }  # fmt: skip
        with parts.database.writing(operator("demo")) as work:
            enter_observation(work, code, data)
