"""`registry import`, `registry export` and `registry worker`, as operators and scripts run them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from click.testing import CliRunner, Result

from registry.cli import main
from registry.imports.reading.workbooks import SANDBOX
from registry.imports.worker import beside
from tests.files import book_of
from tests.live import PATIENCE, environment_of, serving
from tests.test_imports import HEADER, MISTAKEN, line, text, trainees
from tests.test_programmes import AI1

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from registry.settings import Settings
    from tests.client import World

PNU = ("--organisation", "PNU")


@pytest.fixture
def run(settings: Settings) -> Callable[..., Result]:
    def run(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, arguments, env=environment_of(settings))
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run


@pytest.fixture
def good(tmp_path: Path) -> str:
    path = tmp_path / "수강.csv"
    path.write_bytes(text(*(line(n) for n in range(20))).encode("cp949"))
    return str(path)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    path = tmp_path / "bad.csv"
    path.write_text(MISTAKEN, "utf-8")
    return str(path)


def enrolments(*more: str) -> tuple[str, ...]:
    return ("--dataset", "enrolments", *more)


def test_an_operator_takes_a_file_in(run: Any, world: World, good: str):
    world.pnu.post("/programmes", AI1)
    looked = run("import", good, *enrolments("--validate", *PNU))
    assert "enrolments: validated" in looked.stdout
    assert trainees(world) == 0
    done = run("import", good, *enrolments(*PNU))
    assert "created           20" in done.stdout
    assert "commit 0/20" in done.stderr, "plain lines where nobody watches"
    assert "\r" not in done.stderr
    assert trainees(world) == 20
    again = json.loads(run("import", good, *enrolments("--json", *PNU)).stdout)
    assert (again["rows"]["unchanged"], again["file_name"]) == (20, "수강.csv")
    assert again["same_file_as"]


@pytest.mark.parametrize("is_workbook", [True, False], ids=["a workbook", "a text named as one"])
def test_a_workbook_is_opened_while_it_is_stored(
    run: Any, world: World, tmp_path: Path, *, is_workbook: bool
):
    """Whatever the name says: what the file is decides who reads it."""
    world.pnu.post("/programmes", AI1)
    lines = [line(n) for n in range(20)]
    path = tmp_path / "수강.xlsx"
    table = [one.split(",") for one in (HEADER, *lines)]
    path.write_bytes(book_of(("명단", table)) if is_workbook else text(*lines).encode())
    read = json.loads(run("import", str(path), *enrolments("--json", *PNU)).stdout)
    assert (read["state"], read["rows"]["created"]) == ("committed", 20)
    assert read["detected"]["format"] == ("xlsx" if is_workbook else "csv")
    assert [c for c in psutil.Process().children() if str(SANDBOX) in c.cmdline()] == []


def test_the_exit_code_says_how_much_went_in(run: Any, world: World, bad: str, tmp_path: Path):
    world.pnu.post("/programmes", AI1)
    report = tmp_path / "report.csv"
    refused = run("import", bad, *enrolments("--report", str(report), *PNU), code=4)
    assert "enrolments: rejected" in refused.stdout
    assert "(생년월일)" in refused.stdout
    assert report.read_text("utf-8").startswith("결과,사유,")
    run("import", bad, *enrolments("--validate", *PNU), code=4)
    with open(bad, "a", encoding="utf-8") as file:  # noqa: PTH123
        file.write(line(30) + "\r\n")
    run("import", bad, *enrolments("--on-error", "accept_valid", *PNU), code=3)
    assert trainees(world) == 1
    run("import", bad, *enrolments("--organisation", "NOBODY"), code=1)
    run("import", bad, *enrolments(), code=2)


def test_a_script_takes_a_file_in_through_the_api(
    run: Any, world: World, settings: Settings, good: str, bad: str, tmp_path: Path
):
    world.pnu.post("/programmes", AI1)
    key = tmp_path / "key"
    key.write_text(str(world.pnu.key))
    stop = None if settings.database_url.startswith("sqlite") else beside(world.parts)
    with serving(settings, tmp_path) as live:  # with SQLite the server has a worker of its own
        through = ("--url", live.url, "--key-file", str(key))
        done = json.loads(run("import", good, *enrolments("--json", *through)).stdout)
        assert (done["state"], done["rows"]["created"]) == ("committed", 20)
        report = tmp_path / "report.csv"
        run("import", bad, *enrolments("--report", str(report), *through), code=4)
        assert "오류" in report.read_text("utf-8")
        key.write_text("rk_none_x")
        refused = run("import", good, *enrolments(*through), code=1)
        assert "unauthorized" in refused.stderr
    if stop:
        stop(PATIENCE)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ndjson"])
def test_what_comes_out_goes_in_again_unchanged(
    run: Any, world: World, good: str, tmp_path: Path, kind: str
):
    world.pnu.post("/programmes", AI1)
    run("import", good, *enrolments(*PNU))
    for n, name in enumerate(("=1+1", "'=1+1", "''-", "+강", "@강", "'강")):
        mobile = f"010-9000-{n:04}"
        who = {"name": name, "birth_date": "1999-03-02", "mobile": mobile}
        said = {"programme_code": "AI1", "enrolled_on": "2030-03-02", "trainee": who}
        world.pnu.post("/enrolments", {"external_id": f"X-{n}", **said})
    out = tmp_path / f"out.{kind}"
    run("export", "enrolments", "--format", kind, "--reason", "이관", "--output", str(out), *PNU)
    (logged,) = world.pnu.get("/access-log", act="export.enrolments")["items"]
    assert logged["reason"] == "이관"
    again = json.loads(run("import", str(out), *enrolments("--json", *PNU)).stdout)
    assert (again["rows"]["total"], again["rows"]["unchanged"]) == (26, 26), again


def test_a_worker_empties_the_queue(run: Any, world: World):
    from tests.test_imports import send

    world.pnu.post("/programmes", AI1)
    sent = send(world.pnu, text(line(1)))
    run("worker", "--once")
    assert world.pnu.get(f"/imports/{sent['id']}")["state"] == "committed"
