"""Walks through the console: what there is to do, and the hands that do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import TimeoutError as NotInTime

from tests.browsing import LANGUAGES, WIDTHS, faults
from tests.money import deal
from tests.pages import LONG_EN, LONG_KO
from tests.seeded import business_number
from tests.test_imports import text
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Page

    from tests.client import World


ALL = [(language, width) for language in LANGUAGES for width in WIDTHS]
WON = 10**8
DEALS = """\
external_id,business_number,round,investor.name,investor.kind,instrument,shares,channel,contracted_on,contracted_krw
N{walk}-0,{new},seed,부산벤처,venture_capital,common,new_shares,attracted,{day},900000000
N{walk}-1,{known},seed,부산벤처,venture_capital,common,new_shares,attracted,2026-03-02,900000000
N{walk}-2,{other},bridge,부산벤처,venture_capital,common,new_shares,attracted,2026-06-01,900000000
"""
PAYMENTS = """\
external_id,investment_external_id,kind,effective_on,amount_krw
P{walk}-0,N{walk}-0,disbursement,2026-06-02,500000000
P{walk}-1,D{walk}-1,disbursement,2026-06-02,400000000
P{walk}-2,N{walk}-2,disbursement,2026-06-02,300000000
"""


def similar(world: World) -> None:
    """For each walk two records that may be one person, and a programme whose people are done.

    And three start-ups with a deal that is logged, in one of them by another agency too.
    """
    for number in range(len(ALL)):
        name = f"김하{'가나다라'[number]}"
        for owner, code, mobile in (
            (world.pnu, "AI1", f"010-7777-000{number}"), (world.btp, "OS1", None),
        ):  # fmt: skip
            said = {"name": name, "birth_date": "1999-03-02", "mobile": mobile}
            done = {"status": "completed", "status_on": "2026-06-12", "enrolled_on": "2026-03-02"}
            owner.post("/enrolments", done | {"programme_code": code, "trainee": said})
        cohort = {
            "code": f"COHORT{number}",
            "name": f"반 {number} {LONG_KO}",
            "name_en": LONG_EN,
            "ends_on": "2026-06-10",
        }
        world.pnu.post("/programmes", AI1 | cohort)
        for one in range(2):
            said = {"name": f"이수{'가나다라'[number]}", "birth_date": f"199{one}-03-02"}
            said["mobile"] = f"010-8888-00{number}{one}"
            attends = {"programme_code": cohort["code"], "enrolled_on": "2026-03-02"}
            world.pnu.post("/enrolments", attends | {"trainee": said})
        for one in range(3):
            said = {
                "name": f"회사 {number}-{one} {LONG_KO}",
                "business_number": company(number, one),
            }
            said |= {"field": "AI", "district_code": "26350"}
            made = world.bipa.post("/startups", said)["id"]
            world.bipa.post("/investments", deal(made, external_id=f"D{number}-{one}"))
            if one == 0:
                again = deal(made, contracted_on="2026-03-03")
                paid = world.bepa.post("/investments", again)["id"]
                move = {"kind": "disbursement", "effective_on": "2026-03-03", "amount_krw": WON}
                world.bepa.post(f"/investments/{paid}/transactions", move)


def company(walk: int, one: int) -> str:
    """The business number of one of a walk's start-ups."""
    return business_number(900 + 10 * walk + one)


def deals(walk: int, day: str = "2026-06-01") -> bytes:
    """A file of a deal with the new start-up, one that is logged already, and another."""
    new, known, other = (company(walk, one) for one in (9, 1, 2))
    return DEALS.format(walk=walk, new=new, known=known, other=other, day=day).encode()


def rows_of(walk: int, *wrong: int) -> bytes:
    """Two people's rows in a file whose name column nobody knows; some with a birth date that is none."""
    lines = [
        f"W{walk}-{n},AI1,홍길{'가나다라'[walk]}{n},{'내일' if n in wrong else '1999-03-02'},"
        f"010-30{walk}0-000{n},2026-03-02,수료,2026-06-10"
        for n in (1, 2)
    ]
    return text(*lines).replace("성명", "누구").encode("cp949")


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
        self.follows(then)

    def follows(self, then: str) -> None:
        """Wait for what must follow, which is sound and shown without scrolling sideways."""
        self.page.locator(then).first.wait_for()
        self.page.wait_for_load_state()  # its pictures are there
        found = faults(self.page)
        assert not found, f"{self.page.url}, where {then} is: {found}"

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
        sent: FilePayload = {"name": name, "mimeType": "text/csv", "buffer": content}
        self.page.wait_for_load_state()
        for key in ("Space", "Enter") * 3:  # the browser passes one over now and then
            self.reach("#send-file")
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

    def read(self, selector: str) -> str:
        """What stands there."""
        return self.page.locator(selector).first.inner_text()


class Pointer(Hands):
    """Somebody with a mouse or a finger."""

    def reach(self, selector: str) -> None:
        """Point at it, where it can be pointed at."""
        self.page.locator(selector).locator("visible=true").first.focus()

    def press(self, selector: str, then: str) -> None:
        """Press a button, and wait for what must follow, which is sound."""
        self.page.locator(selector).locator("visible=true").first.click()
        self.follows(then)

    def choose(self, selector: str, value: str) -> None:
        """Choose of a list."""
        self.page.locator(selector).select_option(value)

    def tick(self, selector: str) -> None:
        """Tick a box."""
        self.page.locator(selector).check()

    def file(self, name: str, content: bytes) -> None:
        """Choose a file."""
        sent: FilePayload = {"name": name, "mimeType": "text/csv", "buffer": content}
        self.page.locator("#send-file").set_input_files(sent)

    def write(self, selector: str, words: str) -> None:
        """Write into a field in place of what stands there."""
        self.page.locator(selector).fill(words)


# Each walk by keyboard and by pointer in the gate; by keyboard everywhere with `make soak`.
WALKS = [
    *(pytest.param(*look, Hands, marks=() if look == ("ko", 1280) else pytest.mark.soak)
      for look in ALL),
    ("en", 360, Pointer),
]  # fmt: skip
