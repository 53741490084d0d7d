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
SINGLE, STATEFUL = "examples,coverage,fuzzing", "stateful"
# The gate tries every path with every check on both databases; the values at the edges of each
# field go to the stricter database alone. The long run does everything on both.
SHORT = {"sqlite": "examples,fuzzing", "postgresql": "examples,coverage"}
# A stateful run after the others in one process ends early: what they taught it is too much.
SEEDS = ("1", "2", "3")
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
def explore(world: World, settings: Settings, tmp_path: Path) -> Callable[..., int]:
    """Run schemathesis against a server on the test's database; how many cases it tried."""

    def explore(single: str, *arguments: str) -> int:
        keys = {name: tenant(world, name) for name in TENANTS}
        founder = Client(world.app, keys[TENANTS[0]])
        for number in ("000-00-00000", "123-45-67891", "124-81-00998"):
            founder.post("/startups", STARTUP | {"business_number": number})
        auth = tmp_path / "auth.json"
        auth.write_text(json.dumps({"auth": [identity(*pair) for pair in keys.items()]}))
        with serving(settings, tmp_path) as live:
            variables = os.environ | {
                "REGISTRY_URL": live.url,
                "AUTH_FILE": str(auth),
                "PYTHONPATH": str(ROOT),
                "OWN_KEYS": ",".join(dashed(key) for key in keys.values()),
            }
            runs = ((single, "1"), *((STATEFUL, seed) for seed in SEEDS))
            printed = [(run(tmp_path, variables, *r, *arguments), r[0]) for r in runs]
            for key in keys.values():
                me = httpx.get(f"{live.url}/api/v1/me", headers={"Authorization": f"Bearer {key}"})
                assert me.status_code == 200, "the run ended with a key that opens nothing"
        # One seed may end soon; together they follow as many links as would show a leak.
        links = [links_of(text) for text, phases in printed if phases == STATEFUL]
        assert sum(links) >= 15, links
        return sum(cases_of(*pair) for pair in printed)

    return explore


def run(folder: Path, variables: dict[str, str], phases: str, seed: str, *arguments: str) -> str:
    """What one run with every check printed; what else there is to say is in the configuration."""
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "--config-file",
        str(ROOT / "tests" / "schemathesis.toml"), "run",
        str(ROOT / "openapi" / "registry.v1.json"), "--checks", "all", "--no-color",
        "--phases", phases, "--seed", seed, *arguments,
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    (folder / f"{phases}-{seed}.txt").write_text(done.stdout)
    assert done.returncode == 0, done.stdout[-30_000:] + done.stderr[-5_000:]
    return done.stdout


def identity(name: str, key: str) -> dict[str, Any]:
    """A user of schemathesis' authentication file."""
    header = {"name": "Authorization", "value": f"Bearer {key}"}
    return {"name": name, "fixedHeaders": [header]}


def dashed(key: str) -> str:
    """A key's id as it stands in a path."""
    return re.sub(r"(.{8})(.{4})(.{4})(.{4})(.{12})", r"\1-\2-\3-\4-\5", key.split("_")[1])


def cases_of(printed: str, phases: str) -> int:
    """How many cases a run tried; fails if it left a phase or a path out."""
    for phase in phases.split(","):
        assert re.search(rf"✅ {phase.title()}\b", printed), f"{phase} did not run"
    selected, known, tested = found(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", printed)
    assert selected == known
    assert phases == STATEFUL or tested == known, printed
    return found(r"(\d+) generated", printed)[0]


def links_of(printed: str) -> int:
    """How many links a run followed from one answer to the next request."""
    return found(r"API Links: +(\d+) covered", printed)[0]


def found(pattern: str, printed: str) -> list[int]:
    """The numbers that a pattern finds."""
    match = re.search(pattern, printed)
    assert match, printed
    return [int(number) for number in match.groups()]


def test_no_check_finds_anything(
    explore: Callable[..., int], backend: str, record_property: Callable[[str, Any], None]
) -> None:
    cases = explore(SHORT[backend])
    record_property("schemathesis cases", cases)
    assert cases > 3_000


@pytest.mark.soak
def test_no_check_finds_anything_in_a_long_run(
    explore: Callable[..., int], record_property: Callable[[str, Any], None]
) -> None:
    cases = explore(SINGLE, "--max-examples", "200")
    record_property("schemathesis cases", cases)
    assert cases > 10_000


def test_the_configuration_leaves_nothing_out() -> None:
    text = (ROOT / "tests" / "schemathesis.toml").read_text("utf-8")
    assert not re.search(r"enabled *= *false|exclude|skip", text)
    assert re.search(r'peers = \["busan-tp", "pukyong"\]', text)
