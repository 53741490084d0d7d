"""Enrolments: registered and corrected in sets, with their trainees, links and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.imports.datasets.enrolment_verdict import Verdict
from registry.imports.datasets.enrolment_writing import Writing, foreseen

if TYPE_CHECKING:
    from registry.core.db import Work
    from registry.imports.rows import Applied, Options, Rows

scope = "trainees:write"
check_reads_only = True


def check(work: Work, rows: Rows, options: Options) -> Applied:
    """Judge the rows against the registry as this snapshot sees it."""
    work.principal.require(scope)
    return foreseen(Verdict(work, rows, options).reach())


def apply(work: Work, rows: Rows, options: Options) -> Applied:
    """Enter and correct the enrolments of the rows without errors."""
    work.principal.require(scope)
    verdict = Verdict(work, rows, options).reach()
    work.action = work.action or "enrolment.import"
    work.reason = work.reason or options.reason
    return Writing(work, verdict).write()
