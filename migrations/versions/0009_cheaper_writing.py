"""What imports write most of, with fewer indexes and without keys that others vouch for."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# table, column, where it points
KEYS = (
    ("trainee_posting", "cell_id", "trainee_cell"),
    ("investment_posting", "cell_id", "investment_cell"),
    ("enrolment", "organisation_id", "organisation"),
)


def upgrade() -> None:
    for table, column, _ in KEYS:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"fk_{table}_{column}"), type_="foreignkey")
    with _identities_kept():
        op.create_table(
            "trainee_identity",
            sa.Column("digest", _in_the_order_of_bytes(), nullable=False),
            sa.Column("trainee_id", sa.Uuid(), nullable=False),
            sa.Column("kind", sa.String(length=8), nullable=False),
            sa.Column("key_id", sa.String(length=40), nullable=False),
            sa.PrimaryKeyConstraint("digest", "trainee_id", name=op.f("pk_trainee_identity")),
        )
    op.create_index(op.f("ix_trainee_identity_trainee_id"), "trainee_identity", ["trainee_id"])


def downgrade() -> None:
    with _identities_kept():
        op.create_table(
            "trainee_identity",
            sa.Column("id", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
            sa.Column("trainee_id", sa.Uuid(), nullable=False),
            sa.Column("kind", sa.String(length=8), nullable=False),
            sa.Column("key_id", sa.String(length=40), nullable=False),
            sa.Column("digest", sa.String(length=64), nullable=False),
            sa.ForeignKeyConstraint(
                ["trainee_id"], ["trainee.id"], name=op.f("fk_trainee_identity_trainee_id")
            ),
            sa.PrimaryKeyConstraint("id", name=op.f("pk_trainee_identity")),
            sa.UniqueConstraint(
                "trainee_id", "digest", name=op.f("uq_trainee_identity_trainee_id_digest")
            ),
        )
    op.create_index("ix_trainee_identity_digest", "trainee_identity", ["digest"])
    for table, column, target in KEYS:
        with op.batch_alter_table(table) as batch:
            name = op.f(f"fk_{table}_{column}")
            batch.create_foreign_key(name, target, [column], ["id"])


def _in_the_order_of_bytes() -> sa.String:
    """Hexadecimal digits need no language's order, which costs more to compare by."""
    return sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql")


@contextmanager
def _identities_kept() -> Iterator[None]:
    """Carry the hashes over into the table that is made anew meanwhile."""
    op.execute(
        "CREATE TABLE trainee_identity_kept AS"
        " SELECT digest, trainee_id, kind, key_id FROM trainee_identity"
    )
    op.drop_table("trainee_identity")
    yield
    op.execute(
        "INSERT INTO trainee_identity (digest, trainee_id, kind, key_id)"
        " SELECT digest, trainee_id, kind, key_id FROM trainee_identity_kept ORDER BY digest"
    )
    op.drop_table("trainee_identity_kept")
