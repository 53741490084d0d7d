"""An answer as a JSON-stat 2.0 dataset (https://json-stat.org/full/).

The cube has the dimensions asked for, in their order, and last the measure, which names the unit.
Values are sparse, by their position in row-major order: a cell that is absent is zero, as in the
other formats; a hidden one is there and null, with the status `c`.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from registry.statistics.catalogue import TIMES, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.statistics.answers import Answer

GEOGRAPHIES = ("district", "zone")
METRIC = "measure"
CONFIDENTIAL = "c"  # the flag Eurostat puts on a figure that is hidden
SOURCE = {
    "ko": "부산광역시 디지털 인재·창업기업 등록부",
    "en": "Registry of Busan's digital talents and start-ups",
}


def dataset(answer: Answer, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The dataset; `facts` is all that says what the figures are, kept in `extension`."""
    question, cells = answer.question, answer.figures.cells
    categories = [sorted({cell.keys[i] for cell in cells}) for i in range(len(question.by))]
    places = [{code: n for n, code in enumerate(codes)} for codes in categories]
    strides = [prod(map(len, categories[i + 1 :])) for i in range(len(categories))]
    positions = [
        str(sum(place[key] * stride
                for place, key, stride in zip(places, cell.keys, strides, strict=True)))
        for cell in cells
    ]  # fmt: skip
    hidden = {
        at: CONFIDENTIAL for at, cell in zip(positions, cells, strict=True) if cell.value is None
    }
    return {
        "version": "2.0",
        "class": "dataset",
        "label": _name(answer, read("catalogue")["datasets"][question.dataset]),
        "source": SOURCE[question.labels or "en"],
        "updated": facts["as_of"],
        "id": [*question.by, METRIC],
        "size": [*map(len, categories), 1],
        "role": _roles(question.by),
        "dimension": {
            **{name: _dimension(answer, name, codes)
               for name, codes in zip(question.by, categories, strict=True)},
            METRIC: _metric(answer),
        },
        "value": {at: cell.value for at, cell in zip(positions, cells, strict=True)},
        **({"status": hidden} if hidden else {}),
        "extension": {**facts, "absent": 0},
    }  # fmt: skip


def _roles(by: tuple[str, ...]) -> dict[str, list[str]]:
    roles = {
        "time": [name for name in by if name in TIMES],
        "geo": [name for name in by if name in GEOGRAPHIES],
        "metric": [METRIC],
    }
    return {role: names for role, names in roles.items() if names}


def _dimension(answer: Answer, name: str, codes: list[Any]) -> dict[str, Any]:
    category: dict[str, Any] = {"index": [str(code) for code in codes]}
    labels = answer.labels.get(name)
    if labels is not None:
        category["label"] = {code: labels.get(code, code) for code in codes}
    return {"label": _name(answer, read("catalogue")["dimensions"][name]), "category": category}


def _metric(answer: Answer) -> dict[str, Any]:
    code = answer.question.measure
    names = read("catalogue")["datasets"][answer.question.dataset]["measures"][code]
    category = {
        "index": [code],
        "label": {code: _name(answer, names)},
        "unit": {code: {"label": answer.question.unit, "decimals": 0}},
    }
    return {"label": {"ko": "측정값"}.get(answer.question.labels or "en", "Measure"),
            "category": category}  # fmt: skip


def _name(answer: Answer, names: Mapping[str, str]) -> str:
    """The name in the language of the labels asked for, English if none are, as headers are."""
    return names["name" if answer.question.labels == "ko" else "name_en"]
