"""An import through the API with a key, by whatever Python there is: no library is needed."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BASE = "/api/v1"
PAUSE = 0.5
PATIENCE = 600
ENDED = frozenset((
    "validated", "committed", "committed_partly", "rejected", "refused_rrn", "cancelled",
    "failed", "undone",
))  # fmt: skip


class RemoteError(Exception):
    """The server refused, in its own words."""


class Server:
    """A registry somewhere, and the key it is asked with."""

    def __init__(self, url: str, key: str) -> None:
        if urllib.parse.urlsplit(url).scheme not in {"http", "https"}:
            raise RemoteError("the address begins with http:// or https://")
        self._url = url.rstrip("/").removesuffix(BASE) + BASE
        self._key = key

    def take_in(
        self,
        stream: BinaryIO,
        size: int,
        options: Mapping[str, Any],
        *,
        name: str,
        content_type: str,
        told: Callable[[dict[str, Any]], None],
    ) -> dict[str, Any]:
        """Send a file in and wait until it is worked through."""
        said = {k: str(v).lower() if isinstance(v, bool) else v for k, v in options.items() if v}
        headers = {
            "Content-Type": content_type,
            "Content-Length": str(size),
            "Content-Disposition": f"attachment; filename*=UTF-8''{urllib.parse.quote(name)}",
        }
        path = f"/imports?{urllib.parse.urlencode(said)}"
        read: dict[str, Any] = json.loads(self._ask("POST", path, stream, headers))
        while read["state"] not in ENDED:
            time.sleep(PAUSE)
            read = json.loads(self._ask("GET", f"/imports/{read['id']}"))
            told(read["progress"])
        return read

    def annotated(self, import_id: str) -> bytes:
        """The file with its mistakes marked."""
        korean = {"Accept": "*/*", "Accept-Language": "ko"}  # as the file is
        return self._ask("GET", f"/imports/{import_id}/annotated", headers=korean)

    def _ask(
        self,
        method: str,
        path: str,
        body: BinaryIO | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        asked = {
            "Authorization": f"Bearer {self._key}",
            "Accept": "application/json",
            "Accept-Language": "en",
        }
        request = urllib.request.Request(  # noqa: S310 - the scheme was looked at
            self._url + path, data=body, headers=asked | dict(headers or {}), method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
                found: bytes = answer.read()
                return found
        except urllib.error.HTTPError as error:
            raise RemoteError(_sentence(error.read())) from error
        except urllib.error.URLError as error:
            raise RemoteError(str(error.reason)) from error


def _sentence(body: bytes) -> str:
    try:
        problem = json.loads(body)
        places = [f"{e.get('parameter', '')}: {e['detail']}" for e in problem.get("errors", ())]
        return f"{problem['code']}: {' '.join(places) or problem['detail']}"
    except (ValueError, KeyError, TypeError):
        return "the server answered what no registry answers"
