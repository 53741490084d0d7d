"""A figure opens to its records: contributions sum to it, now and then; what does not count why."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from registry.statistics.catalogue import read
from registry.statistics.models import LEDGERS
from tests.money import deal, pay, startup
from tests.people import enrolment, person, programmes
from tests.seeded import Seeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from registry.core.clock import ManualClock
    from tests.client import Client, World

TRAINEES, INVESTMENTS = "/statistics/trainees", "/statistics/investments"
BREAKDOWNS = {"trainees": "organisation,zone,month", "investments": "field,zone,channel,quarter"}
MEASURES = [(d, m) for d, tables in LEDGERS.items() for m in tables.measures]


def records(client: Client, path: str, **asked: Any) -> list[dict[str, Any]]:
    """All pages of the records, three a page."""
    found, cursor = [], {}
    while True:
        page = client.get(f"{path}/records", limit=3, **asked, **cursor)
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def head(world: World) -> int:
    number: int = world.nobody.get("/revisions/head")["number"]
    return number


@pytest.fixture
def past(world: World, clock: ManualClock) -> list[int]:
    """Revisions at which much had happened: links, voids, moves, reversals, refunds."""
    seen = []

    def done() -> None:
        seen.append(head(world))
        if len(seen) % 2:
            clock.put(clock.at + timedelta(days=1))

    seeded = Seeded(world)
    programmes(world)
    first = world.pnu.post("/enrolments", enrolment("AI1"))
    world.btp.post("/enrolments", enrolment("OS1", status_on="2026-09-30"))
    world.btp.post("/enrolments", enrolment("OS2", status_on="2027-02-10"))
    seeded.owners = {"OS1": world.btp}
    seeded.enrol("OS1", "2026-05-01", "2026-06-01", "2021-06-01")
    done()
    world.pnu.change(f"/enrolments/{first['id']}", "void", {"reason": "오기"})
    done()
    busan = startup(world.bipa)
    made = world.bipa.post("/investments", deal(busan["id"]))
    paid = pay(world.bipa, made, "2026-03-20", 600)
    pay(world.bipa, made, "2026-04-20", 50)
    done()
    move = f"/investments/{made['id']}/transactions/{paid['id']}"
    world.bipa.post(f"{move}/reverse", {"reason": "오기"})
    pay(world.bipa, made, "2026-03-20", 500)
    done()
    there = f"/startups/{busan['id']}"
    world.bipa.patch(there, {"district_code": "26350", "effective_on": "2026-04-01"})
    pay(world.bipa, made, "2027-01-20", 25, "refund")
    world.pnu.change(f"/enrolments/{first['id']}", "restore", None)
    done()
    os1 = world.btp.get("/programmes", code="OS1")["items"][0]["id"]
    world.btp.patch(f"/programmes/{os1}", {"district_code": "26350"})
    done()
    return seen


def cells(world: World, dataset: str, measure: str, **asked: Any) -> list[dict[str, Any]]:
    answer = world.busan.get(
        f"/statistics/{dataset}", measure=measure, by=BREAKDOWNS[dataset], **asked
    )
    found: list[dict[str, Any]] = answer["cells"]
    return found


def test_every_cell_at_every_revision_is_the_sum_of_its_records(
    world: World, past: list[int]
) -> None:
    opened = 0
    for dataset, measure in MEASURES:
        path = f"/statistics/{dataset}"
        for revision in past:
            whole = records(world.busan, path, measure=measure, revision=revision)
            figure = world.busan.get(path, measure=measure, revision=revision)["total"]
            assert sum(r["value"] for r in whole) == figure
            assert len({r["id"] for r in whole}) == len(whole)
            for cell in cells(world, dataset, measure, revision=revision):
                value = cell.pop("value")
                asked = {"measure": measure, "revision": revision, **cell}
                rows = records(world.busan, path, **asked)
                assert sum(r["value"] for r in rows) == value, asked
                assert all(r[name] == key for r in rows for name, key in cell.items())
                assert all(r["revision"] <= revision and r["value"] for r in rows)
                assert all(r["month"] == r["date"][:7] for r in rows), asked
                opened += 1
    assert opened > 100


def test_the_total_says_what_all_pages_sum_to(world: World, past: list[int]) -> None:
    page = world.busan.get(f"{TRAINEES}/records", measure="completions", limit=1)
    assert (page["records"], page["total"], len(page["items"])) == (6, 6, 1)
    assert page["others"] == {"records": 0, "value": 0}
    assert page["settled"] is False
    only = world.busan.get(
        f"{TRAINEES}/records", measure="completions", **{"from": "2026-06"}, to="2026-06"
    )
    assert only["total"] == 2
    assert only["filters"] == {"from": "2026-06", "to": "2026-06"}
    assert only["items"][0]["kind"] == "enrolment"


def test_pages_stay_at_the_revision_of_the_first(world: World, past: list[int]) -> None:
    asked = {"measure": "completions", "limit": 2, "sort": "month"}
    page = world.busan.get(f"{TRAINEES}/records", **asked)
    seeded = Seeded(world)
    seeded.owners = {"OS2": world.btp}
    seeded.enrol("OS2", "2027-09-01", "2019-02-02")
    found = page["items"]
    while page["next_cursor"]:
        page = world.busan.get(f"{TRAINEES}/records", **asked, cursor=page["next_cursor"])
        found += page["items"]
        assert page["revision"] == past[-1]
    assert len(found) == 6
    assert [r["month"] for r in found] == sorted(r["month"] for r in found)
    assert world.busan.get(f"{TRAINEES}/records", **asked)["total"] == 8
    world.busan.refused(
        "GET", f"{TRAINEES}/records", 400, "invalid-cursor",
        query={"measure": "talents", "cursor": "x"},
    )  # fmt: skip


def test_pages_of_today_stay_at_the_revision_of_the_first(
    world: World, past: list[int], clock: ManualClock
) -> None:
    asked = {"measure": "completions", "limit": 4, "as_of": str(clock.at.date())}
    page = world.busan.get(f"{TRAINEES}/records", **asked)
    seeded = Seeded(world)
    seeded.owners = {"OS2": world.btp}
    seeded.enrol("OS2", "2027-09-01")
    later = world.busan.get(f"{TRAINEES}/records", **asked, cursor=page["next_cursor"])
    assert (later["revision"], later["total"]) == (past[-1], page["total"])
    assert len(page["items"] + later["items"]) == page["records"]


def test_records_are_sorted_as_asked(world: World, past: list[int]) -> None:
    for sort, name in (("value", "value"), ("-revision", "revision"), ("-month", "month")):
        rows = records(world.busan, INVESTMENTS, measure="disbursed_krw", sort=sort)
        values = [r[name] for r in rows]
        assert values == sorted(values, reverse=sort.startswith("-"))
        assert len(values) == 5


def test_a_record_tells_its_postings(world: World, past: list[int]) -> None:
    """Restored after a void: posted, taken back, posted anew; the last one made it so."""
    rows = records(world.busan, TRAINEES, measure="completions", organisation="PNU")
    (row,) = rows
    assert [p["value"] for p in row["postings"]] == [1, -1, 1]
    assert row["revision"] == row["postings"][-1]["revision"] > past[3]
    then = records(
        world.busan, TRAINEES, measure="completions", organisation="PNU", revision=past[0]
    )
    assert then[0]["postings"] == row["postings"][:1]
    moved = records(world.busan, INVESTMENTS, measure="disbursed_krw", month="2026-04")
    assert moved[0]["zone"] == "EAST"
    assert [p["value"] for p in moved[0]["postings"]] == [50, -50, 50]
    assert moved[0]["kind"] == "transaction"
    made = records(world.busan, INVESTMENTS, measure="deals")
    assert (made[0]["kind"], made[0]["id"]) == ("investment", made[0]["investment_id"])
    assert moved[0]["investment_id"] == made[0]["id"]


def test_records_come_as_csv(world: World, past: list[int]) -> None:
    query = {"measure": "completions", "format": "csv", "limit": 2}
    answer = world.busan.call("GET", f"{TRAINEES}/records", query=query)
    assert answer.mimetype == "text/csv"
    chosen = {"query": {"measure": "completions"}, "headers": {"Accept": "text/csv"}}
    assert world.busan.call("GET", f"{TRAINEES}/records", **chosen).mimetype == "text/csv"
    assert 'rel="next"' in answer.headers["Link"]
    assert answer.data.startswith(b"\xef\xbb\xbfid,")
    for address in ("records", "changes"):
        plain = query | {"bom": "false"} | ({"from_revision": 1} if address == "changes" else {})
        plain.pop("limit" if address == "changes" else "", None)
        found = world.busan.call("GET", f"{TRAINEES}/{address}", query=plain)
        assert found.data.startswith({"records": b"id,", "changes": b"action,"}[address])
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert [row["value"] for row in rows] == ["1", "1"]
    assert {"id", "kind", "date", "zone", "revision"} <= rows[0].keys()


def why(client: Client, path: str, measure: str, **asked: Any) -> dict[str, str]:
    """The reason of each excluded record."""
    rows = records(client, path, measure=measure, excluded="true", **asked)
    assert all(r["value"] == 0 for r in rows)
    return {r["id"]: r["reason"]["code"] for r in rows}


def test_why_an_enrolment_does_not_count(world: World) -> None:
    programmes(world)
    hobby = {"code": "H1", "name": "H1", "kind": "other", "field": "AI", "district_code": "26410"}
    kinds = {i["code"]: i["counts"] for i in world.nobody.get("/codes/programme-kinds")["items"]}
    hobby["kind"] = next(code for code, counts in kinds.items() if not counts)
    world.pnu.post("/programmes", hobby)

    def add(client: Client, code: str, day: str, **values: Any) -> str:
        body = enrolment(code, **{"enrolled_on": day, "status_on": day} | values)
        made: str = client.post("/enrolments", body)["id"]
        return made

    other = person("박바다", mobile="010-9876-5432")
    early = add(world.pnu, "AI1", "2021-05-01")
    first = add(world.pnu, "AI1", "2026-05-01")
    same = add(world.pnu, "AI1", "2026-06-01")
    elsewhere = add(world.btp, "OS1", "2026-07-01")
    again = add(world.btp, "OS1", "2026-08-01")
    failed = add(world.pnu, "AI1", "2026-09-01", status="not_completed", trainee=other)
    left = add(world.pnu, "AI1", "2026-10-01", status="withdrawn", trainee=other)
    kind = add(world.pnu, "H1", "2026-09-01", trainee=other)
    void = add(world.pnu, "H1", "2026-11-01", trainee=other)
    world.pnu.change(f"/enrolments/{void}", "void", {"reason": "오기"})
    always = {void: "void", kind: "programme_kind"}
    unfit = always | {failed: "not_completed", left: "not_completed"}
    assert why(world.busan, TRAINEES, "completions") == unfit
    assert why(world.busan, TRAINEES, "enrolments") == always | {left: "not_completed"}
    assert why(world.busan, TRAINEES, "trainees") == unfit | {
        same: "already_counted_this_year", elsewhere: "counted_elsewhere",
        again: "counted_elsewhere",
    }  # fmt: skip
    assert why(world.busan, TRAINEES, "trainees_of_organisation") == unfit | {
        same: "already_counted_this_year", again: "already_counted_this_year"
    }  # fmt: skip
    assert why(world.busan, TRAINEES, "talents") == unfit | {
        early: "before_start", same: "already_counted_ever",
        elsewhere: "counted_elsewhere", again: "counted_elsewhere",
    }  # fmt: skip
    unemployed = dict.fromkeys((early, first, same, elsewhere, again), "not_completed")
    assert why(world.busan, TRAINEES, "employed") == unfit | unemployed
    # Filters and months place them as they place what counts.
    assert set(why(world.busan, TRAINEES, "trainees", zone="WEST")) == {elsewhere, again}
    assert set(why(world.busan, TRAINEES, "trainees", month="2026-06")) == {same}
    rows = records(world.busan, TRAINEES, measure="trainees", excluded="true", month="2026-11")
    assert (rows[0]["revision"], rows[0]["postings"]) == (None, [])
    assert rows[0]["reason"]["name_en"] == "The enrolment is void"


def test_why_money_does_not_count(world: World) -> None:
    here, gone = startup(world.bipa, 0), startup(world.bipa, 1)
    outside = startup(world.bipa, 2, district_code="OUTSIDE")
    paid: dict[str, str] = {}

    def add(name: str, startup_id: str, round_: str = "seed", **changes: Any) -> dict[str, Any]:
        body = deal(startup_id, round=round_, **changes)
        made: dict[str, Any] = world.bipa.post("/investments", body)
        paid[name] = pay(world.bipa, made, "2026-05-01", 100)["id"]
        return made

    deals = {
        "instrument_not_counted": add("instrument_not_counted", here["id"], instrument="loan"),
        "secondary_shares": add(
            "secondary_shares", here["id"], shares="secondary", contracted_on="2026-03-03"
        ),
        "outside_busan": add("outside_busan", outside["id"]),
        "startup_void": add("startup_void", gone["id"]),
        "void": add("void", gone["id"], contracted_on="2026-03-04"),
    }
    world.bipa.change(f"/investments/{deals['void']['id']}", "void", {"reason": "오기"})
    world.bipa.change(f"/startups/{gone['id']}", "void", {"reason": "오기"})
    payments = {paid[name]: name for name in deals}
    assert why(world.busan, INVESTMENTS, "disbursed_krw") == payments
    assert len(why(world.busan, INVESTMENTS, "contracted_krw")) == len(deals)
    assert why(world.busan, INVESTMENTS, "deals") == {d["id"]: name for name, d in deals.items()}

    undone = startup(world.bipa, 3)
    made = world.bipa.post("/investments", deal(undone["id"]))
    wrong = pay(world.bipa, made, "2026-05-02", 10)["id"]
    move = f"/investments/{made['id']}/transactions"
    world.bipa.post(f"{move}/{wrong}/reverse", {"reason": "오기"})
    back = pay(world.bipa, made, "2026-05-03", 20)["id"]
    pay(world.bipa, made, "2026-05-04", 20, "refund")
    funded = payments | {wrong: "reversed", back: "refunded"}
    assert why(world.busan, INVESTMENTS, "startups_funded") == funded
    assert why(world.busan, INVESTMENTS, "disbursed_krw") == payments
    stands = pay(world.bipa, made, "2026-05-05", 30)["id"]
    theirs = world.bepa.post("/investments", deal(undone["id"], round="series_a"))
    later = pay(world.bepa, theirs, "2026-06-05", 30)["id"]
    # Now the year's net is above zero: its earliest payment that stands counts.
    assert why(world.busan, INVESTMENTS, "startups_funded") == payments | {
        wrong: "reversed", stands: "already_counted_this_year", later: "counted_elsewhere"
    }  # fmt: skip

    cancelled = world.bipa.post("/investments", deal(undone["id"], round="series_b"))
    pay(world.bipa, cancelled, "2026-06-01", cancelled["contracted_krw"], "cancellation")
    opened = world.bipa.post("/investments", deal(undone["id"], round="series_c"))
    opening = world.bipa.get(f"/investments/{opened['id']}/transactions")["items"][0]["id"]
    world.bipa.post(
        f"/investments/{opened['id']}/transactions/{opening}/reverse", {"reason": "오기"}
    )
    found = why(world.busan, INVESTMENTS, "deals")
    assert (found[cancelled["id"]], found[opened["id"]]) == ("refunded", "reversed")


def test_what_counts_and_what_does_not_is_all_there_is(world: World, past: list[int]) -> None:
    codes = {d: {r["code"] for r in read("exclusions")[d]} for d in LEDGERS}
    sizes: dict[str, set[int]] = {}
    for dataset, measure in MEASURES:
        path = f"/statistics/{dataset}"
        counted = {r["id"] for r in records(world.busan, path, measure=measure)}
        excluded = why(world.busan, path, measure)
        assert not counted & excluded.keys()
        assert set(excluded.values()) <= codes[dataset]
        sizes.setdefault(dataset, set()).add(len(counted | excluded.keys()))
    assert sizes["trainees"] == {6}
    listed = {d["dataset"]: d["exclusions"] for d in world.nobody.get("/statistics")["items"]}
    assert listed == read("exclusions")


# What an answer says of when it is, besides its revision; and the cursor, bound to the question.
OF_THE_ASKING = {"as_of", "settled", "next_cursor"}


def left_out(client: Client, dataset: str, **asked: Any) -> dict[str, dict[str, Any]]:
    """Of every measure, the whole answer about the records that do not count."""
    found = {}
    for measure in LEDGERS[dataset].measures:
        query = {"measure": measure, "excluded": "true", "limit": 500, **asked}
        answer = client.get(f"/statistics/{dataset}/records", **query)
        found[measure] = {k: v for k, v in answer.items() if k not in OF_THE_ASKING}
    return found


def acts_on_people(world: World) -> Iterator[None]:
    """Acts each of which changes why some enrolment does not count."""

    def add(client: Client, code: str, day: str, **values: Any) -> dict[str, Any]:
        body = enrolment(code, **{"enrolled_on": day, "status_on": day} | values)
        made: dict[str, Any] = client.post("/enrolments", body)
        return made

    programmes(world)
    stranger = person("박바다", mobile=None, external_id="7")
    first = add(world.pnu, "AI1", "2026-05-01")
    add(world.btp, "OS1", "2026-07-01")
    add(world.btp, "OS1", "2026-08-01")
    add(world.btp, "OS2", "2027-02-01")
    add(world.pnu, "AI1", "2021-09-01", trainee=stranger)
    early = add(world.pnu, "AI1", "2026-09-01", trainee=stranger)
    failed = add(world.btp, "OS1", "2026-10-01", trainee=stranger, status="not_completed")
    yield
    (pair,) = world.busan.get("/trainee-duplicates")["items"]
    world.btp.patch(f"/enrolments/{failed['id']}", {"status": "completed", "reason": "정정"})
    yield
    link = world.busan.post(f"/trainee-duplicates/{pair['id']}/merge")["link_id"]
    yield
    world.pnu.change(f"/enrolments/{first['id']}", "void", {"reason": "오기"})
    yield
    os1 = world.btp.get("/programmes", code="OS1")["items"][0]["id"]
    kinds = world.nobody.get("/codes/programme-kinds")["items"]
    other = next(item["code"] for item in kinds if not item["counts"])
    world.btp.patch(f"/programmes/{os1}", {"kind": other, "district_code": "26350"})
    yield
    world.busan.post(f"/trainee-links/{link}/undo")
    yield
    world.pnu.patch(f"/enrolments/{early['id']}", {"status_on": "2026-11-05"})
    yield
    world.pnu.change(f"/enrolments/{first['id']}", "restore", None)
    yield


def acts_on_money(world: World) -> Iterator[None]:
    """Acts each of which changes why some money does not count."""

    def add(startup_id: str, round_: str, paid: str, client: Client = world.bipa) -> Any:
        made = client.post("/investments", deal(startup_id, round=round_))
        return made, pay(client, made, paid, 100)

    one, two, three = (startup(world.bipa, number)["id"] for number in range(3))
    away = startup(world.bipa, 3, district_code="OUTSIDE")["id"]
    made, wrong = add(one, "seed", "2026-05-01")
    add(two, "series_a", "2026-06-01", world.bepa)
    third, _ = add(three, "series_b", "2026-07-01")
    pay(world.bipa, third, "2026-07-15", 10)
    add(away, "seed", "2026-07-01")
    yield
    wrongly = f"/investments/{made['id']}/transactions/{wrong['id']}/reverse"
    world.bipa.post(wrongly, {"reason": "오기"})
    pay(world.bipa, made, "2026-08-01", 90)
    yield
    world.bipa.change(f"/startups/{one}", "merge", {"into": two})
    yield
    world.bipa.patch(f"/startups/{two}", {"district_code": "OUTSIDE", "effective_on": "2026-06-15"})
    yield
    there = f"/investments/{third['id']}"
    world.bipa.patch(there, {"shares": "secondary", "reason": "정정"})
    yield
    world.bipa.patch(there, {"instrument": "loan", "shares": None, "reason": "정정"})
    yield
    world.bipa.change(f"/startups/{two}", "merge", {"into": three})
    yield
    # The same date replaces what the start-up was said to be from the first.
    changed = {"district_code": "26350", "effective_on": "2026-06-15"}
    world.bipa.patch(f"/startups/{three}", changed)
    world.bipa.patch(f"/startups/{three}", changed | {"district_code": "OUTSIDE"})
    yield
    pay(world.bipa, made, "2026-12-01", 90, "refund")
    pay(world.bipa, made, "2026-12-02", made["contracted_krw"], "cancellation")
    yield
    world.bipa.change(f"/investments/{made['id']}", "void", {"reason": "오기"})
    yield
    world.bipa.change(f"/startups/{three}", "void", {"reason": "폐업"})
    yield


@pytest.mark.parametrize(
    ("dataset", "acts"), [("trainees", acts_on_people), ("investments", acts_on_money)]
)
def test_why_records_did_not_count_is_answered_of_the_past_as_it_was_then(
    world: World, clock: ManualClock, dataset: str, acts: Callable[[World], Iterator[None]]
) -> None:
    """What the head said before each act is what its revision and its day say after them all."""
    exact = world.client("BTP", "trainees:read", "investments:read", "statistics:exact")
    said, theirs, days = {}, {}, {}
    for _ in acts(world):
        revision = head(world)
        said[revision] = left_out(world.busan, dataset)
        theirs[revision], days[revision] = left_out(exact, dataset), str(clock.at.date())
        clock.put(clock.at + timedelta(days=1))
    every = [one["items"] for answer in said.values() for one in answer.values()]
    seen = {item["reason"]["code"] for items in every for item in items}
    assert seen == {reason["code"] for reason in read("exclusions")[dataset]}
    for measure in LEDGERS[dataset].measures:
        assert len({str(answer[measure]["items"]) for answer in said.values()}) > 3, measure
    for revision, answer in said.items():
        assert left_out(world.busan, dataset, revision=revision) == answer, revision
    for revision, day in days.items():
        assert left_out(exact, dataset, as_of=day) == theirs[revision], day
    # Pages, the order and the filters are those of the present, and all pages are of one revision.
    measure = "trainees" if dataset == "trainees" else "disbursed_krw"
    path, middle = f"/statistics/{dataset}", sorted(said)[len(said) // 2]
    asked = {"measure": measure, "excluded": "true", "revision": middle}
    whole = said[middle][measure]["items"]
    assert records(world.busan, path, **asked) == whole
    backwards = records(world.busan, path, sort="-month", **asked)
    assert backwards == sorted(whole, key=lambda r: (r["month"], r["id"]), reverse=True)
    zone = whole[0]["zone"]
    assert records(world.busan, path, zone=zone, **asked) == [r for r in whole if r["zone"] == zone]


def test_pages_of_what_does_not_count_stay_at_the_revision_of_the_first(
    world: World, past: list[int]
) -> None:
    asked = {"measure": "employed", "excluded": "true", "limit": 1}
    page = world.busan.get(f"{TRAINEES}/records", **asked)
    seeded = Seeded(world)
    seeded.owners = {"OS2": world.btp}
    seeded.enrol("OS2", "2027-09-01")
    later = world.busan.get(f"{TRAINEES}/records", **asked, cursor=page["next_cursor"])
    assert (later["revision"], later["records"]) == (past[-1], page["records"])


def test_nothing_was_left_out_before_anything_was_registered(world: World, past: list[int]) -> None:
    for dataset, measure in MEASURES:
        asked = {"measure": measure, "excluded": "true", "as_of": "2020-01-01"}
        page = world.busan.get(f"/statistics/{dataset}/records", **asked)
        assert (page["records"], page["total"], page["items"]) == (0, 0, [])


def test_of_others_a_caller_learns_only_how_many(world: World, past: list[int]) -> None:
    exact = world.client("BTP", "trainees:read", "statistics:exact")
    page = exact.get(f"{TRAINEES}/records", measure="completions")
    assert {r["organisation"] for r in page["items"]} == {"BTP"}
    assert (page["records"], page["total"]) == (6, 6)
    assert page["others"] == {"records": 1, "value": 1}
    own = world.btp.get(f"{TRAINEES}/records", measure="completions", organisation="BTP")
    assert (own["total"], own["others"]) == (5, {"records": 0, "value": 0})
    # Its own record is counted at another organisation's; whose is not said.
    asked = {"measure": "trainees", "organisation": "BTP", "excluded": "true"}
    body = world.btp.get(f"{TRAINEES}/records", **asked)
    assert [r["reason"]["code"] for r in body["items"]] == ["counted_elsewhere"]
    assert "PNU" not in str(body)
    assert "김하늘" not in str(world.busan.get(f"{TRAINEES}/records", measure="completions"))


def test_who_may_not_see_the_figure_may_not_open_it(world: World, past: list[int]) -> None:
    asked = {"measure": "trainees"}
    since = asked | {"from_revision": past[0]}
    world.nobody.refused("GET", f"{TRAINEES}/records", 401, "unauthorized", query=asked)
    world.bipa.refused("GET", f"{TRAINEES}/records", 403, "forbidden", query=asked)
    for query in (asked, asked | {"organisation": "PNU"}, asked | {"organisation": ["BTP", "PNU"]}):
        world.btp.refused("GET", f"{TRAINEES}/records", 403, "needs-exact", query=query)
        for client in (world.btp, world.nobody):
            wanted = query | since
            client.refused("GET", f"{TRAINEES}/changes", 403, "needs-exact", query=wanted)
    all_records = world.client("BUSAN", "records:all", "trainees:read")
    all_records.refused("GET", f"{TRAINEES}/records", 403, "needs-exact", query=asked)
    own = world.btp.get(f"{TRAINEES}/changes", **since, organisation="BTP")
    assert {item["organisation"] for item in own["items"]} == {"BTP"}


def test_changes_sum_to_the_difference_of_the_figures(world: World, past: list[int]) -> None:
    for dataset, measure in MEASURES:
        path = f"/statistics/{dataset}"
        totals = [world.busan.get(path, measure=measure, revision=r)["total"] for r in past]
        for first, before in zip(past, totals, strict=True):
            for last, after in zip(past, totals, strict=True):
                if first > last:
                    continue
                answer = world.busan.get(
                    f"{path}/changes", measure=measure, from_revision=first, to_revision=last,
                    by=BREAKDOWNS[dataset].replace("organisation,", ""),
                )  # fmt: skip
                assert answer["difference"] == after - before
                assert sum(i["value"] for i in answer["items"]) == after - before
                assert (answer["from"]["total"], answer["to"]["total"]) == (before, after)
                assert all(first < i["first_revision"] <= last for i in answer["items"])


def test_a_void_is_the_act_that_moved_the_figure(world: World, past: list[int]) -> None:
    """The void of PNU's enrolment gave BTP's the person's year."""
    asked = {"measure": "trainees", "from_revision": past[0], "to_revision": past[1], "by": "zone"}
    answer = world.busan.get(f"{TRAINEES}/changes", **asked)
    assert answer["by"] == ["action", "organisation", "zone"]
    found = {(i["action"], i["organisation"], i["zone"]): i["value"] for i in answer["items"]}
    assert found == {
        ("enrolment.void", "PNU", "CENTRAL"): -1, ("enrolment.void", "BTP", "WEST"): 1
    }  # fmt: skip
    assert {(i["first_revision"], i["postings"]) for i in answer["items"]} == {(past[1], 1)}
    west = world.busan.get(f"{TRAINEES}/changes", **asked, zone="WEST")
    assert west["difference"] == 1
    table = world.busan.call("GET", f"{TRAINEES}/changes", query=asked | {"format": "csv"})
    lines = table.get_data().decode("utf-8-sig").splitlines()
    assert lines[0] == "action,organisation,zone,value,postings,first_revision,last_revision"
    assert len(lines) == 3


def test_changes_between_two_days(world: World, past: list[int]) -> None:
    asked = {"measure": "completions", "from_as_of": "2031-01-14", "to_as_of": "2031-01-15"}
    answer = world.busan.get(f"{TRAINEES}/changes", **asked)
    assert (answer["from"]["total"], answer["difference"]) == (0, 6)
    assert answer["to"]["revision"] == past[0]
    whole = world.busan.get(f"{TRAINEES}/changes", measure="completions", from_as_of="2031-01-14")
    assert whole["to"]["revision"] == past[-1]

    def flaw(**edges: Any) -> tuple[str, str]:
        problem = world.busan.refused(
            "GET", f"{TRAINEES}/changes", 422, "invalid-input",
            query={"measure": "completions"} | edges,
        )  # fmt: skip
        (error,) = problem["errors"]
        return error["parameter"], error["code"]

    assert flaw() == ("from_revision", "required")
    assert flaw(from_revision=past[1], to_revision=past[0]) == ("to_revision", "date-order")
    assert flaw(from_revision=10**6) == ("from_revision", "unknown-revision")
    assert flaw(from_revision=1, to_as_of="2032-01-01") == ("to_as_of", "as-of-in-future")
    assert flaw(from_revision=1, from_as_of="2031-01-01") == ("from_as_of", "not-together")
    assert flaw(from_revision=1, as_of="2031-01-01") == ("as_of", "unknown-parameter")
