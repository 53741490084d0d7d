"""What `/goals` takes and answers."""

from __future__ import annotations

from registry.core import fields as f
from registry.core.fields import Input, Output
from registry.core.paging import PageOf
from registry.goals.models import KINDS, UNITS
from registry.statistics.schemas import BIGGEST

STATUSES = ("ahead", "on_track", "behind", "achieved", "no_data")


class GoalRead(Output):
    """A goal; the registry feeds it if it names a dataset and a measure."""

    id = f.Identifier()
    code = f.Code()
    name = f.Text()
    name_en = f.Text()
    unit = f.Choice(UNITS)
    kind = f.Choice(KINDS)
    direction = f.Choice(("up", "down"))
    dataset = f.Code(allow_none=True)
    measure = f.Code(allow_none=True)
    baseline_year = f.Count(allow_none=True)
    baseline = f.Won(smallest=0, allow_none=True)
    opening = f.Won(smallest=0, allow_none=True)
    counts_from_year = f.Count(allow_none=True)
    starts_on = f.Day(metadata={"description": "the announcement; a cumulative path begins here"})
    end_year = f.Count()
    annual_target = f.Won(smallest=0, allow_none=True)
    total_target = f.Won(smallest=0, allow_none=True)
    source = f.Text()
    version = f.Count()


class GoalPage(PageOf):
    """A page of goals."""

    items = f.Many(f.Part(GoalRead))


class GoalPatch(Input):
    """A change of a goal; what was promised before stays readable at earlier revisions."""

    name = f.Text()
    name_en = f.Text()
    baseline_year = f.Count(f.EARLIEST_YEAR, f.LATEST_YEAR, allow_none=True)
    baseline = f.Won(smallest=0, allow_none=True)
    opening = f.Won(smallest=0, allow_none=True)
    counts_from_year = f.Count(f.EARLIEST_YEAR, f.LATEST_YEAR, allow_none=True)
    starts_on = f.Day()
    end_year = f.Count(f.EARLIEST_YEAR, f.LATEST_YEAR)
    annual_target = f.Won(allow_none=True)
    total_target = f.Won(allow_none=True)
    source = f.Text(longest=500)
    reason = f.Text(longest=500, personal=True, load_default=None)


class CurrentRead(Output):
    """Where a goal stands."""

    year = f.Count()
    actual = f.Count(-BIGGEST, BIGGEST)
    target = f.Count(0, BIGGEST, allow_none=True)
    ratio = f.Ratio(allow_none=True)
    expected_to_date = f.Count(0, BIGGEST, allow_none=True)
    status = f.Choice(STATUSES)
    remaining = f.Count(0, BIGGEST, allow_none=True)
    needed_per_month = f.Count(0, BIGGEST, allow_none=True)
    provisional = f.Flag()
    projection = f.Count(0, BIGGEST, allow_none=True)
    projection_reason = f.Text(allow_none=True)


class YearRead(Output):
    """One year of a goal; a cumulative goal's actual is the running total."""

    year = f.Count()
    actual = f.Count(-BIGGEST, BIGGEST)
    target = f.Count(0, BIGGEST, allow_none=True)
    met = f.Flag(allow_none=True)
    source = f.Choice(("opening", "registry"))


class ProgressRead(Output):
    """How far a goal is, as known at a revision."""

    goal = f.Code()
    kind = f.Choice(KINDS)
    unit = f.Choice(UNITS)
    direction = f.Choice(("up", "down"))
    rule = f.Text()
    as_of = f.MomentText()
    revision = f.Count()
    settled = f.Flag()
    current = f.Part(CurrentRead)
    series = f.Many(f.Part(YearRead))
