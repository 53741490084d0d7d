"""The same answers as files for other tools, read back by readers that are not ours."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook
from pyjstat import pyjstat

from registry.core.workbooks import XLSX
from tests.publishing import publish
from tests.seeded import Seeded

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet
    from werkzeug.test import TestResponse

    from tests.client import Client, World

TRAINEES, INVESTMENTS = "/statistics/trainees", "/statistics/investments"
README = Path(__file__).parent.parent / "README.md"


@pytest.fixture
def seeded(world: World) -> Seeded:
    seeded = Seeded(world)
    east = seeded.programme(world.pnu, "AI1", district_code="26350", name="=1+1")
    seeded.enrol(seeded.programme(world.btp, "OS1"), "2026-03-02", "2027-03-02", "2027-04-02")
    seeded.enrol(east, "2026-05-02", external_id="-7")
    seeded.pay(world.bipa, ("2026-03-20", 600), note="+82 51")
    return seeded


def asked(client: Client, path: str, **query: Any) -> TestResponse:
    answer = client.call("GET", path, query=query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer


def workbook(answer: TestResponse) -> tuple[Worksheet, dict[str, Any]]:
    assert answer.mimetype == XLSX
    book = load_workbook(io.BytesIO(answer.get_data()))
    figures, question = book.worksheets
    assert not any(cell.data_type == "f" for sheet in book for row in sheet for cell in row)
    return figures, dict(question.iter_rows(min_row=2, values_only=True))


def table(sheet: Worksheet) -> list[dict[str, Any]]:
    headers, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(headers, row, strict=True)) for row in rows]


def test_jsonstat_says_the_same_to_a_reader_that_is_not_ours(world: World, seeded: Seeded) -> None:
    query = {"measure": "completions", "by": "year,zone,month", "labels": "ko"}
    plain = asked(world.busan, TRAINEES, **query).get_json()
    answer = asked(world.busan, TRAINEES, **query, format="jsonstat")
    assert answer.mimetype == "application/json"
    read = pyjstat.Dataset.read(answer.get_data(as_text=True)).write("dataframe", naming="id")
    found = {
        (int(row.year), row.zone, row.month): row.value
        for row in read.itertuples()
        if row.value == row.value
    }
    assert found == {(c["year"], c["zone"], c["month"]): c["value"] for c in plain["cells"]}
    assert sum(found.values()) == plain["total"] == 4

    cube = answer.get_json()
    assert (cube["version"], cube["class"]) == ("2.0", "dataset")
    assert cube["role"] == {"time": ["year", "month"], "geo": ["zone"], "metric": ["measure"]}
    assert cube["id"] == ["year", "zone", "month", "measure"]
    assert cube["size"] == [2, 2, 4, 1]
    assert cube["dimension"]["zone"]["label"] == "권역"
    labels = {cell["zone"]: cell["zone_label"] for cell in plain["cells"]}
    assert cube["dimension"]["zone"]["category"]["label"] == labels
    assert cube["dimension"]["measure"]["category"]["unit"]["completions"]["label"] == "person_time"
    said = {name: plain[name] for name in ("revision", "as_of", "rule", "view", "unit", "total")}
    assert said.items() <= cube["extension"].items()
    assert cube["updated"] == plain["as_of"]


def test_jsonstat_of_a_total_and_of_nothing(world: World, seeded: Seeded) -> None:
    total = asked(world.nobody, TRAINEES, measure="trainees", format="jsonstat").get_json()
    assert (total["id"], total["size"], total["value"]) == (["measure"], [1], {"0": 4})
    assert total["extension"]["view"] == "public"
    query = {"measure": "trainees", "by": "year", "year": 1950, "format": "jsonstat"}
    nothing = asked(world.nobody, TRAINEES, **query).get_json()
    assert (nothing["size"], nothing["value"]) == ([0, 1], {})


def test_a_workbook_of_figures_has_numbers_and_its_question(world: World, seeded: Seeded) -> None:
    query = {"measure": "trainees", "by": "year,zone", "from": "2026-01", "labels": "en"}
    plain = asked(world.busan, TRAINEES, **query).get_json()
    answer = asked(world.busan, TRAINEES, **query, format="xlsx")
    assert 'filename="trainees.xlsx"' in answer.headers["Content-Disposition"]
    figures, question = workbook(answer)
    assert table(figures) == plain["cells"]
    assert all(isinstance(row["value"], int) for row in table(figures))
    for name in ("measure", "unit", "rule", "view", "revision", "as_of", "total", "zone_scheme"):
        assert question[name] == plain[name], name
    assert (question["by"], question["from"]) == ("year,zone", "2026-01")
    # The same question is the same file, whenever it is asked.
    tag = {"If-None-Match": answer.headers["ETag"]}
    again = world.busan.call("GET", TRAINEES, query=query | {"format": "xlsx"}, headers=tag)
    assert again.status_code == 304


def test_lists_are_workbooks_with_dates_numbers_and_no_formula(
    world: World, seeded: Seeded
) -> None:
    people = {"format": "xlsx", "expand": "trainee"}
    problem = world.pnu.refused("GET", "/enrolments", 422, query=people)
    assert [e["code"] for e in problem["errors"]] == ["reason-required"]
    sheet, question = workbook(asked(world.pnu, "/enrolments", **people, reason="점검"))
    (row,) = table(sheet)
    assert (row["external_id"], row["trainee.name"]) == ("-7", "사람 4")
    assert row["trainee.birth_date"] == datetime(1999, 3, 2)  # noqa: DTZ001 - Excel has no zones
    assert row["status_on"] == datetime(2026, 5, 2)  # noqa: DTZ001
    assert (row["version"], row["void"]) == (1, False)
    assert (question["list"], question["expand"], question["complete"]) == (
        "enrolments", "trainee", True,
    )  # fmt: skip
    assert "점검" not in question.values()

    (programme,) = table(workbook(asked(world.pnu, "/programmes", format="xlsx", code="AI1"))[0])
    assert programme["name"] == "=1+1"
    sheet, question = workbook(asked(world.bipa, "/investments", format="xlsx", limit=1))
    (deal,) = table(sheet)
    assert (deal["contracted_krw"], deal["note"]) == (600, "+82 51")
    assert deal["contracted_on"] == datetime(2026, 3, 20)  # noqa: DTZ001
    moves = asked(world.bipa, f"/investments/{deal['id']}/transactions", format="xlsx", limit=1)
    assert "cursor=" in moves.headers["Link"]
    sheet, question = workbook(moves)
    assert [row["amount_krw"] for row in table(sheet)] == [600]
    assert question["complete"] is False
    assert question["revision"] == int(moves.headers["Registry-Revision"])
    (startup,) = table(workbook(asked(world.bipa, "/startups", format="xlsx"))[0])
    assert isinstance(startup["business_number"], str)


def test_money_in_another_currency_is_a_number_in_a_workbook(world: World, seeded: Seeded) -> None:
    startup = world.bipa.get("/startups")["items"][0]["id"]
    body = {
        "startup_id": startup, "round": "seed", "instrument": "safe", "channel": "attracted",
        "investor": {"name": "등대", "kind": "venture_capital"}, "contracted_on": "2026-04-01",
        "currency": "USD", "original_amount": "1000000.00", "fx_rate": "1350.55",
    }  # fmt: skip
    world.bepa.post("/investments", body)
    (deal,) = table(workbook(asked(world.bepa, "/investments", format="xlsx"))[0])
    assert (deal["original_amount"], deal["fx_rate"]) == (1_000_000, 1350.55)
    assert deal["contracted_krw"] == 1_350_550_000


def test_csv_of_every_list_is_neutral_and_has_its_mark_unless_told_otherwise(
    world: World, seeded: Seeded
) -> None:
    deal = world.bipa.get("/investments")["items"][0]["id"]
    for client, path in (
        (world.pnu, "/enrolments"),
        (world.pnu, "/programmes"),
        (world.bipa, "/startups"),
        (world.bipa, "/investments"),
        (world.bipa, f"/investments/{deal}/transactions"),
    ):
        marked = asked(client, path, format="csv").get_data()
        plain = asked(client, path, format="csv", bom="false").get_data()
        assert marked == b"\xef\xbb\xbf" + plain
        cells = [cell for row in csv.reader(io.StringIO(plain.decode())) for cell in row]
        assert cells[0] == "id"
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_figures_as_csv_are_flat_and_unpaged(world: World, seeded: Seeded) -> None:
    query = {"measure": "enrolments", "by": "month,district", "zeros": "true", "format": "csv"}
    query |= {"from": "2000-01", "to": "2030-12"}
    answer = asked(world.busan, TRAINEES, **query)
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert rows[0].keys() == {"month", "district", "value"}
    assert len(rows) > 500
    assert "Link" not in answer.headers
    assert sum(int(row["value"]) for row in rows) == 4


def test_format_goes_before_accept_and_accept_is_heard(world: World, seeded: Seeded) -> None:
    for client, path, query in (
        (world.nobody, TRAINEES, {"measure": "trainees"}),
        (world.pnu, "/enrolments", {}),
        (world.bipa, "/startups", {}),
    ):

        def kind(accept: str, **asked: str) -> str:
            headers = {"Accept": accept}
            answer = client.call("GET", path, query=query | asked, headers=headers)  # noqa: B023
            return str(answer.mimetype if answer.status_code == 200 else answer.status_code)

        assert kind("text/csv") == "text/csv"
        assert kind(XLSX) == XLSX
        assert kind(f"text/csv;q=0.5, {XLSX}") == XLSX
        assert kind("text/html, */*;q=0.8") == kind("application/json") == "application/json"
        assert kind("image/png", format="csv") == kind("application/json", format="csv")
        assert kind("text/csv", format="json") == "application/json"
        assert kind("image/png") == "406"
        assert kind("*/*", format="pdf") == "422"
    # A file with people needs its reason however the file is asked for.
    world.pnu.refused(
        "GET", "/enrolments", 422, query={"expand": "trainee"}, headers={"Accept": "text/csv"}
    )


PUBLIC_READS = (
    "/statistics", f"{TRAINEES}?measure=trainees", "/goals", "/goals/TALENT_ANNUAL",
    "/goals/TALENT_ANNUAL/progress", "/codes/fields", "/codes/zones", "/rules/trainees/1",
    "/problems", "/problems/not-found", "/openapi.json", "/revisions/head",
)  # fmt: skip
KEYED = ("/enrolments", "/programmes", "/investments", "/revisions", "/me", "/organisations")
ORIGIN = {"Origin": "https://elsewhere.example"}
ALLOWED = "Access-Control-Allow-Origin"


def test_every_page_may_read_what_is_public_and_nothing_else(world: World, seeded: Seeded) -> None:
    ask = {"Access-Control-Request-Method": "GET"} | ORIGIN
    for path in PUBLIC_READS:
        answer = world.nobody.call("GET", path, headers=ORIGIN)
        assert answer.status_code == 200, path
        before = world.nobody.call("OPTIONS", path, headers=ask)
        assert before.status_code == 200, path
        assert answer.headers[ALLOWED] == before.headers[ALLOWED] == "*", path
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert before.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
        assert "authorization" not in before.headers["Access-Control-Allow-Headers"].lower()
        for headers in (answer.headers, before.headers):
            assert "Access-Control-Allow-Credentials" not in headers
        # What a key is shown is not for other pages.
        assert ALLOWED not in world.busan.call("GET", path, headers=ORIGIN).headers, path
    for path in KEYED:
        for method in ("GET", "OPTIONS"):
            for client in (world.nobody, world.busan):
                answer = client.call(method, path, headers=ask)
                assert not [name for name in answer.headers.keys() if "Control-Allow" in name]  # noqa: SIM118
    assert ALLOWED not in world.nobody.call("PATCH", "/goals/TALENT_ANNUAL", headers=ORIGIN).headers
    # A page may also read why it is refused.
    refused = world.nobody.call("GET", TRAINEES, query={"measure": "employed"}, headers=ORIGIN)
    assert (refused.status_code, refused.headers[ALLOWED]) == (403, "*")


@pytest.fixture
def published(world: World, seeded: Seeded) -> Seeded:
    """With enough start-ups for everybody to see won."""
    seeded.pay(world.bipa, ("2026-03-20", 600))
    seeded.pay(world.bepa, ("2026-03-20", 600))
    publish(world)
    return seeded


def snippets() -> str:
    return README.read_text("utf-8").partition("## In your tools")[2].partition("\n## ")[0]


def test_the_addresses_in_the_readme_answer_as_its_tools_expect(
    world: World, published: Seeded
) -> None:
    text = snippets().replace("{API}", "http://127.0.0.1:8000/api/v1")
    addresses = re.findall(r'"http://127\.0\.0\.1:8000(/api/v1/[^"#]+)(#[^"]*)?"', text)
    assert len(addresses) == 5
    for address, place in addresses:
        client = world.busan if "labels=" in address else world.nobody
        answer = client.call("GET", address)
        assert answer.status_code == 200, address
        assert client.call("HEAD", address).mimetype == answer.mimetype  # Shillelagh asks first
        if "format=csv" in address:
            body = answer.get_data().decode("utf-8-sig")
            rows = list(csv.DictReader(io.StringIO(body)))
        else:
            assert place in ("", "#$.cells[*]")
            rows = answer.get_json()["cells"]
        assert rows, address
        assert {"year", "value"} <= rows[0].keys()


def test_the_snippets_are_well_formed(world: World, published: Seeded) -> None:
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", snippets(), re.MULTILINE)
    excel, grafana, superset, python = (re.sub(r"^    ", "", b, flags=re.MULTILINE) for b in blocks)
    assert "Encoding = 65001" in excel
    query = json.loads(grafana)
    answer = world.nobody.call("GET", query["url"].partition(":8000")[2])
    cells = answer.get_json()[query["root_selector"]]
    assert {column["selector"] for column in query["columns"]} <= cells[0].keys()
    assert superset.lstrip().startswith("SELECT year, value\n")
    compile(python.strip(), "README.md", "exec")
