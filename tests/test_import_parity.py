"""The same verdict both ways: rows of every mistake, sent as JSON and taken from a file.

Each mistake is made at least twenty times. What the API refuses the file refuses, for the same
codes at the same places (a file tells more at once). The codes are those that the services and
schemas of the five datasets name; one of them that no row produces fails the test.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import registry
from registry.core.fields import plain_decimal
from registry.core.problems import catalogue
from registry.imports.datasets import DATASETS
from tests.imported import Sheet, taken
from tests.money import BILLION, BRNS, CRNS
from tests.people import SCHOOL
from tests.test_imports import taken as sent_in

if TYPE_CHECKING:
    from tests.client import Client, World

TIMES = 20
SOURCES = (
    "core/fields/*.py", "codes/queries.py", "trainees/enrolments.py", "trainees/people.py",
    "trainees/service.py", "trainees/schemas.py", "trainees/enrolment_schemas.py",
    "investments/startups.py", "investments/identifiers.py", "investments/investors.py",
    "investments/startup_schemas.py", "investments/schemas.py", "investments/service.py",
    "investments/money.py", "investments/transactions.py", "investments/duplicates.py",
)  # fmt: skip
# Named there, but no row of a file can produce them.
NOT_OF_ROWS = {
    "not-found": "a row names a record by its number, and has codes of its own for that",
    "not-void": "restoring", "already-decided": "decisions of the city", "same-record": "merging",
    "not-of-the-pair": "merging",
    "already-reversed": "reversing", "reversal-of-reversal": "reversing",
    "invalid-input": "the whole of several", "unknown-field": "a file's columns are found, not sent",
    "unknown-parameter": "queries", "repeated": "queries", "invalid-month": "queries",
    "invalid-moment": "queries", "too-short": "no field of a file has a least length but one",
    "reason-required": "status-reversal says how, in a file; an investment's is tried elsewhere",
    "code-taken": "a known code corrects its programme",
    "invalid-figure": "what departments report",
    "invalid-boolean": "no column of a dataset is one",
    "null": "a cleared cell; tried elsewhere",
}  # fmt: skip
ADDRESS = {"programmes": "/programmes", "enrolments": "/enrolments", "startups": "/startups",
           "investments": "/investments"}  # fmt: skip
OWNER = {"programmes": "PNU", "enrolments": "PNU"}
WARNINGS = {"corporate-number-checksum"}
Case = tuple[str, dict[str, Any]]
Told = tuple[str | None, str]  # place and code
DRY = {"dry_run": "true"}
D = date


def stage(world: World) -> None:
    """The records that the mistakes are about."""
    for code in ("AI1", "AI2"):
        body = {"code": code, "name": code, "kind": SCHOOL, "field": "AI", "district_code": "26410"}
        world.pnu.post("/programmes", body)
    person_of = {"trainee.name": "두번째", "trainee.mobile": "+821077778888"}
    taken(world, "PNU", "enrolments", [
        enrolment(**{"external_id": "E1", "trainee.external_id": "S1"}),
        enrolment(external_id="E2", status="enrolled", status_on=None, **person_of | {
            "trainee.mobile": "+821066667777"}),
        enrolment(external_id="E3", status_on=D(2026, 7, 1), **person_of),
        enrolment(external_id="E5", enrolled_on=D(2026, 7, 1), status_on=D(2026, 8, 1), **person_of),
        enrolment(external_id="E4", **person_of | {"trainee.mobile": "+821055554444"}),
    ])  # fmt: skip
    gone = world.pnu.get("/enrolments", external_id="E4")["items"][0]["id"]
    world.pnu.change(f"/enrolments/{gone}", "void", {"reason": "오기"})
    taken(world, "BIPA", "startups", [
        startup(), startup(business_number=BRNS[1], corporate_number=CRNS[1]),
        startup(business_number=BRNS[2]),
    ])  # fmt: skip
    closed = world.bipa.get("/startups", business_number=BRNS[2])["items"][0]["id"]
    world.bipa.change(f"/startups/{closed}", "void", {"reason": "폐업"})
    usd = {"contracted_krw": None, "currency": "USD", "original_amount": Decimal(100),
           "fx_rate": Decimal(1000)}  # fmt: skip
    taken(world, "BIPA", "investments", [
        deal(external_id="I1"), deal(external_id="I2", round="series_a", **usd),
        deal(external_id="I3", round="series_b"),
    ])  # fmt: skip
    void = world.bipa.get("/investments", external_id="I3")["items"][0]["id"]
    world.bipa.change(f"/investments/{void}", "void", {"reason": "오기"})
    taken(world, "BIPA", "transactions", [payment(external_id="T1")])


def enrolment(**changes: Any) -> dict[str, Any]:
    """A row that is right."""
    return {
        "programme_code": "AI1", "trainee.name": "김하늘", "trainee.birth_date": D(1999, 3, 2),
        "trainee.mobile": "+821012345678", "enrolled_on": D(2026, 3, 2), "status": "completed",
        "status_on": D(2026, 6, 30),
    } | changes  # fmt: skip


def programme(**changes: Any) -> dict[str, Any]:
    """A row that is right."""
    return {"code": "NEW", "name": "과정", "kind": SCHOOL, "field": "AI",
            "district_code": "26410"} | changes  # fmt: skip


def startup(**changes: Any) -> dict[str, Any]:
    """A row that is right."""
    return {"name": "회사", "business_number": BRNS[0], "field": "AI",
            "district_code": "26440"} | changes  # fmt: skip


def deal(**changes: Any) -> dict[str, Any]:
    """A row that is right."""
    return {
        "business_number": BRNS[0], "round": "seed", "investor.name": "부산벤처",
        "investor.kind": "venture_capital", "instrument": "common", "shares": "new_shares",
        "channel": "attracted", "contracted_on": D(2026, 3, 2), "contracted_krw": BILLION,
    } | changes  # fmt: skip


def payment(**changes: Any) -> dict[str, Any]:
    """A row that is right."""
    return {"investment_external_id": "I1", "kind": "disbursement",
            "effective_on": D(2026, 4, 1), "amount_krw": 1000} | changes  # fmt: skip


def person(n: int, **changes: Any) -> dict[str, Any]:
    """A row about somebody new."""
    mobile = {"trainee.mobile": f"+82105555{n:04d}", "trainee.name": "새사람"}
    return enrolment(**(mobile | changes))


def cases() -> list[Case]:
    """Rows of every mistake, with what changes from one to the next."""
    found: list[Case] = []
    future = D(2040, 1, 1)
    for n in range(TIMES):
        tail = "가" * n
        people = [
            {"trainee.name": f"홍 900101-1{n:06d}"}, {"trainee.name": "가" * (101 + n)},
            {"trainee.name": f"김\u202e{tail}"}, {"trainee.name": "\u3164" * (n + 1)},
            {"trainee.name": None}, {"programme_code": f"ZZ{n}"}, {"programme_code": f"가{n}"},
            {"trainee.mobile": f"011-234-{n:04d}"}, {"trainee.email": f"이메일{n}"},
            {"status": f"done{n}"}, {"status_on": None}, {"status_on": D(2026, 3, 1)},
            {"status_on": future}, {"enrolled_on": D(1899, 1, 1 + n)},
            {"outcome.employer_district_code": f"999{n:02d}"}, {"enrolled_on": None},
            {"trainee.external_id": "S1", "trainee.birth_date": D(1980, 1, 1 + n)},
            {"trainee.birth_date": None}, {"trainee.birth_date": future},
            {"external_id": f"9001011{n:06d}"},
        ]  # fmt: skip
        found += [("enrolments", person(n, **changes)) for changes in people]
        found.append(("enrolments", enrolment(enrolled_on=D(2026, 4, 1 + n))))  # overlaps E1
        found.append(("enrolments", person(n, external_id="E1", programme_code="AI2")))
        found += [("programmes", programme(code=f"N{n}", **changes)) for changes in (
            {"capacity": -n}, {"field": f"X{n}"}, {"kind": None}, {"name": " " * (n + 1)},
            {"secondary_fields": ["AI"] * (6 + n)},
            {"starts_on": D(2026, 2, 1 + n), "ends_on": D(2026, 1, 1)},
        )]  # fmt: skip
        found += [("startups", startup(**changes)) for changes in (
            {"business_number": f"1234567{n:02d}"},
            {"business_number": None, "corporate_number": f"1101{n:02d}"},
            {"business_number": None}, {"founded_on": future, "business_number": BRNS[3]},
            {"business_number": BRNS[2], "name": f"회사{n}"},
            {"corporate_number": CRNS[1], "name": f"회사{n}"},
            {"ksic_code": f"가{n}", "business_number": BRNS[3]},
        )]  # fmt: skip
        found += [("investments", deal(**changes)) for changes in (
            {"business_number": BRNS[4]}, {"business_number": None}, {"round": f"r{n}"},
            {"startup_id": f"not-an-id-{n}", "business_number": None},
            {"contracted_krw": None}, {"contracted_krw": 10**15 + 1 + n}, {"shares": None},
            {"investor.business_number": f"900101-1{n:06d}"},
            {"investor.kind": "angel", "investor.business_number": BRNS[3]},
            {"currency": "USD", "original_amount": Decimal(1 + n), "fx_rate": Decimal(1000)},
            {"contracted_krw": None, "currency": "USD", "original_amount": Decimal("0.00001"),
             "fx_rate": Decimal(1 + n)},
            {"note": f"{n}"}, {"business_number": BRNS[2], "note": f"{n}"},
            {"contracted_on": future},
        )]  # fmt: skip
        found += [("transactions", payment(**changes)) for changes in (
            {"amount_krw": BILLION + n}, {"investment_external_id": "I2"}, {"kind": f"x{n}"},
            {"investment_external_id": "I3", "amount_krw": 1 + n},
            {"external_id": "T1", "amount_krw": 2 + n}, {"effective_on": future},
            {"amount_krw": None},
        )]  # fmt: skip
    return found


def test_rows_get_the_verdict_of_the_api(world: World, record_property: Any) -> None:
    """Each wrong row is refused both ways, for the API's codes at the API's places."""
    stage(world)
    rows = cases()
    produced: Counter[str] = Counter()
    judged: dict[str, list[tuple[dict[str, Any], set[Told]]]] = {of: [] for of in DATASETS}
    for of in DATASETS:
        mine = [cells for dataset, cells in rows if dataset == of]
        sheets = [taken(world, OWNER.get(of, "BIPA"), of, [cells], keep=False) for cells in mine]
        for cells, sheet in zip(mine, sheets, strict=True):
            told = answered(world, of, cells)
            assert told, f"the API takes {cells}"
            assert told <= as_told(sheet), (of, cells)
            produced.update({code for _, code in told})
            judged[of].append((body(cells), told))
    for of, sent in unreadable():
        told = refused(client_of(world, of).call("POST", ADDRESS[of], json=sent, query=DRY))
        assert told, f"the API takes {sent}"
        produced.update({code for _, code in told})
        judged[of].append((sent, told))
    for of, verdicts in judged.items():
        compare_file(world, of, verdicts)
    corrections = corrected()
    for of, known, changes in corrections:
        sheet = taken(world, OWNER.get(of, "BIPA"), of, [known | changes], keep=False)
        told = answered_patch(world, of, known, changes)
        assert told, f"the API takes {changes}"
        assert told <= as_told(sheet), (of, known, changes)
        produced.update({code for _, code in told})
    record_property("rows sent both ways", len(rows) + len(corrections))
    wanted = codes_of_rows()
    assert wanted - produced.keys() == set(), "no row produces these"
    assert {code for code in wanted if produced[code] < TIMES} == set()


def unreadable() -> list[tuple[str, dict[str, Any]]]:
    """Bodies whose values are of no kind that a column may hold."""
    return [
        (of, sent)
        for n in range(TIMES)
        for of, sent in (
            ("programmes", body(programme(capacity=n + 0.5))),
            ("programmes", body(programme(name=n))),
            ("programmes", body(programme(starts_on=f"2026-02-{30 + n}"))),
            ("enrolments", body(person(n)) | {"enrolled_on": f"2026-13-{n + 1:02d}"}),
            ("startups", body(startup(business_number=BRNS[3])) | {"founded_on": n}),
        )
    ]


def compare_file(world: World, of: str, verdicts: list[tuple[dict[str, Any], set[Told]]]) -> None:
    """The very bodies as lines of a file, sent in like any: each line is refused as its body was.

    A resident's number has no line: its file is destroyed as a whole. Nor has a text of spaces,
    which in a file is a blank.
    """
    kept = [
        (sent, told)
        for sent, told in verdicts
        if "resident-number" not in {code for _, code in told}
        and not any(isinstance(value, str) and value.isspace() for value in sent.values())
    ]
    lines = "\n".join(json.dumps(sent, ensure_ascii=False) for sent, _ in kept)
    scopes = ("trainees:write", "investments:write", "imports:write")
    client = world.client(OWNER.get(of, "BIPA"), *scopes)
    read = sent_in(world, lines, client, dataset=of, mode="validate",
                   content_type="application/x-ndjson")  # fmt: skip
    assert (read["state"], read["rows"]["rejected"]) == ("validated", len(kept)), read
    found: dict[int, set[Told]] = {}
    query: dict[str, Any] = {"limit": 500, "severity": "error"}
    while True:
        page = client.get(f"/imports/{read['id']}/errors", **query)
        for one in page["items"]:
            places = {(one["field"], one["code"]), (None, one["code"])}
            found.setdefault(one["row"], set()).update(places)
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    for number, (sent, told) in enumerate(kept, 1):
        whole = {(place and re.sub(r"[.][0-9]+$", "", place), code) for place, code in told}
        assert whole <= found[number], (of, sent)


def corrected() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Wrong corrections of known records: how each is named, and what is said of it."""
    return [
        (of, known, changes)
        for n in range(TIMES)
        for of, known, changes in (
            ("startups", {"business_number": BRNS[0]}, {"district_code": "26350", "name": f"{n}"}),
            ("startups", {"business_number": BRNS[0]}, {"field": f"X{n}"}),
            ("enrolments", {"external_id": "E2"}, {"status": "completed"}),
            ("enrolments", {"external_id": "E2"}, {"status_on": D(2025, 1, 1 + n)}),
            ("enrolments", {"external_id": "E2"}, {"status": f"done{n}"}),
            ("enrolments", {"external_id": "E3"}, {"status": "completed",
                                                    "status_on": D(2026, 7, 2 + n)}),
            ("enrolments", {"external_id": "E4"}, {"status_on": D(2027, 1, 1 + n)}),
            ("programmes", {"code": "AI1"}, {"capacity": -n}),
            ("programmes", {"code": "AI1"}, {"district_code": f"9{n}"}),
        )
    ]  # fmt: skip


def answered_patch(
    world: World, of: str, known: dict[str, Any], changes: dict[str, Any]
) -> set[tuple[str | None, str]]:
    """The places and codes of the API's refusal of a correction."""
    client = client_of(world, of)
    found = client.get(ADDRESS[of], **known)["items"][0]["id"]
    path = f"{ADDRESS[of]}/{found}"
    options: dict[str, Any] = {"query": {"dry_run": "true"}, "headers": client.match(path)}
    return refused(client.call("PATCH", path, json=body(changes), **options))


def test_the_warning_of_a_number_is_the_same(world: World) -> None:
    """A corporate number whose check digit does not hold is taken both ways, and told."""
    cells = startup(corporate_number="110111-0062433", business_number=BRNS[3])
    sheet = taken(world, "BIPA", "startups", [cells], keep=False)
    told = world.bipa.post("/startups", body(cells))["warnings"]
    assert (
        {code for _, code in sheet.problems("warning")[0]} == {w["code"] for w in told} == WARNINGS
    )


def codes_of_rows() -> set[str]:
    """The codes that the services and schemas of the datasets name, but for those of no row."""
    root = Path(registry.__file__).parent
    files = [file for name in SOURCES for file in sorted(root.glob(name))]
    assert len(files) >= len(SOURCES)
    text = "".join(file.read_text("utf-8") for file in files)
    named = set(re.findall('"([a-z]+(?:-[a-z]+)*)"', text)) & catalogue().keys()
    return named - NOT_OF_ROWS.keys() - WARNINGS


def client_of(world: World, of: str) -> Client:
    """Whoever sends rows of a dataset."""
    return world.pnu if of in OWNER else world.bipa


def answered(world: World, of: str, cells: dict[str, Any]) -> set[tuple[str | None, str]]:
    """The places and codes of the API's refusal; nothing if it takes the row."""
    client = client_of(world, of)
    path, sent = ADDRESS.get(of, ""), body(cells)
    if of == "transactions":
        number = sent.pop("investment_external_id")
        found = world.bipa.get("/investments", external_id=number)["items"][0]["id"]
        path = f"/investments/{found}/transactions"
    return refused(client.call("POST", path, json=sent, query={"dry_run": "true"}))


def refused(answer: Any) -> set[tuple[str | None, str]]:
    """The places and codes of a refusal; nothing of a success."""
    if answer.status_code < 400:
        return set()
    problem = answer.get_json()
    if "errors" not in problem:
        return {(None, problem["code"])}
    return {(e["pointer"].lstrip("/").replace("/", "."), e["code"]) for e in problem["errors"]}


def body(cells: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON."""
    sent: dict[str, Any] = {}
    for name, value in cells.items():
        outer, _, inner = name.rpartition(".")
        place = sent.setdefault(outer, {}) if outer else sent
        if value is not None:
            plain = plain_decimal(value) if isinstance(value, Decimal) else value
            place[inner] = plain.isoformat() if isinstance(plain, date) else plain
    return sent


def as_told(sheet: Sheet) -> set[tuple[str | None, str]]:
    """A row's errors; one that is of the whole row for the API may name its cell in a file."""
    found = sheet.problems().get(0, set())
    return found | {(None, code) for _, code in found}
