"""Specifications filled: figures, words and colours put where the JSON files leave room for them.

A text `@name` in a file is a colour of the palette; under `usermeta` stands what is different on
a narrow screen.
"""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from registry.web.languages import page_language

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FOLDER = files("registry.web.charts") / "specs"
HEADROOM = 1.2  # above the highest bar, for its figure
NOTHING: Mapping[str, Any] = {}
# Axes of won: from which amount on they count in what, and how it is written.
WON = {
    "ko": ((10**12, 10**12, "조"), (10**8, 10**8, "억"), (0, 1, "")),
    "en": ((10**12, 10**12, " tn"), (10**9, 10**9, " bn"), (10**6, 10**6, " m"), (0, 1, "")),
}


def filled(
    name: str,
    values: Sequence[Mapping[str, Any]],
    asked: Mapping[str, Any],
    *,
    unit: str,
    title: str,
    summary: str,
    words: Mapping[str, Any] = NOTHING,
) -> dict[str, Any]:
    """A chart of some figures, in the look and size that were asked for.

    `words` are values that the specification names besides its figures.
    """
    spec = deepcopy(file(name))
    sizes = spec.pop("usermeta")
    _merge(spec, sizes[asked["size"]])
    divisor, suffix = scale_of(unit, values)
    top = max([row.get("value") or 0 for row in values], default=0) * HEADROOM
    params = {
        "top": top,
        "divisor": divisor,
        "suffix": suffix,
        "tight": asked["size"] == "narrow",
        **words,
    }
    spec["params"] = [{"name": key, "value": value} for key, value in params.items()]
    spec["data"] = {"values": [dict(row) for row in values]}
    spec["description"] = summary
    if title:
        spec["title"] = {"text": title}
    look = file("looks")
    spec["config"] = deepcopy(look["config"])
    return dict(_coloured(spec, look[asked["look"]]))


def scale_of(unit: str, values: Sequence[Mapping[str, Any]]) -> tuple[int, str]:
    """By what an axis divides its figures, and what it writes behind them."""
    if unit == "percent":
        return 1, "%"
    if unit != "krw":
        return 1, ""
    highest = max((abs(row.get("value") or 0) for row in values), default=0)
    return next((size, word) for low, size, word in WON[page_language()] if highest >= low)


@cache
def file(name: str) -> dict[str, Any]:
    """A JSON file of this folder; nobody changes what is handed out."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def _merge(into: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = deepcopy(value)


def _coloured(part: Any, palette: Mapping[str, str]) -> Any:  # noqa: ANN401 - any part of a JSON document
    if isinstance(part, dict):
        return {
            key: value if key == "data" else _coloured(value, palette)
            for key, value in part.items()
        }
    if isinstance(part, list):
        return [_coloured(each, palette) for each in part]
    if isinstance(part, str) and part.startswith("@"):
        return palette[part[1:]]
    return part
