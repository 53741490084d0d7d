"""Why a row of enrolments cannot be taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

REQUIRED = ("programme_code", "trainee.birth_date", "enrolled_on")
PERSON = "trainee."


class Refused(Exception):  # noqa: N818 - a verdict
    """A row cannot be taken: its field, the code, the facts."""

    def __init__(self, at: str | None, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.at, self.code, self.facts = at, code, facts


def wrong_order(enrolled_on: date, status_on: date) -> Refused | None:
    """The refusal of a status before its enrolment."""
    if status_on >= enrolled_on:
        return None
    return Refused("status_on", "date-order", earlier="enrolled_on", later="status_on")


def check_order(enrolled_on: date, status_on: date) -> None:
    """Refuse a status before its enrolment. Raises Refused."""
    refusal = wrong_order(enrolled_on, status_on)
    if refusal is not None:
        raise refusal
