"""Rows of a file of JSON objects, one a line: each member is a column by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core.text import looks_like_resident_number
from registry.imports.reading import lines
from registry.imports.reading.cells import resident_number_at
from registry.imports.reading.guard import found, may_look_alike
from registry.imports.reading.headers import OURS
from registry.imports.reading.making import fill
from registry.imports.reading.values import Column
from registry.imports.rows import fields_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from registry.imports.reading.making import Making
    from registry.imports.rows import Field, Rows


def rows_of(source: BinaryIO, making: Making) -> Iterator[Rows]:
    """The objects as rows. Raises ResidentNumberFound, too-many-rows."""
    fields = {field.name: field for field in fields_of(making.dataset)}
    columns = {
        name: Column(making.dataset, field, making.codes, typed=True)
        for name, field in fields.items()
    }
    for said in lines.objects(source, making.limits):
        chunk = making.chunk(said.numbers)
        for at in said.unreadable:
            chunk.refuse(at, "unreadable-row")
        for name, places in _by_name(said.objects).items():
            _check(said, name, places, fields.get(name), making.dataset)
            if name in columns:
                fill(chunk, columns[name], [one.get(name) for one in said.objects])
            elif name not in OURS:
                _note_unknown(chunk, name, _told(said, name, places), fields)
        yield chunk


def _told(said: lines.Objects, name: str, places: Sequence[int]) -> Iterator[tuple[int, Any]]:
    return ((at, said.objects[at][name]) for at in places)


def _by_name(objects: Sequence[dict[str, Any]]) -> dict[str, list[int]]:
    """The indexes of the objects that have a member, by its name."""
    found: dict[str, list[int]] = {}
    for at, one in enumerate(objects):
        for name in one:
            found.setdefault(name, []).append(at)
    return found


def _check(
    said: lines.Objects, name: str, places: Sequence[int], field: Field | None, dataset: str
) -> None:
    """Look at a member's values, and at its name. Raises ResidentNumberFound."""
    if field is not None and may_look_alike(dataset, field):
        return
    if looks_like_resident_number(name):
        raise found(None, said.numbers[places[0]], "?")
    hit = resident_number_at([_worded(value) for _, value in _told(said, name, places)])
    if hit is not None:
        raise found(None, said.numbers[places[hit]], name)


def _note_unknown(
    chunk: Rows, name: str, said: Iterable[tuple[int, Any]], fields: Collection[str]
) -> None:
    """A member that is no column; null where a part of the object belongs says nothing."""
    part = any(field.startswith(f"{name}.") for field in fields)
    for at, value in said:
        if part and value is not None:
            chunk.refuse(at, "invalid-type", name)
        elif not part:
            chunk.refuse(at, "unknown-field", None, name=name[:60])


def _worded(value: Any) -> Any:  # noqa: ANN401
    return str(value) if isinstance(value, dict) else value
