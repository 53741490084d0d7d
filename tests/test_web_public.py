"""The public pages as HTML: the same figures as the API, in two languages, for everybody."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
from contextlib import contextmanager
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from flask import Flask
from sqlalchemy import text as statement

from registry.app import create_app
from registry.core.clock import SEOUL, ManualClock
from registry.statistics.catalogue import dimensions
from registry.statistics.models import LEDGERS
from registry.web import charts, languages, numbers
from registry.web.charts import drawing
from tests.client import World
from tests.conftest import BACKENDS, administrator, as_text, make_settings
from tests.pages import EARLIER, populate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.test import TestResponse

WEB = Path(charts.__file__).parent.parent
ADDRESSES = ("/", "/goals/RND_SHARE", "/talents", "/investment?by=year,channel", "/releases", "/method",
             "/method/rules/trainees/1", "/method/codes/fields", "/method/codes/zones")  # fmt: skip
DRAWN, ALL = 250, 1000  # questions on each database, half of them with a key


class Site(NamedTuple):
    """A registry worth looking at, and the ids of its releases."""

    world: World
    releases: list[str]


@pytest.fixture(scope="module", params=BACKENDS)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The site of this module's tests, which mostly look at it."""
    with a_database(request, tmp_path_factory) as url:
        clock = ManualClock(EARLIER)
        app = create_app(make_settings(url), clock)
        world = World(app)
        yield Site(world, populate(world, clock))
        app.extensions["registry"].database.engine.dispose()


@contextmanager
def a_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A database of the kind that a module's fixture is for."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("site") / "site.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server, name = request.getfixturevalue("postgres_url"), f"site_{os.getpid()}"
    template = request.getfixturevalue("postgres_template")
    with administrator(server).connect() as connection:
        connection.execute(statement(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        yield as_text(server.set(database=name))
        connection.execute(statement(f'DROP DATABASE "{name}" WITH (FORCE)'))


class Seen(HTMLParser):
    """What a page of figures shows: its cells by their keys, and the total; None is hidden."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.cells: dict[str, int | None] = {}
        self.total: int | None = None
        self._cell: str | None = None
        self._in_total = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "td":
            self._cell = said.get("data-cell")
        if "data-total" in said:
            self._in_total = True
        if tag == "data" and self._in_total:
            self.total, self._in_total = int(str(said["value"])), False
        elif tag == "data" and self._cell is not None:
            self.cells[self._cell] = int(str(said["value"]))
        elif tag == "span" and said.get("class") == "hidden-figure" and self._cell is not None:
            self.cells[self._cell] = None


def page(world: World, path: str, key: str | None = None, **query: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return world.app.test_client().get(path, query_string=query or None, headers=headers)


def text_of(world: World, path: str, key: str | None = None, **query: Any) -> str:
    answer = page(world, path, key, **query)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.get_data(as_text=True)


def test_the_site_begins_in_korean_and_is_whole_in_both_languages(site: Site) -> None:
    world, releases = site
    home = page(world, "/")
    assert (home.status_code, home.headers["Location"]) == (302, "/ko/")
    compare = f"/releases/compare?a={releases[0]}&b={releases[1]}"
    for path in (*ADDRESSES, f"/releases/{releases[0]}", compare):
        for language in ("ko", "en"):
            answer = page(world, f"/{language}{path}")
            text = answer.get_data(as_text=True)
            assert answer.status_code == 200, path
            assert f'<html lang="{language}"' in text
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
            assert " style=" not in text
            assert "<style" not in text
            other = {"ko": "en", "en": "ko"}[language]
            assert f'href="/{other}{path.replace("&", "&amp;")}"' in text


def test_english_pages_say_nothing_in_korean(site: Site) -> None:
    world = site.world
    for path in ("/", "/goals/TALENT_ANNUAL", "/talents", "/talents?by=year,zone", "/investment",
                 "/method", "/method/rules/trainees/1", "/nowhere"):  # fmt: skip
        text = page(world, f"/en{path}").get_data(as_text=True)
        text = text.replace("한국어", "")  # the other language calls itself so
        assert re.findall("[가-힣]+", text) == [], path


def test_every_text_of_the_pages_has_its_english() -> None:
    found = extract_from_dir(
        str(WEB), [("**.py", "python"), ("templates/**.html", "jinja2")],
        {"templates/**.html": {"trimmed": "true"}},
    )  # fmt: skip
    texts = {entry[2][0] if isinstance(entry[2], tuple) else entry[2] for entry in found}
    folder = languages.TRANSLATIONS / "en" / "LC_MESSAGES"
    with (folder / "messages.mo").open("rb") as file:
        catalogue = read_mo(file)
    missing = {text for text in texts if text not in catalogue or not catalogue[text].string}
    assert missing == set()
    assert len(texts) > 150


def test_the_front_page_says_what_the_goals_say(site: Site) -> None:
    world = site.world
    progress = world.nobody.get("/goals/TALENT_ANNUAL/progress")["current"]
    assert progress["actual"] == 10
    text = text_of(world, "/en/")
    assert '<data value="10">10 people</data>' in text
    assert "At this pace 20 people by 31\u00a0December" in text  # 10 * 365 / 183
    assert "2,000 people" in text
    invested = world.nobody.get("/goals/INVESTMENT_TOTAL/progress")["current"]["actual"]
    assert f'<data value="{invested}" title="{invested:,} won">' in text
    assert text.count('class="spark"') >= 2
    assert f'<p class="exact">{invested:,} won</p>' in text
    assert "29.8%" in text


def test_every_goal_leads_to_where_its_figures_come_from(site: Site) -> None:
    world = site.world
    front = text_of(world, "/ko/")
    goals = [goal["code"] for goal in world.nobody.get("/goals")["items"]]
    assert len(goals) == 8
    for code in goals:
        assert f'href="/ko/goals/{code}"' in front
        text = text_of(world, f"/ko/goals/{code}")
        revision = world.nobody.get(f"/goals/{code}/progress")["revision"]
        assert f'href="/ko/goals/{code}?revision={revision}"' in text
    counted = text_of(world, "/ko/goals/TALENT_ANNUAL")
    assert 'href="/ko/method/rules/trainees/1?revision=' in counted
    assert 'href="/ko/talents?measure=trainees"' in counted
    reported = text_of(world, "/ko/goals/RND_SHARE")
    assert "부서 보고" in reported
    assert "목표까지 10.2%p" in reported
    before = text_of(world, "/ko/goals/RND_SHARE", as_of="2026-04-30")
    assert "부서 보고" not in before
    assert "아직 보고된 수치가 없습니다" in before


def test_a_reported_figure_that_was_revised_stays_to_be_seen(world: World) -> None:
    report = {"period": "2025", "provisional": True, "source": "부서 보고"}
    for value in (30, 32.5):
        world.busan.post("/goals/AUTOMATION/observations", report | {"value": value})
    text = text_of(world, "/ko/goals/AUTOMATION")
    assert re.findall(r"<td>(고쳐 보고됨|잠정)</td>", text.split('id="reports"')[1]) == [
        "잠정", "고쳐 보고됨",
    ]  # fmt: skip
    assert text.index("32.5%") < text.rindex('value="30"')


def test_a_running_year_is_drawn_to_where_its_pace_leads(site: Site) -> None:
    spec = page(site.world, "/ko/goals/TALENT_ANNUAL.json").get_json(force=True)
    assert [row.get("pace") for row in spec["data"]["values"]][-2:] == [None, 20]
    spec = page(site.world, "/ko/goals/TALENT_TOTAL.json").get_json(force=True)
    paced = [row for row in spec["data"]["values"] if row["line"] == "pace"]
    assert [row["at"] for row in paced] == [2026.5014, 2031]
    assert f"{paced[-1]['value']:,}명" in text_of(site.world, "/ko/goals/TALENT_TOTAL")


def test_rules_are_read_out_in_plain_words(site: Site) -> None:
    for language in ("ko", "en"):
        for dataset, names in LEDGERS.items():
            text = text_of(site.world, f"/{language}/method/rules/{dataset}/1")
            words = re.sub(r"<[^>]+>", " ", text.split("<main", 1)[1])
            codes = set(re.findall(r"[a-z]+(?:_[a-z]+)+|parameters", words))
            assert codes == set(), (language, dataset)
            assert sum(f"{name}: " in text for name in names.measures) == 0


def test_the_protection_is_told_in_figures_and_not_in_the_names_of_settings(site: Site) -> None:
    for language, told in (("ko", "3개 이상의 기업"), ("en", "fewer people than 5")):
        text = text_of(site.world, f"/{language}/method").split('id="protection"')[1]
        text = text.split("</section>")[0]
        assert told in text
        assert not re.search("people_below|startups_below|dominance를|than dominance", text)


def test_a_chart_of_hidden_cells_names_no_largest(site: Site) -> None:
    asked = {"by": "year,district", "year": "2026", "measure": "trainees"}
    seen = site.world.nobody.get("/statistics/trainees", **asked)["cells"]
    figures = [cell["value"] for cell in seen if cell["value"] is not None]
    text = text_of(site.world, "/en/talents", **asked)
    captions = re.findall(r"<figcaption>([^<]+)</figcaption>", text)
    assert len(captions) == 2
    for said in captions:
        assert ("No figure is shown" in said) == (not figures)
        assert not re.search(r", 0 people", said)


def test_a_past_day_shows_what_was_known_then(site: Site) -> None:
    world = site.world
    now = Seen(text_of(world, "/ko/talents"))
    then = Seen(text_of(world, "/ko/talents", as_of="2026-04-30"))
    assert (now.cells["2026"], then.cells["2026"]) == (10, 3)
    text = text_of(world, "/ko/talents", as_of="2026-04-30")
    permanent = re.search(r'href="(/ko/talents\?revision=\d+)"', text)
    assert permanent
    assert Seen(text_of(world, permanent[1])).cells == then.cells
    assert page(world, "/ko/talents", as_of="2026-07-03").status_code == 422  # not yet
    first = datetime.fromisoformat(world.busan.get("/revisions/1")["at"]).astimezone(SEOUL)
    for path in ("/ko/", "/ko/goals/RND_SHARE", "/ko/talents"):
        assert f'min="{first.date()}"' in text_of(world, path)
    earlier = text_of(world, "/ko/", as_of="2020-01-02")  # a form that is sent again stays valid
    assert 'min="2020-01-02"' in earlier


def test_a_hidden_cell_is_shown_as_hidden_with_the_reason(site: Site) -> None:
    world = site.world
    asked = {"measure": "trainees", "by": "year,quarter", "year": "2025"}
    seen = world.nobody.get("/statistics/trainees", **asked)["cells"]
    assert any(cell["suppressed"] for cell in seen)  # 2 people in the first quarter
    text = text_of(world, "/en/talents", **asked)
    assert "fewer than 5 people" in text
    hidden = {key for key, value in Seen(text).cells.items() if value is None}
    assert hidden == {f"2025 {c['quarter']}" for c in seen if c["value"] is None}
    spec = page(world, "/en/talents/chart.json", **asked).get_json(force=True)
    for row in spec["data"]["values"]:
        assert row["hidden"] == (row["value"] is None)
    exact = world.key("BUSAN", "statistics:exact")
    assert None not in Seen(text_of(world, "/en/talents", exact, **asked)).cells.values()
    assert "Exact figures" in text_of(world, "/en/talents", exact, **asked)


def test_a_refund_of_an_earlier_year_is_drawn_below_zero(site: Site) -> None:
    exact, asked = site.world.key("BUSAN", "statistics:exact"), {"by": "year,organisation"}
    shown = Seen(text_of(site.world, "/en/investment", exact, **asked)).cells
    assert shown["2026 BEPA"] == -10_000_001  # paid 400 million, refunded a seventh of 2025's
    spec = page(site.world, "/en/investment/chart.json", exact, **asked).get_json(force=True)
    below = [row for row in spec["data"]["values"] if row["value"] < 0]
    assert [(row["category"], row["time"]) for row in below] == [("BEPA", "2026")]
    assert below[0]["label"].startswith("-")


def test_what_is_not_published_is_refused_with_the_nearest(site: Site) -> None:
    world = site.world
    answer = page(world, "/ko/talents", by="district,field")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 403
    nearest = re.search(r'class="button" href="(/ko/talents[^"]+)"', text)
    assert nearest
    assert page(world, nearest[1].replace("&amp;", "&")).status_code == 200
    assert "<form" in text  # whoever asked can ask again


def test_errors_are_pages_for_people_and_problems_for_programs(world: World) -> None:
    for path, language in (("/ko/nowhere", "ko"), ("/en/method/codes/nothing", "en")):
        answer = page(world, path)
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
        assert f'<html lang="{language}"' in answer.get_data(as_text=True)
        assert answer.headers["Cache-Control"] == "no-store"
    assert page(world, "/api/v1/nowhere").mimetype == "application/problem+json"
    assert page(world, "/ko/talents", colour="red").status_code == 422
    assert page(world, "/ko/", "rk_wrong").status_code == 401


def test_a_form_sent_with_blanks_leads_to_the_short_address(world: World) -> None:
    answer = page(world, "/ko/talents?measure=trainees&by=year,zone&year=&zone=&as_of=")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/ko/talents?measure=trainees&by=year%2Czone"


def test_only_a_page_that_is_asked_for_a_frame_may_be_framed(world: World) -> None:
    usual, framed = page(world, "/ko/talents"), page(world, "/ko/talents?embed=1")
    assert "frame-ancestors 'none'" in usual.headers["Content-Security-Policy"]
    assert usual.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors *" in framed.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed.headers
    assert "<header" not in framed.get_data(as_text=True)


def test_a_key_sees_its_own_pages_and_nobody_else_does(site: Site) -> None:
    world, releases = site
    asked = {"measure": "completions", "by": "organisation"}
    assert page(world, "/ko/talents", **asked).status_code == 403
    exact = world.key("BUSAN", "statistics:exact")
    answer = page(world, "/ko/talents", exact, **asked)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Content-Encoding" not in answer.headers
    assert page(world, "/ko/talents", **asked).status_code == 403
    frozen = f"/ko/releases/{releases[0]}"
    assert "이 수치는 정확한 수치를 볼 수 있는 기관에만 보입니다" in text_of(world, frozen)
    assert "이 수치는 정확한 수치를 볼 수 있는 기관에만 보입니다" not in text_of(
        world, frozen, exact
    )


def test_releases_are_listed_newest_first_and_compared(site: Site) -> None:
    world, releases = site
    text = text_of(world, "/ko/releases")
    assert text.index("6월 실적</a>") < text.index("3월 실적</a>")
    both = text_of(world, "/ko/releases/compare", a=releases[0], b=releases[1])
    assert re.search(r'<span class="plus">\+<data value="7">7명</data></span>', both)
    goal, zones = (part.split("</section>")[0] for part in both.split('<section class="card"')[1:3])
    assert "달라진 칸 1개" in goal
    assert "합계" not in goal  # years of a yearly goal are no sum of it
    assert "합계" in zones
    same = text_of(world, "/ko/releases/compare", a=releases[0], b=releases[0])
    assert "달라진 칸이 없습니다." in same
    assert page(world, "/ko/releases/compare").status_code == 302


def test_what_one_release_alone_has_is_not_told_as_hidden(world: World) -> None:
    made = [
        world.busan.post("/releases", {"name": code, "items": [{"goal": code}]})["id"]
        for code in ("TALENT_ANNUAL", "TALENT_TOTAL")
    ]
    text = text_of(world, "/ko/releases/compare", a=made[0], b=made[1])
    for code in ("TALENT_ANNUAL", "TALENT_TOTAL"):
        assert f"‘{code}’에만 있어 견줄 것이 없습니다" in text
    assert "비공개" not in text


def test_no_release_yet_is_said(world: World) -> None:
    assert "아직 발표한 수치가 없습니다" in text_of(world, "/ko/releases")
    assert "아직 공개된 수치가 없습니다" in text_of(world, "/ko/investment")


@pytest.mark.parametrize("count", [DRAWN, pytest.param(ALL, marks=pytest.mark.soak)])
def test_page_api_and_files_show_the_same_number(
    site: Site, count: int, record_property: Any
) -> None:
    world = site.world
    dice, exact = Random(7), world.key("BUSAN", "statistics:exact")
    answered = past = 0
    for number in range(count):
        key = exact if number % 2 else None
        dataset, asked = drawn(dice, open_to_all=key is None)
        area = {"trainees": "talents", "investments": "investment"}[dataset]
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        said = world.app.test_client().get(
            f"/api/v1/statistics/{dataset}", query_string=asked, headers=headers
        )
        shown = page(world, f"/ko/{area}", key, **asked)
        assert shown.status_code == said.status_code, asked
        if said.status_code != 200:
            continue
        answer = said.get_json()
        seen = Seen(shown.get_data(as_text=True))
        by = answer["by"]
        cells = {" ".join(str(c[n]) for n in by): c["value"] for c in answer["cells"]}
        assert (seen.cells, seen.total) == (cells, answer["total"]), asked
        file = page(world, f"/ko/{area}/figures.csv", key, **asked).get_data(as_text=True)
        rows = csv.DictReader(io.StringIO(file.lstrip("\ufeff")))
        values = {" ".join(r[n] for n in by): int(r["value"]) if r["value"] else None for r in rows}
        assert values == cells, asked
        answered += any(value is not None for value in cells.values())
        past += bool(cells) and "as_of" in asked
    record_property(f"of {count} questions answered alike, {past} of them of the past", answered)
    assert answered >= count * 0.3
    assert past >= count * 0.1


def drawn(dice: Random, *, open_to_all: bool) -> tuple[str, dict[str, Any]]:
    """A question of any kind; if for everybody, mostly one that is published."""
    dataset = dice.choice(("trainees", "trainees", "investments"))
    measures = LEDGERS[dataset].measures
    asked: dict[str, Any] = {"measure": dice.choice(measures)}
    if open_to_all:
        asked["measure"] = {"trainees": "trainees", "investments": "disbursed_krw"}[dataset]
        others = ("zone", "field", "organisation", "quarter", "channel", "programme_kind", "month")
        own = [name for name in others if name in dimensions(dataset)]
        asked["by"] = ",".join(["year", *dice.sample(own, dice.randint(0, 1))])
    else:
        asked["by"] = ",".join(dice.sample(dimensions(dataset), dice.randint(1, 3)))
    if dice.random() < 0.3:
        asked["year"] = dice.choice((2024, 2025, 2026))
    if dice.random() < 0.2:
        asked["zone"] = dice.choice(("EAST", "WEST", "CENTRAL"))
    if dice.random() < 0.2:
        asked["from"] = dice.choice(("2024-01", "2025-04", "2025-07"))
    if dice.random() < 0.4:
        asked["as_of"] = dice.choice(("2026-04-10", "2026-05-31", "2026-07-01", "2026-04-09"))
    return dataset, asked


def test_a_page_is_kept_until_something_changes(site: Site) -> None:
    world = site.world
    first = page(world, "/ko/")
    assert first.headers["Cache-Control"] == "public, no-cache"
    again = world.app.test_client().get("/ko/", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    before = Seen(text_of(world, "/ko/talents")).cells["2026"]
    body = {"programme_code": "OS1", "enrolled_on": "2026-06-10", "status": "completed",
            "status_on": "2026-06-10", "trainee": {"name": "새 사람", "birth_date": "1999-03-02"}}  # fmt: skip
    world.btp.post("/enrolments", body)
    assert Seen(text_of(world, "/ko/talents")).cells["2026"] == before + 1
    packed = world.app.test_client().get("/ko/", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.get_data()) * 2 < len(first.get_data())


@pytest.mark.parametrize(
    ("value", "korean", "english"),
    [
        (0, "0원", "0 won"),
        (12_345, "1만 원", "12,345 won"),
        (123_456_789, "1억 2,346만 원", "123.46 million won"),
        (99_995_000, "1억 원", "100 million won"),
        (999_960_000_000, "1조 원", "999.96 billion won"),
        (1_500_000_000_000, "1조 5,000억 원", "1.5 trillion won"),
        (-8_700_000_000, "-87억 원", "-8.7 billion won"),
    ],
)
def test_won_are_read_in_the_words_of_the_language(value: int, korean: str, english: str) -> None:
    app = Flask("numbers")
    languages.install(app)
    for language, words in (("ko", korean), ("en", english)):
        with app.test_request_context(f"/{language}/"):
            assert numbers.won(value) == words


def test_pictures_are_drawn_once_and_kept_within_their_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def draw(text: str, kind: str) -> bytes:
        asked.append(text)
        return bytes(400)

    monkeypatch.setattr(drawing, "_draw", draw)
    kept = drawing.Drawings(room=1000)
    for number in (1, 2, 1, 3, 2, 1):
        kept.drawn({"n": number}, "svg")
    assert [text[-2] for text in asked] == ["1", "2", "3", "2", "1"]
