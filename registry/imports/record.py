"""Writing down what was found of a batch: its mistakes, its outcomes, what there is in all."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, LargeBinary, Uuid, bindparam, delete, insert, update

from registry.core.fields import plain_decimal
from registry.core.prepared import all_asked
from registry.core.text import harmless
from registry.imports.models import ImportBatch, ImportProblem
from registry.imports.reading.cells import masked
from registry.imports.rows import CLEAR, fields_of
from registry.imports.staging import outcome_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from registry.core.crypto import RowCipher
    from registry.core.waiting import WaitingSession
    from registry.imports.claims import Job
    from registry.imports.models import Import
    from registry.imports.rows import Applied, Problem, Rows

MOST_PROBLEMS = 200_000  # kept one by one; the summary counts them all
LONGEST_VALUE = 200
VALUE = "value"  # the piece of the import that is encrypted
COUNTED = ("created", "updated", "unchanged", "rejected")
_KIND = ("code", "field", "severity")


_OF_IMPORT = bindparam("of_import", type_=Uuid())
_OF_BATCH = bindparam("of_batch", type_=Integer())
_FORGET = delete(ImportProblem).where(
    ImportProblem.import_id == _OF_IMPORT, ImportProblem.batch == _OF_BATCH
)
_KEEP = (
    update(ImportBatch)
    .where(ImportBatch.import_id == _OF_IMPORT, ImportBatch.number == _OF_BATCH)
    .values(outcomes=bindparam("kept", type_=LargeBinary()))
)


def nothing() -> dict[str, Any]:
    """The figures of an import before its first batch."""
    return dict.fromkeys((*COUNTED, "errors", "warnings", "changed"), 0) | {"summary": []}


def figures(row: Import) -> dict[str, Any]:
    """The figures of an import so far."""
    return {name: getattr(row, name) for name in nothing()}


def record(
    session: WaitingSession,
    job: Job,
    number: int,
    rows: Rows,
    applied: Applied,
    before: dict[str, Any],
) -> dict[str, Any]:
    """Keep what became of a batch, in place of what was kept; the figures with it added."""
    place = {"of_import": job.row.id, "of_batch": number}
    outcomes = applied.packed or outcome_bytes(rows.numbers, applied.outcomes)
    all_asked(session, [(_FORGET, place), (_KEEP, place | {"kept": outcomes})])
    kept = before["errors"] + before["warnings"]
    found = sorted(rows.problems, key=lambda p: p.row)[: max(0, MOST_PROBLEMS - kept)]
    if found:
        values = _values(job.cipher, job, number, rows, found)
        session.execute(insert(ImportProblem), list(values))
    return _added(before, rows, applied)


def _added(before: dict[str, Any], rows: Rows, applied: Applied) -> dict[str, Any]:
    after = dict(before)
    for name, count in applied.counted().items():
        after[name] += count
    severities = Counter(p.severity for p in rows.problems)
    after["errors"] += severities["error"]
    after["warnings"] += severities["warning"]
    after["summary"] = summed(before["summary"], rows.problems)
    return after


def summed(before: Sequence[dict[str, Any]], problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """How many mistakes there are of each kind, the most frequent first, errors before warnings."""
    counts = Counter({tuple(one[name] for name in _KIND): one["count"] for one in before})
    counts.update((p.code, p.field, p.severity) for p in problems)
    ordered = sorted(counts.items(), key=lambda one: (one[0][2], -one[1], str(one[0])))
    return [dict(zip(_KIND, kind, strict=True)) | {"count": count} for kind, count in ordered]


def _values(
    cipher: RowCipher, job: Job, number: int, rows: Rows, problems: Sequence[Problem]
) -> Iterator[dict[str, Any]]:
    personal = {field.name for field in fields_of(rows.dataset) if field.personal}
    for problem in problems:
        facts = {name: plain(fact) for name, fact in problem.facts.items()}
        value = _value(rows, problem, personal)
        hidden = problem.field in personal
        shown = {"value": value} | ({"facts": facts} if hidden else {})
        text = json.dumps(shown, ensure_ascii=False)
        yield {
            "import_id": job.row.id,
            "batch": number,
            "row": rows.numbers[problem.row],
            "field": problem.field,
            "code": problem.code,
            "severity": problem.severity,
            "facts": {} if hidden else facts,
            "value": cipher.encrypt(text.encode(), VALUE) if value or facts else None,
        }


def shown(cipher: RowCipher | None, problem: ImportProblem) -> tuple[str | None, dict[str, Any]]:
    """What the cell of a mistake says and the facts of its text, as far as they may be told."""
    if cipher is None or problem.value is None:
        return None, problem.facts
    said = json.loads(cipher.decrypt(problem.value, VALUE))
    return said["value"], problem.facts | said.get("facts", {})


def _value(rows: Rows, problem: Problem, personal: set[str]) -> str | None:
    """What the cell says, masked where it is personal."""
    if problem.field is None:
        return None
    found = problem.facts.get("value")  # as the reader saw it, masked by it if need be
    if found is not None:
        return str(plain(found))[:LONGEST_VALUE]
    value = _told(rows.said, problem) or _told(rows.columns, problem)
    if value is None:
        return None
    text = str(plain(value))[:LONGEST_VALUE]
    return masked(text) if problem.field in personal else text


def _told(columns: Mapping[str, Sequence[Any]], problem: Problem) -> Any:  # noqa: ANN401
    column = columns.get(problem.field or "")
    return column[problem.row] if column else None


def plain(value: Any) -> Any:  # noqa: ANN401
    """A value as JSON keeps it and people read it."""
    if value is CLEAR:
        return CLEAR.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return plain_decimal(value)
    if isinstance(value, list | tuple):
        return ", ".join(str(plain(one)) for one in value)
    if isinstance(value, str):
        return harmless(value)  # PostgreSQL keeps no NUL and no half of a surrogate pair
    return value if isinstance(value, int | float | bool | None) else str(value)
