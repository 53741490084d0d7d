"""The console in a browser: a file on its way to the public page, by keyboard, sound and accessible."""

from __future__ import annotations

import shutil
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import TimeoutError as NotInTime

from registry.app import create_app
from registry.core.clock import ManualClock
from tests.accounts import Person, person
from tests.browsing import LANGUAGES, WIDTHS, Watched, chromium
from tests.client import World
from tests.conftest import make_settings
from tests.live import serving
from tests.pages import EARLIER, TODAY, populate
from tests.test_imports import text
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, FilePayload, Page

AXE = {"rules": {"target-size": {"enabled": True}}}
WALKS = [(language, width) for language in LANGUAGES for width in WIDTHS]
# One of them in the gate, the others when there is time.
SOME = [
    pytest.param(*walk, marks=() if walk == ("en", 360) else pytest.mark.soak) for walk in WALKS
]
PEOPLE = ("PNU/manager", "BUSAN/officer", "BIPA/manager")
MORE = (
    "/duplicates/links", "/duplicates/investments", "/goals/TALENT_ANNUAL", "/goals/RND_SHARE",
    "/codes/fields", "/codes/fields/AI", "/codes/districts",
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
    """For each walk two records that may be one person, and a programme whose people are done."""
    for number in range(len(WALKS)):
        name = f"김하{'가나다라'[number]}"
        for owner, code, mobile in (
            (world.pnu, "AI1", f"010-7777-000{number}"), (world.btp, "OS1", None),
        ):  # fmt: skip
            said = {"name": name, "birth_date": "1999-03-02", "mobile": mobile}
            done = {"status": "completed", "status_on": "2026-06-12", "enrolled_on": "2026-03-02"}
            owner.post("/enrolments", done | {"programme_code": code, "trainee": said})
        cohort = {"code": f"COHORT{number}", "name": f"반 {number}", "ends_on": "2026-06-10"}
        world.pnu.post("/programmes", AI1 | cohort)
        for one in range(2):
            said = {"name": f"이수{'가나다라'[number]}", "birth_date": f"199{one}-03-02"}
            said["mobile"] = f"010-8888-00{number}{one}"
            attends = {"programme_code": cohort["code"], "enrolled_on": "2026-03-02"}
            world.pnu.post("/enrolments", attends | {"trainee": said})


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


PART = "form[action$='/commit']:has([name=on_error])"  # what takes in the rows without mistakes
WHOLE = "form[action$='/commit']:not(:has([name=on_error]))"


class Hands:
    """Somebody without a mouse: goes on by the tabulator, chooses by the arrows, presses Enter."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, selector: str) -> None:
        """Go on to what a selector names."""
        for _ in range(200):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"{selector} is not reached by the keyboard")

    def press(self, selector: str, then: str) -> None:
        """Press a button, and wait for what must follow, which is sound."""
        self.reach(selector)
        self.page.keyboard.press("Enter")
        self.page.locator(then).first.wait_for()
        assert complaints(self.page) == [], then

    def choose(self, selector: str, value: str) -> None:
        """Choose of a list."""
        self.reach(selector)
        for _ in range(60):
            if self.page.evaluate("document.activeElement.value") == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{value} is not among the choices")

    def tick(self, selector: str) -> None:
        """Tick a box."""
        self.reach(selector)
        self.page.keyboard.press("Space")
        assert self.page.evaluate("document.activeElement.checked")

    def file(self, name: str, content: bytes) -> None:
        """Choose a file."""
        self.reach("#send-file")
        sent: FilePayload = {"name": name, "mimeType": "text/csv", "buffer": content}
        for key in ("Space", "Enter", "Space"):  # the browser passes one over now and then
            try:
                with self.page.expect_file_chooser(timeout=10_000) as asked:
                    self.page.keyboard.press(key)
            except NotInTime:
                continue
            asked.value.set_files(sent)
            return
        raise AssertionError("the file chooser does not open by a key")

    def write(self, selector: str, words: str) -> None:
        """Write into a field in place of what stands there."""
        self.reach(selector)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(words)


def rows_of(walk: int, *wrong: int) -> bytes:
    """Two people's rows in a file whose name column nobody knows; some with a birth date that is none."""
    lines = [
        f"W{walk}-{n},AI1,홍길{'가나다라'[walk]}{n},{'내일' if n in wrong else '1999-03-02'},"
        f"010-30{walk}0-000{n},2026-03-02,수료,2026-06-10"
        for n in (1, 2)
    ]
    return text(*lines).replace("성명", "누구").encode("cp949")


@pytest.mark.parametrize(("language", "width"), WALKS)
def test_an_institution_works_by_keyboard_and_the_public_page_moves(
    enter: Any, live: Desk, language: str, width: int
) -> None:
    walk = WALKS.index((language, width))
    watched = enter("PNU/manager", viewport={"width": width, "height": 900})
    before = counted(watched, live)
    base = f"{live.url}/{language}/console"
    hands = Hands(watched.open(f"{base}/uploads"))
    hands.choose("#send-dataset", "enrolments")
    hands.file("수강.csv", rows_of(walk, 2))
    hands.press("form[data-sends] button", "#mistakes")
    assert hands.page.locator("#mistakes ~ .scroll th[scope=row]").first.inner_text() == "2"
    hands.choose('select[id="column-0"]', "trainee.name")
    hands.press('form[action$="/columns"] button', PART)
    assert hands.page.locator("#mistakes ~ .scroll th[scope=row]").all_inner_texts() == ["3"]
    hands = Hands(watched.open(f"{base}/uploads"))
    hands.choose("#send-dataset", "enrolments")
    hands.file("수강.csv", rows_of(walk))
    hands.press("form[data-sends] button", "#detected")
    hands.choose('select[id="column-0"]', "trainee.name")
    hands.press('form[action$="/columns"] button', WHOLE)
    hands.press('form[action$="/commit"] button', "details:has(form[action$='/undo'])")
    receipt = hands.page.url
    assert counted(watched, live) == before + 2
    hands = Hands(watched.open(receipt))
    hands.press("details:has(form[action$='/undo']) summary", "#undo_import-reason")
    hands.press('form[action$="/undo"] button', "#effect")
    hands.press("button.danger", ".done")
    assert counted(watched, live) == before
    hands = Hands(watched.open(f"{base}/"))
    hands.press('.tasks a[href*="/programmes/"]', "#cohort")
    hands.press('form[action$="/cohort"] button[type=submit]', "#effect")
    hands.press('button[name=sure][value="yes"]', ".done")
    assert counted(watched, live) == before + 2


@pytest.mark.parametrize(("language", "width"), WALKS)
def test_the_city_works_by_keyboard_and_the_public_page_moves(
    enter: Any, live: Desk, language: str, width: int
) -> None:
    walk = WALKS.index((language, width))
    watched = enter("BUSAN/officer", viewport={"width": width, "height": 900})
    before = counted(watched, live)
    base = f"{live.url}/{language}/console"
    hands = Hands(watched.open(f"{base}/duplicates"))
    hands.press('form[action$="/merge"] button', "#effect")
    hands.press('button[name=sure][value="yes"]', ".done")
    assert counted(watched, live) == before - 1
    hands = Hands(watched.open(f"{base}/goals/RND_SHARE"))
    hands.write("#enter_observation-period", "2025")
    hands.write("#enter_observation-value", f"3{walk}.5")
    hands.write("#enter_observation-source", "통계청")
    hands.press('form[action$="/observations"] button', ".done")
    assert f"3{walk}.5" in watched.open(f"{live.url}/{language}/").content()
    hands = Hands(watched.open(f"{base}/releases"))
    hands.write("#publish-name", f"발표 {walk}")
    hands.reach('input[name=goals][value="TALENT_ANNUAL"]')
    hands.page.keyboard.press("Space")
    hands.press('form[action$="/releases"] button', "#effect")
    hands.press('button[name=sure][value="yes"]', ".done")
    assert f"발표 {walk}" in watched.open(f"{live.url}/{language}/releases").content()
    hands = Hands(watched.open(f"{base}/codes/fields"))
    hands.write("#add_code-code", f"NEW{walk}")
    hands.write("#add_code-name", f"새 분야 {walk}")
    hands.write("#add_code-name_en", f"New field {walk}")
    hands.press('form[action$="/codes/fields"] button', ".done")
    shown = watched.open(f"{live.url}/{language}/method/codes/fields").content()
    assert f"NEW{walk}" in shown


@pytest.mark.parametrize(("language", "width"), SOME)
def test_a_manager_keeps_keys_and_accounts_by_keyboard(
    enter: Any, live: Desk, language: str, width: int
) -> None:
    walk = WALKS.index((language, width))
    watched = enter("PNU/manager", viewport={"width": width, "height": 900})
    base = f"{live.url}/{language}/console"
    hands = Hands(watched.open(f"{base}/keys"))
    hands.write("#create_key-name", f"학사 {walk}")
    hands.tick('input[name=scopes][value="trainees:read"]')
    hands.press('form[action$="/keys"] button', ".secret")
    secret = hands.page.locator(".secret").inner_text()
    assert asked(live, secret) == 200
    hands.press(".acts a.button", "#create_key-name")
    row = hands.page.locator("tbody tr").filter(has_text=f"학사 {walk}")
    turn = row.locator("form[action$='/rotate']").get_attribute("action")
    hands.press(f'form[action="{turn}"] button', ".secret")
    newer = hands.page.locator(".secret").inner_text()
    assert (newer != secret, asked(live, newer), asked(live, secret)) == (True, 200, 200)
    hands = Hands(watched.open(f"{base}/keys"))
    hands.press("form[action$='/revoke'] button", "#effect")  # the newest stands first
    hands.press('button[name=sure][value="yes"]', ".done")
    assert (asked(live, newer), asked(live, secret)) == (401, 200)
    hands = Hands(watched.open(f"{base}/accounts"))
    hands.write("#invite_account-name", f"helper{walk}")
    hands.choose("#invite_account-role", "registrar")
    hands.press('form[action$="/accounts"] button', ".secret")
    link = hands.page.locator(".secret").inner_text()
    assert httpx.get(link).status_code == 200
    hands.press(".acts a.button", "#invite_account-name")
    name = hands.page.locator("tbody tr").filter(has_text=f"helper{walk}")
    for act in ("reset", "disable"):
        form = name.locator(f"form[action$='/{act}']").get_attribute("action")
        hands.press(f'form[action="{form}"] button', "#effect")
        then = ".secret" if act == "reset" else ".done"
        hands.press('button[name=sure][value="yes"]', then)
        hands = Hands(watched.open(f"{base}/accounts"))
        name = hands.page.locator("tbody tr").filter(has_text=f"helper{walk}")
    assert name.locator("form[action$='/enable']").count() == 1


def asked(live: Desk, secret: str) -> int:
    """What a key is answered."""
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.get(f"{live.url}/api/v1/enrolments", headers=headers).status_code


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
