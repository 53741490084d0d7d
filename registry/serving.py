"""The HTTP server: gunicorn, set up from the product's settings."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from registry.core.parts import Registry
    from registry.settings import Settings

SAMPLES = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client reads it when it is imported


class Server(BaseApplication):  # type: ignore[misc]
    """A gunicorn whose workers each build the application: no connection outlives a fork."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stop_importing: Callable[[float], None] = lambda _: None
        super().__init__()

    def load_config(self) -> None:
        """Hand gunicorn what the settings say."""
        for name, value in _options(self.settings).items():
            self.cfg.set(name, value)
        self.cfg.set("worker_exit", self._end)

    def _end(self, _arbiter: object, _worker: object) -> None:
        # Half of what the arbiter waits before it kills: what else ends is to have its time, too.
        self.stop_importing(self.settings.graceful_timeout / 2)

    def load(self) -> Flask:
        """Build the application, in the worker; beside it calls are written and, with SQLite, imports done."""
        from registry.app import create_app  # noqa: PLC0415 - not before the fork
        from registry.imports.worker import beside  # noqa: PLC0415

        app = create_app(self.settings)
        app.wsgi_app = Arriving(app.wsgi_app)  # type: ignore[method-assign]
        parts: Registry = app.extensions["registry"]
        parts.called.begin()
        if parts.database.is_sqlite:  # one file, one server: nobody else would do it
            self.stop_importing = beside(parts)
        return app


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "bind": f"{settings.bind}:{settings.port}",
        "workers": settings.workers,
        # One thread is a process of its own: twice the rate of threads on database routes.
        "worker_class": "sync" if settings.threads == 1 else "gthread",
        "threads": settings.threads,
        "timeout": settings.request_timeout,
        "graceful_timeout": settings.graceful_timeout,
        "proc_name": "registry",
        "loglevel": settings.log_level.lower(),
        "limit_request_line": 8190,  # cursors and filters are long
        "control_socket_disable": True,
        "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: PTH112, S108 - memory, not a file of ours
        "child_exit": _forget_samples,
        "post_worker_init": _tell_of_arriving,
    }


class Arriving:
    """Shows that the process lives while a body arrives, as it does not during a request else.

    So `timeout` is how long a client may take for a piece of a large file, not for all of it.
    """

    def __init__(self, app: Callable[..., Any]) -> None:
        self.app = app
        self.alive: Callable[[], None] = lambda: None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:  # noqa: ANN401 - WSGI
        """Answer a request, its body being watched."""
        environ["wsgi.input"] = _Watched(environ["wsgi.input"], self.alive)
        return self.app(environ, start_response)


class _Watched:
    def __init__(self, body: Any, alive: Callable[[], None]) -> None:  # noqa: ANN401 - gunicorn's
        self._body, self._alive = body, alive

    def read(self, size: int | None = None) -> bytes:
        """Some more of the body."""
        found: bytes = self._body.read(size)
        self._alive()
        return found

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - all else is gunicorn's
        return getattr(self._body, name)


def _tell_of_arriving(worker: Any) -> None:  # noqa: ANN401 - gunicorn's
    worker.wsgi.wsgi_app.alive = worker.notify


def _forget_samples(_arbiter: object, worker: Any) -> None:  # noqa: ANN401
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def serve(settings: Settings) -> None:
    """Serve until a signal says stop; running requests are given `graceful_timeout` seconds."""
    folder, server = tempfile.mkdtemp(prefix="registry-metrics-"), os.getpid()
    os.environ.setdefault(SAMPLES, folder)
    try:
        Server(settings).run()
    finally:
        if os.getpid() == server:  # a worker that ends comes by here too, and others go on
            shutil.rmtree(folder, ignore_errors=True)
