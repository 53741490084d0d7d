"""The registry: every table of its first version."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column(
            "record_ids",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_log")),
    )
    op.create_index(op.f("ix_access_log_at"), "access_log", ["at"], unique=False)
    op.create_index(
        op.f("ix_access_log_organisation_id"), "access_log", ["organisation_id"], unique=False
    )
    op.create_table(
        "code_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "properties",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_item")),
        sa.UniqueConstraint("list", "code", name=op.f("uq_code_item_list_code")),
    )
    op.create_index(op.f("ix_code_item_revision"), "code_item", ["revision"], unique=False)
    op.create_table(
        "goal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("direction", sa.String(length=4), nullable=False),
        sa.Column("dataset", sa.String(length=20), nullable=True),
        sa.Column("measure", sa.String(length=40), nullable=True),
        sa.Column("baseline_year", sa.Integer(), nullable=True),
        sa.Column("baseline", sa.BigInteger(), nullable=True),
        sa.Column("opening", sa.BigInteger(), nullable=True),
        sa.Column("counts_from_year", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("end_year", sa.Integer(), nullable=False),
        sa.Column("annual_target", sa.BigInteger(), nullable=True),
        sa.Column("total_target", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goal")),
        sa.UniqueConstraint("code", name=op.f("uq_goal_code")),
    )
    op.create_index(op.f("ix_goal_revision"), "goal", ["revision"], unique=False)
    op.create_table(
        "history",
        sa.Column("id", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_revision", sa.BigInteger(), nullable=False),
        sa.Column("to_revision", sa.BigInteger(), nullable=False),
        sa.Column(
            "values",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
        sa.UniqueConstraint(
            "kind", "record_id", "version", name=op.f("uq_history_kind_record_id_version")
        ),
    )
    op.create_index("ix_history_from_revision", "history", ["from_revision"], unique=False)
    op.create_index("ix_history_to_revision", "history", ["to_revision"], unique=False)
    op.create_table(
        "investment_cell",
        sa.Column("id", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("district", sa.String(length=64), nullable=False),
        sa.Column("instrument", sa.String(length=64), nullable=False),
        sa.Column("round", sa.String(length=64), nullable=False),
        sa.Column("investor_kind", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_investment_cell")),
        sa.UniqueConstraint(
            "organisation_id",
            "field",
            "district",
            "instrument",
            "round",
            "investor_kind",
            "channel",
            name="uq_investment_cell",
        ),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("business_number", sa.String(length=10), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("successor_id", sa.Uuid(), nullable=True),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_from IS NULL OR valid_from <= valid_to",
            name=op.f("ck_organisation_validity"),
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"], ["organisation.id"], name=op.f("fk_organisation_successor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("code", name=op.f("uq_organisation_code")),
    )
    op.create_index(op.f("ix_organisation_revision"), "organisation", ["revision"], unique=False)
    op.create_index(
        op.f("ix_organisation_successor_id"), "organisation", ["successor_id"], unique=False
    )
    op.create_table(
        "revision",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("key_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("algorithm", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_revision")),
        sa.UniqueConstraint("at", name=op.f("uq_revision_at")),
    )
    op.create_index(op.f("ix_revision_day"), "revision", ["day"], unique=False)
    op.create_index(
        op.f("ix_revision_organisation_id"), "revision", ["organisation_id"], unique=False
    )
    op.create_table(
        "rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dataset", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "parameters",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule")),
        sa.UniqueConstraint("dataset", "number", name=op.f("uq_rule_dataset_number")),
    )
    op.create_index(op.f("ix_rule_revision"), "rule", ["revision"], unique=False)
    op.create_table(
        "trainee_cell",
        sa.Column("id", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("programme_kind", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("district", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trainee_cell")),
        sa.UniqueConstraint(
            "organisation_id", "programme_kind", "field", "district", name="uq_trainee_cell"
        ),
    )
    op.create_table(
        "zone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone")),
        sa.UniqueConstraint("scheme", "code", name=op.f("uq_zone_scheme_code")),
    )
    op.create_index(op.f("ix_zone_revision"), "zone", ["revision"], unique=False)
    op.create_table(
        "zone_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.String(length=40), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("district_code", sa.String(length=64), nullable=False),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_member")),
        sa.UniqueConstraint(
            "scheme", "district_code", name=op.f("uq_zone_member_scheme_district_code")
        ),
    )
    op.create_index(op.f("ix_zone_member_revision"), "zone_member", ["revision"], unique=False)
    op.create_index("ix_zone_member_zone", "zone_member", ["scheme", "zone"], unique=False)
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "scopes",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_api_key_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
    )
    op.create_index(
        op.f("ix_api_key_organisation_id"), "api_key", ["organisation_id"], unique=False
    )
    op.create_index(op.f("ix_api_key_revision"), "api_key", ["revision"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column(
            "headers",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_idempotency_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_at"), "idempotency", ["at"], unique=False)
    op.create_index(
        "uq_idempotency_request",
        "idempotency",
        ["organisation_id", "method", "path", "key"],
        unique=True,
    )
    op.create_table(
        "investment_figure",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.BigInteger(), nullable=False),
        sa.Column("contracted_krw", sa.BigInteger(), nullable=False),
        sa.Column("disbursed_krw", sa.BigInteger(), nullable=False),
        sa.Column("deals", sa.BigInteger(), nullable=False),
        sa.Column("startups_funded", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cell_id"], ["investment_cell.id"], name=op.f("fk_investment_figure_cell_id")
        ),
        sa.PrimaryKeyConstraint("day", "month", "cell_id", name=op.f("pk_investment_figure")),
    )
    op.create_table(
        "investment_posting",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("cell_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("contracted_krw", sa.BigInteger(), nullable=False),
        sa.Column("disbursed_krw", sa.BigInteger(), nullable=False),
        sa.Column("deals", sa.BigInteger(), nullable=False),
        sa.Column("startups_funded", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cell_id"], ["investment_cell.id"], name=op.f("fk_investment_posting_cell_id")
        ),
    )
    op.create_index(
        "ix_investment_posting_cell", "investment_posting", ["cell_id", "month"], unique=False
    )
    op.create_index(
        op.f("ix_investment_posting_record_id"), "investment_posting", ["record_id"], unique=False
    )
    op.create_index(
        "ix_investment_posting_revision", "investment_posting", ["revision"], unique=False
    )
    op.create_table(
        "investment_total",
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cell_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contracted_krw", sa.BigInteger(), nullable=False),
        sa.Column("disbursed_krw", sa.BigInteger(), nullable=False),
        sa.Column("deals", sa.BigInteger(), nullable=False),
        sa.Column("startups_funded", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cell_id"], ["investment_cell.id"], name=op.f("fk_investment_total_cell_id")
        ),
        sa.PrimaryKeyConstraint("month", "cell_id", name=op.f("pk_investment_total")),
    )
    op.create_table(
        "organisation_name",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_name_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_name")),
    )
    op.create_index(
        op.f("ix_organisation_name_revision"), "organisation_name", ["revision"], unique=False
    )
    op.create_index(
        "uq_organisation_name_from",
        "organisation_name",
        ["organisation_id", "valid_from"],
        unique=True,
    )
    op.create_table(
        "programme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column(
            "secondary_fields",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("district_code", sa.String(length=64), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "ends_on IS NULL OR starts_on IS NULL OR starts_on <= ends_on",
            name=op.f("ck_programme_dates"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_programme_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
        sa.UniqueConstraint(
            "organisation_id", "code", name=op.f("uq_programme_organisation_id_code")
        ),
    )
    op.create_index(op.f("ix_programme_revision"), "programme", ["revision"], unique=False)
    op.create_table(
        "startup",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("founded_on", sa.Date(), nullable=True),
        sa.Column("ksic_code", sa.String(length=10), nullable=True),
        sa.Column("ksic_revision", sa.Integer(), nullable=True),
        sa.Column(
            "certificates",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("void_reason", sa.String(length=500), nullable=True),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["startup.id"], name=op.f("fk_startup_merged_into_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_startup_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_startup")),
    )
    op.create_index(op.f("ix_startup_revision"), "startup", ["revision"], unique=False)
    op.create_index(op.f("ix_startup_unit_id"), "startup", ["unit_id"], unique=False)
    op.create_table(
        "trainee",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.Column("document_mac", sa.String(length=64), nullable=False),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_trainee_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trainee")),
        sa.UniqueConstraint(
            "organisation_id", "external_id", name=op.f("uq_trainee_organisation_id_external_id")
        ),
    )
    op.create_index(op.f("ix_trainee_revision"), "trainee", ["revision"], unique=False)
    op.create_index(op.f("ix_trainee_unit_id"), "trainee", ["unit_id"], unique=False)
    op.create_table(
        "trainee_figure",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.BigInteger(), nullable=False),
        sa.Column("trainees", sa.BigInteger(), nullable=False),
        sa.Column("talents", sa.BigInteger(), nullable=False),
        sa.Column("trainees_of_organisation", sa.BigInteger(), nullable=False),
        sa.Column("completions", sa.BigInteger(), nullable=False),
        sa.Column("employed", sa.BigInteger(), nullable=False),
        sa.Column("enrolments", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cell_id"], ["trainee_cell.id"], name=op.f("fk_trainee_figure_cell_id")
        ),
        sa.PrimaryKeyConstraint("day", "month", "cell_id", name=op.f("pk_trainee_figure")),
    )
    op.create_table(
        "trainee_posting",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("cell_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("trainees", sa.SmallInteger(), nullable=False),
        sa.Column("talents", sa.SmallInteger(), nullable=False),
        sa.Column("trainees_of_organisation", sa.SmallInteger(), nullable=False),
        sa.Column("completions", sa.SmallInteger(), nullable=False),
        sa.Column("employed", sa.SmallInteger(), nullable=False),
        sa.Column("enrolments", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cell_id"], ["trainee_cell.id"], name=op.f("fk_trainee_posting_cell_id")
        ),
    )
    op.create_index(
        "ix_trainee_posting_cell", "trainee_posting", ["cell_id", "month"], unique=False
    )
    op.create_index(
        op.f("ix_trainee_posting_record_id"), "trainee_posting", ["record_id"], unique=False
    )
    op.create_index("ix_trainee_posting_revision", "trainee_posting", ["revision"], unique=False)
    op.create_table(
        "trainee_total",
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cell_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("trainees", sa.BigInteger(), nullable=False),
        sa.Column("talents", sa.BigInteger(), nullable=False),
        sa.Column("trainees_of_organisation", sa.BigInteger(), nullable=False),
        sa.Column("completions", sa.BigInteger(), nullable=False),
        sa.Column("employed", sa.BigInteger(), nullable=False),
        sa.Column("enrolments", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cell_id"], ["trainee_cell.id"], name=op.f("fk_trainee_total_cell_id")
        ),
        sa.PrimaryKeyConstraint("month", "cell_id", name=op.f("pk_trainee_total")),
    )
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("trainee_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=True),
        sa.Column("enrolled_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("status_on", sa.Date(), nullable=False),
        sa.Column("employed_on", sa.Date(), nullable=True),
        sa.Column("employer_district_code", sa.String(length=64), nullable=True),
        sa.Column("employment_deadline", sa.Date(), nullable=False),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("void_reason", sa.String(length=500), nullable=True),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("enrolled_on <= status_on", name=op.f("ck_enrolment_dates")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_enrolment_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_enrolment_programme_id")
        ),
        sa.ForeignKeyConstraint(
            ["trainee_id"], ["trainee.id"], name=op.f("fk_enrolment_trainee_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint(
            "organisation_id", "external_id", name=op.f("uq_enrolment_organisation_id_external_id")
        ),
    )
    op.create_index(op.f("ix_enrolment_programme_id"), "enrolment", ["programme_id"], unique=False)
    op.create_index(op.f("ix_enrolment_revision"), "enrolment", ["revision"], unique=False)
    op.create_index(op.f("ix_enrolment_status_on"), "enrolment", ["status_on"], unique=False)
    op.create_index(
        "ix_enrolment_trainee", "enrolment", ["trainee_id", "programme_id"], unique=False
    )
    op.create_table(
        "investment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("startup_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=True),
        sa.Column("round", sa.String(length=64), nullable=False),
        sa.Column("round_closed_on", sa.Date(), nullable=True),
        sa.Column("investor_kind", sa.String(length=64), nullable=False),
        sa.Column("investor_name", sa.String(length=200), nullable=True),
        sa.Column("investor_business_number", sa.String(length=10), nullable=True),
        sa.Column("investor_key", sa.String(length=300), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.Column("document_mac", sa.String(length=64), nullable=True),
        sa.Column("fund", sa.String(length=200), nullable=True),
        sa.Column("fund_key", sa.String(length=200), nullable=False),
        sa.Column("instrument", sa.String(length=64), nullable=False),
        sa.Column("shares", sa.String(length=20), nullable=True),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("contracted_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("void_reason", sa.String(length=500), nullable=True),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_investment_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["startup_id"], ["startup.id"], name=op.f("fk_investment_startup_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_investment")),
        sa.UniqueConstraint(
            "organisation_id", "external_id", name=op.f("uq_investment_organisation_id_external_id")
        ),
    )
    op.create_index(
        op.f("ix_investment_contracted_on"), "investment", ["contracted_on"], unique=False
    )
    op.create_index(op.f("ix_investment_revision"), "investment", ["revision"], unique=False)
    op.create_index(op.f("ix_investment_startup_id"), "investment", ["startup_id"], unique=False)
    op.create_index(
        "uq_investment_deal",
        "investment",
        ["startup_id", "round", "investor_key", "fund_key", "instrument", "contracted_on"],
        unique=True,
        sqlite_where=sa.text("NOT voided"),
        postgresql_where=sa.text("NOT voided"),
    )
    op.create_table(
        "startup_attribute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("startup_id", sa.Uuid(), nullable=False),
        sa.Column("attribute", sa.String(length=20), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["startup_id"], ["startup.id"], name=op.f("fk_startup_attribute_startup_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_startup_attribute")),
        sa.UniqueConstraint(
            "startup_id",
            "attribute",
            "effective_on",
            name=op.f("uq_startup_attribute_startup_id_attribute_effective_on"),
        ),
    )
    op.create_index(
        op.f("ix_startup_attribute_revision"), "startup_attribute", ["revision"], unique=False
    )
    op.create_table(
        "startup_identifier",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("startup_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=13), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["startup_id"], ["startup.id"], name=op.f("fk_startup_identifier_startup_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_startup_identifier")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_startup_identifier_kind_value")),
    )
    op.create_index(
        op.f("ix_startup_identifier_revision"), "startup_identifier", ["revision"], unique=False
    )
    op.create_index(
        "ix_startup_identifier_startup", "startup_identifier", ["startup_id"], unique=False
    )
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
    op.create_index("ix_trainee_identity_digest", "trainee_identity", ["digest"], unique=False)
    op.create_table(
        "trainee_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("trainee_a_id", sa.Uuid(), nullable=False),
        sa.Column("trainee_b_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["trainee_a_id"], ["trainee.id"], name=op.f("fk_trainee_link_trainee_a_id")
        ),
        sa.ForeignKeyConstraint(
            ["trainee_b_id"], ["trainee.id"], name=op.f("fk_trainee_link_trainee_b_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trainee_link")),
    )
    op.create_index("ix_trainee_link_a", "trainee_link", ["trainee_a_id"], unique=False)
    op.create_index("ix_trainee_link_b", "trainee_link", ["trainee_b_id"], unique=False)
    op.create_index(op.f("ix_trainee_link_revision"), "trainee_link", ["revision"], unique=False)
    op.create_table(
        "investment_duplicate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("investment_a_id", sa.Uuid(), nullable=False),
        sa.Column("investment_b_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["investment_a_id"],
            ["investment.id"],
            name=op.f("fk_investment_duplicate_investment_a_id"),
        ),
        sa.ForeignKeyConstraint(
            ["investment_b_id"],
            ["investment.id"],
            name=op.f("fk_investment_duplicate_investment_b_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_investment_duplicate")),
        sa.UniqueConstraint(
            "investment_a_id",
            "investment_b_id",
            name=op.f("uq_investment_duplicate_investment_a_id_investment_b_id"),
        ),
    )
    op.create_index(
        op.f("ix_investment_duplicate_investment_b_id"),
        "investment_duplicate",
        ["investment_b_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_investment_duplicate_revision"), "investment_duplicate", ["revision"], unique=False
    )
    op.create_table(
        "investment_transaction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("investment_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("sign", sa.SmallInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("amount_krw", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("original_e4", sa.BigInteger(), nullable=True),
        sa.Column("fx_rate_e6", sa.BigInteger(), nullable=True),
        sa.Column("opening", sa.Boolean(), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount_krw > 0", name=op.f("ck_investment_transaction_amount")),
        sa.CheckConstraint("sign IN (-1, 1)", name=op.f("ck_investment_transaction_sign")),
        sa.ForeignKeyConstraint(
            ["investment_id"],
            ["investment.id"],
            name=op.f("fk_investment_transaction_investment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_investment_transaction_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["investment_transaction.id"],
            name=op.f("fk_investment_transaction_reverses_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_investment_transaction")),
        sa.UniqueConstraint(
            "organisation_id",
            "external_id",
            name=op.f("uq_investment_transaction_organisation_id_external_id"),
        ),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_investment_transaction_reverses_id")),
    )
    op.create_index(
        op.f("ix_investment_transaction_investment_id"),
        "investment_transaction",
        ["investment_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_investment_transaction_revision"),
        "investment_transaction",
        ["revision"],
        unique=False,
    )
    op.create_table(
        "trainee_duplicate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("trainee_a_id", sa.Uuid(), nullable=False),
        sa.Column("trainee_b_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("created_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_row", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"], ["trainee_link.id"], name=op.f("fk_trainee_duplicate_link_id")
        ),
        sa.ForeignKeyConstraint(
            ["trainee_a_id"], ["trainee.id"], name=op.f("fk_trainee_duplicate_trainee_a_id")
        ),
        sa.ForeignKeyConstraint(
            ["trainee_b_id"], ["trainee.id"], name=op.f("fk_trainee_duplicate_trainee_b_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trainee_duplicate")),
        sa.UniqueConstraint(
            "trainee_a_id",
            "trainee_b_id",
            name=op.f("uq_trainee_duplicate_trainee_a_id_trainee_b_id"),
        ),
    )
    op.create_index(
        op.f("ix_trainee_duplicate_revision"), "trainee_duplicate", ["revision"], unique=False
    )
    op.create_index(
        op.f("ix_trainee_duplicate_trainee_b_id"),
        "trainee_duplicate",
        ["trainee_b_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_trainee_duplicate_trainee_b_id"), table_name="trainee_duplicate")
    op.drop_index(op.f("ix_trainee_duplicate_revision"), table_name="trainee_duplicate")
    op.drop_table("trainee_duplicate")
    op.drop_index(op.f("ix_investment_transaction_revision"), table_name="investment_transaction")
    op.drop_index(
        op.f("ix_investment_transaction_investment_id"), table_name="investment_transaction"
    )
    op.drop_table("investment_transaction")
    op.drop_index(op.f("ix_investment_duplicate_revision"), table_name="investment_duplicate")
    op.drop_index(
        op.f("ix_investment_duplicate_investment_b_id"), table_name="investment_duplicate"
    )
    op.drop_table("investment_duplicate")
    op.drop_index(op.f("ix_trainee_link_revision"), table_name="trainee_link")
    op.drop_index("ix_trainee_link_b", table_name="trainee_link")
    op.drop_index("ix_trainee_link_a", table_name="trainee_link")
    op.drop_table("trainee_link")
    op.drop_index("ix_trainee_identity_digest", table_name="trainee_identity")
    op.drop_table("trainee_identity")
    op.drop_index("ix_startup_identifier_startup", table_name="startup_identifier")
    op.drop_index(op.f("ix_startup_identifier_revision"), table_name="startup_identifier")
    op.drop_table("startup_identifier")
    op.drop_index(op.f("ix_startup_attribute_revision"), table_name="startup_attribute")
    op.drop_table("startup_attribute")
    op.drop_index(
        "uq_investment_deal",
        table_name="investment",
        sqlite_where=sa.text("NOT voided"),
        postgresql_where=sa.text("NOT voided"),
    )
    op.drop_index(op.f("ix_investment_startup_id"), table_name="investment")
    op.drop_index(op.f("ix_investment_revision"), table_name="investment")
    op.drop_index(op.f("ix_investment_contracted_on"), table_name="investment")
    op.drop_table("investment")
    op.drop_index("ix_enrolment_trainee", table_name="enrolment")
    op.drop_index(op.f("ix_enrolment_status_on"), table_name="enrolment")
    op.drop_index(op.f("ix_enrolment_revision"), table_name="enrolment")
    op.drop_index(op.f("ix_enrolment_programme_id"), table_name="enrolment")
    op.drop_table("enrolment")
    op.drop_table("trainee_total")
    op.drop_index("ix_trainee_posting_revision", table_name="trainee_posting")
    op.drop_index(op.f("ix_trainee_posting_record_id"), table_name="trainee_posting")
    op.drop_index("ix_trainee_posting_cell", table_name="trainee_posting")
    op.drop_table("trainee_posting")
    op.drop_table("trainee_figure")
    op.drop_index(op.f("ix_trainee_unit_id"), table_name="trainee")
    op.drop_index(op.f("ix_trainee_revision"), table_name="trainee")
    op.drop_table("trainee")
    op.drop_index(op.f("ix_startup_unit_id"), table_name="startup")
    op.drop_index(op.f("ix_startup_revision"), table_name="startup")
    op.drop_table("startup")
    op.drop_index(op.f("ix_programme_revision"), table_name="programme")
    op.drop_table("programme")
    op.drop_index("uq_organisation_name_from", table_name="organisation_name")
    op.drop_index(op.f("ix_organisation_name_revision"), table_name="organisation_name")
    op.drop_table("organisation_name")
    op.drop_table("investment_total")
    op.drop_index("ix_investment_posting_revision", table_name="investment_posting")
    op.drop_index(op.f("ix_investment_posting_record_id"), table_name="investment_posting")
    op.drop_index("ix_investment_posting_cell", table_name="investment_posting")
    op.drop_table("investment_posting")
    op.drop_table("investment_figure")
    op.drop_index("uq_idempotency_request", table_name="idempotency")
    op.drop_index(op.f("ix_idempotency_at"), table_name="idempotency")
    op.drop_table("idempotency")
    op.drop_index(op.f("ix_api_key_revision"), table_name="api_key")
    op.drop_index(op.f("ix_api_key_organisation_id"), table_name="api_key")
    op.drop_table("api_key")
    op.drop_index("ix_zone_member_zone", table_name="zone_member")
    op.drop_index(op.f("ix_zone_member_revision"), table_name="zone_member")
    op.drop_table("zone_member")
    op.drop_index(op.f("ix_zone_revision"), table_name="zone")
    op.drop_table("zone")
    op.drop_table("trainee_cell")
    op.drop_index(op.f("ix_rule_revision"), table_name="rule")
    op.drop_table("rule")
    op.drop_index(op.f("ix_revision_organisation_id"), table_name="revision")
    op.drop_index(op.f("ix_revision_day"), table_name="revision")
    op.drop_table("revision")
    op.drop_index(op.f("ix_organisation_successor_id"), table_name="organisation")
    op.drop_index(op.f("ix_organisation_revision"), table_name="organisation")
    op.drop_table("organisation")
    op.drop_table("investment_cell")
    op.drop_index("ix_history_to_revision", table_name="history")
    op.drop_index("ix_history_from_revision", table_name="history")
    op.drop_table("history")
    op.drop_index(op.f("ix_goal_revision"), table_name="goal")
    op.drop_table("goal")
    op.drop_index(op.f("ix_code_item_revision"), table_name="code_item")
    op.drop_table("code_item")
    op.drop_index(op.f("ix_access_log_organisation_id"), table_name="access_log")
    op.drop_index(op.f("ix_access_log_at"), table_name="access_log")
    op.drop_table("access_log")
