"""What an agency sent or entered that was refused as logged already, whichever way it came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import render_template, url_for

from registry.access.refusals import known_to_keys, known_to_people
from registry.core.parts import registry
from registry.core.problems import catalogue
from registry.core.responses import BASE
from registry.imports import queries as imports
from registry.imports.files import about
from registry.imports.presentation import mistakes as told
from registry.web.console.area import console
from registry.web.console.words import act_text, words_of
from registry.web.languages import page_language
from registry.web.words import _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from registry.core.work import Work

MOST_ROWS = 100
MONEY = ("startups", "investments", "transactions")
# The acts of the console, and the page of the record that each is entered under.
ENTERED = {
    "register_startup": "",
    "log_investment": "startup",
    "correct_startup": "startup",
    "log_transaction": "investment",
}


@dataclass(frozen=True)
class Refused:
    """Something that was logged already: when, which way it came, what it was, and why not."""

    at: datetime
    way: str
    what: str
    address: str
    why: str
    value: str = ""


@console.page("/investments/refused", act="money-register")
def refused(work: Work, _asked: dict[str, Any]) -> str:
    """Show what was refused because it is logged already."""
    found = [*_of_files(work), *_of_people(work), *_of_keys(work)]
    found.sort(key=lambda row: row.at, reverse=True)
    return render_template("console/refused.html", rows=found)


def _of_files(work: Work) -> Iterator[Refused]:
    keyring = registry().keyring
    found = work.session.execute(imports.refused_as_known(work, MONEY).limit(MOST_ROWS)).all()
    for problem, row in found:
        mistake = next(told(work, keyring, row, [problem]))
        yield Refused(
            at=row.received_at,
            way=_("파일"),
            what=_(
                "%(name)s · %(row)s행",
                name=about(keyring, row).get("name") or words_of(row.dataset),
                row=mistake["row"] or "–",
            ),
            address=url_for("console.upload", import_id=row.id),
            why=mistake["text"][page_language()],
            value=mistake["value"] or "",
        )


def _of_people(work: Work) -> Iterator[Refused]:
    for row in known_to_people(work):
        if row.act in ENTERED:
            page = ENTERED[row.act]
            ids: dict[str, Any] = {f"{page}_id": row.record_id}
            address = url_for(f"console.{page}", **ids) if page else ""
            yield Refused(row.at, row.actor, act_text(row.act), address, _why(row.code))


def _of_keys(work: Work) -> Iterator[Refused]:
    for row, name in known_to_keys(work, [f"{BASE}/{of}%" for of in MONEY[:2]]):
        address = url_for("console.key", key_id=row.key_id)
        way = _("API 키 %(name)s", name=name)
        yield Refused(row.at, way, f"{row.method} {row.route}", address, _why(str(row.code)))


def _why(code: str) -> str:
    return catalogue()[code].title[page_language()]
