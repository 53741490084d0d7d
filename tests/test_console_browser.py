"""The console in a browser: a file on its way to the public page, by keyboard, sound and accessible."""

from __future__ import annotations

import shutil
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe

from registry.app import create_app
from registry.core.clock import ManualClock
from tests.accounts import Person, person
from tests.browsing import Watched, chromium
from tests.client import World
from tests.conftest import make_settings
from tests.live import serving
from tests.pages import EARLIER, TODAY, populate
from tests.test_imports import text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

AXE = {"rules": {"target-size": {"enabled": True}}}
PEOPLE = ("PNU/manager", "BUSAN/officer", "BIPA/manager")
MORE = (
    "/duplicates/links", "/duplicates/investments", "/goals/TALENT_ANNUAL", "/goals/RND_SHARE",
)  # fmt: skip


@pytest.fixture(scope="module")
def live(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A server with a registry worth looking at, and a person of each of some roles."""
    folder = tmp_path_factory.mktemp("console")
    shutil.copy(sqlite_template, folder / "registry.db")
    settings = make_settings(f"sqlite:///{folder / 'registry.db'}")
    clock = ManualClock(EARLIER)
    app = create_app(settings, clock)
    world = World(app)
    populate(world, clock)
    similar(world)
    people = {who: person(world, *who.split("/")) for who in PEOPLE}
    app.extensions["registry"].database.engine.dispose()
    with serving(settings, folder, REGISTRY_CLOCK=TODAY.isoformat()) as server:
        yield Desk(server.url, people)


def similar(world: World) -> None:
    """Two records that may be one person."""
    for owner, code, mobile in ((world.pnu, "AI1", "010-7777-0001"), (world.btp, "OS1", None)):
        said = {"name": "김하늘", "birth_date": "1999-03-02", "mobile": mobile}
        done = {"status": "completed", "status_on": "2026-06-12", "enrolled_on": "2026-03-02"}
        owner.post("/enrolments", done | {"programme_code": code, "trainee": said})


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all of it."""
    with chromium() as browser:
        yield browser


def complaints(page: Page) -> list[str]:
    """What axe finds, with all of its rules."""
    found = Axe().run(page, options=AXE).response["violations"]
    return [f"{v['id']}: {[node['html'][:160] for node in v['nodes'][:3]]}" for v in found]


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
        """A window in which somebody is signed in; the first time by keyboard alone."""
        context = browser.new_context(
            reduced_motion="reduce", storage_state=self.kept.get(who), **options
        )
        watched = Watched(context)
        if who not in self.kept:
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


@pytest.fixture
def enter(browser: Browser, live: Desk) -> Iterator[Any]:
    """Let somebody in; whatever goes wrong in the window fails the test."""
    opened: list[tuple[BrowserContext, Watched]] = []

    def open_(who: str, **options: Any) -> Watched:
        opened.append(live.enter(browser, who, **options))
        return opened[-1][1]

    yield open_
    for context, _ in opened:
        context.close()
    # A form that is refused is reported as a failed resource, and is what the test is about.
    told = [wrong for _, watched in opened for wrong in watched.wrong]
    assert [wrong for wrong in told if "status of 422" not in wrong] == []


def counted(watched: Watched, live: Desk) -> int:
    """How many people the public front page says were trained this year."""
    page = watched.open(f"{live.url}/ko/")
    return int(page.locator(".promise data").first.get_attribute("value") or "0")


def tab_to(page: Page, words: str) -> None:
    """Reach a button or link by the tabulator alone."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if words in (page.evaluate("document.activeElement.textContent") or ""):
            return
    raise AssertionError(f"{words} is not reached by the keyboard")


def test_a_file_is_sent_by_keyboard_and_the_public_page_moves(enter: Any, live: Desk) -> None:
    watched = enter("PNU/manager", viewport={"width": 1280, "height": 900})
    before = counted(watched, live)
    page = watched.open(f"{live.url}/ko/console/uploads")
    rows = [
        f"E-{n},AI1,홍길{n}동,1999-03-02,010-3000-000{n},2026-03-02,수료,2026-06-10" for n in (1, 2)
    ]
    spoilt = [*rows, "E-3,AI1,홍길3동,내일,010-3000-0003,2026-03-02,수료,2026-06-10"]
    file = {"name": "수강.csv", "mimeType": "text/csv", "buffer": text(*spoilt).encode("cp949")}
    page.get_by_label("무슨 자료입니까").select_option("enrolments")
    page.locator("#send-file").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_label("시트 이름").focus()
    tab_to(page, "올려서 검사하기")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="고칠 곳").wait_for()
    assert page.get_by_role("rowheader", name="4", exact=True).count() == 1, "the sheet's own row"
    assert complaints(page) == []
    page = watched.open(f"{live.url}/ko/console/uploads")
    page.get_by_label("무슨 자료입니까").select_option("enrolments")
    file["buffer"] = text(*rows).encode()
    page.locator("#send-file").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_label("시트 이름").focus()
    tab_to(page, "올려서 검사하기")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="2행 반영하기").wait_for()
    assert complaints(page) == []
    tab_to(page, "2행 반영하기")
    page.keyboard.press("Enter")
    page.get_by_text("변경 번호").wait_for()
    receipt = page.url
    assert complaints(page) == []
    assert counted(watched, live) == before + 2
    page = watched.open(receipt)
    page.locator("summary", has_text="되돌리기").click()
    page.get_by_role("button", name="되돌리면 무엇이 바뀌는지 보기").click()
    page.get_by_role("heading", name="수치에 미치는 영향").wait_for()
    assert complaints(page) == []
    tab_to(page, "가져오기 되돌리기")
    page.keyboard.press("Enter")
    page.get_by_text("가져오기를 되돌렸습니다").wait_for()
    assert counted(watched, live) == before


def test_the_city_merges_two_records_and_the_public_page_moves(enter: Any, live: Desk) -> None:
    watched = enter("BUSAN/officer", viewport={"width": 360, "height": 800})
    before = counted(watched, live)
    page = watched.open(f"{live.url}/en/console/duplicates")
    page.get_by_role("button", name="If it is one person").first.click()
    page.get_by_role("heading", name="Effect on figures").wait_for()
    assert complaints(page) == []
    page.get_by_role("button", name="Make them one person").click()
    page.get_by_text("They are one person now").wait_for()
    assert counted(watched, live) == before - 1


@pytest.mark.parametrize(
    ("who", "width", "language"),
    [
        ("PNU/manager", 1280, "ko"), ("BUSAN/officer", 360, "en"), ("BIPA/manager", 360, "ko"),
    ],
)  # fmt: skip
def test_every_page_is_sound(enter: Any, live: Desk, who: str, width: int, language: str) -> None:
    watched = enter(who, viewport={"width": width, "height": 900})
    page = watched.open(f"{live.url}/{language}/console/")
    menu = page.locator("nav.console a").evaluate_all("links => links.map(l => l.pathname)")
    assert len(menu) > 5
    more = [f"/{language}/console{path}" for path in (MORE if "officer" in who else ())]
    found = {}
    for path in [*menu, *more]:
        page = watched.open(live.url + path)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        worries = [*complaints(page), *(["too wide"] if wide > 0 else [])]
        if worries or page.locator("h1").count() != 1:
            found[path] = worries
    assert found == {}


def test_whoever_is_refused_stands_at_what_is_wrong(enter: Any, live: Desk) -> None:
    watched = enter("PNU/manager", color_scheme="dark", viewport={"width": 360, "height": 800})
    page = watched.open(f"{live.url}/ko/console/accounts")
    page.locator("#invite_account-name").fill("김하늘")
    page.locator("#invite_account-role").select_option("registrar")
    page.get_by_role("button", name="일회용 링크 만들기").click()
    page.locator("[data-summary]").wait_for()
    assert page.evaluate("document.activeElement.hasAttribute('data-summary')")
    assert complaints(page) == []
    page.locator("[data-summary] a").first.click()
    assert page.evaluate("document.activeElement.id") == "invite_account-name"
    assert page.locator("#invite_account-name").input_value() == "김하늘"


def test_the_doors_are_sound_and_all_works_without_scripts(browser: Browser, live: Desk) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live.url}/en/console/keys")
    assert page.url.endswith("/en/console/sign-in?next=/en/console/keys")
    page.get_by_label("Sign-in name").fill("nobody")
    page.get_by_label("Password").fill("nothing at all")
    page.get_by_role("button", name="Sign in").click()
    assert page.get_by_label("Sign-in name").input_value() == "nobody"
    context.close()
    context = browser.new_context()
    watched = Watched(context)
    for path in ("/ko/console/sign-in", "/en/console/sign-in"):
        assert complaints(watched.open(live.url + path)) == []
    context.close()
    assert watched.wrong == []
