"""People who sign in: roles as data, passwords, the second factor, locks, sessions and links."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from registry.access.models import ORGANISATION_KINDS, AccessLog
from registry.access.principal import CITY_SCOPES, SCOPES, operator
from registry.accounts import acts, links, passwords, queries, service, sessions, signing_in
from registry.accounts.models import Account, OneTimeLink, Session
from registry.accounts.roles import kinds, roles, scopes_of
from registry.cli import main
from registry.core.problems import DomainError, Invalid
from registry.core.work import Work
from registry.revisions.models import History, Revision
from registry.revisions.verification import verify_history, verify_log
from registry.rotation import rotate
from registry.statistics.verification import all_postings
from tests.accounts import PASSWORD, Person, invited, offered, person
from tests.conftest import make_settings
from tests.live import environment_of

if TYPE_CHECKING:
    from registry.accounts.sessions import Signed
    from registry.core.clock import ManualClock
    from registry.core.parts import Registry
    from tests.client import World

AT = {"address": "203.0.113.7", "browser": "Firefox"}
README = Path(__file__).parent.parent / "README.md"


def look(parts: Registry, cookie: str) -> Signed | None:
    with parts.database.reading() as work:
        return sessions.signed_in(work, cookie, parts.settings)


def signed(parts: Registry, who: Person) -> tuple[str, Signed]:
    """Both steps of signing in; what the cookie holds then, and what it opens."""
    parts.clock.put(parts.clock.now() + timedelta(seconds=60))  # a code is taken once
    first, stage = signing_in.give_password(parts, who.name, who.password, **AT)
    assert stage == "password"
    half = look(parts, first)
    assert half is not None
    cookie = signing_in.give_code(parts, half, who.code(parts), **AT)
    found = look(parts, cookie)
    assert found is not None
    assert found.is_complete
    return cookie, found


def refused(code: str, act: Any, *args: Any, **named: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        act(*args, **named)
    flaws = [flaw.code for flaw in caught.value.flaws]
    assert code in (caught.value.code, *flaws)
    return caught.value


def test_no_role_holds_what_its_organisations_kind_may_not():
    assert set(kinds()) == set(ORGANISATION_KINDS)
    for kind, scopes in kinds().items():
        assert scopes <= set(SCOPES)
        assert kind == "city" or not scopes & CITY_SCOPES, kind
    for role in roles().values():
        assert role.scopes <= set(SCOPES)
        for kind in ORGANISATION_KINDS:
            assert scopes_of(role.code, kind) <= kinds()[kind]
    assert scopes_of("auditor", "training_institution") == {"audit:read"}
    assert scopes_of("officer", "training_institution") == set()
    assert "admin" not in scopes_of("auditor", "city")


def test_the_readme_says_which_role_may_do_what():
    assert acts.table() in README.read_text("utf-8")


def test_an_invitation_is_taken_up_once_and_opens_the_door(world: World):
    parts = world.parts
    secret = invited(parts, world.ids["PNU"], "PNU-Desk", "registrar")
    said = {"password": PASSWORD, "again": PASSWORD, "code": "000000"}
    refused("code-wrong", links.take_up, parts, secret, said, needs_factor=True, request_id="")
    code = pyotp.TOTP(offered(parts, secret)).at(int(parts.clock.now().timestamp()))
    links.take_up(parts, secret, said | {"code": code}, needs_factor=True, request_id="")
    refused("link-spent", links.take_up, parts, secret, said, needs_factor=True, request_id="")
    who = Person(None, "pnu-desk", PASSWORD, "")
    _, stage = signing_in.give_password(parts, who.name, PASSWORD, **AT)
    assert stage == "password"
    with parts.database.reading() as work:
        kept = queries.account_named(work.session, "pnu-desk")
        assert kept is not None
        assert kept.password is not None
        assert kept.password.startswith("$argon2id$")
        acted = work.session.scalars(select(Revision).order_by(Revision.number.desc())).first()
        assert acted is not None
        assert (acted.action, acted.actor) == ("account.set-password", "PNU/@pnu-desk")


def test_a_link_expires(world: World, clock: ManualClock):
    secret = invited(world.parts, world.ids["PNU"], "late", "auditor")
    clock.put(clock.now() + timedelta(hours=72, seconds=1))
    with world.parts.database.reading() as work:
        refused("link-spent", links.opened, work, secret)
        refused("link-spent", links.opened, work, "made-up")


def test_poor_passwords_are_refused_and_all_mistakes_are_told():
    assert passwords.flaws_of("short", "desk")[0].code == "password-length"
    assert passwords.flaws_of("abababababababab", "desk")[0].code == "password-easy"
    assert passwords.flaws_of("my-DESK-is-my-castle", "desk")[0].code == "password-easy"
    assert passwords.flaws_of(PASSWORD, "desk") == []


def test_the_principal_of_a_session_is_that_of_a_key_with_the_accounts_name(world: World):
    who = person(world, "PNU", "registrar")
    _, session = signed(world.parts, who)
    principal = session.principal
    assert principal.scopes == scopes_of("registrar", "training_institution")
    assert principal.organisations == (world.ids["PNU"],)
    assert principal.label == "PNU/@pnu-registrar"
    assert principal.key_id == who.id
    with world.parts.database.reading(principal) as work:
        refused("forbidden", queries.accounts_of, work, world.ids["PNU"])
    assert isinstance(work, Work)


def test_what_is_wrong_is_never_said_and_five_failures_lock(world: World, clock: ManualClock):
    parts, who = world.parts, person(world, "PNU", "registrar")
    unknown = refused("sign-in-refused", signing_in.give_password, parts, "nobody", "x", **AT)
    for _ in range(5):
        wrong = refused("sign-in-refused", signing_in.give_password, parts, who.name, "x", **AT)
        assert (wrong.code, wrong.facts) == (unknown.code, unknown.facts)
    refused("sign-in-refused", signing_in.give_password, parts, who.name, who.password, **AT)
    clock.put(clock.now() + timedelta(minutes=15))
    assert signing_in.give_password(parts, who.name, who.password, **AT)[1] == "password"


def test_codes_are_counted_too_and_none_is_taken_twice(world: World, clock: ManualClock):
    parts, who = world.parts, person(world, "PNU", "registrar")
    cookie, _ = signed(parts, who)
    code = who.code(parts)
    half = look(parts, signing_in.give_password(parts, who.name, who.password, **AT)[0])
    assert half is not None
    refused("code-wrong", signing_in.give_code, parts, half, code, **AT)
    assert look(parts, cookie) is not None, "another session is left alone"
    for _ in range(4):
        refused("code-wrong", signing_in.give_code, parts, half, "123456", **AT)
    clock.put(clock.now() + timedelta(seconds=60))
    refused("sign-in-refused", signing_in.give_code, parts, half, who.code(parts), **AT)
    assert look(parts, cookie) is not None


def test_half_a_sign_in_changes_its_secret_when_completed(world: World):
    parts, who = world.parts, person(world, "PNU", "registrar")
    first, _ = signing_in.give_password(parts, who.name, who.password, **AT)
    half = look(parts, first)
    assert half is not None
    assert not half.is_complete
    parts.clock.put(parts.clock.now() + timedelta(seconds=60))
    second = signing_in.give_code(parts, half, who.code(parts), **AT)
    assert look(parts, first) is None
    assert look(parts, second) is not None


def test_a_session_ends_when_idle_and_at_last_however_busy(world: World, clock: ManualClock):
    parts, who = world.parts, person(world, "PNU", "registrar")
    cookie, _ = signed(parts, who)
    for _ in range(25):
        clock.put(clock.now() + timedelta(minutes=29))
        held = look(parts, cookie)
        if held is None:
            break
        sessions.seen(parts, held, clock.now())
    assert timedelta(hours=11) < timedelta(minutes=29 * (_ + 1)) <= timedelta(hours=12, minutes=5)
    cookie, _session = signed(parts, who)
    clock.put(clock.now() + timedelta(minutes=30))
    assert look(parts, cookie) is None


def test_sessions_are_listed_and_ended_one_by_one(world: World):
    parts, who = world.parts, person(world, "PNU", "registrar")
    one, first = signed(parts, who)
    other, _ = signed(parts, who)
    with parts.database.reading() as work:
        assert len(queries.sessions_of(work.session, who.id)) == 2
    stranger = person(world, "PNU", "manager")
    sessions.end(parts, stranger.id, first.id)
    assert look(parts, one) is not None, "nobody ends another's session"
    sessions.end(parts, who.id, first.id)
    assert (look(parts, one), look(parts, other) is not None) == (None, True)


def test_a_manager_manages_the_own_people_and_gives_no_more_than_it_holds(world: World):
    parts = world.parts
    _, manager = signed(parts, person(world, "PNU", "manager"))
    stranger = person(world, "BTP", "registrar")
    desk = person(world, "PNU", "registrar")
    cookie, _ = signed(parts, desk)
    with parts.database.writing(manager.principal) as work:
        refused("not-found", service.reset, work, stranger.id, 72)
        refused("not-found", service.invite, work, world.ids["BTP"], "new-one", "auditor", 72)
        refused("role-not-for-kind", service.invite, work, world.ids["PNU"], "new", "officer", 72)
        refused(
            "account-name-taken", service.invite, work, world.ids["PNU"], desk.name, "auditor", 72
        )
        refused("account-name", service.invite, work, world.ids["PNU"], "김하늘", "auditor", 72)
        refused("own-account", service.disable, work, manager.account_id)
    with parts.database.writing(manager.principal) as work:
        _, secret = service.reset(work, desk.id, 72)
    assert look(parts, cookie) is None
    refused("sign-in-refused", signing_in.give_password, parts, desk.name, PASSWORD, **AT)
    with parts.database.reading() as work:
        assert links.opened(work, secret)[1].name == desk.name
    with parts.database.writing(manager.principal) as work:
        service.disable(work, desk.id)
    with parts.database.reading() as work:
        refused("link-spent", links.opened, work, secret)


def test_an_auditor_of_the_city_may_not_make_managers_of_a_reset(world: World):
    parts = world.parts
    officer = person(world, "BUSAN", "officer")
    _, session = signed(parts, officer)
    with parts.database.writing(session.principal) as work:
        refused("forbidden", service.reset, work, officer.id, 72)
    with parts.database.writing(operator("weak", ("keys:manage", "admin"))) as work:
        refused("scope-not-held", service.reset, work, officer.id, 72)


def test_accounts_are_records_and_their_secrets_are_no_part_of_the_history(world: World):
    parts, who = world.parts, person(world, "PNU", "registrar")
    with parts.database.writing(operator("test")) as work:
        service.change_role(work, who.id, "auditor")
    with parts.database.reading() as work:
        past = work.session.scalars(select(History).where(History.record_id == who.id)).all()
        assert [h.values["role"] for h in past] == ["registrar", "registrar"]
        text = json.dumps([h.values for h in past])
        assert "argon2" not in text
        assert "factor_at" in text
        assert list(verify_log(work.session, posted=all_postings(work.session))) == []
        assert list(verify_history(work.session)) == []
        assert work.session.scalars(select(AccessLog)).all() == []
    assert rotate(parts)["account"] == {"keys": 1, "rewrapped": 0}


def test_nothing_of_a_secret_is_kept_readable(world: World):
    parts = world.parts
    secret = invited(parts, world.ids["PNU"], "third", "registrar")
    who = person(world, "PNU", "registrar")
    cookie, _ = signed(parts, who)
    with parts.database.reading() as work:
        kept = [
            {column.name: getattr(row, column.key) for column in model.__table__.columns}
            for model in (Account, OneTimeLink, Session)
            for row in work.session.scalars(select(model))
        ]
    told = repr(kept)
    assert all(each not in told for each in (secret, cookie, who.secret, PASSWORD))


def test_a_second_factor_is_not_switched_off_in_production(monkeypatch: pytest.MonkeyPatch):
    from dataclasses import replace

    from registry.settings import SettingsError

    settings = replace(make_settings("sqlite:///x.db"), second_factor=False)
    settings.check()
    with pytest.raises(SettingsError, match="SECOND_FACTOR"):
        replace(settings, environment="production").check()


def test_forms_are_bound_to_their_browser(world: World):
    keyring = world.parts.keyring
    token = sessions.form_token(keyring, "one")
    assert sessions.form_is_ours(keyring, "one", token)
    assert not sessions.form_is_ours(keyring, "other", token)
    assert not sessions.form_is_ours(keyring, "", sessions.form_token(keyring, ""))


def test_the_operator_invites_resets_and_closes(world: World, database_url: str):
    environment = environment_of(make_settings(database_url))

    def run(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(main, ("account", *arguments), env=environment)
        assert result.exit_code == code, result.output
        return result.stdout if code == 0 else result.output

    link = run("invite", "PNU", "pnu-desk", "registrar", "--url", "https://reg.example/").strip()
    assert link.startswith("https://reg.example/ko/console/welcome/")
    with world.parts.database.reading() as work:
        assert links.opened(work, link.rpartition("/")[2])[1].role == "registrar"
    assert "role-not-for-kind" in run("invite", "PNU", "x-y-z", "officer", code=1)
    assert "Another account" in run("invite", "BTP", "pnu-desk", "auditor", code=1)
    assert "no organisation" in run("invite", "NOWHERE", "a-b-c", "auditor", code=1)
    assert json.loads(run("reset", "pnu-desk", "--json"))["link"].rpartition("/")[2] not in link
    run("disable", "pnu-desk")
    assert json.loads(run("list", "--json"))[0]["disabled_at"]
    assert "account-disabled" in run("reset", "pnu-desk", code=1)


def test_wrong_input_is_told_in_one_answer(world: World):
    secret = invited(world.parts, world.ids["PNU"], "fourth", "registrar")
    said = {"password": "short", "again": "other", "code": ""}
    with pytest.raises(Invalid) as caught:
        links.take_up(world.parts, secret, said, needs_factor=True, request_id="")
    assert [flaw.code for flaw in caught.value.flaws] == [
        "password-length", "passwords-differ", "code-wrong",
    ]  # fmt: skip
