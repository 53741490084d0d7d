"""The pages behind the sign-in, without scripts: who may, what is done, and what is never lost."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest

import registry
from registry.access.principal import SCOPES, operator
from registry.accounts.acts import acts
from registry.accounts.roles import roles, scopes_of
from registry.codes.service import load_codes
from registry.imports.datasets import DATASETS
from registry.openapi import _app
from registry.web.console.naming import deed_text, scope_text
from tests.accounts import PASSWORD, invited, offered, person
from tests.client import USUAL, Client
from tests.money import BILLION, deal, figures, startup
from tests.test_imports import line, text
from tests.test_programmes import AI1
from tests.visiting import Visit, visit

if TYPE_CHECKING:
    from tests.client import World

PERSON = {"name": "김하늘", "birth_date": "1999-03-02", "mobile": "010-1234-5678"}
DEED = re.compile(r"action\b|log_access\(|\bact = |ACTION|_changed\(work")
ENROLLED = {
    "programme_code": "AI1", "trainee": PERSON, "enrolled_on": "2030-03-02", "status": "enrolled",
}  # fmt: skip


def pages() -> list[tuple[str, str, str]]:
    """Every method, address and act of the console."""
    app = _app()
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if getattr(view, "_access", "") == "console":
            method = next(iter(rule.methods - {"HEAD", "OPTIONS"}))
            path = rule.rule.replace("/<any(ko, en):language>/console", "")
            path = re.sub(r"<uuid:\w+>", str(uuid4()), path)
            found.append((method, re.sub(r"<string:\w+>", "nothing", path), view._act))
    return sorted(found)


PAGES = pages()


def test_every_page_and_form_knows_whose_it_is():
    assert len(PAGES) > 50
    assert {act for _, _, act in PAGES} == set(acts())
    app = _app()
    below = [r for r in app.url_map.iter_rules() if "/console" in r.rule]
    assert all(hasattr(app.view_functions[rule.endpoint], "_access") for rule in below)


def test_nobody_gets_in_and_no_role_goes_where_it_may_not(world: World):
    nobody = world.app.test_client()
    for method, path, _ in PAGES:
        answer = nobody.open(f"/ko/console{path}", method=method)
        assert answer.status_code == 303, (method, path)
        assert "/sign-in" in answer.headers["Location"]
    wrong = []
    for organisation, (kind, _) in {k: USUAL[k] for k in ("PNU", "BIPA", "BUSAN")}.items():
        for role in (r for r in roles().values() if kind in r.kinds):
            seen = visit(world, organisation, role.code)
            held = scopes_of(role.code, kind)
            for method, path, act in PAGES:
                if method == "POST" and act == "own":
                    continue
                allowed = set(acts()[act].scopes) <= held
                answer = seen.http.open(f"/ko/console{path}", method=method)
                # A form without its token is refused too, but as one that may be sent again.
                told = (
                    "form" if "다시 보내야" in answer.text or "세션의 것이" in answer.text else ""
                )
                refused = answer.status_code == 403 and not told
                if refused == allowed or answer.status_code >= 500:
                    wrong.append((organisation, role.code, method, path, answer.status_code))
    assert wrong == []


def test_the_menu_shows_only_what_opens(world: World):
    for organisation, role in (("PNU", "registrar"), ("BIPA", "manager"), ("BUSAN", "officer")):
        for language in ("ko", "en"):
            seen = Visit(world, language)
            seen.sign_in(
                person(world, organisation, role, name=f"{organisation}-{language}".lower())
            )
            menu = seen.open("/").split('<nav class="console"')[1].split("</nav>")[0]
            addresses = re.findall(r'href="([^"]+)"', menu)
            assert len(addresses) >= 4
            for address in addresses:
                shown = seen.open(address)
                if language == "en":
                    plain = re.sub(r"<[^>]+>", " ", shown.split("<main")[1])
                    plain = re.sub(r"lang=.ko.|한국어|부산\S*|기관", "", plain)
                    assert len(re.findall("[가-힣]{2,}", plain)) < 60, address


def test_an_invitation_leads_to_a_first_sign_in(world: World):
    secret = invited(world.parts, world.ids["PNU"], "pnu-desk", "registrar")
    seen = Visit(world)
    shown = seen.open(f"/welcome/{secret}")
    assert "<svg" in shown
    assert "style=" not in shown
    shown = seen.send(f"/welcome/{secret}", 422, password="short", again="other", code="1")
    assert shown.count('class="wrong"') == 3
    assert "short" not in shown
    import pyotp

    phone = pyotp.TOTP(offered(world.parts, secret))
    code = phone.at(int(world.parts.clock.now().timestamp()))
    seen.send(f"/welcome/{secret}", password=PASSWORD, again=PASSWORD, code=code)
    assert "계정이 준비되었습니다" in seen.text
    world.parts.clock.put(world.parts.clock.now() + timedelta(seconds=60))
    seen.send("/sign-in", name="PNU-desk", password=PASSWORD)
    seen.send("/second-factor", code=phone.at(int(world.parts.clock.now().timestamp())))
    assert "살펴볼 것" in seen.text
    seen.open("/account")
    seen.send("/sign-out")
    assert "로그아웃했습니다" in seen.text
    assert "/sign-in" in seen.http.get("/ko/console/").headers["Location"]
    seen.open(f"/welcome/{secret}", 404)


def test_a_form_of_another_browser_changes_nothing(world: World):
    seen, other = visit(world, "PNU", "manager"), visit(world, "BTP", "manager")
    seen.open("/keys")
    seen.text = other.open("/keys")
    shown = seen.send("/keys", 403, name="stolen", scopes="trainees:read")
    assert 'value="stolen"' in shown, "what was typed is kept"
    assert "stolen" not in str(world.pnu.get(f"/organisations/{world.ids['PNU']}/keys"))


def test_what_was_typed_outlives_the_session(world: World):
    who = person(world, "PNU", "manager")
    seen = Visit(world)
    seen.sign_in(who)
    seen.open("/keys")
    world.parts.clock.put(world.parts.clock.now() + timedelta(hours=2))
    shown = seen.send("/keys", 403, name="학사 프로그램", scopes="trainees:read")
    assert 'name="name" value="학사 프로그램"' in shown
    seen.sign_in(who)
    seen.text = ""
    shown = seen.send("/keys", 403, name="학사 프로그램", scopes="trainees:read")
    assert 'value="학사 프로그램"' in shown, "the form as it was left"
    assert 'value="trainees:read" checked' in shown
    assert "rk_" in seen.send("/keys", name="학사 프로그램", scopes="trainees:read")


def test_the_way_back_after_signing_in_stays_on_this_site(world: World):
    who = person(world, "PNU", "manager")
    seen = Visit(world)
    seen.sign_in(who)
    for path in ("//evil.example/ko/", "https://evil.example/ko/", "/ko/\\evil.example", "/api/v1"):
        shown = seen.open(f"/sign-in?next={path}")
        assert "evil" not in re.search(r'name="next" value="([^"]*)"', shown).group(1)  # type: ignore[union-attr]
    assert 'value="/ko/console/keys"' in seen.open("/sign-in?next=/ko/console/keys")


def test_headers_keep_pages_private_and_scripts_out(world: World):
    seen = visit(world, "PNU", "manager")
    seen.open("/keys")
    assert seen.answer is not None
    headers = seen.answer.headers
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    cookie = visit(world, "BTP", "manager").http.get_cookie("registry-session")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"


def count(world: World) -> int:
    answer = world.busan.get("/statistics/trainees", measure="trainees")
    total: int = answer["total"]
    return total


def test_a_file_goes_its_steps_and_back(world: World):
    world.pnu.post("/programmes", AI1)
    seen = visit(world, "PNU", "manager")
    seen.open("/uploads")
    shown = seen.upload(b"", "", 422, dataset="enrolments", reason="사유 하나")
    assert 'value="사유 하나"' in shown, "what was typed is kept"
    assert '<option value="enrolments" selected>' in shown
    good, bad = [line(n) for n in range(3)], line(7, born="내일")
    shown = seen.upload(text(*good, bad).encode(), "수강.csv", dataset="enrolments")
    assert re.search(r'<th [^>]*scope="row"[^>]*>5</th>', shown), "the sheet's own row number"
    assert "생년월일" in shown
    assert "3행만 반영하기" in shown
    assert count(world) == 0
    marked = seen.http.get(re.search(r'"(/[^"]+/annotated)"', shown).group(1))  # type: ignore[union-attr]
    assert marked.headers["Content-Disposition"] == (
        f"attachment; filename*=UTF-8''{quote('수강.annotated.csv')}"
    )
    assert "내일" in marked.get_data(as_text=True)
    seen.open("/uploads")
    shown = seen.upload(text(*good).encode("cp949"), "수강 고침.csv", dataset="enrolments")
    assert "3행 반영하기" in shown
    address = seen.answer.request.path  # type: ignore[union-attr]
    assert "확인을 기다리는 파일" in seen.open("/")
    seen.open(address)
    shown = seen.send(f"{address}/commit")
    assert "변경 번호" in shown
    assert count(world) == 3
    shown = seen.send(f"{address}/undo", reason="잘못 올림")
    assert re.search(r"minus.*-3", shown), "what it will change is said first"
    assert count(world) == 3
    seen.confirm()
    assert "되돌렸습니다" in seen.text
    assert count(world) == 0
    newest = world.pnu.get("/revisions", sort="-number", limit=1)["items"][0]
    assert newest["actor"] == "PNU/@pnu-manager"


def test_columns_that_are_not_understood_are_mapped_and_the_file_read_anew(world: World):
    world.pnu.post("/programmes", AI1)
    seen = visit(world, "PNU", "registrar")
    rows = text(*(line(n) for n in range(2)))
    odd = rows.replace("성명", "누구").replace("생년월일", "태어난 때").replace("상태일", "언제")
    seen.open("/uploads")
    shown = seen.upload(odd.encode(), "수강.csv", dataset="enrolments")
    address = seen.answer.request.path  # type: ignore[union-attr]
    assert "열 맞추기" in shown
    assert "열을 찾지 못했습니다" in shown
    assert "반영할 수 있는 행이 없습니다" in shown
    assert "2행 반영하기" not in shown
    headers = re.findall(r'<label for="column-(\d+)">([^<]+)</label>', shown)
    assert {"누구", "태어난 때", "언제", "과정코드"} <= {name for _, name in headers}
    right = {"누구": "trainee.name", "태어난 때": "trainee.birth_date", "언제": "status_on"}
    said = {}
    for at, header in headers:
        was = re.search(rf'id="column-{at}".*?(?:value="([^"]+)" selected|</select>)', shown)
        said[f"column__{at}"] = right.get(header, was.group(1) or "")  # type: ignore[union-attr]
    twice = said | dict.fromkeys(list(said)[:2], "trainee.name")
    assert "열은 같은 항목입니다" in seen.send(f"{address}/columns", 422, **twice)
    shown = seen.send(f"{address}/columns", **said)
    assert "2행 반영하기" in shown
    seen.send(f"{address}/commit")
    assert count(world) == 2
    seen.send(f"{address}/columns", 409, **said)


def test_a_file_of_which_no_header_is_understood_can_be_mapped_too(world: World):
    world.pnu.post("/programmes", AI1)
    seen = visit(world, "PNU", "registrar")
    names = "번호,반,사람,때어남,전화기,들어옴,됨,됨날"
    body = names + "\r\n" + text(line(1)).split("\r\n", 1)[1]
    seen.open("/uploads")
    shown = seen.upload(body.encode(), "이상한.csv", dataset="enrolments")
    address = seen.answer.request.path  # type: ignore[union-attr]
    assert "제목 행" in shown
    fields = (
        "external_id", "programme_code", "trainee.name", "trainee.birth_date", "trainee.mobile",
        "enrolled_on", "status", "status_on",
    )  # fmt: skip
    headers = dict(re.findall(r'<label for="column-(\d+)">([^<]+)</label>', shown))
    place = names.split(",").index
    said = {f"column__{at}": fields[place(name)] for at, name in headers.items()}
    assert len(said) == len(fields)
    assert "1행 반영하기" in seen.send(f"{address}/columns", **said)


def test_a_registrar_sends_but_does_not_take_back(world: World):
    world.pnu.post("/programmes", AI1)
    seen = visit(world, "PNU", "registrar")
    seen.open("/uploads")
    seen.upload(text(line(1)).encode(), "a.csv", dataset="enrolments")
    address = seen.answer.request.path  # type: ignore[union-attr]
    shown = seen.send(f"{address}/commit")
    assert f"{address}/undo" not in shown
    seen.send(f"{address}/undo", 403)
    assert count(world) == 1


def test_a_person_is_found_corrected_and_the_reading_is_logged(world: World):
    world.pnu.post("/programmes", AI1)
    enrolled = world.pnu.post("/enrolments", ENROLLED)
    seen = visit(world, "PNU", "registrar")
    seen.open("/people")
    assert "김하늘" in seen.text
    shown = seen.send("/people", name="김하늘", birth_date="1999-03-02", mobile="")
    address = f"/ko/console/enrolments/{enrolled['id']}"
    assert address in shown
    seen.open(address)
    version = re.search(r'name="version" value="(\d+)"', seen.text).group(1)  # type: ignore[union-attr]
    was = {"was__status": "enrolled", "was__status_on": "2030-03-02", "version": version}
    shown = seen.send(address, 422, status="completed", status_on="2032-01-01", **was)
    assert 'aria-invalid="true"' in shown
    assert 'value="2032-01-01"' in shown
    seen.send(address, status="completed", status_on="2030-12-20", **was)
    assert "바로잡았습니다" in seen.text
    assert count(world) == 1
    shown = seen.send(address, 412, status="withdrawn", status_on="2030-12-21", **was)
    assert 'value="2030-12-21"' in shown, "a stale form keeps what was typed"
    newer = str(int(version) + 1)
    shown = seen.send(f"{address}/void", reason="두 번 입력함", version=newer)
    assert "-1" in shown
    assert count(world) == 1
    seen.confirm()
    assert count(world) == 0
    read = {row["act"] for row in world.pnu.get("/access-log")["items"]}
    assert {"trainee.search", "enrolment.read", "enrolments.list"} <= read
    other = visit(world, "BTP", "registrar")
    other.open(address, 404)


def plain(shown: str) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", shown.split("<main", 1)[-1]))


def test_a_whole_cohort_is_completed_at_once(world: World):
    seen = visit(world, "PNU", "registrar")
    seen.open("/programmes")
    said = {"code": "AI1", "name": "인공지능 1기", "field": "AI", "district_code": "26410"}
    shown = seen.send("/programmes", 422, **said, capacity="사십")
    assert 'value="사십"' in shown
    ends = {"starts_on": "2030-03-02", "ends_on": "2030-10-30", "capacity": "4"}
    seen.send("/programmes", **said, **ends, kind=AI1["kind"])
    address = seen.answer.request.path  # type: ignore[union-attr]
    for number in range(4):
        trainee = PERSON | {"name": f"김하{'가나다라'[number]}", "mobile": f"010-2222-000{number}"}
        world.pnu.post("/enrolments", ENROLLED | {"trainee": trainee})
    assert "끝난 과정에 아직 수강 중인 사람: 인공지능 1기 4명" in seen.open("/")
    chosen = re.findall(r'name="chosen" value="([^"]+)" checked', seen.open(address))
    assert len(chosen) == 4
    act = f"{address}/cohort"
    done = {"status": "completed", "status_on": "2030-10-30"}
    shown = seen.send(act, 422, **done | {"status_on": "2035-01-01"}, chosen=chosen[:3])
    assert shown.count(" checked") == 3, "an error leaves the ticks as they were"
    assert seen.send(act, 422, **done).count('class="wrong"') == 1
    before = world.nobody.get("/revisions/head")["number"]
    shown = seen.send(act, **done, chosen=chosen[:3], reason="수료식")
    assert "+3" in shown
    assert count(world) == 0, "nothing is done before it is confirmed"
    seen.confirm()
    assert count(world) == 3
    assert world.nobody.get("/revisions/head")["number"] == before + 1, "one act, one revision"
    seen.send(act, 412, **done, chosen=chosen[0])
    assert "4 4 1 3 75" in plain(seen.open("/programmes")), "capacity, registered, left, trained"
    assert "4 75" in plain(seen.open("/figures?year=2030"))
    other = visit(world, "BTP", "registrar")
    other.open(address, 404)
    other.send(act, 404, **done, chosen=chosen[3])


def test_what_the_city_does_not_count_is_told_row_by_row(world: World):
    world.pnu.post("/programmes", AI1)
    for number in range(2):
        person_ = PERSON | {"mobile": f"010-2222-000{number}", "name": f"김하{'나둘'[number]}"}
        world.pnu.post(
            "/enrolments",
            ENROLLED | {"trainee": person_} | ({"status": "completed", "status_on": "2030-12-01"} if number else {}),
        )  # fmt: skip
    seen = visit(world, "PNU", "registrar", "en")
    shown = re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", seen.open("/figures?year=2030&measure=trainees"))
    )
    assert "Records we registered 2" in shown
    assert "Records that count 1" in shown
    assert "Records that do not count 1" in shown
    assert "김하나 인공지능" in shown, "each by the name that people know it by"


def test_a_key_shows_what_its_program_called_and_was_refused_and_no_value(world: World):
    seen = visit(world, "PNU", "manager", "en")
    key = world.key("PNU", "trainees:read", "trainees:write")
    program, page = Client(world.app, key), f"/keys/{UUID(key.split('_')[1])}"
    assert "There are no such calls." in seen.open(page)
    wrong = {"name": "김하늘", "birth_date": "1999-13-02", "010-1234-5678": "?"}
    body = {"programme_code": "AI1", "enrolled_on": "2030-03-02", "trainee": wrong}
    program.refused("POST", "/enrolments", 422, json=body)
    program.refused("GET", f"/trainees/{UUID(int=7)}", 404)
    program.refused("GET", "/revisions", 403)
    program.get("/enrolments")
    world.parts.called.write()
    shown = seen.open(page)
    for told in (
        "GET <code>/api/v1/enrolments</code>", "Answered 200",
        "POST <code>/api/v1/enrolments</code>", "<code>/trainee/birth_date</code>",
        "GET <code>/api/v1/trainees/&lt;uuid:trainee_id&gt;</code>", "/api/v1/problems/forbidden",
    ):  # fmt: skip
        assert told in shown
    assert not any(value in shown for value in ("김하늘", "1999-13-02", "010-1234", "000007"))
    assert shown.index("problems/forbidden") < shown.index("problems/not-found")
    assert "Answered 200" not in seen.open(f"{page}?refused=true")
    shown = seen.open(f"{page}?refused=false")
    assert ("Answered 200" in shown, "problems/forbidden" in shown) == (True, False)
    for _ in range(201):
        program.call("GET", "/revisions")
    world.parts.called.write()
    shown = seen.open(f"{page}?refused=true&limit=200")
    assert shown.count("problems/forbidden") == 200  # the newest are kept
    assert "birth_date" not in shown
    assert "Answered 200" in seen.open(f"{page}?limit=500"), "whatever was refused since"
    assert "다음 쪽" not in shown
    assert "Next page" in seen.open(page)
    visit(world, "BTP", "manager").open(page, 404)


def test_keys_are_shown_once_rotated_and_revoked_after_a_question(world: World):
    seen = visit(world, "PNU", "manager")
    seen.open("/keys")
    shown = seen.send("/keys", 422, name="학사 프로그램")
    assert 'value="학사 프로그램"' in shown
    shown = seen.send("/keys", name="학사 프로그램", scopes="trainees:read")
    secret = re.search(r"rk_[0-9a-f]{32}_[\w-]+", shown).group(0)  # type: ignore[union-attr]
    assert secret not in seen.open("/keys")
    client = Client(world.app, secret)
    assert client.get("/enrolments")["items"] == []
    key = secret.split("_")[1]
    shown = seen.send(f"/keys/{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}/revoke")
    assert "되돌릴 수 없습니다" in shown
    client.get("/enrolments")
    seen.confirm()
    client.refused("GET", "/enrolments", 401)


def test_accounts_are_invited_reset_and_closed(world: World):
    seen = visit(world, "PNU", "manager")
    seen.open("/accounts")
    seen.send("/accounts", 422, name="김하늘", role="registrar")
    assert 'value="김하늘"' in seen.text
    shown = seen.send("/accounts", name="desk-2", role="registrar")
    link = re.search(r"/ko/console/welcome/[\w-]+", shown).group(0)  # type: ignore[union-attr]
    stranger = Visit(world)
    stranger.open(link)
    other = person(world, "PNU", "registrar")
    seen.open("/accounts")
    seen.send(f"/accounts/{other.id}/disable")
    seen.confirm()
    late = Visit(world)
    late.open("/sign-in")
    late.send("/sign-in", 403, name=other.name, password=other.password)
    assert PASSWORD not in late.text
    assert f'value="{other.name}"' in late.text


def test_the_city_sees_what_a_merger_changes_before_it_does(world: World):
    for owner in (world.pnu, world.btp):
        owner.post("/programmes", AI1)
        mobile = "010-1234-5678" if owner is world.pnu else None
        said = PERSON | {"mobile": mobile}
        done = {"status": "completed", "status_on": "2030-12-01", "trainee": said}
        owner.post("/enrolments", ENROLLED | done)
    assert count(world) == 2
    seen = visit(world, "BUSAN", "officer")
    assert "사람 1쌍" in seen.open("/")
    shown = seen.open("/duplicates")
    assert shown.count("김하늘") >= 2
    merge = re.search(r'action="(/ko/console/duplicates/[^"]+/merge)"', shown).group(1)  # type: ignore[union-attr]
    shown = seen.send(merge)
    assert ("김하늘 · PNU 기관" in shown, "김하늘 · BTP 기관" in shown) == (True, True)
    assert re.search(r"minus.*-1", shown)
    assert count(world) == 2
    seen.confirm()
    assert count(world) == 1
    shown = seen.open("/duplicates/links")
    undo = re.search(r'action="(/ko/console/duplicates/links/[^"]+)"', shown).group(1)  # type: ignore[union-attr]
    assert "김하늘 · BTP 기관" in seen.send(undo)
    seen.confirm()
    assert count(world) == 2
    assert any(
        r["act"] == "trainee-duplicates.list" for r in world.busan.get("/access-log")["items"]
    )
    seen.open("/duplicates")
    seen.send(form(seen, "dismiss"))
    assert "판정을 기다리는 쌍이 없습니다" in seen.confirm()
    seen.open("/duplicates?state=dismissed")
    assert "그 쌍은 다시 판정을 기다립니다" in seen.send(form(seen, "reopen"))
    assert form(seen, "merge") == merge
    assert count(world) == 2


def test_the_city_ends_and_undoes_that_money_is_counted_once(world: World):
    company = startup(world.bipa)["id"]
    world.bipa.post("/investments", deal(company))
    world.bepa.post("/investments", deal(company, contracted_on="2026-03-03"))
    seen = visit(world, "BUSAN", "officer", "en")
    assert "it is counted twice now" in seen.open("/duplicates/investments")
    assert "venture_capital" not in seen.text
    pair = re.search(r'href="(/en/console/duplicates/investments/[0-9a-f-]+)"', seen.text).group(1)  # type: ignore[union-attr]
    left, _right = re.findall(r'name="keep" value="([^"]+)"', seen.open(pair))
    shown = seen.send(f"{pair}/merge", 422, keep=left)
    assert f'value="{left}" required checked' in shown, "a refusal loses nothing"
    shown = plain(seen.send(f"{pair}/merge", keep=left, reason="one contract"))
    assert re.search(r"Stays: .+ · paid 0 won Leaves: .+ · paid 0 won", shown)
    assert "-1,000,000,000" in shown
    assert figures(world, "contracted_krw") == {2026: 2 * BILLION}
    assert "only one of them counts" in seen.confirm()
    assert figures(world, "contracted_krw") == {2026: BILLION}
    assert "already decided" in seen.open(pair)
    seen.open("/duplicates/investments?state=merged")
    assert "+1,000,000,000" in seen.send(form(seen, "part"))
    assert "it is counted twice now" in seen.confirm()
    assert figures(world, "contracted_krw") == {2026: 2 * BILLION}
    seen.send(form(seen, "dismiss"))
    assert "No pair waits for a decision" in seen.confirm()
    seen.open("/duplicates/investments?state=dismissed")
    assert "The decision is undone" in seen.send(form(seen, "reopen"))
    assert "it is counted twice now" in seen.text
    seen.open("/revisions")
    assert re.search(r"Investment · decision undone <code[^>]*>investment.reopen", seen.text)


def test_what_programs_call_by_codes_has_words_in_both_languages(world: World):
    lines = [
        line
        for path in Path(registry.__file__).parent.rglob("*.py")
        for line in path.read_text("utf-8").splitlines() if DEED.search(line)
    ]  # fmt: skip
    deeds = set(re.findall(r'"([a-z-]+\.[a-z_-]+)"', "\n".join(lines)))
    deeds |= {f"{noun}.{name}" for noun in ("import", "export") for name in DATASETS}
    assert len(deeds) > 50
    for language, told in (("ko", True), ("en", False)):
        with world.app.test_request_context(f"/{language}/"):
            words = {code: deed_text(code).split(" · ") for code in deeds}
            words |= {scope: [scope_text(scope)] for scope in SCOPES}
        in_korean = {c: all(re.search("[가-힣]", half) for half in w) for c, w in words.items()}
        assert {c: words[c] for c, found in in_korean.items() if found != told} == {}


def form(seen: Visit, act: str) -> str:
    """Where the first form of the page shown that ends so is sent."""
    found = re.search(rf'action="([^"]+/{act})"', seen.text)
    assert found, act
    return found.group(1)


def test_the_city_keeps_goals_releases_and_the_log(world: World):
    seen = visit(world, "BUSAN", "officer", "en")
    seen.open("/goals/RND_SHARE")
    shown = seen.send(
        "/goals/RND_SHARE/observations", 422, period="2029", value="x", source="통계청"
    )
    assert 'value="통계청"' in shown
    evidence = {"evidence_url": "https://kostat.go.kr/1", "note": "표본 조사"}
    seen.send(
        "/goals/RND_SHARE/observations", period="2029", value="29.8", source="통계청", **evidence
    )
    assert "The observation was entered" in seen.text
    assert "29.8" in seen.text
    assert 'href="https://kostat.go.kr/1"' in seen.text
    assert "표본 조사" in seen.text
    seen.open("/goals/TALENT_ANNUAL")
    version = re.search(r'name="version" value="(\d+)"', seen.text).group(1)  # type: ignore[union-attr]
    seen.send(
        "/goals/TALENT_ANNUAL", annual_target="2,100", was__annual_target="2000",
        version=version, reason="조정",
    )  # fmt: skip
    assert world.nobody.get("/goals/TALENT_ANNUAL")["annual_target"] == 2100
    seen.open("/releases")
    seen.send("/releases", 422, name="2030 성과", tables="no_such_table")
    table = "trainees_by_year_district"
    shown = seen.send("/releases", name="2030 성과", goals="TALENT_ANNUAL", tables=table)
    for about in (
        "2030 성과",
        "Digital talents trained per year",
        "People trained by year and district",
    ):
        assert about in shown
    assert world.nobody.get("/releases")["items"] == []
    seen.confirm()
    (made,) = world.nobody.get("/releases")["items"]
    assert made["name"] == "2030 성과"
    goal, frozen = world.nobody.get(f"/releases/{made['id']}")["items"]
    assert goal["question"] == {"goal": "TALENT_ANNUAL"}
    said = {name: frozen["question"][name] for name in ("dataset", "measure", "by")}
    assert said == {"dataset": "trainees", "measure": "trainees", "by": ["year", "district"]}
    assert "BUSAN/@busan-officer" in seen.open("/revisions")
    assert "✓" in seen.text, "the chain holds"
    world.pnu.post("/programmes", AI1)
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", seen.open("/reporting")))
    assert re.search(r"\(PNU\) Training institution ✓", shown)
    assert re.search(r"\(BTP\) Training institution ✕", shown)


def test_the_city_keeps_organisations(world: World):
    seen = visit(world, "BUSAN", "manager")
    seen.open("/organisations")
    shown = seen.send("/organisations", 422, code="NEW", name="새 대학교", kind="")
    assert 'value="새 대학교"' in shown
    seen.send("/organisations", code="NEW", name="새 대학교", kind="training_institution")
    address = seen.answer.request.path  # type: ignore[union-attr]
    was = {
        "was__name": "새 대학교",
        "was__kind": "training_institution",
        "kind": "training_institution",
    }
    seen.send(address, name="더 새 대학교", **was, valid_from="2033-01-01", version="1")
    seen.confirm()
    assert world.busan.get("/organisations", code="NEW")["items"][0]["name"] == "새 대학교"
    assert "더 새 대학교" in plain(seen.text), "the name that is to come stands beside today's"
    shown = seen.send(f"{address}/accounts", name="new-manager", role="manager")
    link = re.search(r"/ko/console/welcome/[\w-]+", shown).group(0)  # type: ignore[union-attr]
    assert "new-manager" in Visit(world).open(link)
    officer = visit(world, "BUSAN", "officer")
    assert "초대하기" not in officer.open(address)
    officer.send(f"{address}/accounts", 403, name="nobody-else", role="manager")
    visit(world, "PNU", "manager").open(address, 403)


def test_the_city_keeps_code_lists_and_all_figures_follow(world: World):
    world.pnu.post("/programmes", AI1)
    world.pnu.post("/enrolments", ENROLLED | {"status": "completed", "status_on": "2030-12-01"})
    seen = visit(world, "BUSAN", "officer")
    seen.open("/codes/fields")
    seen.send("/codes/fields", 409, code="AI", name="또", name_en="Again", counts="true")
    seen.send("/codes/fields", code="WAVE", name="파력", name_en="Waves", counts="false")
    listed = {c["code"]: c for c in world.nobody.get("/codes/fields")["items"]}
    assert listed["WAVE"]["counts"] is False
    kind = f"/codes/programme-kinds/{AI1['kind']}"
    seen.open(kind)
    version = re.search(r'name="version" value="(\d+)"', seen.text).group(1)  # type: ignore[union-attr]
    said = {"counts": "false", "was__counts": "true", "version": version}
    shown = seen.send(kind, 422, **said)
    assert '<option value="false" selected>' in shown, "a refusal loses nothing"
    shown = seen.send(kind, **said, reason="기준 변경")
    assert re.search(r"minus.*-1", shown)
    assert count(world) == 1
    seen.confirm()
    assert count(world) == 0
    seen.send(kind, 412, **said, reason="늦은 사람")
    with world.parts.database.writing(operator("test")) as work:
        load_codes(work)
    listed = {c["code"]: c for c in world.nobody.get("/codes/programme-kinds")["items"]}
    assert listed[AI1["kind"]]["counts"] is False, "what the city decided outlives the next start"
    seen.send("/codes/districts", 404, code="1", name="구", name_en="Gu", counts="true")


def test_the_city_adds_a_zone_scheme_as_a_whole(world: World):
    seen = visit(world, "BUSAN", "officer")
    seen.open("/codes")
    districts = [c["code"] for c in world.nobody.get("/codes/districts")["items"]]
    said = {"scheme": "HALVES", "valid_from": "2031-01-01", "zones": "N, 북, North\nS, 남, South"}
    halves = {f"districts__{code}": "NS"[at % 2] for at, code in enumerate(districts)}
    wrong = halves | {f"districts__{districts[0]}": "X"}
    shown = seen.send("/zones", 422, **said, **wrong)
    assert shown.count('class="wrong"') == 1
    assert 'value="X"' in shown
    seen.send("/zones", 422, **said, **dict.fromkeys(halves, "N"))
    seen.send("/zones", **said, **halves)
    seen.confirm()
    zones = [z for z in world.nobody.get("/codes/zones")["items"] if z["scheme"] == "HALVES"]
    assert [z["code"] for z in zones] == ["N", "S"]
    assert sorted(d for z in zones for d in z["districts"]) == sorted(districts)
    answer = world.busan.get(
        "/statistics/trainees", measure="trainees", by="zone", zone_scheme="HALVES"
    )
    assert answer["total"] == 0
    seen.send("/zones", 409, **said, **halves)


@pytest.fixture
def codes(world: World) -> dict[str, str]:
    """A counting code of each list."""
    names = ("rounds", "instruments", "channels", "investor-kinds")
    return {
        name: next(c["code"] for c in world.nobody.get(f"/codes/{name}")["items"] if c["counts"])
        for name in names
    }


def test_an_agency_registers_pays_and_reverses(world: World, codes: dict[str, str]):
    seen = visit(world, "BIPA", "registrar")
    seen.open("/startups")
    said: dict[str, Any] = {"name": "새싹", "field": "AI", "district_code": "26410"}
    shown = seen.send("/startups", 422, **said)
    assert 'value="새싹"' in shown
    seen.send("/startups", **said, business_number="124-81-00998")
    company = address = seen.answer.request.path  # type: ignore[union-attr]
    deal = {
        "round": codes["rounds"], "instrument": codes["instruments"], "channel": codes["channels"],
        "investor__name": "부산벤처", "investor__kind": codes["investor-kinds"],
        "shares": "new_shares", "contracted_on": "2030-03-02", "contracted_krw": "100,000,000",
    }  # fmt: skip
    shown = seen.send(f"{address}/investments", 422, **deal | {"contracted_on": "2035-01-01"})
    assert 'value="부산벤처"' in shown
    seen.send(f"{address}/investments", **deal)
    address = seen.answer.request.path  # type: ignore[union-attr]
    paid = {"kind": "disbursement", "effective_on": "2030-04-01", "amount_krw": "40,000,000"}
    seen.send(f"{address}/transactions", **paid)
    assert "+40,000,000" in seen.text
    seen.confirm()
    money = world.busan.get("/statistics/investments", measure="disbursed_krw")
    assert money["total"] == 40_000_000
    reversal = re.findall(rf'href="({address}/transactions/[^"]+)"', seen.text)[-1]
    seen.open(reversal)
    seen.send(f"{reversal}/reverse", 422, reason="")
    seen.send(f"{reversal}/reverse", reason="두 번 기록함")
    assert "-40,000,000" in seen.text
    seen.confirm()
    money = world.busan.get("/statistics/investments", measure="disbursed_krw")
    assert money["total"] == 0
    shown = seen.send(f"{address}/transactions", 409, **paid | {"amount_krw": "900,000,000"})
    assert 'value="900,000,000"' in shown, "a refusal loses nothing"
    seen.open("/uploads")
    same = {"business_number": "124-81-00998", "external_id": "X-9"} | {
        name.replace("__", "."): value.replace(",", "") for name, value in deal.items()
    }
    file = "\n".join((",".join(same), ",".join(same.values())))
    seen.upload(file.encode(), "투자.csv", dataset="investments")
    shown = plain(seen.open("/investments/refused"))
    assert re.search("파일 투자.csv · 2행 .*같은 투자가 이미 등록되어 있습니다", shown)
    seen.send(f"{company}/investments", 409, **deal)
    program = Client(world.app, world.key("BIPA", "investments:read", "investments:write"))
    sent = {"startup_id": company.rsplit("/", 1)[1], "contracted_krw": 100_000_000} | {
        name: deal[name]
        for name in ("round", "instrument", "channel", "shares", "contracted_on")
    }  # fmt: skip
    sent["investor"] = {"name": "부산벤처", "kind": codes["investor-kinds"]}
    program.refused("POST", "/investments", 409, "duplicate-investment", json=sent)
    world.parts.called.write()
    shown = plain(seen.open("/investments/refused"))
    assert re.search(r"bipa-registrar 투자 등록 – 이미 등록된 투자입니다", shown), shown
    assert re.search(r"API 키 .* POST /api/v1/investments – 이미 등록된 투자입니다", shown)
    assert "부산벤처" not in shown
    other = visit(world, "BEPA", "registrar")
    assert "그런 것이 없습니다" in other.open("/investments/refused")


def test_the_public_pages_show_whom_they_show_what(world: World):
    seen = visit(world, "BUSAN", "officer")
    shown = seen.http.get("/ko/").text
    assert "업무 화면" in shown
    assert "로그인" in world.app.test_client().get("/ko/").text
    answer = seen.http.get("/ko/talents?measure=trainees&by=organisation&year=2030")
    assert answer.status_code == 200
    assert "private" in answer.headers["Cache-Control"]
