"""What `/statistics` and `/rules` take and answer."""

from __future__ import annotations

from registry.core import fields as f
from registry.core.fields import Input, Output
from registry.core.paging import PageOf
from registry.core.sheets import bom_field, format_field
from registry.statistics.catalogue import dimensions
from registry.statistics.formats import KINDS
from registry.statistics.models import LEDGERS
from registry.statistics.protection.models import KINDS as POINTS

QUARTER = "[12][0-9]{3}-Q[1-4]"
MOST_DIMENSIONS = 4
POINT = "of published figures the point they are of; null of exact and of live ones"
BIGGEST = 10**18  # won; a refund in a later year makes a figure negative


class AsOfQuery(Input):
    """What was known when: a date or moment, or a revision; neither is now."""

    as_of = f.AsOf(load_default=None)
    revision = f.QueryCount(1, 2**62, load_default=None)


class StatisticsQuery(AsOfQuery):
    """What a question of any dataset may say; every dimension is a filter and may be repeated."""

    from_ = f.Month(data_key="from", load_default=None)
    to = f.Month(load_default=None)
    organisation = f.Many(f.Code())
    field = f.Many(f.Code())
    district = f.Many(f.Code())
    zone = f.Many(f.Code())
    year = f.Many(f.QueryCount(f.EARLIEST_YEAR, f.LATEST_YEAR), most=200)
    quarter = f.Many(f.Text(longest=7, pattern=QUARTER), most=200)
    month = f.Many(f.Month(), most=200)
    zone_scheme = f.Code(load_default=None)
    zeros = f.QueryFlag(load_default=False)
    labels = f.Choice(("ko", "en"), load_default=None)
    format = format_field(KINDS)
    bom = bom_field()


class TraineesQuery(StatisticsQuery):
    """A question for people in training."""

    measure = f.Choice(LEDGERS["trainees"].measures, required=True)
    by = f.Choices(dimensions("trainees"), most=MOST_DIMENSIONS, load_default=())
    programme_kind = f.Many(f.Code())


class InvestmentsQuery(StatisticsQuery):
    """A question for money into start-ups."""

    measure = f.Choice(LEDGERS["investments"].measures, required=True)
    by = f.Choices(dimensions("investments"), most=MOST_DIMENSIONS, load_default=())
    instrument = f.Many(f.Code())
    round = f.Many(f.Code())
    investor_kind = f.Many(f.Code())
    channel = f.Many(f.Code())


class PublishedPointRead(Output):
    """The point at which figures were published for everybody."""

    id = f.Identifier()
    kind = f.Choice(POINTS)
    month = f.Month(allow_none=True, metadata={"description": "of a month's end"})
    revision = f.Count(metadata={"description": "the revision whose figures it shows"})
    as_of = f.MomentText(metadata={"description": "the moment whose figures it shows"})
    published_at = f.MomentText()


class WithheldRead(Output):
    """A published table of which no cell of a year is shown."""

    table = f.Code()
    year = f.Count()


class StatisticsRead(Output):
    """Figures, and all that says what they are."""

    dataset = f.Code()
    measure = f.Code()
    unit = f.Code()
    rule = f.Text()
    by = f.Many(f.Code())
    filters = f.Open()
    zone_scheme = f.Code()
    view = f.Choice(("exact", "public"))
    as_of = f.MomentText()
    revision = f.Count()
    settled = f.Flag(metadata={"description": "whether this answer can never change"})
    provisional = f.Flag(metadata={"description": "whether outcomes are still coming in"})
    publication = f.Part(PublishedPointRead, allow_none=True, metadata={"description": POINT})
    withheld = f.Many(f.Part(WithheldRead), metadata={"description": "what is not shown at all"})
    cells = f.Many(f.Open())
    total = f.Count(-BIGGEST, BIGGEST, allow_none=True)
    suppressed = f.Flag(metadata={"description": "whether the total is hidden"})


class JsonStatRead(Output):
    """The same figures as a JSON-stat 2.0 dataset, with `format=jsonstat`."""

    version = f.Text()
    class_ = f.Text(data_key="class")
    label = f.Text()
    source = f.Text()
    updated = f.MomentText()
    id = f.Many(f.Text())
    size = f.Many(f.Count())
    role = f.Open()
    dimension = f.Open()
    value = f.Open(metadata={"description": "by position in row-major order; absent is zero"})
    extension = f.Open(metadata={"description": "revision, as_of, rule, view, unit, filters …"})


class Named(Output):
    """A code with both names."""

    code = f.Code()
    name = f.Text()
    name_en = f.Text()


class MeasureRead(Named):
    """A measure; everybody may see the totals of a headline."""

    unit = f.Code()
    unit_of_years = f.Code(metadata={"description": "the unit of a total over several years"})
    headline = f.Flag()


class DimensionRead(Named):
    """A dimension and the code list of its codes."""

    codes = f.Code(allow_none=True)


class DatasetRead(Output):
    """A dataset with what can be asked of it."""

    dataset = f.Code()
    name = f.Text()
    name_en = f.Text()
    rule = f.Text()
    measures = f.Many(f.Part(MeasureRead))
    dimensions = f.Many(f.Part(DimensionRead))
    exclusions = f.Many(
        f.Part(Named),
        metadata={"description": "why a record may not count, the first that applies being told"},
    )


class TableRead(Named):
    """A published table: what everybody may ask, and roll up."""

    dataset = f.Code()
    measure = f.Code()
    by = f.Many(f.Code())
    zone_scheme = f.Code(allow_none=True)


class DatasetListRead(Output):
    """All that can be asked."""

    items = f.Many(f.Part(DatasetRead))
    published_tables = f.Many(
        f.Part(TableRead),
        metadata={"description": "what the public view answers besides headlines"},
    )
    zone_scheme = f.Code(metadata={"description": "the scheme meant when none is named"})


class PublicationRead(PublishedPointRead):
    """A point, under which thresholds its cells were hidden, and the digest of what it stored."""

    limits = f.Open()
    digest = f.Text()


class PublicationPage(PageOf):
    """A page of points."""

    items = f.Many(f.Part(PublicationRead))


class StatementRead(Output):
    """One sentence of a rule."""

    text = f.Text()
    text_en = f.Text()


class ProtectionRead(Output):
    """How the published figures are protected, and what is not promised."""

    title = f.Text()
    title_en = f.Text()
    statements = f.Many(f.Part(StatementRead))
    not_promised = f.Many(f.Part(StatementRead))
    sources = f.Many(f.Text())
    limits = f.Open(metadata={"description": "the thresholds in force"})


class RuleRead(Output):
    """A counting rule in plain words, with its parameters at a revision."""

    rule = f.Text()
    dataset = f.Code()
    number = f.Count()
    in_force = f.Flag()
    title = f.Text()
    title_en = f.Text()
    statements = f.Many(f.Part(StatementRead))
    parameters = f.Open()
    as_of = f.MomentText()
    revision = f.Count()
    settled = f.Flag()
