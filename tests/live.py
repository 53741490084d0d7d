"""A real server: gunicorn in a process of its own, on a free port, on the test's database."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.conftest import START

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.settings import NamedKey, Settings

ROOT = Path(__file__).parent.parent
PATIENCE = 60


@dataclass(frozen=True)
class Live:
    """A running server: its address, and where it writes what goes wrong."""

    url: str
    log: Path


@contextmanager
def serving(settings: Settings, folder: Path, **environment: str) -> Iterator[Live]:
    """Serve the settings' database until the block ends; the clock starts where the tests' stands."""
    port = free_port()
    live = Live(f"http://127.0.0.1:{port}", folder / "server.log")
    command = [
        sys.executable, "-m", "registry.cli", "serve", "--bind", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    variables = os.environ | {"REGISTRY_WORKERS": "2"} | environment_of(settings) | environment
    with live.log.open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=log, stderr=log)
        try:
            wait_until_ready(live, server)
            yield live
        finally:
            server.terminate()
            server.wait(PATIENCE)


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment variables that say what the settings say."""
    return {
        "REGISTRY_ENVIRONMENT": settings.environment,
        "REGISTRY_DATABASE_URL": settings.database_url,
        "REGISTRY_SECRET_KEY": settings.secret_key,
        "REGISTRY_IDENTITY_KEYS": written(settings.identity_keys),
        "REGISTRY_ENCRYPTION_KEYS": written(settings.encryption_keys),
        "REGISTRY_CLOCK": START.isoformat(),
        "REGISTRY_LOG_LEVEL": "ERROR",
    }


def written(keys: tuple[NamedKey, ...]) -> str:
    """Keys as a variable holds them."""
    return ",".join(f"{k.id}:{base64.b64encode(k.secret).decode()}" for k in keys)


def wait_until_ready(live: Live, server: subprocess.Popen[Any]) -> None:
    """Wait until the server answers; fail with its log when it dies."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{live.url}/api/v1/codes/fields", timeout=PATIENCE)
            return
        except httpx.TransportError:
            if server.poll() is not None:
                break
            time.sleep(0.05)  # a port that is not open yet cannot be waited for otherwise
    raise AssertionError(live.log.read_text("utf-8"))


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
