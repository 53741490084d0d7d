"""Batches of rows and their outcomes as the database keeps them: packed, the rows encrypted."""

from __future__ import annotations

import json
import zlib
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from registry.core.types import id_text
from registry.imports.models import ImportBatch
from registry.imports.rows import CLEAR, CREATED, Clear, Outcome, Problem, Rows, Written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy.orm import Session

    from registry.core.crypto import RowCipher

_QUICK = 1  # of zlib: a fifth of the time for nine tenths of the gain


def packed(rows: Rows) -> bytes:
    """A batch as bytes; `unpacked` gives the same batch."""
    problems = [[p.row, p.field, p.code, p.severity, p.facts] for p in rows.problems]
    columns = {name: _by_column(values) for name, values in rows.columns.items()}
    said = {name: _numbered(texts) for name, texts in rows.said.items()}
    held = [rows.dataset, rows.numbers, columns, problems, said]
    text = json.dumps(held, ensure_ascii=False, separators=(",", ":"), default=_tagged)
    # A program may send half of a surrogate pair: its cell is refused, and kept until it is told.
    return zlib.compress(text.encode("utf-8", "surrogatepass"), _QUICK)


def _by_column(values: list[Any]) -> Any:  # noqa: ANN401
    """A column of nothing but dates and blanks under one tag: a tag a cell takes ten times."""
    kinds = set(map(type, values))
    if kinds == {date}:
        return {"$ordinals": list(map(date.toordinal, values))}
    if kinds == {NoneType}:
        return {"$blank": len(values)}
    if date not in kinds or not kinds <= _DATED:
        return values
    return {"$ordinals": [None if value is None else value.toordinal() for value in values]}


_DATED = {date, NoneType}


def _numbered(texts: list[str | None]) -> list[Any]:
    """The distinct ones, and which each is: there are few."""
    places = {text: at for at, text in enumerate(dict.fromkeys(texts))}
    return [list(places), list(map(places.__getitem__, texts))]


def _tagged(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, date):
        return {"$d": value.isoformat()}
    if isinstance(value, Decimal):
        return {"$n": str(value)}
    if isinstance(value, Clear):
        return {"$c": 1}
    return str(value)


@lru_cache(maxsize=1 << 15)
def _day(text: str) -> date:
    return date.fromisoformat(text)


_numbered_day = lru_cache(maxsize=1 << 15)(date.fromordinal)


def _untagged(found: dict[str, Any]) -> Any:  # noqa: ANN401
    tag = next(iter(found), "") if len(found) == 1 else ""
    return _TAGS[tag](found[tag]) if tag in _TAGS else found


_TAGS: dict[str, Callable[[Any], Any]] = {
    "$blank": lambda rows: [None] * rows,
    "$ordinals": lambda days: [None if day is None else _numbered_day(day) for day in days],
    "$days": lambda texts: [None if text is None else _day(text) for text in texts],  # older
    "$d": _day,
    "$n": Decimal,
    "$c": lambda _: CLEAR,
}


def unpacked(data: bytes) -> Rows:
    """The batch that was packed."""
    held = json.loads(zlib.decompress(data), object_hook=_untagged)
    dataset, numbers, columns, problems, *more = held
    worded: dict[str, Any] = more[0] if more else {}  # not of one kept by an older version
    said = {n: list(map(texts.__getitem__, places)) for n, (texts, places) in worded.items()}
    return Rows(dataset, numbers, columns, [Problem(*one) for one in problems], said=said)


def keep(
    session: Session, cipher: RowCipher, import_id: UUID, number: int, rows: bytes, count: int
) -> None:
    """Keep a batch of so many rows, packed as it was read."""
    data = cipher.encrypt(rows, f"batch {number}")
    session.add(ImportBatch(import_id=import_id, number=number, rows=count, data=data))


def load(session: Session, cipher: RowCipher, import_id: UUID, number: int) -> Rows:
    """A batch as it was read."""
    data = session.scalars(
        select(ImportBatch.data).where(
            ImportBatch.import_id == import_id, ImportBatch.number == number
        )
    ).one()
    if data is None:
        message = "the rows are destroyed"
        raise LookupError(message)
    return unpacked(cipher.decrypt(data, f"batch {number}"))


def merged(batches: Sequence[Rows]) -> Rows:
    """Batches as one, in their order; their mistakes go over to it (`judging.parted` back)."""
    names = list(dict.fromkeys(name for rows in batches for name in rows.columns))
    whole = Rows(batches[0].dataset, [], {name: [] for name in names})
    for rows in batches:
        before = len(whole)
        whole.numbers += rows.numbers
        for name in names:
            whole.columns[name] += rows.columns.get(name) or [None] * len(rows)
        for problem in rows.problems:
            problem.row += before
        whole.problems += rows.problems
        rows.problems = []
    return whole


def outcome_bytes(numbers: Iterable[int], outcomes: Iterable[Outcome]) -> bytes:
    """What became of the rows of a batch: words, ids and versions, nothing personal."""
    each = zip(numbers, outcomes, strict=True)
    return packed_outcomes(o.text or outcome_text(n, *o[:3]) for n, o in each)


def outcome_text(
    number: int, outcome: str, record_id: UUID | None, written: Sequence[Written]
) -> str:
    """What became of a row of a number, as it is kept."""
    if not written and not record_id:
        return f'[{number},"{outcome}",null,[]]'
    return f'[{number},"{outcome}",{_id(record_id)},[{",".join(map(_written, written))}]]'


def created_text(number: int, person: UUID | None, stint: UUID) -> str:
    """The `outcome_text` of a row that made an enrolment, and perhaps its trainee."""
    key = id_text(stint)
    made = "" if person is None else f'["trainee","{id_text(person)}",null,1],'
    return f'[{number},"{CREATED}","{key}",[{made}["enrolment","{key}",null,1]]]'


def packed_outcomes(held: Iterable[str]) -> bytes:
    """Outcomes, each as the JSON text of its row, word, record and what was written."""
    return zlib.compress(f"[{','.join(held)}]".encode(), _QUICK)


def _id(key: UUID | None) -> str:
    return "null" if key is None else f'"{id_text(key)}"'


def _written(one: Written) -> str:
    """What `Written.of` reads back, as JSON; written out, since an import makes millions."""
    before = "null" if one.before is None else one.before
    return f'["{one.kind}","{id_text(one.id)}",{before},{one.after}]'


def held_outcomes(session: Session, import_id: UUID, number: int) -> list[list[Any]]:
    """What became of the rows of a batch, as it is kept: row, word, record, what was written."""
    data = session.scalars(
        select(ImportBatch.outcomes).where(
            ImportBatch.import_id == import_id, ImportBatch.number == number
        )
    ).one_or_none()
    return json.loads(zlib.decompress(data)) if data else []


def numbered_outcomes(session: Session, import_id: UUID, number: int) -> list[tuple[int, Outcome]]:
    """What became of the rows of a batch, each with its number as the person sees it."""
    held = held_outcomes(session, import_id, number)
    return [
        (n, Outcome(word, UUID(id_) if id_ else None, tuple(Written.of(w) for w in written)))
        for n, word, id_, written in held
    ]


def kept_outcomes(session: Session, import_id: UUID, number: int) -> list[Outcome]:
    """What became of the rows of a batch, numbered within it."""
    return [outcome for _, outcome in numbered_outcomes(session, import_id, number)]
