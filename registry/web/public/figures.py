"""Talents and Investment: any question in the address, as charts, a table and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, make_response, render_template, url_for

from registry.core.parts import registry
from registry.core.problems import DomainError, catalogue, filled
from registry.core.sheets import file_response
from registry.revisions.queries import first_day
from registry.statistics import answers
from registry.statistics.catalogue import RULES
from registry.statistics.formats import FORMATS
from registry.statistics.protection.limits import Limits
from registry.statistics.questions import question_of
from registry.web.charts.answering import chart_response
from registry.web.charts.figures import charts_of
from registry.web.languages import page_language
from registry.web.public import choices
from registry.web.public.address import ADDRESSES, here, pairs, question_query
from registry.web.public.area import public
from registry.web.public.tables import table_of
from registry.web.words import _

if TYPE_CHECKING:
    from registry.core.work import Work
    from registry.statistics.answers import Answer
    from registry.statistics.questions import Question

FILES = ("csv", "xlsx", "json")
AREAS = {"trainees": "talents", "investments": "investment"}
# What an address may say that the form has no place for; it is carried along.
UNFORMED = ("from", "to", "quarter", "month", "zone_scheme", "zeros")
REFUSED_IN_PLACE = ("needs-exact", "too-many-cells")


@public.page("/talents", query=ADDRESSES["trainees"])
def talents(work: Work, asked: dict[str, Any]) -> Response:
    """Show how many people were trained, by whatever the address asks."""
    return _page(work, "trainees", asked)


@public.page("/investment", query=ADDRESSES["investments"])
def investment(work: Work, asked: dict[str, Any]) -> Response:
    """Show how much was invested, by whatever the address asks."""
    return _page(work, "investments", asked)


@public.page("/talents/chart.<any(svg, png, json):kind>", query=ADDRESSES["trainees"])
def talents_chart(work: Work, asked: dict[str, Any], kind: str) -> Response:
    """Draw one of the charts of the page with the same question."""
    return _chart(work, "trainees", asked, kind)


@public.page("/investment/chart.<any(svg, png, json):kind>", query=ADDRESSES["investments"])
def investment_chart(work: Work, asked: dict[str, Any], kind: str) -> Response:
    """Draw one of the charts of the page with the same question."""
    return _chart(work, "investments", asked, kind)


@public.page("/talents/figures.<any(csv, xlsx, json):kind>", query=ADDRESSES["trainees"])
def talents_file(work: Work, asked: dict[str, Any], kind: str) -> Response:
    """Hand out the figures of the page with the same question."""
    return _file(work, "trainees", asked, kind)


@public.page("/investment/figures.<any(csv, xlsx, json):kind>", query=ADDRESSES["investments"])
def investment_file(work: Work, asked: dict[str, Any], kind: str) -> Response:
    """Hand out the figures of the page with the same question."""
    return _file(work, "investments", asked, kind)


def _question(dataset: str, asked: dict[str, Any]) -> Question:
    by = asked["by"] or ("year",)
    return question_of(dataset, {**asked, "by": by, "labels": page_language()})


def _answer(work: Work, dataset: str, asked: dict[str, Any]) -> Answer:
    return answers.answer(work, _question(dataset, asked), asked["as_of"], asked["revision"])


def _page(work: Work, dataset: str, asked: dict[str, Any]) -> Response:
    question = _question(dataset, asked)
    found, refusal = None, None
    try:
        found = _answer(work, dataset, asked)
    except DomainError as error:
        if error.code not in REFUSED_IN_PLACE:
            raise
        refusal = error
    text = render_template(
        "public/figures.html",
        dataset=dataset, question=question, answer=found, asked=asked, today=work.today,
        first=first_day(work),
        measures=choices.names_of(dataset, "measures"),
        selects=choices.selects(work, question),
        carried=[pair for pair in pairs() if pair[0] in UNFORMED],
        narrowed=[pair for pair in pairs() if pair[0] in (*UNFORMED, "revision", "as_of")],
        table=found and table_of(found), charts=charts_of(found) if found else [],
        refusal=refusal and _explained(dataset, refusal),
        rule=RULES[dataset], limits=Limits.of(registry().settings),
        here=here, question_query=question_query, area=AREAS[dataset], files=FILES,
    )  # fmt: skip
    return make_response(text, 200 if refusal is None else catalogue()[refusal.code].status)


def _explained(dataset: str, error: DomainError) -> dict[str, str]:
    """Why a question is not answered here, and the nearest one that is."""
    entry, language = catalogue()[error.code], page_language()
    nearest = str(error.facts.get("nearest", "")).partition("?")[2]
    return {
        "title": _("이렇게 나눈 표는 공개하지 않습니다") if nearest else entry.title[language],
        "detail": "" if nearest else filled(entry.detail[language], error.facts),
        "nearest": f"{url_for(f'public.{AREAS[dataset]}')}?{nearest}" if nearest else "",
    }


def _chart(work: Work, dataset: str, asked: dict[str, Any], kind: str) -> Response:
    found = charts_of(_answer(work, dataset, asked))
    chosen = next((c for c in found if c.name == (asked["chart"] or found[0].name)), None)
    if chosen is None:
        raise DomainError("not-found")
    return chart_response(chosen.spec(asked), kind, f"{AREAS[dataset]}-{chosen.name}")


def _file(work: Work, dataset: str, asked: dict[str, Any], kind: str) -> Response:
    found = _answer(work, dataset, asked)
    return file_response(FORMATS[kind].write(found, asked["bom"]), kind, AREAS[dataset])
