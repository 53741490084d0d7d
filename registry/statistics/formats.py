"""An answer's representations; a further one is one more function here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.core.fields import rfc3339
from registry.core.sheets import CSV, JSON, csv_bytes, question_sheet
from registry.core.workbooks import XLSX, Sheet, workbook_bytes
from registry.statistics import jsonstat
from registry.statistics.catalogue import RULES
from registry.statistics.questions import time_parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.statistics.answers import Answer


@dataclass(frozen=True)
class Format:
    """How an answer is written: its media type and the function that writes it."""

    mimetype: str
    write: Callable[[Answer, bool], bytes]  # the answer, and whether a byte order mark is wanted


def document(answer: Answer) -> dict[str, Any]:
    """The answer as the contract shows it, in its order."""
    facts = described(answer)
    total = facts.pop("total")
    cells = [dict(zip(columns(answer), row, strict=True)) for row in rows(answer)]
    return {**facts, "cells": cells, "total": total}


def described(answer: Answer) -> dict[str, Any]:
    """All that says what an answer's figures are, and their total."""
    question, instant = answer.question, answer.instant
    return {
        "dataset": question.dataset,
        "measure": question.measure,
        "unit": question.unit,
        "rule": RULES[question.dataset],
        "by": list(question.by),
        "filters": _filters(answer),
        "zone_scheme": question.zone_scheme,
        "view": answer.view,
        "as_of": rfc3339(instant.at),
        "revision": instant.revision,
        "settled": instant.settled,
        "provisional": answer.provisional,
        "total": answer.figures.total,
    }


def _filters(answer: Answer) -> dict[str, Any]:
    question = answer.question
    edges = {"from": question.first, "to": question.last}
    asked: dict[str, Any] = {k: time_parts(v)["month"] for k, v in edges.items() if v is not None}
    for name, values in question.filters.items():
        asked[name] = [time_parts(v)["month"] for v in values] if name == "month" else list(values)
    return asked


def columns(answer: Answer) -> list[str]:
    """The names of a cell's members: each dimension, its label if there is one, the value."""
    names: list[str] = []
    for name in answer.question.by:
        names += [name, f"{name}_label"] if name in answer.labels else [name]
    return [*names, "value"]


def rows(answer: Answer) -> list[list[Any]]:
    """The cells, a list of values each, in the order of `columns`."""
    found = []
    for cell in answer.figures.cells:
        row: list[Any] = []
        for name, key in zip(answer.question.by, cell.keys, strict=True):
            labels = answer.labels.get(name)
            row += [key] if labels is None else [key, labels.get(key, key)]
        found.append([*row, cell.value])
    return found


def _json(answer: Answer, _bom: bool) -> bytes:  # noqa: FBT001 - as Format.write
    text = json.dumps(document(answer), ensure_ascii=False, separators=(",", ":"))
    return f"{text}\n".encode()


def _csv(answer: Answer, bom: bool) -> bytes:  # noqa: FBT001 - as Format.write
    return csv_bytes(columns(answer), rows(answer), bom=bom)


def _jsonstat(answer: Answer, _bom: bool) -> bytes:  # noqa: FBT001 - as Format.write
    text = json.dumps(jsonstat.dataset(answer, described(answer)), ensure_ascii=False)
    return f"{text}\n".encode()


def _xlsx(answer: Answer, _bom: bool) -> bytes:  # noqa: FBT001 - as Format.write
    facts = described(answer)
    filters = [(name, _words(value)) for name, value in facts.pop("filters").items()]
    facts["by"] = _words(facts["by"])
    return workbook_bytes(
        Sheet("figures", columns(answer), rows(answer)),
        question_sheet([*facts.items(), *filters]),
        made=answer.instant.at, private=False,
    )  # fmt: skip


def _words(value: Any) -> str:  # noqa: ANN401
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


FORMATS = {
    "json": Format(JSON, _json),
    "csv": Format(CSV, _csv),
    "jsonstat": Format(JSON, _jsonstat),
    "xlsx": Format(XLSX, _xlsx),
}
KINDS = {name: chosen.mimetype for name, chosen in FORMATS.items()}
