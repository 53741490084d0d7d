"""Who sees which figures, in which form, at which cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.publishing import publish
from tests.seeded import Seeded

if TYPE_CHECKING:
    from tests.client import Client, World

TRAINEES, INVESTMENTS = "/statistics/trainees", "/statistics/investments"


@pytest.fixture
def seeded(world: World) -> Seeded:
    seeded = Seeded(world)
    seeded.enrol(seeded.programme(world.btp, "OS1"), "2026-03-02", "2027-03-02")
    seeded.enrol(seeded.programme(world.pnu, "AI1", district_code="26350"), "2026-03-02")
    seeded.pay(world.bipa, ("2026-03-20", 600))
    return seeded


def keys(world: World) -> dict[str, Client]:
    return {
        "nobody": world.nobody,
        "institution": world.btp,
        "agency": world.bipa,
        "no scope": world.client("BEPA"),
        "city, all records, no statistics": world.client("BUSAN", "admin", "records:all"),
    }


def test_everybody_sees_headlines_and_published_tables_and_no_more(
    world: World, seeded: Seeded
) -> None:
    seeded.pay(world.bipa, ("2026-03-20", 600))
    seeded.pay(world.bepa, ("2026-03-20", 600))
    publish(world)
    for client in keys(world).values():
        answer = client.get(TRAINEES, measure="trainees", by="year")
        assert (answer["view"], answer["total"]) == ("public", 3)
        assert client.get(TRAINEES, measure="talents", year=[2026, 2027])["total"] == 3
        assert client.get(INVESTMENTS, measure="disbursed_krw", by="year")["total"] == 1800
        assert client.get(INVESTMENTS, measure="contracted_krw", year=2026)["total"] == 1800
        assert client.get(INVESTMENTS, measure="disbursed_krw", by="zone")["total"] == 1800
        # Of the two of them nobody is told more than the headline tells.
        assert client.get(TRAINEES, measure="trainees", organisation="PNU")["total"] is None
        for path, asked in (
            (TRAINEES, {"measure": "completions"}),
            (TRAINEES, {"measure": "employed", "by": "year"}),
            (TRAINEES, {"measure": "talents", "by": "month"}),
            (TRAINEES, {"measure": "trainees", "by": "year,zone,field"}),
            (TRAINEES, {"measure": "trainees", "by": "organisation,month"}),
            (TRAINEES, {"measure": "trainees", "by": "zone", "month": "2026-03"}),
            (TRAINEES, {"measure": "trainees", "by": "zone", "from": "2026-02"}),
            (TRAINEES, {"measure": "trainees", "by": "zone", "to": "2026-06"}),
            (TRAINEES, {"measure": "trainees", "district": "26350", "zone": "EAST"}),
            (TRAINEES, {"measure": "trainees", "organisation": "PNU", "field": "AI"}),
            (TRAINEES, {"measure": "trainees_of_organisation", "organisation": ["BTP", "PNU"]}),
            (INVESTMENTS, {"measure": "deals"}),
            (INVESTMENTS, {"measure": "contracted_krw", "by": "zone"}),
            (INVESTMENTS, {"measure": "disbursed_krw", "by": "month"}),
            (INVESTMENTS, {"measure": "startups_funded", "by": "channel"}),
        ):
            problem = client.refused("GET", path, 403, "needs-exact", query=asked)
            nearest = problem["nearest"]
            assert nearest in problem["detail"]
            assert client.call("GET", nearest).status_code == 200


def test_an_organisation_sees_exactly_its_own(world: World, seeded: Seeded) -> None:
    answer = world.btp.get(TRAINEES, measure="completions", by="month,district", organisation="BTP")
    assert (answer["view"], answer["total"], len(answer["cells"])) == ("exact", 2, 2)
    assert world.bipa.get(INVESTMENTS, measure="deals", organisation="BIPA")["total"] == 1
    world.bepa.refused(
        "GET", INVESTMENTS, 403, "needs-exact", query={"measure": "deals", "organisation": "BIPA"}
    )
    # Whether a code exists is not told to those who may not ask.
    world.nobody.refused(
        "GET", TRAINEES, 403, "needs-exact",
        query={"measure": "completions", "organisation": "NOWHERE"},
    )  # fmt: skip


def test_a_key_with_the_scope_sees_all_exactly(world: World, seeded: Seeded) -> None:
    exact = world.client("BEPA", "statistics:exact")
    assert exact.get(TRAINEES, measure="completions", by="organisation")["view"] == "exact"
    assert exact.get(TRAINEES, measure="trainees")["view"] == "exact"


def test_csv_is_read_by_excel_and_runs_nothing(world: World, seeded: Seeded) -> None:
    world.organisation("RISK", "other")
    _rename(world, "RISK", "=cmd()")
    seeded.enrol(seeded.programme(world.client("RISK", "trainees:write"), "R1"), "2026-05-05")
    query = {"measure": "completions", "by": "year,organisation", "labels": "en", "format": "csv"}
    answer = world.busan.call("GET", TRAINEES, query=query, headers={"Accept": "image/png"})
    assert answer.status_code == 200, answer.get_json()
    assert answer.mimetype == "text/csv"
    assert answer.get_data().decode("utf-8") == (
        "\ufeffyear,organisation,organisation_label,value\r\n"
        "2026,BTP,BTP,1\r\n2026,PNU,PNU,1\r\n2026,RISK,'=cmd(),1\r\n2027,BTP,BTP,1\r\n"
    )
    plain = world.busan.call("GET", TRAINEES, query=query | {"bom": "false"})
    assert plain.get_data().startswith(b"year,")
    chosen = {"measure": "trainees", "by": "year"}
    by_accept = world.busan.call("GET", TRAINEES, query=chosen, headers={"Accept": "text/csv"})
    assert by_accept.mimetype == "text/csv"
    refused = world.busan.call("GET", TRAINEES, query=chosen, headers={"Accept": "image/png"})
    assert refused.status_code == 406
    later = world.busan.call("GET", TRAINEES, query=chosen | {"format": "json"})
    assert later.headers["Registry-Revision"] == str(later.get_json()["revision"])


def _rename(world: World, code: str, name: str) -> None:
    from sqlalchemy import select

    from registry.access.models import OrganisationName
    from registry.access.principal import operator

    with world.parts.database.writing(operator("test")) as work:
        mine = OrganisationName.organisation_id == world.ids[code]
        work.session.scalars(select(OrganisationName).where(mine)).one().name_en = name


def test_a_repeated_question_is_304_until_something_changes(world: World, seeded: Seeded) -> None:
    asked = {"measure": "trainees", "by": "year"}
    first = world.nobody.call("GET", TRAINEES, query=asked)
    tag = {"If-None-Match": first.headers["ETag"]}
    assert world.nobody.call("GET", TRAINEES, query=asked, headers=tag).status_code == 304
    # The view is in the body, so a key's answer is another.
    assert world.busan.call("GET", TRAINEES, query=asked, headers=tag).status_code == 200
    kept = world.nobody.call(
        "GET", TRAINEES, query=asked | {"revision": first.get_json()["revision"]}
    )
    old = {"If-None-Match": kept.headers["ETag"]}
    seeded.pay(world.bepa, ("2026-03-20", 1))
    assert world.nobody.call("GET", TRAINEES, query=asked, headers=tag).status_code == 200
    again = asked | {"revision": first.get_json()["revision"]}
    assert world.nobody.call("GET", TRAINEES, query=again, headers=old).status_code == 304
