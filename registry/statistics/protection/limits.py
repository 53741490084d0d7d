"""How few are too few: the thresholds, which are settings, and what they ask of a hidden cell."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from registry.settings import Settings
    from registry.statistics.protection.exact import Shares

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

    def too_few(self, shares: Shares) -> bool:
        """Whether won of these start-ups would tell of one of them."""
        largest = Fraction(str(self.dominance)) * shares.whole
        return shares.startups < self.startups_below or shares.largest > largest

    def least_of(self, measure: str) -> int:
        """The smallest count that is shown."""
        return self.startups_below if measure == "startups_funded" else self.people_below

    def width(self, measure: str, value: int) -> int:
        """By how much the highest and lowest possible value of a hidden cell must differ."""
        if not measure.endswith("_krw"):
            return self.least_of(measure) - 1
        return max(LEAST_WON, ceil(abs(value) * (1 / Fraction(str(self.dominance)) - 1)))
