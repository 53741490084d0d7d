"""A small load on a server of our own on loopback, bounded in count."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENTS = 8
REQUESTS = 400
numbers = count(1)


def requests(url: str, key: str, make: Callable[[int], tuple[str, str, Any]]) -> int:
    """Send so many requests from a few threads; every answer must be a success."""
    address = urlsplit(url)

    def send(number: int) -> None:
        method, path, body = make(number)
        connection = HTTPConnection(str(address.hostname), address.port)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status not in {200, 201}:
            raise RuntimeError(f"{method} {path}: {answer.status}")

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(send, [next(numbers) for _ in range(REQUESTS)]))
    return REQUESTS


def statistic(_number: int) -> tuple[str, str, Any]:
    """A question of three dimensions."""
    path = "/api/v1/statistics/trainees?measure=trainees&by=year,zone,programme_kind"
    return "GET", path, None


def enrolment(number: int) -> tuple[str, str, Any]:
    """A new person who completed."""
    body = {
        "programme_code": "AI1", "enrolled_on": "2026-03-02", "status": "completed",
        "status_on": "2026-06-30",
        "trainee": {"name": f"사람{number}", "birth_date": "1999-03-02", "mobile": f"010{number:08d}"},
    }  # fmt: skip
    return "POST", "/api/v1/enrolments", body
