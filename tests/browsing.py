"""A browser for the pages: Debian's Chromium, and what it complains of."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import ViewportSize, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

WIDTHS = (360, 1280)
LANGUAGES = ("ko", "en")
# Every way of looking at a page: two of them in the gate, all with `make soak`.
GATE = (("ko", 360), ("en", 1280))
LOOKS = [
    pytest.param(language, width, marks=() if (language, width) in GATE else pytest.mark.soak)
    for language in LANGUAGES for width in WIDTHS
]  # fmt: skip
# Rules that axe knows but does not run unless they are asked for; nothing is switched off.
AXE = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]}
# Pictures load as they come into view; this sees to it that all of them have.
ALL_SEEN = """Promise.all([...document.images].map(picture => {
    picture.loading = 'eager';
    return picture.complete || new Promise(seen => picture.onload = picture.onerror = seen);
}))"""
MUCH_ENLARGED: ViewportSize = {"width": 320, "height": 256}  # 1280 at 400 %
TOO_WIDE = """(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.body.querySelectorAll('*')]
        .filter(e => e.getBoundingClientRect().right > width + 1 && !e.closest('.scroll'))
        .slice(-2).map(e => `too wide at ${width}: ${e.outerHTML.slice(0, 160)}`)
        .concat([`too wide: ${document.documentElement.scrollWidth} of ${width}`]);
})()"""
RUNS_OVER = """[...document.querySelectorAll('th, td')]
    .filter(e => e.checkVisibility() && e.clientWidth > 1 && e.scrollWidth > e.clientWidth + 1)
    .slice(0, 2).map(e => `runs over its cell: ${e.outerHTML.slice(0, 160)}`)"""
# Every public page, below its language; `{release}` and `{other}` are two of the releases there are.
PAGES = (
    "/",
    "/goals/TALENT_ANNUAL",
    "/goals/AUTOMATION",
    "/talents",
    "/talents?by=year,district&year=2025",
    "/talents?by=year,field",
    "/talents?by=year,zone,programme_kind",
    "/talents?by=month&year=2025",
    "/talents?by=district,field",  # not published
    "/talents?year=2022&as_of=2022-02-01",  # nothing known yet
    "/talents?colour=red",  # no such filter
    "/talents?by=year,zone&embed=1",
    "/investment",
    "/investment?by=year,channel",
    "/investment?by=year,organisation&year=2025",
    "/releases",
    "/releases/{release}",
    "/releases/compare?a={other}&b={release}",
    "/method",
    "/method/rules/trainees/1",
    "/method/codes/districts",
    "/method/codes/zones",
    "/no-such-page",
)
EMPTY = ("/", "/goals/RND_SHARE", "/talents", "/investment", "/releases")  # with nothing in them
REFUSED = ("/talents?by=district,field", "/no-such-page")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a window; `make test` installs it where it may."""
    path = shutil.which("chromium")
    if not path and not os.environ.get("CI"):
        pytest.skip("no chromium on this machine, and none could be installed")
    assert path, "the tests of the pages need chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watched:
    """A page of a context, and everything that went wrong on it."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.wrong: list[str] = []
        self.weight = 0
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._response)

    def _console(self, message: Any) -> None:
        # A page that is meant to be refused is reported as a failed resource, and as nothing else.
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            self.wrong.append(f"console: {message.text}")

    def _failed(self, asked: Any) -> None:
        # The browser gives up what it still loads of a page that is left, such as its icon.
        if asked.failure != "net::ERR_ABORTED":
            self.wrong.append(f"failed: {asked.url}: {asked.failure}")

    def _response(self, response: Any) -> None:
        asked = response.request
        if response.status >= 400 and asked.resource_type != "document":
            self.wrong.append(f"{response.status}: {response.url}")

    def open(self, address: str) -> Page:
        """Go there, and see all of it."""
        self.page.goto(address)
        self.page.evaluate(ALL_SEEN)
        return self.page


def rooms(watched: Watched, start: str) -> Iterator[tuple[str, Page]]:
    """One page of each kind that links of the console lead to, with what tells its kind."""
    found, waiting = set(), [start]
    while waiting:
        address = waiting.pop(0)
        kind = _kind(address)
        if kind in found:
            continue
        found.add(kind)
        page = watched.open(address)
        yield kind, page
        links = page.locator("nav.console a, main a")
        waiting += links.evaluate_all(
            "links => links.map(a => a.href)"
            ".filter(a => /\\/console\\//.test(a) && !/#|\\/annotated|\\/templates\\//.test(a))"
        )


def _kind(address: str) -> str:
    """An address below the console, with `*` for what names one of many."""
    path, _, asked = address.partition("/console")[2].partition("?")
    path = re.sub(r"/(?:[0-9a-f]{8}-[0-9a-f-]{27}|[A-Z][A-Z0-9_]*)(?=/|$)", "/*", path)
    # One list that is kept by hand, with a code of it, and one that is not.
    path = re.sub(r"^/codes/[^/]+/[^/]+$", "/codes/*/*", path)
    path = re.sub(r"^/codes/(?!fields)[^/]+$", "/codes/*", path)
    state = re.search(r"state=\w+", asked)
    return path + (f"?{state.group()}" if state else "")


def complaints(page: Page) -> list[str]:
    """What axe finds, with all of its rules."""
    page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(
        "async options => (await axe.run(options)).violations.map(one =>"
        " `${one.id}: ${one.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(' ')}`)",
        AXE,
    )
    return found


def faults(page: Page) -> list[str]:
    """What is wrong with a page as it stands: for axe, in its pictures, cells and width."""
    empty = page.evaluate(
        "[...document.images].filter(i => !i.naturalWidth).map(i => i.currentSrc)"
    )
    found = [*complaints(page), *empty, *page.evaluate(RUNS_OVER), *too_wide(page)]
    view = page.viewport_size
    if view and view["width"] == WIDTHS[0]:
        page.set_viewport_size(MUCH_ENLARGED)
        found += too_wide(page)
        page.set_viewport_size(view)
    return found


def too_wide(page: Page) -> list[str]:
    """What reaches beyond a page that can only be read by scrolling sideways."""
    found: list[str] = page.evaluate(TOO_WIDE)
    return found
