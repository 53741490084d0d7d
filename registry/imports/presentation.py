"""How an import and its mistakes are told, in both languages; values only to their owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from registry.access.queries import organisation_codes
from registry.core.problems import catalogue, filled
from registry.imports import files, queries, staging
from registry.imports.reading.labels import items_of
from registry.imports.record import shown
from registry.imports.rows import CREATED, REJECTED, UNCHANGED, UPDATED, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from registry.core.crypto import Keyring, RowCipher
    from registry.core.work import Work
    from registry.imports.models import Import, ImportProblem
    from registry.imports.rows import Field

LANGUAGES = ("ko", "en")
OUTCOMES: dict[str, tuple[str, str]] = {
    CREATED: ("등록", "created"), UPDATED: ("수정", "updated"),
    UNCHANGED: ("변경 없음", "unchanged"), REJECTED: ("오류", "error"),
}  # fmt: skip
FIELD_FACTS = frozenset(("earlier", "later"))  # facts that name fields
WORD_FACTS = frozenset(("before", "after", "foreseen"))  # statuses and outcomes
FOR_PROGRAMS = frozenset(("unknown-code", "invalid-pattern"))  # their advice speaks of the API


class Known(NamedTuple):
    """What several imports are told with, read once for all."""

    codes: Mapping[UUID, str]
    earlier: Mapping[UUID, UUID]


def presented(
    work: Work, keyring: Keyring, row: Import, *, results: bool = False
) -> dict[str, Any]:
    """One import as it is answered."""
    known = Known(organisation_codes(work.session), queries.earlier_of_the_same_files(work, [row]))
    return _presented(work, keyring, row, known, results=results)


def all_presented(work: Work, keyring: Keyring, rows: Sequence[Import]) -> list[dict[str, Any]]:
    """Imports as they are listed."""
    known = Known(organisation_codes(work.session), queries.earlier_of_the_same_files(work, rows))
    return [_presented(work, keyring, row, known) for row in rows]


def _presented(
    work: Work, keyring: Keyring, row: Import, known: Known, *, results: bool = False
) -> dict[str, Any]:
    own = queries.is_own(work, row)
    about = files.about(keyring, row) if own else {}
    headers = headers_of(about, row.dataset)
    same = (
        "id", "dataset", "mode", "on_error", "state", "errors", "warnings", "content_type", "size",
        "first_revision", "last_revision", "received_at", "ended_at", "held_until", "undo_until",
        "destroyed_at",
    )  # fmt: skip
    return {
        **{name: getattr(row, name) for name in same},
        "organisation": known.codes[row.organisation_id],
        "changed_meanwhile": row.changed,
        "progress": progress(row, work.now),
        "rows": {n: getattr(row, n) for n in (
            "total", "created", "updated", "unchanged", "rejected", "restored",
        )},
        "summary": [one | {"column": headers.get(one["field"]), "text": _title(one["code"])}
                    for one in row.summary],
        "failure": failure(row),
        "file_name": about.get("name"),
        "detected": about.get("detected"),
        "same_file_as": known.earlier.get(row.id),
        "results": list(_results(work, row)) if results else None,
    }  # fmt: skip


def progress(row: Import, now: datetime) -> dict[str, Any]:
    """What is being done and how long it will take at the rate of this stage so far."""
    gone = (now - row.stage_at).total_seconds()
    left = None
    if row.queued and row.done and row.total and gone > 0:
        left = round(gone * max(0, row.total - row.done) / row.done)
    return {"stage": row.stage, "done": row.done, "total": row.total, "seconds_left": left}


def failure(row: Import) -> dict[str, Any] | None:
    """Why an import ended as it did."""
    if row.failure is None:
        return None
    return {
        "code": row.failure,
        "text": text_of(row.failure, row.facts),
        "hint": dict(catalogue()[row.failure].advice),
    }


def text_of(
    code: str, facts: Mapping[str, Any], headers: Mapping[str | None, str] | None = None
) -> dict[str, str]:
    """What is wrong, in both languages; the title alone if what would fill the text is not told.

    Fields are called as the file's headers call them, statuses and outcomes by their names.
    """
    entry = catalogue()[code]
    needs = "{" in entry.detail[LANGUAGES[0]]
    if needs and not facts:
        return _title(code)
    return {
        language: filled(entry.detail[language], _worded(facts, headers or {}, place))
        for place, language in enumerate(LANGUAGES)
    }


def _title(code: str) -> dict[str, str]:
    title = catalogue()[code].title
    return {language: title[language] for language in LANGUAGES}


def _worded(
    facts: Mapping[str, Any], headers: Mapping[str | None, str], language: int
) -> dict[str, Any]:
    names = {code: (ko, en) for code, ko, en in items_of({}, "statuses")} | OUTCOMES
    said = dict(facts)
    if language and "choices_en" in said:
        said["choices"] = said["choices_en"]
    for fact in FIELD_FACTS & said.keys():
        said[fact] = headers.get(said[fact], said[fact])
    for fact in WORD_FACTS & said.keys():
        said[fact] = names[said[fact]][language] if said[fact] in names else said[fact]
    return said


def hint_of(code: str, field: Field | None, facts: Mapping[str, Any]) -> dict[str, str]:
    """How to mend a cell: what it may say, if that is known better than by the catalogue."""
    if "choices" in facts and code == "unknown-code":
        return {"ko": f"다음에서 고르십시오: {facts['choices']}",
                "en": f"One of: {facts['choices_en']}"}  # fmt: skip
    if code in FOR_PROGRAMS and field is not None and field.note:
        return {"ko": field.note, "en": field.note_en}
    return dict(catalogue()[code].advice)


def headers_of(about: Mapping[str, Any], dataset: str) -> dict[str | None, str]:
    """What the file calls each field; a field that it lacks, what the template calls it."""
    called: dict[str | None, str] = {field.name: field.label for field in fields_of(dataset)}
    columns = (about.get("detected") or {}).get("columns") or {}
    return called | {field: header for header, field in columns.items()}


def mistakes(
    work: Work, keyring: Keyring, row: Import, problems: Iterable[ImportProblem]
) -> Iterator[dict[str, Any]]:
    """Mistakes as they are answered; what the cells say only to the organisation itself."""
    own = queries.is_own(work, row)
    about = files.about(keyring, row) if own else {}
    headers = headers_of(about, row.dataset)
    sheet = (about.get("detected") or {}).get("sheet")
    cipher = files.cipher_of(keyring, row) if own and row.data_key is not None else None
    fields = {field.name: field for field in fields_of(row.dataset)}
    for problem in problems:
        yield _mistake(problem, cipher, headers, sheet, fields.get(problem.field or ""))


def _mistake(
    problem: ImportProblem,
    cipher: RowCipher | None,
    headers: Mapping[str | None, str],
    sheet: str | None,
    field: Field | None,
) -> dict[str, Any]:
    value, facts = shown(cipher, problem)
    return {
        "severity": problem.severity,
        "sheet": sheet,
        "row": problem.row,
        "field": problem.field,
        "column": headers.get(problem.field),
        "value": value,
        "code": problem.code,
        # The facts may quote the file.
        "text": text_of(problem.code, facts if cipher else {}, headers),
        "hint": hint_of(problem.code, field, facts if cipher else {}),
    }


def _results(work: Work, row: Import) -> Iterator[dict[str, Any]]:
    for batch in range(row.batches):
        for number, outcome in staging.numbered_outcomes(work.session, row.id, batch):
            yield {"row": number, "outcome": outcome.outcome, "id": outcome.record_id}
