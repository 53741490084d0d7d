"""The front page: the two promises, and the scorecard of all goals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, render_template

from registry.core.problems import DomainError
from registry.core.sheets import csv_bytes, file_response
from registry.goals import queries
from registry.revisions.instants import resolve
from registry.web.charts import goals as drawn
from registry.web.charts.answering import chart_response
from registry.web.public import goals
from registry.web.public.address import ChartChoice, Shown
from registry.web.public.area import public

if TYPE_CHECKING:
    from registry.core.db import Work


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
        asked=asked,
        status_text=goals.status_text,
        summary=goals.summary,
    )


@public.page("/goals/<string:code>.<any(svg, png, json):kind>", query=ChartChoice)
def goal_chart(work: Work, asked: dict[str, Any], code: str, kind: str) -> Response:
    """Draw a goal's way: what was reached each year, and what is to be reached."""
    instant = resolve(work, asked["as_of"], asked["revision"])
    score = goals.score(work, queries.goal(work.session, code), asked, instant)
    spec = drawn.spark(score, asked) if asked["chart"] == "spark" else drawn.path(score, asked)
    if spec is None:
        raise DomainError("not-found")
    return chart_response(spec, kind, code.lower())


@public.page("/goals/<string:code>/years.csv", query=Shown)
def goal_years(work: Work, asked: dict[str, Any], code: str) -> Response:
    """Hand out a goal's years as a file."""
    instant = resolve(work, asked["as_of"], asked["revision"])
    series = goals.score(work, queries.goal(work.session, code), asked, instant).progress["series"]
    columns = ("year", "actual", "target", "met", "source", "provisional")
    rows = [[point[name] for name in columns] for point in series]
    return file_response(csv_bytes(columns, rows), "csv", f"{code.lower()}-years")
