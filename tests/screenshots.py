"""Pictures of every public page, in both languages and at both widths: `make screenshots`."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from registry.demo.run import prepared
from tests.browsing import LANGUAGES, PAGES, WIDTHS, Watched, chromium
from tests.live import serving

CROWD = 10_000
TARGET = Path("var/screenshots")
DEMO = Path("var/screenshots.demo")  # always as the code of today builds it


def main() -> None:
    """Build a demo and take the pictures of it."""
    settings = prepared(DEMO, CROWD, fresh=True)
    TARGET.mkdir(parents=True, exist_ok=True)
    with serving(settings, TARGET, REGISTRY_CLOCK="") as live, chromium() as browser:
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
    print(f"{len(list(TARGET.glob('*.png')))} pictures in {TARGET}")


if __name__ == "__main__":
    main()
