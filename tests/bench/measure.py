"""Timing two or more things in alternation."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROUNDS = 5


def alternated(acts: Mapping[str, Callable[[], int]]) -> dict[str, tuple[float, float]]:
    """Median and worst rate (things done a second) of each act, over rounds taken in turn.

    An act does some work and answers how many things it did. The first round is a warm-up.
    """
    rates: dict[str, list[float]] = {name: [] for name in acts}
    for turn in range(ROUNDS + 1):
        for name, act in acts.items():
            begun = time.perf_counter()
            done = act()
            if turn:
                rates[name].append(done / (time.perf_counter() - begun))
    return {name: (statistics.median(found), min(found)) for name, found in rates.items()}


def table(title: str, rates: Mapping[str, tuple[float, float]], against: str) -> str:
    """The rates as lines of text, each as a share of one of them."""
    base = rates[against][0]
    lines = [f"{title} (median of {ROUNDS} a second, worst, share of {against})"]
    lines += [f"  {n:<28}{m:>10.0f}{w:>10.0f}{m / base:>8.2f}" for n, (m, w) in rates.items()]
    return "\n".join(lines)
