"""Files sent in: the queue, the files, the rows read from them, and their mistakes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=True),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("scopes", DOCUMENT, nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("dataset", sa.String(length=20), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("on_error", sa.String(length=20), nullable=False),
        sa.Column("allow_reversal", sa.Boolean(), nullable=False),
        sa.Column("sheet", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("content_type", sa.String(length=120), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("queued", sa.Boolean(), nullable=False),
        sa.Column("stop", sa.Boolean(), nullable=False),
        sa.Column("skip_changed", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.String(length=64), nullable=True),
        sa.Column("facts", DOCUMENT, nullable=False),
        *_moments("received_at", "stage_at", nullable=False),
        *_moments("ended_at", "held_until", "undo_until", "destroyed_at"),
        sa.Column("claim", sa.Uuid(), nullable=True),
        *_moments("claimed_at", "beat_at"),
        *_counts("attempts", "batch", "batches", "total", "done"),
        *_counts("created", "updated", "unchanged", "rejected", "restored"),
        *_counts("errors", "warnings", "changed"),
        sa.Column("summary", DOCUMENT, nullable=False),
        sa.Column("validated_revision", sa.BigInteger(), nullable=True),
        sa.Column("first_revision", sa.BigInteger(), nullable=True),
        sa.Column("last_revision", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"],
            name=op.f("fk_import_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
    )  # fmt: skip
    op.create_index("ix_import_organisation_id", "import", ["organisation_id", "id"])
    op.create_index("ix_import_queue", "import", ["queued", "claimed_at"])
    op.create_index("ix_import_fingerprint", "import", ["organisation_id", "fingerprint"])
    op.create_table(
        "import_part",
        *_of_an_import(sa.Column("number", sa.Integer(), nullable=False)),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        _parent("import_part"),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_part")),
    )
    op.create_table(
        "import_batch",
        *_of_an_import(sa.Column("number", sa.Integer(), nullable=False)),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.Column("outcomes", sa.LargeBinary(), nullable=True),
        _parent("import_batch"),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_batch")),
    )
    op.create_table(
        "import_problem",
        sa.Column("id", SERIAL, nullable=False),
        *_of_an_import(sa.Column("batch", sa.Integer(), nullable=False)),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("field", sa.String(length=64), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        _parent("import_problem"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_problem")),
    )
    op.create_index("ix_import_problem_import_id", "import_problem", ["import_id", "id"])


def _moments(*names: str, nullable: bool = True) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=nullable) for name in names]


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _of_an_import(*others: sa.Column[int]) -> list[sa.Column[object]]:
    return [sa.Column("import_id", sa.Uuid(), nullable=False), *others]


def _parent(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["import_id"], ["import.id"], name=op.f(f"fk_{table}_import_id_import")
    )


def downgrade() -> None:
    op.drop_index("ix_import_problem_import_id", table_name="import_problem")
    op.drop_table("import_problem")
    op.drop_table("import_batch")
    op.drop_table("import_part")
    op.drop_index("ix_import_fingerprint", table_name="import")
    op.drop_index("ix_import_queue", table_name="import")
    op.drop_index("ix_import_organisation_id", table_name="import")
    op.drop_table("import")
