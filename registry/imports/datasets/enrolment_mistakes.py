"""All that is wrong with a refused row of enrolments, so that its sender mends it only once.

The verdict on a row ends at its first mistake, as a request of its own would. Of a row that is
refused the same questions are asked here one by one, each as far as its own cells can be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.imports.datasets.enrolment_correcting import another, reversal
from registry.imports.datasets.enrolment_refusals import PERSON, REQUIRED, Refused, wrong_order
from registry.imports.rows import CLEAR

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from registry.imports.datasets.enrolment_records import Stint
    from registry.imports.datasets.enrolment_verdict import Verdict


def mistakes(
    verdict: Verdict, index: int, cells: Mapping[str, Any], wrong: Collection[str | None]
) -> list[Refused]:
    """What else is wrong with a refused row; nothing is said twice of one place.

    `wrong` are the fields whose mistakes are known: their cells are None and say nothing.
    """
    known = verdict.known(cells["external_id"])
    if known is None:
        asked = _of_new(verdict, index, cells, wrong)
    else:
        asked = _of_known(verdict, known, index, cells, wrong)
    found = {refusal.at: refusal for refusal in asked if refusal.at not in wrong}
    return list(found.values())


def _of_new(
    verdict: Verdict, index: int, cells: Mapping[str, Any], wrong: Collection[str | None]
) -> Iterator[Refused]:
    for name in REQUIRED:
        if cells[name] is None:
            yield Refused(name, "required")
    student, born = _value(cells, "trainee.external_id"), cells["trainee.birth_date"]
    numbered = verdict.state.numbered(student)
    if numbered is None and _value(cells, "trainee.name") is None:
        yield Refused("trainee.name", "required")
    if numbered is not None and not verdict.people.is_born(numbered, born):
        yield Refused("trainee.external_id", "external-id-taken")
    enrolled_on, status, status_on = (
        cells["enrolled_on"], cells["status"], _value(cells, "status_on"),
    )  # fmt: skip
    if status not in {None, "enrolled"} and status_on is None:
        yield Refused("status_on", "required")
    if enrolled_on is not None and status_on is not None:
        refusal = wrong_order(enrolled_on, status_on)
        if refusal is not None:
            yield refusal
            return
    if not any(name in wrong for name in (*REQUIRED, "status", "status_on")) and not any(
        name is not None and name.startswith(PERSON) for name in wrong
    ):
        yield from verdict.overlap(index, cells)


def _of_known(
    verdict: Verdict,
    known: Stint,
    index: int,
    cells: Mapping[str, Any],
    wrong: Collection[str | None],
) -> Iterator[Refused]:
    yield from another(verdict, known, index, tuple(cells.values()), wrong)
    status, status_on = cells["status"], cells["status_on"]
    if status_on is CLEAR:
        yield Refused("status_on", "null")
    elif status_on is not None:
        refusal = wrong_order(known.enrolled_on, status_on)
        if refusal is not None:
            yield refusal
    elif known.status == "enrolled" and status not in {None, "enrolled"}:
        yield Refused("status_on", "required")
    refusal = reversal(verdict, known.status, status)
    if refusal is not None:
        yield refusal


def _value(cells: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401
    return None if cells[name] is CLEAR else cells[name]
