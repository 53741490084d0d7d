"""The last calls of keys, with what was refused among them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SHARED = "key_id, at, method, route, status, code, errors, request_id"


def upgrade() -> None:
    _create("api_key_call", sa.Column("milliseconds", sa.Double(), nullable=True), coded=False)
    op.create_index("ix_api_key_call_key_id_at_id", "api_key_call", ["key_id", "at", "id"])
    _carry_over("api_key_refusal", "api_key_call")
    op.drop_table("api_key_refusal")


def downgrade() -> None:
    _create("api_key_refusal", coded=True)
    op.create_index("ix_api_key_refusal_key_id_id", "api_key_refusal", ["key_id", "id"])
    _carry_over("api_key_call", "api_key_refusal")
    op.drop_table("api_key_call")


def _create(table: str, *more: sa.Column[float], coded: bool) -> None:
    """A table of calls; of calls that were refused each has a code."""
    json = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=not coded),
        sa.Column("errors", json, nullable=False),
        *more,
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["api_key.id"], name=op.f(f"fk_{table}_key_id_api_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _carry_over(old: str, new: str) -> None:
    op.execute(
        f"INSERT INTO {new} ({SHARED}) SELECT {SHARED} FROM {old}"  # noqa: S608 - names of ours
        " WHERE code IS NOT NULL ORDER BY id"
    )
