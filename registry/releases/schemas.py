"""What `/releases` takes and answers."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from registry.core import fields as f
from registry.core.fields import Input, Output, flawed, flawed_at
from registry.core.paging import PageOf, PageQuery
from registry.core.problems import Flaw
from registry.core.sheets import bom_field, format_field
from registry.releases.models import EXACT, PUBLIC
from registry.statistics.catalogue import dimensions
from registry.statistics.formats import KINDS
from registry.statistics.models import LEDGERS
from registry.statistics.schemas import (
    BIGGEST,
    MOST_DIMENSIONS,
    QUARTER,
    InvestmentsQuery,
    TraineesQuery,
)  # fmt: skip

MOST_ITEMS = 50
BY = tuple(dict.fromkeys(name for dataset in LEDGERS for name in dimensions(dataset)))
MEASURES = tuple(measure for tables in LEDGERS.values() for measure in tables.measures)
WITHHELD = "why this view does not show the item; null if it does"
EXPLAINED = (
    "what the changes sum to; of a yearly goal those of the year its total is of, and null (as the "
    "difference is) if that is not the same year in both"
)
SUPERSEDED = "the newest later release of the same name that you may see"
DIGEST = (
    "SHA-256 of the JSON text (sorted keys, no spaces, UTF-8) of "
    '`{"name", "note", "final_year", "revision", "items"}` as this view shows them'
)


class ItemCreate(TraineesQuery, InvestmentsQuery):
    """A question to freeze: that of a statistic, or a goal's code alone."""

    class Meta(Input.Meta):
        """A release says itself as of when, and answers codes."""

        exclude = ("as_of", "revision", "zeros", "labels", "format", "bom")

    goal = f.Code()
    dataset = f.Choice(tuple(LEDGERS))
    measure = f.Choice(MEASURES)
    by = f.Many(f.Choice(BY), most=MOST_DIMENSIONS)  # type: ignore[assignment]
    year = f.Many(f.Count(f.EARLIEST_YEAR, f.LATEST_YEAR), most=200)
    quarter = f.Many(f.Text(longest=7, pattern=QUARTER), most=200)

    @ma.validates_schema
    def _one_question(self, data: dict[str, Any], **_: object) -> None:
        given = {name for name, value in data.items() if value not in (None, [])}
        if ("goal" in given) == ("dataset" in given):
            raise flawed_at("goal", "exactly-one", fields="goal, dataset")
        if "goal" in given and given != {"goal"}:
            fields = ", ".join(sorted(name.rstrip("_") for name in given))
            raise flawed_at("goal", "not-together", fields=fields)
        if "dataset" in given:
            _check_statistic(data, given)


def _check_statistic(data: dict[str, Any], given: set[str]) -> None:
    """Refuse what the dataset does not have, all of it at once."""
    dataset = data["dataset"]
    own, measures = dimensions(dataset), LEDGERS[dataset].measures
    flaws: dict[str, list[Flaw]] = {}
    if "measure" not in given:
        flaws["measure"] = [Flaw("required")]
    elif data["measure"] not in measures:
        flaws["measure"] = [Flaw("invalid-choice", facts={"choices": ", ".join(measures)})]
    by = data.get("by", [])
    if not set(by) <= set(own):
        flaws["by"] = [Flaw("invalid-choice", facts={"choices": ", ".join(own)})]
    elif len(set(by)) != len(by):
        flaws["by"] = [Flaw("repeated")]
    flaws |= {name: [Flaw("unknown-field")] for name in sorted(given & set(BY) - set(own))}
    if flaws:
        raise ma.ValidationError(dict(flaws))


class ReleaseCreate(Input):
    """Figures to freeze under a name."""

    name = f.Text(longest=200, personal=True, required=True)
    note = f.Text(longest=2000, multiline=True, personal=True, load_default=None, allow_none=True)
    items = f.Many(
        f.Part(ItemCreate), most=MOST_ITEMS, required=True, metadata={"minItems": 1}
    )  # fmt: skip
    confidential = f.Flag(
        load_default=False,
        metadata={"description": "only keys with `statistics:exact` ever see it"},
    )
    final_year = f.Count(
        f.EARLIEST_YEAR, f.LATEST_YEAR, load_default=None, allow_none=True,
        metadata={"description": "a year that is over; from now on its figures are final"},
    )  # fmt: skip

    @ma.validates("items")
    def _some(self, items: list[Any], **_: object) -> None:
        if not items:
            raise flawed("required")


class ReleaseRead(Output):
    """A release as a list shows it, and as its making answers."""

    id = f.Identifier()
    name = f.Text()
    note = f.Text(allow_none=True)
    confidential = f.Flag()
    final_year = f.Count(allow_none=True)
    view = f.Choice((EXACT, PUBLIC))
    revision = f.Count(metadata={"description": "the revision whose figures these are"})
    as_of = f.MomentText(metadata={"description": "the moment of that revision"})
    revision_digest = f.Text(metadata={"description": "the revision log's digest up to it"})
    published_at = f.MomentText()
    created_revision = f.Count(metadata={"description": "the revision that made the release"})
    digest = f.Text(metadata={"description": DIGEST})
    superseded_by = f.Identifier(allow_none=True, metadata={"description": SUPERSEDED})


class ItemRead(Output):
    """One frozen answer, as it was shown when the release was made."""

    question = f.Open()
    answer = f.Open(
        allow_none=True, metadata={"description": "as `/statistics` or a goal's progress answer"}
    )
    withheld = f.Choice(
        ("needs-exact",), allow_none=True, metadata={"description": WITHHELD}
    )  # fmt: skip


class FrozenRead(ReleaseRead):
    """A release with its figures."""

    items = f.Many(f.Part(ItemRead))


class ReleasePage(PageOf):
    """A page of releases."""

    items = f.Many(f.Part(ReleaseRead))


class ReleaseFilter(PageQuery):
    """Which releases are asked for."""

    name = f.Text(longest=200, load_default=None)
    confidential = f.QueryFlag(load_default=None)
    sort = f.Choice(("id", "-id"), load_default="id")


class ReleaseQuery(Input):
    """How a release is read; a file is of one item."""

    item = f.QueryCount(
        1, MOST_ITEMS, load_default=None,
        metadata={"description": "only this item, counted from 1; a file needs one"},
    )  # fmt: skip
    format = format_field(KINDS)
    bom = bom_field()


class DifferenceRead(Output):
    """A figure in each release, and the second less the first; null where one is not shown."""

    a = f.Figure(-BIGGEST, BIGGEST, allow_none=True)
    b = f.Figure(-BIGGEST, BIGGEST, allow_none=True)
    difference = f.Figure(-BIGGEST, BIGGEST, allow_none=True)


class ComparedItemRead(Output):
    """One question in both releases."""

    question = f.Open()
    in_a = f.Count(allow_none=True, metadata={"description": "its number there; null if not in it"})
    in_b = f.Count(allow_none=True, metadata={"description": "its number there; null if not in it"})
    withheld = f.Choice(
        ("needs-exact",), allow_none=True, metadata={"description": WITHHELD}
    )  # fmt: skip
    cells = f.Many(f.Open(), metadata={"description": "the dimensions, `a`, `b`, `difference`"})
    total = f.Part(DifferenceRead)
    changes = f.Many(
        f.Open(), allow_none=True,
        metadata={"description": "as in `/statistics/{dataset}/changes`; in the exact view alone"},
    )  # fmt: skip
    explained = f.Count(-BIGGEST, BIGGEST, allow_none=True, metadata={"description": EXPLAINED})


class ComparisonRead(Output):
    """What moved from one release to another."""

    view = f.Choice((EXACT, PUBLIC))
    a = f.Part(ReleaseRead)
    b = f.Part(ReleaseRead)
    items = f.Many(f.Part(ComparedItemRead))
