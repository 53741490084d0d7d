"""The demo: whole, believable, sound, and on SQLite as it is served."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from registry.accounts import sessions, signing_in
from registry.accounts.roles import roles
from registry.app import create_app
from registry.core.clock import Clock
from registry.demo.run import STAFF, prepared
from registry.releases.models import Release
from registry.releases.verification import verify_releases
from registry.revisions.verification import verify_log
from registry.statistics.verification import all_postings, verify_ledger
from tests.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A small demo, built once."""
    folder: Path = tmp_path_factory.mktemp("demo") / "demo"
    app = create_app(prepared(folder, 150, fresh=False), Clock())
    yield app
    app.extensions["registry"].database.engine.dispose()


def test_what_the_demo_wrote_is_proved(demo: Flask) -> None:
    with demo.extensions["registry"].database.reading() as work:
        assert list(verify_log(work.session, posted=all_postings(work.session))) == []
        assert verify_ledger(work.session) == []


def test_the_city_has_frozen_two_years_figures_to_compare_and_a_draft(demo: Flask) -> None:
    listed = Client(demo).get("/releases")["items"]
    assert [(r["view"], r["confidential"]) for r in listed] == [("public", False)] * 2
    years = [r["final_year"] for r in listed]
    assert years[1] == years[0] + 1
    series = Client(demo).get("/goals/TALENT_ANNUAL/progress")["series"]
    assert [p["provisional"] for p in series if p["year"] in years] == [False, False]
    with demo.extensions["registry"].database.reading() as work:
        assert len(work.session.scalars(select(Release)).all()) == 3
        assert list(verify_releases(work)) == []


def test_every_year_but_the_opening_one_has_talents_and_payments(demo: Flask) -> None:
    nobody = Client(demo)
    for code in ("TALENT_TOTAL", "INVESTMENT_TOTAL"):
        series = nobody.get(f"/goals/{code}/progress")["series"]
        counted = [point for point in series if point["source"] == "registry"]
        assert [point["year"] for point in counted][:4] == [2022, 2023, 2024, 2025]
        values = [point["actual"] for point in counted]
        assert values == sorted(set(values))


def test_the_demos_keys_are_refused_in_production(demo: Flask) -> None:
    settings = demo.extensions["registry"].settings
    assert settings.environment == "demo"
    assert settings.secret_key.startswith("demo")
    assert all(key.id.startswith("demo") for key in settings.identity_keys)


def test_a_person_of_each_role_can_sign_in(demo: Flask) -> None:
    parts = demo.extensions["registry"]
    folder = Path(parts.settings.database_url.removeprefix("sqlite:///")).parent
    lines = (folder / STAFF).read_text("utf-8").splitlines()
    found = set()
    for name, password in (line.split() for line in lines):
        at = {"address": "", "browser": ""}
        cookie, stage = signing_in.give_password(parts, name, password, **at)
        with parts.database.reading() as work:
            signed = sessions.signed_in(work, cookie, parts.settings)
        assert signed is not None
        assert stage == "complete"
        found.add(signed.role)
    assert found == set(roles())
    assert (folder / STAFF).stat().st_mode & 0o077 == 0
