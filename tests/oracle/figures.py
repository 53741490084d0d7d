"""Contributions and figures: filters and sums over units that are already attributed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from . import money, people
from .codes import DEFAULT_ZONE_SCHEME, Codes
from .facts import State
from .world import Snapshot, World

Value = int | str

_PLACE_AND_TIME = ("field", "district", "zone", "year", "quarter", "month")
DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "trainees": ("organisation", "programme_kind", *_PLACE_AND_TIME),
    "investments": (
        "organisation",
        "instrument",
        "round",
        "investor_kind",
        "channel",
        *_PLACE_AND_TIME,
    ),
}
MEASURES: Mapping[str, tuple[str, ...]] = {
    "trainees": (
        "trainees",
        "talents",
        "trainees_of_organisation",
        "completions",
        "employed",
        "enrolments",
    ),
    "investments": ("contracted_krw", "disbursed_krw", "deals", "startups_funded"),
}


@dataclass(frozen=True)
class Contribution:
    """``record_id``: an enrolment, a transaction (won, start-ups funded), an investment (deals)."""

    record_id: str
    cell: Mapping[str, Value]  # every dimension of the dataset
    day: date
    value: int


def _month(day: date) -> str:
    return f"{day.year:04d}-{day.month:02d}"


def _time(day: date) -> dict[str, Value]:
    quarter = f"{day.year:04d}-Q{(day.month + 2) // 3}"
    return {"year": day.year, "quarter": quarter, "month": _month(day)}


def _trainees(state: State, codes: Codes, measure: str, scheme: str) -> list[Contribution]:
    found = []
    for enrolment, day in people.attributed(state, codes, measure):
        programme = state.programmes[enrolment.programme]
        cell: dict[str, Value] = {
            "organisation": programme.organisation,
            "programme_kind": programme.kind,
            "field": programme.field,
            "district": programme.district,
            "zone": codes.zone(scheme, programme.district),
            **_time(day),
        }
        found.append(Contribution(enrolment.id, cell, day, 1))
    return found


def _investments(state: State, codes: Codes, measure: str, scheme: str) -> list[Contribution]:
    found = []
    for unit in money.counted(state, codes, measure):
        investment = unit.investment
        startup = money.startup_of(state, investment.startup)
        district = money.value_on(startup.districts, unit.day)
        cell: dict[str, Value] = {
            "organisation": investment.agency,
            "instrument": investment.instrument,
            "round": investment.round,
            "investor_kind": investment.investor.kind,
            "channel": investment.channel,
            "field": money.value_on(startup.fields, unit.day),
            "district": district,
            "zone": codes.zone(scheme, district),
            **_time(unit.day),
        }
        found.append(Contribution(unit.record, cell, unit.day, unit.value))
    return found


def contributions(
    source: World | Snapshot,
    dataset: str,
    measure: str,
    zone_scheme: str = DEFAULT_ZONE_SCHEME,
) -> list[Contribution]:
    """Every counted unit, attributed to one record. Ordered by date, then record id."""
    snapshot = source.head if isinstance(source, World) else source
    if dataset == "trainees":
        found = _trainees(snapshot.state, snapshot.codes, measure, zone_scheme)
    elif dataset == "investments":
        found = _investments(snapshot.state, snapshot.codes, measure, zone_scheme)
    else:
        raise ValueError(f"no dataset {dataset!r}")
    return sorted(found, key=lambda c: (c.day, c.record_id))


def figures(
    source: World | Snapshot,
    dataset: str,
    measure: str,
    by: Sequence[str] = (),
    filters: Mapping[str, Sequence[Value]] | None = None,
    from_month: str | None = None,
    to_month: str | None = None,
    zone_scheme: str = DEFAULT_ZONE_SCHEME,
) -> dict[tuple[Value, ...], int]:
    """The cells of a breakdown; zero cells are absent. A filter without values is no filter."""
    wanted = {dimension: values for dimension, values in (filters or {}).items() if values}
    for dimension in (*by, *wanted):
        if dimension not in DIMENSIONS[dataset]:
            raise ValueError(f"no dimension {dimension!r} in {dataset}")
    cells: dict[tuple[Value, ...], int] = {}
    for unit in contributions(source, dataset, measure, zone_scheme):
        month = _month(unit.day)
        if from_month is not None and month < from_month:
            continue
        if to_month is not None and month > to_month:
            continue
        if any(unit.cell[dimension] not in values for dimension, values in wanted.items()):
            continue
        key = tuple(unit.cell[dimension] for dimension in by)
        cells[key] = cells.get(key, 0) + unit.value
    return {key: value for key, value in sorted(cells.items()) if value != 0}


def total(
    source: World | Snapshot,
    dataset: str,
    measure: str,
    filters: Mapping[str, Sequence[Value]] | None = None,
    from_month: str | None = None,
    to_month: str | None = None,
) -> int:
    return figures(source, dataset, measure, (), filters, from_month, to_month).get((), 0)
