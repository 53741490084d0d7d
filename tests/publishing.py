"""Publication points, made as `registry publish` and a release make them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.access.principal import operator
from registry.statistics.protection.limits import Limits
from registry.statistics.protection.publish import publish_point

if TYPE_CHECKING:
    from registry.statistics.protection.models import Publication
    from tests.client import World


def publish(world: World, kind: str = "release", month: int | None = None) -> Publication:
    """A point of what is known now, or of a month's end."""
    limits = Limits.of(world.parts.settings)
    with world.parts.database.writing(operator("test")) as work:
        return publish_point(work, kind, limits, month)
