"""What `/statistics/{dataset}/records` and `…/changes` take and answer."""

from __future__ import annotations

from registry.core import fields as f
from registry.core.fields import Input, Output
from registry.core.paging import CursorQuery, PageOf
from registry.statistics.schemas import BIGGEST, InvestmentsQuery, Named, TraineesQuery

ORDERS = ("id", "month", "value", "revision")
SORTS = tuple(f"{sign}{order}" for order in ORDERS for sign in ("", "-"))
FORMATS = ("json", "csv")
EXCLUDED = "the records that match the filters and do not count, each with the reason"


class RecordsQuery(CursorQuery):
    """How the records behind a figure are listed; without a revision all pages are of one."""

    excluded = f.QueryFlag(load_default=False, metadata={"description": EXCLUDED})
    sort = f.Choice(SORTS, load_default="id")
    format = f.Choice(FORMATS, load_default=None)


class TraineesRecordsQuery(RecordsQuery, TraineesQuery):
    """A question for the enrolments behind a figure."""

    class Meta(Input.Meta):
        """Records are not grouped."""

        exclude = ("by", "zeros", "labels")


class InvestmentsRecordsQuery(RecordsQuery, InvestmentsQuery):
    """A question for the transactions or deals behind a figure."""

    class Meta(Input.Meta):
        """Records are not grouped."""

        exclude = ("by", "zeros", "labels")


class ChangesQuery(Input):
    """Between which two revisions, or instants; without an end, until now."""

    from_revision = f.QueryCount(1, 2**62, load_default=None)
    to_revision = f.QueryCount(1, 2**62, load_default=None)
    from_as_of = f.AsOf(load_default=None)
    to_as_of = f.AsOf(load_default=None)
    format = f.Choice(FORMATS, load_default=None)


class TraineesChangesQuery(ChangesQuery, TraineesQuery):
    """A question for what moved a figure of people."""

    class Meta(Input.Meta):
        """It has two instants instead of one."""

        exclude = ("as_of", "revision", "zeros", "labels")


class InvestmentsChangesQuery(ChangesQuery, InvestmentsQuery):
    """A question for what moved a figure of money."""

    class Meta(Input.Meta):
        """It has two instants instead of one."""

        exclude = ("as_of", "revision", "zeros", "labels")


class RecordPosting(Output):
    """One posting of a record to the measure, up to the instant asked about."""

    revision = f.Count()
    value = f.Count(-BIGGEST, BIGGEST)


class RecordRead(Output):
    """A record behind a figure: where and when it counts, how much, and since which revision."""

    id = f.Identifier()
    kind = f.Code(metadata={"description": "enrolment, transaction or investment"})
    date = f.Day()
    organisation = f.Code()
    field = f.Code()
    district = f.Code()
    zone = f.Code()
    year = f.Count()
    quarter = f.Text()
    month = f.Text()
    value = f.Count(-BIGGEST, BIGGEST, metadata={"description": "its contribution"})
    revision = f.Count(
        allow_none=True, metadata={"description": "that last posted it; null if none ever did"}
    )
    postings = f.Many(f.Part(RecordPosting))
    reason = f.Part(
        Named, allow_none=True, metadata={"description": "why it does not count, if it does not"}
    )


class TraineesRecordRead(RecordRead):
    """An enrolment behind a figure."""

    programme_kind = f.Code()


class InvestmentsRecordRead(RecordRead):
    """A transaction or an investment behind a figure."""

    investment_id = f.Identifier()
    instrument = f.Code()
    round = f.Code()
    investor_kind = f.Code()
    channel = f.Code()


class OthersRead(Output):
    """Records of organisations the asker does not see: how many, and what they contribute."""

    records = f.Count()
    value = f.Count(-BIGGEST, BIGGEST)


class RecordsRead(PageOf):
    """Records behind a figure; `total` is the figure, the contributions of all of them."""

    dataset = f.Code()
    measure = f.Code()
    unit = f.Code()
    rule = f.Text()
    filters = f.Open()
    zone_scheme = f.Code()
    excluded = f.Flag()
    as_of = f.MomentText()
    revision = f.Count()
    settled = f.Flag()
    records = f.Count(metadata={"description": "how many there are in all, others' included"})
    total = f.Count(-BIGGEST, BIGGEST)
    others = f.Part(OthersRead)


class TraineesRecordsRead(RecordsRead):
    """Enrolments behind a figure."""

    items = f.Many(f.Part(TraineesRecordRead))


class InvestmentsRecordsRead(RecordsRead):
    """Transactions or investments behind a figure."""

    items = f.Many(f.Part(InvestmentsRecordRead))


class KnownAt(Output):
    """A figure as known at an instant."""

    as_of = f.MomentText()
    revision = f.Count()
    settled = f.Flag()
    total = f.Count(-BIGGEST, BIGGEST)


class ChangesRead(Output):
    """What was posted between two revisions, by act and by whose figures it moved."""

    dataset = f.Code()
    measure = f.Code()
    unit = f.Code()
    rule = f.Text()
    by = f.Many(f.Code())
    filters = f.Open()
    zone_scheme = f.Code()
    from_ = f.Part(KnownAt, data_key="from")
    to = f.Part(KnownAt)
    items = f.Many(f.Open())
    difference = f.Count(-BIGGEST, BIGGEST, metadata={"description": "the sum of the items"})
