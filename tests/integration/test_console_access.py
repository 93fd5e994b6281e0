"""Every route with every role and with nobody; signing in; sessions; forged forms; guessed passwords."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.errors import LoginTaken, LoginUnfit, NameMissing, PasswordWeak
from accounts.users import service
from console.web import access, audit_marks
from hotline.context import AppContext
from hotline.models import AuditEntry, User
from hotline.values.access import Role
from hotline.values.language import Language
from tests.support.morning import Morning
from tests.support.staff import Staff, signed_in

EVERYONE: set[str] = {*Role, access.NOBODY}
SIGNED_IN: set[str] = set(Role)
STAFF: set[str] = {Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR}
LEADS: set[str] = {Role.SUPERVISOR, Role.ADMINISTRATOR}
# What each route is meant to be open to. A new route fails the test until it stands here.
MEANT: dict[str, set[str]] = {
    "static": EVERYONE,
    "healthy": EVERYONE,
    "sign_in.show": EVERYONE,
    "sign_in.enter": EVERYONE,
    "sign_in.choose_language": EVERYONE,
    "sign_in.leave": SIGNED_IN,
    "floor.show": STAFF,
    "floor.stream": STAFF,
    "floor.here": STAFF,
    "floor.divided": LEADS,
    "agent.show": STAFF,
    "agent.stream": STAFF,
    "agent.choose": STAFF,
    "agent.back": STAFF,
    "agent.token": STAFF,
    "agent.script": STAFF,
    "calls.listing": STAFF,
    "calls.show_call": STAFF,
    "sound.audio": STAFF,
    "sound.outline": STAFF,
    "sound.original": LEADS,
    "transcripts.download": STAFF,
    "transcripts.correct": LEADS,
    "search.form": STAFF,
    "search.results": STAFF,
    "reviews.listing": STAFF,
    "reviews.show": STAFF,
    "reviews.take": LEADS,
    "reviews.save": LEADS,
    "reviews.publish": LEADS,
    "reviews.release": LEADS,
    "reviews.drop": LEADS,
    "reviews.comment": LEADS,
    "reviews.uncomment": LEADS,
    "reviews.choose": LEADS,
    "verdicts.acknowledge": STAFF,
    "verdicts.appeal": STAFF,
    "verdicts.decide": LEADS,
    "calibrating.listing": LEADS,
    "calibrating.make": LEADS,
    "calibrating.show": LEADS,
    "calibrating.close": LEADS,
    "coach.listing": STAFF,
    "coach.begin": LEADS,
    "coach.done": STAFF,
    "coach.check": LEADS,
    "reporting.show": STAFF,
    "reporting.ask": STAFF,
    "reporting.state": STAFF,
    "reporting.file": STAFF,
    "reporting.samples": LEADS,
    "patients.show": STAFF,
    "cases.listing": STAFF,
    "cases.show": STAFF,
    "cases.comment": STAFF,
    "cases.hand_over": STAFF,
    "cases.move": STAFF,
    "presence.beat": STAFF,
    "presence.leave": STAFF,
    "talk.hang_up": STAFF,
    "talk.hold": STAFF,
    "talk.ask": STAFF,
    "talk.go_on": STAFF,
    "campaigns.listing": LEADS,
    "campaigns.stream": LEADS,
    "campaigns.here": LEADS,
    "campaigns.show": LEADS,
    "campaigns.start": LEADS,
    "campaigns.pause": LEADS,
    "campaigns.undo_stop": LEADS,
    "work.show": LEADS,
    "work.retry": LEADS,
    "work.retry_all": LEADS,
    "identities.listing": LEADS,
    "identities.decide": LEADS,
    "account.show": SIGNED_IN,
    "account.change": SIGNED_IN,
    "account.end_session": SIGNED_IN,
    "staff.show": {Role.ADMINISTRATOR},
    "staff.make": {Role.ADMINISTRATOR},
    "staff.edit": {Role.ADMINISTRATOR},
    "staff.change": {Role.ADMINISTRATOR},
    "staff.reset": {Role.ADMINISTRATOR},
    "staff.set_active": {Role.ADMINISTRATOR},
    "staff.unlock": {Role.ADMINISTRATOR},
    "roster.show": {Role.ADMINISTRATOR},
    "roster.edit": {Role.ADMINISTRATOR},
    "roster.change": {Role.ADMINISTRATOR},
    "audit.show": {Role.AUDITOR},
    "audit.export": {Role.AUDITOR},
    "audit.verify": {Role.AUDITOR},
}


def walk(app: Flask, made: Morning) -> list[tuple[str, str, str]]:
    """Every route as endpoint, method and a path that exists."""
    values = {
        "call_id": made.calls["answered"].id,
        "recording_id": made.sound.id,
        "user_id": "0" * 32,
        "agent_id": "0" * 32,
        "sign_in_id": "0" * 32,
        "proposal_id": "0" * 32,
        **{f"{name}_id": "0" * 32 for name in ("review", "comment", "calibration", "coaching", "report")},
        **{f"{name}_id": "0" * 32 for name in ("case", "campaign", "utterance", "patient", "recipient", "job")},
        "step": "merge",
        "form": "txt",
        "filename": "page.css",
        "name": "phone.js",
    }
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        return [
            (rule.endpoint, method, adapter.build(rule.endpoint, {a: values[a] for a in rule.arguments}))
            for rule in app.url_map.iter_rules()
            for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"})
        ]


def test_every_route_declares_exactly_the_rule_it_is_meant_to_have(app: Flask) -> None:
    declared = {rule.endpoint: set(access.rule(app.view_functions[rule.endpoint])) for rule in app.url_map.iter_rules()}
    assert declared == MEANT


@pytest.mark.parametrize("role", list(Role))
def test_every_route_is_open_to_the_roles_it_names_and_closed_to_others(app: Flask, made: Morning, role: Role) -> None:
    staff = signed_in(app, role)
    token = staff.token()
    for endpoint, method, path in walk(app, made):
        if endpoint == "sign_in.leave":
            continue  # it would end the walk
        answer = staff.client.open(path, method=method, data={"csrf_token": token}, buffered=False)
        answer.close()
        is_open = answer.status_code != 403
        assert is_open == (role in MEANT[endpoint]), f"{role} {method} {path}: {answer.status_code}"


def test_nobody_is_led_to_sign_in_by_pages_and_refused_by_everything_else(app: Flask, made: Morning) -> None:
    staff = Staff(app)
    token = staff.token()
    for endpoint, method, path in walk(app, made):
        if access.NOBODY in MEANT[endpoint]:
            continue
        page = staff.client.open(path, method=method, data={"csrf_token": token}, headers={"Accept": "text/html"})
        other = staff.client.open(path, method=method, data={"csrf_token": token}, headers={"Accept": "*/*"})
        assert other.status_code == 401
        assert page.status_code == (302 if method == "GET" else 401)
        assert method == "POST" or page.location.startswith("/sign-in?next=/")


def test_a_route_without_a_rule_is_closed_to_everyone(app: Flask) -> None:
    app._got_first_request = False
    app.add_url_rule("/forgotten", view_func=lambda: "secret", endpoint="forgotten")
    audit_marks.touches_nothing("it is forgotten")(app.view_functions["forgotten"])
    assert signed_in(app, Role.ADMINISTRATOR).open("/forgotten").status_code == 403


def test_a_route_that_does_not_say_whether_it_touches_patient_data_is_closed_to_everyone(app: Flask) -> None:
    app._got_first_request = False
    app.add_url_rule("/forgotten", view_func=access.allow_everyone(lambda: "secret"), endpoint="forgotten")
    assert signed_in(app, Role.ADMINISTRATOR).open("/forgotten").status_code == 403


def test_a_wrong_password_says_what_to_do_and_signs_nobody_in(app: Flask) -> None:
    staff = Staff(app, languages="en")
    answer = staff.sign_in("supervisor", "not the password")
    assert answer.status_code == 401
    assert "Check both and try again" in answer.text
    assert staff.open("/").status_code == 302


def test_six_wrong_passwords_for_one_name_pause_it_from_every_address_and_no_other_name(app: Flask) -> None:
    codes = [Staff(app, f"192.0.2.{n}").sign_in("supervisor", "wrong").status_code for n in range(6)]
    assert codes == [401] * 5 + [429]
    right = Staff(app, "192.0.2.77").sign_in("supervisor")
    assert right.status_code == 429
    assert "15 分钟" in right.text
    assert 0 < int(right.headers["Retry-After"]) <= 15 * 60
    assert Staff(app).sign_in("administrator").status_code == 302


def test_right_passwords_are_never_counted(app: Flask) -> None:
    assert {Staff(app).sign_in("agent").status_code for _ in range(8)} == {302}


@pytest.mark.parametrize("path", ["/sign-in", "/language", "/sign-out", "/users"])
def test_a_form_without_its_token_changes_nothing(app: Flask, context: AppContext, path: str) -> None:
    staff = signed_in(app, Role.ADMINISTRATOR)
    answer = staff.send(path, token="forged", login="eve", password="0123456789", language="en-US", name="Eve")
    assert answer.status_code == 400
    with context.database.read() as session:
        assert session.scalar(select(User).where(User.login == "eve")) is None
        user = session.scalars(select(User).where(User.login == "administrator")).one()
    assert user.language is Language.MANDARIN
    assert staff.open("/users").status_code == 200


def test_signing_in_leads_back_to_the_page_that_was_wanted(app: Flask) -> None:
    assert Staff(app).sign_in("supervisor", next="/calls?day=all").location == "/calls?day=all"


@pytest.mark.parametrize("trap", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "/\t/x"])
def test_signing_in_never_leads_away_from_the_hotline(app: Flask, trap: str) -> None:
    assert Staff(app).sign_in("supervisor", next=trap).location == "/"


def test_signing_out_ends_the_session(app: Flask) -> None:
    staff = signed_in(app, Role.AGENT)
    assert staff.send("/sign-out").status_code == 302
    assert staff.open("/").status_code == 302


def test_a_user_who_is_shut_out_loses_the_open_session_at_once_and_cannot_come_back(
    app: Flask, context: AppContext
) -> None:
    agent, admin = signed_in(app, Role.AGENT), signed_in(app, Role.ADMINISTRATOR)
    with context.database.read() as session:
        user_id = session.scalars(select(User.id).where(User.login == "agent")).one()
    assert admin.send(f"/users/{user_id}/active", active="no").status_code == 302
    assert agent.open("/").status_code == 302
    assert Staff(app).sign_in("agent").status_code == 401
    assert admin.send(f"/users/{user_id}/active", active="yes").status_code == 302
    assert agent.open("/").status_code == 302, "the old session stays ended"
    assert Staff(app).sign_in("agent").status_code == 302


def test_an_administrator_cannot_shut_themselves_out(app: Flask, context: AppContext) -> None:
    with context.database.read() as session:
        user_id = session.scalars(select(User.id).where(User.login == "administrator")).one()
    admin = signed_in(app, Role.ADMINISTRATOR)
    assert admin.send(f"/users/{user_id}/active", active="no").status_code == 400
    assert admin.open("/users").status_code == 200


def test_an_administrator_makes_a_user_who_can_sign_in_and_it_is_logged(app: Flask, context: AppContext) -> None:
    admin = signed_in(app, Role.ADMINISTRATOR)
    form = {"login": "New.One", "password": "seven quiet rivers", "name": "新人", "role": "agent", "language": "en-US"}
    assert admin.send("/users", **form).status_code == 302
    assert Staff(app).sign_in("new.one", "seven quiet rivers").status_code == 302
    with context.database.read() as session:
        user = session.scalars(select(User).where(User.login == "new.one")).one()
        looks = session.scalars(
            select(AuditEntry).where(AuditEntry.subject_id == user.id).order_by(AuditEntry.at)
        ).all()
    assert user.password.startswith("$argon2id$")
    assert [look.action for look in looks] == ["create_user", "signed_in"]


def test_a_form_that_cannot_be_done_comes_back_filled_in_and_without_the_password(app: Flask) -> None:
    admin = signed_in(app, Role.ADMINISTRATOR)
    form = {"login": "agent", "password": "kept-secret-1", "name": "双", "role": "agent", "language": "zh-CN"}
    answer = admin.send("/users", **form)
    assert answer.status_code == 422
    assert "已有人使用" in answer.text
    assert 'value="双"' in answer.text
    assert "kept-secret-1" not in answer.text


@pytest.mark.parametrize(
    ("login", "password", "name", "error"),
    [
        ("agent", "0123456789", "A", LoginTaken),
        ("x", "0123456789", "A", LoginUnfit),
        ("a b", "0123456789", "A", LoginUnfit),
        ("fine", "012345678", "A", PasswordWeak),
        ("fine", "0123456789", " ", NameMissing),
    ],
)
def test_a_user_who_cannot_be_is_refused_with_the_reason(
    context: AppContext, made: Morning, login: str, password: str, name: str, error: type[Exception]
) -> None:
    assert made.agents
    with pytest.raises(error):
        service.create(context.database, login, password, name, Role.AGENT)


def test_pages_are_never_kept_and_run_nothing_foreign(app: Flask) -> None:
    answer = signed_in(app, Role.AGENT).open("/")
    policy = answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", answer.text), "nothing is inline"


def test_the_session_cookie_is_out_of_reach_of_scripts_and_of_other_sites(app: Flask) -> None:
    cookie = Staff(app).sign_in("agent").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    ("wanted", "word"), [("zh-TW,zh", "登录"), ("en-GB,en", "Sign in"), ("de", "Sign in"), ("", "登录")]
)
def test_the_sign_in_page_speaks_the_language_of_the_browser(app: Flask, wanted: str, word: str) -> None:
    assert f"<title>{word}" in Staff(app, languages=wanted).open("/sign-in").text


def test_a_chosen_language_stays_with_the_user(app: Flask) -> None:
    staff = signed_in(app, Role.SUPERVISOR)
    assert staff.send("/language", language="en-US", next="/calls").location == "/calls"
    assert "<title>Calls" in staff.open("/calls").text
    assert "<title>Calls" in signed_in(app, Role.SUPERVISOR).open("/calls").text
