"""The other datasets: corrected by their numbers, taken back, given out as they go in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from registry.core.problems import DomainError
from registry.imports.rows import CLEAR
from tests.imported import batch, exported, findings, judged, taken, undone
from tests.money import BILLION, BRNS, CRNS, figures, pay
from tests.people import SCHOOL

if TYPE_CHECKING:
    from tests.client import World

CONTRACTED = date(2026, 3, 2)


def programme(code: str = "AI1", **changes: Any) -> dict[str, Any]:
    """A programme's cells."""
    return {
        "code": code, "name": f"과정 {code}", "kind": SCHOOL, "field": "AI",
        "district_code": "26410", "secondary_fields": ["BIGDATA"], "capacity": 30,
    } | changes  # fmt: skip


def startup(number: int = 0, **changes: Any) -> dict[str, Any]:
    """A start-up's cells."""
    return {
        "name": f"회사 {number}", "business_number": BRNS[number], "field": "AI",
        "district_code": "26440",
    } | changes  # fmt: skip


def deal(number: str | None = "I1", **changes: Any) -> dict[str, Any]:
    """An investment's cells."""
    return {
        "external_id": number, "business_number": BRNS[0], "round": "seed",
        "investor.name": "부산벤처", "investor.kind": "venture_capital", "instrument": "common",
        "shares": "new_shares", "channel": "attracted", "contracted_on": CONTRACTED,
        "contracted_krw": BILLION,
    } | changes  # fmt: skip


def payment(number: str | None = "T1", **changes: Any) -> dict[str, Any]:
    """A transaction's cells."""
    return {
        "external_id": number, "investment_external_id": "I1", "kind": "disbursement",
        "effective_on": date(2026, 4, 1), "amount_krw": BILLION // 2,
    } | changes  # fmt: skip


def test_a_refused_row_leaves_nothing(world: World) -> None:
    """The row after it finds the registry as if it had never been; the digest holds."""
    taken(world, "BIPA", "startups", [startup(0)])
    sheet = taken(world, "BIPA", "investments", [
        deal("I1"),
        deal("I2"),  # the same deal again under another number
        deal("I3", round="series_a", contracted_krw=None),
        deal("I4", round="series_b"),
    ])  # fmt: skip
    assert [o.outcome for o in sheet.outcomes] == ["created", "rejected", "rejected", "created"]
    assert sheet.problems() == {
        1: {(None, "duplicate-investment")}, 2: {("contracted_krw", "required")},
    }  # fmt: skip
    sheet = taken(world, "BIPA", "transactions", [
        payment("T1", amount_krw=3 * BILLION), payment("T1b", amount_krw=BILLION),
    ])  # fmt: skip
    assert [o.outcome for o in sheet.outcomes] == ["rejected", "created"]
    assert sheet.codes() == {"exceeds-contract"}
    assert figures(world, "disbursed_krw") == {2026: BILLION}
    assert figures(world, "contracted_krw") == {2026: 2 * BILLION}
    assert findings(world) == []


def test_a_row_with_a_wrong_cell_tells_its_other_mistakes_too(world: World) -> None:
    """Also those beside a needed cell that cannot be read; nothing of the trial stays."""
    taken(world, "BIPA", "startups", [startup(0)])
    rows = batch("programmes", [
        programme(), programme("AI2", kind=None, starts_on=CONTRACTED, ends_on=date(2026, 3, 1)),
    ])  # fmt: skip
    rows.refuse(1, "unknown-code", "kind")  # as the reader does
    assert judged(world, "PNU", rows).problems() == {
        1: {("kind", "unknown-code"), ("ends_on", "date-order")}
    }
    rows = batch("investments", [
        deal("I1", round="series_a"), deal("I2", round=None, business_number=BRNS[3]),
        deal("I3", instrument=None, shares=None),
    ])  # fmt: skip
    rows.refuse(1, "unknown-code", "round")
    rows.refuse(2, "unknown-code", "instrument")
    assert judged(world, "BIPA", rows).problems() == {
        1: {("round", "unknown-code"), ("business_number", "unknown-startup")},
        2: {("instrument", "unknown-code")},
    }
    assert findings(world) == []


def test_programmes_are_corrected_by_code(world: World) -> None:
    """Blank leaves, (삭제) clears, an equal row changes nothing."""
    assert taken(world, "PNU", "programmes", [programme(), programme("AI2")]).counts == {
        "created": 2
    }
    assert taken(world, "PNU", "programmes", [programme()]).counts == {"unchanged": 1}
    sheet = taken(world, "PNU", "programmes", [
        {"code": "AI1", "name": "새 이름", "capacity": CLEAR, "secondary_fields": CLEAR},
    ])  # fmt: skip
    assert sheet.counts == {"updated": 1}
    item = world.pnu.get("/programmes", code="AI1")["items"][0]
    assert (item["name"], item["capacity"], item["secondary_fields"]) == ("새 이름", None, [])
    assert item["kind"] == SCHOOL
    back = undone(world, "PNU", "programmes", sheet.outcomes)
    assert len(back.restored) == 1
    item = world.pnu.get("/programmes", code="AI1")["items"][0]
    assert (item["name"], item["capacity"], item["secondary_fields"]) == (
        "과정 AI1", 30, ["BIGDATA"],
    )  # fmt: skip
    assert findings(world) == []


def test_a_programme_that_is_attended_stays(world: World) -> None:
    """Undo of a programme with enrolments is refused; without, its code is free."""
    sheet = taken(world, "PNU", "programmes", [programme("AI1"), programme("AI2")])
    world.pnu.post("/enrolments", {
        "programme_code": "AI1", "enrolled_on": "2026-03-02",
        "trainee": {"name": "김하늘", "birth_date": "1999-03-02"},
    })  # fmt: skip
    with pytest.raises(DomainError, match="import-built-on"):
        undone(world, "PNU", "programmes", sheet.outcomes)
    undone(world, "PNU", "programmes", sheet.outcomes, skip_changed=True)
    assert taken(world, "PNU", "programmes", [programme("AI2"), programme("AI1")]).counts == {
        "created": 1, "unchanged": 1,
    }  # fmt: skip


def test_startups_move_only_from_a_date(world: World) -> None:
    """A known number corrects; another district needs its date; undo moves it back."""
    taken(world, "BIPA", "startups", [startup(0, corporate_number=CRNS[0], certificates=["벤처"])])
    taken(world, "BIPA", "investments", [deal()])
    taken(world, "BIPA", "transactions", [payment()])
    moved = startup(0, district_code="26350")
    assert taken(world, "BEPA", "startups", [moved]).problems() == {
        0: {("effective_on", "effective-on-required")}
    }
    by_district = {"26440": BILLION // 2}
    assert figures(world, "disbursed_krw", "district") == by_district
    sheet = taken(world, "BEPA", "startups", [moved | {"effective_on": CONTRACTED}])
    assert sheet.counts == {"updated": 1}
    assert figures(world, "disbursed_krw", "district") == {"26350": BILLION // 2}
    undone(world, "BEPA", "startups", sheet.outcomes)
    assert figures(world, "disbursed_krw", "district") == by_district
    other = startup(1, corporate_number="110111-0062433")
    assert taken(world, "BEPA", "startups", [other]).problems("warning") == {
        0: {("corporate_number", "corporate-number-checksum")}
    }
    assert findings(world) == []


def test_money_is_taken_back_in_order(world: World) -> None:
    """Payments first; each undo leaves the figures of before, and every number is free again."""
    registered = taken(world, "BIPA", "startups", [startup(0)])
    logged = taken(world, "BIPA", "investments", [deal(), deal("I2", round="series_a")])
    paid = taken(world, "BIPA", "transactions", [payment("T1"), payment("T2", amount_krw=7)])
    for of, sheet in (("investments", logged), ("startups", registered)):
        with pytest.raises(DomainError, match="import-built-on"):
            undone(world, "BIPA", of, sheet.outcomes)
    undone(world, "BIPA", "transactions", paid.outcomes)
    assert figures(world, "disbursed_krw") == {}
    again = taken(world, "BIPA", "transactions", [payment("T1", amount_krw=11)])
    assert figures(world, "disbursed_krw") == {2026: 11}
    undone(world, "BIPA", "transactions", again.outcomes)
    back = undone(world, "BIPA", "investments", logged.outcomes, skip_changed=True)
    assert len(back.kept) == 1  # its money moved, even if it moved back
    assert figures(world, "contracted_krw") == {2026: BILLION}
    assert taken(world, "BIPA", "investments", [deal("I2", round="pre_a")]).counts == {"created": 1}
    assert findings(world) == []


def test_a_transaction_that_cannot_be_taken_back_leaves_no_trace(world: World) -> None:
    """Its contract carries a later payment: the others go, and the log proves what was written."""
    taken(world, "BIPA", "startups", [startup(0)])
    logged = taken(world, "BIPA", "investments", [deal()])
    rows = [payment("C1", kind="contract", amount_krw=100), payment("T1", amount_krw=5)]
    done = taken(world, "BIPA", "transactions", rows)
    pay(world.bipa, {"id": str(logged.outcomes[0].record_id)}, "2026-05-01", BILLION + 50)
    back = undone(world, "BIPA", "transactions", done.outcomes, skip_changed=True)
    assert (len(back.kept), len(back.restored)) == (1, 1)
    assert figures(world, "disbursed_krw") == {2026: BILLION + 50}
    assert findings(world) == []


def test_undone_startups_give_their_numbers_back(world: World) -> None:
    """The same company can be registered again, rightly."""
    sheet = taken(world, "BIPA", "startups", [startup(0, corporate_number=CRNS[0])])
    undone(world, "BIPA", "startups", sheet.outcomes)
    again = startup(0, name="바른 이름", corporate_number=CRNS[0])
    assert taken(world, "BIPA", "startups", [again]).counts == {"created": 1}
    assert findings(world) == []


def test_a_corrected_investment_gets_its_values_back(world: World) -> None:
    """Date, investor and amounts by date are those of before; a natural person is sealed again."""
    taken(world, "BIPA", "startups", [startup(0)])
    person = {"investor.name": "김천사", "investor.kind": "angel"}
    taken(world, "BIPA", "investments", [deal("I1", **person)])
    before = exported(world, "BIPA", "investments")
    changed = deal("I1", contracted_on=date(2025, 12, 1), note="고침")
    assert taken(world, "BIPA", "investments", [changed]).codes() == {"reason-required"}
    sheet = taken(world, "BIPA", "investments", [changed], reason="계약서 확인")
    assert sheet.counts == {"updated": 1}
    assert figures(world, "contracted_krw") == {2025: BILLION}
    undone(world, "BIPA", "investments", sheet.outcomes)
    assert figures(world, "contracted_krw") == {2026: BILLION}
    assert exported(world, "BIPA", "investments") == before
    assert before[0]["investor.name"] == "김천사"
    twice = deal("I9", **person)
    assert taken(world, "BEPA", "investments", [twice]).codes() == {"duplicate-investment"}
    assert findings(world) == []


def test_equal_payments_without_a_number(world: World) -> None:
    """Two in one file are two; the file sent again adds none."""
    taken(world, "BIPA", "startups", [startup(0)])
    taken(world, "BIPA", "investments", [deal()])
    rows = [payment(None, amount_krw=5), payment(None, amount_krw=5)]
    assert taken(world, "BIPA", "transactions", rows).counts == {"created": 2}
    again = taken(world, "BIPA", "transactions", rows)
    assert again.counts == {"unchanged": 2}
    assert {code for found in again.problems("warning").values() for _, code in found} == {
        "equal-transaction"
    }
    assert figures(world, "disbursed_krw") == {2026: 10}


def test_what_comes_out_goes_in_again_unchanged(world: World) -> None:
    """Every dataset's export is a file that changes nothing."""
    taken(world, "PNU", "programmes", [programme(), programme("AI2", secondary_fields=None)])
    taken(world, "BIPA", "startups", [
        startup(0, corporate_number=CRNS[0], certificates=["벤처", "이노비즈"]),
        startup(1, founded_on=date(2020, 1, 1), ksic_code="J6201", ksic_revision=10),
    ])  # fmt: skip
    foreign = {"contracted_krw": None, "currency": "USD", "original_amount": Decimal(1_000_000),
               "fx_rate": Decimal("1350.55")}  # fmt: skip
    taken(world, "BIPA", "investments", [
        deal(note="둘째 줄\n있음"),
        deal(None, round="series_a", fund="1호 조합"),
        deal("I3", business_number=BRNS[1], **foreign),
    ])  # fmt: skip
    taken(world, "BIPA", "transactions", [
        payment(), payment(None, amount_krw=3), payment("T9", kind="refund", amount_krw=1),
    ])  # fmt: skip
    for owner, of, count in (
        ("PNU", "programmes", 2), ("BIPA", "startups", 2),
        ("BIPA", "investments", 3), ("BIPA", "transactions", 3),
    ):  # fmt: skip
        rows = exported(world, owner, of)
        sheet = taken(world, owner, of, rows)
        assert sheet.problems() == {}, of
        assert sheet.counts == {"unchanged": count}, of
