"""A browser without scripts: follows links, fills in forms, and keeps its cookies."""

from __future__ import annotations

import html
import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.accounts import Person, person

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.client import World

TOKEN = re.compile(r'name="token" value="([^"]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Visit:
    """Somebody at a browser; `text` is the page shown."""

    def __init__(self, world: World, language: str = "ko") -> None:
        self.world = world
        self.http = world.app.test_client()
        self.base = f"/{language}/console"
        self.text = ""
        self.answer: TestResponse | None = None

    def open(self, path: str, status: int = 200) -> str:
        """Open a page below the console, following where it leads."""
        address = path if path.startswith(("/ko/", "/en/")) else self.base + path
        return self._shown(self.http.get(address, follow_redirects=True), status)

    def send(self, path: str, status: int = 200, /, **said: Any) -> str:
        """Send a form of the page shown, with its token; follow where it leads."""
        token = TOKEN.search(self.text)
        data = {"token": token.group(1) if token else ""} | {
            name.replace("__", "."): value for name, value in said.items()
        }
        address = path if path.startswith(("/ko/", "/en/")) else self.base + path
        return self._shown(self.http.post(address, data=data, follow_redirects=True), status)

    def confirm(self, status: int = 200) -> str:
        """Press the button of the page that says what would change."""
        assert self.answer is not None
        part = self.text.split("<main", 1)[1]
        said: dict[str, list[str]] = {}
        for name, value in HIDDEN.findall(part):
            said.setdefault(html.unescape(name), []).append(html.unescape(value))
        answer = self.http.post(
            self.answer.request.path, data=said | {"sure": ["yes"]}, follow_redirects=True
        )
        return self._shown(answer, status)

    def upload(self, content: bytes, name: str, status: int = 200, **said: str) -> str:
        """Send a file in from the page shown."""
        token = TOKEN.search(self.text)
        assert token is not None
        data = {"token": token.group(1), **said, "file": (io.BytesIO(content), name)}
        return self._shown(
            self.http.post(
                f"{self.base}/uploads", data=data, content_type="multipart/form-data",
                follow_redirects=True,
            ),
            status,
        )  # fmt: skip

    def sign_in(self, who: Person) -> str:
        """Sign in with both factors."""
        parts = self.world.parts
        parts.clock.put(parts.clock.now() + timedelta(seconds=60))
        self.open("/sign-in")
        self.send("/sign-in", name=who.name, password=who.password)
        return self.send("/second-factor", code=who.code(parts))

    def _shown(self, answer: TestResponse, status: int) -> str:
        self.answer, self.text = answer, answer.get_data(as_text=True)
        plain = re.sub(r"<[^>]+>|\s+", " ", self.text.split("<main", 1)[-1])[:1500]
        assert answer.status_code == status, (answer.request.path, answer.status_code, plain)
        return self.text


def visit(world: World, organisation: str, role: str, language: str = "ko") -> Visit:
    """Somebody of a role, signed in."""
    seen = Visit(world, language)
    seen.sign_in(person(world, organisation, role))
    return seen
