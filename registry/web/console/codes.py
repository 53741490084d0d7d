"""Code lists and zone schemes: read, added to, renamed, and taken out of the count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template, url_for

from registry.codes import queries, service
from registry.codes.models import LISTS
from registry.core import fields as f
from registry.core.fields import Input
from registry.core.problems import DomainError, Flaw, Invalid
from registry.web.console.area import console
from registry.web.console.pages import Done
from registry.web.console.words import words_of

if TYPE_CHECKING:
    from registry.core.work import Work

PARTS = 3  # of a line about a zone: code, name, English name


class CodeForm(Input):
    """A code to add to a list."""

    code = f.Code(required=True)
    name = f.Text(required=True)
    name_en = f.Text(required=True)
    counts = f.Flag(required=True)
    properties = f.Many(f.Code(), most=10, load_default=list)
    reason = f.Text(longest=500, personal=True, load_default=None)


class CodePatch(Input):
    """A change of a code."""

    name = f.Text()
    name_en = f.Text()
    counts = f.Flag()
    reason = f.Text(longest=500, personal=True, load_default=None)


class SchemeForm(Input):
    """A zone scheme: a line for each zone, and the zone of each district."""

    scheme = f.Code(required=True)
    zones = f.Text(longest=4000, multiline=True, required=True)
    districts = f.Open(required=True)
    valid_from = f.Day(required=True)
    note = f.Text(longest=500, load_default=None)
    reason = f.Text(longest=500, personal=True, load_default=None)


@console.page("/codes", act="codes")
def code_lists(work: Work, _asked: dict[str, Any]) -> str:
    """List the code lists and the zone schemes, and offer a new scheme."""
    zones = queries.zone_items(work.session)
    schemes: dict[Any, list[dict[str, Any]]] = {}
    for zone in zones:
        schemes.setdefault(zone["scheme"], []).append(zone)
    districts = queries.items_of(work.session, "districts")
    return render_template(
        "console/codes.html",
        lists=[(name, words_of(name), len(queries.items_of(work.session, name))) for name in LISTS],
        schemes=schemes,
        districts=districts,
        names={item.code: {"name": item.name, "name_en": item.name_en} for item in districts},
        today=work.today,
    )


@console.page("/codes/<string:name>", act="codes")
def code_list(work: Work, _asked: dict[str, Any], name: str) -> str:
    """Show a list with all its codes."""
    if name not in LISTS:
        raise DomainError("not-found")
    items = queries.items_of(work.session, name)
    return render_template(
        "console/code_list.html",
        name=name,
        items=items,
        kept=name in service.KEPT,
        properties=[(key, words_of(key)) for key in service.properties_of(items)],
    )


@console.act(
    "/codes/<string:name>", act="codes", shows="code_list", body=CodeForm,
    lists=("properties",), flags=("counts",),
)  # fmt: skip
def add_code(work: Work, data: dict[str, Any], name: str) -> Done:
    """Add a code."""
    service.add_code(work, name, data)
    return Done(url_for("console.code_list", name=name), "registered")


@console.page("/codes/<string:name>/<string:code>", act="codes")
def code(work: Work, _asked: dict[str, Any], name: str, code: str) -> str:
    """Show one code, to be changed."""
    found = [i for i in queries.items_of(work.session, name) if i.code == code]
    if name not in service.KEPT or not found:
        raise DomainError("not-found")
    return render_template("console/code.html", name=name, row=found[0])


@console.act(
    "/codes/<string:name>/<string:code>", act="codes", shows="code", body=CodePatch,
    flags=("counts",), confirms=True,
)  # fmt: skip
def change_code(work: Work, data: dict[str, Any], name: str, code: str) -> Done:
    """Rename a code, or count its records or not."""
    service.change_code(work, name, code, data)
    return Done(url_for("console.code_list", name=name), "corrected")


@console.act("/zones", act="codes", shows="code_lists", body=SchemeForm, confirms=True)
def add_scheme(work: Work, data: dict[str, Any]) -> Done:
    """Add a zone scheme."""
    service.add_scheme(work, data | {"zones": _zones(data["zones"])})
    return Done(url_for("console.code_lists"), "registered")


def _zones(text: str) -> list[dict[str, str]]:
    """A zone for each line: its code, name and English name, between commas. Raises Invalid."""
    lines = [[part.strip() for part in line.split(",")] for line in text.splitlines() if line]
    if any(len(line) != PARTS or not all(line) for line in lines):
        raise Invalid(Flaw("invalid-type", "/zones"))
    return [{"code": code, "name": name, "name_en": name_en} for code, name, name_en in lines]
