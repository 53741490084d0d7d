"""What `/goals/{code}/observations` and `/goals/{code}/targets` take and answer."""

from __future__ import annotations

from registry.core import fields as f
from registry.core.fields import Input, Output
from registry.core.paging import PageOf, PageQuery
from registry.goals.models import UNITS
from registry.goals.periods import PERIOD
from registry.statistics.schemas import AsOfQuery

HTTPS = r"https://[A-Za-z0-9][A-Za-z0-9.\-]*(:[0-9]{1,5})?([/?#][!-;=?-~]*)?"
VALUE = "in the goal's unit: per cent with at most two decimals, whole won, a whole rank"


class ObservationCreate(Input):
    """A reported figure of one period."""

    period = f.Text(
        longest=7, shortest=4, pattern=PERIOD, required=True,
        metadata={"description": "2025, 2025-H1, 2025-Q3 or 2025-09; of a goal in won a year"},
    )  # fmt: skip
    value = f.Figure(required=True, metadata={"description": VALUE})
    provisional = f.Flag(
        load_default=True, metadata={"description": "false once the figure is final"}
    )
    source = f.Text(longest=500, personal=True, required=True)
    evidence_url = f.Text(longest=500, pattern=HTTPS, load_default=None, allow_none=True)
    note = f.Text(longest=2000, multiline=True, personal=True, load_default=None, allow_none=True)


class ObservationRead(Output):
    """A reported figure; one that was superseded stays as it was."""

    id = f.Identifier()
    goal = f.Code()
    period = f.Text()
    period_start = f.Day()
    period_end = f.Day()
    unit = f.Choice(UNITS)
    value = f.Figure()
    provisional = f.Flag()
    source = f.Text()
    evidence_url = f.Text(allow_none=True)
    note = f.Text(allow_none=True)
    superseded_by = f.Identifier(
        allow_none=True,
        metadata={"description": "the observation of the same period that counts instead"},
    )
    created_revision = f.Count(metadata={"description": "the revision that entered it"})
    version = f.Count()


class ObservationFilter(PageQuery, AsOfQuery):
    """Which observations of a goal are asked for."""

    period = f.Text(longest=7, shortest=4, pattern=PERIOD, load_default=None)
    latest = f.QueryFlag(
        load_default=False, metadata={"description": "only the one of each period that counts"}
    )


class ObservationPage(PageOf):
    """A page of observations, all versions of them unless asked otherwise."""

    items = f.Many(f.Part(ObservationRead))


class TargetSet(Input):
    """A promise for one year of a goal's path; null takes it back."""

    year = f.Count(f.EARLIEST_YEAR, f.LATEST_YEAR, required=True)
    value = f.Figure(required=True, allow_none=True, metadata={"description": VALUE})
    reason = f.Text(longest=500, personal=True, load_default=None)


class TargetRead(Output):
    """What is promised for the end of one year, null if that was taken back."""

    goal = f.Code()
    year = f.Count()
    value = f.Figure(allow_none=True)
    version = f.Count()


class YearTargetRead(Output):
    """What is promised for the end of one year."""

    year = f.Count()
    value = f.Figure()


class TargetListRead(Output):
    """What is promised for single years of a goal's path, besides its end."""

    items = f.Many(f.Part(YearTargetRead))
