"""The console's pages in a browser: sound, accessible, and kind to whoever is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browsing import Watched, complaints, faults, rooms
from tests.desk import PEOPLE
from tests.walking import ALL

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.desk import Desk

# Who sees which pages how in the gate; everybody sees them in every way with `make soak`.
GATE = {("PNU/manager", "en", 1280), ("BUSAN/officer", "ko", 360), ("BIPA/manager", "ko", 360)}
EVERYWHERE = [
    pytest.param(who, *look, marks=() if (who, *look) in GATE else pytest.mark.soak)
    for who in PEOPLE for look in ALL
]  # fmt: skip


@pytest.mark.parametrize(("who", "language", "width"), EVERYWHERE)
def test_every_page_is_sound(enter: Any, desk: Desk, who: str, language: str, width: int) -> None:
    watched = enter(who, viewport={"width": width, "height": 900})
    found, seen = {}, 0
    for kind, page in rooms(watched, f"{desk.url}/{language}/console/"):
        seen += 1
        worries = faults(page)
        if worries or page.locator("h1").count() != 1:
            found[kind] = worries
    assert found == {}
    assert seen > 10


def test_whoever_is_refused_stands_at_what_is_wrong(enter: Any, desk: Desk) -> None:
    watched = enter("PNU/manager", color_scheme="dark", viewport={"width": 360, "height": 800})
    page = watched.open(f"{desk.url}/ko/console/accounts")
    page.locator("#invite_account-name").fill("김하늘")
    page.locator("#invite_account-role").select_option("registrar")
    page.get_by_role("button", name="일회용 링크 만들기").click()
    page.locator("[data-summary]").wait_for()
    assert page.evaluate("document.activeElement.hasAttribute('data-summary')")
    assert complaints(page) == []
    page.locator("[data-summary] a").first.click()
    assert page.evaluate("document.activeElement.id") == "invite_account-name"
    assert page.locator("#invite_account-name").input_value() == "김하늘"


def test_the_doors_are_sound_and_all_works_without_scripts(browser: Browser, desk: Desk) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{desk.url}/en/console/keys")
    assert page.url.endswith("/en/console/sign-in?next=/en/console/keys")
    page.get_by_label("Sign-in name").fill("nobody")
    page.get_by_label("Password").fill("nothing at all")
    page.get_by_role("button", name="Sign in").click()
    assert page.get_by_label("Sign-in name").input_value() == "nobody"
    context.close()
    context = browser.new_context()
    watched = Watched(context)
    for path in ("/ko/console/sign-in", "/en/console/sign-in"):
        assert complaints(watched.open(desk.url + path)) == []
    context.close()
    assert watched.wrong == []
