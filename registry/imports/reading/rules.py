"""Each column's rule is the field of the API's own schema, so that file and API judge alike."""

from __future__ import annotations

from functools import cache
from typing import Any

import marshmallow as ma

from registry.core import fields as f
from registry.core.fields import ready
from registry.investments.schemas import InvestmentCreate, TransactionCreate
from registry.investments.startup_schemas import StartupCreate, StartupPatch
from registry.trainees.enrolment_schemas import EnrolmentCreate
from registry.trainees.schemas import ProgrammeCreate

SCHEMAS: dict[str, tuple[type[ma.Schema], ...]] = {
    "enrolments": (EnrolmentCreate,),
    "programmes": (ProgrammeCreate,),
    "startups": (StartupCreate, StartupPatch),
    "investments": (InvestmentCreate,),
    "transactions": (TransactionCreate,),
}
# What the API takes from the address, a file takes from a column.
_FROM_ADDRESS: dict[tuple[str, str], ma.fields.Field[Any]] = {
    ("transactions", "investment_external_id"): f.Text(longest=100),
    ("transactions", "investment_id"): f.Identifier(),
}


@cache
def rule_of(dataset: str, name: str) -> ma.fields.Field[Any]:
    """The field that judges a column's values. Raises KeyError if the API has none such."""
    if (dataset, name) in _FROM_ADDRESS:
        return _FROM_ADDRESS[dataset, name]
    for schema in SCHEMAS[dataset]:
        found = _inside(ready(schema), name)
        if found is not None:
            return found
    raise KeyError(name)


def _inside(schema: ma.Schema, path: str) -> ma.fields.Field[Any] | None:
    first, _, rest = path.partition(".")
    found = schema.fields.get(first)
    if rest and isinstance(found, ma.fields.Nested):
        return _inside(found.schema, rest)
    return found
