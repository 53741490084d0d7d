"""`/statistics` and `/rules`: HTTP only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response
from sqlalchemy import select

from registry.core.api import PUBLIC, Blueprint
from registry.core.paging import Page, PageQuery, paged
from registry.core.parts import registry
from registry.core.responses import BASE
from registry.core.sheets import JSON, file_response
from registry.revisions.queries import changed_since
from registry.statistics import answers, catalogue, explain_routes
from registry.statistics.formats import FORMATS, KINDS
from registry.statistics.protection import method, points
from registry.statistics.protection.limits import Limits
from registry.statistics.protection.models import Publication
from registry.statistics.protection.tables import published_tables
from registry.statistics.questions import question_of
from registry.statistics.schemas import (
    AsOfQuery,
    DatasetListRead,
    InvestmentsQuery,
    JsonStatRead,
    ProtectionRead,
    PublicationPage,
    RuleRead,
    StatisticsRead,
    TraineesQuery,
)  # fmt: skip

if TYPE_CHECKING:
    from registry.core.work import Work

statistics = Blueprint(
    "statistics", __name__, url_prefix=f"{BASE}/statistics", description="Figures"
)
rules = Blueprint(
    "rules", __name__, url_prefix=f"{BASE}/rules", description="How figures are counted"
)
blueprints = (statistics, explain_routes.explanations, rules)

MEDIA_TYPES = tuple(dict.fromkeys(KINDS.values()))


@statistics.read("", access=PUBLIC, answers=DatasetListRead, kept=True)
def list_datasets(_work: Work, _asked: dict[str, Any]) -> dict[str, Any]:
    """List the datasets with their measures, dimensions and rules."""
    return {
        **catalogue.described(),
        "published_tables": [t.described() for t in published_tables()],
    }


@statistics.read("/publications", access=PUBLIC, query=PageQuery, answers=PublicationPage)
def list_publications(work: Work, asked: dict[str, Any]) -> Page:
    """List the points at which figures were published, oldest first."""
    found = changed_since(select(Publication), Publication, asked)
    return paged(work, found, asked, [Publication.id]).presented(points.publication_facts)


@statistics.read("/protection", access=PUBLIC, answers=ProtectionRead)
def read_protection(_work: Work, _asked: dict[str, Any]) -> dict[str, Any]:
    """Read how published figures are protected, by which method, and what is not promised."""
    return method.described(Limits.of(registry().settings))


@statistics.read(
    "/trainees", access=PUBLIC, query=TraineesQuery, answers=StatisticsRead, also=JsonStatRead,
    produces=MEDIA_TYPES, problems=(403,), kept=True,
)  # fmt: skip
def ask_trainees(work: Work, asked: dict[str, Any]) -> Response:
    """Ask how many people were trained, by up to four dimensions, as known at any revision."""
    return _answered(work, "trainees", asked)


@statistics.read(
    "/investments", access=PUBLIC, query=InvestmentsQuery, answers=StatisticsRead,
    also=JsonStatRead, produces=MEDIA_TYPES, problems=(403,), kept=True,
)  # fmt: skip
def ask_investments(work: Work, asked: dict[str, Any]) -> Response:
    """Ask how much was invested, by up to four dimensions, as known at any revision."""
    return _answered(work, "investments", asked)


@rules.read(
    "/<string:dataset>/<int:number>", access=PUBLIC, query=AsOfQuery, answers=RuleRead, kept=True
)
def read_rule(work: Work, asked: dict[str, Any], dataset: str, number: int) -> dict[str, Any]:
    """Read out a counting rule in plain words, with its parameters at a revision."""
    return answers.rule_text(work, dataset, number, asked["as_of"], asked["revision"])


def _answered(work: Work, dataset: str, asked: dict[str, Any]) -> Response:
    answer = answers.answer(work, question_of(dataset, asked), asked["as_of"], asked["revision"])
    chosen = FORMATS[asked["format"]]
    data = chosen.write(answer, asked["bom"])
    if chosen.mimetype == JSON:
        response = Response(data, mimetype=JSON)
    else:
        response = file_response(data, asked["format"], dataset)
    response.headers["Registry-Revision"] = str(answer.instant.revision)
    return response
