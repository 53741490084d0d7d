"""The console in a browser: a file on its way to the public page, by keyboard, sound and accessible."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from registry.app import create_app
from registry.core.clock import ManualClock
from tests.accounts import person
from tests.browsing import Watched, complaints, faults, rooms
from tests.client import World
from tests.conftest import make_settings
from tests.live import serving
from tests.pages import EARLIER, TODAY, lengthen, populate
from tests.walking import (
    ALL,
    PAYMENTS,
    WALKS,
    WON,
    Desk,
    Hands,
    company,
    deals,
    rows_of,
    similar,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext

# One of them in the gate, the others when there is time.
SOME = [pytest.param(*look, marks=() if look == ("en", 360) else pytest.mark.soak) for look in ALL]
PEOPLE = ("PNU/manager", "BUSAN/officer", "BIPA/manager")
# Who sees which pages how in the gate; everybody sees them in every way with `make soak`.
GATE = {("PNU/manager", "en", 1280), ("BUSAN/officer", "ko", 360), ("BIPA/manager", "ko", 360)}
EVERYWHERE = [
    pytest.param(who, *look, marks=() if (who, *look) in GATE else pytest.mark.soak)
    for who in PEOPLE for look in ALL
]  # fmt: skip


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
    lengthen(world)
    similar(world)
    people = {who: person(world, *who.split("/")) for who in PEOPLE}
    app.extensions["registry"].database.engine.dispose()
    with serving(settings, folder, REGISTRY_CLOCK=TODAY.isoformat()) as server:
        yield Desk(server.url, people)


@pytest.fixture
def enter(browser: Browser, live: Desk) -> Iterator[Any]:
    """Let somebody in; whatever goes wrong in the window fails the test."""
    opened: list[tuple[BrowserContext, Watched]] = []

    def open_(who: str = "", **options: Any) -> Watched:
        opened.append(live.enter(browser, who, **options))
        return opened[-1][1]

    yield open_
    for context, _ in opened:
        context.close()
    # A form that is refused is reported as a failed resource, and is what the test is about.
    told = [wrong for _, watched in opened for wrong in watched.wrong]
    assert [wrong for wrong in told if "status of 422" not in wrong] == []


def at_work(
    enter: Any, live: Desk, who: str, language: str, width: int
) -> tuple[Watched, str, int]:
    """A window of somebody's, the console's address in their language, and the walk's number."""
    watched = enter(who, viewport={"width": width, "height": 900})
    return watched, f"{live.url}/{language}/console", ALL.index((language, width))


def counted(watched: Watched, live: Desk) -> int:
    """How many people the public front page says were trained this year."""
    page = watched.open(f"{live.url}/ko/")
    return int(page.locator(".promise data").first.get_attribute("value") or "0")


PART = "form[action$='/commit']:has([name=on_error])"  # what takes in the rows without mistakes
TAKEN_BACK = "details:has(form[action$='/undo'])"  # where a receipt offers to
WHOLE = "form[action$='/commit']:not(:has([name=on_error]))"


@pytest.mark.parametrize(("language", "width", "hands_of"), WALKS)
def test_an_institution_works_and_the_public_page_moves(
    enter: Any, live: Desk, language: str, width: int, hands_of: type[Hands]
) -> None:
    watched, base, walk = at_work(enter, live, "PNU/manager", language, width)
    before = counted(watched, live)
    hands = sent_in(hands_of, watched, base, "enrolments", rows_of(walk, 2))
    assert hands.page.locator("#mistakes ~ .scroll th[scope=row]").first.inner_text() == "2"
    hands.choose('select[id="column-0"]', "trainee.name")
    hands.press('form[action$="/columns"] button', PART)
    assert hands.page.locator("#mistakes ~ .scroll th[scope=row]").all_inner_texts() == ["3"]
    hands = sent_in(hands_of, watched, base, "enrolments", rows_of(walk))
    hands.choose('select[id="column-0"]', "trainee.name")
    hands.press('form[action$="/columns"] button', WHOLE)
    hands.press('form[action$="/commit"] button', TAKEN_BACK)
    receipt = hands.page.url
    assert counted(watched, live) == before + 2
    hands = hands_of(watched.open(receipt))
    hands.press(f"{TAKEN_BACK} summary", "#undo_import-reason")
    hands.press('form[action$="/undo"] button', "#effect")
    hands.press("button.danger", ".done")
    assert counted(watched, live) == before
    hands = hands_of(watched.open(f"{base}/"))
    hands.press('.tasks a[href*="/programmes/"]', "#cohort")
    hands.press('form[action$="/cohort"] button[type=submit]', "#effect")
    hands.press('button[name=sure][value="yes"]', ".done")
    assert counted(watched, live) == before + 2


@pytest.mark.parametrize(("language", "width", "hands_of"), WALKS)
def test_the_city_works_and_the_public_page_moves(
    enter: Any, live: Desk, language: str, width: int, hands_of: type[Hands]
) -> None:
    watched, base, walk = at_work(enter, live, "BUSAN/officer", language, width)
    before = counted(watched, live)
    hands = hands_of(watched.open(f"{base}/duplicates"))
    hands.press('form[action$="/merge"] button', "#effect")
    hands.press('button[name=sure][value="yes"]', ".done")
    assert counted(watched, live) == before - 1
    money = paid(watched, live)
    hands = hands_of(watched.open(f"{base}/duplicates/investments"))
    hands.press('main a.button[href*="/duplicates/investments/"]', "#merge")
    hands.tick("#keep-1")
    hands.write("#merge_investments-reason", "같은 계약서")
    hands.press('form[action$="/merge"] button', "#effect")
    hands.press('button[name=sure][value="yes"]', ".done")
    assert paid(watched, live) == money - WON
    hands = hands_of(watched.open(f"{base}/goals/RND_SHARE"))
    hands.write("#enter_observation-period", "2025")
    hands.write("#enter_observation-value", f"3{walk}.5")
    hands.write("#enter_observation-source", "통계청")
    hands.press('form[action$="/observations"] button', ".done")
    assert f"3{walk}.5" in watched.open(f"{live.url}/{language}/").content()
    hands = hands_of(watched.open(f"{base}/releases"))
    hands.write("#publish-name", f"발표 {walk}")
    hands.reach('input[name=goals][value="TALENT_ANNUAL"]')
    hands.page.keyboard.press("Space")
    hands.press('form[action$="/releases"] button', "#effect")
    hands.press('button[name=sure][value="yes"]', ".done")
    assert f"발표 {walk}" in watched.open(f"{live.url}/{language}/releases").content()
    hands = hands_of(watched.open(f"{base}/codes/fields"))
    hands.write("#add_code-code", f"NEW{walk}")
    hands.write("#add_code-name", f"새 분야 {walk}")
    hands.write("#add_code-name_en", f"New field {walk}")
    hands.press('form[action$="/codes/fields"] button', ".done")
    shown = watched.open(f"{live.url}/{language}/method/codes/fields").content()
    assert f"NEW{walk}" in shown


@pytest.mark.parametrize(("language", "width", "hands_of"), WALKS)
def test_an_agency_works_and_the_public_page_moves(
    enter: Any, live: Desk, language: str, width: int, hands_of: type[Hands]
) -> None:
    watched, base, walk = at_work(enter, live, "BIPA/manager", language, width)
    own, before = paid(watched, live, organisation="BIPA"), paid(enter(), live)
    hands = hands_of(watched.open(f"{base}/startups"))
    hands.write("#register_startup-name", f"새싹 {walk}")
    hands.write("#register_startup-business_number", company(walk, 9))
    hands.choose("#register_startup-field", "AI")
    hands.choose("#register_startup-district_code", "26350")
    hands.press('form[method=post][action$="/startups"] button', "#deals")
    hands = sent_in(hands_of, watched, base, "investments", deals(walk, "내일"))
    wrong = hands.page.locator("#mistakes ~ .scroll th[scope=row]").all_inner_texts()
    assert wrong == ["2", "3"]  # a date that is none, and a deal that is logged already
    hands = sent_in(hands_of, watched, base, "investments", deals(walk))
    hands.press(f"{PART} button", TAKEN_BACK)
    hands = sent_in(hands_of, watched, base, "transactions", PAYMENTS.format(walk=walk).encode())
    hands.press(f"{WHOLE} button", TAKEN_BACK)
    assert paid(watched, live, organisation="BIPA") == own + 12 * WON
    hands = hands_of(watched.open(f"{base}/investments"))
    hands.press('a[href$="/investments/refused"]', "#rows")
    assert "investments.csv" in hands.read("tbody")
    assert paid(enter(), live) == before  # money moves in public when it is published
    officer = enter("BUSAN/officer")
    publish(officer, f"{base}/releases", f"투자 {walk}")
    assert before < paid(enter(), live) == paid(officer, live)
    hands = hands_of(watched.open(f"{base}/investments"))
    hands.press('tbody a[href*="/investments/"]', "#moves")
    hands.press('#moves ~ .scroll tr:last-child a[href*="/transactions/"]', "main form.narrow")
    hands.write("#reverse_transaction-reason", "두 번 적음")
    hands.press('form[action$="/reverse"] button', "#effect")
    hands.press('button[name=sure][value="yes"]', ".done")
    assert paid(watched, live, organisation="BIPA") < own + 12 * WON


def paid(watched: Watched, live: Desk, **only: str) -> int:
    """How much the Investment page says was paid, to whoever looks."""
    asked = "".join(f"&{name}={value}" for name, value in only.items())
    page = watched.open(f"{live.url}/ko/investment?measure=disbursed_krw{asked}")
    return int(page.locator("[data-total] data").first.get_attribute("value") or "0")


def sent_in(
    hands_of: type[Hands], watched: Watched, base: str, dataset: str, content: bytes
) -> Hands:
    """Send a file in, and see what was found in it."""
    hands = hands_of(watched.open(f"{base}/uploads"))
    hands.choose("#send-dataset", dataset)
    hands.file(f"{dataset}.csv", content)
    hands.press("form[data-sends] button", "#detected")
    return hands


def publish(officer: Watched, address: str, name: str) -> None:
    """Publish a release, as the city."""
    page = officer.open(address)
    page.locator("#publish-name").fill(name)
    page.locator('input[name=goals][value="INVESTMENT_TOTAL"]').check()
    page.locator('form[action$="/releases"] button').click()
    page.locator('button[name=sure][value="yes"]').click()
    page.locator(".done").wait_for()


@pytest.mark.parametrize(("language", "width"), SOME)
def test_a_manager_keeps_keys_and_accounts_by_keyboard(
    enter: Any, live: Desk, language: str, width: int
) -> None:
    watched, base, walk = at_work(enter, live, "PNU/manager", language, width)
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


@pytest.mark.parametrize(("who", "language", "width"), EVERYWHERE)
def test_every_page_is_sound(enter: Any, live: Desk, who: str, language: str, width: int) -> None:
    watched = enter(who, viewport={"width": width, "height": 900})
    found, seen = {}, 0
    for kind, page in rooms(watched, f"{live.url}/{language}/console/"):
        seen += 1
        worries = faults(page)
        if worries or page.locator("h1").count() != 1:
            found[kind] = worries
    assert found == {}
    assert seen > 10


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
