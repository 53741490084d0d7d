"""A light load on a server of our own on loopback: raw sockets in one thread, bounded in count.

Some tens of microseconds a request, so that the server is what is measured. A connection is kept
open as long as the server keeps it.
"""

from __future__ import annotations

import json
import selectors
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

CONNECTIONS = 8
GOOD = frozenset({200, 201})
PATIENCE = 60
END_OF_HEAD = b"\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
NO_BODY = 304


def message(
    method: str, path: str, key: str | None = None, body: Any = None, **headers: str
) -> bytes:
    """A request's bytes; underscores in a header's name become hyphens."""
    data = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if key is not None:
        lines.append(f"Authorization: Bearer {key}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(data)}"]
    return "\r\n".join(lines).encode() + END_OF_HEAD + data


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """A header's value, empty if there is none."""
        for line in self.head.split(b"\r\n")[1:]:
            found, _, value = line.partition(b":")
            if found.strip().lower() == name.lower().encode():
                return value.strip().decode()
        return ""


@dataclass
class _Talk:
    """One connection's present exchange."""

    socket: socket.socket
    received: bytearray = field(default_factory=bytearray)

    def answer(self) -> Answer | None:
        """The answer, once it is here in full."""
        head, end, rest = self.received.partition(END_OF_HEAD)
        if not end:
            return None
        answer = Answer(int(head[9:12]), bytes(head), bytes(rest))
        if answer.header("Transfer-Encoding") == "chunked":
            return answer if rest.endswith(LAST_CHUNK) else None
        length = 0 if answer.status == NO_BODY else int(answer.header("Content-Length"))
        return answer if len(rest) >= length else None


def ask(url: str, sent: bytes) -> Answer:
    """One request and its answer, whatever its status."""
    return next(answers(url, [sent], None))


def fire(url: str, sent: Sequence[bytes], good: Collection[int] = GOOD) -> int:
    """Send all requests and wait for the answers, which must be good; how many there were."""
    return sum(1 for _ in answers(url, sent, good))


def answers(url: str, sent: Sequence[bytes], good: Collection[int] | None) -> Iterator[Answer]:
    """The answers as they come, to requests over a few connections at once."""
    with selectors.DefaultSelector() as selector:
        volley = _Volley(url, iter(sent), selector)
        for _ in range(min(CONNECTIONS, len(sent))):
            volley.send(None)
        while selector.get_map():
            ready = selector.select(PATIENCE)
            if not ready:
                raise TimeoutError(url)
            for event, _ in ready:
                answer = volley.hear(event.data)
                if answer is None:
                    continue
                if good is not None and answer.status not in good:
                    raise RuntimeError(f"{url}: {answer.head!r} {answer.body[:500]!r}")
                yield answer


@dataclass(frozen=True)
class _Volley:
    """The requests that wait, and the connections they go over."""

    url: str
    waiting: Iterator[bytes]
    selector: selectors.BaseSelector

    def send(self, connection: socket.socket | None) -> None:
        """Send the next request, over a new connection if there is none."""
        data = next(self.waiting, None)
        if data is None:
            if connection is not None:
                connection.close()
            return
        if connection is None:
            place = urlsplit(self.url)
            address = (str(place.hostname), place.port or 80)
            connection = socket.create_connection(address, PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(data)
        self.selector.register(connection, selectors.EVENT_READ, _Talk(connection))

    def hear(self, talk: _Talk) -> Answer | None:
        """Take in what came; with an answer in full, go on to the next request."""
        part = talk.socket.recv(1 << 18)
        if not part:
            raise ConnectionError(f"{self.url}: hung up on {bytes(talk.received[:200])!r}")
        talk.received += part
        answer = talk.answer()
        if answer is not None:
            self.selector.unregister(talk.socket)
            closes = answer.header("Connection").lower() == "close"
            if closes:
                talk.socket.close()
            self.send(None if closes else talk.socket)
        return answer
