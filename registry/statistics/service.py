"""Loading the parameters of the counting rules."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import select

from registry.statistics.models import Rule

if TYPE_CHECKING:
    from registry.core.work import Work


def load_rules(work: Work) -> None:
    """Bring the rules' parameters to what the data file says; a change recounts everything."""
    work.principal.require("admin")
    known = {(r.dataset, r.number): r for r in work.session.scalars(select(Rule))}
    rules = json.loads(
        files("registry.statistics").joinpath("data", "rules.json").read_text("utf-8")
    )
    for entry in rules:
        rule = known.get((entry["dataset"], entry["number"]))
        if rule is None:
            work.session.add(Rule(**entry))
        elif rule.parameters != entry["parameters"]:
            rule.parameters = entry["parameters"]
            work.notes["recount_all"] = True
