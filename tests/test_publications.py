"""Points: what is published when, what moves, what is stored, proved and seen by SQL tools."""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from registry.access.principal import operator
from registry.cli import main
from registry.core.clock import SEOUL
from registry.core.problems import DomainError
from registry.statistics.protection.limits import Limits
from registry.statistics.protection.models import PublishedCell, PublishedSlice
from registry.statistics.protection.publish import Plan, plan_month, publish_point
from registry.statistics.protection.tables import ROLLS_UP, PublishedTable, published_tables
from registry.statistics.protection.verification import verify_publications
from tests.live import environment_of
from tests.publishing import publish
from tests.seeded import Seeded

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from registry.core.clock import ManualClock
    from registry.settings import Settings
    from tests.client import World

TRAINEES = "/statistics/trainees"


@pytest.fixture
def seeded(world: World) -> Seeded:
    """Nine people in the WEST, three in the EAST, and one payment."""
    seeded = Seeded(world)
    seeded.enrol(seeded.programme(world.btp, "OS1"), *["2026-03-02"] * 9)
    east = seeded.programme(world.pnu, "AI1", district_code="26350", field="AI")
    seeded.enrol(east, *["2026-04-02"] * 3)
    seeded.pay(world.bipa, ("2026-03-20", 600))
    return seeded


def everything(table: PublishedTable) -> frozenset[str]:
    """A table's dimensions and what they roll up to."""
    return frozenset({*table.by, *(up for name in table.by for up in ROLLS_UP.get(name, ()))})


@pytest.mark.parametrize("measure", sorted({t.measure for t in published_tables()}))
def test_nothing_follows_from_the_tables_together_but_by_their_sums(measure: str) -> None:
    """The list is decomposable, and what two tables share is published itself."""
    whole = [everything(t) for t in published_tables() if t.measure == measure]
    assert all("year" in table.by and len(table.by) <= 3 for table in published_tables())
    known = {frozenset({"year"}), *whole}  # the headline by year, hidden or not, is one
    for one, other in itertools.combinations(whole, 2):
        assert one & other in known
    cliques = [one for one in whole if not any(one < other for other in whole)]
    seen = [cliques[0]]
    for clique in cliques[1:]:  # the running intersection property
        shared = clique & frozenset().union(*seen)
        assert any(shared <= before for before in seen)
        seen.append(clique)


def test_a_month_is_published_once(world: World, seeded: Seeded, clock: ManualClock) -> None:
    known = world.nobody.get("/revisions/head")["number"]
    clock.put(datetime(2031, 2, 3, 9, tzinfo=SEOUL))
    seeded.enrol("OS1", "2031-02-01")
    point = publish(world, "month_end")
    assert (point.month, point.figures_revision) == (203101, known)
    head = world.nobody.get("/revisions/head")["number"]
    assert point.created_revision == head
    assert publish(world, "month_end").id == publish(world, "month_end", 203101).id == point.id
    assert world.nobody.get("/revisions/head")["number"] == head
    (listed,) = world.nobody.get("/statistics/publications")["items"]
    assert listed == {
        "id": str(point.id), "kind": "month_end", "month": "2031-01", "revision": known,
        "published_at": "2031-02-03T00:00:00Z", "as_of": "2031-01-31T15:00:00Z",
        "limits": {"people_below": 5, "startups_below": 3, "dominance": 0.8},
        "digest": point.digest,
    } | {"published_at": listed["published_at"]}  # fmt: skip
    answer = world.nobody.get(TRAINEES, measure="trainees", by="month")
    assert (answer["publication"]["as_of"], answer["revision"]) == ("2031-01-31T15:00:00Z", head)
    assert {cell["month"] for cell in answer["cells"]} == {"2026-03", "2026-04"}
    for month, code in ((203102, "month-not-closed"), (203012, "publication-out-of-order")):
        with pytest.raises(DomainError) as refused:
            publish(world, "month_end", month)
        assert refused.value.code == code


def test_a_plan_is_kept_only_while_it_holds(
    world: World, seeded: Seeded, clock: ManualClock
) -> None:
    limits = Limits.of(world.parts.settings)
    database = world.parts.database

    def planned() -> Plan:
        with database.reading(settled_until=database.wait_for_writers()) as look:
            plan = plan_month(look, limits)
            assert plan is not None
            return plan

    clock.put(datetime(2031, 2, 3, 9, tzinfo=SEOUL))
    stale = replace(planned(), moved=())
    with database.writing(operator("test")) as work:
        first = publish_point(work, "month_end", limits, plan=stale)
    assert first.digest == hashlib.sha256(b"[]").hexdigest()  # it holds: it was not found anew
    clock.put(datetime(2031, 3, 3, 9, tzinfo=SEOUL))
    other = replace(planned(), after=None, moved=())
    with database.writing(operator("test")) as work:
        second = publish_point(work, "month_end", limits, plan=other)
    assert second.digest != first.digest
    assert world.nobody.get(TRAINEES, measure="trainees", by="month")["total"] == 12


def test_only_those_who_may_publish_do(world: World) -> None:
    limits = Limits.of(world.parts.settings)
    with (
        pytest.raises(DomainError, match="unauthorized"),
        world.parts.database.writing(operator("x", ("statistics:exact",))) as work,
    ):
        publish_point(work, "release", limits)


def test_a_point_stores_what_moved_and_no_hidden_figure(world: World, seeded: Seeded) -> None:
    first = publish(world)
    seeded.enrol("OS1", "2027-03-02")
    second = publish(world)
    with world.parts.database.reading() as work:
        slices = work.session.scalars(select(PublishedSlice)).all()
        of_first = {(s.measure, s.year) for s in slices if s.publication_id == first.id}
        assert of_first == {
            ("trainees", 2026), ("disbursed_krw", 2026), ("contracted_krw", 2026),
            ("startups_funded", 2026),
        }  # fmt: skip
        assert {(s.measure, s.year) for s in slices if s.publication_id == second.id} == {
            ("trainees", 2027)
        }
        assert all(s.total is None for s in slices if s.held or s.measure == "startups_funded")
        cells = work.session.scalars(select(PublishedCell)).all()
        assert not [cell for cell in cells if cell.table_code.startswith("disbursed")]
        shown = {c.value for c in cells if c.value is not None}
        assert shown.isdisjoint({1, 2, 3})  # three people, one start-up: nowhere in the database


def test_what_was_published_is_proved(world: World, seeded: Seeded, settings: Settings) -> None:
    publish(world)
    seeded.void("OS1", seeded.enrol("OS1", "2026-05-02", "2026-05-02")[0])
    publish(world)

    def found() -> list[tuple[int, str]]:
        with world.parts.database.reading() as work:
            return list(verify_publications(work.session))

    assert found() == []
    with world.parts.database.aside() as session:
        shown = PublishedCell.table_code == "trainees_by_year_kind", PublishedCell.value == 12
        session.execute(update(PublishedCell).where(*shown).values(value=11))
    sentences = [sentence for _, sentence in found()]
    assert any("is not what its digest says" in sentence for sentence in sentences)
    assert any("shows 11, counted is 12" in sentence for sentence in sentences)
    run = CliRunner().invoke(main, ["verify", "--json"], env=environment_of(settings))
    assert run.exit_code == 1
    assert {finding["code"] for finding in json.loads(run.output)["findings"]} == {"publication"}


def test_the_command_publishes_the_last_month(settings: Settings, seeded: Seeded) -> None:
    environment = environment_of(settings) | {"REGISTRY_CLOCK": "2031-02-03T09:00:00+09:00"}

    def run(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(main, ["publish", *arguments], env=environment)
        assert result.exit_code == code, result.output
        return result.output

    told = json.loads(run("--json"))
    assert told["month"] == "2031-01"
    assert told["held"] == ["contracted_krw/2026", "disbursed_krw/2026"]
    assert told["hidden"] > 0
    assert json.loads(run("--json")) == told
    assert "month=2031-01" in run()
    assert "a month is written 2026-10" in run("--month", "2031-1", code=2)
    assert "month-not-closed" in run("--month", "2031-02", code=1)


def rows(connection: Connection, view: str) -> list[dict[str, Any]]:
    name = f"bi.{view}" if connection.dialect.name == "postgresql" else f"bi_{view}"
    return [dict(row) for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()]


def test_sql_tools_read_the_newest_point(world: World, seeded: Seeded) -> None:
    publish(world)
    seeded.enrol("OS1", "2027-03-02", *["2026-04-02"] * 4)
    publish(world)
    engine = world.parts.database.engine
    with engine.connect() as connection:
        for table in published_tables():
            query = {"measure": table.measure, "by": ",".join(table.by)}
            cells = world.nobody.get(f"/statistics/{table.dataset}", **query)["cells"]
            found = rows(connection, table.code)
            for row in found:
                row["suppressed"] = bool(row["suppressed"])
            assert sorted(map(str, found)) == sorted(map(str, cells)), table.code
        headlines = {(r["measure"], r["year"]): r for r in rows(connection, "headlines")}
        assert headlines["trainees", 2026]["value"] == 16
        assert headlines["disbursed_krw", 2026]["suppressed"]
        assert [row["kind"] for row in rows(connection, "publications")] == ["release"] * 2
    for view in ("publications", "headlines", "trainees_by_year"):
        name = f"bi.{view}" if engine.dialect.name == "postgresql" else f"bi_{view}"
        with pytest.raises(DBAPIError), engine.begin() as connection:
            connection.execute(text(f"DELETE FROM {name}"))
    if engine.dialect.name == "postgresql":
        _a_role_reads_the_views_and_nothing_else(world)


def _a_role_reads_the_views_and_nothing_else(world: World) -> None:
    with world.parts.database.engine.connect() as connection:
        connection.execute(text("CREATE ROLE bi_reader"))
        connection.execute(text("GRANT USAGE ON SCHEMA bi TO bi_reader"))
        connection.execute(text("GRANT SELECT ON ALL TABLES IN SCHEMA bi TO bi_reader"))
        connection.execute(text("SET LOCAL ROLE bi_reader"))
        assert rows(connection, "trainees_by_year_month")
        with pytest.raises(DBAPIError, match="permission denied"):
            connection.execute(text("SELECT value FROM published_cell"))
        connection.rollback()  # the role with it
