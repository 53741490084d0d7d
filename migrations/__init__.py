"""Alembic revisions; an installed wheel carries them as `registry.migrations`."""
