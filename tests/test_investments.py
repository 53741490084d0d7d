"""Investments through the API: logging, correcting, voiding, and the same money twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, text

from registry.access.models import AccessLog
from registry.access.principal import operator
from registry.core.problems import DomainError
from registry.investments.models import Investment
from tests.imported import findings
from tests.money import BILLION, BRNS, deal, figures, pay, refusals, startup

if TYPE_CHECKING:
    from tests.client import Client, World

PERSON = "김하늘"
ANGEL = {"name": PERSON, "kind": "angel"}


@pytest.fixture
def company(world: World) -> str:
    return str(startup(world.bipa)["id"])


def test_a_logged_investment_reads_back_and_counts(world: World, company: str) -> None:
    made = world.bipa.post("/investments", deal(company, external_id="D-1", fund="부산 1호"))
    read = world.bipa.get(f"/investments/{made['id']}")
    assert read == made
    assert (read["contracted_krw"], read["disbursed_krw"], read["left_krw"]) == (
        BILLION,
        0,
        BILLION,
    )
    assert (read["currency"], read["original_amount"], read["fx_rate"]) == ("KRW", None, None)
    assert read["investor"] == {
        "kind": "venture_capital", "name": "부산벤처", "business_number": None,
    }  # fmt: skip
    (opening,) = world.bipa.get(f"/investments/{made['id']}/transactions")["items"]
    assert (opening["kind"], opening["opening"], opening["effective_on"]) == (
        "contract", True, "2026-03-02",
    )  # fmt: skip
    assert figures(world, "contracted_krw") == {2026: BILLION}
    assert figures(world, "deals") == {2026: 1}


def test_another_agencys_investment_is_not_there(world: World, company: str) -> None:
    made = world.bipa.post("/investments", deal(company))
    path = f"/investments/{made['id']}"
    (opening,) = world.bipa.get(f"{path}/transactions")["items"]
    body = {"kind": "disbursement", "effective_on": "2026-03-02", "amount_krw": 1}
    tag = world.bipa.match(path)
    for method, address, sent in (
        ("GET", path, None), ("PATCH", path, {"note": "x"}), ("POST", f"{path}/void", {"reason": "x"}),
        ("GET", f"{path}/transactions", None), ("POST", f"{path}/transactions", body),
        ("GET", f"{path}/transactions/{opening['id']}", None),
        ("POST", f"{path}/transactions/{opening['id']}/reverse", {"reason": "x"}),
    ):  # fmt: skip
        options = {"json": sent} if sent else {}
        world.bepa.refused(method, address, 404, "not-found", headers=tag, **options)
    assert world.bepa.get("/investments")["items"] == []
    assert [i["id"] for i in world.busan.get("/investments")["items"]] == [made["id"]]
    world.busan.refused("PATCH", path, 404, json={"note": "x"}, headers=tag)
    world.pnu.refused("GET", "/investments", 403, "forbidden")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"round": "NOPE", "instrument": "NOPE", "channel": "NOPE",
          "investor": {"name": "x", "kind": "NOPE"}, "contracted_krw": None,
          "contracted_on": "2031-01-16"},
         {("/round", "unknown-code"), ("/instrument", "unknown-code"), ("/channel", "unknown-code"),
          ("/investor/kind", "unknown-code"), ("/contracted_krw", "required"),
          ("/contracted_on", "date-in-future")}),
        ({"shares": None}, {("/shares", "required")}),
        ({"round_closed_on": "2031-01-16"}, {("/round_closed_on", "date-in-future")}),
        ({"startup_id": ...}, {("/startup_id", "exactly-one")}),
        ({"business_number": BRNS[0]}, {("/startup_id", "exactly-one")}),
        ({"startup_id": ..., "business_number": BRNS[1]}, {("/business_number", "unknown-startup")}),
        ({"startup_id": "01900000-0000-7000-8000-000000000000"},
         {("/startup_id", "unknown-startup")}),
        ({"contracted_krw": 0}, {("/contracted_krw", "out-of-range")}),
        ({"contracted_krw": 1.5}, {("/contracted_krw", "invalid-number")}),
        ({"investor": {"name": "x", "kind": "angel", "business_number": BRNS[0]}},
         {("/investor/business_number", "not-for-natural-person")}),
        ({"investor": {"name": "x", "kind": "corporate", "business_number": "900101-1234567"}},
         {("/investor/business_number", "resident-number")}),
        ({"investor": {"name": "900101-1234567", "kind": "corporate"}},
         {("/investor/name", "resident-number")}),
        ({"note": "900101-1******"}, {("/note", "resident-number")}),
        ({"fund": "9001011234567"}, {("/fund", "resident-number")}),
        ({"currency": "KRW", "original_amount": "1", "fx_rate": "1"},
         {("/currency", "invalid-pattern")}),
        ({"contracted_krw": None, "currency": "USD"},
         {("/original_amount", "required"), ("/fx_rate", "required")}),
        ({"contracted_krw": None, "currency": "USD", "original_amount": "1.00001",
          "fx_rate": "1.0000001"},
         {("/original_amount", "invalid-decimal"), ("/fx_rate", "invalid-decimal")}),
        ({"contracted_krw": None, "currency": "USD", "original_amount": "0.0001", "fx_rate": "1"},
         {("/original_amount", "out-of-range")}),
        ({"contracted_krw": None, "currency": "USD", "original_amount": "999999999999",
          "fx_rate": "1350"},
         {("/original_amount", "out-of-range")}),
        ({"contracted_krw": 1350550001, "currency": "USD", "original_amount": "1000000",
          "fx_rate": "1350.55"},
         {("/contracted_krw", "fx-mismatch")}),
    ],
)  # fmt: skip
def test_mistakes_are_named_at_once(
    world: World, company: str, changes: dict[str, Any], found: set[tuple[str, str]]
) -> None:
    body = deal(company, **changes)
    problem = world.bipa.refused("POST", "/investments", 422, "invalid-input", json=body)
    assert refusals(problem) == found
    assert "1234567" not in str(problem)
    assert world.bipa.get("/investments")["items"] == []


def test_an_external_id_repeats_as_the_record_stands(world: World, company: str) -> None:
    body = deal(company, external_id="D-1", investor=ANGEL, fund="부산 1호")
    made = world.bipa.post("/investments", body)
    head = world.nobody.get("/revisions/head")["number"]
    by_number = {k: v for k, v in body.items() if k != "startup_id"}
    for same in (body, by_number | {"business_number": BRNS[0]}):
        again = world.bipa.call("POST", "/investments", json=same)
        assert (again.status_code, again.get_json()) == (200, made)
        assert again.headers["Registry-Revision"] == str(head)
    for change in (
        {"contracted_krw": 1}, {"round": "bridge"}, {"fund": None}, {"note": "x"},
        {"investor": {"name": "박하늘", "kind": "angel"}}, {"contracted_on": "2026-03-03"},
    ):  # fmt: skip
        world.bipa.refused("POST", "/investments", 409, "external-id-taken", json=body | change)
    world.bipa.patch(
        f"/investments/{made['id']}", {"contracted_on": "2026-03-03", "reason": "오기"}
    )
    world.bipa.refused("POST", "/investments", 409, "external-id-taken", json=body)
    moved = world.bipa.call("POST", "/investments", json=body | {"contracted_on": "2026-03-03"})
    assert (moved.status_code, moved.get_json()["id"]) == (200, made["id"])
    other = world.bepa.post("/investments", deal(company, external_id="D-1", round="bridge"))
    assert other["id"] != made["id"]


def test_an_equal_investment_is_refused_whoever_logs_it(world: World, company: str) -> None:
    """Golden case 10."""
    made = world.bipa.post("/investments", deal(company, fund="부산  1호"))
    same = deal(company, fund="부산1호", investor={"name": "부산 벤처", "kind": "venture_capital"},
                contracted_krw=5, shares="secondary", channel="other")  # fmt: skip
    problem = world.bepa.refused("POST", "/investments", 409, "duplicate-investment", json=same)
    assert "link" not in problem
    problem = world.bipa.refused("POST", "/investments", 409, "duplicate-investment", json=same)
    assert problem["link"] == f"/api/v1/investments/{made['id']}"
    assert figures(world, "contracted_krw") == {2026: BILLION}
    assert world.busan.get("/investment-duplicates")["items"] == []
    near = world.bepa.post("/investments", same | {"contracted_on": "2026-03-03"})
    (pair,) = world.busan.get("/investment-duplicates")["items"]
    assert [i["id"] for i in pair["investments"]] == sorted((made["id"], near["id"]))
    assert {i["organisation"] for i in pair["investments"]} == {"BIPA", "BEPA"}
    assert pair["state"] == "open"


def test_a_business_number_is_the_investor_whatever_its_name(world: World, company: str) -> None:
    known = {"name": "갑", "kind": "corporate", "business_number": BRNS[1]}
    world.bipa.post("/investments", deal(company, investor=known))
    body = deal(company, investor=known | {"name": "을", "kind": "foreign"})
    world.bepa.refused("POST", "/investments", 409, "duplicate-investment", json=body)
    world.bepa.post("/investments", deal(company, investor={"name": "갑", "kind": "corporate"}))


def test_a_void_investment_is_no_duplicate_and_takes_nothing_more(
    world: World, company: str
) -> None:
    made = world.bipa.post("/investments", deal(company, external_id="D-1"))
    path = f"/investments/{made['id']}"
    world.bipa.refused("POST", f"{path}/void", 428, json={"reason": "x"})
    tag = world.bipa.match(path)
    problem = world.bipa.refused("POST", f"{path}/void", 422, json={}, headers=tag)
    assert refusals(problem) == {("/reason", "required")}
    assert world.bipa.change(path, "void", {"reason": "오기"})["void"] is True
    assert figures(world, "contracted_krw") == {}
    world.bipa.refused("POST", f"{path}/void", 412, json={"reason": "x"}, headers=tag)
    tag = world.bipa.match(path)
    (opening,) = world.bipa.get(f"{path}/transactions")["items"]
    world.bipa.refused("POST", f"{path}/void", 409, "void", json={"reason": "x"}, headers=tag)
    world.bipa.refused("PATCH", path, 409, "void", json={"note": "x"}, headers=tag)
    body = {"kind": "contract", "effective_on": "2026-03-02", "amount_krw": 1}
    world.bipa.refused("POST", f"{path}/transactions", 409, "void", json=body)
    world.bipa.refused(
        "POST", f"{path}/transactions/{opening['id']}/reverse", 409, "void", json={"reason": "x"}
    )
    world.bepa.post("/investments", deal(company))
    again = world.bipa.call("POST", "/investments", json=deal(company, external_id="D-1"))
    assert (again.status_code, again.get_json()["void"]) == (200, True)


@pytest.mark.parametrize(
    ("changes", "listed"),
    [
        ({"contracted_on": "2026-06-02"}, True),  # 92 days
        ({"contracted_on": "2026-06-03"}, True),  # 93 days, the same sum
        ({"contracted_on": "2026-06-03", "contracted_krw": 1}, False),
        ({"contracted_on": "2026-06-02", "contracted_krw": 1, "round": "bridge"}, True),
        ({"investor": {"name": "다른", "kind": "venture_capital"}}, False),
        ({"investor": {"name": "다른", "kind": "venture_capital"}, "fund": "F 1"}, True),
        ({"round": "bridge", "fund": None}, True),
    ],
)
def test_near_equal_is_the_same_investor_or_fund_and_near_or_equal_sum(
    world: World, company: str, changes: dict[str, Any], listed: bool
) -> None:
    world.bipa.post("/investments", deal(company, fund="F1"))
    world.bepa.post("/investments", deal(company, **changes))
    assert len(world.busan.get("/investment-duplicates")["items"]) == listed


def test_the_city_dismisses_a_pair_until_it_undoes_that(world: World, company: str) -> None:
    world.bipa.post("/investments", deal(company))
    near = world.bepa.post("/investments", deal(company, contracted_on="2026-03-03"))
    (pair,) = world.busan.get("/investment-duplicates")["items"]
    path = f"/investment-duplicates/{pair['id']}/dismiss"
    world.bepa.refused("POST", path, 403, "forbidden")
    world.bepa.refused("GET", "/investment-duplicates", 403, "forbidden")
    assert world.busan.post(path)["state"] == "dismissed"
    world.busan.refused("POST", path, 409, "already-decided")
    world.busan.refused("POST", f"/investment-duplicates/{near['id']}/dismiss", 404, "not-found")
    body = {"contracted_on": "2026-03-04", "reason": "오기"}
    world.bepa.patch(f"/investments/{near['id']}", body)
    assert world.busan.get("/investment-duplicates")["items"] == []
    assert len(world.busan.get("/investment-duplicates", state="dismissed")["items"]) == 1
    again = f"/investment-duplicates/{pair['id']}/reopen"
    world.bepa.refused("POST", again, 403, "forbidden")
    world.busan.refused("POST", f"/investment-duplicates/{near['id']}/reopen", 404, "not-found")
    assert world.busan.post(again)["state"] == "open"
    head = world.busan.get("/revisions/head")["number"]
    assert world.busan.post(again)["state"] == "open"
    assert world.busan.get("/revisions/head")["number"] == head
    assert [d["id"] for d in world.busan.get("/investment-duplicates")["items"]] == [pair["id"]]
    assert world.busan.post(path)["state"] == "dismissed"


def test_the_city_merges_a_pair_until_it_undoes_that(world: World, company: str) -> None:
    one = world.bipa.post("/investments", deal(company))
    near = world.bepa.post("/investments", deal(company, contracted_on="2026-03-03"))
    pay(world.bipa, one, "2026-04-01", BILLION)
    pay(world.bepa, near, "2026-04-02", BILLION // 2)
    (pair,) = world.busan.get("/investment-duplicates")["items"]
    assert pair["kept_id"] is None
    path = f"/investment-duplicates/{pair['id']}"
    body = {"keep": one["id"], "reason": "같은 계약서"}
    world.bepa.refused("POST", f"{path}/merge", 403, "forbidden", json=body)
    problem = world.busan.refused("POST", f"{path}/merge", 422, json={"keep": company})
    assert refusals(problem) == {("/reason", "required")}
    problem = world.busan.refused("POST", f"{path}/merge", 422, json=body | {"keep": company})
    assert refusals(problem) == {("/keep", "not-of-the-pair")}
    asked = world.busan.call("POST", f"{path}/merge?dry_run=true", json=body).get_json()["effect"]
    paid = next(row for row in asked if row["measure"] == "disbursed_krw" and row["year"] == 2026)
    assert (paid["before"], paid["after"]) == (3 * BILLION // 2, BILLION)
    assert figures(world, "disbursed_krw") == {2026: 3 * BILLION // 2}
    merged = world.busan.post(f"{path}/merge", body)
    assert (merged["state"], merged["kept_id"]) == ("merged", one["id"])
    assert figures(world, "disbursed_krw") == {2026: BILLION}
    assert figures(world, "deals") == {2026: 1}
    gone = world.bepa.get(f"/investments/{near['id']}")
    assert (gone["void"], gone["void_reason"]) == (True, "같은 계약서")
    newest = world.bepa.get(f"/investments/{near['id']}/history")["items"][-1]
    assert newest["action"] == "investment.merge-duplicate"
    world.busan.refused("POST", f"{path}/merge", 409, "already-decided", json=body)
    world.busan.refused("POST", f"{path}/dismiss", 409, "already-decided")
    assert world.busan.get("/investment-duplicates")["items"] == []
    assert len(world.busan.get("/investment-duplicates", state="merged")["items"]) == 1
    assert world.busan.post(f"{path}/reopen")["state"] == "open"
    assert figures(world, "disbursed_krw") == {2026: 3 * BILLION // 2}
    assert world.bepa.get(f"/investments/{near['id']}")["void"] is False
    merged = world.busan.post(f"{path}/merge", body | {"keep": near["id"]})
    assert merged["kept_id"] == near["id"]
    assert figures(world, "disbursed_krw") == {2026: BILLION // 2}
    assert findings(world) == []


def test_a_merger_is_not_undone_over_the_same_deal_logged_anew(world: World, company: str) -> None:
    one = world.bipa.post("/investments", deal(company))
    near = world.bepa.post("/investments", deal(company, contracted_on="2026-03-03"))
    (pair,) = world.busan.get("/investment-duplicates")["items"]
    path = f"/investment-duplicates/{pair['id']}"
    world.busan.post(f"{path}/merge", {"keep": one["id"], "reason": "같은 계약서"})
    world.bepa.post("/investments", deal(company, contracted_on="2026-03-03"))
    world.busan.refused("POST", f"{path}/reopen", 409, "duplicate-investment")
    assert world.bepa.get(f"/investments/{near['id']}")["void"] is True
    again = next(iter(world.busan.get("/investment-duplicates")["items"]))
    world.bipa.change(f"/investments/{one['id']}", "void", {"reason": "오기"})
    body = {"keep": one["id"], "reason": "늦은 판정"}
    world.busan.refused(
        "POST", f"/investment-duplicates/{again['id']}/merge", 409, "void", json=body
    )


def test_a_voided_half_leaves_nothing_to_decide(world: World, company: str) -> None:
    world.bipa.post("/investments", deal(company))
    near = world.bepa.post("/investments", deal(company, contracted_on="2026-03-03"))
    world.bepa.change(f"/investments/{near['id']}", "void", {"reason": "중복"})
    assert world.busan.get("/investment-duplicates")["items"] == []


def test_sums_that_become_equal_are_listed_then(world: World, company: str) -> None:
    world.bipa.post("/investments", deal(company))
    far = deal(company, contracted_on="2026-12-01", contracted_krw=BILLION - 1)
    made = world.bepa.post("/investments", far)
    assert world.busan.get("/investment-duplicates")["items"] == []
    pay(world.bepa, made, "2026-12-02", 1, "contract")
    assert len(world.busan.get("/investment-duplicates")["items"]) == 1


def test_corrections_need_a_reason_and_move_the_figures(world: World, company: str) -> None:
    made = world.bipa.post("/investments", deal(company))
    path = f"/investments/{made['id']}"
    tag = world.bipa.match(path)
    for body in (
        {"round": "bridge"}, {"round_closed_on": "2026-03-01"}, {"fund": "F"}, {"shares": "secondary"},
        {"investor": {"name": "다른"}}, {"instrument": "cps"}, {"channel": "other"},
        {"contracted_on": "2026-03-01"},
    ):  # fmt: skip
        problem = world.bipa.refused("PATCH", path, 422, json=body, headers=tag)
        assert refusals(problem) == {("/reason", "reason-required")}, body
    assert world.bipa.patch(path, {"note": "계약서 확인"})["version"] == made["version"] + 1
    world.bipa.patch(path, {"round": "series_a", "channel": "city_fund", "reason": "오기"})
    assert figures(world, "contracted_krw", "round") == {"series_a": BILLION}
    assert figures(world, "contracted_krw", "channel") == {"city_fund": BILLION}
    for body, place, code in (
        ({"shares": None}, "/shares", "required"),
        ({"round": "NOPE"}, "/round", "unknown-code"),
        ({"contracted_on": "2031-01-16"}, "/contracted_on", "date-in-future"),
        ({"startup_id": company}, "/startup_id", "unknown-field"),
        ({"currency": "USD"}, "/currency", "unknown-field"),
        ({"contracted_krw": 1}, "/contracted_krw", "unknown-field"),
    ):
        problem = world.bipa.refused(
            "PATCH", path, 422, json=body | {"reason": "x"}, headers=world.bipa.match(path)
        )
        assert refusals(problem) == {(place, code)}
    world.bipa.patch(path, {"shares": "secondary", "reason": "구주였음"})
    assert figures(world, "contracted_krw") == {}


def test_a_patch_that_changes_nothing_makes_no_revision(world: World, company: str) -> None:
    made = world.bipa.post("/investments", deal(company, fund="F", investor=ANGEL))
    head = world.nobody.get("/revisions/head")["number"]
    path = f"/investments/{made['id']}"
    same = {"round": "seed", "fund": "F", "investor": ANGEL, "contracted_on": "2026-03-02"}
    assert world.bipa.patch(path, same)["version"] == made["version"]
    assert world.nobody.get("/revisions/head")["number"] == head


def test_a_patch_that_leads_to_an_equal_investment_is_refused(world: World, company: str) -> None:
    world.bipa.post("/investments", deal(company))
    made = world.bepa.post("/investments", deal(company, round="bridge", fund="F"))
    path = f"/investments/{made['id']}"
    body = {"round": "seed", "fund": None, "reason": "오기"}
    world.bepa.refused(
        "PATCH", path, 409, "duplicate-investment", json=body, headers=world.bepa.match(path)
    )
    assert world.bepa.get(path) == made


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [("round", "seed", "duplicate-investment"), ("external_id", "D-1", "external-id-taken")],
)
def test_the_database_has_the_last_word_on_what_is_unique(
    world: World, company: str, column: str, value: str, code: str
) -> None:
    world.bipa.post("/investments", deal(company, external_id="D-1"))
    world.bipa.post("/investments", deal(company, round="bridge", external_id="D-2"))

    def past_the_service() -> None:
        with world.parts.database.writing(operator("test")) as work:
            row = work.session.scalars(select(Investment).where(Investment.round == "bridge")).one()
            setattr(row, column, value)

    with pytest.raises(DomainError) as refused:
        past_the_service()
    assert refused.value.code == code


def test_another_contract_date_reverses_the_opening_and_enters_it_anew(
    world: World, company: str
) -> None:
    made = world.bipa.post("/investments", deal(company))
    path = f"/investments/{made['id']}"
    before = world.nobody.get("/revisions/head")["number"]
    world.bipa.patch(path, {"contracted_on": "2025-12-30", "reason": "오기"})
    assert world.nobody.get("/revisions/head")["number"] == before + 1
    assert figures(world, "contracted_krw") == {2025: BILLION}
    assert figures(world, "deals") == {2025: 1}
    rows = world.bipa.get(f"{path}/transactions", sort="effective_on")["items"]
    assert sorted((t["effective_on"], t["sign"], t["opening"]) for t in rows) == [
        ("2025-12-30", 1, True), ("2026-03-02", -1, False), ("2026-03-02", 1, True),
    ]  # fmt: skip
    standing = next(t for t in rows if t["effective_on"] == "2025-12-30")
    world.bipa.post(f"{path}/transactions/{standing['id']}/reverse", {"reason": "취소"})
    world.bipa.patch(path, {"contracted_on": "2026-01-05", "reason": "오기"})
    assert len(world.bipa.get(f"{path}/transactions")["items"]) == 4
    assert figures(world, "contracted_krw") == {}


@pytest.mark.parametrize(
    ("instrument", "shares", "counts"),
    [
        ("loan", None, False), ("guarantee", None, False), ("grant", None, False),
        ("common", "secondary", False), ("safe", None, True), ("cb", None, True),
    ],
)  # fmt: skip
def test_what_is_no_investment_is_listed_and_adds_nothing(
    world: World, company: str, instrument: str, shares: str | None, counts: bool
) -> None:
    """Golden case 13."""
    made = world.bipa.post("/investments", deal(company, instrument=instrument, shares=shares))
    pay(world.bipa, made, "2026-03-20", 7)
    assert world.bipa.get("/investments")["items"][0]["disbursed_krw"] == 7
    for measure, value in (
        ("contracted_krw", BILLION), ("disbursed_krw", 7), ("deals", 1), ("startups_funded", 1),
    ):  # fmt: skip
        assert figures(world, measure) == ({2026: value} if counts else {})


def test_a_natural_persons_name_is_shown_to_its_agency_alone_and_logged(
    world: World, company: str
) -> None:
    made = world.bipa.post("/investments", deal(company, investor=ANGEL))
    assert made["investor"] == {"kind": "angel", "name": None, "business_number": None}
    path = f"/investments/{made['id']}"
    assert world.bipa.get(path)["investor"]["name"] == PERSON
    assert world.busan.get(path)["investor"]["name"] is None
    assert world.bipa.get("/investments")["items"][0]["investor"]["name"] is None
    assert PERSON not in world.bipa.call("GET", "/investments", query={"format": "csv"}).text
    with world.parts.database.reading() as work:
        logged = work.session.scalars(select(AccessLog)).all()
        assert [(row.act, row.record_ids) for row in logged] == [("investment.read", [made["id"]])]


def test_a_natural_person_is_recognised_by_name_and_never_stored_in_the_open(
    world: World, company: str
) -> None:
    body = deal(company, investor=ANGEL)
    made = world.bipa.post("/investments", body, headers={"Idempotency-Key": "k1"})
    path = f"/investments/{made['id']}"
    spaced = {"name": "김 하늘", "kind": "angel"}
    problem = world.bepa.refused(
        "POST", "/investments", 409, "duplicate-investment", json=deal(company, investor=spaced)
    )
    assert "하늘" not in str(problem)
    answer = world.bipa.patch(path, {"investor": spaced, "reason": "띄어쓰기"})
    assert (answer["version"], answer["investor"]["name"]) == (made["version"] + 1, None)
    assert world.bipa.get(path)["investor"]["name"] == "김 하늘"
    problem = world.bipa.refused(
        "PATCH", path, 422, json={"investor": {"kind": "corporate"}, "reason": "법인"},
        headers=world.bipa.match(path),
    )  # fmt: skip
    assert refusals(problem) == {("/investor/name", "required")}
    world.bipa.patch(
        path, {"investor": {"kind": "corporate", "name": "하늘 주식회사"}, "reason": "법인"}
    )
    assert world.bepa.call("POST", "/investments", json=body).status_code == 201
    tables = (
        "investment",
        "history",
        "revision",
        "idempotency",
        "access_log",
        "investment_duplicate",
    )
    with world.parts.database.reading() as work:
        stored = str([work.session.execute(text(f"SELECT * FROM {t}")).all() for t in tables])
    assert "하늘 주식회사" in stored
    assert "김하늘" not in stored
    assert "김 하늘" not in stored


def test_history_tells_every_version_and_why(world: World, company: str) -> None:
    made = world.bipa.post("/investments", deal(company, investor=ANGEL))
    path = f"/investments/{made['id']}"
    world.bipa.patch(path, {"contracted_on": "2026-03-01", "reason": "계약일 오기"})
    world.bipa.change(path, "void", {"reason": "중복"})
    items = world.bipa.get(f"{path}/history")["items"]
    assert [(i["version"], i["action"], i["reason"]) for i in items] == [
        (1, "investment.log", None), (2, "investment.correct", "계약일 오기"),
        (3, "investment.void", "중복"),
    ]  # fmt: skip
    said = [(i["values"]["contracted_on"], i["values"]["void"]) for i in items]
    assert said == [("2026-03-02", False), ("2026-03-01", False), ("2026-03-01", True)]
    assert items[0]["to_revision"] == items[1]["from_revision"]
    assert PERSON not in str(items)
    world.bepa.refused("GET", f"{path}/history", 404, "not-found")


def test_a_dry_run_tells_the_effect_and_keeps_nothing(world: World, company: str) -> None:
    answer = world.bipa.post("/investments", deal(company), query={"dry_run": "true"})
    assert {"dataset": "investments", "measure": "contracted_krw", "year": 2026, "before": 0,
            "after": BILLION} in answer["effect"]  # fmt: skip
    assert world.bipa.get("/investments")["items"] == []
    assert figures(world, "contracted_krw") == {}


def test_an_idempotency_key_makes_one_investment(world: World, company: str) -> None:
    key = {"Idempotency-Key": "one"}
    first = world.bipa.call("POST", "/investments", json=deal(company), headers=key)
    again = world.bipa.call("POST", "/investments", json=deal(company), headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.get_json() == first.get_json()
    assert first.headers["Location"].endswith(f"/investments/{first.get_json()['id']}")
    assert len(world.bipa.get("/investments")["items"]) == 1


def test_lists_filter_sort_and_page(world: World, company: str) -> None:
    days = ("2026-03-02", "2026-01-02", "2026-02-02")
    rounds = ("seed", "bridge", "series_a")
    made = [
        world.bipa.post("/investments", deal(company, contracted_on=d, round=r, external_id=r))
        for d, r in zip(days, rounds, strict=True)
    ]

    def listed(client: Client = world.bipa, **query: Any) -> list[str]:
        return [i["round"] for i in client.get("/investments", **query)["items"]]

    assert listed() == list(rounds)
    assert listed(sort="contracted_on") == ["bridge", "series_a", "seed"]
    assert listed(sort="-contracted_on") == ["seed", "series_a", "bridge"]
    assert listed(external_id="bridge") == ["bridge"]
    assert listed(round="seed", instrument="common") == ["seed"]
    assert listed(contracted_from="2026-02-01", contracted_to="2026-02-28") == ["series_a"]
    assert listed(world.busan, organisation="BEPA") == []
    assert listed(startup_id=company, void="false") == list(rounds)
    head = world.nobody.get("/revisions/head")["number"]
    pay(world.bipa, made[1], "2026-03-05", 1)
    assert listed(changed_after_revision=head) == ["bridge"]
    for query, place in (({"round": "NOPE"}, "round"), ({"organisation": "NOPE"}, "organisation")):
        problem = world.bipa.refused("GET", "/investments", 422, query=query)
        assert refusals(problem) == {(place, "unknown-code")}
    first = world.bipa.get("/investments", sort="contracted_on", limit=2)
    rest = world.bipa.get(
        "/investments", sort="contracted_on", limit=2, cursor=first["next_cursor"]
    )
    assert [i["round"] for i in (*first["items"], *rest["items"])] == ["bridge", "series_a", "seed"]
    assert rest["next_cursor"] is None
    text = world.bipa.call("GET", "/investments", query={"format": "csv"}).get_data().decode()
    assert "부산벤처" in text
