"""Charts of goals: the years against what was promised, and the way to a sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.web.charts.filling import filled
from registry.web.languages import named
from registry.web.numbers import short, time_label, written
from registry.web.public.goals import summary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from registry.web.public.goals import Score

Row = dict[str, Any]


def path(score: Score, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """A flow as bars with each year's target; anything else as a line beside its path."""
    if not score.progress["series"] or score.progress["path"] is None:
        return None
    if score.goal.kind == "flow":
        return _filled("flow", _years(score), score, asked)
    return _filled("path", [*_promised(score), *_reached(score)], score, asked)


def spark(score: Score, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """The years in the space of a word."""
    series = score.progress["series"]
    rows: list[Row] = [{"time": str(p["year"]), "value": p["actual"]} for p in series]
    if not rows:
        return None
    rows[-1]["last"] = True
    return _filled("spark", rows, score, asked, title="")


def _filled(
    name: str, rows: list[Row], score: Score, asked: Mapping[str, Any], title: str | None = None
) -> dict[str, Any]:
    shown = named(score.name) if title is None else title
    return filled(
        name, rows, asked, unit=score.goal.unit, title=shown, summary=summary(score)
    )  # fmt: skip


def _years(score: Score) -> list[Row]:
    unit = score.goal.unit
    rows: list[Row] = [
        {"time": time_label("year", point["year"]), "value": point["actual"],
         "label": short(point["actual"], unit), "target": point["target"],
         "opening": point["source"] == "opening"}
        for point in score.progress["series"]
    ]  # fmt: skip
    last = rows[-1]
    if last["target"] is not None:
        last["target_label"] = written(last["target"], unit)
    return rows


def _promised(score: Score) -> list[Row]:
    path = score.progress["path"]
    points = [(path["starts_on"], path["origin"])]
    points += [(point["due"], point["value"]) for point in path["points"]]
    rows = [_point("path", day, value) for day, value in points]
    rows[-1]["label"] = written(points[-1][1], score.goal.unit)
    return rows


def _reached(score: Score) -> list[Row]:
    series = score.progress["series"]
    rows = []
    for point in series:
        end = score.day.replace(year=point["year"], month=12, day=31)
        rows.append(_point("actual", min(end, score.day), point["actual"]))
    if rows:
        rows[-1]["label"] = written(series[-1]["actual"], score.goal.unit)
    return rows


def _point(line: str, day: date, value: float) -> Row:
    return {"line": line, "day": day.isoformat(), "value": value}
