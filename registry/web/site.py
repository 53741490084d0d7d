"""The site wired: languages, templates, files of its own, and the areas of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, make_response, redirect
from jinja2 import PackageLoader

from registry.core.api import PUBLIC
from registry.web import languages, templating
from registry.web.assets import assets
from registry.web.console import views as console
from registry.web.public import pages as public
from registry.web.responses import secured

if TYPE_CHECKING:
    from flask import Flask

root = Blueprint("site", __name__)


@root.get("/")
def go_home() -> Response:
    """Lead to the front page, in Korean first."""
    return secured(make_response(redirect("/ko/")))


go_home._access = PUBLIC  # type: ignore[attr-defined]  # noqa: SLF001 - as `Blueprint.page` of the API does


def install(app: Flask) -> None:
    """Add the pages to an application."""
    app.jinja_loader = PackageLoader("registry.web")
    languages.install(app)
    templating.install(app)
    for blueprint in (root, assets, *public.blueprints, *console.blueprints):
        app.register_blueprint(blueprint)
