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
from registry.statistics.protection.points import publication_read
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
    last = {name: facts.pop(name) for name in ("total", "suppressed")}
    cells = [dict(zip(columns(answer), row, strict=True)) for row in rows(answer)]
    return {**facts, "cells": cells, **last}


def described(answer: Answer) -> dict[str, Any]:
    """All that says what an answer's figures are, and their total."""
    question, instant, published = answer.question, answer.instant, answer.published
    withheld = published.withheld if published else ()
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
        "publication": publication_read(published.point) if published else None,
        "withheld": [{"table": table, "year": year} for table, year in withheld],
        "total": answer.figures.total,
        "suppressed": answer.figures.total is None,
    }


def _filters(answer: Answer) -> dict[str, Any]:
    question = answer.question
    edges = {"from": question.first, "to": question.last}
    asked: dict[str, Any] = {k: time_parts(v)["month"] for k, v in edges.items() if v is not None}
    for name, values in question.filters.items():
        asked[name] = [time_parts(v)["month"] for v in values] if name == "month" else list(values)
    return asked


def columns(answer: Answer) -> list[str]:
    """The names of a cell's members: each dimension, its label if there is one, the value.

    Of what was published also whether the value is hidden.
    """
    names: list[str] = []
    for name in answer.question.by:
        names += [name, f"{name}_label"] if name in answer.labels else [name]
    return [*names, "value"] if answer.published is None else [*names, "value", "suppressed"]


def rows(answer: Answer) -> list[list[Any]]:
    """The cells, a list of values each, in the order of `columns`."""
    found = []
    for cell in answer.figures.cells:
        row: list[Any] = []
        for name, key in zip(answer.question.by, cell.keys, strict=True):
            labels = answer.labels.get(name)
            row += [key] if labels is None else [key, labels.get(key, key)]
        hidden = [] if answer.published is None else [cell.value is None]
        found.append([*row, cell.value, *hidden])
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
    for name in ("by", "withheld", "publication"):
        facts[name] = _words(facts[name])
    return workbook_bytes(
        Sheet("figures", columns(answer), rows(answer)),
        question_sheet([*facts.items(), *filters]),
        made=answer.instant.at, private=False,
    )  # fmt: skip


def _words(value: Any) -> str | None:  # noqa: ANN401
    if isinstance(value, dict):
        return " ".join(str(part) for part in value.values() if part is not None)
    if isinstance(value, list):
        return ",".join(str(_words(part)) for part in value)
    return None if value is None else str(value)


FORMATS = {
    "json": Format(JSON, _json),
    "csv": Format(CSV, _csv),
    "jsonstat": Format(JSON, _jsonstat),
    "xlsx": Format(XLSX, _xlsx),
}
KINDS = {name: chosen.mimetype for name, chosen in FORMATS.items()}
