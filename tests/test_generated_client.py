"""A client generated from the document enrols a person and reads a statistic."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.live import ROOT, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.settings import Settings
    from tests.client import World

NAME = "busan_registry_client"
BYTES = "application/octet-stream"
FILES = (
    "text/csv", "text/tab-separated-values", "application/x-ndjson", "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)  # fmt: skip


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of the generated package, on the path."""
    folder = tmp_path_factory.mktemp("generated")
    # A file that is sent in is bytes, whatever its type; the generator knows one type of bytes.
    config = folder / "config.json"
    config.write_text(json.dumps({"content_type_overrides": dict.fromkeys(FILES, BYTES)}))
    command = [
        Path(sys.executable).parent / "openapi-python-client", "generate", "--path",
        ROOT / "openapi" / "registry.v1.json", "--meta", "none", "--output-path", folder / NAME,
        "--overwrite", "--fail-on-warning", "--config", config,
    ]  # fmt: skip
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # it calls ruff
    done = subprocess.run(
        command, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield NAME
    sys.path.remove(str(folder))


def test_a_generated_client_enrols_a_person_and_reads_a_statistic(
    generated: str, world: World, settings: Settings, tmp_path: Path
) -> None:
    def of(module: str) -> Any:
        return importlib.import_module(f"{generated}.{module}")

    models, types = of("models"), of("types")
    with serving(settings, tmp_path) as live:

        def call(operation: str, key: str | None, **sent: Any) -> Any:
            client = (
                of("client").AuthenticatedClient(base_url=live.url, token=key)
                if key
                else of("client").Client(base_url=live.url)
            )
            with client:
                return of(f"api.{operation}").sync_detailed(client=client, **sent)

        programme = models.ProgrammeCreate(
            code="AI1", name="인공지능 융합대학원", kind="convergence_graduate_school", field="AI",
            district_code="26410",
        )  # fmt: skip
        pnu = world.pnu.key
        assert call("programmes.register_programme", pnu, body=programme).status_code == 201
        enrolment = models.EnrolmentCreate(
            programme_code="AI1",
            trainee=models.TraineeSaid(
                name="예시 이름", birth_date=date(2000, 1, 1), mobile="010-0000-0000"
            ),
            enrolled_on=date(2026, 3, 2),
            status=models.EnrolmentCreateStatus.COMPLETED,
            status_on=date(2026, 6, 30),
        )
        enrolled = call("enrolments.enrol", pnu, body=enrolment)
        assert enrolled.status_code == 201, enrolled.content.decode()
        assert isinstance(enrolled.parsed, models.EnrolmentRead)
        assert enrolled.parsed.status_on == date(2026, 6, 30)
        assert not isinstance(enrolled.parsed.id, types.Unset)

        measure = models.AskTraineesMeasure.TRAINEES
        asked = call("statistics.ask_trainees", world.busan.key, measure=measure, by="year,zone")
        assert [cell.to_dict() for cell in asked.parsed.cells] == [
            {"year": 2026, "zone": "CENTRAL", "value": 1}
        ]
        assert asked.parsed.total == 1
        headline = call("statistics.ask_trainees", None, measure=measure, year=[2026])
        assert headline.parsed.total == 1

        refused = call("enrolments.enrol", world.bipa.key, body=enrolment)
        assert refused.status_code == 403
        assert refused.parsed.code == "forbidden"
