"""What `/revisions` takes and answers."""

from __future__ import annotations

from registry.core import fields as f
from registry.core.fields import Output
from registry.core.paging import CursorQuery, PageOf


class RevisionFilter(CursorQuery):
    """Which revisions to list; the dates are Seoul's."""

    sort = f.Choice(("number", "-number"), load_default="number")
    action = f.Text(longest=64, load_default=None)
    organisation_id = f.Identifier(load_default=None)
    key_id = f.Identifier(load_default=None)
    request_id = f.Text(longest=64, load_default=None)
    changed_after_revision = f.QueryCount(0, 2**62, load_default=None)
    first = f.Day(data_key="from", load_default=None)
    last = f.Day(data_key="to", load_default=None)


class RevisionHead(Output):
    """The newest revision with the digest of the whole log up to it."""

    number = f.Count()
    at = f.MomentText()
    digest = f.Text()
    algorithm = f.Text()


class RevisionRead(RevisionHead):
    """One change of the registry: when, who, through which key, what, why."""

    day = f.Day(metadata={"description": "the Seoul date"})
    organisation_id = f.Identifier(allow_none=True)
    key_id = f.Identifier(allow_none=True)
    actor = f.Text()
    request_id = f.Text()
    action = f.Text()
    reason = f.Text(allow_none=True)
    rows = f.Count(metadata={"description": "row versions written"})
    content = f.Text(metadata={"description": "digest of those row versions"})


class RevisionPage(PageOf):
    """A page of revisions."""

    items = f.Many(f.Part(RevisionRead))
