"""What the pages' addresses may say: the API's own parameters, and how to show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import request

from registry.core import fields as f
from registry.statistics.models import LEDGERS
from registry.statistics.schemas import AsOfQuery, InvestmentsQuery, TraineesQuery

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.core.fields import Input

MANNER = ("embed", "chart", "look", "size", "keep", "bom")  # how a question is shown, not what


class Shown(AsOfQuery):
    """What any page may be asked: as of when, and whether for another site's frame."""

    embed = f.Choice(("1",), load_default=None)


class ChartChoice(Shown):
    """Which chart of a page, in which look."""

    chart = f.Text(longest=40, load_default=None)
    look = f.Choice(("light", "dark"), load_default="light")
    size = f.Choice(("wide", "narrow"), load_default="wide")
    keep = f.Choice(("1",), load_default=None)


class TalentsAddress(TraineesQuery, ChartChoice):
    """A question for people in training; without more words their number by year."""

    class Meta(TraineesQuery.Meta):
        """Names come in the page's language, and the file's kind stands in its own name."""

        exclude = ("labels", "format")

    measure = f.Choice(LEDGERS["trainees"].measures, load_default="trainees")


class InvestmentAddress(InvestmentsQuery, ChartChoice):
    """A question for money into start-ups; without more words what was paid by year."""

    class Meta(InvestmentsQuery.Meta):
        """As for talents."""

        exclude = ("labels", "format")

    measure = f.Choice(LEDGERS["investments"].measures, load_default="disbursed_krw")


ADDRESSES: dict[str, type[Input]] = {"trainees": TalentsAddress, "investments": InvestmentAddress}


def pairs(*without: str) -> list[tuple[str, str]]:
    """What the address says, less some of it."""
    return [pair for pair in request.args.items(multi=True) if pair[0] not in without]


def query_of(said: Iterable[tuple[str, Any]]) -> str:
    """A query, with its question mark unless it is empty; commas stay readable."""
    text = urlencode(list(said), safe=",")
    return f"?{text}" if text else ""


def here(*without: str, **changes: Any) -> str:
    """The page's own address with some words changed; None takes one away."""
    kept = pairs(*without, *changes)
    added = [(name, value) for name, value in changes.items() if value is not None]
    return request.path + query_of([*kept, *added])


def question_query(*without: str, **changes: Any) -> str:
    """The query of this page's question alone, to ask it of another address."""
    kept = pairs(*MANNER, *without, *changes)
    return query_of([*kept, *((n, v) for n, v in changes.items() if v is not None)])
