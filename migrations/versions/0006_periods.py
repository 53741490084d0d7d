"""Figures of the recorded months and years that are over, summed up once."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MEASURES = {
    "trainee": (
        "trainees", "talents", "trainees_of_organisation", "completions", "employed", "enrolments",
    ),
    "investment": ("contracted_krw", "disbursed_krw", "deals", "startups_funded"),
}  # fmt: skip


def upgrade() -> None:
    for ledger, measures in MEASURES.items():
        period = op.create_table(
            f"{ledger}_period",
            sa.Column("period", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("cell_id", sa.BigInteger(), autoincrement=False, nullable=False),
            *(sa.Column(measure, sa.BigInteger(), nullable=False) for measure in measures),
            sa.ForeignKeyConstraint(
                ["cell_id"], [f"{ledger}_cell.id"], name=op.f(f"fk_{ledger}_period_cell_id")
            ),
            sa.PrimaryKeyConstraint("period", "month", "cell_id", name=op.f(f"pk_{ledger}_period")),
        )
        for months in (True, False):
            op.execute(_sums(period, ledger, measures, months=months))


def _sums(period: sa.Table, ledger: str, measures: tuple[str, ...], *, months: bool) -> sa.Insert:
    """The figures of each recorded month (or year) before that of the newest revision."""
    figure = sa.table(
        f"{ledger}_figure",
        sa.column("day", sa.Date()),
        sa.column("month"),
        sa.column("cell_id"),
        *(sa.column(measure) for measure in measures),
    )
    log = sa.table("revision", sa.column("day", sa.Date()))
    recorded = _period(figure.c.day, months=months)
    newest = sa.select(
        _period(sa.func.max(log.c.day, type_=sa.Date()), months=months)
    ).scalar_subquery()
    names = ["period", "month", "cell_id", *measures]
    return sa.insert(period).from_select(
        names,
        sa.select(
            recorded,
            figure.c.month,
            figure.c.cell_id,
            *(sa.cast(sa.func.sum(figure.c[measure]), sa.BigInteger()) for measure in measures),
        )
        .where(recorded < newest)
        .group_by(recorded, figure.c.month, figure.c.cell_id),
    )


def _period(day: sa.ColumnElement, *, months: bool) -> sa.ColumnElement:
    year = sa.cast(sa.extract("year", day), sa.Integer())
    if not months:
        return year
    return year * sa.literal_column("100") + sa.cast(sa.extract("month", day), sa.Integer())


def downgrade() -> None:
    for ledger in MEASURES:
        op.drop_table(f"{ledger}_period")
