"""The golden cases of money, over HTTP alone and under several seeds (tests/golden.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.golden import MONEY, SEEDS, Golden

if TYPE_CHECKING:
    from registry.core.clock import ManualClock
    from tests.client import World

MILLION, BILLION = 10**6, 10**9


@pytest.fixture(params=SEEDS)
def case(request: pytest.FixtureRequest, world: World, clock: ManualClock) -> Golden:
    return Golden(world, clock, request.param, request.function.__name__)


def case_8(case: Golden) -> tuple[dict[str, Any], dict[str, Any]]:
    """The billion of case 8 with its two payments; the deal and the first payment."""
    made = case.invests(case.startup())
    first, _ = case.shuffled(
        lambda: case.pays(made, "2026-03-20", 600 * MILLION),
        lambda: case.pays(made, "2027-01-05", 400 * MILLION),
    )
    return made, first


def test_case_08_contracts_and_payments_count_at_their_dates(case: Golden) -> None:
    case_8(case)
    assert case.split("contracted_krw", "year") == {2026: BILLION}
    assert case.split("disbursed_krw", "year") == {2026: 600 * MILLION, 2027: 400 * MILLION}
    assert case.split("startups_funded", "year") == {2026: 1, 2027: 1}
    assert case.split("deals", "year") == {2026: 1}
    assert case.ask("disbursed_krw")["unit"] == "krw"


def test_case_09_a_payment_is_reversed_and_paid_anew(case: Golden) -> None:
    made, wrong = case_8(case)
    before, yesterday = case.head(), case.later()
    path = f"/investments/{made['id']}/transactions/{wrong['id']}/reverse"
    case.a.post(path, {"reason": "오기"})
    between = case.head()
    assert case.split("disbursed_krw", "year") == {2027: 400 * MILLION}
    assert case.split("startups_funded", "year") == {2027: 1}
    case.pays(made, "2026-03-20", 500 * MILLION)
    assert case.split("disbursed_krw", "year") == {2026: 500 * MILLION, 2027: 400 * MILLION}
    assert case.split("startups_funded", "year") == {2026: 1, 2027: 1}
    assert case.split("contracted_krw", "year") == {2026: BILLION}
    case.later()
    for then in ({"revision": before}, {"as_of": yesterday}):
        assert case.total("disbursed_krw", year=2026, **then) == 600 * MILLION
        assert case.total("startups_funded", year=2026, **then) == 1
    assert case.total("disbursed_krw", year=2026, revision=between) == 0
    case.a.refused("POST", path, 409, "already-reversed", json={"reason": "오기"})


@pytest.mark.parametrize(
    ("text", "won"),
    [("2026-04-30", BILLION // 2), ("2026-11-02", BILLION)],
    ids=["within 92 days", "of the same sum"],
)
def test_case_10_the_same_money_is_logged_once(case: Golden, text: str, won: int) -> None:
    """Equal is the deal, whatever amount or channel agency B writes: those are not part of it."""
    startup = case.startup()
    made = case.invests(startup)
    case.pays(made, "2026-03-20", 600 * MILLION)
    before = case.totals(*MONEY)
    investor = {
        "name": case.draw.choice(("부산 벤처", "부산벤처\u200b")),
        "kind": "venture_capital",
    }
    theirs: dict[str, Any] = {
        "investor": investor,
        "channel": case.draw.choice(("city_fund", "attracted")),
    }
    equal = case.deal(startup, **theirs, contracted_krw=case.draw.choice((BILLION, MILLION)))
    problem = case.b.refused("POST", "/investments", 409, "duplicate-investment", json=equal)
    assert made["id"] not in str(problem)  # B may not see A's
    assert case.totals(*MONEY) == before == (BILLION, 600 * MILLION, 1, 1)
    assert case.world.busan.get("/investment-duplicates")["items"] == []
    answer = case.b.call(
        "POST", "/investments", json=case.deal(startup, text, **theirs, contracted_krw=won)
    )
    assert answer.status_code == 201
    (entry,) = case.world.busan.get("/investment-duplicates")["items"]
    assert {i["id"] for i in entry["investments"]} == {made["id"], answer.get_json()["id"]}
    assert case.totals(*MONEY) == (BILLION + won, 600 * MILLION, 2, 1)


@pytest.mark.parametrize(
    ("refund", "disbursed", "funded"),
    [
        ("2026-11-20", {}, {}),
        ("2027-03-10", {2026: 600 * MILLION, 2027: -600 * MILLION}, {2026: 1}),
    ],
)
def test_case_11_a_refund_counts_in_its_own_year(
    case: Golden, refund: str, disbursed: dict[int, int], funded: dict[int, int]
) -> None:
    made = case.invests(case.startup())
    case.pays(made, "2026-03-20", 600 * MILLION)
    before = case.head()
    case.pays(made, refund, 600 * MILLION, "refund")
    assert case.split("disbursed_krw", "year") == disbursed
    assert case.split("startups_funded", "year") == funded
    assert case.split("contracted_krw", "year") == {2026: BILLION}
    assert case.split("disbursed_krw", "year", revision=before) == {2026: 600 * MILLION}


def test_case_12_a_payment_counts_where_the_startup_is_on_its_date(case: Golden) -> None:
    startup = case.startup()
    made = case.invests(startup)
    case.shuffled(
        lambda: case.pays(made, "2026-06-30", 1),
        lambda: case.pays(made, "2026-07-01", 2),
        lambda: case.moves(startup, "2026-07-01", "26350"),
    )
    assert case.split("disbursed_krw", "district", "zone") == {
        ("26440", "WEST"): 1, ("26350", "EAST"): 2,
    }  # fmt: skip
    assert case.split("startups_funded", "zone") == {"WEST": 1}  # by its earliest payment
    assert case.split("contracted_krw", "zone") == {"WEST": BILLION}


def test_case_12_entered_late_the_later_payment_moves(case: Golden) -> None:
    startup = case.startup()
    made = case.invests(startup)
    case.pays(made, "2026-06-30", 1)
    case.pays(made, "2026-07-01", 2)
    before, yesterday = case.head(), case.later()
    case.moves(startup, "2026-07-01", "26350")
    assert case.split("disbursed_krw", "zone") == {"WEST": 1, "EAST": 2}
    for then in ({"revision": before}, {"as_of": yesterday}):
        assert case.split("disbursed_krw", "zone", **then) == {"WEST": 3}


def test_case_12_outside_the_city_nothing_counts_from_then_on(case: Golden) -> None:
    """ "With the reason": the move's own is kept in the log, and the rule's can be read out."""
    startup = case.startup()
    made = case.invests(startup)
    case.shuffled(
        lambda: case.pays(made, "2026-09-30", 1),
        lambda: case.pays(made, "2026-10-01", 2),
        lambda: case.pays(made, "2027-01-05", 4),
    )
    before, yesterday = case.head(), case.later()
    case.moves(startup, "2026-10-01", "OUTSIDE", reason="김해로 이전")
    assert case.split("disbursed_krw", "year", "zone") == {(2026, "WEST"): 1}
    assert case.split("startups_funded", "year") == {2026: 1}
    assert case.totals("contracted_krw", "deals") == (BILLION, 1)
    assert case.world.busan.get(f"/revisions/{case.head()}")["reason"] == "김해로 이전"
    assert case.a.get(f"/investments/{made['id']}")["disbursed_krw"] == 7  # paid all the same
    rule = case.world.busan.get("/rules/investments/1")
    assert "26440" in rule["parameters"]["counts"]["districts"]
    assert "OUTSIDE" not in rule["parameters"]["counts"]["districts"]
    for then in ({"revision": before}, {"as_of": yesterday}):
        assert case.split("disbursed_krw", "year", **then) == {2026: 3, 2027: 4}


def test_case_13_what_is_no_investment_is_listed_and_adds_nothing(case: Golden) -> None:
    startup = case.startup()

    def enter(instrument: str, shares: str | None) -> str:
        made = case.invests(startup, instrument=instrument, shares=shares)
        case.pays(made, "2026-03-20", MILLION)
        return str(made["id"])

    nothing = (
        ("loan", None), ("guarantee", None), ("grant", None), ("common", "secondary"),
        ("safe", "secondary"),
    )  # fmt: skip
    made = case.shuffled(*(lambda i=i, s=s: enter(i, s) for i, s in nothing))
    assert {row["id"] for row in case.a.get("/investments")["items"]} == set(made)
    assert case.totals(*MONEY) == (0, 0, 0, 0)
    assert all(case.split(measure, "instrument") == {} for measure in MONEY)
    missing = case.deal(startup, instrument="common", shares=None)
    case.a.refused("POST", "/investments", 422, json=missing)
    body = case.deal(startup, "2026-03-03", instrument="safe", shares=...)
    safe = case.a.post("/investments", body)
    assert safe["shares"] is None
    case.pays(safe, "2026-03-20", MILLION)
    assert case.totals(*MONEY) == (BILLION, MILLION, 1, 1)
    assert case.split("disbursed_krw", "instrument") == {"safe": MILLION}


def test_case_14_foreign_amounts_become_won_exactly(case: Golden) -> None:
    def dollars(amount: str, rate: str, *, won: int | None = None) -> dict[str, Any]:
        return {"currency": "USD", "original_amount": amount, "fx_rate": rate, "amount_krw": won}

    def enter(round_: str, amount: str, rate: str) -> dict[str, Any]:
        money = dollars(amount, rate) | {"contracted_krw": ..., "amount_krw": ...}
        return case.invests(startup, round=round_, **money)

    startup = case.startup()
    big, small = case.shuffled(
        lambda: enter("seed", "1000000", "1350.55"), lambda: enter("series_a", "10.00", "1350.25")
    )
    assert case.split("contracted_krw", "round") == {"seed": 1_350_550_000, "series_a": 13_503}
    path = f"/investments/{big['id']}/transactions"
    paid = {"kind": "disbursement", "effective_on": case.on("2026-03-20")}
    wrong = paid | dollars("1000000", "1400.5", won=1_400_500_001)
    problem = case.a.refused("POST", path, 422, json=wrong)
    assert [e["code"] for e in problem["errors"]] == ["fx-mismatch"]
    case.a.post(path, paid | dollars("1000000", "1400.5"))
    assert case.totals("disbursed_krw", "contracted_krw") == (1_400_500_000, 1_350_563_503)
    case.a.refused("POST", path, 409, "exceeds-contract", json=paid | dollars("0.01", "100"))
    assert case.a.get(f"/investments/{small['id']}")["contracted_krw"] == 13_503


def test_case_20_a_contract_wholly_cancelled_is_no_deal(case: Golden) -> None:
    """Cancelled in the next year: the year of the contract keeps its won, not the deal."""
    made = case.invests(case.startup())
    before = case.head()
    case.pays(made, "2027-02-01", BILLION, "cancellation")
    assert case.split("deals", "year") == {}
    assert case.split("contracted_krw", "year") == {2026: BILLION, 2027: -BILLION}
    assert case.split("deals", "year", revision=before) == {2026: 1}
    case.pays(made, "2027-02-02", 1, "contract")
    assert case.split("deals", "year") == {2026: 1}  # at its contract date again


def test_case_20_a_mistyped_contract_is_reversed_and_entered_right(case: Golden) -> None:
    made = case.invests(case.startup(), contracted_krw=10 * BILLION)
    base = f"/investments/{made['id']}/transactions"
    (typed,) = case.a.get(base)["items"]
    before, yesterday = case.head(), case.later()
    case.shuffled(
        lambda: case.a.post(f"{base}/{typed['id']}/reverse", {"reason": "0이 하나 더"}),
        lambda: case.pays(made, "2026-03-02", BILLION, "contract"),
    )
    assert case.split("contracted_krw", "year") == {2026: BILLION}
    assert case.split("deals", "year") == {2026: 1}
    for then in ({"revision": before}, {"as_of": yesterday}):
        assert case.total("contracted_krw", year=2026, **then) == 10 * BILLION
    case.pays(made, "2026-03-20", 1)
    case.cannot_pay(made, "2026-03-20", BILLION)


def test_case_20_nothing_is_paid_beyond_what_is_left(case: Golden) -> None:
    """Whatever the dates: a contract that was cut later binds an earlier payment too."""
    made = case.invests(case.startup())
    base = f"/investments/{made['id']}/transactions"
    (contract,) = case.a.get(base)["items"]
    case.pays(made, "2026-03-20", 600 * MILLION)
    case.pays(made, "2027-01-10", 300 * MILLION, "cancellation")
    before, head = [case.split(m, "year") for m in MONEY], case.head()
    case.cannot_pay(made, "2026-03-21", 100 * MILLION + 1)
    case.cannot_pay(made, "2027-01-11", 100 * MILLION + 1, "cancellation")
    reverse = f"{base}/{contract['id']}/reverse"
    case.a.refused("POST", reverse, 409, "exceeds-contract", json={"reason": "오기"})
    assert ([case.split(m, "year") for m in MONEY], case.head()) == (before, head)
    case.pays(made, "2026-03-21", 100 * MILLION)
    assert case.split("disbursed_krw", "year") == {2026: 700 * MILLION}
