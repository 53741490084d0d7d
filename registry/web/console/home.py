"""The first page after signing in: what needs attention, and what there is to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import render_template, url_for
from sqlalchemy import func, select

from registry.access import queries as access
from registry.access.reporting import reports
from registry.accounts.acts import acts
from registry.core.parts import registry
from registry.imports import presentation
from registry.imports import queries as imports
from registry.imports.models import Import
from registry.investments import duplicates as pairs
from registry.trainees import cohorts, side_by_side
from registry.web.console.area import console
from registry.web.languages import page_language
from registry.web.numbers import day, plain
from registry.web.words import _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from registry.core.work import Work

SOON = timedelta(days=30)
LATEST = 5


@dataclass(frozen=True)
class Task:
    """Something that needs attention, and where it is done."""

    text: str
    address: str
    detail: str = ""


@console.page("/")
def home(work: Work, _asked: dict[str, Any]) -> str:
    """Show what needs attention first."""
    own = access.organisation(work, _organisation_id(work))
    return render_template(
        "console/home.html",
        organisation=access.presented(work, [own])[0],
        tasks=list(_tasks(work)),
        imports=_latest(work),
        english=page_language() == "en",
    )


def _organisation_id(work: Work) -> UUID:
    found: UUID = work.principal.organisation_id
    return found


def _tasks(work: Work) -> Iterator[Task]:
    if acts()["files-send"].allowed(work.principal):
        yield from _waiting_files(work)
    if acts()["people-correct"].allowed(work.principal):
        yield from _ended_programmes(work)
    if acts()["keys"].allowed(work.principal):
        yield from _ending_keys(work)
    if acts()["reporting"].allowed(work.principal):
        yield from _silent(work)
    if acts()["duplicates"].allowed(work.principal):
        yield from _undecided(work)


def _waiting_files(work: Work) -> Iterator[Task]:
    wanted = imports.visible_imports(work).where(
        Import.organisation_id == work.principal.organisation_id, Import.state == "validated"
    )
    rows = work.session.scalars(wanted.order_by(Import.id.desc()).limit(LATEST)).all()
    for row in presentation.all_presented(work, registry().keyring, rows):
        text = _("확인을 기다리는 파일: %(name)s", name=row["file_name"] or str(row["id"]))
        until = row["held_until"]
        detail = _("%(day)s까지 확인하지 않으면 파기됩니다.", day=day(until)) if until else ""
        yield Task(text, url_for("console.upload", import_id=row["id"]), detail)


def _ended_programmes(work: Work) -> Iterator[Task]:
    for row, number in cohorts.overdue(work, LATEST):
        text = _(
            "끝난 과정에 아직 수강 중인 사람: %(name)s %(number)s명",
            name=row.name,
            number=plain(number),
        )
        address = url_for("console.programme", programme_id=row.id)
        yield Task(text, address, day(row.ends_on) if row.ends_on else "")


def _silent(work: Work) -> Iterator[Task]:
    silent = sum(not report.this_month for report in reports(work))
    if silent:
        text = _("이번 달에 아직 보고하지 않은 기관: %(number)s곳", number=plain(silent))
        yield Task(text, url_for("console.reporting"))


def _ending_keys(work: Work) -> Iterator[Task]:
    for key in access.open_keys(work, _organisation_id(work)):
        if key.expires_at is not None and key.expires_at - work.now <= SOON:
            text = _("곧 기한이 지나는 API 키: %(name)s", name=key.name)
            yield Task(text, url_for("console.keys"), day(key.expires_at))


def _undecided(work: Work) -> Iterator[Task]:
    number = side_by_side.number_open(work)
    if number:
        text = _("판정을 기다리는 중복: 사람 %(number)s쌍", number=plain(number))
        yield Task(text, url_for("console.duplicates"))
    money = work.session.scalar(
        select(func.count()).select_from(pairs.listed(work, {"state": "open"}).subquery())
    )
    if money:
        text = _("판정을 기다리는 중복: 투자 %(number)s쌍", number=plain(money))
        yield Task(text, url_for("console.investment_duplicates"))


def _latest(work: Work) -> list[dict[str, Any]]:
    if not acts()["files-send"].allowed(work.principal):
        return []
    wanted = imports.visible_imports(work).where(
        Import.organisation_id == work.principal.organisation_id
    )
    rows = work.session.scalars(wanted.order_by(Import.id.desc()).limit(LATEST)).all()
    return presentation.all_presented(work, registry().keyring, rows)
