"""The digest of what a point stored: it is chained with the publication's row.

It covers what was shown and nothing else, so that nobody can try out a hidden figure with it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from registry.core.crypto import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from registry.statistics.protection.models import PublishedCell, PublishedSlice


def digest_of(slices: Iterable[PublishedSlice], cells: Iterable[PublishedCell]) -> str:
    """The SHA-256 of the canonical text of some slices and their cells, in whatever order."""
    shown: dict[UUID, list[list[Any]]] = defaultdict(list)
    for cell in cells:
        row = [cell.table_code, cell.first_key, cell.second_key, cell.value]
        shown[cell.slice_id].append(row)
    texts = sorted(
        [s.dataset, s.measure, s.year, s.total, s.held, s.withheld,
         sorted(shown[s.id], key=lambda row: row[:3])]
        for s in slices
    )  # fmt: skip
    return hashlib.sha256(canonical(texts)).hexdigest()
