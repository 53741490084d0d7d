"""What an import writes most of: keys checked in sets, and half as much of each hash.

PostgreSQL looks a foreign key up row by row and locks what it finds, which was a quarter of what
COPY took. A trigger of the same name looks up what a whole statement named; nothing that is named
is ever deleted, and one that is named cannot be. SQLite, whose look-up is cheap, keeps its keys.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# table, column, where it points
KEYS = (
    ("enrolment", "programme_id", "programme"),
    ("enrolment", "trainee_id", "trainee"),
    ("trainee", "organisation_id", "organisation"),
)


def upgrade() -> None:
    if _is_postgresql():
        for key in KEYS:
            _check_in_sets(*key)
    _make_identities_anew(_digest(), _half(), sqlite_with_rowid=False)


def downgrade() -> None:
    """Give back the keys row by row; refused once there are hashes, of which half is gone."""
    if op.get_bind().execute(sa.text("SELECT 1 FROM trainee_identity LIMIT 1")).first():
        message = "half of each identity hash is gone: restore a backup instead"
        raise RuntimeError(message)
    _make_identities_anew(_whole_digest(), "digest")
    if _is_postgresql():
        for key in reversed(KEYS):
            _check_each(*key)


def _is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _check_in_sets(table: str, column: str, target: str) -> None:
    name = f"fk_{table}_{column}"
    op.drop_constraint(op.f(name), table, type_="foreignkey")
    refusal = (
        f"RAISE foreign_key_violation USING CONSTRAINT = '{name}', TABLE = '{table}',"
        f" MESSAGE = 'a {column} of {table} is no {target}'"
    )
    # Looked up by index whatever the planner knows: a plan is kept while the tables grow.
    head = "RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET search_path FROM CURRENT"
    op.execute(  # of our own names alone
        f"CREATE FUNCTION {name}() {head} AS $$ BEGIN"  # noqa: S608
        f" IF EXISTS (SELECT FROM (SELECT DISTINCT {column} AS id FROM added) AS named"
        f" WHERE (SELECT true FROM {target} WHERE {target}.id = named.id) IS NULL)"
        f" THEN {refusal}; END IF; RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS added"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )
    op.execute(
        f"CREATE FUNCTION {name}_changed() {head} AS $$ BEGIN"
        f" IF NOT EXISTS (SELECT FROM {target} WHERE id = NEW.{column})"
        f" THEN {refusal}; END IF; RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name}_changed AFTER UPDATE OF {column} ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {name}_changed()"
    )
    op.execute(
        f"CREATE FUNCTION {name}_kept() {head} AS $$ BEGIN"
        f" IF (TG_OP = 'DELETE' OR OLD.id <> NEW.id)"
        f" AND EXISTS (SELECT FROM {table} WHERE {column} = OLD.id)"
        f" THEN {refusal}; END IF; RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name}_kept AFTER DELETE OR UPDATE OF id ON {target}"
        f" FOR EACH ROW EXECUTE FUNCTION {name}_kept()"
    )
    op.execute(
        f"CREATE FUNCTION {name}_filled() {head} AS $$ BEGIN"
        f" IF EXISTS (SELECT FROM {table}) THEN {refusal}; END IF; RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name}_filled BEFORE TRUNCATE ON {target}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {name}_filled()"
    )


def _check_each(table: str, column: str, target: str) -> None:
    name = f"fk_{table}_{column}"
    for trigger, of in (
        (name, table),
        (f"{name}_changed", table),
        (f"{name}_kept", target),
        (f"{name}_filled", target),
    ):
        op.execute(f"DROP TRIGGER {trigger} ON {of}")
        op.execute(f"DROP FUNCTION {trigger}()")
    op.create_foreign_key(op.f(name), table, target, [column], ["id"])


def _make_identities_anew(digest: sa.Column[str], kept: str, **options: bool) -> None:
    """Make the table anew, and carry the hashes over."""
    op.execute("CREATE TABLE trainee_identity_kept AS SELECT * FROM trainee_identity")
    op.drop_table("trainee_identity")
    op.create_table(
        "trainee_identity",
        digest,
        sa.Column("trainee_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("digest", "trainee_id", name=op.f("pk_trainee_identity")),
        **options,
    )
    op.execute(
        "INSERT INTO trainee_identity (digest, trainee_id, kind, key_id)"  # noqa: S608 - our own
        f" SELECT {kept}, trainee_id, kind, key_id FROM trainee_identity_kept ORDER BY 1, 2"
    )
    op.drop_table("trainee_identity_kept")
    op.create_index(op.f("ix_trainee_identity_trainee_id"), "trainee_identity", ["trainee_id"])


def _digest() -> sa.Column[str]:
    """128 bits, which PostgreSQL keeps and compares as it does an id."""
    kept = sa.CHAR(length=32).with_variant(postgresql.UUID(), "postgresql")
    return sa.Column("digest", kept, nullable=False)


def _half() -> str:
    half = "substr(digest, 1, 32)"
    return f"{half}::uuid" if _is_postgresql() else half


def _whole_digest() -> sa.Column[str]:
    kept = sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql")
    return sa.Column("digest", kept, nullable=False)
