"""What `/problems` answers."""

from __future__ import annotations

from registry.core import fields as f
from registry.core.fields import Output


class Bilingual(Output):
    """One text in both languages."""

    ko = f.Text()
    en = f.Text()


class ProblemRead(Output):
    """A problem of the catalogue and how to mend it."""

    code = f.Text()
    type = f.Text(metadata={"description": "the address of its page"})
    status = f.Count()
    title = f.Part(Bilingual)
    detail = f.Part(Bilingual)
    advice = f.Part(Bilingual)


class ProblemList(Output):
    """The whole catalogue."""

    items = f.Many(f.Part(ProblemRead), most=500)
