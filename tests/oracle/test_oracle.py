"""The golden cases, and some of our own, worked by hand and asked of the oracle."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import combinations

import pytest

from . import (
    DIMENSIONS,
    MEASURES,
    InvestorInput,
    Refusal,
    Snapshot,
    TraineeInput,
    World,
    contributions,
    figures,
    total,
)
from .facts import normal_mobile, normal_name, pair, won
from .people import six_months_after

P1: TraineeInput = {"name": "김하늘", "birth_date": date(1999, 3, 2), "mobile": "010-1234-5678"}
P2: TraineeInput = {"name": "남궁민수", "birth_date": date(1998, 1, 9), "mobile": "010-2222-3333"}
BORN = date(1999, 3, 2)
VC: InvestorInput = {
    "name": "부산벤처스",
    "kind": "venture_capital",
    "business_number": "124-81-00998",
}
MARCH = date(2026, 3, 2)


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(Refusal) as caught:
        yield
    assert caught.value.code == code


@pytest.fixture
def world() -> World:
    world = World()
    world.add_programme("PNU", "AI1", "convergence_graduate_school", "AI", "26410")
    world.add_programme("BTP", "OS1", "on_site_training", "SMARTMFG", "26440")
    world.add_programme("BTP", "OS2", "on_site_training", "SMARTMFG", "26440")
    world.add_programme("BTP", "TALK", "other", "SMARTMFG", "26440")
    return world


def complete(
    world: World,
    code: str,
    day: date,
    who: TraineeInput = P1,
    status: str = "completed",
    start: date | None = None,
    new_id: str | None = None,
    employed_on: date | None = None,
) -> str:
    return world.enrol(
        "PNU" if code == "AI1" else "BTP",
        code,
        who,
        start or date(day.year, 1, 1),
        status,
        day,
        new_id=new_id,
        outcome_employed_on=employed_on,
    ).enrolment


def trainee_of(world: World, enrolment: str) -> str:
    return world.head.state.enrolments[enrolment].trainee


def people_total(source: World | Snapshot, measure: str, year: int | None = None) -> int:
    return total(source, "trainees", measure, {} if year is None else {"year": [year]})


def money_by_year(source: World | Snapshot, measure: str) -> dict[int | str, int]:
    return {key[0]: v for key, v in figures(source, "investments", measure, ("year",)).items()}


def invest(
    world: World,
    startup: str,
    krw: int | None = 1_000_000_000,
    *,
    agency: str = "A",
    instrument: str = "rcps",
    shares: str | None = "new_shares",
    day: date = MARCH,
    investor: InvestorInput = VC,
    fund: str | None = None,
    round_code: str = "seed",
    currency: str | None = None,
    original_amount: str | None = None,
    fx_rate: str | None = None,
    external_id: str | None = None,
    new_id: str | None = None,
) -> str:
    return world.invest(
        agency,
        startup,
        round_code=round_code,
        investor=investor,
        fund=fund,
        instrument=instrument,
        shares=shares,
        channel="attracted",
        contracted_on=day,
        contracted_krw=krw,
        currency=currency,
        original_amount=original_amount,
        fx_rate=fx_rate,
        external_id=external_id,
        new_id=new_id,
    ).investment


def pay(world: World, investment: str, day: date, krw: int) -> str:
    return world.transact(investment, "disbursement", day, krw)


# --- golden cases: people ----------------------------------------------------------------------


def test_golden_1_2_3_4(world: World) -> None:
    first = complete(world, "AI1", date(2026, 6, 30))
    for measure in ("trainees", "talents", "completions"):
        assert people_total(world, measure, 2026) == 1

    complete(world, "OS1", date(2026, 9, 30))
    assert figures(world, "trainees", "trainees", ("zone",)) == {("CENTRAL",): 1}
    assert figures(world, "trainees", "completions", ("zone",)) == {
        ("CENTRAL",): 1,
        ("WEST",): 1,
    }
    by_organisation = figures(world, "trainees", "trainees_of_organisation", ("organisation",))
    assert by_organisation == {("PNU",): 1, ("BTP",): 1}

    complete(world, "OS2", date(2027, 2, 10))
    assert people_total(world, "trainees", 2027) == 1
    assert people_total(world, "talents", 2027) == 0
    assert people_total(world, "talents") == 1
    assert people_total(world, "trainees") == 2

    before = world.head
    world.void_enrolment(first)
    year_2026 = {"year": [2026]}
    assert figures(world, "trainees", "trainees", ("zone",), year_2026) == {("WEST",): 1}
    assert figures(before, "trainees", "trainees", ("zone",), year_2026) == {("CENTRAL",): 1}
    assert people_total(world, "trainees") == people_total(before, "trainees") == 2


def test_golden_5_links(world: World) -> None:
    t1 = trainee_of(world, complete(world, "AI1", date(2026, 6, 30), P1))
    t2 = trainee_of(world, complete(world, "OS1", date(2026, 7, 31), P2))
    assert people_total(world, "trainees") == 2
    link = world.merge(t1, t2)
    assert people_total(world, "trainees") == 1
    assert people_total(world.at(world.revision - 1), "trainees") == 2
    world.undo_link(link)
    assert people_total(world, "trainees") == 2


@pytest.mark.parametrize("second_first", [True, False])
def test_golden_5_second_link_and_undo_of_the_first(world: World, *, second_first: bool) -> None:
    t1 = trainee_of(world, complete(world, "AI1", date(2026, 6, 30), P1))
    t2 = trainee_of(world, complete(world, "OS1", date(2026, 7, 31), P2))
    third: TraineeInput = {"name": "Third", "birth_date": BORN}
    t3 = trainee_of(world, complete(world, "OS2", date(2026, 8, 31), third))
    first = world.merge(t1, t2)
    if second_first:
        world.merge(t2, t3)
        world.undo_link(first)
    else:
        world.undo_link(first)
        world.merge(t2, t3)
    assert sorted(map(sorted, world.persons())) == sorted([[t1], sorted([t2, t3])])
    assert people_total(world, "trainees") == 2


def test_golden_6_known_late(world: World) -> None:
    world = World(now=datetime(2026, 12, 1, tzinfo=UTC))
    world.add_programme("PNU", "AI1", "convergence_graduate_school", "AI", "26410")
    world.today = date(2027, 1, 20)
    complete(world, "AI1", date(2026, 12, 30))
    assert people_total(world, "trainees", 2026) == 1
    then = world.at(world.revision_as_of(date(2026, 12, 31)))
    assert people_total(then, "trainees") == 0


def test_golden_7_correction(world: World) -> None:
    enrolment = complete(world, "AI1", date(2026, 6, 30), employed_on=date(2026, 7, 1))
    measures = ("trainees", "talents", "trainees_of_organisation", "completions", "employed")
    assert [people_total(world, m) for m in measures] == [1] * 5
    with refused("reason-required"):
        world.patch_enrolment(enrolment, status="not_completed")
    world.patch_enrolment(enrolment, status="not_completed", reason="checked again")
    assert [people_total(world, m) for m in measures] == [0] * 5
    assert people_total(world, "enrolments", 2026) == 1


def test_golden_15_seoul_midnight() -> None:
    world = World(now=datetime(2026, 12, 31, 14, 59, 59, tzinfo=UTC))
    world.add_programme("PNU", "AI1", "convergence_graduate_school", "AI", "26410")
    with refused("as-of-in-future"):
        world.revision_as_of(date(2027, 1, 1))
    world.now = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    complete(world, "AI1", date(2027, 1, 1), start=date(2026, 1, 1))
    assert world.revision_as_of(date(2026, 12, 31)) == 1
    assert world.revision_as_of(date(2027, 1, 1)) == 2
    assert world.revision_as_of(datetime(2026, 12, 31, 16, 30, tzinfo=UTC)) == 2
    assert world.revision_as_of(datetime(2026, 12, 31, 16, 29, tzinfo=UTC)) == 1
    assert world.revision_as_of(datetime(2026, 12, 31, 14, 0, tzinfo=UTC)) == 0


def test_golden_16_zone_schemes(world: World) -> None:
    world.add_programme("BTP", "FAR", "on_site_training", "AI", "OUTSIDE")
    complete(world, "AI1", date(2026, 6, 30))
    complete(world, "OS1", date(2026, 6, 30))
    complete(world, "FAR", date(2026, 6, 30))

    def by_zone(scheme: str) -> dict[tuple[int | str, ...], int]:
        return figures(world, "trainees", "completions", ("zone",), zone_scheme=scheme)

    assert by_zone("DX2030-3") == {("CENTRAL",): 1, ("WEST",): 1, ("UNASSIGNED",): 1}
    assert by_zone("PLAN2040-6") == {("DONGNAE",): 1, ("GANGSEO",): 1, ("UNASSIGNED",): 1}


def test_golden_17_filters_do_not_judge_again(world: World) -> None:
    complete(world, "AI1", date(2026, 2, 27))
    complete(world, "OS1", date(2026, 5, 29))
    assert figures(world, "trainees", "trainees", from_month="2026-04") == {}
    assert figures(world, "trainees", "trainees", filters={"organisation": ["BTP"]}) == {}
    assert figures(world, "trainees", "completions", from_month="2026-04") == {(): 1}
    assert figures(world, "trainees", "completions", to_month="2026-02") == {(): 1}


def test_golden_18_possible_duplicates(world: World) -> None:
    who: TraineeInput = {"name": "이 도윤", "birth_date": BORN}
    same: TraineeInput = {"name": "이도윤", "birth_date": BORN, "mobile": None}
    t1 = trainee_of(world, complete(world, "AI1", date(2026, 6, 30), who))
    t2 = trainee_of(world, complete(world, "OS1", date(2026, 6, 30), same))
    assert people_total(world, "trainees") == 2
    assert world.possible_duplicates() == [pair(t1, t2)]
    link = world.merge(t1, t2)
    assert world.possible_duplicates() == []
    world.undo_link(link)
    assert len(world.possible_duplicates()) == 1
    world.dismiss(t2, t1)
    assert world.possible_duplicates() == []
    assert people_total(world, "trainees") == 2


def test_golden_19_talents_from_2022(world: World) -> None:
    complete(world, "AI1", date(2021, 6, 30))
    complete(world, "OS1", date(2023, 6, 30))
    assert figures(world, "trainees", "talents", ("year",)) == {(2023,): 1}
    assert figures(world, "trainees", "trainees", ("year",)) == {(2021,): 1, (2023,): 1}


# --- golden cases: money -----------------------------------------------------------------------


def test_golden_8_9() -> None:
    world = World()
    startup = world.add_startup("AI", "26440")
    deal = invest(world, startup)
    wrong = pay(world, deal, date(2026, 3, 20), 600_000_000)
    pay(world, deal, date(2027, 1, 5), 400_000_000)
    assert money_by_year(world, "contracted_krw") == {2026: 1_000_000_000}
    assert money_by_year(world, "disbursed_krw") == {2026: 600_000_000, 2027: 400_000_000}
    assert money_by_year(world, "startups_funded") == {2026: 1, 2027: 1}
    assert money_by_year(world, "deals") == {2026: 1}

    before = world.head
    world.reverse(wrong)
    assert money_by_year(world, "startups_funded") == {2027: 1}
    right = pay(world, deal, date(2026, 3, 20), 500_000_000)
    assert money_by_year(world, "disbursed_krw")[2026] == 500_000_000
    assert money_by_year(before, "disbursed_krw")[2026] == 600_000_000
    funded = contributions(world, "investments", "startups_funded")
    assert funded[0].record_id == right
    with refused("already-reversed"):
        world.reverse(wrong)


def test_golden_10_the_same_money_twice() -> None:
    world = World()
    startup = world.add_startup("AI", "26440")
    first = invest(world, startup)
    again: InvestorInput = {"name": "Other", "kind": "other", "business_number": "1248100998"}
    before = (world.revision, total(world, "investments", "contracted_krw"))
    with refused("duplicate-investment"):
        invest(world, startup, agency="B", investor=again)
    assert (world.revision, total(world, "investments", "contracted_krw")) == before
    second = invest(world, startup, agency="B", investor=again, day=date(2026, 3, 3))
    assert world.near_duplicates() == [pair(first, second)]
    with refused("duplicate-investment"):
        world.patch_investment(second, contracted_on=MARCH)
    world.dismiss_near_duplicate(second, first)
    assert world.near_duplicates() == []
    world.void_investment(first)
    world.patch_investment(second, contracted_on=MARCH)
    assert money_by_year(world, "deals") == {2026: 1}


def test_golden_11_refunds() -> None:
    world = World()
    deal = invest(world, world.add_startup("AI", "26440"))
    pay(world, deal, date(2026, 3, 20), 100)
    refund = world.transact(deal, "refund", date(2026, 12, 31), 100)
    assert money_by_year(world, "disbursed_krw") == {}
    assert money_by_year(world, "startups_funded") == {}
    world.reverse(refund)
    assert money_by_year(world, "startups_funded") == {2026: 1}
    world.transact(deal, "refund", date(2027, 1, 1), 100)
    assert money_by_year(world, "disbursed_krw") == {2026: 100, 2027: -100}
    assert money_by_year(world, "startups_funded") == {2026: 1}


def test_golden_12_a_move() -> None:
    world = World()
    startup = world.add_startup("AI", "26440")
    deal = invest(world, startup)
    pay(world, deal, date(2026, 6, 30), 1)
    pay(world, deal, date(2026, 7, 1), 10)
    before = world.head
    world.patch_startup(startup, district="26350", effective_on=date(2026, 7, 1))
    by_zone = figures(world, "investments", "disbursed_krw", ("zone",))
    assert by_zone == {("WEST",): 1, ("EAST",): 10}
    assert figures(before, "investments", "disbursed_krw", ("zone",)) == {("WEST",): 11}
    world.patch_startup(startup, district="OUTSIDE", effective_on=date(2026, 8, 1))
    pay(world, deal, date(2026, 8, 1), 100)
    assert total(world, "investments", "disbursed_krw") == 11
    assert world.head.balance(deal).disbursed_krw == 111


def test_golden_13_what_does_not_count() -> None:
    world = World()
    startup = world.add_startup("AI", "26440")
    for instrument in ("loan", "guarantee", "grant"):
        pay(world, invest(world, startup, instrument=instrument, shares=None), MARCH, 5)
    old_shares = invest(world, startup, instrument="common", shares="secondary")
    pay(world, old_shares, MARCH, 5)
    for measure in MEASURES["investments"]:
        assert figures(world, "investments", measure) == {}
    pay(world, invest(world, startup, 7, instrument="safe", shares=None), MARCH, 5)
    assert total(world, "investments", "contracted_krw") == 7
    assert total(world, "investments", "disbursed_krw") == 5
    with refused("shares-required"):
        invest(world, startup, instrument="cps", shares=None)
    world.patch_investment(old_shares, shares="new_shares")
    assert total(world, "investments", "deals") == 2


def test_golden_14_currency() -> None:
    world = World()
    startup = world.add_startup("AI", "26440")
    deal = invest(
        world, startup, None, currency="USD", original_amount="1000000", fx_rate="1350.55"
    )
    assert total(world, "investments", "contracted_krw") == 1_350_550_000
    usd = "USD"
    world.transact(
        deal, "disbursement", MARCH, currency=usd, original_amount="1000000", fx_rate="1400"
    )
    assert total(world, "investments", "disbursed_krw") == 1_400_000_000
    with refused("exceeds-contract"):
        world.transact(
            deal, "disbursement", MARCH, currency=usd, original_amount="0.01", fx_rate="1400"
        )
    with refused("currency-mismatch"):
        world.transact(deal, "refund", MARCH, 5)
    with refused("fx-mismatch"):
        world.transact(
            deal,
            "contract",
            MARCH,
            13_502,
            currency=usd,
            original_amount="10.00",
            fx_rate="1350.25",
        )
    world.transact(
        deal, "contract", MARCH, 13_503, currency=usd, original_amount="10.00", fx_rate="1350.25"
    )
    assert total(world, "investments", "contracted_krw") == 1_350_563_503


def test_golden_20_cancelled_and_mistyped() -> None:
    world = World()
    startup = world.add_startup("AI", "26440")
    made = world.invest(
        "A",
        startup,
        round_code="seed",
        investor=VC,
        fund=None,
        instrument="safe",
        shares=None,
        channel="city_fund",
        contracted_on=MARCH,
        contracted_krw=1000,
    )
    right = world.transact(made.investment, "contract", MARCH, 100)
    reversal = world.reverse(made.contract)
    assert total(world, "investments", "contracted_krw") == 100
    with refused("reversal-of-reversal"):
        world.reverse(reversal)
    pay(world, made.investment, date(2026, 4, 1), 60)
    with refused("exceeds-contract"):
        pay(world, made.investment, date(2026, 1, 1), 41)
    with refused("exceeds-contract"):
        world.reverse(right)
    with refused("exceeds-contract"):
        world.transact(made.investment, "cancellation", date(2026, 5, 1), 41)
    world.transact(made.investment, "refund", date(2026, 5, 1), 60)
    world.transact(made.investment, "cancellation", date(2027, 5, 1), 100)
    assert figures(world, "investments", "deals") == {}
    assert money_by_year(world, "contracted_krw") == {2026: 100, 2027: -100}


# --- our own: people ---------------------------------------------------------------------------


def test_names_and_mobiles() -> None:
    forms = (
        "김하늘",
        "김 하늘",
        "\u1100\u1175\u11b7\u1112\u1161\u1102\u1173\u11af",
        "김\u200b하늘",
        "김\u3164하늘",
    )
    assert len({normal_name(form) for form in forms}) == 1
    assert {normal_name(n) for n in ("Kim Min", "KIM  MIN", "ｋｉｍ ｍｉｎ")} == {"kimmin"}
    assert normal_mobile("010-1234-5678") == normal_mobile("+82 10 1234 5678") == "+821012345678"
    with refused("invalid-mobile"):
        normal_mobile("011-1234-5678")


def test_equal_identity_links_over_organisations_pair_by_pair(world: World) -> None:
    world.add_programme("KMU", "X", "on_site_training", "AI", "26710")
    t1 = trainee_of(world, complete(world, "AI1", date(2026, 6, 30)))
    t2 = trainee_of(world, complete(world, "OS1", date(2026, 6, 30)))
    t3 = world.enrol("KMU", "X", P1, MARCH, "completed", date(2026, 5, 1)).trainee
    links = world.links()
    assert {link.pair for link in links} == {pair(*two) for two in combinations((t1, t2, t3), 2)}
    assert figures(world, "trainees", "trainees", ("organisation",)) == {("KMU",): 1}
    by_pair = {link.pair: link.id for link in links}
    world.undo_link(by_pair[pair(t1, t2)])
    assert len(world.persons()) == 1
    world.undo_link(by_pair[pair(t1, t3)])
    assert people_total(world, "trainees") == 2
    assert len(world.possible_duplicates()) == 2
    # A record that changes and changes back is equal again; the undone links stay undone.
    world.patch_trainee(t1, mobile="010-9999-9999")
    world.patch_trainee(t1, mobile="010-1234-5678")
    assert people_total(world, "trainees") == 2


def test_an_identity_once_held_still_links(world: World) -> None:
    t1 = trainee_of(world, complete(world, "AI1", date(2026, 6, 30)))
    world.patch_trainee(t1, mobile=None)
    world.patch_trainee(t1, name="김바다")
    assert world.links() == []
    complete(world, "OS1", date(2026, 6, 30))
    assert people_total(world, "trainees") == 1
    before = world.revision
    world.patch_trainee(t1, name="김바다")
    assert world.revision == before


def test_dismissed_pair_is_not_linked_by_equality_but_by_decision(world: World) -> None:
    t1 = trainee_of(world, complete(world, "AI1", date(2026, 6, 30)))
    other: TraineeInput = {"name": "김하늘", "birth_date": BORN, "mobile": "010-5555-5555"}
    t2 = trainee_of(world, complete(world, "OS1", date(2026, 6, 30), other))
    assert len(world.possible_duplicates()) == 1
    world.dismiss(t1, t2)
    world.patch_trainee(t2, mobile="010-1234-5678")
    assert people_total(world, "trainees") == 2
    assert world.possible_duplicates() == []
    world.merge(t1, t2)
    assert people_total(world, "trainees") == 1


def test_undo_of_one_of_two_links_of_a_pair(world: World) -> None:
    t1 = trainee_of(world, complete(world, "AI1", date(2026, 6, 30)))
    t2 = trainee_of(world, complete(world, "OS1", date(2026, 6, 30)))
    decided = world.merge(t1, t2)
    before = world.revision
    assert world.merge(t2, t1) == decided
    assert world.revision == before
    automatic = next(link.id for link in world.links() if link.origin == "automatic")
    world.undo_link(automatic)
    assert people_total(world, "trainees") == 1
    world.undo_link(decided)
    assert people_total(world, "trainees") == 2


def test_matching_and_external_ids(world: World) -> None:
    number: TraineeInput = {**P1, "external_id": "S1"}
    one = world.enrol("PNU", "AI1", number, MARCH, "completed", date(2026, 4, 1))
    assert one.new_trainee
    renamed: TraineeInput = {"external_id": "S1", "birth_date": BORN, "name": "김바다"}
    two = world.enrol("PNU", "AI1", renamed, date(2026, 4, 1), "completed", date(2026, 5, 1))
    assert two.trainee == one.trainee
    known = world.head.state.trainees[one.trainee]
    assert (known.name, known.mobile) == ("김바다", "+821012345678")
    # Found by an identity it held before the change, and given another number.
    by_identity: TraineeInput = {**P1, "external_id": "S2"}
    three = world.enrol("PNU", "AI1", by_identity, date(2026, 6, 1))
    assert three.trainee == one.trainee
    assert world.head.state.trainees[one.trainee].external_id == "S2"
    # The number of another.
    with refused("external-id-taken"):
        world.enrol("PNU", "AI1", {**P2, "external_id": "S2"}, MARCH)
    assert len(world.persons()) == 1
    # The organisations do not share numbers.
    assert world.enrol("BTP", "OS1", {**P2, "external_id": "S2"}, MARCH).new_trainee


def test_an_enrolment_sent_again(world: World) -> None:
    one = world.enrol("PNU", "AI1", P1, MARCH, external_id="E1")
    before = world.revision
    again = world.enrol("PNU", "AI1", P1, MARCH, external_id="E1")
    assert (again.enrolment, again.created, world.revision) == (one.enrolment, False, before)
    with refused("external-id-taken"):
        world.enrol("PNU", "AI1", P2, MARCH, external_id="E1")
    assert world.revision == before


def test_overlaps(world: World) -> None:
    first = complete(world, "AI1", date(2026, 6, 30), start=date(2026, 3, 2))
    touching = world.enrol("PNU", "AI1", P1, date(2026, 6, 30)).enrolment
    with refused("overlapping-enrolment"):
        world.patch_enrolment(first, status_on=date(2026, 7, 1))
    with refused("overlapping-enrolment"):
        world.enrol("PNU", "AI1", P1, date(2030, 1, 1))
    # An empty interval overlaps nothing.
    world.enrol("PNU", "AI1", P1, date(2026, 8, 1), "withdrawn", date(2026, 8, 1))
    world.void_enrolment(touching)
    later = world.enrol("PNU", "AI1", P1, date(2030, 1, 1)).enrolment
    with refused("overlapping-enrolment"):
        world.restore_enrolment(touching)
    with refused("void"):
        world.patch_enrolment(touching, status="completed", status_on=date(2026, 9, 1))
    world.void_enrolment(later)
    world.restore_enrolment(touching)
    # What a link brings about is listed.
    other: TraineeInput = {"name": "김하늘", "birth_date": BORN}
    t2 = world.enrol("PNU", "AI1", other, date(2026, 4, 1))
    assert t2.new_trainee
    assert world.overlaps() == []
    world.merge(t2.trainee, trainee_of(world, first))
    assert len(world.overlaps()) == 2


def test_dates_after_today(world: World) -> None:
    world.today = date(2026, 5, 1)
    with refused("date-in-future"):
        world.enrol("PNU", "AI1", P1, date(2026, 5, 2))
    with refused("date-in-future"):
        complete(world, "AI1", date(2026, 5, 2))
    enrolment = world.enrol("PNU", "AI1", P1, date(2026, 5, 1)).enrolment
    with refused("status-before-enrolment"):
        world.patch_enrolment(enrolment, status="completed", status_on=date(2026, 4, 30))
    with refused("date-in-future"):
        invest(world, world.add_startup("AI", "26440"), day=date(2026, 5, 2))


def test_employed(world: World) -> None:
    assert six_months_after(date(2026, 8, 31)) == date(2027, 2, 28)
    assert six_months_after(date(2026, 12, 31)) == date(2027, 6, 30)
    assert six_months_after(date(2026, 6, 30)) == date(2026, 12, 30)
    ended = date(2026, 8, 31)
    complete(world, "AI1", ended, employed_on=date(2027, 2, 28))
    late = complete(world, "OS1", ended, employed_on=date(2027, 3, 1))
    complete(world, "TALK", ended, employed_on=ended)
    complete(world, "OS2", date(2026, 9, 1), status="early_employed")
    assert figures(world, "trainees", "employed", ("month",)) == {
        ("2026-08",): 1,
        ("2026-09",): 1,
    }
    world.patch_enrolment(late, outcome_employed_on=date(2026, 8, 30))
    assert people_total(world, "employed") == 2


def test_ties_go_by_registration(world: World) -> None:
    with world.batch():
        complete(world, "OS1", date(2026, 6, 30))
        complete(world, "AI1", date(2026, 6, 30))
    assert world.revision == 5
    assert figures(world, "trainees", "trainees", ("organisation",)) == {("BTP",): 1}


def test_a_batch_is_all_or_nothing(world: World) -> None:
    before = world.revision
    with refused("unknown-programme"), world.batch():
        complete(world, "AI1", date(2026, 6, 30))
        complete(world, "NONE", date(2026, 6, 30))
    assert (world.revision, people_total(world, "trainees")) == (before, 0)
    with world.batch():
        complete(world, "AI1", date(2026, 6, 30))
        with refused("unknown-programme"):
            complete(world, "NONE", date(2026, 6, 30))
    assert (world.revision, people_total(world, "trainees")) == (before + 1, 1)


def test_a_corrected_programme_moves_its_figures(world: World) -> None:
    complete(world, "AI1", date(2026, 6, 30))
    programme = next(p.id for p in world.head.state.programmes.values() if p.code == "AI1")
    before = world.head
    world.patch_programme(programme, district="26710", field="CLOUD")
    assert figures(world, "trainees", "trainees", ("field", "zone")) == {("CLOUD", "EAST"): 1}
    assert figures(before, "trainees", "trainees", ("field", "zone")) == {("AI", "CENTRAL"): 1}
    world.patch_programme(programme, kind="other")
    assert figures(world, "trainees", "enrolments") == {}


def test_withdrawn_is_no_enrolment(world: World) -> None:
    complete(world, "AI1", date(2027, 6, 30), start=date(2026, 3, 2), status="withdrawn")
    complete(world, "OS1", date(2027, 6, 30), start=date(2026, 3, 2), status="not_completed")
    assert figures(world, "trainees", "enrolments", ("year", "quarter")) == {(2026, "2026-Q1"): 1}


# --- our own: money ----------------------------------------------------------------------------


def test_won() -> None:
    assert won(Decimal(1000000), Decimal("1350.55")) == 1_350_550_000
    assert won(Decimal("10.00"), Decimal("1350.25")) == 13_503
    assert won(Decimal(1), Decimal("0.499999")) == 0


def test_a_moved_contract_date_moves_the_contract() -> None:
    world = World()
    startup = world.add_startup("AI", "26440")
    deal = invest(world, startup, 900)
    pay(world, deal, MARCH, 900)
    world.transact(deal, "contract", date(2026, 5, 1), 50)
    before = world.revision
    world.patch_investment(deal, contracted_on=date(2025, 12, 30))
    assert world.revision == before + 1
    assert money_by_year(world, "contracted_krw") == {2025: 900, 2026: 50}
    assert money_by_year(world, "deals") == {2025: 1}
    world.patch_investment(deal, contracted_on=date(2024, 12, 30))
    assert money_by_year(world, "contracted_krw") == {2024: 900, 2026: 50}
    world.patch_investment(deal, contracted_on=date(2024, 12, 30))
    assert world.revision == before + 2


def test_field_and_district_are_dated_apart() -> None:
    world = World()
    startup = world.add_startup("AI", "26440")
    world.patch_startup(startup, district="26350", effective_on=date(2026, 5, 1))
    world.patch_startup(startup, field="CLOUD", effective_on=date(2026, 3, 1))
    # An earlier date slips in before the next, the same date replaces.
    world.patch_startup(startup, district="26110", effective_on=date(2026, 4, 1))
    world.patch_startup(startup, district="26710", effective_on=date(2026, 5, 1))
    days = [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 1), date(2026, 5, 1)]
    assert [world.head.district_on(startup, d) for d in days] == [
        "26440",
        "26440",
        "26110",
        "26710",
    ]
    assert [world.head.field_on(startup, d) for d in days] == ["AI", "CLOUD", "CLOUD", "CLOUD"]
    with refused("effective-on-required"):
        world.patch_startup(startup, field="AI")
    with refused("date-in-future"):
        world.patch_startup(startup, field="AI", effective_on=date(2031, 1, 16))


@pytest.mark.parametrize(("keep", "expected"), [(False, "26110"), (True, "26440")])
def test_a_period_equal_to_the_one_in_force(*, keep: bool, expected: str) -> None:
    world = World(keep_equal_periods=keep)
    startup = world.add_startup("AI", "26440")
    world.patch_startup(startup, district="26440", effective_on=date(2026, 5, 1))
    assert world.revision == (2 if keep else 1)
    world.patch_startup(startup, district="26110", effective_on=date(2026, 4, 1))
    assert world.head.district_on(startup, date(2026, 6, 1)) == expected


def test_startups_funded_once_over_agencies_and_merges() -> None:
    world = World()
    one, two = world.add_startup("AI", "26440"), world.add_startup("CLOUD", "26350")
    a = invest(world, one)
    b = invest(world, two, agency="B")
    late = pay(world, a, date(2026, 5, 1), 1)
    early = pay(world, b, date(2026, 4, 1), 1)
    assert total(world, "investments", "startups_funded") == 2
    assert world.near_duplicates() == []
    before = world.head
    world.merge_startup(one, two)
    found = contributions(world, "investments", "startups_funded")
    assert [c.record_id for c in found] == [early]
    by_zone = figures(world, "investments", "disbursed_krw", ("field", "zone"))
    assert by_zone == {("CLOUD", "EAST"): 2}
    assert world.near_duplicates() == [pair(a, b)]
    with refused("duplicate-investment"):
        invest(world, one, agency="C")
    with refused("merged"):
        world.patch_startup(one, field="AI", effective_on=MARCH)
    world.reverse(early)
    found = contributions(world, "investments", "startups_funded")
    assert [(c.record_id, c.cell["organisation"]) for c in found] == [(late, "A")]
    world.void_startup(two)
    assert figures(world, "investments", "startups_funded") == {}
    assert total(before, "investments", "startups_funded") == 2


def test_startups_funded_by_net_and_by_the_date_that_counts() -> None:
    world = World()
    startup = world.add_startup("AI", "OUTSIDE")
    world.patch_startup(startup, district="26350", effective_on=date(2026, 7, 1))
    deal = invest(world, startup)
    assert figures(world, "investments", "deals") == {}  # outside on the contract's date
    pay(world, deal, date(2026, 6, 30), 100)
    assert figures(world, "investments", "startups_funded") == {}
    pay(world, deal, date(2026, 7, 2), 30)
    third = pay(world, deal, date(2026, 7, 1), 30)
    found = contributions(world, "investments", "startups_funded")
    assert [c.record_id for c in found] == [third]
    world.transact(deal, "refund", date(2026, 8, 1), 60)
    assert figures(world, "investments", "startups_funded") == {}
    assert figures(world, "investments", "disbursed_krw") == {}
    with refused("exceeds-contract"):
        world.transact(deal, "refund", date(2026, 8, 1), 101)


def test_duplicates_by_name_fund_and_instrument() -> None:
    world = World()
    startup = world.add_startup("AI", "26440")
    plain: InvestorInput = {"name": "Busan  Angels", "kind": "accelerator"}
    same: InvestorInput = {"name": "BUSAN ANGELS", "kind": "accelerator", "business_number": None}
    other_kind: InvestorInput = {"name": "Busan Angels", "kind": "corporate"}
    invest(world, startup, investor=plain, fund="Fund 1")
    with refused("duplicate-investment"):
        invest(world, startup, investor=same, fund="FUND1", agency="B")
    invest(world, startup, investor=same, fund="Fund 2")
    invest(world, startup, investor=same, fund=None)
    invest(world, startup, investor=other_kind, fund="Fund 1")
    invest(world, startup, investor=plain, fund="Fund 1", instrument="cps")
    invest(world, startup, investor=plain, fund="Fund 1", round_code="bridge")
    assert total(world, "investments", "deals") == 6


def test_near_duplicates_by_days_or_sum() -> None:
    world = World()
    startup = world.add_startup("AI", "26440")
    other: InvestorInput = {"name": "x", "kind": "corporate"}
    invest(world, startup, 100, new_id="a", day=date(2026, 1, 1), fund="F")
    invest(world, startup, 200, new_id="b", day=date(2026, 4, 3))  # 92 days
    invest(world, startup, 300, new_id="c", day=date(2026, 7, 5))  # 93 days more
    invest(world, startup, 100, new_id="d", day=date(2029, 1, 1))  # the sum of a
    invest(world, startup, 100, new_id="e", day=date(2029, 1, 1), investor=other, fund="f")
    assert world.near_duplicates() == [("a", "b"), ("a", "d"), ("a", "e")]


def test_investments_sent_again_and_void() -> None:
    world = World()
    startup = world.add_startup("AI", "26440")
    deal = invest(world, startup, external_id="I1")
    before = world.revision
    assert invest(world, startup, external_id="I1") == deal
    assert world.revision == before
    with refused("external-id-taken"):
        invest(world, startup, 5, external_id="I1")
    paid = pay(world, deal, MARCH, 5)
    world.void_investment(deal)
    for measure in MEASURES["investments"]:
        assert figures(world, "investments", measure) == {}
    with refused("void"):
        pay(world, deal, MARCH, 5)
    with refused("void"):
        world.reverse(paid)
    with refused("void"):
        world.patch_investment(deal, round_code="bridge")
    invest(world, startup)


# --- properties --------------------------------------------------------------------------------


def random_world(seed: int) -> World:  # noqa: C901
    draw = random.Random(seed)
    world = World()
    organisations = ["O1", "O2", "O3"]
    for number in range(6):
        world.add_programme(
            organisations[number % 3],
            f"P{number}",
            draw.choice(["on_site_training", "convergence_graduate_school", "other"]),
            draw.choice(["AI", "CLOUD"]),
            draw.choice(["26410", "26440", "26350", "OUTSIDE"]),
        )
    startups = [world.add_startup("AI", draw.choice(["26440", "OUTSIDE"])) for _ in range(4)]
    deals: list[str] = []

    def day() -> date:
        return date(draw.randint(2021, 2027), draw.randint(1, 12), draw.randint(1, 28))

    def step() -> None:  # noqa: C901
        trainees = list(world.head.state.trainees)
        enrolments = list(world.head.state.enrolments)
        transactions = list(world.head.state.transactions)
        match draw.randrange(14):
            case 0 | 1 | 2 | 3:
                number = draw.randrange(6)
                start, end = sorted((day(), day()))
                who: TraineeInput = {
                    "name": draw.choice(["a", "b"]),
                    "birth_date": date(1999, 1, draw.randint(1, 3)),
                    "mobile": draw.choice([None, "010-1111-1111", "010-2222-2222"]),
                }
                status = draw.choice(["completed", "early_employed", "withdrawn"])
                world.enrol(organisations[number % 3], f"P{number}", who, start, status, end)
            case 4 if enrolments:
                world.void_enrolment(draw.choice(enrolments))
            case 5 if enrolments:
                world.restore_enrolment(draw.choice(enrolments))
            case 6 if len(trainees) > 1:
                world.merge(*draw.sample(trainees, 2))
            case 7 if world.links():
                world.undo_link(draw.choice(world.links()).id)
            case 8 if trainees:
                world.patch_trainee(draw.choice(trainees), mobile="010-1111-1111")
            case 9:
                startup = draw.choice(startups)
                deals.append(invest(world, startup, draw.randint(1, 99), day=day()))
            case 10 | 11 if deals:
                kind = draw.choice(["contract", "cancellation", "disbursement", "refund"])
                world.transact(draw.choice(deals), kind, day(), draw.randint(1, 60))
            case 12 if transactions:
                world.reverse(draw.choice(transactions))
            case 13:
                world.patch_startup(
                    draw.choice(startups),
                    district=draw.choice(["26440", "26350", "OUTSIDE"]),
                    effective_on=day(),
                )

    for _ in range(120):
        try:
            step()
        except Refusal:
            continue
    return world


@pytest.mark.parametrize("seed", range(8))
def test_every_measure_is_additive_and_the_past_stands_still(seed: int) -> None:
    world = random_world(seed)
    for dataset, measures in MEASURES.items():
        for measure in measures:
            whole = total(world, dataset, measure)
            for by in combinations(DIMENSIONS[dataset], 2):
                cells = figures(world, dataset, measure, by)
                assert sum(cells.values()) == whole
                for key, value in list(cells.items())[:5]:
                    picked = {dimension: [k] for dimension, k in zip(by, key, strict=True)}
                    assert total(world, dataset, measure, picked) == value
    assert people_total(world, "talents") <= len(world.persons())
    assert people_total(world, "trainees") <= people_total(world, "trainees_of_organisation")
    assert all(world.head.balance(deal).holds for deal in world.head.state.investments)
    assert sum(map(len, world.persons())) == len(world.head.state.trainees)
    past = world.at(world.revision // 2)
    was = figures(past, "trainees", "trainees", ("year", "zone"))
    trainees = sorted(world.head.state.trainees)
    world.merge(trainees[0], trainees[-1])
    world.dismiss(trainees[0], trainees[1])
    assert figures(past, "trainees", "trainees", ("year", "zone")) == was
    assert [world.at(r).revision for r in range(world.revision + 1)] == list(
        range(world.revision + 1)
    )
