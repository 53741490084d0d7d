"""What `/trainees`, `/trainee-duplicates` and `/trainee-links` take and answer."""

from __future__ import annotations

from registry.core import fields as f
from registry.core.fields import Input, Output
from registry.core.paging import MOST, PageOf, PageQuery
from registry.trainees.enrolment_schemas import person_name
from registry.trainees.models import STATUSES


class TraineePatch(Input):
    """A correction of your own record of a person."""

    external_id = f.Text(longest=100, personal=True, allow_none=True)
    name = person_name()
    birth_date = f.Day()
    mobile = f.Mobile(allow_none=True)
    email = f.Email(allow_none=True)
    reason = f.Text(longest=500, personal=True, load_default=None, allow_none=True)


class TraineeWritten(Output):
    """A trainee after a write, without personal values."""

    id = f.Identifier()
    version = f.Count()


class TraineeRead(Output):
    """A trainee with the personal values."""

    id = f.Identifier()
    organisation = f.Code()
    external_id = f.Text(allow_none=True)
    name = f.Text(allow_none=True)
    birth_date = f.Text(allow_none=True, metadata={"format": "date"})
    mobile = f.Text(allow_none=True)
    email = f.Text(allow_none=True)
    version = f.Count()


class TraineeSearch(Input):
    """Whom to look for: the exact name and birth date, and the mobile to be sure."""

    name = person_name(required=True)
    birth_date = f.Day(required=True)
    mobile = f.Mobile(load_default=None, allow_none=True)


class TraineesFound(Output):
    """The trainees of that name and birth date, at most 500."""

    items = f.Many(f.Part(TraineeRead), most=MOST)


class SideEnrolment(Output):
    """An enrolment of one side."""

    id = f.Identifier()
    programme_code = f.Code()
    enrolled_on = f.Day()
    status = f.Choice(STATUSES)
    status_on = f.Day()


class SideRead(Output):
    """One record of a pair; personal values only where they are asked for."""

    id = f.Identifier()
    organisation = f.Code()
    external_id = f.Text(allow_none=True)
    name = f.Text(allow_none=True)
    birth_date = f.Text(allow_none=True, metadata={"format": "date"})
    mobile = f.Text(allow_none=True)
    email = f.Text(allow_none=True)
    enrolments = f.Many(f.Part(SideEnrolment))


class OverlapRead(Output):
    """Two enrolments, one of each record, that take place at the same time."""

    enrolment_ids = f.Many(f.Identifier())
    programme_codes = f.Many(f.Code())
    same_programme = f.Flag()
    from_ = f.Day(data_key="from", attribute="from")
    to = f.Day(allow_none=True)


class DuplicateRead(Output):
    """Two records that may be one person, side by side."""

    id = f.Identifier()
    state = f.Choice(("open", "merged", "dismissed"))
    trainee_a = f.Part(SideRead)
    trainee_b = f.Part(SideRead)
    overlaps = f.Many(f.Part(OverlapRead))
    version = f.Count()


class DuplicatePage(PageOf):
    """A page of possible duplicates."""

    items = f.Many(f.Part(DuplicateRead))


class DuplicateFilter(PageQuery):
    """Which pairs to list; those to be decided unless asked otherwise."""

    state = f.Choice(("open", "dismissed"), load_default="open")


class DuplicateDecided(Output):
    """A possible duplicate after a decision, without personal values."""

    id = f.Identifier()
    state = f.Choice(("open", "merged", "dismissed"))
    link_id = f.Identifier(allow_none=True)
    trainee_a_id = f.Identifier()
    trainee_b_id = f.Identifier()
    version = f.Count()


class LinkFilter(PageQuery):
    """Which links to list."""

    trainee_id = f.Identifier(load_default=None)
    origin = f.Choice(("identity", "decision"), load_default=None)
    undone = f.QueryFlag(load_default=None)
    expand = f.Choice(("trainee",), load_default=None)


class LinkUndone(Output):
    """A link after it was undone."""

    id = f.Identifier()
    origin = f.Choice(("identity", "decision"))
    undone = f.Flag()
    trainee_a_id = f.Identifier()
    trainee_b_id = f.Identifier()
    version = f.Count()


class LinkRead(Output):
    """A link between two records: by equal identity, or by the city's decision."""

    id = f.Identifier()
    origin = f.Choice(("identity", "decision"))
    undone = f.Flag()
    trainee_a = f.Part(SideRead)
    trainee_b = f.Part(SideRead)
    overlaps = f.Many(f.Part(OverlapRead))
    version = f.Count()


class LinkPage(PageOf):
    """A page of links."""

    items = f.Many(f.Part(LinkRead))
