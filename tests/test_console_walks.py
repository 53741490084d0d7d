"""The console at work: a file, a decision or a key on its way to the public page, by keyboard and pointer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.desk import at_work, counted
from tests.live import PATIENCE
from tests.walking import ALL, PAYMENTS, WALKS, WON, Hands, company, deals, rows_of

if TYPE_CHECKING:
    from tests.browsing import Watched
    from tests.desk import Desk

# One of them in the gate, the others when there is time.
SOME = [pytest.param(*look, marks=() if look == ("en", 360) else pytest.mark.soak) for look in ALL]

PART = "form[action$='/commit']:has([name=on_error])"  # what takes in the rows without mistakes
TAKEN_BACK = "details:has(form[action$='/undo'])"  # where a receipt offers to
WHOLE = "form[action$='/commit']:not(:has([name=on_error]))"


@pytest.mark.parametrize(("language", "width", "hands_of"), WALKS)
def test_an_institution_works_and_the_public_page_moves(
    enter: Any, desk: Desk, language: str, width: int, hands_of: type[Hands]
) -> None:
    watched, base, walk = at_work(enter, desk, "PNU/manager", language, width)
    before = counted(watched, desk)
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
    assert counted(watched, desk) == before + 2
    hands = hands_of(watched.open(receipt))
    hands.press(f"{TAKEN_BACK} summary", "#undo_import-reason")
    hands.press('form[action$="/undo"] button', "#effect")
    hands.press("button.danger", ".done")
    assert counted(watched, desk) == before
    hands = hands_of(watched.open(f"{base}/"))
    hands.press('.tasks a[href*="/programmes/"]', "#cohort")
    hands.press('form[action$="/cohort"] button[type=submit]', "#effect")
    hands.press('button[name=sure][value="yes"]', ".done")
    assert counted(watched, desk) == before + 2


@pytest.mark.parametrize(("language", "width", "hands_of"), WALKS)
def test_the_city_works_and_the_public_page_moves(
    enter: Any, desk: Desk, language: str, width: int, hands_of: type[Hands]
) -> None:
    watched, base, walk = at_work(enter, desk, "BUSAN/officer", language, width)
    before = counted(watched, desk)
    hands = hands_of(watched.open(f"{base}/duplicates"))
    hands.press('form[action$="/merge"] button', "#effect")
    hands.press('button[name=sure][value="yes"]', ".done")
    assert counted(watched, desk) == before - 1
    money = paid(watched, desk)
    hands = hands_of(watched.open(f"{base}/duplicates/investments"))
    hands.press('main a.button[href*="/duplicates/investments/"]', "#merge")
    hands.tick("#keep-1")
    hands.write("#merge_investments-reason", "같은 계약서")
    hands.press('form[action$="/merge"] button', "#effect")
    hands.press('button[name=sure][value="yes"]', ".done")
    assert paid(watched, desk) == money - WON
    hands = hands_of(watched.open(f"{base}/goals/RND_SHARE"))
    hands.write("#enter_observation-period", "2025")
    hands.write("#enter_observation-value", f"3{walk}.5")
    hands.write("#enter_observation-source", "통계청")
    hands.press('form[action$="/observations"] button', ".done")
    assert f"3{walk}.5" in watched.open(f"{desk.url}/{language}/").content()
    hands = hands_of(watched.open(f"{base}/releases"))
    hands.write("#publish-name", f"발표 {walk}")
    hands.reach('input[name=goals][value="TALENT_ANNUAL"]')
    hands.page.keyboard.press("Space")
    hands.press('form[action$="/releases"] button', "#effect")
    hands.press('button[name=sure][value="yes"]', ".done")
    assert f"발표 {walk}" in watched.open(f"{desk.url}/{language}/releases").content()
    hands = hands_of(watched.open(f"{base}/codes/fields"))
    hands.write("#add_code-code", f"NEW{walk}")
    hands.write("#add_code-name", f"새 분야 {walk}")
    hands.write("#add_code-name_en", f"New field {walk}")
    hands.press('form[action$="/codes/fields"] button', ".done")
    shown = watched.open(f"{desk.url}/{language}/method/codes/fields").content()
    assert f"NEW{walk}" in shown


@pytest.mark.parametrize(("language", "width", "hands_of"), WALKS)
def test_an_agency_works_and_the_public_page_moves(
    enter: Any, desk: Desk, language: str, width: int, hands_of: type[Hands]
) -> None:
    watched, base, walk = at_work(enter, desk, "BIPA/manager", language, width)
    own, before = paid(watched, desk, organisation="BIPA"), paid(enter(), desk)
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
    assert paid(watched, desk, organisation="BIPA") == own + 12 * WON
    hands = hands_of(watched.open(f"{base}/investments"))
    hands.press('a[href$="/investments/refused"]', "#rows")
    assert "investments.csv" in hands.read("tbody")
    assert paid(enter(), desk) == before  # money moves in public when it is published
    officer = enter("BUSAN/officer")
    publish(officer, f"{base}/releases", f"투자 {walk}")
    assert before < paid(enter(), desk) == paid(officer, desk)
    hands = hands_of(watched.open(f"{base}/investments"))
    hands.press('tbody a[href*="/investments/"]', "#moves")
    hands.press('#moves ~ .scroll tr:last-child a[href*="/transactions/"]', "main form.narrow")
    hands.write("#reverse_transaction-reason", "두 번 적음")
    hands.press('form[action$="/reverse"] button', "#effect")
    hands.press('button[name=sure][value="yes"]', ".done")
    assert paid(watched, desk, organisation="BIPA") < own + 12 * WON


def paid(watched: Watched, desk: Desk, **only: str) -> int:
    """How much the Investment page says was paid, to whoever looks."""
    asked = "".join(f"&{name}={value}" for name, value in only.items())
    page = watched.open(f"{desk.url}/ko/investment?measure=disbursed_krw{asked}")
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
    enter: Any, desk: Desk, language: str, width: int
) -> None:
    watched, base, walk = at_work(enter, desk, "PNU/manager", language, width)
    hands = Hands(watched.open(f"{base}/keys"))
    hands.write("#create_key-name", f"학사 {walk}")
    hands.tick('input[name=scopes][value="trainees:read"]')
    hands.press('form[action$="/keys"] button', ".secret")
    secret = hands.page.locator(".secret").inner_text()
    assert asked(desk, secret) == 200
    hands.press(".acts a.button", "#create_key-name")
    row = hands.page.locator("tbody tr").filter(has_text=f"학사 {walk}")
    hands.press(f'a[href="{row.locator("th a").get_attribute("href")}"]', "#calls")
    told_of(hands, "/api/v1/enrolments")
    hands = Hands(watched.open(f"{base}/keys"))
    turn = row.locator("form[action$='/rotate']").get_attribute("action")
    hands.press(f'form[action="{turn}"] button', ".secret")
    newer = hands.page.locator(".secret").inner_text()
    assert (newer != secret, asked(desk, newer), asked(desk, secret)) == (True, 200, 200)
    hands = Hands(watched.open(f"{base}/keys"))
    hands.press("form[action$='/revoke'] button", "#effect")  # the newest stands first
    hands.press('button[name=sure][value="yes"]', ".done")
    assert (asked(desk, newer), asked(desk, secret)) == (401, 200)
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


def told_of(hands: Hands, route: str) -> None:
    """Look again until a key's page tells of a call."""
    deadline = time.monotonic() + PATIENCE
    while not hands.page.locator("#calls ~ .scroll code", has_text=route).count():
        assert time.monotonic() < deadline
        hands.page.reload()
    hands.follows("#calls ~ .scroll")


def asked(desk: Desk, secret: str) -> int:
    """What a key is answered."""
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.get(f"{desk.url}/api/v1/enrolments", headers=headers).status_code
