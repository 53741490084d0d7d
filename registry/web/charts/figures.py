"""Charts of answers: which one a question calls for, and its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.statistics.catalogue import TIMES
from registry.statistics.questions import months_between, span, time_parts
from registry.web.charts.filling import file, filled
from registry.web.numbers import short, written
from registry.web.public.choices import names_of
from registry.web.public.tables import categories, label_of
from registry.web.words import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from registry.statistics.answers import Answer
    from registry.statistics.questions import Cell

Row = dict[str, Any]
MOST_TIMES, MOST_LABELS, MOST_PANELS, MOST_CATEGORIES = 120, 12, 6, 30


@dataclass(frozen=True)
class Chart:
    """One chart of an answer: its kind, its rows, its words."""

    name: str
    rows: tuple[Row, ...]
    title: str
    summary: str
    unit: str
    times: tuple[str, ...] = ()  # the axis of time, also where nothing was counted

    def spec(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The specification, in the look and size that were asked for."""
        return filled(
            self.name, self.rows, asked, unit=self.unit, title=self.title, summary=self.summary,
            words={"times": list(self.times)},
        )  # fmt: skip


def charts_of(answer: Answer) -> list[Chart]:
    """The charts that a question calls for; none for a single number or too many of them."""
    by, cells = answer.question.by, answer.figures.cells
    times = [place for place, name in enumerate(by) if name in TIMES]
    others = tuple(place for place, name in enumerate(by) if name not in TIMES)
    if not by or not cells:
        return []
    moments = sorted({cell.keys[times[-1]] for cell in cells}) if times else []
    if len(moments) > MOST_TIMES:
        return []
    if not others:
        return [_times(answer, times[-1])]
    names = categories(cells, *others)
    if len(names) > MOST_CATEGORIES:
        return []
    found = []
    if [by[place] for place in others] == ["district"]:
        found.append(_tiles(answer, times, moments, others[0]))
    if len(moments) > 1:
        kind = "panels" if len(names) <= MOST_PANELS else "grid"
        if kind == "panels" or len(moments) <= MOST_LABELS:
            found.append(_crossed(answer, kind, (times[-1], moments), others, names))
    else:
        found.append(_ranking(answer, others, names))
    return found


def _title(answer: Answer, extra: str = "") -> str:
    measure = names_of(answer.question.dataset, "measures")[answer.question.measure]
    return f"{measure}, {extra}" if extra else measure


def _row(answer: Answer, value: int | None, *, label: bool = True) -> Row:
    hidden = value is None
    text = _("비공개") if value is None else short(value, answer.question.unit)
    return {"value": value, "hidden": hidden, "label": text if label else ""}


def _times(answer: Answer, place: int) -> Chart:
    name, cells = answer.question.by[place], answer.figures.cells
    few = len(cells) <= MOST_LABELS
    rows = tuple(
        {"time": label_of(answer, name, cell.keys[place]), **_row(answer, cell.value, label=few)}
        for cell in cells
    )
    title = _title(answer)
    times = _axis(answer, name, [cell.keys[place] for cell in cells])
    summary = _of_times(answer, place)
    return Chart("times", rows, title, summary, answer.question.unit, times)


def _axis(answer: Answer, name: str, moments: Sequence[Any]) -> tuple[str, ...]:
    """Every year, quarter or month from the first to the last, as it is read."""
    first, last = span(_number(moments[0]))[0], span(_number(moments[-1]))[1]
    every = dict.fromkeys(time_parts(month)[name] for month in months_between(first, last))
    return tuple(label_of(answer, name, moment) for moment in every)


def _number(moment: int | str) -> int | str:
    """A month as the integer that `span` takes; years and quarters are as they are written."""
    text = str(moment)
    return int(text.replace("-", "")) if "-" in text and "Q" not in text else moment


def _crossed(
    answer: Answer, kind: str, times: tuple[int, list[Any]], others: Sequence[int], names: list[Any]
) -> Chart:
    place, moments = times
    known = {(cell.keys[place], _key(cell, others)): cell.value for cell in answer.figures.cells}
    most = max((abs(v) for v in known.values() if v), default=1)
    few, rows = len(moments) <= MOST_LABELS, []
    for name in names:
        for moment in moments:
            if (moment, name) not in known:
                continue
            value = known[moment, name]
            rows.append(
                {"category": _category(answer, others, name), "place": names.index(name),
                 "time": label_of(answer, answer.question.by[place], moment),
                 "share": round((value or 0) / most, 4),
                 **_row(answer, value, label=few)}
            )  # fmt: skip
    title = _title(answer)
    summary = _of_categories(answer, others, names)
    axis = _axis(answer, answer.question.by[place], moments)
    return Chart(kind, tuple(rows), title, summary, answer.question.unit, axis)


def _ranking(answer: Answer, others: Sequence[int], names: list[Any]) -> Chart:
    known = {_key(cell, others): cell.value for cell in answer.figures.cells}
    rows = tuple(
        {"category": _category(answer, others, name), **_row(answer, known[name])}
        for name in names
    )  # fmt: skip
    summary = _of_categories(answer, others, names)
    return Chart("ranking", rows, _title(answer), summary, answer.question.unit)


def _tiles(answer: Answer, times: list[int], moments: list[Any], place: int) -> Chart:
    """The districts where they lie, of the last year asked about."""
    cells = answer.figures.cells
    extra = ""
    if times:
        cells = tuple(cell for cell in cells if cell.keys[times[-1]] == moments[-1])
        extra = label_of(answer, answer.question.by[times[-1]], moments[-1])
    known = {cell.keys[place]: cell.value for cell in cells}
    most = max((abs(v) for v in known.values() if v), default=1)
    rows: list[Row] = []
    asked = answer.question.filters.get("district", ())
    shut = answer.published is not None and bool(answer.published.withheld)
    for code, (column, row) in file("districts").items():
        if asked and code not in asked:
            continue
        value = known.get(code, None if shut else 0)
        rows.append(
            {"column": column, "row": row, "category": label_of(answer, "district", code),
             "share": round((value or 0) / most, 4), **_row(answer, value)}
        )  # fmt: skip
    unit = answer.question.unit
    summary = _("%(when)s 구·군별 지도.", when=extra).strip()
    seen = {code: value for code, value in known.items() if value is not None}
    best = max(seen, key=seen.__getitem__, default=None)
    summary += " " + _largest(None if best is None else label_of(answer, "district", best),
                              seen.get(best, 0), unit)  # fmt: skip
    return Chart("tiles", tuple(rows), _title(answer, extra), summary + _hidden(cells), unit)


def _key(cell: Cell, places: Sequence[int]) -> Any:  # noqa: ANN401 - one key or several
    return cell.keys[places[0]] if len(places) == 1 else tuple(cell.keys[p] for p in places)


def _category(answer: Answer, places: Sequence[int], key: Any) -> str:  # noqa: ANN401
    keys = (key,) if len(places) == 1 else key
    return " · ".join(
        label_of(answer, answer.question.by[place], each)
        for place, each in zip(places, keys, strict=True)
    )


def _of_times(answer: Answer, place: int) -> str:
    """One sentence: from where to where, and the highest."""
    name, unit = answer.question.by[place], answer.question.unit
    shown = [
        (cell.keys[place], cell.value) for cell in answer.figures.cells if cell.value is not None
    ]
    if not shown:
        return _("보이는 수치가 없습니다.")
    (first, low), (last, high) = shown[0], shown[-1]
    best = max(shown, key=lambda pair: pair[1])
    return _(
        "%(first)s %(low)s에서 %(last)s %(high)s까지. 가장 큰 값: %(when)s %(best)s.",
        first=label_of(answer, name, first), low=written(low, unit),
        last=label_of(answer, name, last), high=written(high, unit),
        when=label_of(answer, name, best[0]), best=written(best[1], unit),
    ) + _hidden(answer.figures.cells)  # fmt: skip


def _of_categories(answer: Answer, others: Sequence[int], names: list[Any]) -> str:
    """One sentence: how many there are, and which is the largest over the whole time shown."""
    sums: dict[Any, int] = {}
    for cell in answer.figures.cells:
        if cell.value is not None:
            sums[_key(cell, others)] = sums.get(_key(cell, others), 0) + cell.value
    best = max((name for name in names if name in sums), key=sums.__getitem__, default=None)
    if best is None:
        said = _("%(count)s개 항목.", count=len(names)) + " " + _largest(None, 0, "")
    else:
        said = _(
            "%(count)s개 항목. 보이는 수치의 합이 가장 큰 항목: %(name)s %(value)s.",
            count=len(names), name=_category(answer, others, best),
            value=written(sums[best], answer.question.unit),
        )  # fmt: skip
    return said + _hidden(answer.figures.cells)


def _largest(name: str | None, value: int, unit: str) -> str:
    """Which of the figures shown is the largest: none where all are hidden."""
    if name is None:
        return _("보이는 수치가 없습니다.")
    return _(
        "보이는 값 가운데 가장 큰 값: %(name)s %(value)s.", name=name, value=written(value, unit)
    )


def _hidden(cells: Sequence[Cell]) -> str:
    count = sum(cell.value is None for cell in cells)
    return " " + _("숨긴 칸 %(count)s개.", count=count) if count else ""
