"""What was published when, and every figure that was shown then."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.create_table(
        "publication",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("month", sa.Integer(), nullable=True),
        sa.Column("figures_revision", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("limits", DOCUMENT, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
        sa.UniqueConstraint("month", name=op.f("uq_publication_month")),
    )
    op.create_index(op.f("ix_publication_revision"), "publication", ["revision"], unique=False)
    op.create_table(
        "published_slice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("published_revision", sa.BigInteger(), nullable=False),
        sa.Column("dataset", sa.String(length=20), nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("withheld", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_published_slice_publication_id_publication"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_slice")),
        sa.UniqueConstraint(
            "publication_id",
            "dataset",
            "measure",
            "year",
            name=op.f("uq_published_slice_publication_id_dataset_measure_year"),
        ),
    )
    op.create_index(
        op.f("ix_published_slice_dataset_measure_year_published_revision"),
        "published_slice",
        ["dataset", "measure", "year", "published_revision"],
        unique=False,
    )
    op.create_table(
        "published_cell",
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("table_code", sa.String(length=40), nullable=False),
        sa.Column("first_key", sa.String(length=64), nullable=False),
        sa.Column("second_key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["slice_id"],
            ["published_slice.id"],
            name=op.f("fk_published_cell_slice_id_published_slice"),
        ),
        sa.PrimaryKeyConstraint(
            "slice_id", "table_code", "first_key", "second_key", name=op.f("pk_published_cell")
        ),
    )


def downgrade() -> None:
    _drop_views()
    op.drop_table("published_cell")
    op.drop_index(
        op.f("ix_published_slice_dataset_measure_year_published_revision"),
        table_name="published_slice",
    )
    op.drop_table("published_slice")
    op.drop_index(op.f("ix_publication_revision"), table_name="publication")
    op.drop_table("publication")


def _drop_views() -> None:
    """The views that `registry init` lays over these tables."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute("DROP SCHEMA IF EXISTS bi CASCADE")
        return
    for name in sa.inspect(connection).get_view_names():
        if name.startswith("bi_"):
            op.execute(f'DROP VIEW "{name}"')
