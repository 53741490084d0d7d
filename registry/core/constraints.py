"""The database's last word: its refusals as the registry's, by the constraint's name."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from registry.core.problems import DomainError
from registry.core.types import Base

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BUSY_STATES = {"55P03", "57014", "40001", "40P01", "25P03", "53300", "57P01", "57P03", "08006"}
DISK_FULL, FULL_NAMES = "53100", {"SQLITE_FULL", "SQLITE_IOERR_WRITE"}


@contextmanager
def translated() -> Iterator[None]:
    """Turn the database's refusals into the registry's: constraints by name, busy into 503."""
    try:
        yield
    except IntegrityError as error:
        name = constraint_of(error)
        raise DomainError(_refusal(name), constraint=name) from error
    except PoolTimeout as error:
        raise DomainError("busy") from error
    except (OperationalError, DBAPIError) as error:
        if _is_busy(error):
            raise DomainError("busy") from error
        if _is_full(error):
            raise DomainError("storage-full") from error
        raise


def constraint_of(error: IntegrityError) -> str:
    """The violated constraint's name; SQLite tells its columns, which have the same name here."""
    diagnostics = getattr(error.orig, "diag", None)
    if diagnostics is not None:
        return diagnostics.constraint_name or ""
    told = str(error.orig).rpartition(": ")[2]
    table, _, _ = told.partition(".")
    columns = [place.rpartition(".")[2] for place in told.split(", ")]
    return _unique_of(table, columns) or told


def _unique_of(table: str, columns: Sequence[str]) -> str | None:
    found = Base.metadata.tables.get(table)
    if found is None:
        return None
    uniques: list[Any] = [c for c in found.constraints if isinstance(c, UniqueConstraint)]
    uniques += [index for index in found.indexes if index.unique]
    return next((str(u.name) for u in uniques if [c.name for c in u.columns] == columns), None)


# What the services look for first; this is the database's last word on it.
_REFUSALS = {
    "uq_investment_deal": "duplicate-investment",
    "uq_investment_transaction_reverses_id": "already-reversed",
    "uq_startup_identifier_kind_value": "identifier-conflict",
    "uq_organisation_code": "code-taken",
    "uq_programme_organisation_id_code": "code-taken",
}


def _refusal(constraint: str) -> str:
    if constraint.endswith("_external_id"):
        return "external-id-taken"
    return _REFUSALS.get(constraint, "conflict")


def _is_full(error: DBAPIError) -> bool:
    """Whether the database has no room left."""
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorname", "") in FULL_NAMES
    return getattr(error.orig, "sqlstate", None) == DISK_FULL


def _is_busy(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(error.orig, sqlite3.Error):
        name = getattr(error.orig, "sqlite_errorname", "")
        return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    if state is None:  # the server could not be reached, or hung up
        return error.connection_invalidated or isinstance(error, OperationalError)
    return error.connection_invalidated or state in BUSY_STATES
