"""The exact figures behind what is published: tables, headlines, and which start-ups made them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Integer, cast, func, select

from registry.codes.models import ZoneMember
from registry.investments.models import Investment, Startup, Transaction
from registry.statistics.catalogue import default_scheme
from registry.statistics.models import LEDGERS
from registry.statistics.protection.tables import tables_of
from registry.statistics.queries import by_year, figures, meant, time_column, whole, written
from registry.statistics.questions import Question

if TYPE_CHECKING:
    from sqlalchemy import Select, Subquery
    from sqlalchemy.orm import Session

    from registry.revisions.instants import Instant
    from registry.statistics.protection.tables import PublishedTable

Keys = tuple[Any, ...]  # of a cell, without the year


@dataclass
class ExactYear:
    """A measure's year: its total, and of each published table the cells that are not zero."""

    total: int = 0
    cells: dict[str, dict[Keys, int]] = field(default_factory=lambda: defaultdict(dict))


@dataclass(frozen=True)
class Shares:
    """What start-ups have in a sum of won: how many, and of their absolute parts the largest."""

    startups: int = 0
    largest: int = 0
    whole: int = 0


def exact_years(
    session: Session, dataset: str, measure: str, instant: Instant
) -> dict[int, ExactYear]:
    """Every year of a measure that has figures at an instant."""
    found: dict[int, ExactYear] = defaultdict(ExactYear)
    headline = Question(dataset, measure, ("year",))
    for figure in by_year(session, headline, instant):
        found[figure.year].total = figure.value
    for table in tables_of(dataset, measure):
        for cell in figures(session, Question(dataset, measure, table.by), instant).cells:
            year, keys = _split(table, cell.keys)
            found[year].cells[table.code][keys] = cell.value or 0
    return dict(found)


def _split(table: PublishedTable, keys: Keys) -> tuple[int, Keys]:
    place = table.by.index("year")
    return int(keys[place]), (*keys[:place], *keys[place + 1 :])


def has_changed(
    session: Session, dataset: str, measure: str, year: int, after: int, until: int
) -> bool:
    """Whether any cell of a year is another than at an earlier revision."""
    posting = LEDGERS[dataset].posting.c
    net = (
        select(posting.cell_id)
        .where(
            posting.revision > after, posting.revision <= until, posting[measure] != 0,
            posting.month.between(year * 100 + 1, year * 100 + 12),
        )
        .group_by(posting.cell_id, posting.month)
        .having(func.sum(posting[measure]) != 0)
        .limit(1)
    )  # fmt: skip
    return session.execute(net).first() is not None


def movement(session: Session, measure: str, year: int, after: int, until: int) -> Shares:
    """What each start-up changed in a year's won since a revision, by cell and month."""
    net = _of_startups(measure, year, after, until).subquery()
    return _all_shares(session, net)


def movement_of_total(session: Session, measure: str, year: int, after: int, until: int) -> Shares:
    """What each start-up changed in the total of a year's won: what only moved within is nothing."""
    posted = _of_startups(measure, year, after, until).subquery()
    value = func.sum(posted.c.value)
    net = (
        select(posted.c.unit_id, whole(value).label("value"))
        .group_by(posted.c.unit_id)
        .having(value != 0)
        .subquery()
    )
    return _all_shares(session, net)


def _all_shares(session: Session, net: Subquery) -> Shares:
    row = session.execute(_shares(net.c.unit_id, func.abs(net.c.value))).one()
    return Shares(int(row.startups), int(row.largest), int(row.whole))


def shares(session: Session, table: PublishedTable, year: int, until: int) -> dict[Keys, Shares]:
    """What start-ups have in each cell of a table of won, also in those that come to zero."""
    tables, question = LEDGERS[table.dataset], Question(table.dataset, table.measure, table.by)
    posted = _of_startups(table.measure, year, 0, until).subquery()
    times = [time_column(n, posted.c.month).label(n) for n in table.by if n in ("year", "quarter")]
    counted = select(*times, posted.c.cell_id, posted.c.unit_id, posted.c.value).subquery()
    source, columns = meant(tables, question, counted)
    keys = [columns[name].label(name) for name in table.by]
    net = (
        select(*keys, counted.c.unit_id, whole(func.sum(counted.c.value)).label("value"))
        .select_from(source)
        .group_by(*keys, counted.c.unit_id)
        .having(func.sum(counted.c.value) != 0)
        .subquery()
    )
    chosen = [net.c[name] for name in table.by]
    found = {}
    for row in session.execute(_shares(net.c.unit_id, func.abs(net.c.value), *chosen)):
        keys_ = _split(table, written(table.by, row[: len(table.by)]))[1]
        found[keys_] = Shares(int(row.startups), int(row.largest), int(row.whole))
    return found


def _of_startups(measure: str, year: int, after: int, until: int) -> Select[Any]:
    """The net won of each start-up, cell and month posted after one revision up to another.

    A start-up is what it is counted as today: two that were found to be one are one.
    """
    posting = LEDGERS["investments"].posting.c
    value = func.sum(posting[measure])
    return (
        select(
            posting.cell_id, posting.month, Startup.unit_id, whole(value).label("value")
        )
        .join(Transaction, Transaction.id == posting.record_id)
        .join(Investment, Investment.id == Transaction.investment_id)
        .join(Startup, Startup.id == Investment.startup_id)
        .where(
            posting.revision > after, posting.revision <= until, posting[measure] != 0,
            posting.month.between(year * 100 + 1, year * 100 + 12),
        )
        .group_by(posting.cell_id, posting.month, Startup.unit_id)
        .having(value != 0)
    )  # fmt: skip


def _shares(unit_id: Any, size: Any, *keys: Any) -> Select[Any]:  # noqa: ANN401
    """Count, largest and sum of the sizes, one of each unit, within each combination of keys."""
    names = [f"key_{number}" for number in range(len(keys))]
    labelled = [key.label(name) for key, name in zip(keys, names, strict=True)]
    each = select(*labelled, whole(func.sum(size)).label("size")).group_by(*keys, unit_id)
    unit = each.subquery()
    groups = [unit.c[name] for name in names]
    return select(
        *groups,
        cast(func.count(), Integer).label("startups"),
        cast(func.coalesce(func.max(unit.c.size), 0), BigInteger).label("largest"),
        whole(func.coalesce(func.sum(unit.c.size), 0)).label("whole"),
    ).group_by(*groups)


def zones_of(session: Session) -> dict[str, str]:
    """The zone of each district in the scheme of the published tables."""
    mine = ZoneMember.scheme == default_scheme()
    return {m.district_code: m.zone for m in session.scalars(select(ZoneMember).where(mine))}
