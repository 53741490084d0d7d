"""The own figures, and why the city counts fewer: each record that does not count, with its reason."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from flask import render_template
from sqlalchemy import select

from registry.core import fields as f
from registry.core.fields import Input, ready
from registry.core.paging import CursorQuery
from registry.core.parts import registry
from registry.investments.models import Investment
from registry.statistics import answers, explain
from registry.statistics.explain_schemas import InvestmentsRecordsQuery, TraineesRecordsQuery
from registry.statistics.questions import Question, question_of
from registry.trainees import cohorts, queries, records
from registry.trainees.models import Enrolment
from registry.web.console.area import console
from registry.web.languages import named
from registry.web.public.choices import names_of

if TYPE_CHECKING:
    from uuid import UUID

    from registry.core.work import Work

YEARS = 5
MOST = 500  # records that do not count, told one by one on a page
MEASURES = {
    "trainees": ("trainees", "enrolments", "completions", "employed"),
    "investments": ("disbursed_krw", "contracted_krw", "deals", "startups_funded"),
}
QUERIES: dict[str, type[Input]] = {
    "trainees": TraineesRecordsQuery, "investments": InvestmentsRecordsQuery,
}  # fmt: skip


class YearAsked(CursorQuery):
    """Which year is to be explained, by which measure."""

    year = f.QueryCount(f.EARLIEST_YEAR, f.LATEST_YEAR, load_default=None)
    measure = f.Code(load_default=None)


@console.page("/figures", act="people-correct", query=YearAsked)
def own_people_figures(work: Work, asked: dict[str, Any]) -> str:
    """Show whom the own organisation trained, and whom the city counts."""
    return _figures(work, "trainees", asked)


@console.page("/money", act="money-register", query=YearAsked)
def own_money_figures(work: Work, asked: dict[str, Any]) -> str:
    """Show what the own agency paid, and what the city counts."""
    return _figures(work, "investments", asked)


def _figures(work: Work, dataset: str, asked: dict[str, Any]) -> str:
    year = asked["year"] or work.today.year
    measures = MEASURES[dataset]
    measure = asked["measure"] if asked["measure"] in measures else measures[0]
    names = names_of(dataset, "measures")
    return render_template(
        "console/figures.html",
        dataset=dataset,
        measures=[(code, names[code]) for code in measures],
        measure=measure,
        year=year,
        years=list(range(work.today.year, work.today.year - YEARS, -1)),
        rows=_by_year(work, dataset, measures),
        planned=cohorts.planned(work) if dataset == "trainees" else {},
        explained=_explained(work, dataset, measure, year),
    )


def _by_year(work: Work, dataset: str, measures: tuple[str, ...]) -> dict[int, dict[str, int]]:
    """The own figures of the latest years, by year and measure."""
    found: dict[int, dict[str, int]] = {
        work.today.year - back: dict.fromkeys(measures, 0) for back in range(YEARS)
    }
    codes = work.principal.organisation_codes
    for measure in measures:
        question = Question(dataset, measure, ("year",), {"organisation": codes})
        shown = answers.answer(work, question, None, None)
        for cell in shown.figures.cells:
            if cell.keys[0] in found:
                found[cell.keys[0]][measure] = cell.value or 0
    return found


def _explained(work: Work, dataset: str, measure: str, year: int) -> dict[str, Any]:
    """The records of a year that count, and those that do not, with why."""
    said = {
        "measure": measure, "organisation": list(work.principal.organisation_codes),
        "year": [str(year)], "limit": str(MOST),
    }  # fmt: skip
    schema = ready(QUERIES[dataset])
    counted = schema.load(said)
    left_out = schema.load(said | {"excluded": "true"})
    question = question_of(dataset, counted)
    some = explain.explained(work, question, counted)
    others = explain.explained(work, question, left_out)
    why = Counter(named(item["reason"]) for item in others["items"] if item["reason"])
    return {
        "counted": some["records"], "total": some["total"], "excluded": others["records"],
        "items": others["items"], "why": why.most_common(), "unit": question.unit,
        "what": _named(work, dataset, others["items"]),
    }  # fmt: skip


def _named(work: Work, dataset: str, items: list[dict[str, Any]]) -> dict[Any, tuple[str, str]]:
    """What people call the records: who attends which programme, or which start-up was paid when.

    Whose names are shown is logged.
    """
    if dataset == "trainees":
        return _enrolments(work, [item["id"] for item in items])
    ids = {item["investment_id"] or item["id"] for item in items}
    rows = work.session.scalars(
        select(Investment).where(
            Investment.id.in_(ids), work.principal.sees(Investment.organisation_id)
        )
    )
    return {row.id: (row.startup.name, row.external_id or "") for row in rows}


def _enrolments(work: Work, ids: list[UUID]) -> dict[Any, tuple[str, str]]:
    rows = work.session.scalars(queries.visible_enrolments(work).where(Enrolment.id.in_(ids))).all()
    trainees = [records.trainee(work, row.trainee_id) for row in rows]
    people = {p["id"]: p for p in records.shown(work, registry().keyring, trainees)}
    if trainees:
        work.log_access("enrolments.list", [row.id for row in trainees])
    return {row.id: (people[row.trainee_id]["name"] or "–", row.programme.name) for row in rows}
