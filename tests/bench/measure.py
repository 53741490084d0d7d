"""Timing things in alternation, and writing what was found as Markdown."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

ROUNDS = 5
TOO_SLOW = 20.0  # seconds: what takes longer is not done six times


@dataclass(frozen=True)
class Timing:
    """Seconds that one thing took: in the warm-up, and on average in each round."""

    warm_up: float
    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle round."""
        return statistics.median(self.rounds)

    @property
    def worst(self) -> float:
        """The slowest round."""
        return max(self.rounds)


def alternated(acts: Mapping[str, Callable[[], int]]) -> dict[str, Timing]:
    """Time each act in turn, five rounds after a warm-up: a noisy moment meets them all.

    An act does some work and answers how many things it did.
    """
    found: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(ROUNDS + 1):
        for name, act in acts.items():
            found[name].append(_spent(act))
    return {name: Timing(first, tuple(rest)) for name, (first, *rest) in found.items()}


def timed(act: Callable[[], int]) -> Timing:
    """Time one act alone: as above, but in a single round if its warm-up is very slow."""
    first = _spent(act)
    rounds = 1 if first > TOO_SLOW else ROUNDS
    return Timing(first, tuple(_spent(act) for _ in range(rounds)))


def _spent(act: Callable[[], int]) -> float:
    begun = time.perf_counter()
    done = act()
    return (time.perf_counter() - begun) / done


def repeated(act: Callable[[], object], times: int) -> Callable[[], int]:
    """An act that does a thing so many times."""

    def acts() -> int:
        for _ in range(times):
            act()
        return times

    return acts


def milliseconds(timings: Mapping[str, Timing], base: str) -> str:
    """Times of one thing each, and how often the base's fits in."""
    rows = [
        (name, f"{t.median * 1000:.1f}", f"{t.worst * 1000:.1f}", f"{t.warm_up * 1000:.1f}",
         f"{t.median / timings[base].median:.2f}")
        for name, t in timings.items()
    ]  # fmt: skip
    return markdown(("", "ms, median", _worst(timings), "warm-up", f"times {base}"), rows)


def _worst(timings: Mapping[str, Timing]) -> str:
    rounds = min(len(timing.rounds) for timing in timings.values())
    return f"worst of {('', 'one', 'two', 'three', 'four', 'five')[rounds]}"


def rates(timings: Mapping[str, Timing], base: str) -> str:
    """Things a second, each as a share of the base's."""
    rows = [
        (name, f"{1 / t.median:,.0f}", f"{1 / t.worst:,.0f}", f"{1 / t.warm_up:,.0f}",
         f"{timings[base].median / t.median:.2f}")
        for name, t in timings.items()
    ]  # fmt: skip
    return markdown(("", "a second, median", _worst(timings), "warm-up", f"share of {base}"), rows)


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def goals(found: Iterable[tuple[str, float, str, float]]) -> str:
    """What was promised: (what, figure, `<=` or `>=`, goal)."""
    rows = [
        (what, f"{figure:,.2f}", f"{sign.replace('<=', '≤').replace('>=', '≥')} {goal:,g}",
         "yes" if (figure <= goal if sign == "<=" else figure >= goal) else "**no**")
        for what, figure, sign, goal in found
    ]  # fmt: skip
    return markdown(("promise", "measured", "goal", "met"), rows)


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of Markdown; figures stand on the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(str(part) for part in line)} |" for line in lines)
