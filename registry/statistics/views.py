"""Who may see which figures: exact ones, or what is published for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.core.problems import DomainError
from registry.statistics.protection.matching import is_headline, nearest, table_for

if TYPE_CHECKING:
    from registry.access.principal import Principal
    from registry.statistics.questions import Question

EXACT, PUBLIC = "exact", "public"


def view_of(principal: Principal, question: Question) -> str:
    """The view a question is answered in. Raises needs-exact, naming the nearest published one."""
    if _sees_exactly(principal, question):
        return EXACT
    if is_headline(question) or table_for(question) is not None:
        return PUBLIC
    raise _needs_exact(question)


def require_exact(principal: Principal, question: Question) -> None:
    """Let only those pass who may see the exact figures of a question. Raises needs-exact."""
    if not _sees_exactly(principal, question):
        raise _needs_exact(question)


def _sees_exactly(principal: Principal, question: Question) -> bool:
    return principal.holds("statistics:exact") or _is_about_own(principal, question)


def _needs_exact(question: Question) -> DomainError:
    published = nearest(question)
    return DomainError("needs-exact", nearest=published, members={"nearest": published})


def _is_about_own(principal: Principal, question: Question) -> bool:
    asked = set(question.filters.get("organisation", ()))
    return bool(asked) and asked <= set(principal.organisation_codes)
