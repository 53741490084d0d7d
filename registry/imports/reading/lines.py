"""NDJSON: one object of the API a line. null says nothing, as a blank cell; "(삭제)" clears."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from registry.core.problems import DomainError
from registry.core.text import nfc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.imports.reading.limits import Limits

LONGEST_LINE = 1 << 20
CHUNK_BYTES = 1 << 20
DEEPEST = 3
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Objects:
    """Some lines: what each says by dotted name, and those that say nothing readable."""

    numbers: list[int] = field(default_factory=list)
    objects: list[dict[str, Any]] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)  # indexes


def objects(source: BinaryIO, limits: Limits) -> Iterator[Objects]:
    """The lines in chunks. Raises unknown-encoding, line-too-long."""
    chunk, number, held = Objects(), 0, 0
    while line := source.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise DomainError("cell-too-long", row=number, limit=LONGEST_LINE)
        line = line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line
        if not line.strip():
            continue
        chunk.numbers.append(number)
        chunk.objects.append(_object(line, chunk))
        if len(chunk.objects[-1]) > limits.columns:
            raise DomainError("too-many-columns", limit=limits.columns, row=number)
        held += len(line)
        if len(chunk.numbers) == limits.chunk_rows or held > CHUNK_BYTES:
            yield chunk
            chunk, held = Objects(), 0
    if chunk.numbers:
        yield chunk


def _object(line: bytes, chunk: Objects) -> dict[str, Any]:
    try:
        said = json.loads(line.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)
        if not isinstance(said, dict):
            raise ValueError  # noqa: TRY004, TRY301 - unreadable, like the rest
        return dict(_flat(said, ""))
    except UnicodeDecodeError:
        raise DomainError("unknown-encoding") from None
    except (ValueError, RecursionError):
        chunk.unreadable.append(len(chunk.objects))
        return {}


def _flat(said: dict[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    for key, value in said.items():
        if isinstance(value, dict) and above.count(".") < DEEPEST:
            yield from _flat(value, f"{above}{key}.")
        else:
            yield above + key, value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = {nfc(key): value for key, value in pairs}
    if len(found) != len(pairs):
        raise ValueError
    return found


def _refuse(_: str) -> NoReturn:
    raise ValueError
