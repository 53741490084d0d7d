"""Reported figures of goals, and targets of single years."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "goal_target",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        *_recorded(),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_goal_target_goal_id_goal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goal_target")),
        sa.UniqueConstraint("goal_id", "year", name=op.f("uq_goal_target_goal_id_year")),
    )
    op.create_index(op.f("ix_goal_target_revision"), "goal_target", ["revision"], unique=False)
    op.create_table(
        "observation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("evidence_url", sa.String(length=500), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        *_recorded(),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_observation_goal_id_goal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation")),
    )
    op.create_index(
        "ix_observation_goal_id_period", "observation", ["goal_id", "period"], unique=False
    )
    op.create_index(op.f("ix_observation_revision"), "observation", ["revision"], unique=False)


def _recorded() -> tuple[sa.Column[int], ...]:
    return (
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_observation_revision"), table_name="observation")
    op.drop_index("ix_observation_goal_id_period", table_name="observation")
    op.drop_table("observation")
    op.drop_index(op.f("ix_goal_target_revision"), table_name="goal_target")
    op.drop_table("goal_target")
