"""Alembic's environment: the engine comes from the caller, the metadata from every feature."""

from alembic import context

from registry.tables import metadata

SETTINGS = "SET lock_timeout = '5s';\nSET statement_timeout = '60s'"


def run() -> None:
    """Run the migrations on the connection the caller handed over, or print their SQL."""
    options = {"target_metadata": metadata, "compare_type": True, "render_as_batch": False}
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", literal_binds=True, **options)
        context.execute(SETTINGS)
        with context.begin_transaction():
            context.run_migrations()
        return
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, transaction_per_migration=False, **options)
    context.run_migrations()


run()
