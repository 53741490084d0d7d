"""What there is to ask: datasets, measures, dimensions and headlines, read from data files."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from registry.statistics.models import LEDGERS

TIMES = ("year", "quarter", "month")
# Which code list a dimension's codes come from; zones and organisations have their own tables.
LISTS = {
    "programme_kind": "programme-kinds", "field": "fields", "district": "districts",
    "instrument": "instruments", "round": "rounds", "investor_kind": "investor-kinds",
    "channel": "channels",
}  # fmt: skip
RULES = {"trainees": "trainees/1", "investments": "investments/1"}
UNASSIGNED = "UNASSIGNED"  # the zone of a district that a scheme gives none
PEOPLE = ("trainees", "trainees_of_organisation")


@cache
def read(name: str) -> dict[str, Any]:
    """A data file of this feature."""
    text = files("registry.statistics").joinpath("data", f"{name}.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def default_scheme() -> str:
    """The zone scheme meant when none is named."""
    return str(read("catalogue")["zone_scheme"])


def dimensions(dataset: str) -> tuple[str, ...]:
    """The names of a dataset's dimensions: who, what, where, when."""
    own = LEDGERS[dataset].dimensions[1:]  # the first is the organisation's id
    place = own.index("district") + 1
    return ("organisation", *own[:place], "zone", *own[place:], *TIMES)


def headlines(dataset: str) -> tuple[str, ...]:
    """The measures whose totals, in all and by year, everybody may see."""
    return tuple(read("catalogue")["headlines"][dataset])


def unit_of(measure: str, *, within_a_year: bool) -> str:
    """What a figure counts: people once a year are person-years when the years are several."""
    if measure.endswith("_krw"):
        return "krw"
    if measure in PEOPLE:
        return "person" if within_a_year else "person_year"
    if measure == "startups_funded":
        return "startup" if within_a_year else "startup_year"
    return {"talents": "person", "deals": "deal"}.get(measure, "person_time")


def described() -> dict[str, Any]:
    """Everything that can be asked, with names in both languages."""
    words = read("catalogue")
    return {
        "items": [
            {
                "dataset": dataset, "name": names["name"], "name_en": names["name_en"],
                "rule": RULES[dataset],
                "measures": [
                    {"code": code, **measure, "headline": code in headlines(dataset),
                     "unit": unit_of(code, within_a_year=True),
                     "unit_of_years": unit_of(code, within_a_year=False)}
                    for code, measure in names["measures"].items()
                ],
                "dimensions": [
                    {"code": code, **words["dimensions"][code], "codes": LISTS.get(code)}
                    for code in dimensions(dataset)
                ],
                "exclusions": read("exclusions")[dataset],
            }
            for dataset, names in words["datasets"].items()
        ],
        "zone_scheme": default_scheme(),
    }  # fmt: skip
