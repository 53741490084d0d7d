"""Transactions through the API, and the golden cases of money on the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from registry.core.clock import SEOUL
from tests.money import BILLION, deal, figures, pay, refusals, startup

if TYPE_CHECKING:
    from registry.core.clock import ManualClock
    from tests.client import World

MILLION = 10**6


@pytest.fixture
def company(world: World) -> str:
    return str(startup(world.bipa)["id"])


@pytest.fixture
def invested(world: World, company: str) -> dict[str, Any]:
    made: dict[str, Any] = world.bipa.post("/investments", deal(company))
    return made


def reverse(world: World, transaction: dict[str, Any]) -> Any:
    path = f"/investments/{transaction['investment_id']}/transactions/{transaction['id']}/reverse"
    return world.bipa.post(path, {"reason": "오기"})


def opening(world: World, investment: dict[str, Any]) -> Any:
    (found,) = world.bipa.get(f"/investments/{investment['id']}/transactions")["items"]
    return found


def test_contract_and_payments_count_at_their_dates(world: World, invested: Any) -> None:
    """Golden case 8."""
    pay(world.bipa, invested, "2026-03-20", 600 * MILLION)
    pay(world.bipa, invested, "2027-01-05", 400 * MILLION)
    assert figures(world, "contracted_krw") == {2026: BILLION}
    assert figures(world, "disbursed_krw") == {2026: 600 * MILLION, 2027: 400 * MILLION}
    assert figures(world, "startups_funded") == {2026: 1, 2027: 1}
    assert figures(world, "deals") == {2026: 1}
    read = world.bipa.get(f"/investments/{invested['id']}")
    assert (read["disbursed_krw"], read["left_krw"]) == (BILLION, 0)


def test_a_wrong_payment_is_reversed_and_paid_anew(
    world: World, invested: Any, clock: ManualClock
) -> None:
    """Golden case 9."""
    wrong = pay(world.bipa, invested, "2026-03-20", 600 * MILLION)
    clock.put(datetime(2031, 1, 16, 9, 0, tzinfo=SEOUL))
    reversal = reverse(world, wrong)
    assert (reversal["reverses_id"], reversal["sign"], reversal["effective_on"]) == (
        wrong["id"], -1, "2026-03-20",
    )  # fmt: skip
    pay(world.bipa, invested, "2026-03-20", 500 * MILLION)
    assert figures(world, "disbursed_krw") == {2026: 500 * MILLION}
    assert figures(world, "startups_funded") == {2026: 1}
    path = f"/investments/{invested['id']}/transactions/{wrong['id']}"
    assert world.bipa.get(path)["reversed_by_id"] == reversal["id"]


def test_a_reversal_happens_once_and_is_not_reversed(world: World, invested: Any) -> None:
    paid = pay(world.bipa, invested, "2026-03-20", 1)
    reversal = reverse(world, paid)
    base = f"/investments/{invested['id']}/transactions"
    body = {"reason": "x"}
    world.bipa.refused("POST", f"{base}/{paid['id']}/reverse", 409, "already-reversed", json=body)
    world.bipa.refused(
        "POST", f"{base}/{reversal['id']}/reverse", 409, "reversal-of-reversal", json=body
    )
    problem = world.bipa.refused("POST", f"{base}/{paid['id']}/reverse", 422, json={})
    assert refusals(problem) == {("/reason", "required")}
    world.bipa.refused("POST", f"{base}/{invested['id']}/reverse", 404, "not-found", json=body)


def test_a_transaction_is_found_under_its_own_investment_alone(
    world: World, company: str, invested: Any
) -> None:
    other = world.bipa.post("/investments", deal(company, round="bridge"))
    paid = pay(world.bipa, invested, "2026-03-20", 1)
    path = f"/investments/{other['id']}/transactions/{paid['id']}"
    world.bipa.refused("GET", path, 404, "not-found")
    world.bipa.refused("POST", f"{path}/reverse", 404, "not-found", json={"reason": "x"})


@pytest.mark.parametrize(
    ("on", "disbursed", "funded"),
    [
        ("2026-05-01", {}, {}),
        ("2027-05-01", {2026: 9, 2027: -9}, {2026: 1}),
    ],
)
def test_a_refund_counts_at_its_own_date(
    world: World, invested: Any, on: str, disbursed: dict[int, int], funded: dict[int, int]
) -> None:
    """Golden case 11."""
    pay(world.bipa, invested, "2026-03-20", 9)
    pay(world.bipa, invested, on, 9, "refund")
    assert figures(world, "disbursed_krw") == disbursed
    assert figures(world, "startups_funded") == funded


def test_a_moved_startup_takes_later_payments_along(
    world: World, company: str, invested: Any
) -> None:
    """Golden case 12."""
    pay(world.bipa, invested, "2026-06-30", 1)
    pay(world.bipa, invested, "2026-07-01", 2)
    assert figures(world, "disbursed_krw", "district") == {"26440": 3}
    path = f"/startups/{company}"
    world.bepa.patch(path, {"district_code": "26350", "effective_on": "2026-07-01"})
    assert figures(world, "disbursed_krw", "district") == {"26440": 1, "26350": 2}
    world.bepa.patch(path, {"district_code": "OUTSIDE", "effective_on": "2026-07-01"})
    assert figures(world, "disbursed_krw", "district") == {"26440": 1}


def test_foreign_amounts_become_won_exactly_half_up(world: World, company: str) -> None:
    """Golden case 14."""
    foreign = {"contracted_krw": ..., "currency": "USD"}
    big = deal(company, **foreign, original_amount="1000000", fx_rate="1350.55")
    small = deal(company, **foreign, original_amount="10.00", fx_rate="1350.25", round="bridge")
    tie = deal(company, **foreign, original_amount="0.5", fx_rate="1", round="series_a")
    made = [world.bipa.post("/investments", body) for body in (big, small, tie)]
    assert [m["contracted_krw"] for m in made] == [1_350_550_000, 13_503, 1]
    assert [m["original_amount"] for m in made] == ["1000000", "10", "0.5"]
    assert [m["fx_rate"] for m in made] == ["1350.55", "1350.25", "1"]
    assert figures(world, "contracted_krw") == {2026: 1_350_550_000 + 13_503 + 1}


def test_a_dollar_contract_paid_at_a_higher_rate_is_not_too_much(
    world: World, company: str
) -> None:
    """Golden case 14."""
    body = deal(company, contracted_krw=..., currency="USD", original_amount="100", fx_rate="1300")
    made = world.bipa.post("/investments", body)
    path = f"/investments/{made['id']}/transactions"
    paid = {
        "kind": "disbursement", "effective_on": "2026-03-20", "currency": "USD",
        "original_amount": "100", "fx_rate": "1400.5",
    }  # fmt: skip
    answer = world.bipa.post(path, paid)
    assert (answer["amount_krw"], answer["original_amount"], answer["fx_rate"]) == (
        140_050, "100", "1400.5",
    )  # fmt: skip
    read = world.bipa.get(f"/investments/{made['id']}")
    assert (read["left_original"], read["left_krw"]) == ("0", -10_050)
    more = paid | {"original_amount": "0.0001", "fx_rate": "10000"}
    world.bipa.refused("POST", path, 409, "exceeds-contract", json=more)
    for wrong in (
        {"amount_krw": 1},
        {"currency": "EUR", "original_amount": "1", "fx_rate": "1500"},
    ):
        problem = world.bipa.refused(
            "POST", path, 422,
            json={"kind": "disbursement", "effective_on": "2026-03-20"} | wrong,
        )  # fmt: skip
        assert refusals(problem) == {("/currency", "currency-mismatch")}
    problem = world.bipa.refused("POST", path, 422, json=paid | {"amount_krw": 140_051})
    assert refusals(problem) == {("/amount_krw", "fx-mismatch")}
    assert world.bipa.post(path, paid | {"kind": "refund", "amount_krw": 140_050})["sign"] == -1


def test_a_won_contract_may_be_paid_in_dollars(world: World, invested: Any) -> None:
    path = f"/investments/{invested['id']}/transactions"
    body = {
        "kind": "disbursement", "effective_on": "2026-03-20", "currency": "USD",
        "original_amount": "1000", "fx_rate": "1400",
    }  # fmt: skip
    answer = world.bipa.post(path, body)
    assert (answer["currency"], answer["amount_krw"]) == ("USD", 1_400_000)
    read = world.bipa.get(f"/investments/{invested['id']}")
    assert (read["left_krw"], read["left_original"]) == (BILLION - 1_400_000, None)
    world.bipa.refused(
        "POST", path, 409, "exceeds-contract", json=body | {"original_amount": "1000000"}
    )


def test_a_cancelled_contract_is_no_deal_and_a_mistyped_one_is_entered_right(
    world: World, company: str
) -> None:
    """Golden case 20."""
    made = world.bipa.post("/investments", deal(company))
    pay(world.bipa, made, "2026-05-01", BILLION, "cancellation")
    assert figures(world, "deals") == {}
    assert figures(world, "contracted_krw") == {}
    typed = world.bipa.post(
        "/investments", deal(company, round="bridge", contracted_krw=10 * BILLION)
    )
    reverse(world, opening(world, typed))
    assert figures(world, "deals") == {}
    pay(world.bipa, typed, "2026-03-02", BILLION, "contract")
    assert figures(world, "deals") == {2026: 1}
    assert figures(world, "contracted_krw") == {2026: BILLION}


def test_nothing_goes_below_zero_or_beyond_the_contract(world: World, invested: Any) -> None:
    """Golden case 20."""
    path = f"/investments/{invested['id']}/transactions"

    def refused(kind: str, won: int) -> None:
        body = {"kind": kind, "effective_on": "2026-03-20", "amount_krw": won}
        world.bipa.refused("POST", path, 409, "exceeds-contract", json=body)

    first = opening(world, invested)
    refused("disbursement", BILLION + 1)
    refused("cancellation", BILLION + 1)
    refused("refund", 1)
    paid = pay(world.bipa, invested, "2026-01-01", BILLION)  # before the contract: it happens
    refused("disbursement", 1)
    refused("cancellation", 1)
    world.bipa.refused(
        "POST", f"{path}/{first['id']}/reverse", 409, "exceeds-contract", json={"reason": "x"}
    )
    pay(world.bipa, invested, "2026-04-01", 1, "refund")
    world.bipa.refused(
        "POST", f"{path}/{paid['id']}/reverse", 409, "exceeds-contract", json={"reason": "x"}
    )
    assert figures(world, "disbursed_krw") == {2026: BILLION - 1}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"kind": "grant"}, {("/kind", "invalid-choice")}),
        ({"effective_on": "2031-01-16"}, {("/effective_on", "date-in-future")}),
        ({"effective_on": "2031-01-16", "amount_krw": None},
         {("/effective_on", "date-in-future"), ("/amount_krw", "required")}),
        ({"amount_krw": -1}, {("/amount_krw", "out-of-range")}),
        ({"amount_krw": 10**15 + 1}, {("/amount_krw", "out-of-range")}),
        ({"fx_rate": "1.5"}, {("/currency", "required"), ("/original_amount", "required")}),
        ({"sign": 1}, {("/sign", "unknown-field")}),
    ],
)  # fmt: skip
def test_mistakes_are_named_at_once(
    world: World, invested: Any, changes: dict[str, Any], found: set[tuple[str, str]]
) -> None:
    body = {"kind": "disbursement", "effective_on": "2026-03-20", "amount_krw": 1} | changes
    path = f"/investments/{invested['id']}/transactions"
    assert refusals(world.bipa.refused("POST", path, 422, json=body)) == found


def test_an_external_id_is_one_transaction_of_the_agency(
    world: World, company: str, invested: Any
) -> None:
    other = world.bipa.post("/investments", deal(company, round="bridge"))
    body = {
        "external_id": "T-1", "kind": "disbursement", "effective_on": "2026-03-20",
        "amount_krw": BILLION,
    }  # fmt: skip
    path = f"/investments/{invested['id']}/transactions"
    made = world.bipa.post(path, body)
    head = world.nobody.get("/revisions/head")["number"]
    again = world.bipa.call("POST", path, json=body)
    assert (again.status_code, again.get_json()) == (200, made)
    assert world.nobody.get("/revisions/head")["number"] == head
    for change in ({"amount_krw": 1}, {"kind": "contract"}, {"effective_on": "2026-03-21"}):
        world.bipa.refused("POST", path, 409, "external-id-taken", json=body | change)
    elsewhere = f"/investments/{other['id']}/transactions"
    world.bipa.refused("POST", elsewhere, 409, "external-id-taken", json=body)
    assert [t["id"] for t in world.bipa.get(path, external_id="T-1")["items"]] == [made["id"]]
    assert [t["kind"] for t in world.bipa.get(path, kind="contract")["items"]] == ["contract"]


def test_a_startup_is_funded_once_a_year_by_its_earliest_standing_payment(
    world: World, company: str, invested: Any
) -> None:
    other = world.bepa.post("/investments", deal(company, channel="city_fund", round="bridge"))
    first = pay(world.bipa, invested, "2026-03-20", 1)
    pay(world.bepa, other, "2026-03-21", 1)
    assert figures(world, "startups_funded", "channel") == {"attracted": 1}
    reverse(world, first)
    assert figures(world, "startups_funded", "channel") == {"city_fund": 1}


def test_a_dry_run_of_a_payment_tells_the_effect(world: World, invested: Any) -> None:
    path = f"/investments/{invested['id']}/transactions"
    body = {"kind": "disbursement", "effective_on": "2026-03-20", "amount_krw": 7}
    answer = world.bipa.post(path, body, query={"dry_run": "true"})
    assert {(e["measure"], e["before"], e["after"]) for e in answer["effect"]} == {
        ("disbursed_krw", 0, 7), ("startups_funded", 0, 1),
    }  # fmt: skip
    assert figures(world, "disbursed_krw") == {}
