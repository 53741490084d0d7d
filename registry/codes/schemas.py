"""What `/codes` answers."""

from __future__ import annotations

from registry.core import fields as f
from registry.core.fields import Output


class CodeRead(Output):
    """One code with both names."""

    code = f.Text()
    name = f.Text()
    name_en = f.Text(allow_none=True)
    counts = f.Flag(metadata={"description": "whether its records enter figures"})


class CodeListRead(Output):
    """A code list, whole: lists are short."""

    items = f.Many(f.Part(CodeRead))


class ZoneRead(Output):
    """A zone of a scheme."""

    scheme = f.Code()
    code = f.Code()
    name = f.Text()
    name_en = f.Text()
    valid_from = f.Day()
    note = f.Text()
    districts = f.Many(f.Code())


class ZoneListRead(Output):
    """All zones of all schemes."""

    items = f.Many(f.Part(ZoneRead))
