"""Persons, and the rule ``trainees/1``."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from itertools import combinations

from .codes import Codes
from .facts import Enrolment, Pair, State, Trainee, pair

QUALIFYING_STATUSES = frozenset({"completed", "early_employed"})


# --- persons -----------------------------------------------------------------------------------


def persons(state: State) -> list[frozenset[str]]:
    """The connected components of the active links, every trainee in exactly one."""
    pairs = [link.pair for link in state.links.values() if link.active]
    found: list[frozenset[str]] = []
    left = set(state.trainees)
    while left:
        person = {min(left)}
        while True:
            reached = {t for p in pairs if person.intersection(p) for t in p} - person
            if not reached:
                break
            person |= reached
        found.append(frozenset(person))
        left -= person
    return found


def missing_automatic_links(state: State) -> list[Pair]:
    """Pairs with a common identity that never had an automatic link and are not marked different.

    In the order of registration.
    """
    had = {link.pair for link in state.links.values() if link.origin == "automatic"}
    return [
        pair(a.id, b.id)
        for a, b in combinations(_in_order(state.trainees.values()), 2)
        if a.identities & b.identities
        and pair(a.id, b.id) not in had
        and pair(a.id, b.id) not in state.different_people
    ]


def possible_duplicates(state: State) -> list[Pair]:
    """Equal name and birth date, not one person now, not decided to be different."""
    person_of = {t: person for person in persons(state) for t in person}
    return sorted(
        pair(a.id, b.id)
        for a, b in combinations(state.trainees.values(), 2)
        if a.names_and_births & b.names_and_births
        and person_of[a.id] != person_of[b.id]
        and pair(a.id, b.id) not in state.different_people
    )


def _in_order(trainees: Iterable[Trainee]) -> list[Trainee]:
    return sorted(trainees, key=lambda t: t.order)


def find_trainee(
    state: State,
    organisation: str,
    external_id: str | None,
    birth_date: date,
    name: str | None,
    mobile: str | None,
) -> Trainee | None:
    """The organisation's trainee an enrolment means; name and mobile already in normal form."""
    own = _in_order(t for t in state.trainees.values() if t.organisation == organisation)
    for trainee in own:
        same_number = external_id is not None and trainee.external_id == external_id
        if same_number and trainee.birth_date == birth_date:
            return trainee
    if name is not None and mobile is not None:
        for trainee in own:
            if (name, birth_date, mobile) in trainee.identities:
                return trainee
    return None


# --- overlaps ----------------------------------------------------------------------------------


def _interval(enrolment: Enrolment) -> tuple[date, date | None]:
    """Half open; an end of None is open."""
    if enrolment.status == "enrolled":
        return enrolment.enrolled_on, None
    return enrolment.enrolled_on, enrolment.status_on


def intervals_overlap(one: Enrolment, other: Enrolment) -> bool:
    (start_1, end_1), (start_2, end_2) = _interval(one), _interval(other)
    if end_1 == start_1 or end_2 == start_2:
        return False  # an empty interval
    return (end_2 is None or start_1 < end_2) and (end_1 is None or start_2 < end_1)


def breaks_overlap_rule(state: State, enrolment: Enrolment) -> bool:
    """Would this one overlap another of the same trainee record and programme?"""
    return not enrolment.void and any(
        intervals_overlap(enrolment, other)
        for other in state.enrolments.values()
        if other.id != enrolment.id
        and not other.void
        and other.trainee == enrolment.trainee
        and other.programme == enrolment.programme
    )


def overlaps_by_links(state: State) -> list[Pair]:
    """Overlapping enrolments of one person in one programme under different trainee records."""
    person_of = {t: person for person in persons(state) for t in person}
    return sorted(
        pair(a.id, b.id)
        for a, b in combinations(state.enrolments.values(), 2)
        if not a.void
        and not b.void
        and a.trainee != b.trainee
        and person_of[a.trainee] == person_of[b.trainee]
        and a.programme == b.programme
        and intervals_overlap(a, b)
    )


# --- trainees/1 --------------------------------------------------------------------------------


def six_months_after(day: date) -> date:
    """The day is clamped to the end of the month."""
    year, month = (day.year, day.month + 6) if day.month <= 6 else (day.year + 1, day.month - 6)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _kind_counts(state: State, codes: Codes, enrolment: Enrolment) -> bool:
    return codes.programme_kinds[state.programmes[enrolment.programme].kind]


def qualifies(state: State, codes: Codes, enrolment: Enrolment) -> bool:
    return (
        not enrolment.void
        and _kind_counts(state, codes, enrolment)
        and enrolment.status in QUALIFYING_STATUSES
    )


def is_employed(enrolment: Enrolment) -> bool:
    if enrolment.status == "early_employed":
        return True
    return (
        enrolment.employed_on is not None
        and enrolment.status_on <= enrolment.employed_on <= six_months_after(enrolment.status_on)
    )


def _first(enrolments: list[Enrolment]) -> Enrolment:
    return min(enrolments, key=lambda e: (e.status_on, e.order))


def once_a_year(own: list[Enrolment]) -> list[Enrolment]:
    years = {e.status_on.year for e in own}
    return [_first([e for e in own if e.status_on.year == year]) for year in sorted(years)]


def once_a_year_and_organisation(own: list[Enrolment]) -> list[Enrolment]:
    found = []
    for organisation in sorted({e.organisation for e in own}):
        found += once_a_year([e for e in own if e.organisation == organisation])
    return found


def once_ever(own: list[Enrolment], from_year: int) -> list[Enrolment]:
    recent = [e for e in own if e.status_on.year >= from_year]
    return [_first(recent)] if recent else []


def attributed(state: State, codes: Codes, measure: str) -> list[tuple[Enrolment, date]]:
    """The enrolments that carry one counted unit each, and the date each is counted at."""
    if measure == "enrolments":
        return [
            (e, e.enrolled_on)
            for e in state.enrolments.values()
            if not e.void and e.status != "withdrawn" and _kind_counts(state, codes, e)
        ]
    qualifying = [e for e in state.enrolments.values() if qualifies(state, codes, e)]
    of_persons = [[e for e in qualifying if e.trainee in person] for person in persons(state)]
    if measure == "completions":
        chosen = qualifying
    elif measure == "employed":
        chosen = [e for e in qualifying if is_employed(e)]
    elif measure == "trainees":
        chosen = [e for own in of_persons for e in once_a_year(own)]
    elif measure == "trainees_of_organisation":
        chosen = [e for own in of_persons for e in once_a_year_and_organisation(own)]
    elif measure == "talents":
        chosen = [e for own in of_persons for e in once_ever(own, codes.counts_from_year)]
    else:
        raise ValueError(f"no measure {measure!r} in trainees")
    return [(e, e.status_on) for e in chosen]
