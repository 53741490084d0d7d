"""Marshmallow fields that are strict, bounded, and speak in codes of the problem catalogue.

The stock fields round decimals, truncate 1.9 to 1, take 10**30, NUL characters and naive moments.
"""

from registry.core.fields.base import Coded, Many, Open, Part, flawed, flawed_at
from registry.core.fields.identifiers import (
    BusinessNumber,
    CorporateNumber,
    Email,
    Identifier,
    Mobile,
)
from registry.core.fields.numbers import (
    MAX_WON,
    Count,
    DecimalText,
    Figure,
    Flag,
    QueryCount,
    QueryFlag,
    Ratio,
    Won,
    plain_decimal,
)
from registry.core.fields.schemas import (
    Input,
    Output,
    declared_names,
    flaws_of,
    named,
    ready,
)
from registry.core.fields.texts import Choice, Choices, Code, Text
from registry.core.fields.times import (
    EARLIEST_YEAR,
    LATEST_YEAR,
    AsOf,
    Day,
    MomentText,
    Month,
    rfc3339,
)

__all__ = [
    "EARLIEST_YEAR",
    "LATEST_YEAR",
    "MAX_WON",
    "AsOf",
    "BusinessNumber",
    "Choice",
    "Choices",
    "Code",
    "Coded",
    "CorporateNumber",
    "Count",
    "Day",
    "DecimalText",
    "Email",
    "Figure",
    "Flag",
    "Identifier",
    "Input",
    "Many",
    "Mobile",
    "MomentText",
    "Month",
    "Open",
    "Output",
    "Part",
    "QueryCount",
    "QueryFlag",
    "Ratio",
    "Text",
    "Won",
    "declared_names",
    "flawed",
    "flawed_at",
    "flaws_of",
    "named",
    "plain_decimal",
    "ready",
    "rfc3339",
]
