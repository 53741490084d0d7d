"""Servers to measure: the registry, and its rivals in as many processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

from tests.bench.load import ask, message
from tests.live import PATIENCE, ROOT, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PROCESSES = 2
GUNICORN = (
    "gunicorn", "--workers", str(PROCESSES), "--worker-class", "sync", "--log-level", "error",
    "--worker-tmp-dir", "/dev/shm" if Path("/dev/shm").is_dir() else ".", "--no-control-socket",
)  # fmt: skip
UVICORN = (
    "uvicorn", "--workers", str(PROCESSES), "--loop", "uvloop", "--http", "httptools",
    "--no-access-log", "--log-level", "error",
)  # fmt: skip


def with_gunicorn(module: str, port: int) -> list[str]:
    """The command that serves a WSGI application as the registry is served."""
    return [*GUNICORN, "--bind", f"127.0.0.1:{port}", f"tests.bench.rivals.{module}:app"]


def with_uvicorn(module: str, port: int) -> list[str]:
    """The command that serves an ASGI application."""
    return [*UVICORN, "--port", str(port), f"tests.bench.rivals.{module}:app"]


RIVALS = {"bare": with_gunicorn, "drf": with_gunicorn, "fast": with_uvicorn}


@contextmanager
def rival(module: str, database_url: str, folder: Path, **environment: str) -> Iterator[str]:
    """A rival's address, until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", *RIVALS[module](module, port)]
    url = make_url(database_url)
    place = f"host={url.query.get('host')} dbname={url.database} user={url.username}"
    variables = os.environ | {"BENCH_DATABASE": place} | environment
    with (folder / f"{module}.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=log, stderr=log)
        address = f"http://127.0.0.1:{port}"
        try:
            wait(address, server, folder / f"{module}.log")
            yield address
        finally:
            server.terminate()
            server.wait(PATIENCE)


def wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers anything at all."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            ask(address, message("GET", "/"))
            return
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError(log.read_text("utf-8"))
