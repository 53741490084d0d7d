"""Pictures of Vega-Lite specifications, made once and kept while there is room.

The renderer is a browser's engine in this process, started by the first chart of a worker: a
process forked after that would hang, so nothing draws before the fork.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOM = 8 * 2**20  # bytes of pictures that a process keeps
SHARPNESS = 2  # of a PNG: pixels for each of the chart's own


class Drawings:
    """The pictures drawn last, at most so many bytes of them, by what they show."""

    def __init__(self, room: int = ROOM) -> None:
        self.room = room
        self._used = 0
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._lock = Lock()

    def drawn(self, spec: Mapping[str, Any], kind: str) -> bytes:
        """The picture of a specification, as svg or png; as json the specification itself."""
        text = json.dumps(spec, ensure_ascii=False, sort_keys=True)
        if kind == "json":
            return json.dumps(spec, ensure_ascii=False, indent=1).encode()
        name = hashlib.sha256(text.encode()).hexdigest(), kind
        with self._lock:
            if name not in self._kept:
                self._keep(name, _draw(text, kind))
            self._kept.move_to_end(name)
            return self._kept[name]

    def _keep(self, name: tuple[str, str], picture: bytes) -> None:
        self._kept[name] = picture
        self._used += len(picture)
        while self._used > self.room and len(self._kept) > 1:
            self._used -= len(self._kept.popitem(last=False)[1])


def _draw(text: str, kind: str) -> bytes:
    import vl_convert  # noqa: PLC0415 - not before the fork, and not where no chart is asked for

    nowhere: list[str] = []  # what a chart may load from
    if kind == "svg":
        return vl_convert.vegalite_to_svg(text, allowed_base_urls=nowhere).encode()
    return vl_convert.vegalite_to_png(text, scale=SHARPNESS, allowed_base_urls=nowhere)


DRAWINGS = Drawings()
