"""schemathesis against a real server on both databases: all checks on all paths, no finding.

Two organisations with all scopes but `records:all` ask; neither may see the other's records. The
run says how many cases it tried (`pytest_terminal_summary` prints it), and that every phase ran.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from registry.access.principal import SCOPES
from tests.client import Client, World
from tests.live import ROOT, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.settings import Settings

TENANTS = ("busan-tp", "pukyong")
EVERYTHING = tuple(scope for scope in SCOPES if scope != "records:all")
PHASES = ("Examples", "Coverage", "Fuzzing", "Stateful")
STARTUP = {"name": "예시 기업", "field": "AI", "district_code": "26410"}
PROGRAMME = {
    "name": "예시 과정",
    "kind": "on_site_training",
    "field": "AI",
    "district_code": "26410",
}


def tenant(world: World, name: str) -> str:
    """The key of an organisation that has something to enrol people in."""
    world.organisation(name, "city")
    key = world.key(name, *EVERYTHING)
    for code in ("AI-2026", "OS-1"):
        Client(world.app, key).post("/programmes", PROGRAMME | {"code": code})
    return key


@pytest.fixture
def explore(world: World, settings: Settings, tmp_path: Path) -> Callable[..., str]:
    """Run schemathesis against a server on the test's database; what it printed."""

    def explore(*arguments: str) -> str:
        keys = {name: tenant(world, name) for name in TENANTS}
        for number in ("000-00-00000", "123-45-67891", "124-81-00998"):
            Client(world.app, keys[TENANTS[0]]).post(
                "/startups", STARTUP | {"business_number": number}
            )
        auth = tmp_path / "auth.json"
        auth.write_text(json.dumps({"auth": [identity(*pair) for pair in keys.items()]}))
        with serving(settings, tmp_path) as live:
            variables = os.environ | {
                "REGISTRY_URL": live.url, "AUTH_FILE": str(auth), "PYTHONPATH": str(ROOT),
                "OWN_KEYS": ",".join(dashed(key) for key in keys.values()),
            }  # fmt: skip
            done = subprocess.run(
                command(*arguments), cwd=tmp_path, env=variables, capture_output=True, text=True,
                check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout[-30_000:] + done.stderr[-5_000:]
            for key in keys.values():
                me = httpx.get(f"{live.url}/api/v1/me", headers={"Authorization": f"Bearer {key}"})
                assert me.status_code == 200, "the run ended with a key that opens nothing"
        return done.stdout

    return explore


def identity(name: str, key: str) -> dict[str, Any]:
    """A user of schemathesis' authentication file."""
    header = {"name": "Authorization", "value": f"Bearer {key}"}
    return {"name": name, "fixedHeaders": [header]}


def dashed(key: str) -> str:
    """A key's id as it stands in a path."""
    return re.sub(r"(.{8})(.{4})(.{4})(.{4})(.{12})", r"\1-\2-\3-\4-\5", key.split("_")[1])


def command(*arguments: str) -> list[str]:
    """The command line: every check, every phase; what else there is to say is in the file."""
    return [
        str(Path(sys.executable).parent / "schemathesis"), "--config-file",
        str(ROOT / "tests" / "schemathesis.toml"), "run",
        str(ROOT / "openapi" / "registry.v1.json"), "--checks", "all", "--no-color",
        "--phases", ",".join(PHASES).lower(), *arguments,
    ]  # fmt: skip


def cases_of(printed: str) -> int:
    """How many cases a run tried; fails if it left a phase, a path or a link out."""
    selected = re.search(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", printed)
    assert selected, printed
    assert len(set(selected.groups())) == 1, selected.group()
    for phase in PHASES:
        assert re.search(rf"✅ {phase}\b", printed), f"{phase} did not run"
    covered = re.search(r"API Links: +(\d+) covered", printed)
    assert covered, printed
    assert int(covered.group(1)) > 0, "no link was followed"
    found = re.search(r"(\d+) generated", printed)
    assert found, printed
    return int(found.group(1))


def test_no_check_finds_anything(
    explore: Callable[..., str], record_property: Callable[[str, Any], None]
) -> None:
    cases = cases_of(explore())
    record_property("schemathesis cases", cases)
    assert cases > 1000


@pytest.mark.soak
def test_no_check_finds_anything_in_a_long_run(
    explore: Callable[..., str], record_property: Callable[[str, Any], None]
) -> None:
    cases = cases_of(explore("--max-examples", "200", "--seed", str(int.from_bytes(os.urandom(4)))))
    record_property("schemathesis cases", cases)
    assert cases > 10_000


def test_the_configuration_leaves_nothing_out() -> None:
    text = (ROOT / "tests" / "schemathesis.toml").read_text("utf-8")
    assert not re.search(r"enabled *= *false|exclude|skip", text)
    assert re.search(r'peers = \["busan-tp", "pukyong"\]', text)
