"""A goal's own page: its figure, its way, its years, and for what is reported where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, render_template

from registry.core.problems import DomainError
from registry.core.sheets import csv_bytes, file_response
from registry.goals import observations, queries
from registry.goals.models import Observation
from registry.revisions.instants import resolve
from registry.revisions.queries import first_day
from registry.web.charts import goals as drawn
from registry.web.charts.answering import chart_response
from registry.web.public import goals
from registry.web.public.address import ChartChoice, Shown, here
from registry.web.public.area import public

if TYPE_CHECKING:
    from registry.core.work import Work
    from registry.web.public.goals import Score


@public.page("/goals/<string:code>", query=Shown)
def goal(work: Work, asked: dict[str, Any], code: str) -> str:
    """Show where a goal stands, year by year, and where each figure comes from."""
    instant = resolve(work, asked["as_of"], asked["revision"])
    score = goals.score(work, queries.goal(work.session, code), asked, instant)
    return render_template(
        "public/goal.html", score=score, reports=_reports(work, score, asked), instant=instant,
        today=work.today, first=first_day(work), asked=asked, status_text=goals.status_text, summary=goals.summary,
        here=here,
    )  # fmt: skip


def _reports(work: Work, score: Score, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """What was reported of the goal, revised figures included, the newest period first."""
    if score.goal.dataset is not None:
        return []
    every = {**asked, "period": None, "latest": False}
    select, known_at = observations.listed_observations(work, score.goal.code, every)
    newest = (Observation.period_end.desc(), Observation.created_revision.desc())
    found = work.session.scalars(select.order_by(*newest)).all()
    return observations.observation_reads(work, score.goal.code, found, known_at)


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
