"""The golden cases of the counting rules, over HTTP alone: people here, money in its own file.

Every case runs under several seeds: they choose the people, how their names and mobiles are
written, a shift of all dates by whole years, and the order of registration where the rules say it
does not matter (tests/golden.py). Figures, years and dates below are those of the rules' text.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from registry.core.clock import SEOUL
from tests.golden import PEOPLE, SEEDS, Golden, shift_of

if TYPE_CHECKING:
    from registry.core.clock import ManualClock
    from tests.client import World


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def early(clock: ManualClock, seed: int) -> None:
    """Put the clock back before anything is registered: for cases about when that happened."""
    clock.put(datetime(2026 + shift_of(seed), 12, 1, 9, 0, tzinfo=SEOUL))


@pytest.fixture
def case(request: pytest.FixtureRequest, world: World, clock: ManualClock, seed: int) -> Golden:
    return Golden(world, clock, seed, request.function.__name__)


def test_case_01_one_completion_is_one_of_each(case: Golden) -> None:
    case.completes(case.person(), "AI1", "2026-06-30")
    assert case.totals("trainees", "talents", "completions", year=2026) == (1, 1, 1)
    assert case.split("trainees", "year", "zone") == {(2026, "CENTRAL"): 1}


def test_case_02_a_person_counts_once_a_year_where_first_trained(case: Golden) -> None:
    """Whichever institution registers first, and however it writes the name."""
    p1 = case.person()
    case.shuffled(
        lambda: case.completes(p1, "OS1", "2026-09-30"),
        lambda: case.completes(p1, "AI1", "2026-06-30"),
    )
    assert case.split("trainees", "zone", year=2026) == {"CENTRAL": 1}
    assert case.split("completions", "zone", year=2026) == {"CENTRAL": 1, "WEST": 1}
    both = {"PNU": 1, "BTP": 1}
    assert case.split("trainees_of_organisation", "organisation", year=2026) == both
    assert case.totals("trainees", "talents", "completions") == (1, 1, 2)


def case_3(case: Golden) -> list[dict[str, Any]]:
    """The enrolments of AI1, OS1 and OS2, registered in any order."""
    p1 = case.person()
    dates = {"AI1": "2026-06-30", "OS1": "2026-09-30", "OS2": "2027-02-10"}
    return case.shuffled(*(lambda c=c, d=d: case.completes(p1, c, d) for c, d in dates.items()))


def test_case_03_a_talent_is_new_once_a_trainee_every_year(case: Golden) -> None:
    case_3(case)
    assert case.totals("trainees", "talents", year=2027) == (1, 0)
    assert case.split("talents", "year", "zone") == {(2026, "CENTRAL"): 1}
    assert case.split("trainees", "year", "zone") == {(2026, "CENTRAL"): 1, (2027, "WEST"): 1}
    years, year = case.ask("trainees"), case.ask("trainees", year=2026)
    assert (years["total"], years["unit"]) == (2, "person_year")
    assert (year["total"], year["unit"]) == (1, "person")
    assert (case.total("talents"), case.ask("talents")["unit"]) == (1, "person")


def test_case_04_voiding_the_first_moves_the_person_to_the_next(case: Golden) -> None:
    """ "Total unchanged" is the year's `trainees` (and `talents`); `completions` loses one."""
    first, _, _ = case_3(case)
    before, known = case.head(), case.ask("trainees", "year", "zone")
    yesterday = case.later()
    case.owner("AI1").change(f"/enrolments/{first['id']}", "void", {"reason": "중복 입력"})
    assert case.split("trainees", "year", "zone") == {(2026, "WEST"): 1, (2027, "WEST"): 1}
    assert case.split("talents", "year", "zone") == {(2026, "WEST"): 1}
    assert case.totals("trainees", "talents", "completions", year=2026) == (1, 1, 1)
    for then in ({"revision": before}, {"as_of": yesterday}):
        answer = case.ask("trainees", "year", "zone", **then)
        assert (answer["cells"], answer["revision"]) == (known["cells"], before)
        assert case.split("trainees", "zone", year=2026, **then) == {"CENTRAL": 1}
        assert case.totals("talents", "completions", year=2026, **then) == (1, 2)


@pytest.mark.parametrize("by", ["decision", "identity"])
def test_case_05_linking_makes_one_person_and_undoing_two(case: Golden, by: str) -> None:
    """They turn out to be one by the city's decision, or because BTP's record was misspelt."""
    p1 = case.person()
    p2 = case.person() if by == "identity" else type(p1)(p1.draw, p1.name, p1.birth_date, None)
    one, other = case.shuffled(
        lambda: case.completes(p1, "AI1", "2026-06-30"),
        lambda: case.completes(p2, "OS1", "2026-09-30"),
    )
    before, yesterday = case.head(), case.later()
    if by == "identity":
        case.correct_person(other, "OS1", p1)
        (standing,) = case.world.busan.get("/trainee-links")["items"]
        link = standing["id"]
    else:
        link = case.merge(one, other)
    assert case.split("trainees", "zone", year=2026) == {"CENTRAL": 1}
    measures = ("trainees", "talents", "completions", "trainees_of_organisation")
    assert case.totals(*measures) == (1, 1, 2, 2)
    linked = case.head()
    for then in ({"revision": before}, {"as_of": yesterday}):
        assert case.split("trainees", "zone", **then) == {"CENTRAL": 1, "WEST": 1}
        assert case.totals(*measures, **then) == (2, 2, 2, 2)
    yesterday = case.later()
    case.undo(link)
    assert case.split("talents", "zone") == {"CENTRAL": 1, "WEST": 1}
    assert case.totals(*measures) == (2, 2, 2, 2)
    for then in ({"revision": linked}, {"as_of": yesterday}):
        assert case.totals(*measures, **then) == (1, 1, 2, 2)


@pytest.mark.parametrize("first", ["link", "undo"])
def test_case_05_a_second_link_and_the_firsts_undo_in_either_order(
    case: Golden, first: str
) -> None:
    """The second link leads to a third record; recomputed from the lists in plain Python."""
    who = case.person(mobile=False)
    a, b, c = case.shuffled(
        lambda: case.completes(who, "AI1", "2026-06-30"),
        lambda: case.completes(who, "OS1", "2026-09-30"),
        lambda: case.completes(who, "OS2", "2026-11-20"),
    )
    link = case.merge(a, b)
    assert case.split("trainees", "year", "zone") == {(2026, "CENTRAL"): 1, (2026, "WEST"): 1}
    steps = [lambda: case.merge(b, c), lambda: case.undo(link)]
    for step, between in zip(steps if first == "link" else steps[::-1], (True, False), strict=True):
        step()
        assert case.split("trainees", "year", "zone") == case.recomputed()
        if between:
            assert case.total("talents") == (1 if first == "link" else 3)
    assert case.split("trainees", "year", "zone") == {(2026, "CENTRAL"): 1, (2026, "WEST"): 1}
    assert case.totals("talents", "completions") == (2, 3)


@pytest.mark.parametrize("first", ["link", "undo"])
def test_case_05_a_second_link_of_the_same_pair_holds_without_the_first(
    case: Golden, first: str
) -> None:
    unknown, known = case.person(mobile=False), case.person()
    a = case.completes(unknown, "AI1", "2026-06-30")
    b = case.completes(unknown, "OS1", "2026-09-30")
    link = case.merge(a, b)

    def identify() -> None:
        case.correct_person(a, "AI1", known)
        case.correct_person(b, "OS1", known)

    steps = [identify, lambda: case.undo(link)]
    for step in steps if first == "link" else steps[::-1]:
        step()
        assert case.split("trainees", "year", "zone") == case.recomputed()
    assert case.split("trainees", "year", "zone") == {(2026, "CENTRAL"): 1}
    assert case.totals("trainees", "talents", "completions") == (1, 1, 2)


@pytest.mark.usefixtures("early")
def test_case_06_registered_late_counts_in_its_year_once_known(case: Golden) -> None:
    case.clock.put(datetime(2027 + case.shift, 1, 20, 15, 30, tzinfo=SEOUL))
    case.completes(case.person(), "AI1", "2026-12-30")
    case.later()
    measures = ("trainees", "talents", "completions")
    assert case.split("trainees", "year") == {2026: 1}
    assert case.totals(*measures, year=2026) == (1, 1, 1)
    for day, known in (("2026-12-31", 0), ("2027-01-19", 0), ("2027-01-20", 1)):
        assert case.totals(*measures, as_of=case.on(day)) == (known,) * 3
        assert case.totals(*measures, as_of=case.on(day), year=2026) == (known,) * 3


def test_case_07_completed_goes_back_and_counts_nowhere(case: Golden) -> None:
    """P2 stays: one less everywhere, not nothing everywhere. `employed` counted it too."""
    p1, p2 = case.person(), case.person()
    made, _ = case.shuffled(
        lambda: case.completes(p1, "AI1", "2026-06-30"),
        lambda: case.completes(p2, "AI1", "2026-06-30"),
    )
    path = f"/enrolments/{made['id']}"
    case.world.pnu.patch(path, {"outcome": {"employed_on": case.on("2026-09-01")}})
    by = ("organisation", "programme_kind", "field", "month")
    place = ("PNU", "convergence_graduate_school", "AI", case.on("2026-06"))
    assert case.split("completions", *by) == {place: 2}
    assert case.totals(*PEOPLE) == (2, 2, 2, 2, 1)
    before, yesterday = case.head(), case.later()
    back = {"status": "not_completed"}
    case.world.pnu.refused(
        "PATCH", path, 422, "invalid-input", json=back, headers=case.world.pnu.match(path)
    )
    case.world.pnu.patch(path, back | {"reason": "출석 미달"})
    assert case.totals(*PEOPLE) == (1, 1, 1, 1, 0)
    for measure in PEOPLE[:4]:
        assert case.split(measure, *by) == {place: 1}
        assert case.split(measure, "district", "year") == {("26410", 2026): 1}
    assert case.totals("enrolments") == (2,)  # of that it takes nothing away
    for then in ({"revision": before}, {"as_of": yesterday}):
        assert case.totals(*PEOPLE, **then) == (2, 2, 2, 2, 1)


@pytest.mark.usefixtures("early")
def test_case_15_the_day_is_seouls(case: Golden) -> None:
    """16:30Z on New Year's Eve is New Year's Day: for `as_of`, and for what is in the future."""

    def at(text: str) -> None:
        case.clock.put(datetime.fromisoformat(case.on(text)))

    at("2026-12-31T14:59:59+00:00")
    tomorrow = {
        "programme_code": "AI1", "trainee": case.person().written(), "status": "enrolled",
        "enrolled_on": case.on("2027-01-01"),
    }  # fmt: skip
    case.world.pnu.refused("POST", "/enrolments", 422, json=tomorrow)
    case.completes(case.person(), "OS1", "2026-12-30")
    at("2026-12-31T16:30:00+00:00")
    case.completes(case.person(), "AI1", "2026-12-31")
    assert case.world.pnu.post("/enrolments", tomorrow)["status"] == "enrolled"
    for _ in range(2):  # known on the day already, and the same ever after
        answer = case.ask("trainees", as_of=case.on("2026-12-31"))
        assert (answer["total"], answer["settled"]) == (1, True)
        assert case.total("trainees", as_of=case.on("2026-12-30")) == 0
        assert case.total("trainees", as_of=case.on("2027-01-01")) == 2
        assert case.split("trainees", "year") == {2026: 2}
        case.later()


def test_case_16_zone_schemes_split_one_total_differently(case: Golden) -> None:
    """No scheme has a zone for OUTSIDE, where a programme may take place."""
    case.programme_at("HAE", "26350")
    case.programme_at("OUT", "OUTSIDE")
    codes = ("AI1", "OS1", "HAE", "OUT")
    case.shuffled(
        *(lambda c=c: case.completes(case.person(), c, "2026-06-30") for c in codes),
    )
    schemes = {
        "DX2030-3": {"CENTRAL": 1, "WEST": 1, "EAST": 1, "UNASSIGNED": 1},
        "PLAN2040-6": {"DONGNAE": 1, "GANGSEO": 1, "HAEUNDAE": 1, "UNASSIGNED": 1},
    }
    for scheme, split in schemes.items():
        for measure in ("trainees", "talents", "completions"):
            assert case.split(measure, "zone", zone_scheme=scheme) == split
        assert case.total("trainees", zone_scheme=scheme, zone="UNASSIGNED") == 1
    assert case.split("trainees", "zone") == schemes["DX2030-3"]
    made = [case.invests(case.startup(district)) for district in ("26410", "26350", "26500")]
    for number, deal in enumerate(made):
        case.pays(deal, "2026-03-20", 10**number)
    east = {"CENTRAL": 1, "EAST": 110}, {"DONGNAE": 1, "HAEUNDAE": 110}
    for scheme, split in zip(schemes, east, strict=True):
        assert case.split("disbursed_krw", "zone", zone_scheme=scheme) == split


def test_case_17_a_filter_never_judges_uniqueness_again(case: Golden) -> None:
    p1 = case.person()
    case.shuffled(
        lambda: case.completes(p1, "AI1", "2026-02-20"),
        lambda: case.completes(p1, "OS1", "2026-05-15"),
    )
    assert case.totals("trainees", "talents", "completions", year=2026) == (1, 1, 2)
    for only in ({"from_": "2026-04"}, {"organisation": "BTP"}, {"zone": "WEST"}):
        assert case.totals("trainees", "talents", "completions", **only) == (0, 0, 1)
        assert case.split("trainees", "organisation", "month", **only) == {}
    for only in ({"to": "2026-03"}, {"organisation": "PNU"}, {"field": "AI"}):
        assert case.totals("trainees", "talents", "completions", **only) == (1, 1, 1)


@pytest.mark.parametrize("code", ["AI1", "OS1"])
def test_case_18_without_a_mobile_two_records_stay_two_persons(case: Golden, code: str) -> None:
    """At one institution or at two."""
    who = case.person(mobile=False)
    one, other = case.shuffled(
        lambda: case.completes(who, "AI1", "2026-06-30"),
        lambda: case.completes(who, code, "2026-07-31"),
    )
    assert case.totals("trainees", "talents", "completions") == (2, 2, 2)
    assert case.possible_duplicates() == [{one["trainee"]["id"], other["trainee"]["id"]}]
    assert len({one["trainee"]["id"], other["trainee"]["id"]}) == 2


def test_case_19_talents_count_from_2022_on(case: Golden) -> None:
    """Shifted by a year at most: then 2022 itself is the first year that counts."""
    case.shift = case.draw.choice((-1, 0))
    p1 = case.person()
    case.shuffled(
        lambda: case.completes(p1, "AI1", "2021-06-30"),
        lambda: case.completes(p1, "OS1", "2023-06-30"),
    )
    assert case.split("talents", "year", "zone") == {(2023, "WEST"): 1}
    assert case.split("trainees", "year", "zone") == {(2021, "CENTRAL"): 1, (2023, "WEST"): 1}
    assert case.totals("talents", "trainees", year=2021) == (0, 1)
