"""What every template can say: numbers, dates, addresses, and where the page stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import g, request

from registry.web import languages, numbers
from registry.web.assets import address_of

if TYPE_CHECKING:
    from flask import Flask

FILTERS = (
    numbers.plain, numbers.won, numbers.exact_won, numbers.figure, numbers.written, numbers.gap,
    numbers.ratio, numbers.day, numbers.short_day, numbers.moment, numbers.time_label,
)  # fmt: skip


def install(app: Flask) -> None:
    """Give the templates their words."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {each.__name__: each for each in FILTERS}
    app.jinja_env.globals |= {"asset": address_of, "named": languages.named}
    app.context_processor(_of_the_page)


def _of_the_page() -> dict[str, Any]:
    return {
        "language": languages.page_language(),
        "other_languages": [
            (code, name, languages.same_page_in(code))
            for code, name in languages.NAMES.items() if code != languages.page_language()
        ],
        "embedded": request.args.get("embed") == "1",
        "looking": g.get("principal"),
    }  # fmt: skip
