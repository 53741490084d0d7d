"""The person's own file with its mistakes marked, and empty templates: made when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import select

from registry.codes.queries import items_of
from registry.core.problems import DomainError
from registry.imports import files, staging
from registry.imports.annotated import Mark, annotate
from registry.imports.models import ImportProblem
from registry.imports.presentation import LANGUAGES, OUTCOMES, headers_of, text_of
from registry.imports.queries import PIECEMEAL
from registry.imports.reading import Detected
from registry.imports.record import shown
from registry.imports.rows import CREATED, REJECTED, UNCHANGED, UPDATED, fields_of
from registry.imports.templates import template

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from registry.core.crypto import RowCipher
    from registry.core.parts import Registry
    from registry.core.work import Work
    from registry.imports.models import Import

DONE: dict[str, dict[str, str]] = {
    language: {outcome: words[place] for outcome, words in OUTCOMES.items()}
    for place, language in enumerate(LANGUAGES)
}
WOULD = {"ko": " 예정", "en": ", if committed"}
HELD_BACK = {"ko": "문제 없음 (반영 안 됨)", "en": "no mistake (not taken in)"}
_OUTCOMES = ("", CREATED, UPDATED, UNCHANGED, REJECTED)


@dataclass(frozen=True)
class File:
    """A file to hand out."""

    data: bytes
    kind: str


class Marks(Mapping[int, Mark]):
    """A row's mark by its number: a byte for each row, and the reasons of those that have any."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._usual = {outcome: Mark(word) for outcome, word in words.items()}
        self._reasons: dict[int, Mark] = {}
        self._outcomes = bytearray()

    def add(self, number: int, outcome: str) -> None:
        """Note what became of a row."""
        if number >= len(self._outcomes):
            self._outcomes.extend(bytes(number + 1 - len(self._outcomes)))
        self._outcomes[number] = _OUTCOMES.index(outcome)

    def explain(self, number: int, mark: Mark) -> None:
        """Note what is to be said of a row."""
        self._reasons[number] = mark

    def outcome(self, number: int) -> str:
        """What became of a row, nothing if it is none."""
        return _OUTCOMES[self._outcomes[number]] if 0 <= number < len(self._outcomes) else ""

    def __getitem__(self, number: int) -> Mark:
        outcome = self.outcome(number)
        if not outcome:
            raise KeyError(number)
        return self._reasons.get(number) or self._usual[outcome]

    def __iter__(self) -> Iterator[int]:
        return (number for number in range(len(self._outcomes)) if self._outcomes[number])

    def __len__(self) -> int:
        return sum(1 for _ in self)


def annotated(work: Work, parts: Registry, row: Import, language: str) -> File:
    """The file with result and reason in front of each row.

    Raises import-not-judged, import-destroyed.
    """
    cipher = files.cipher_of(parts.keyring, row)
    about = files.about(parts.keyring, row)
    if "read" not in about or row.total == 0:
        raise DomainError("import-not-judged")
    teller = Teller(cipher, headers_of(about, row.dataset), _words(row, language), language)
    marks = _marks(work.session, row, teller)
    stream, _ = files.opened(parts.database, parts.keyring, row)
    with stream:
        made = annotate(stream, Detected(**about["read"]), marks, language=language)
        return File(b"".join(made.pieces), made.format)


@dataclass(frozen=True)
class Teller:
    """Says of a row what became of it and why, in one language."""

    cipher: RowCipher
    headers: Mapping[str | None, str]
    words: Mapping[str, str]
    language: str

    def mark(self, outcome: str, problems: Sequence[ImportProblem]) -> Mark:
        """A row's mark, with all that is wrong with it."""

        def fields(severity: str) -> frozenset[str]:
            return frozenset(p.field for p in problems if p.field and p.severity == severity)

        reasons = [self._reason(problem) for problem in problems]
        result = self.words.get(outcome, "")
        return Mark(result, "\n".join(reasons), fields("error"), fields("warning"))

    def _reason(self, problem: ImportProblem) -> str:
        _, facts = shown(self.cipher, problem)
        text = text_of(problem.code, facts, self.headers)[self.language]
        header = self.headers.get(problem.field)
        return f"{header}: {text}" if header else text


def _marks(session: Session, row: Import, teller: Teller) -> Marks:
    marks = Marks(teller.words)
    for batch in range(row.batches):
        for number, outcome in staging.numbered_outcomes(session, row.id, batch):
            marks.add(number, outcome.outcome)
    if not len(marks):
        raise DomainError("import-not-judged")
    found = session.scalars(
        select(ImportProblem)
        .where(ImportProblem.import_id == row.id, ImportProblem.row.is_not(None))
        .order_by(ImportProblem.row, ImportProblem.id),
        execution_options=PIECEMEAL,
    )
    for number, problems in groupby(found, key=lambda problem: int(problem.row or 0)):
        marks.explain(number, teller.mark(marks.outcome(number), list(problems)))
    return marks


def _words(row: Import, language: str) -> dict[str, str]:
    """What each outcome is called: done, to be done, or held back by others' mistakes."""
    words = dict(DONE[language])
    if row.state in {"validated", "validating"}:
        words |= {o: word + WOULD[language] for o, word in words.items() if o in (CREATED, UPDATED)}
    elif row.first_revision is None:
        words |= dict.fromkeys((CREATED, UPDATED), HELD_BACK[language])
    return words


def template_of(work: Work, dataset: str, language: str) -> bytes:
    """An empty workbook of a dataset, with the registry's codes to choose from."""
    lists = {field.codes for field in fields_of(dataset) if field.codes}
    codes = {
        name: [(item.code, item.name, item.name_en) for item in items_of(work.session, name)]
        for name in sorted(lists)
    }
    return template(dataset, codes, language)
