"""The product's commands, each in a process of its own, forked from one that has it loaded.

Loading takes most of a second and more on a busy machine; a test that kills dozens of processes
would spend its time on that. What runs is the command itself, and a signal ends it as any other.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.live import PATIENCE, ROOT, environment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.context import ForkServerProcess

    from registry.settings import Settings

LOOK = 0.0005  # seconds between two looks at another process's doing
STEP = 0.003  # seconds that a process may go on between two looks at it standing still
LOADED = ("registry.cli", "registry.app", "registry.serving", "registry.imports.worker", __name__)
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(list(LOADED))


@contextmanager
def killed(environment: dict[str, str], *arguments: str) -> Iterator[ForkServerProcess]:
    """Run `registry` with these arguments; kill -9 it and all its children when the block ends."""
    process = _context.Process(target=_run, args=(environment, arguments), daemon=False)
    process.start()
    try:
        yield process
    finally:
        _kill(process)


def _kill(process: ForkServerProcess) -> None:
    signalled(process, signal.SIGKILL)
    process.kill()  # it may not have come to make its group
    process.join(PATIENCE)


def variables(settings: Settings) -> dict[str, str]:
    """The environment of a silent command on the settings' database."""
    return environment_of(settings) | {
        "REGISTRY_IMPORT_TAKEOVER_SECONDS": str(settings.import_takeover_seconds),
        "REGISTRY_LOG_LEVEL": "CRITICAL",
        "REGISTRY_WORKERS": "1",
    }


def until(
    what: Callable[[], Any],
    process: ForkServerProcess,
    look: float = LOOK,
    patience: float = PATIENCE,
) -> Any:
    """Look until there is something to see, or the process or the patience is over."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        seen = what()
        if seen or not process.is_alive():
            return seen
        time.sleep(look)
    raise AssertionError("nothing happened")


def until_halted(
    what: Callable[[], Any], process: ForkServerProcess, patience: float = PATIENCE
) -> None:
    """As `until`, but the process stands still while one looks, and at what was seen.

    However busy the machine, it does no more between two looks than it can in one step.
    """
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        signalled(process, signal.SIGSTOP)
        if what() or not process.is_alive():
            return
        signalled(process, signal.SIGCONT)
        time.sleep(STEP)
    raise AssertionError("nothing happened")


def signalled(process: ForkServerProcess, what: signal.Signals) -> None:
    """Send a signal to a process and its children; nothing if it has not come to make its group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid or 0, what)


def answers(port: int) -> bool:
    """Whether a server is ready at the port."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=PATIENCE).is_success
    except httpx.TransportError:
        return False


def most_memory(pid: int | None) -> int:
    """The most memory that a process and its children have held so far, in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = int(status.partition("VmHWM:")[2].split()[0]) >> 10
    return max(own, *(most_memory(int(child)) for child in children), 0)


def _run(environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    from registry.cli import main

    os.setpgrp()
    threading.Thread(target=_end_with_the_test, daemon=True).start()
    os.chdir(ROOT)
    os.environ.update(environment)
    main(list(arguments), standalone_mode=False)


def _end_with_the_test() -> None:
    test = multiprocessing.parent_process()
    if test is not None:
        test.join()
        os.killpg(0, signal.SIGKILL)
