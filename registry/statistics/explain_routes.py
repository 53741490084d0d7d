"""`/statistics/{dataset}/records` and `…/changes`: HTTP only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from registry.core.api import PUBLIC, Blueprint
from registry.core.responses import BASE
from registry.core.sheets import csv_response
from registry.statistics import changes, explain
from registry.statistics.explain_schemas import (
    ChangesRead,
    InvestmentsChangesQuery,
    InvestmentsRecordsQuery,
    InvestmentsRecordsRead,
    TraineesChangesQuery,
    TraineesRecordsQuery,
    TraineesRecordsRead,
)  # fmt: skip
from registry.statistics.questions import question_of

if TYPE_CHECKING:
    from flask import Response

    from registry.core.fields import Output
    from registry.core.work import Work

explanations = Blueprint(
    "explanations", __name__, url_prefix=f"{BASE}/statistics",
    description="What is behind a figure",
)  # fmt: skip
KINDS = ("application/json", "text/csv")


@explanations.read(
    "/trainees/records", access="trainees:read", query=TraineesRecordsQuery,
    answers=TraineesRecordsRead, produces=KINDS,
)  # fmt: skip
def explain_trainees(work: Work, asked: dict[str, Any]) -> explain.Explained | Response:
    """List the enrolments behind a figure, or those that match its filters and do not count."""
    return _listed(work, "trainees", asked, TraineesRecordsRead)


@explanations.read(
    "/investments/records", access="investments:read", query=InvestmentsRecordsQuery,
    answers=InvestmentsRecordsRead, produces=KINDS,
)  # fmt: skip
def explain_investments(work: Work, asked: dict[str, Any]) -> explain.Explained | Response:
    """List the transactions or deals behind a figure, or those that match and do not count."""
    return _listed(work, "investments", asked, InvestmentsRecordsRead)


@explanations.read(
    "/trainees/changes", access=PUBLIC, query=TraineesChangesQuery, answers=ChangesRead,
    produces=KINDS, problems=(403,),
)  # fmt: skip
def explain_trainees_change(work: Work, asked: dict[str, Any]) -> dict[str, Any] | Response:
    """Explain how a figure of people moved between two revisions: by which acts, and whose."""
    return _changed(work, "trainees", asked)


@explanations.read(
    "/investments/changes", access=PUBLIC, query=InvestmentsChangesQuery, answers=ChangesRead,
    produces=KINDS, problems=(403,),
)  # fmt: skip
def explain_investments_change(work: Work, asked: dict[str, Any]) -> dict[str, Any] | Response:
    """Explain how a figure of money moved between two revisions: by which acts, and whose."""
    return _changed(work, "investments", asked)


def _listed(
    work: Work, dataset: str, asked: dict[str, Any], answers: type[Output]
) -> explain.Explained | Response:
    found = explain.explained(work, question_of(dataset, asked), asked)
    if not _wants_file(asked):
        return found
    items = answers().dump(found)["items"]
    columns = explain.columns(dataset)
    return csv_response(f"{dataset}-records", columns, items, found.link, bom=asked["bom"])


def _wants_file(asked: dict[str, Any]) -> bool:
    """Whether CSV is asked for: by `format`, else by Accept."""
    best = request.accept_mimetypes.best_match(KINDS, default=KINDS[0])
    return bool((asked["format"] or {"text/csv": "csv"}.get(best)) == "csv")


def _changed(work: Work, dataset: str, asked: dict[str, Any]) -> dict[str, Any] | Response:
    question = question_of(dataset, asked)
    found = changes.changes(work, question, asked)
    if not _wants_file(asked):
        return found
    columns = changes.columns(question)
    return csv_response(f"{dataset}-changes", columns, found["items"], None, bom=asked["bom"])
