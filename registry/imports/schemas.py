"""What `/imports` takes and answers."""

from __future__ import annotations

from registry.core import fields as f
from registry.core.fields import Input, Output
from registry.core.input import DryRun
from registry.core.paging import CursorQuery, PageOf
from registry.core.sheets import CSV, JSON, bom_field, format_field
from registry.imports.datasets import DATASETS
from registry.imports.models import MODES, ON_ERROR, STATES

LONGEST_SHEET = 31  # of a sheet's name, in Excel


class ImportQuery(Input):
    """How a file is to be taken."""

    dataset = f.Choice(DATASETS, required=True)
    mode = f.Choice(MODES, load_default="validate")
    on_error = f.Choice(ON_ERROR, load_default="reject_all")
    allow_reversal = f.QueryFlag(
        load_default=False, metadata={"description": "a status may leave a final one"}
    )
    sheet = f.Text(
        longest=LONGEST_SHEET, load_default=None, metadata={"description": "of a workbook"}
    )
    reason = f.Text(longest=500, personal=True, load_default=None)


class CommitQuery(Input):
    """What may be chosen only once the verdict is known."""

    on_error = f.Choice(ON_ERROR, load_default=None)


class UndoQuery(DryRun):
    """How an import is to be taken back."""

    skip_changed = f.QueryFlag(
        load_default=False,
        metadata={"description": "leave the records on which something was built since"},
    )
    reason = f.Text(longest=500, personal=True, load_default=None)


class ImportFilter(CursorQuery):
    """Which imports to list."""

    dataset = f.Choice(DATASETS, load_default=None)
    state = f.Choice(STATES, load_default=None)


class MistakeFilter(CursorQuery):
    """Which mistakes to list, and how."""

    severity = f.Choice(("error", "warning"), load_default=None)
    format = format_field({"json": JSON, "csv": CSV})
    bom = bom_field()


class BothLanguages(Output):
    """A text in both languages."""

    ko = f.Text()
    en = f.Text()


class RowCounts(Output):
    """What became of the rows; of a validated file, what would."""

    total = f.Count()
    created = f.Count()
    updated = f.Count()
    unchanged = f.Count()
    rejected = f.Count()
    restored = f.Count()


class Progress(Output):
    """What is being done, and for how long still at the present rate."""

    stage = f.Text()
    done = f.Count()
    total = f.Count()
    seconds_left = f.Count(allow_none=True)


class Failure(Output):
    """Why an import ended otherwise than it was meant to."""

    code = f.Text()
    text = f.Part(BothLanguages)
    hint = f.Part(BothLanguages)


class MistakeKind(Output):
    """How many rows have a mistake of one kind."""

    severity = f.Text()
    code = f.Text()
    field = f.Text(allow_none=True)
    column = f.Text(allow_none=True)
    count = f.Count()
    text = f.Part(BothLanguages)


class Mistake(Output):
    """One mistake: where, what the cell says (masked where personal), what is wrong, a hint."""

    severity = f.Text()
    sheet = f.Text(allow_none=True)
    row = f.Count(allow_none=True)
    field = f.Text(allow_none=True)
    column = f.Text(allow_none=True)
    value = f.Text(allow_none=True)
    code = f.Text()
    text = f.Part(BothLanguages)
    hint = f.Part(BothLanguages)


class MistakePage(PageOf):
    """A page of mistakes."""

    items = f.Many(f.Part(Mistake))


class RowResult(Output):
    """What became of one row."""

    row = f.Count()
    outcome = f.Text()
    id = f.Identifier(allow_none=True)


class ImportRead(Output):
    """An import: the file, how far it is, and what it came to."""

    id = f.Identifier()
    organisation = f.Code()
    dataset = f.Text()
    mode = f.Text()
    on_error = f.Text()
    state = f.Text()
    progress = f.Part(Progress)
    rows = f.Part(RowCounts)
    errors = f.Count()
    warnings = f.Count()
    changed_meanwhile = f.Count()
    summary = f.Many(f.Part(MistakeKind))
    failure = f.Part(Failure, allow_none=True)
    file_name = f.Text(allow_none=True)
    content_type = f.Text()
    size = f.Count()
    detected = f.Open(allow_none=True)
    same_file_as = f.Identifier(allow_none=True)
    results = f.Many(f.Part(RowResult), allow_none=True)
    first_revision = f.Count(allow_none=True)
    last_revision = f.Count(allow_none=True)
    received_at = f.MomentText()
    ended_at = f.MomentText(allow_none=True)
    held_until = f.MomentText(allow_none=True)
    undo_until = f.MomentText(allow_none=True)
    destroyed_at = f.MomentText(allow_none=True)


class ImportPage(PageOf):
    """A page of imports."""

    items = f.Many(f.Part(ImportRead))
