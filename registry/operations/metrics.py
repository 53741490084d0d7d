"""Metrics for Prometheus: requests by route pattern, and the head revision.

With several server processes the samples are kept in files of a shared folder, which
`registry serve` names to the library before it is imported; a scrape then sums them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, request
from prometheus_client import REGISTRY, CollectorRegistry, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

from registry.core.telemetry import seconds_so_far

if TYPE_CHECKING:
    from registry.core.parts import Registry

SECONDS = Histogram(
    "registry_request_seconds",
    "Time to answer a request",
    ("method", "route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


def install(app: Flask) -> None:
    """Time every request by its route's pattern, never by its address."""

    @app.after_request
    def _observe(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        observe(request.method, route, response.status_code, seconds_so_far())
        return response


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request and its time."""
    SECONDS.labels(method, route, str(status)).observe(seconds)


def exposition(parts: Registry) -> bytes:
    """All metrics in Prometheus' text format."""
    several = values.ValueClass.__name__ == "MmapedValue"
    shared = CollectorRegistry()
    if several:
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    with parts.database.reading() as work:
        moment = work.head.at.timestamp()
        number = work.head.number
    # Plain lines: a Gauge object would be kept per process, and the head is the database's.
    lines = [
        "# HELP registry_head_revision The newest revision",
        "# TYPE registry_head_revision gauge",
        f"registry_head_revision {number}",
        "# HELP registry_head_timestamp_seconds The newest revision's moment",
        "# TYPE registry_head_timestamp_seconds gauge",
        f"registry_head_timestamp_seconds {moment}",
    ]
    return generate_latest(shared if several else REGISTRY) + "\n".join([*lines, ""]).encode()
