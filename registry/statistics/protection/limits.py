"""How few are too few: the thresholds, which are settings, and what they ask of a hidden cell."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    from registry.settings import Settings

LEAST_WON = 4  # the narrowest range of a hidden sum of won


@dataclass(frozen=True)
class Limits:
    """Cells of fewer people or start-ups are hidden, and won of which one has a larger share."""

    people_below: int
    startups_below: int
    dominance: float

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits that the settings name."""
        return cls(
            settings.hide_people_below, settings.hide_startups_below, settings.hide_dominance
        )

    def as_document(self) -> dict[str, Any]:
        """The limits as a publication keeps and answers them."""
        return asdict(self)

    def too_few(self, parts: Collection[int]) -> bool:
        """Whether won of these start-ups, a net sum each, would tell of one of them."""
        sizes = [abs(part) for part in parts if part]
        share = Fraction(str(self.dominance))
        return len(sizes) < self.startups_below or max(sizes) > share * sum(sizes)

    def least_of(self, measure: str) -> int:
        """The smallest count that is shown."""
        return self.startups_below if measure == "startups_funded" else self.people_below

    def width(self, measure: str, value: int) -> int:
        """By how much the highest and lowest possible value of a hidden cell must differ."""
        if not measure.endswith("_krw"):
            return self.least_of(measure) - 1
        return max(LEAST_WON, ceil(abs(value) * (1 / Fraction(str(self.dominance)) - 1)))
