"""Who looks at a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from registry.access.principal import Principal
    from registry.core.db import Work


def visitor(work: Work) -> Principal:
    """Whose eyes a page is for: the holder of the key that came with the request, else nobody."""
    principal: Principal = work.principal
    return principal
