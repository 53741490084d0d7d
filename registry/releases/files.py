"""One item of a release as a file: the frozen answer, written as `/statistics` writes answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Response

from registry.core.clock import seoul_date
from registry.core.problems import Flaw, Invalid
from registry.core.sheets import JSON, file_response
from registry.releases.questions import reread
from registry.revisions.instants import Instant
from registry.statistics.answers import Answer
from registry.statistics.formats import FORMATS, KINDS
from registry.statistics.protection.models import Publication
from registry.statistics.protection.public import PublicFigures
from registry.statistics.questions import Cell, Figures

if TYPE_CHECKING:
    from registry.core.work import Work

MEDIA_TYPES = tuple(dict.fromkeys(KINDS.values()))


def file_of(work: Work, release: dict[str, Any], asked: dict[str, Any]) -> Response:
    """The one item asked for, of a release as it is shown.

    Raises Invalid (required, invalid-choice) if no item is named, or one that has no table.
    """
    if len(release["items"]) > 1:
        raise Invalid(Flaw("required", parameter="item"))
    if not release["items"]:
        raise Invalid(Flaw("out-of-range", parameter="item"))
    item = release["items"][0]
    if item["answer"] is None or "goal" in item["question"]:
        raise Invalid(Flaw("invalid-choice", parameter="format", facts={"choices": "json"}))
    chosen = FORMATS[asked["format"]]
    data = chosen.write(_answer(work, release, item), asked["bom"])
    if chosen.mimetype == JSON:
        return Response(data, mimetype=JSON)
    return file_response(data, asked["format"], f"release-{release['id']}")


def _answer(work: Work, release: dict[str, Any], item: dict[str, Any]) -> Answer:
    question, found = reread(item["question"]).statistic, item["answer"]
    assert question is not None  # noqa: S101 - goals were refused above
    day = seoul_date(release["as_of"])
    instant = Instant(
        release["revision"], release["as_of"], day, settled=True, recorded_on=day, is_head=False
    )
    cells = tuple(
        Cell(tuple(cell[name] for name in question.by), cell["value"]) for cell in found["cells"]
    )
    figures, published = Figures(cells, found["total"]), None
    if found["publication"] is not None:
        point = work.session.get_one(Publication, UUID(found["publication"]["id"]))
        withheld = tuple((entry["table"], entry["year"]) for entry in found["withheld"])
        published = PublicFigures(point, figures, withheld)
    return Answer(question, release["view"], instant, figures, {}, published)
