"""The statements and the shape that the hand-written rivals share."""

from __future__ import annotations

import os
from datetime import date
from typing import Any
from uuid import UUID

import uuid_utils.compat

CONNECTION = os.environ["BENCH_DATABASE"]  # as libpq writes it

ENROLMENTS = """
    SELECT e.id, o.code AS organisation, e.external_id, p.code AS programme_code, e.trainee_id,
        e.enrolled_on, e.status, e.status_on, e.employed_on, e.employer_district_code,
        e.voided AS void, e.void_reason, e.version
    FROM enrolment e
    JOIN programme p ON p.id = e.programme_id
    JOIN organisation o ON o.id = p.organisation_id
"""
ONE = ENROLMENTS + " WHERE e.id = %s"
MANY = ENROLMENTS + " ORDER BY e.id LIMIT %s"
ENROL = """
    INSERT INTO bench_enrolment (id, organisation_id, programme_id, trainee_id, external_id,
        enrolled_on, status, status_on, employed_on, employer_district_code, employment_deadline,
        voided, void_reason, created_revision, created_row, revision, version)
    SELECT %(id)s, p.organisation_id, p.id, %(trainee_id)s, NULL, %(enrolled_on)s, %(status)s,
        %(status_on)s, NULL, NULL, %(status_on)s, false, NULL, 1, 1, 1, 1
    FROM programme p WHERE p.code = %(programme_code)s
"""
PAY = """
    INSERT INTO bench_transaction (id, organisation_id, investment_id, external_id, kind, sign,
        effective_on, amount_krw, currency, opening, created_revision, created_row, revision,
        version)
    SELECT %(id)s, i.organisation_id, i.id, NULL, %(kind)s, 1, %(effective_on)s, %(amount_krw)s,
        'KRW', false, 1, 1, 1, 1
    FROM investment i WHERE i.id = %(investment_id)s
"""


def shaped(row: dict[str, Any]) -> dict[str, Any]:
    """A selected enrolment as the registry answers it."""
    return {
        "id": row["id"], "organisation": row["organisation"], "external_id": row["external_id"],
        "programme_code": row["programme_code"], "trainee": {"id": row["trainee_id"]},
        "enrolled_on": row["enrolled_on"], "status": row["status"],
        "status_on": row["status_on"],
        "outcome": {
            "employed_on": row["employed_on"],
            "employer_district_code": row["employer_district_code"],
        },
        "void": row["void"], "void_reason": row["void_reason"], "version": row["version"],
    }  # fmt: skip


def plain(value: object) -> str:
    """What JSON has no form for."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value))


def new_id() -> UUID:
    """An identifier as the registry makes them."""
    return uuid_utils.compat.uuid7()
