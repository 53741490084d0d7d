"""A stranger who gathers every public answer of a point; `solving` says what they tell.

Written from the outside: it knows the API, the pages, and how answers are read (a hidden cell is
at least one, an absent one is zero, a withheld table says nothing). It knows nothing of how cells
were hidden.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

from openpyxl import load_workbook
from pyjstat import pyjstat

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.client import Client

WON = 1e8  # the solver reckons in these units of won, so that its numbers stay small
PAGES = {"trainees": "talents", "investments": "investment"}
TIMES = ("year", "quarter", "month")
UP = {"month": {"quarter"}, "district": {"zone"}}  # what a dimension's codes say besides
LISTS = {
    "district": "districts", "field": "fields", "programme_kind": "programme-kinds",
    "channel": "channels",
}  # fmt: skip
Cell = tuple[str, tuple[tuple[str, Any], ...]]  # a table and what its cell is about
Told = tuple[dict[str, tuple[Any, ...]], int]  # the values allowed of each fact, and their sum


@dataclass
class Answers:
    """What was gathered of one measure: its tables' cells, and sums that further answers told."""

    unit: float
    cells: dict[Cell, int | None] = field(default_factory=dict)
    tables: dict[str, tuple[str, ...]] = field(default_factory=dict)
    withheld: set[tuple[str, int]] = field(default_factory=set)
    years: set[int] = field(default_factory=set)
    told: list[Told] = field(default_factory=list)
    least: dict[Cell, int] = field(default_factory=dict)  # of hidden cells, told elsewhere

    def of_year(self, code: str, year: int) -> list[Cell]:
        """A table's cells of a year."""
        return [key for key in self.cells if key[0] == code and dict(key[1])["year"] == year]


class Stranger:
    """Somebody without a key who asks for all there is."""

    def __init__(self, client: Client) -> None:
        self.client = client
        listed = client.get("/statistics")
        self.tables = listed["published_tables"]
        self.point = client.get("/statistics/publications", limit=500)["items"][-1]
        zones = [
            z for z in client.get("/codes/zones")["items"] if z["scheme"] == listed["zone_scheme"]
        ]
        self.zones = {district: zone["code"] for zone in zones for district in zone["districts"]}
        self.codes = {"zone": sorted({*self.zones.values(), "UNASSIGNED"})}
        for name, code_list in LISTS.items():
            items = client.get(f"/codes/{code_list}")["items"]
            self.codes[name] = [item["code"] for item in items]

    def gather(self, *measures: str) -> dict[tuple[str, str], Answers]:
        """Every table, smaller sum and headline, in every form, of all measures or of some."""
        found: dict[tuple[str, str], Answers] = {}
        for table in self.tables:
            if measures and table["measure"] not in measures:
                continue
            name = (table["dataset"], table["measure"])
            answers = found.setdefault(name, Answers(WON if name[1].endswith("_krw") else 1))
            self._read(answers, table)
            answers.told += self._smaller_sums(table)
        for (dataset, measure), answers in found.items():
            answers.told += self._headlines(dataset, measure, answers)
            answers.told += self._goals(dataset, measure, answers)
            answers.told += self._releases(dataset, measure)
            answers.told = [*self._of_shown_years(dataset, measure, answers)]
        self._compare(found)
        return found

    def _ask(self, table: Mapping[str, Any], **asked: Any) -> Any:
        return self.client.get(f"/statistics/{table['dataset']}", measure=table["measure"], **asked)

    def _read(self, answers: Answers, table: Mapping[str, Any]) -> None:
        names = ("year", *(name for name in table["by"] if name != "year"))
        answers.tables[table["code"]] = tuple(table["by"])
        found = self._ask(table, by=",".join(table["by"]))
        assert found["publication"]["id"] == self.point["id"]
        self._in_every_form(table, found)
        for cell in found["cells"]:
            assert (cell["value"] is None) == cell["suppressed"]
            answers.cells[table["code"], about(cell, names)] = cell["value"]
            answers.years.add(cell["year"])
        withheld = {(w["table"], w["year"]) for w in found["withheld"]}
        answers.withheld |= withheld
        answers.years |= {year for _, year in withheld}
        for cell in self._ask(table, by=",".join(table["by"]), zeros="true")["cells"]:
            known = answers.cells.setdefault((table["code"], about(cell, names)), 0)
            assert known == cell["value"], cell
            answers.years.add(cell["year"])
        for code, year in withheld:
            for keys in product(*(self._named(answers, table, n, year) for n in names[1:])):
                facts = dict(zip(names, (year, *keys), strict=True))
                answers.cells[code, about(facts, names)] = None

    def _named(self, answers: Answers, table: Mapping[str, Any], name: str, year: int) -> list[str]:
        """What codes there are of a dimension, of which a table says nothing."""
        if name == "quarter":
            return [f"{year}-Q{number}" for number in (1, 2, 3, 4)]
        if name == "month":
            return [f"{year}-{number:02}" for number in range(1, 13)]
        seen = {dict(facts)[name] for code, facts in answers.cells if code == table["code"]}
        return self.codes.get(name) or sorted(seen)

    def _in_every_form(self, table: Mapping[str, Any], found: Mapping[str, Any]) -> None:
        """The other formats, and the pages' files and charts, say the same and hide the same."""
        by, path = table["by"], f"/statistics/{table['dataset']}"
        told = {tuple(str(cell[n]) for n in by): cell["value"] for cell in found["cells"]}
        query = {"measure": table["measure"], "by": ",".join(by)}
        page = f"/en/{PAGES[table['dataset']]}"
        for where, more in ((path, {"format": "csv"}), (f"{page}/figures.csv", {})):
            assert of_csv(self._text(where, query | more), by) == told
        for where, more in ((path, {"format": "xlsx"}), (f"{page}/figures.xlsx", {})):
            assert of_workbook(self._data(where, query | more), by) == told
        assert of_cube(self._text(path, query | {"format": "jsonstat"}), by) == told
        cells = json.loads(self._text(f"{page}/figures.json", query))["cells"]
        assert {tuple(str(cell[n]) for n in by): cell["value"] for cell in cells} == told
        drawn = self.client.http.get(f"{page}/chart.json", query_string=query)
        if drawn.status_code == 200:
            charted = set(numbers(drawn.json["data"]))
            shown = set(told.values()) - {None}
            assert charted <= shown | {0}, charted - shown

    def _data(self, path: str, query: Mapping[str, str]) -> bytes:
        address = path if path.startswith("/en/") else f"/api/v1{path}"
        answer = self.client.http.get(address, query_string=dict(query))
        assert answer.status_code == 200, (address, query)
        return bytes(answer.data)

    def _text(self, path: str, query: Mapping[str, str]) -> str:
        return self._data(path, query).decode("utf-8-sig")

    def _smaller_sums(self, table: Mapping[str, Any]) -> Iterator[Told]:
        """The sums over each choice of a table's dimensions, of its codes, and of all but one."""
        for size in range(len(table["by"])):
            for by in combinations(table["by"], size):
                if not {"year"}.issuperset(
                    by
                ):  # else a headline: they are asked for as of the point
                    yield from told_by(self._ask(table, by=",".join(by)))
        whole = self._ask(table, by=",".join(table["by"]))
        for name in (n for n in table["by"] if n not in TIMES):
            codes = sorted({cell[name] for cell in whole["cells"]})
            for chosen in (
                *([c] for c in codes),
                *([c for c in codes if c != one] for one in codes),
            ):
                if chosen:
                    yield from told_by(self._ask(table, by="year", **{name: chosen}))
                    yield from told_by(self._ask(table, **{name: chosen}))
        if "quarter" in table["by"] or "month" in table["by"]:
            for year, last in product(
                {cell["year"] for cell in whole["cells"]}, ("03", "06", "09")
            ):
                quarters = [f"{year}-Q{number}" for number in range(1, int(last) // 3 + 1)]
                found = self._ask(table, from_=f"{year}-01", to=f"{year}-{last}")
                if found["total"] is not None:
                    yield {"quarter": tuple(quarters)}, found["total"]

    def _headlines(self, dataset: str, measure: str, answers: Answers) -> Iterator[Told]:
        table = {"dataset": dataset, "measure": measure}
        at = {"revision": self.point["revision"]} if dataset == "trainees" else {}
        for asked in ({}, {"by": "year"}, *({"year": year} for year in sorted(answers.years))):
            yield from told_by(self._ask(table, **at, **asked))

    def _of_shown_years(self, dataset: str, measure: str, answers: Answers) -> Iterator[Told]:
        """A total over years is of those that are shown, as the method says."""
        if not measure.endswith("_krw"):
            yield from answers.told
            return
        years = self._ask({"dataset": dataset, "measure": measure}, by="year")["cells"]
        held = {cell["year"] for cell in years if cell["value"] is None}
        for facts, value in answers.told:
            asked = facts.get("year", tuple(sorted(answers.years)))
            timed = facts.keys() & {"quarter", "month"}
            shown = {} if timed else {"year": tuple(year for year in asked if year not in held)}
            yield {**facts, **shown}, value

    def _goals(self, dataset: str, measure: str, answers: Answers) -> Iterator[Told]:
        """What goals say of years, and the cells behind them."""
        at = {"revision": self.point["revision"]} if dataset == "trainees" else {}
        for goal in self.client.get("/goals")["items"]:
            if (goal["dataset"], goal["measure"]) != (dataset, measure):
                continue
            path = f"/goals/{goal['code']}/progress"
            before = goal["opening"] or 0
            for point in self.client.get(path, **at)["series"]:
                if point["source"] != "registry":
                    continue
                value = point["actual"] - (before if goal["kind"] == "cumulative" else 0)
                before = point["actual"]
                if point["year"] in answers.years and (value or dataset != "investments"):
                    yield {"year": (point["year"],)}, value
            for by in answers.tables.values():
                found = self.client.get(f"{path}/contributions", by=",".join(by))
                assert found["publication"]["id"] == self.point["id"] or by == ("year",)
                yield from told_by(found)

    def _releases(self, dataset: str, measure: str) -> Iterator[Told]:
        """What the releases of this point froze, also as files."""
        for listed in self.client.get("/releases")["items"]:
            release = self.client.get(f"/releases/{listed['id']}")
            if release["revision"] != self.point["revision"]:
                continue
            for number, item in enumerate(release["items"], start=1):
                answer = item["answer"]
                if answer and (answer.get("dataset"), answer.get("measure")) == (dataset, measure):
                    path, by = f"/releases/{release['id']}", answer["by"]
                    text = self._text(path, {"item": str(number), "format": "csv"})
                    cells = {tuple(str(c[n]) for n in by): c["value"] for c in answer["cells"]}
                    assert of_csv(text, by) == cells
                    yield from told_by(answer)

    def _compare(self, found: Mapping[tuple[str, str], Answers]) -> None:
        """Where won are shown there are as many start-ups as the published threshold says."""
        funded = found.get(("investments", "startups_funded"))
        won = found.get(("investments", "disbursed_krw"))
        if funded is None or won is None:
            return
        by_zone = ("startups_by_year_zone", "disbursed_by_year_zone")
        for code, facts in funded.cells:
            if code == by_zone[0] and won.cells.get((by_zone[1], facts)):
                funded.least[code, facts] = self.point["limits"]["startups_below"]


def told_by(answer: Mapping[str, Any]) -> Iterator[Told]:
    """The sums an answer tells: of each cell, and in all."""
    facts = {k: tuple(v) for k, v in answer["filters"].items() if k not in ("from", "to")}
    if len(facts) < len(answer["filters"]):
        return  # from a month to another: asked for, where it is, by who knows them
    for cell in answer["cells"]:
        if cell["value"] is not None:
            yield {**facts, **{name: (cell[name],) for name in answer["by"]}}, cell["value"]
    if answer["total"] is not None and not answer.get("withheld"):
        yield facts, answer["total"]


def of_csv(text: str, by: Iterable[str]) -> dict[tuple[str, ...], int | None]:
    """The figures of a CSV file; one without a value has none."""
    rows = csv.DictReader(io.StringIO(text))
    return {tuple(r[n] for n in by): int(r["value"]) if r["value"] else None for r in rows}


def of_workbook(data: bytes, by: Iterable[str]) -> dict[tuple[str, ...], int | None]:
    """The figures of a workbook."""
    head, *lines = load_workbook(io.BytesIO(data))["figures"].iter_rows(values_only=True)
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    return {tuple(str(r[n]) for n in by): r["value"] for r in rows}


def of_cube(text: str, by: Iterable[str]) -> dict[tuple[str, ...], int | None]:
    """The figures of a JSON-stat dataset, read by pyjstat; the hidden ones by their status."""
    cube = json.loads(text)
    hidden = [*cube.get("status", {})]
    frame = pyjstat.Dataset.read(text).write("dataframe", naming="id")
    found = {}
    for place, row in enumerate(frame.to_dict("records")):
        if row["value"] == row["value"] or str(place) in hidden:
            value = None if str(place) in hidden else int(row["value"])
            found[tuple(str(row[n]) for n in by)] = value
    return found


def numbers(data: Any) -> Iterator[int]:
    """Every value in a chart's rows."""
    for row in data.get("values", ()):
        if row.get("value") is not None and not row.get("hidden"):
            yield row["value"]


def about(facts: Mapping[str, Any], names: Iterable[str]) -> tuple[tuple[str, Any], ...]:
    """The facts of those names, as a key."""
    return tuple((name, facts[name]) for name in names)
