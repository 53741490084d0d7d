"""Who waits for SQLite's lock is seen; and where that cannot be told, all goes on without."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.engine import make_url

from registry.core.awaited import SUFFIX, is_awaited, waiting
from tests.people import SCHOOL

if TYPE_CHECKING:
    from tests.client import World

PROGRAMME = {"code": "W", "name": "W", "kind": SCHOOL, "field": "AI", "district_code": "26410"}


def test_only_who_waits_is_seen(tmp_path: Path):
    database = tmp_path / "registry.db"
    database.touch(0o640)
    assert not is_awaited(str(database))
    with waiting(str(database)), waiting(str(database)):
        assert is_awaited(str(database))
    assert not is_awaited(str(database))


def test_the_file_is_for_all_who_may_use_the_database(tmp_path: Path):
    database = tmp_path / "registry.db"
    database.touch()
    database.chmod(0o660)
    with waiting(str(database)):
        made = Path(f"{database}{SUFFIX}").stat()
    assert stat.S_IMODE(made.st_mode) == 0o660
    assert (made.st_uid, made.st_gid) == (database.stat().st_uid, database.stat().st_gid)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_without_the_file_one_writes_unseen(world: World, database_url: str):
    beside = Path(f"{make_url(database_url).database}{SUFFIX}")
    beside.unlink()
    beside.mkdir()
    world.pnu.post("/programmes", PROGRAMME)
    assert not is_awaited(make_url(database_url).database)
