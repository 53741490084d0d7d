"""Method and data: the rules in plain words, the code lists, and how to use the figures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask import render_template, request

from registry.codes.models import LISTS
from registry.codes.queries import items_of, zone_items
from registry.core.parts import registry
from registry.core.problems import DomainError
from registry.statistics import answers
from registry.statistics.answers import FLAGGED
from registry.statistics.catalogue import RULES, described
from registry.statistics.protection import method as protection
from registry.statistics.protection.limits import Limits
from registry.statistics.protection.tables import published_tables
from registry.statistics.schemas import AsOfQuery
from registry.web.languages import named
from registry.web.numbers import ratio
from registry.web.public.area import public
from registry.web.public.choices import names_of

if TYPE_CHECKING:
    from registry.core.work import Work

# What a rule's text says for programs besides: the API's own names, in brackets.
CODES = re.compile(r"\s*\((?:parameters|trainees|[a-z]+(?:_[a-z]+)+(?:, [a-z]+(?:_[a-z]+)+)*)\)")


@public.page("/method")
def method(work: Work, _asked: dict[str, Any]) -> str:
    """Say how figures are counted and protected, and how to take them elsewhere."""
    settings = registry().settings
    return render_template(
        "public/method.html",
        rules=[_rule(work, name, None, None) for name in RULES.values()],
        protection=_protection(Limits.of(settings)),
        tables=[table.described() for table in published_tables()],
        datasets=described()["items"],
        lists=LISTS,
        ahead=settings.status_ahead, on_track=settings.status_on_track,
        fresh=settings.observation_fresh_months,
        base=request.host_url.rstrip("/"),
    )  # fmt: skip


@public.page("/method/rules/<string:dataset>/<int:number>", query=AsOfQuery)
def rule(work: Work, asked: dict[str, Any], dataset: str, number: int) -> str:
    """Read out one counting rule, with its parameters at a revision."""
    name = f"{dataset}/{number}"
    lists = {each: items_of(work.session, each) for each in FLAGGED.get(name, ())}
    return render_template(
        "public/rule.html", rule=_rule(work, name, asked["as_of"], asked["revision"]), lists=lists
    )  # fmt: skip


@public.page("/method/codes/<string:name>")
def code_list(work: Work, _asked: dict[str, Any], name: str) -> str:
    """Show one code list, or the zones of every scheme."""
    if name == "zones":
        districts = {i.code: i for i in items_of(work.session, "districts")}
        zones = zone_items(work.session)
        return render_template("public/zones.html", zones=zones, districts=districts)
    if name not in LISTS:
        raise DomainError("not-found")
    return render_template("public/codes.html", name=name, items=items_of(work.session, name))


def _protection(limits: Limits) -> dict[str, Any]:
    """How figures are protected, with the limits' values where programs are told their names."""
    found = protection.described(limits)
    values = {name: str(value) for name, value in found["limits"].items()}
    values["dominance"] = ratio(limits.dominance)
    return {**found, "statements": [_valued(each, values) for each in found["statements"]]}


def _valued(texts: dict[str, str], values: dict[str, str]) -> dict[str, str]:
    pattern = re.compile(r"\b(" + "|".join(values) + r")(?![a-z])", re.ASCII)
    return {key: pattern.sub(lambda m: values[m[1]], text) for key, text in texts.items()}


def _rule(work: Work, name: str, as_of: Any, revision: int | None) -> dict[str, Any]:  # noqa: ANN401 - a date or a moment
    dataset, _, number = name.partition("/")
    found = answers.rule_text(work, dataset, int(number), as_of, revision)
    measures = names_of(dataset, "measures")
    said = [_in_plain_words(named(each, "text"), measures) for each in found["statements"]]
    return {**found, "statements": said}


def _in_plain_words(text: str, measures: dict[str, str]) -> tuple[str, str]:
    """The measure that a statement is about, by its name, and the statement without its codes."""
    head, colon, rest = text.partition(": ")
    about = measures.get(head, "") if colon else ""
    return about, CODES.sub("", rest if about else text)
