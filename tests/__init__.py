"""The suite: through the public door first, on SQLite and PostgreSQL alike."""
