"""The public pages in a browser: sound, accessible, light, and whole without scripts or a mouse."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.browsing import EMPTY, LOOKS, PAGES, REFUSED, Watched, complaints, faults
from tests.live import PATIENCE
from tests.pages import LONG_EN, LONG_KO, LONG_SCHEME, a_server, at_length, wordy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page, Route

    from registry.core.clock import ManualClock
    from tests.client import World

FIRST_VISIT = 100_000  # bytes on the wire
# Where names of goals, fields, kinds, channels, zones and releases stand.
NAMED = (
    "/",
    "/goals/TALENT_ANNUAL",
    "/goals/RND_SHARE",
    "/talents?by=year,field",
    "/talents?by=year,zone,programme_kind",
    "/talents?by=year,field&embed=1",
    "/investment?by=year,channel",
    "/releases",
    "/releases/{release}",
    "/releases/compare?a={other}&b={release}",
    "/method/codes/fields",
    "/method/codes/zones",
)
NAMED_FOR_FEW = (f"/talents?by=year,zone&zone_scheme={LONG_SCHEME}",)  # it is not published


@pytest.fixture(scope="module")
def live(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The address of a server with a registry worth looking at, and its releases."""
    with a_server(sqlite_template, tmp_path_factory.mktemp("live"), wordy) as server:
        yield server


@pytest.fixture(scope="module")
def bare(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The address of a server in which nothing is registered yet."""
    with a_server(sqlite_template, tmp_path_factory.mktemp("bare"), lambda *_: ["", ""]) as server:
        yield server


@pytest.fixture(scope="module")
def long(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The address of a server in which whatever the city names has a long name, and a key there."""
    keys: list[Any] = []

    def filled(world: World, clock: ManualClock) -> list[str]:
        keys.append(world.busan.key)
        return at_length(world, clock)

    with a_server(sqlite_template, tmp_path_factory.mktemp("long"), filled) as server:
        yield *server, keys[0]


@contextmanager
def visiting(browser: Browser, live: Any, **options: Any) -> Iterator[tuple[Watched, Any]]:
    """A visitor who has not been here before; whatever goes wrong fails the test."""
    url, releases, *_ = live
    context: BrowserContext = browser.new_context(**options)
    foreign: list[str] = []

    def stay(route: Any) -> None:
        foreign.append(route.request.url)
        route.abort()

    context.route(lambda address: not address.startswith(url), stay)
    watched = Watched(context)

    def go(path: str, language: str = "ko") -> Page:
        filled = path.format(release=releases[-1], other=releases[0])
        return watched.open(f"{url}/{language}{filled}")

    yield watched, go
    # A picture that is still on its way when the window is closed would count as a failed one.
    watched.page.wait_for_load_state("networkidle")
    context.close()
    assert watched.wrong == []
    assert foreign == []


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_every_page_is_sound(browser: Browser, live: Any, language: str, width: int) -> None:
    viewport = {"width": width, "height": 900}
    found = {}
    with visiting(browser, live, viewport=viewport, reduced_motion="reduce") as (_, go):
        for path in PAGES:
            page = go(path, language)
            if worries := faults(page):
                found[path] = worries
            assert page.locator("h1").count() == 1
            refused = page.locator("h1, h2").filter(has_text="찾을 수 없습니다").count()
            assert not refused or path in REFUSED
    assert found == {}


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_pages_with_nothing_in_them_are_sound(
    browser: Browser, bare: Any, language: str, width: int
) -> None:
    with visiting(browser, bare, viewport={"width": width, "height": 900}) as (_, go):
        assert {path: worries for path in EMPTY if (worries := faults(go(path, language)))} == {}


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_pages_full_of_long_names_are_sound(
    browser: Browser, long: Any, language: str, width: int
) -> None:
    found = {}
    name = re.compile(f"{LONG_KO}|{LONG_EN}")  # a release has one name for both languages
    key = {"extra_http_headers": {"Authorization": f"Bearer {long[2]}"}}
    for paths, options in ((NAMED, {}), (NAMED_FOR_FEW, key)):
        view = {"width": width, "height": 900}
        with visiting(browser, long, viewport=view, **options) as (_, go):
            for path in paths:
                page = go(path, language)
                if worries := faults(page):
                    found[path] = worries
                assert page.locator("main").filter(has_text=name).count() == 1, path
    assert found == {}


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_a_page_is_sound_while_it_waits(
    browser: Browser, live: Any, language: str, width: int
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with visiting(browser, live, viewport={"width": width, "height": 900}) as (_, go):
        page = go("/talents", language)
        page.route(re.compile("by=year,zone$"), hold)
        page.locator("#choose-by").select_option("year,zone")
        waiting = page.locator("[data-live-part][aria-busy=true]")
        waiting.wait_for()
        said = {"ko": "불러오는 중입니다", "en": "Loading"}[language]
        assert page.locator("p.said").inner_text() == said
        assert faults(page) == []
        held[0].continue_()
        waiting.wait_for(state="detached")


def test_it_is_as_readable_in_the_dark_and_much_enlarged(browser: Browser, live: Any) -> None:
    looks: list[dict[str, Any]] = [
        {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
        {"forced_colors": "active", "viewport": {"width": 1280, "height": 900}},
        {"viewport": {"width": 320, "height": 256}},  # 1280 at 400 %
    ]
    for look in looks:
        with visiting(browser, live, **look) as (_, go):
            for path in ("/", "/talents?by=year,zone", "/talents?embed=1", "/method"):
                page = go(path)
                assert complaints(page) == [], (look, path)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_the_first_visit_is_light(browser: Browser, live: Any) -> None:
    with visiting(browser, live, viewport={"width": 1280, "height": 900}) as (watched, go):
        session = watched.page.context.new_cdp_session(watched.page)
        session.send("Network.enable")
        sizes: list[float] = []
        session.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
        go("/")
        assert len(sizes) > 10  # the page, its style, its script and its charts
        assert sum(sizes) <= FIRST_VISIT


def test_a_choice_is_made_without_scripts(browser: Browser, live: Any) -> None:
    with visiting(browser, live, java_script_enabled=False) as (watched, _):
        page = watched.page
        page.goto(f"{live[0]}/ko/talents")
        page.get_by_label("나누어 보기").select_option("year,zone")
        page.get_by_role("button", name="보기").click()
        assert page.url == f"{live[0]}/ko/talents?measure=trainees&by=year%2Czone"
        row = page.get_by_role("row", name="원도심")
        assert row.get_by_role("cell").first.inner_text() == "7"


def test_a_choice_shows_at_once_where_scripts_run(browser: Browser, live: Any) -> None:
    with visiting(browser, live) as (_, go):
        page = go("/talents")
        page.evaluate("window.same = true")
        page.get_by_label("나누어 보기").select_option("year,field")
        page.wait_for_url("**/ko/talents?measure=trainees&by=year,field")
        page.locator("table.figures th", has_text="인공지능").wait_for()
        assert page.evaluate("window.same")  # the page itself was not left
        assert page.locator("p.said").inner_text() == "양성 인원 (연 1회)"
        assert page.locator("a.language[hreflang=en]").get_attribute("href") == (
            "/en/talents?measure=trainees&by=year,field"
        )
        page.wait_for_load_state("networkidle")
        page.go_back()
        page.locator("table.figures th", has_text="인공지능").wait_for(state="detached")


def test_the_keyboard_reaches_and_does_everything(browser: Browser, live: Any) -> None:
    with visiting(browser, live, viewport={"width": 1280, "height": 900}) as (_, go):
        page = go("/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        for path in ("/", "/talents", "/releases", "/method"):
            assert reached(go(path)) == [], path
        page = go("/talents")
        page.get_by_label("연도", exact=True).focus()
        page.keyboard.press("ArrowDown")
        page.wait_for_url("**year=2022*")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.activeElement.id") == "choose-year"


def reached(page: Page) -> list[str]:
    """What can be used but is not reached by going on with the tabulator, or shows no focus."""
    page.evaluate(
        "window.left = new Set([...document.querySelectorAll('a[href],button,select,"
        'input:not([type=hidden]),summary,[tabindex="0"]\')].filter(e => e.checkVisibility()))'
    )
    for _ in range(page.evaluate("window.left.size") * 2 + 10):  # a date has several parts
        page.keyboard.press("Tab")
        page.evaluate(
            "(e => { if (parseFloat(getComputedStyle(e).outlineWidth) >= 2) window.left.delete(e) })"
            "(document.activeElement)"
        )
        if not page.evaluate("window.left.size"):
            break
    names: list[str] = page.evaluate("[...window.left].map(e => e.outerHTML.slice(0, 160))")
    return names


def test_it_prints_without_what_only_a_screen_can_use(browser: Browser, live: Any) -> None:
    with visiting(browser, live) as (_, go):
        page = go("/talents")
        page.emulate_media(media="print")
        assert not page.locator("form.choices").is_visible()
        assert page.locator("table.figures").is_visible()


def test_charts_are_handed_out_as_pictures_and_as_what_they_are_made_of(live: Any) -> None:
    chart = f"{live[0]}/ko/talents/chart"
    fetch = httpx.Client(timeout=PATIENCE).get
    picture = fetch(f"{chart}.svg?by=year,zone")
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert "원도심" in picture.text
    assert "style=" not in picture.text
    assert fetch(f"{chart}.png?by=year,zone").content.startswith(b"\x89PNG")
    spec = fetch(f"{chart}.json?by=year,zone")
    assert 'filename="talents-panels.vl.json"' in spec.headers["Content-Disposition"]
    assert {row["value"] for row in spec.json()["data"]["values"]} >= {7, 8}
    assert fetch(f"{chart}.svg?chart=tiles").status_code == 404
