"""Pictures of every page, public and behind the sign-in, in both languages and at both widths.

`make screenshots` takes them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from registry.demo.run import STAFF, prepared
from tests.browsing import LANGUAGES, PAGES, WIDTHS, Watched, chromium, rooms
from tests.live import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Files of which no row is right.
MISTAKEN = {
    "enrolments": """external_id,programme_code,trainee.name,trainee.birth_date,enrolled_on,status,status_on
S-1,없는과정,김하늘,1999-13-02,2026-03-02,수료,2026-06-10
S-2,없는과정,,내일,2033-01-01,몰라요,2026-06-10
""",
    "startups": """name,business_number,field,district_code
가나다,123-45-67890,AI,26350
,124-81-00998,없는분야,부산
""",
}
CROWD = 10_000
TARGET = Path("var/screenshots")
DEMO = Path("var/screenshots.demo")  # always as the code of today builds it


def main() -> None:
    """Build a demo and take the pictures of it."""
    settings = prepared(DEMO, CROWD, fresh=True)
    TARGET.mkdir(parents=True, exist_ok=True)
    said = {"REGISTRY_CLOCK": "", "REGISTRY_SECOND_FACTOR": str(settings.second_factor)}
    with serving(settings, TARGET, **said) as live, chromium() as browser:
        items = httpx.get(f"{live.url}/api/v1/releases").json()["items"]
        ids = [items[0]["id"], items[-1]["id"]] if items else ["", ""]
        for width in WIDTHS:
            for look in ("light", "dark"):
                view = {"width": width, "height": 900}
                context = browser.new_context(viewport=view, color_scheme=look)  # type: ignore[arg-type]
                watched = Watched(context)
                for language in LANGUAGES:
                    for path in PAGES:
                        filled = path.format(release=ids[1], other=ids[0])
                        page = watched.open(f"{live.url}/{language}{filled}")
                        name = re.sub("[^a-z0-9]+", "-", path.lower()).strip("-") or "front"
                        file = TARGET / f"{name}.{language}.{width}.{look}.png"
                        page.screenshot(path=file, full_page=True)
                context.close()
        for who, password in staff(DEMO):
            for language in LANGUAGES:
                for width in WIDTHS:
                    behind(browser, live.url, who, password, language, width)
    print(f"{len(list(TARGET.glob('*.png')))} pictures in {TARGET}")


def staff(folder: Path) -> list[tuple[str, str]]:
    """The demo's people with their passwords."""
    lines = (folder / STAFF).read_text("utf-8").splitlines()
    return [(name, password) for name, password in (line.split() for line in lines)]


def behind(browser: Browser, url: str, who: str, password: str, language: str, width: int) -> None:
    """Take pictures of one page of each kind that somebody reaches, and of a file with mistakes."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    watched = Watched(context)
    page = watched.open(f"{url}/{language}/console/")
    page.screenshot(path=TARGET / f"sign-in.{language}.{width}.png", full_page=True)
    page.locator("input[name=name]").fill(who)
    page.locator("input[name=password]").fill(password)
    page.keyboard.press("Enter")
    page.locator("nav.console a").first.wait_for(state="attached")  # it may be folded
    if page.locator("nav.console a[href$='/uploads']").count():
        page = watched.open(f"{url}/{language}/console/uploads")
        dataset = "enrolments" if who.startswith("institution") else "startups"
        page.locator("#send-dataset").select_option(dataset)
        rows = MISTAKEN[dataset].encode()
        page.locator("#send-file").set_input_files(
            {"name": "고칠 곳이 있는 파일.csv", "mimeType": "text/csv", "buffer": rows}
        )
        page.locator("form[data-sends] button[type=submit]").click()
        page.locator("#mistakes").wait_for()
    for kind, page in rooms(watched, f"{url}/{language}/console/"):
        name = re.sub("[^a-z0-9]+", "-", kind.replace("*", "one").lower()).strip("-") or "home"
        page.screenshot(path=TARGET / f"{who}-{name}.{language}.{width}.png", full_page=True)
    context.close()


if __name__ == "__main__":
    main()
