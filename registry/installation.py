"""Making an installation ready: the schema, the code lists, the rules' parameters, the goals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.access.principal import operator
from registry.codes.service import load_codes
from registry.core import migrate
from registry.goals.service import load_goals
from registry.statistics.protection.bi import lay_views
from registry.statistics.service import load_rules

if TYPE_CHECKING:
    from registry.core.parts import Registry


def install(parts: Registry) -> None:
    """Migrate up, load the data files as one revision, lay the views; again changes nothing."""
    migrate.upgrade(parts.database.engine)
    with parts.database.writing(operator("registry init")) as work:
        work.action = "installation.load"
        load_codes(work)
        load_rules(work)
        load_goals(work)
        lay_views(work.session)
