"""Frozen figures, and the years they mark final."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("final_year", sa.Integer(), nullable=True),
        sa.Column("figures_revision", sa.BigInteger(), nullable=False),
        sa.Column("figures_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("figures_digest", sa.String(length=64), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "parameters",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("exact_digest", sa.String(length=64), nullable=False),
        sa.Column("public_digest", sa.String(length=64), nullable=True),
        *_recorded(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
    )
    op.create_index(op.f("ix_release_name"), "release", ["name"], unique=False)
    op.create_index(op.f("ix_release_revision"), "release", ["revision"], unique=False)
    op.create_table(
        "release_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("exact", sa.Text(), nullable=False),
        sa.Column("public", sa.Text(), nullable=True),
        *_recorded(),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.id"], name=op.f("fk_release_item_release_id_release")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_item")),
        sa.UniqueConstraint("release_id", "number", name=op.f("uq_release_item_release_id_number")),
    )
    op.create_index(op.f("ix_release_item_revision"), "release_item", ["revision"], unique=False)
    op.create_table(
        "final_year",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        *_recorded(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_final_year")),
        sa.UniqueConstraint("year", name=op.f("uq_final_year_year")),
    )
    op.create_index(op.f("ix_final_year_revision"), "final_year", ["revision"], unique=False)


def _recorded() -> tuple[sa.Column[int], ...]:
    return (
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_final_year_revision"), table_name="final_year")
    op.drop_table("final_year")
    op.drop_index(op.f("ix_release_item_revision"), table_name="release_item")
    op.drop_table("release_item")
    op.drop_index(op.f("ix_release_revision"), table_name="release")
    op.drop_index(op.f("ix_release_name"), table_name="release")
    op.drop_table("release")
