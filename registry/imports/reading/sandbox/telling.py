"""What the child process tells: pieces of news, each of a kind and with some texts.

First a line with the kind and the length of each text in bytes, then the texts. JSON would take
half the time to load that all else of the child takes to start.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # the module of that name loads slowly
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn

BETWEEN = "\x1f"  # stands between the items of a text; no honest cell holds it
INSTEAD = "\x1e"  # what a cell that does is told with: neither is taken from anybody


class Refused(Exception):  # noqa: N818 - the parent raises the error of this code
    """The workbook is not to be read; the code is one of the registry's problems."""

    def __init__(self, code: str, **facts: str | int) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts

    def tell(self) -> None:
        """Write it as news."""
        facts = (f"{type(value).__name__} {name} {value}" for name, value in self.facts.items())
        tell("problem", self.code, *facts)


def tell(kind: str, *texts: str) -> None:
    """Write a piece of news."""
    told = [text.encode("utf-8", "replace") for text in texts]
    head = " ".join((kind, *(str(len(text)) for text in told)))
    sys.stdout.buffer.write(b"".join((head.encode(), b"\n", *told)))
    sys.stdout.buffer.flush()


def listed(items: Iterable[str]) -> str:
    """Items as one text."""
    known = list(items)
    text = BETWEEN.join(known)
    if text.count(BETWEEN) >= max(1, len(known)):
        text = BETWEEN.join(item.replace(BETWEEN, INSTEAD) for item in known)
    return text


def stop(code: int = 0) -> NoReturn:
    """End at once: taking a large workbook apart again takes time for nothing."""
    os._exit(code)
