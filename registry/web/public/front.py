"""The front page: the two promises, and the scorecard of all goals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template

from registry.revisions.instants import resolve
from registry.revisions.queries import first_day
from registry.web.public import goals
from registry.web.public.address import Shown, here
from registry.web.public.area import public

if TYPE_CHECKING:
    from registry.core.work import Work


@public.page("/", query=Shown)
def front(work: Work, asked: dict[str, Any]) -> str:
    """Show how far the city is with what it promised."""
    instant = resolve(work, asked["as_of"], asked["revision"])
    found = goals.scores(work, asked, instant)
    return render_template(
        "public/front.html",
        promises=goals.chosen(found, *goals.PROMISES),
        total=goals.chosen(found, goals.TOTAL),
        scores=found,
        instant=instant,
        today=work.today,
        first=first_day(work),
        asked=asked,
        status_text=goals.status_text,
        summary=goals.summary,
        here=here,
    )
