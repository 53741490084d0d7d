"""Lists: their order, and the same items as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core import sheets
from registry.core.paging import Page, paged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask import Response
    from sqlalchemy import Select

    from registry.core.fields import Output
    from registry.core.work import Work

FORMATS = sheets.MEDIA_TYPES
COLUMNS = {
    "startups": (
        "id", "organisation", "name", "business_number", "corporate_number", "founded_on", "field",
        "district_code", "ksic_code", "ksic_revision", "merged_into_id", "void", "version",
    ),
    "investments": (
        "id", "organisation", "external_id", "startup_id", "counted_startup_id", "round",
        "round_closed_on", "investor.kind", "investor.name", "investor.business_number", "fund",
        "instrument", "shares", "channel", "contracted_on", "currency", "original_amount",
        "fx_rate", "contracted_krw", "disbursed_krw", "left_krw", "left_original", "note", "void",
        "version",
    ),
    "transactions": (
        "id", "investment_id", "external_id", "kind", "sign", "effective_on", "amount_krw",
        "currency", "original_amount", "fx_rate", "opening", "reverses_id", "reversed_by_id",
        "reason", "version",
    ),
}  # fmt: skip


def listed(
    work: Work,
    select: Select[Any],
    model: Any,  # noqa: ANN401
    asked: dict[str, Any],
    present: Callable[[Work, Sequence[Any]], list[dict[str, Any]]],
) -> Page:
    """One page in the order that `sort` names (by id, unless another column goes before)."""
    name = asked.get("sort", "id").removeprefix("-")
    keys = [model.id] if name == "id" else [getattr(model, name), model.id]
    descending = asked.get("sort", "id").startswith("-")
    page = paged(work, select, asked, keys, descending=descending)
    return Page(present(work, page.items), page.next_cursor)


def as_asked(
    work: Work, page: Page, asked: dict[str, Any], name: str, answers: type[Output]
) -> Page | Response:
    """The page itself, or with `format=csv|xlsx` its items as a file."""
    return sheets.as_asked(work, page, asked, name, COLUMNS[name], answers)
