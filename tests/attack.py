"""A stranger with a solver: every public answer of a point, and what they say of hidden values.

Written from the outside: it knows the API, how its answers are read (a hidden cell is at least
one, an absent one is zero, a withheld table says nothing) and linear programming. It knows
nothing of how cells were hidden.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import combinations
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import highspy
from openpyxl import load_workbook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.client import Client

WON = 1e8  # the solver reckons in these units of won, so that its numbers stay small
SLACK = 1e-6
Cell = tuple[str, tuple[tuple[str, Any], ...]]  # a table and what its cell is about


@dataclass
class Answers:
    """What was gathered of one measure: its tables' cells, and sums that further answers told."""

    unit: float
    cells: dict[Cell, int | None] = field(default_factory=dict)
    tables: dict[str, tuple[str, ...]] = field(default_factory=dict)
    withheld: set[tuple[str, int]] = field(default_factory=set)
    years: set[int] = field(default_factory=set)
    told: list[tuple[dict[str, Any], int]] = field(default_factory=list)  # facts, their sum


@dataclass(frozen=True)
class Bounds:
    """The least and the greatest value that a hidden cell can have."""

    least: float
    greatest: float

    @property
    def whole_numbers(self) -> int:
        """How many whole numbers it can be."""
        return floor(self.greatest + SLACK) - ceil(self.least - SLACK) + 1


class Stranger:
    """Somebody without a key who asks for all there is."""

    def __init__(self, client: Client) -> None:
        self.client = client
        listed = client.get("/statistics")
        self.tables = listed["published_tables"]
        self.point = client.get("/statistics/publications", limit=500)["items"][-1]
        self.zones = {
            district: zone["code"]
            for zone in client.get("/codes/zones")["items"]
            if zone["scheme"] == listed["zone_scheme"]
            for district in zone["districts"]
        }

    def gather(self) -> dict[tuple[str, str], Answers]:
        """Every table, every smaller sum and every headline, in every format."""
        found: dict[tuple[str, str], Answers] = {}
        for table in self.tables:
            measure = (table["dataset"], table["measure"])
            unit = WON if table["measure"].endswith("_krw") else 1
            answers = found.setdefault(measure, Answers(unit))
            self._read(answers, table)
            answers.told += self._smaller_sums(table)
        for (dataset, measure), answers in found.items():
            answers.told += self._headlines(dataset, measure)
            answers.told += self._goals(dataset, measure, answers)
            answers.told += self._releases(dataset, measure)
        return found

    def _ask(self, dataset: str, measure: str, **asked: Any) -> Any:
        return self.client.get(f"/statistics/{dataset}", measure=measure, **asked)

    def _read(self, answers: Answers, table: Mapping[str, Any]) -> None:
        names = [name for name in table["by"] if name != "year"]
        answers.tables[table["code"]] = tuple(table["by"])
        asked = {"dataset": table["dataset"], "measure": table["measure"]}
        found = self._ask(**asked, by=",".join(table["by"]))
        assert found["publication"]["id"] == self.point["id"]
        assert self._in_every_format(asked, table["by"], found)
        for cell in found["cells"]:
            assert (cell["value"] is None) == cell["suppressed"]
            key = (table["code"], about(cell, ("year", *names)))
            answers.cells[key] = cell["value"]
            answers.years.add(cell["year"])
        answers.withheld |= {(w["table"], w["year"]) for w in found["withheld"]}
        zeros = self._ask(**asked, by=",".join(table["by"]), zeros="true")
        for cell in zeros["cells"]:
            key = (table["code"], about(cell, ("year", *names)))
            assert answers.cells.setdefault(key, 0) == cell["value"]

    def _in_every_format(self, asked: dict[str, str], by: list[str], found: Any) -> bool:
        """Whether the other formats say the same, and hide the same."""
        told = {tuple(str(cell[n]) for n in by): cell["value"] for cell in found["cells"]}
        dataset, query = asked["dataset"], {"measure": asked["measure"], "by": ",".join(by)}
        path = f"/statistics/{dataset}"
        text = self.client.call("GET", path, query={**query, "format": "csv"}).text
        rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
        plain = {tuple(r[n] for n in by): int(r["value"]) if r["value"] else None for r in rows}
        data = self.client.call("GET", path, query={**query, "format": "xlsx"}).data
        head, *lines = load_workbook(io.BytesIO(data))["figures"].iter_rows(values_only=True)
        sheet = [dict(zip(head, line, strict=True)) for line in lines]
        cube = self._ask(**asked, by=",".join(by), format="jsonstat")
        values = sorted((v is None, v or 0) for v in cube["value"].values())
        return (
            plain == told
            and {tuple(str(r[n]) for n in by): r["value"] for r in sheet} == told
            and values == sorted((v is None, v or 0) for v in told.values())
        )

    def _smaller_sums(self, table: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], int]]:
        """The sums over each choice of a table's dimensions, and of each of its codes."""
        asked = {"dataset": table["dataset"], "measure": table["measure"]}
        for size in range(len(table["by"])):
            for by in combinations(table["by"], size):
                if {"year"}.issuperset(by):
                    continue  # a headline: those of people are live, and asked for as of the point
                yield from told_by(self._ask(**asked, by=",".join(by)))
        for name in (n for n in table["by"] if n not in ("year", "quarter", "month")):
            whole = self._ask(**asked, by=",".join(table["by"]))
            for code in sorted({cell[name] for cell in whole["cells"]}):
                for facts, value in told_by(self._ask(**asked, by="year", **{name: code})):
                    yield {**facts, name: code}, value
                for facts, value in told_by(self._ask(**asked, **{name: code})):
                    yield {**facts, name: code}, value

    def _headlines(self, dataset: str, measure: str) -> Iterator[tuple[dict[str, Any], int]]:
        path, query = f"/statistics/{dataset}", {"measure": measure}
        for by in ("", "year"):
            at = {"revision": self.point["revision"]} if dataset == "trainees" else {}
            response = self.client.call(
                "GET", path, query={**query, **at, **({"by": by} if by else {})}
            )
            if response.status_code == 200:
                yield from told_by(response.json)

    def _goals(
        self, dataset: str, measure: str, answers: Answers
    ) -> Iterator[tuple[dict[str, Any], int]]:
        at = {"revision": self.point["revision"]} if dataset == "trainees" else {}
        for goal in self.client.get("/goals")["items"]:
            if (goal["dataset"], goal["measure"]) != (dataset, measure) or goal["kind"] != "flow":
                continue
            for point in self.client.get(f"/goals/{goal['code']}/progress", **at)["series"]:
                if point["source"] == "registry" and point["year"] in answers.years:
                    yield {"year": point["year"]}, point["actual"]

    def _releases(self, dataset: str, measure: str) -> Iterator[tuple[dict[str, Any], int]]:
        for listed in self.client.get("/releases")["items"]:
            release = self.client.get(f"/releases/{listed['id']}")
            if release["revision"] != self.point["revision"]:
                continue
            for item in release["items"]:
                answer = item.get("answer") or item
                if (answer.get("dataset"), answer.get("measure")) == (dataset, measure):
                    yield from told_by(answer)


def told_by(answer: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], int]]:
    """The sums an answer tells: of each cell, and in all."""
    if answer.get("withheld"):
        return
    chosen = {k: v for k, v in answer["filters"].items() if len(v) == 1}
    if len(chosen) != len(answer["filters"]):
        return
    fixed = {name: values[0] for name, values in chosen.items()}
    for cell in answer["cells"]:
        if cell["value"] is not None:
            yield {**fixed, **{name: cell[name] for name in answer["by"]}}, cell["value"]
    if answer["total"] is not None:
        yield fixed, answer["total"]


def about(facts: Mapping[str, Any], names: Iterable[str]) -> tuple[tuple[str, Any], ...]:
    """The facts of those names, as a key."""
    return tuple((name, facts[name]) for name in names)


class Attack:
    """All that was gathered of a measure as equations; each hidden cell is a variable."""

    def __init__(self, answers: Answers, zones: Mapping[str, str]) -> None:
        self.answers, self.zones = answers, zones
        self.solver = highspy.Highs()
        self.solver.silent()
        self.variables: dict[Cell, Any] = {}
        self.unknown: dict[Any, Any] = {}
        for key, value in answers.cells.items():
            if value is None:
                self.variables[key] = self.solver.addVariable(lb=1 / answers.unit)
        self._relate()
        self._believe()

    def bounds(self) -> dict[Cell, Bounds]:
        """What can be said of each hidden cell."""
        found = {}
        for key, variable in self.variables.items():
            edges = []
            for act in (self.solver.minimize, self.solver.maximize):
                act(1 * variable)
                status = self.solver.getModelStatus()
                if status == highspy.HighsModelStatus.kOptimal:
                    edges.append(self.solver.getObjectiveValue() * self.answers.unit)
                else:
                    assert status != highspy.HighsModelStatus.kInfeasible, key
                    edges.append(float("inf") if edges else float("-inf"))
            found[key] = Bounds(*edges)
        return found

    def _facts(self, key: Cell) -> dict[str, Any]:
        facts = dict(key[1])
        if "month" in facts:
            facts["quarter"] = f"{facts['month'][:4]}-Q{(int(facts['month'][5:]) + 2) // 3}"
        if "district" in facts:
            facts["zone"] = self.zones.get(facts["district"], "UNASSIGNED")
        return facts

    def _relate(self) -> None:
        """Two tables that can both be summed to something must give the same there."""
        sums = {code: self._sums(code) for code in self.answers.tables}
        for one, other in combinations(sums, 2):
            for names in sums[one].keys() & sums[other].keys():
                for group in sums[one][names].keys() | sums[other][names].keys():
                    year = dict(group)["year"]
                    if {(one, year), (other, year)} & self.answers.withheld:
                        continue
                    left = sums[one][names].get(group, [])
                    right = sums[other][names].get(group, [])
                    self._equal(left, right)

    def _sums(self, code: str) -> dict[frozenset[str], dict[Any, list[Cell]]]:
        """A table's cells grouped by each choice of what is known of them, the year included."""
        found: dict[frozenset[str], dict[Any, list[Cell]]] = defaultdict(lambda: defaultdict(list))
        known = {"month": {"quarter"}, "district": {"zone"}}
        names = set(self.answers.tables[code])
        names |= {up for name in names for up in known.get(name, ())}
        for size in range(len(names)):
            for choice in combinations(sorted(names - {"year"}), size):
                found[frozenset(choice)]  # a table without cells says that all is zero
                for key in (k for k in self.answers.cells if k[0] == code):
                    facts = self._facts(key)
                    group = about(facts, ("year", *choice))
                    found[frozenset(choice)][group].append(key)
        return found

    def _believe(self) -> None:
        """What further answers told must be the sum of every table's cells that it is about."""
        for facts, value in self.answers.told:
            for code, by in self.answers.tables.items():
                rolls = {"month": {"quarter"}, "district": {"zone"}}
                names = {*by, *(up for name in by for up in rolls.get(name, ()))}
                years = {facts["year"]} if "year" in facts else self.answers.years
                if facts.keys() <= names and not any(
                    (code, year) in self.answers.withheld for year in years
                ):
                    cells = [
                        key for key in self.answers.cells if key[0] == code
                        and facts.items() <= self._facts(key).items()
                    ]  # fmt: skip
                    self._equal(cells, [], value)

    def _equal(self, left: list[Cell], right: list[Cell], value: int = 0) -> None:
        """Say that a sum of cells less another is a number."""
        known = value - sum(self.answers.cells[key] or 0 for key in left)
        known += sum(self.answers.cells[key] or 0 for key in right)
        signed = [(1, k) for k in left] + [(-1, k) for k in right]
        hidden = [(sign, self.variables[k]) for sign, k in signed if k in self.variables]
        if not hidden:
            assert known == 0, (left, right, value)
            return
        terms = sum((sign * variable for sign, variable in hidden[1:]), hidden[0][0] * hidden[0][1])
        self.solver.addConstr(terms == known / self.answers.unit)


def narrowed(
    bounds: Mapping[Cell, Bounds], truth: Mapping[Cell, int], measure: str
) -> list[tuple[Cell, Bounds]]:
    """The hidden cells of which too much is known; the thresholds are those of the publication."""
    found = []
    for key, bound in bounds.items():
        value = truth.get(key, 0)
        assert bound.least - 1 <= value <= bound.greatest + 1, (key, bound, value)
        if measure.endswith("_krw"):
            too_narrow = bound.greatest - bound.least < abs(value) / 4 * (1 - SLACK)
        else:
            least = 3 if measure == "startups_funded" else 5
            too_narrow = bound.whole_numbers < least
        found += [(key, bound)] if too_narrow else []
    return found


def shown(answers: Mapping[tuple[str, str], Answers]) -> str:
    """How much was gathered, for a report."""
    return json.dumps(
        {
            measure: {
                "tables": len(found.tables), "cells": len(found.cells), "sums": len(found.told),
                "hidden": sum(v is None for v in found.cells.values()),
                "withheld": len(found.withheld),
            }
            for (_, measure), found in answers.items()
        }
    )  # fmt: skip
