"""What `/goals` takes and answers."""

from __future__ import annotations

from registry.core import fields as f
from registry.core.fields import Input, Output
from registry.core.paging import PageOf
from registry.goals.models import KINDS, UNITS
from registry.goals.observation_schemas import ObservationRead
from registry.statistics.catalogue import dimensions
from registry.statistics.models import LEDGERS
from registry.statistics.schemas import (
    MOST_DIMENSIONS,
    POINT,
    AsOfQuery,
    PublishedPointRead,
    StatisticsRead,
)  # fmt: skip

STALE = "the day from which no reported figure is fresh; null while one is, or if records feed it"
PROVISIONAL = "until 31 March of the next year or a release marks it final, or as it was reported"
BY = tuple(dict.fromkeys(name for dataset in LEDGERS for name in dimensions(dataset)))
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
    stale_since = f.Day(allow_none=True, metadata={"description": STALE})
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
    """Where a goal stands; of a reported goal `ratio` is the share gone of the way to its target."""

    year = f.Count()
    actual = f.Figure(allow_none=True)
    target = f.Figure(allow_none=True)
    ratio = f.Ratio(allow_none=True)
    expected_to_date = f.Figure(allow_none=True)
    status = f.Choice(STATUSES)
    remaining = f.Figure(allow_none=True)
    needed_per_month = f.Figure(allow_none=True)
    provisional = f.Flag()
    projection = f.Figure(allow_none=True)
    projection_reason = f.Text(allow_none=True)


class YearRead(Output):
    """One year of a goal; a cumulative goal's actual is the running total."""

    year = f.Count()
    actual = f.Figure()
    target = f.Figure(allow_none=True)
    met = f.Flag(allow_none=True)
    source = f.Choice(("opening", "registry", "observation"))
    provisional = f.Flag(metadata={"description": PROVISIONAL})


class PointRead(Output):
    """What is due at the end of a day."""

    due = f.Day()
    value = f.Figure()


class PathRead(Output):
    """The path to what is promised: straight lines from the origin through the points."""

    starts_on = f.Day()
    origin = f.Figure(metadata={"description": "the value on the eve of its first day"})
    baseline_year = f.Count(allow_none=True)
    points = f.Many(f.Part(PointRead))
    expected_ratio = f.Ratio(
        allow_none=True, metadata={"description": "the share of the way that should be gone by now"}
    )
    note = f.Text(allow_none=True)
    note_en = f.Text(allow_none=True)


class ProjectionRead(Output):
    """Where the goal will end if it goes on so, or the reason why that is not said."""

    value = f.Figure(allow_none=True)
    low = f.Figure(allow_none=True)
    high = f.Figure(allow_none=True)
    level = f.Ratio(allow_none=True, metadata={"description": "of the interval from low to high"})
    method = f.Choice(("seasonal-share", "drift"), allow_none=True)
    years = f.Many(f.Count(), metadata={"description": "the full years it rests on"})
    reason_code = f.Text(allow_none=True)
    reason = f.Text(allow_none=True)
    reason_en = f.Text(allow_none=True)


class ProgressRead(Output):
    """How far a goal is, as known at a revision."""

    goal = f.Code()
    kind = f.Choice(KINDS)
    unit = f.Choice(UNITS)
    direction = f.Choice(("up", "down"))
    rule = f.Text(allow_none=True)
    as_of = f.MomentText()
    revision = f.Count()
    settled = f.Flag()
    publication = f.Part(PublishedPointRead, allow_none=True, metadata={"description": POINT})
    current = f.Part(CurrentRead)
    series = f.Many(f.Part(YearRead))
    path = f.Part(PathRead, allow_none=True)
    projection = f.Part(ProjectionRead)
    observation = f.Part(ObservationRead, allow_none=True)
    stale_since = f.Day(allow_none=True, metadata={"description": STALE})


class ContributionsQuery(AsOfQuery):
    """How the figure is broken down; `by` may name what the goal's dataset has."""

    by = f.Choices(BY, most=MOST_DIMENSIONS, load_default=())
    labels = f.Choice(("ko", "en"), load_default=None)


class ContributionsRead(StatisticsRead):
    """The cells behind a goal's current figure, as a statistic; they sum to it, less an opening."""

    goal = f.Code()
