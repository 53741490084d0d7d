"""Health, metrics, and the pages that say how a problem is mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import psutil
import pytest
from sqlalchemy import text

from registry.app import create_app
from registry.core import migrate
from registry.core.problems import catalogue
from tests.client import Client, World
from tests.conftest import make_settings
from tests.live import PATIENCE, serving

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from registry.settings import Settings

TOKEN = "a-metrics-token"


def test_live_needs_no_database_and_ready_does(api: Client):
    assert api.get("/health/live") == {"status": "live"}
    assert api.get("/health/ready") == {"status": "ready"}
    gone = Client(create_app(make_settings("postgresql://127.0.0.1:1/nothing")))
    assert gone.get("/health/live") == {"status": "live"}
    gone.refused("GET", "/health/ready", 503, "not-ready")
    answer = gone.call("GET", "/revisions/head")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "busy")
    assert answer.headers["Retry-After"]


def test_not_ready_until_the_migrations_are_up_to_date(app: Flask, api: Client):
    engine = app.extensions["registry"].database.engine
    migrate.downgrade(engine, "base")
    problem = api.refused("GET", "/health/ready", 503, "not-ready")
    assert "registry db upgrade" in catalogue()[problem["code"]].advice["en"]


def test_metrics_are_not_there_without_the_token(api: Client, database_url: str):
    empty = {"Authorization": "Bearer "}
    for headers in ({}, empty, {"Authorization": f"Bearer {TOKEN}"}):
        api.refused("GET", "/metrics", 404, "not-found", headers=headers)
    app = create_app(make_settings(database_url, metrics_token=TOKEN))
    for headers in ({}, empty, {"Authorization": f"Basic {TOKEN}"}):
        Client(app).refused("GET", "/metrics", 404, "not-found", headers=headers)
    app.extensions["registry"].database.engine.dispose()


def test_metrics_name_routes_never_addresses(app: Flask, database_url: str):
    app = create_app(make_settings(database_url, metrics_token=TOKEN))
    api = Client(app, TOKEN)
    Client(app).call("GET", "/problems/void")
    Client(app).call("GET", "/nowhere/김하늘")
    answer = api.call("GET", "/metrics")
    lines = answer.get_data(as_text=True)
    assert answer.mimetype == "text/plain"
    route = '{method="GET",route="/api/v1/problems/<string:code>",status="200"}'
    assert f"registry_request_seconds_count{route}" in lines
    assert "registry_head_revision 1" in lines.splitlines()
    assert "nowhere" not in lines
    app.extensions["registry"].database.engine.dispose()


def test_metrics_of_several_processes_are_one(settings, world: World, tmp_path: Path):
    with serving(settings, tmp_path, REGISTRY_METRICS_TOKEN=TOKEN) as server:
        for _ in range(20):
            httpx.get(f"{server.url}/api/v1/problems/void")
        headers = {"Authorization": f"Bearer {TOKEN}"}
        lines = httpx.get(f"{server.url}/metrics", headers=headers).text.splitlines()
    wanted = 'registry_request_seconds_count{method="GET",route="/api/v1/problems/<string:code>"'
    assert [line.rpartition(" ")[2] for line in lines if line.startswith(wanted)] == ["20.0"]


def test_the_catalogue_is_public_and_whole(api: Client):
    items = api.get("/problems")["items"]
    assert {item["code"] for item in items} == set(catalogue())
    one = api.get("/problems/exceeds-contract")
    assert one in items
    assert one["advice"]["en"]
    api.refused("GET", "/problems/no-such-thing", 404, "not-found")


@pytest.mark.parametrize("path", ["/problems", "/problems/void"])
def test_a_browser_gets_a_page_in_both_languages(api: Client, path: str):
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = api.call("GET", path, headers=browser)
    assert page.mimetype == "text/html"
    html = page.get_data(as_text=True)
    assert "무효인 자료입니다" in html
    assert "The record is void" in html
    assert api.call("GET", path, headers={"Accept": "*/*"}).mimetype == "application/json"


def test_a_problem_names_its_page(api: Client):
    problem = api.refused("GET", "/me", 401)
    assert api.get(problem["type"])["code"] == "unauthorized"


def test_a_table_that_was_dropped_is_an_error_without_its_message(app: Flask, world: World):
    with app.extensions["registry"].database.engine.begin() as connection:
        connection.execute(text("DROP TABLE access_log"))
    problem = world.busan.refused("GET", "/access-log", 500, "internal-error")
    assert "access_log" not in str(problem)


def test_a_server_process_that_ends_takes_nothing_of_the_others_with_it(
    settings: Settings, tmp_path: Path
):
    with (
        serving(settings, tmp_path, REGISTRY_METRICS_TOKEN=TOKEN) as live,
        httpx.Client(base_url=live.url, timeout=PATIENCE) as http,
    ):
        port = live.url.rpartition(":")[2]
        server = next(c for c in psutil.Process().children() if port in c.cmdline())
        ended = server.children()[0]
        ended.terminate()
        assert psutil.wait_procs([ended], PATIENCE)[1] == []
        for _ in range(20):  # whichever process answers, the new one too
            assert http.get("/api/v1/codes/fields").status_code == 200
        answer = http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert "registry_request_seconds" in answer.text
