"""Rotating the master key while others write."""

from __future__ import annotations

import time
from datetime import date
from threading import Thread
from typing import TYPE_CHECKING, Any

from registry.app import assemble
from registry.core.crypto import Keyring
from registry.rotation import rotate
from registry.settings import NamedKey
from tests.conftest import make_settings
from tests.imported import findings, taken
from tests.live import PATIENCE
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from registry.core.clock import ManualClock
    from registry.core.crypto import Sealed
    from registry.settings import Settings
    from tests.client import World

ROW: dict[str, Any] = {
    "external_id": "E1", "programme_code": "AI1", "enrolled_on": date(2030, 3, 2),
    "trainee.name": "김하늘", "trainee.birth_date": date(1999, 3, 2),
    "trainee.mobile": "01012345678",
}  # fmt: skip


class Interrupted(Keyring):
    """Lets something happen when it first seals: after a batch was read, before it is written."""

    def __init__(self, settings: Settings, happen: Callable[[], None]) -> None:
        super().__init__(settings)
        self._happen = [happen]

    def seal(self, values: Mapping[str, Any], row: UUID, data_key: bytes | None = None) -> Sealed:
        """As ever, and something happens before."""
        while self._happen:
            self._happen.pop()()
        return super().seal(values, row, data_key)


def test_an_import_does_not_undo_a_rotation(world: World, database_url: str, clock: ManualClock):
    """A batch puts a person's key back as it read it: the rotation comes before or after it."""
    world.pnu.post("/programmes", AI1)
    taken(world, "PNU", "enrolments", [ROW])
    old, new = NamedKey("e1", bytes(range(32, 64))), NamedKey("e2", bytes(32))
    rotating = assemble(make_settings(database_url, encryption_keys=(new, old)), clock)
    rotation = Thread(target=rotate, args=(rotating,))

    def begin() -> None:
        """Let the rotation end, or come to where it waits for the batch."""
        rotation.start()
        deadline = time.monotonic() + PATIENCE
        while rotation.is_alive() and time.monotonic() < deadline:
            with world.parts.database.reading() as seen:
                if world.parts.database.is_awaited(seen):
                    return
            rotation.join(0.01)

    changed = ROW | {"trainee.mobile": "01099998888"}
    object.__setattr__(world.parts, "keyring", Interrupted(world.parts.settings, begin))
    assert taken(world, "PNU", "enrolments", [changed]).counts == {"updated": 1}
    assert rotation.ident is not None, "it was begun"
    rotation.join()
    head = world.nobody.get("/revisions/head")
    assert rotate(rotating)["trainee"] == {"keys": 1, "rewrapped": 0}, "it was wrapped for good"
    assert world.nobody.get("/revisions/head") == head
    only = make_settings(database_url, encryption_keys=(new,))
    object.__setattr__(world.parts, "keyring", assemble(only, clock).keyring)
    assert findings(world) == []
    rotating.database.engine.dispose()
