"""Read-only SQL views of what is published, for tools that speak SQL and not HTTP.

They stand in a schema of their own (`bi` on PostgreSQL, the prefix `bi_` on SQLite): one of each
published table at the newest point, `headlines`, and `publications`. They read what was published
and nothing else, so a role that may read them alone sees what everybody may: a hidden figure is
NULL there with `suppressed`. Each joins tables or groups, so no database writes through one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import SelectBase, String, cast, inspect, select, text
from sqlalchemy.orm import aliased
from sqlalchemy.schema import CreateSchema, CreateView

from registry.revisions.models import Revision
from registry.statistics.protection.models import Publication, PublishedCell, PublishedSlice
from registry.statistics.protection.tables import published_tables

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from registry.statistics.protection.tables import PublishedTable

SCHEMA = "bi"


def lay_views(session: Session) -> None:
    """Create the views, or bring them to what the list of tables says; again changes nothing."""
    views: dict[str, SelectBase] = {t.code: _of_table(t) for t in published_tables()}
    views |= {"headlines": _headlines(), "publications": _publications()}
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(CreateSchema(SCHEMA, if_not_exists=True))
        there = {*inspect(connection).get_view_names(schema=SCHEMA)}
        for name in sorted(there - views.keys()):
            connection.execute(text(f'DROP VIEW {SCHEMA}."{name}"'))
        for name, statement in views.items():
            # Replaced and not dropped, so that what was granted on it stays.
            connection.execute(CreateView(statement, name, schema=SCHEMA, or_replace=True))
        return
    laid: dict[str, str] = dict(connection.execute(_SQLITE_VIEWS).all())
    for name in sorted(laid.keys() - {f"{SCHEMA}_{view}" for view in views}):
        connection.execute(text(f'DROP VIEW "{name}"'))
    for view, statement in views.items():
        name = f"{SCHEMA}_{view}"
        create = CreateView(statement, name)
        if laid.get(name) != str(create.compile(connection)).strip():
            connection.execute(text(f'DROP VIEW IF EXISTS "{name}"'))
            connection.execute(create)


_SQLITE_VIEWS = text("SELECT name, sql FROM sqlite_master WHERE type = 'view' AND name GLOB 'bi_*'")


def _of_table(table: PublishedTable) -> SelectBase:
    keys = iter((PublishedCell.first_key, PublishedCell.second_key))
    columns = [
        PublishedSlice.year.label("year") if name == "year" else next(keys).label(name)
        for name in table.by
    ]
    return (
        select(
            *columns,
            PublishedCell.value.label("value"),
            PublishedCell.value.is_(None).label("suppressed"),
        )
        .join_from(PublishedCell, PublishedSlice, PublishedSlice.id == PublishedCell.slice_id)
        .where(PublishedCell.table_code == table.code, _is_newest())
    )


def _headlines() -> SelectBase:
    """The totals by year as of the newest point, and which tables are withheld of a year."""
    return (
        select(
            PublishedSlice.dataset.label("dataset"),
            PublishedSlice.measure.label("measure"),
            PublishedSlice.year.label("year"),
            PublishedSlice.total.label("value"),
            PublishedSlice.total.is_(None).label("suppressed"),
            cast(PublishedSlice.withheld, String).label("withheld"),
        )
        .join_from(PublishedSlice, Publication, Publication.id == PublishedSlice.publication_id)
        .where(_is_newest())
    )


def _publications() -> SelectBase:
    return select(
        Publication.kind.label("kind"),
        Publication.month.label("month"),
        Publication.figures_revision.label("revision"),
        Publication.as_of.label("as_of"),
        Revision.at.label("published_at"),
        Publication.digest.label("digest"),
    ).join_from(Publication, Revision, Revision.number == Publication.created_revision)


def _is_newest() -> ColumnElement[bool]:
    """Whether no later point stored the slice anew."""
    newer = aliased(PublishedSlice)
    return ~(
        select(newer.id)
        .where(
            newer.dataset == PublishedSlice.dataset,
            newer.measure == PublishedSlice.measure,
            newer.year == PublishedSlice.year,
            newer.published_revision > PublishedSlice.published_revision,
        )
        .correlate(PublishedSlice)
        .exists()
    )
