"""What the console's templates can say beside what every template can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app, g, request

from registry.accounts.acts import acts
from registry.accounts.sessions import form_token
from registry.core.parts import registry
from registry.web import cookies
from registry.web.console import naming, words
from registry.web.console.area import console
from registry.web.languages import named
from registry.web.public.address import here
from registry.web.public.choices import names_of

if TYPE_CHECKING:
    from jinja2.environment import TemplateModule


@console.record_once
def _install(state: Any) -> None:  # noqa: ANN401 - Flask's blueprint state
    state.app.jinja_env.globals |= {
        "form_token": _token, "wrong_of": _wrong, "value_of": _value, "page_at": _page_at,
        "words_of": words.words_of, "console_menu": _menu, "current_endpoint": _endpoint,
        "said_text": _said, "source_text": words.source_text, "act_text": words.act_text, "act_detail": words.act_detail,
        "is_danger": lambda act: act in words.DANGEROUS, "measure_name": _measure,
        "called": lambda row: named({"name": row.name, "name_en": row.name_en}),
        "scope_text": naming.scope_text, "deed_text": naming.deed_text, "may": _may, "name_in": lambda options, code: dict(options).get(code, code),
        "dataset_options": lambda names: [(name, words.words_of(name)) for name in names],
    }  # fmt: skip


@console.app_template_filter("mobile")
def _mobile(number: str | None) -> str:
    """A mobile number as people write it; it is kept as +8210…."""
    if not number or not number.startswith("+82") or len(number) != len("+821012345678"):
        return number or ""
    return f"0{number[3:5]}-{number[5:9]}-{number[9:]}"


@console.app_context_processor
def _of_whoever_looks() -> dict[str, Any]:
    return {"signed": g.get("signed"), "typed": g.get("typed"), "forms": _Forms()}


class _Forms:
    """The macros of the forms, looked up when a template uses one."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a macro
        module: TemplateModule = current_app.jinja_env.get_template("console/forms.html").module
        return getattr(module, name)


def _token() -> str:
    return form_token(registry().keyring, g.get("form_secret") or cookies.session_secret())


def _wrong(form: str, name: str) -> str:
    typed = g.get("typed")
    return typed.wrong(name) if typed is not None and typed.form == form else ""


def _value(form: str, name: str, otherwise: Any = "") -> str:  # noqa: ANN401 - a record's value
    typed = g.get("typed")
    if typed is not None and typed.form == form:
        found: str = typed.value(name, otherwise)
        return found
    return "" if otherwise is None else str(otherwise)


def _page_at(cursor: str) -> str:
    return here(cursor=cursor)


def _menu() -> list[tuple[str, str]]:
    return [
        (f"console.{name}", text)
        for name, text, act in words.menu()
        if name in console.views and _may(act)
    ]


def _may(act: str) -> bool:
    signed = g.get("signed")
    return signed is not None and signed.is_complete and acts()[act].allowed(signed.principal)


def _endpoint() -> str:
    return str(g.get("shown_endpoint") or request.endpoint or "")


def _said() -> str:
    return words.said_text(cookies.said())


def _measure(dataset: str, measure: str) -> str:
    try:
        return names_of(dataset, "measures").get(measure, measure)
    except StopIteration:
        return measure
