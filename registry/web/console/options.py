"""What forms offer to choose from, in the page's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.codes.queries import items_of
from registry.trainees.models import STATUSES
from registry.web.console.words import words_of
from registry.web.languages import page_language

if TYPE_CHECKING:
    from registry.core.work import Work


def code_options(work: Work, name: str) -> list[tuple[str, str]]:
    """The codes of a list."""
    korean = page_language() == "ko"
    return [(i.code, i.name if korean else i.name_en) for i in items_of(work.session, name)]


def status_options() -> list[tuple[str, str]]:
    """The statuses of an enrolment, the one it begins with first."""
    return [(code, words_of(code)) for code in STATUSES]
