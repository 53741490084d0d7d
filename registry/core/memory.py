"""Answers kept in this process: for questions whose answer only a revision or a new day changes.

An answer is kept under everything that can change it: the newest revision (its number and its
digest), the day in Seoul and the hour, what the asker may see, and the question. The first two are
read from the database on every request, so that a change shows in the next answer of every process.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from flask import Response

SHARE = 16  # of the room: the largest part one answer may take
ROUND_IT = 1024  # bytes that an answer takes beside its body and its question, roughly


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was given: its tag without quotes, and the pattern of its address."""

    body: bytes
    headers: tuple[tuple[str, str], ...]
    tag: str = ""
    route: str = ""

    @classmethod
    def of(cls, response: Response, route: str) -> Kept:
        """What there is to keep of an answer. Its length is told when it is given: only once."""
        tag = response.get_etag()[0] or ""
        headers = (pair for pair in response.headers.items() if pair[0] != "Content-Length")
        return cls(response.get_data(), tuple(headers), tag, route)


class Memory:
    """The answers of the newest version of the data, at most so many bytes of them.

    What has not been asked for longest goes first; another version drops them all.
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self._used = 0
        self._version: Hashable = None
        self._kept: OrderedDict[tuple[Hashable, Hashable], tuple[Kept, int]] = OrderedDict()
        self._questions: set[Hashable] = set()
        self._lock = Lock()

    def holds(self, question: Hashable) -> bool:
        """Whether the question may be answered, whoever asks."""
        return question in self._questions

    def find(self, version: Hashable, question: Hashable, rights: Hashable) -> Kept | None:
        """The answer to a question at a version for an asker's rights, if it is kept."""
        place = question, rights
        with self._lock:
            if version != self._version or place not in self._kept:
                return None
            self._kept.move_to_end(place)
            return self._kept[place][0]

    def keep(self, version: Hashable, question: Hashable, rights: Hashable, answer: Kept) -> None:
        """Keep an answer; one that takes too much of the room is let go."""
        place = question, rights
        size = len(answer.body) + len(repr(place)) + ROUND_IT
        if size * SHARE > self.room:
            return
        with self._lock:
            if version != self._version:
                self._kept.clear()
                self._questions.clear()
                self._used, self._version = 0, version
            _, before = self._kept.pop(place, (None, 0))
            self._kept[place] = answer, size
            self._questions.add(question)
            self._used += size - before
            while self._used > self.room:
                (oldest, _), (_, freed) = self._kept.popitem(last=False)
                self._questions.discard(oldest)
                self._used -= freed
