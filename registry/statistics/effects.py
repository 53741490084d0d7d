"""What a write changes in the totals, told before it is kept or instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, cast, func, select

from registry.statistics.models import LEDGERS, LedgerTables

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Table

    from registry.core.work import Work


def effects(work: Work) -> list[dict[str, Any]]:
    """What this work changes in each year's totals: `[{dataset, measure, year, before, after}]`.

    With `statistics:exact` these are the registry's totals, else the asker's own organisations'.
    """
    found = []
    for dataset, tables in LEDGERS.items():
        before_after = _year_changes(work, tables)
        for year, changes in before_after.items():
            found += [
                {
                    "dataset": dataset,
                    "measure": m,
                    "year": year,
                    "before": after - delta,
                    "after": after,
                }
                for m, (delta, after) in changes.items()
                if delta
            ]
    return found


def _year_changes(work: Work, tables: LedgerTables) -> dict[int, dict[str, tuple[int, int]]]:
    deltas = _by_year(work, tables, tables.posting, tables.posting.c.revision == work.revision)
    if not deltas:
        return {}
    afters = _by_year(work, tables, tables.total, None)
    nothing = dict.fromkeys(tables.measures, 0)
    return {
        year: {m: (delta[m], afters.get(year, nothing)[m]) for m in tables.measures}
        for year, delta in sorted(deltas.items())
    }


def _by_year(
    work: Work, tables: LedgerTables, table: Table, clause: ColumnElement[bool] | None
) -> dict[int, dict[str, int]]:
    year = table.c.month // 100
    query = (
        select(
            year.label("year"),
            *(cast(func.sum(table.c[m]), BigInteger).label(m) for m in tables.measures),
        )
        .join(tables.cell, tables.cell.c.id == table.c.cell_id)
        .group_by("year")
    )
    if clause is not None:
        query = query.where(clause)
    if not work.principal.holds("statistics:exact"):
        query = query.where(tables.cell.c.organisation_id.in_(work.principal.organisations))
    rows = work.session.execute(query).mappings()
    return {int(row["year"]): {m: int(row[m]) for m in tables.measures} for row in rows}
