"""A server that people work at in the console: who they are, and how they get in."""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyotp

from registry.app import create_app
from registry.core.clock import ManualClock
from tests.accounts import person
from tests.browsing import Watched
from tests.client import World
from tests.conftest import make_settings
from tests.live import serving
from tests.pages import EARLIER, TODAY, lengthen, populate
from tests.walking import ALL, similar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext

    from tests.accounts import Person

PEOPLE = ("PNU/manager", "BUSAN/officer", "BIPA/manager")


class Desk:
    """A server, the people who work at it, and the browsers in which they are signed in."""

    def __init__(self, url: str, people: dict[str, Person]) -> None:
        self.url, self.people = url, people
        self.begun = time.monotonic()
        self.kept: dict[str, Any] = {}

    def code(self, who: Person) -> str:
        """What the phone shows: the server's clock began where the test's stands, and runs on."""
        gone = timedelta(seconds=time.monotonic() - self.begun)
        return pyotp.TOTP(who.secret).at(int((TODAY + gone).timestamp()))

    def enter(self, browser: Browser, who: str, **options: Any) -> tuple[BrowserContext, Watched]:
        """A window in which somebody is signed in, if named; the first time by keyboard alone."""
        context = browser.new_context(
            reduced_motion="reduce", storage_state=self.kept.get(who), **options
        )
        watched = Watched(context)
        if who and who not in self.kept:
            page = watched.open(f"{self.url}/ko/console/")
            page.get_by_label("로그인 이름").focus()
            page.keyboard.type(self.people[who].name)
            page.keyboard.press("Tab")
            page.keyboard.type(self.people[who].password)
            page.keyboard.press("Enter")
            page.get_by_label("인증 번호").focus()
            page.keyboard.type(self.code(self.people[who]))
            page.keyboard.press("Enter")
            page.locator("nav.console").wait_for()
            self.kept[who] = context.storage_state()
        return context, watched


@contextmanager
def opened(template: Path, folder: Path) -> Iterator[Desk]:
    """A server with a registry worth looking at, and a person of each of some roles."""
    shutil.copy(template, folder / "registry.db")
    settings = make_settings(f"sqlite:///{folder / 'registry.db'}")
    clock = ManualClock(EARLIER)
    app = create_app(settings, clock)
    world = World(app)
    populate(world, clock)
    lengthen(world)
    similar(world)
    people = {who: person(world, *who.split("/")) for who in PEOPLE}
    app.extensions["registry"].database.engine.dispose()
    with serving(settings, folder, REGISTRY_CLOCK=TODAY.isoformat()) as server:
        yield Desk(server.url, people)


def at_work(
    enter: Any, desk: Desk, who: str, language: str, width: int
) -> tuple[Watched, str, int]:
    """A window of somebody's, the console's address in their language, and the walk's number."""
    watched = enter(who, viewport={"width": width, "height": 900})
    return watched, f"{desk.url}/{language}/console", ALL.index((language, width))


def counted(watched: Watched, desk: Desk) -> int:
    """How many people the public front page says were trained this year."""
    page = watched.open(f"{desk.url}/ko/")
    return int(page.locator(".promise data").first.get_attribute("value") or "0")
