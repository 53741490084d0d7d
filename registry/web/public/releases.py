"""Releases: what was published when, its figures, and what moved between two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import redirect, render_template, url_for

from registry.core import fields as f
from registry.core.input import NoQuery
from registry.core.paging import paged
from registry.releases import comparing, queries
from registry.releases.models import Release
from registry.releases.presentation import frozen, presenter
from registry.releases.schemas import ReleaseFilter
from registry.web.public import releasing
from registry.web.public.area import public

if TYPE_CHECKING:
    from flask import Response

    from registry.core.work import Work


class ReleasesAddress(ReleaseFilter):
    """Which releases; the newest first."""

    sort = f.Choice(("id", "-id"), load_default="-id")


class CompareAddress(NoQuery):
    """The earlier and the later release."""

    a = f.Identifier(load_default=None)
    b = f.Identifier(load_default=None)


@public.page("/releases", query=ReleasesAddress)
def releases(work: Work, asked: dict[str, Any]) -> str:
    """List what was published when."""
    page = paged(
        work, queries.listed(work, asked), asked, [Release.id], descending=asked["sort"] == "-id"
    )
    shown = page.presented(presenter(work, page.items))
    return render_template("public/releases.html", items=shown.items, cursor=shown.next_cursor)


@public.page("/releases/<uuid:release_id>")
def release(work: Work, _asked: dict[str, Any], release_id: UUID) -> str:
    """Show a release's figures as they were when it was made."""
    found = frozen(work, queries.release(work, release_id))
    items = [releasing.shown(work, found, item) for item in found["items"]]
    return render_template("public/release.html", release=found, items=items)


@public.page("/releases/compare", query=CompareAddress)
def compare(work: Work, asked: dict[str, Any]) -> str | Response:
    """Show what moved from one release to another."""
    if asked["a"] is None or asked["b"] is None:
        return redirect(url_for("public.releases"))  # type: ignore[return-value]
    found = comparing.compared(work, asked["a"], asked["b"])
    items = [releasing.compared(work, found, item) for item in found["items"]]
    return render_template("public/compare.html", found=found, items=items)
