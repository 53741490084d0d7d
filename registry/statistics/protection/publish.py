"""Making a point: which slices moved since the last, what is hidden in them, and storing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from registry.core.db import Work
    from registry.statistics.protection.limits import Limits
    from registry.statistics.protection.models import Publication


def publish_point(work: Work, kind: str, limits: Limits, month: int | None = None) -> Publication:
    """Publish the figures of a closed month (202610; the last by default), or those before a write.

    `kind` is `month_end` or `release`; a release's figures are those of the head before this work.
    A month that is published already is answered as it stands. Raises month-not-closed and
    publication-out-of-order.
    """
    raise NotImplementedError
