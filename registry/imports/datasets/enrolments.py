"""Enrolments: registered and corrected in sets, with their trainees, links and figures."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from registry.core.planning import seek
from registry.imports.datasets.enrolment_drafts import NO_ID, drafts_of
from registry.imports.datasets.enrolment_standing import Foreseen, standing, wrote
from registry.imports.datasets.enrolment_undo import MODELS, Back
from registry.imports.datasets.enrolment_verdict import Verdict
from registry.imports.datasets.enrolment_writing import Writing
from registry.imports.datasets.taking_back import taken_back
from registry.imports.rows import CREATED, Applied, Outcome, Rows, Written, fields_of
from registry.trainees.models import Enrolment, Programme, Trainee
from registry.trainees.people import PERSONAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from registry.core.crypto import Keyring
    from registry.core.work import Work
    from registry.imports.rows import Options, Undone

scope = "trainees:write"
check_reads_only = looks_ahead = True
BATCH = 2000


def prepare(rows: Rows, options: Options, *, new: bool, written: bool) -> None:
    """Load, hash and seal what the rows say."""
    drafts_of(rows, options.keyring, written=written).foresee(options.target, new=new)


def check(work: Work, rows: Rows, options: Options) -> Applied:
    """Judge the rows against the registry as this snapshot sees it."""
    work.principal.require(scope)
    seek(work.session)
    verdict = Verdict(work, rows, options, written=False).reach()
    verdict.let_go()
    return _foreseen(verdict)


def _foreseen(verdict: Verdict) -> Applied:
    """What would become of each row, and of which versions of what; nothing is written."""
    found = []
    each = zip(verdict.outcomes, verdict.means, verdict.touched, strict=True)
    for outcome, means, (person, stint) in each:
        written = []
        if person is not None and person.version:
            written.append(Written("trainee", person.id, person.version, 0))
        if stint is not None and stint.version:
            written.append(Written("enrolment", stint.id, stint.version, 0))
        if outcome == CREATED and not written:
            found.append(_NEW)
        else:
            found.append(Outcome(outcome, None if means is NO_ID else means, tuple(written)))
    return Applied(found)


_NEW = Outcome(CREATED)


def look_ahead(work: Work, rows: Rows, options: Options) -> None:
    """Judge the rows by what this snapshot sees, for `apply` if it still stands then."""
    seek(work.session)
    drafts_of(rows, options.keyring, written=True)  # whose own mistakes stand in any case
    marked = len(rows.problems)
    verdict = Verdict(work.following(options.before), rows, options, written=True)
    verdict.reach(filling_in=True)
    verdict.drafts.foreseen = Foreseen(verdict, marked)


def apply(work: Work, rows: Rows, options: Options) -> Applied:
    """Enter and correct the enrolments of the rows without errors."""
    work.principal.require(scope)
    work.action, work.reason = "enrolment.import", options.reason
    foreseen = standing(work, rows, options)
    if foreseen is not None:
        return foreseen.write(work)
    verdict = Verdict(work, rows, options, written=True).reach()
    if len(rows) > BATCH:
        verdict.let_go()
    applied = Writing(verdict).write()
    applied.wrote = partial(wrote, verdict)  # freed after the lock: that takes a while
    return applied


def undo(work: Work, done: Sequence[Outcome], options: Options) -> Undone:
    """Take back what the outcomes wrote. Raises import-built-on."""
    work.principal.require(scope)
    seek(work.session)
    return taken_back(Back(work, options, MODELS), done)


_EXPORTED = (
    Enrolment.external_id, Enrolment.enrolled_on, Enrolment.status, Enrolment.status_on,
    Enrolment.employed_on, Enrolment.employer_district_code, Programme.code, Trainee.id,
    Trainee.external_id, Trainee.document, Trainee.data_key,
)  # fmt: skip


def export(work: Work, keyring: Keyring) -> Iterator[Rows]:
    """The asker's own enrolments that are not void, with the personal values.

    Whoever hands them on logs the access. Enrolments of erased people that have no number are
    left out: nothing would know them again.
    """
    rows = (
        select(*_EXPORTED)
        .join(Trainee, Trainee.id == Enrolment.trainee_id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(
            Enrolment.organisation_id == work.principal.organisation_id,
            ~Enrolment.voided,
            Trainee.document.is_not(None) | Enrolment.external_id.is_not(None),
        )
        .order_by(Enrolment.created_revision, Enrolment.created_row)
    )
    names = [field.name for field in fields_of("enrolments")]
    found = work.session.execute(rows, execution_options={"yield_per": BATCH})
    for part in found.partitions(BATCH):
        said = [_said(row, keyring) for row in part]
        columns = {name: [row[name] for row in said] for name in names}
        yield Rows("enrolments", list(range(2, len(part) + 2)), columns)


def _said(row: Any, keyring: Keyring) -> dict[str, Any]:  # noqa: ANN401
    (number, enrolled_on, status, status_on, employed_on, district, code, key, student, document,
     data_key) = row  # fmt: skip
    personal = dict.fromkeys(PERSONAL)
    if document is not None and data_key is not None:
        personal = keyring.open(document, data_key, key)
    born = personal["birth_date"]
    return {
        "external_id": number, "programme_code": code, "trainee.external_id": student,
        "trainee.name": personal["name"],
        "trainee.birth_date": None if born is None else date.fromisoformat(born),
        "trainee.mobile": personal["mobile"], "trainee.email": personal["email"],
        "enrolled_on": enrolled_on, "status": status, "status_on": status_on,
        "outcome.employed_on": employed_on, "outcome.employer_district_code": district,
    }  # fmt: skip
