"""Charts of goals: the years against what was promised, and the way to a sum."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from registry.web.charts.filling import filled
from registry.web.numbers import short, time_label, written
from registry.web.public.goals import summary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.web.public.goals import Score

Row = dict[str, Any]
LOW = 0.15


def path(score: Score, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """A flow as bars with each year's target; anything else as a line beside its path."""
    if not score.progress["series"] or score.progress["path"] is None:
        return None
    if score.goal.kind == "flow":
        years = _years(score)
        return _filled("flow", years, score, asked, words={"times": [y["time"] for y in years]})
    rows = [*_promised(score), *_reached(score), *_paced(score)]
    ends = [int(row["at"] - 0.001) for row in rows]  # a year's end is not yet the next year
    words = {"first": min(ends), "last": max(ends)}
    return _filled("path", rows, score, asked, words=words)


def spark(score: Score, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """The years in the space of a word."""
    series = score.progress["series"]
    rows: list[Row] = [{"time": str(p["year"]), "value": p["actual"]} for p in series]
    if not rows:
        return None
    rows[-1]["last"] = True
    return _filled("spark", rows, score, asked)


def _filled(
    name: str, rows: list[Row], score: Score, asked: Mapping[str, Any], **more: Any
) -> dict[str, Any]:
    """The chart, without a title: a page and a file's name say what it is of."""
    return filled(
        name, rows, asked, unit=score.goal.unit, summary=summary(score), **{"title": "", **more}
    )  # fmt: skip


def _years(score: Score) -> list[Row]:
    unit = score.goal.unit
    rows: list[Row] = [
        {"time": time_label("year", point["year"]), "value": point["actual"],
         "label": short(point["actual"], unit), "target": point["target"],
         "opening": point["source"] == "opening"}
        for point in score.progress["series"]
    ]  # fmt: skip
    most = max(row["target"] or row["value"] for row in rows)
    for row in rows:
        row["low"] = row["value"] < LOW * most  # no room in the bar for its figure
    last = rows[-1]
    if score.pace is not None:
        last["pace"] = score.pace.value
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


def _paced(score: Score) -> list[Row]:
    """From where it stands to where this pace leads."""
    if score.pace is None:
        return []
    standing = _point("pace", score.day, score.current["actual"])
    return [standing, _point("pace", score.pace.due, score.pace.value)]


def _point(line: str, day: date, value: float) -> Row:
    """A point of a line; a day as its year and the share of it that is over with the day."""
    length = (date(day.year, 12, 31) - date(day.year, 1, 1)).days + 1
    gone = (day - date(day.year, 1, 1)).days + 1
    return {"line": line, "at": round(day.year + gone / length, 4), "value": value}
