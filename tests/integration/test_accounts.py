"""One's own password, passwords that an administrator gives, and what administrators change of users and agents."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from accounts.errors import AgentTaken, LastAdministrator
from accounts.users import rules, service
from accounts.users.rules import UserDetails
from hotline import clock
from hotline.context import AppContext
from hotline.models import Agent, AuditEntry, User
from hotline.values.access import Role
from hotline.values.language import Language
from hotline.values.states.agent import AgentState, AgentStatus
from routing.agents import roster_service
from tests.integration.rivals import halfway
from tests.support.morning import PASSWORD, Morning, hashed
from tests.support.staff import Staff, signed_in

NEW = "seven quiet rivers"
SECRET = re.compile(r'id="one-time">([^<]+)<')


def user(context: AppContext, login: str) -> User:
    with context.database.read() as session:
        return session.scalars(select(User).where(User.login == login)).one()


def actions(context: AppContext, subject_id: str) -> list[str]:
    with context.database.read() as session:
        looks = session.scalars(
            select(AuditEntry).where(AuditEntry.subject_id == subject_id).order_by(AuditEntry.at, AuditEntry.id)
        )
        return [look.action for look in looks if look.action != "signed_in"]


def another(context: AppContext, login: str, role: Role, **other: Any) -> User:
    """One more user, with the password of all."""
    with context.database.write() as session:
        made = User(login=login, name=login, role=role, password=hashed(), language=Language.ENGLISH, **other)
        session.add(made)
    return made


def change(staff: Staff, old: str = PASSWORD, new: str = NEW, again: str | None = None) -> TestResponse:
    return staff.send("/account/password", old=old, password=new, again=new if again is None else again)


def edit(admin: Staff, who: User, **values: str) -> TestResponse:
    """Send the form as the page shows it, with these changes."""
    page = admin.open(f"/users/{who.id}").text
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    form = {"name": who.name, "role": who.role, "language": who.language, "agent_id": who.agent_id or ""}
    return admin.send(f"/users/{who.id}", **(form | {"seen": seen[1] if seen else ""} | values))


# One's own password


def test_a_user_changes_the_password_and_all_other_sessions_end(app: Flask, context: AppContext) -> None:
    here, elsewhere = signed_in(app, Role.AGENT), signed_in(app, Role.AGENT)
    assert change(here).location == "/account"
    assert here.open("/").status_code == 200, "the session in which it was changed goes on"
    assert elsewhere.open("/").status_code == 302
    assert Staff(app).sign_in("agent").status_code == 401
    assert Staff(app).sign_in("agent", NEW).status_code == 302
    assert actions(context, user(context, "agent").id) == ["change_password"]


@pytest.mark.parametrize(
    ("old", "new", "again", "words"),
    [
        ("not the password", NEW, NEW, "当前密码不正确"),
        (PASSWORD, NEW, NEW + "!", "两次输入的新密码不一致"),
        (PASSWORD, PASSWORD, PASSWORD, "与当前密码相同"),
        (PASSWORD, "kurz-9xQ!", "kurz-9xQ!", "至少 10 个字符"),
        (PASSWORD, "supervisor-12", "supervisor-12", "不能是用户名"),
        (PASSWORD, "SuperVisor", "SuperVisor", "不能是用户名"),
        (PASSWORD, "1qaz2wsx3edc", "1qaz2wsx3edc", "容易被猜到"),
        (PASSWORD, "hospital2026", "hospital2026", "容易被猜到"),
        (PASSWORD, "1990-04-21", "1990-04-21", "容易被猜到"),
        (PASSWORD, "x7-" * 50, "x7-" * 50, "最多 128 个字符"),
    ],
)
def test_a_password_that_is_refused_says_why_and_changes_nothing(
    app: Flask, old: str, new: str, again: str, words: str
) -> None:
    staff = signed_in(app, Role.SUPERVISOR)
    answer = change(staff, old, new, again)
    assert answer.status_code in {401, 422}
    assert words in answer.text
    assert new not in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert Staff(app).sign_in("supervisor").status_code == 302


def test_the_present_password_cannot_be_guessed_on_the_page(app: Flask) -> None:
    staff = signed_in(app, Role.AGENT)
    assert [change(staff, f"guess {n}").status_code for n in range(6)] == [401] * 5 + [429]
    assert change(staff).status_code == 429
    assert change(signed_in(app, Role.SUPERVISOR)).status_code == 302


def test_a_password_that_is_forged_onto_somebody_is_not_taken(app: Flask) -> None:
    staff = signed_in(app, Role.AGENT)
    forged = staff.send("/account/password", token="forged", old=PASSWORD, password=NEW, again=NEW)
    assert forged.status_code == 400
    assert Staff(app).sign_in("agent").status_code == 302


# A password that an administrator gives


def reset(app: Flask, who: User) -> str:
    answer = signed_in(app, Role.ADMINISTRATOR).send(f"/users/{who.id}/password")
    assert answer.status_code == 200
    found = SECRET.search(answer.text)
    assert found
    return found[1]


def test_a_reset_ends_all_sessions_and_shows_the_password_once(app: Flask, context: AppContext) -> None:
    agent, staff = user(context, "agent"), signed_in(app, Role.AGENT)
    secret = reset(app, agent)
    assert staff.open("/").status_code == 302
    assert Staff(app).sign_in("agent").status_code == 401, "the old password is gone"
    admin = signed_in(app, Role.ADMINISTRATOR)
    assert secret not in admin.open(f"/users/{agent.id}").text + admin.open("/users").text
    assert secret not in user(context, "agent").password
    assert actions(context, agent.id) == ["reset_password"]


def test_a_one_time_password_opens_nothing_before_it_is_changed(app: Flask, context: AppContext) -> None:
    secret, staff = reset(app, user(context, "agent")), Staff(app)
    assert staff.sign_in("agent", secret, next="/calls?day=all").status_code == 302
    led = staff.open("/calls?day=all")
    assert led.location == "/account?next=/calls?day%3Dall"
    for path in ("/", "/desk", "/cases", "/reports", "/search"):
        assert staff.open(path).location.startswith("/account")
    assert staff.open("/desk/stream", Accept="text/event-stream").status_code == 403
    assert staff.send("/desk/status", status="available").status_code == 403
    first = staff.open("/account")
    assert "<nav" not in first.text
    assert "一次性密码" in first.text
    done = staff.send("/account/password", old=secret, password=NEW, again=NEW, next="/calls?day=all")
    assert done.location == "/calls?day=all"
    assert staff.open("/calls?day=all").status_code == 200
    assert Staff(app).sign_in("agent", secret).status_code == 401


def test_whoever_must_change_the_password_can_choose_the_language_and_leave(app: Flask, context: AppContext) -> None:
    secret, staff = reset(app, user(context, "agent")), Staff(app)
    staff.sign_in("agent", secret)
    assert staff.send("/language", language="en-US", next="/account").status_code == 302
    assert "Choose your own password" in staff.open("/account").text
    assert staff.send("/sign-out").status_code == 302
    assert staff.open("/account").location.startswith("/sign-in")


def test_a_one_time_password_is_good_for_a_day_and_no_second_longer(app: Flask, context: AppContext) -> None:
    with time_machine.travel(clock.now(), tick=False) as moment:
        secret, staff = reset(app, user(context, "agent")), Staff(app)
        moment.shift(timedelta(hours=24) - timedelta(seconds=1))
        assert staff.sign_in("agent", secret).status_code == 302
        moment.shift(1)
        assert staff.open("/account").location.startswith("/sign-in"), "the session with it has ended as well"
        late = Staff(app, languages="en").sign_in("agent", secret)
        assert late.status_code == 401
        assert "has expired" in late.text
        assert "has expired" not in Staff(app, languages="en").sign_in("agent", "wrong").text


def test_nobody_resets_their_own_password(app: Flask, context: AppContext) -> None:
    own = user(context, "administrator")
    admin = signed_in(app, Role.ADMINISTRATOR)
    assert admin.send(f"/users/{own.id}/password").status_code == 400
    assert admin.open("/").status_code == 200
    assert "/account" in admin.open(f"/users/{own.id}").text


@pytest.mark.parametrize("typed", ["", NEW])
def test_a_new_user_chooses_a_password_at_the_first_sign_in(app: Flask, typed: str) -> None:
    admin = signed_in(app, Role.ADMINISTRATOR)
    form = {"login": "neu", "name": "新人", "role": "agent", "language": "zh-CN", "password": typed}
    answer = admin.send("/users", **form)
    found = SECRET.search(answer.text)
    password = typed or (found[1] if found else "")
    staff = Staff(app)
    assert staff.sign_in("neu", password).status_code == 302
    assert staff.open("/").location.startswith("/account")
    assert change(staff, password, "eight other rivers").status_code == 302
    assert staff.open("/").status_code == 200


def test_a_one_time_password_never_meets_a_cookie_an_address_or_a_log(
    app: Flask, context: AppContext, capsys: pytest.CaptureFixture[str]
) -> None:
    admin = signed_in(app, Role.ADMINISTRATOR)
    answer = admin.send(f"/users/{user(context, 'agent').id}/password")
    secret = SECRET.search(answer.text)
    assert secret
    assert answer.headers["Cache-Control"] == "private, no-store"
    staff = Staff(app)
    told = [answer, staff.sign_in("agent", secret[1]), change(staff, secret[1])]
    headers = " ".join(f"{value}" for each in told for value in each.headers.values())
    printed = capsys.readouterr()
    assert secret[1] not in headers + printed.out + printed.err


# What administrators change of users


def test_a_role_that_is_changed_counts_at_the_next_request_without_a_new_sign_in(
    app: Flask, context: AppContext
) -> None:
    agent, staff = user(context, "agent"), signed_in(app, Role.AGENT)
    admin = signed_in(app, Role.ADMINISTRATOR)
    assert staff.open("/campaigns").status_code == 403
    assert edit(admin, agent, role="supervisor", name="王芳（组长）").status_code == 302
    assert staff.open("/campaigns").status_code == 200
    assert edit(admin, user(context, "agent"), role="agent", language="en-US").status_code == 302
    assert staff.open("/campaigns").status_code == 403
    told = ["rename_user", "role_supervisor", "role_agent", "language_en-US"]
    assert actions(context, agent.id) == told


def test_an_agent_is_linked_to_one_account_and_the_refusal_names_the_field(
    app: Flask, context: AppContext, made: Morning
) -> None:
    admin, other = signed_in(app, Role.ADMINISTRATOR), another(context, "second", Role.AGENT)
    taken = edit(admin, other, agent_id=made.agents["N01"].id)
    assert taken.status_code == 422
    assert "对应坐席：该坐席已有账号" in taken.text
    assert re.search(r'name="agent_id" aria-invalid="true"', taken.text)
    form = {"login": "third", "name": "Third", "role": "agent", "language": "zh-CN", "password": NEW}
    assert "对应坐席：" in admin.send("/users", agent_id=made.agents["N01"].id, **form).text
    assert edit(admin, user(context, "agent"), agent_id="").status_code == 302
    assert edit(admin, other, agent_id=made.agents["N01"].id).status_code == 302
    assert actions(context, other.id) == ["link_agent"]
    assert actions(context, user(context, "agent").id) == ["unlink_agent"]


def test_an_agent_who_is_not_there_is_refused(app: Flask, context: AppContext) -> None:
    answer = edit(signed_in(app, Role.ADMINISTRATOR), user(context, "supervisor"), agent_id="f" * 32)
    assert answer.status_code == 422
    assert "该坐席已不存在" in answer.text


def test_a_form_older_than_somebody_else_s_change_is_not_taken(app: Flask, context: AppContext) -> None:
    admin, agent = signed_in(app, Role.ADMINISTRATOR), user(context, "agent")
    seen = rules.stamp(agent)
    assert edit(admin, agent, role="supervisor").status_code == 302
    late = edit(admin, agent, name="改名", seen=seen)
    assert late.status_code == 422
    assert "其他人刚刚修改了该用户" in late.text
    assert user(context, "agent").role is Role.SUPERVISOR
    assert user(context, "agent").name == agent.name


def test_an_administrator_keeps_their_own_role(app: Flask, context: AppContext) -> None:
    another(context, "second", Role.ADMINISTRATOR)
    own = user(context, "administrator")
    answer = edit(signed_in(app, Role.ADMINISTRATOR), own, role="agent")
    assert answer.status_code == 422
    assert "不能取消自己的管理员角色" in answer.text
    assert user(context, "administrator").role is Role.ADMINISTRATOR


@pytest.mark.parametrize("path", ["active", "password", ""])
def test_users_who_are_not_there_are_not_found(app: Flask, path: str) -> None:
    admin = signed_in(app, Role.ADMINISTRATOR)
    form = {"name": "A", "role": "agent", "language": "zh-CN", "active": "no"}
    assert admin.send(f"/users/{'0' * 32}/{path}".rstrip("/"), **form).status_code == 404


# The last administrator


def demote(context: AppContext, user_id: str) -> str:
    with context.database.write() as session:
        found = session.get_one(User, user_id)
        wanted = UserDetails(found.name, Role.AGENT, found.language, found.agent_id)
        session.expunge(found)
        return _outcome(lambda: service.edit(session, user_id, wanted))


def disable(context: AppContext, user_id: str) -> str:
    with context.database.write() as session:
        return _outcome(lambda: service.deactivate(session, user_id))


def take_password(context: AppContext, user_id: str) -> str:
    with context.database.write() as session:
        return _outcome(lambda: service.reset_password(session, user_id, clock.now()))


def _outcome(change: Any) -> str:
    try:
        change()
    except LastAdministrator:
        return "refused"
    return "done"


WAYS = [demote, disable, take_password]


@pytest.mark.parametrize("way", WAYS)
def test_the_last_administrator_stays(context: AppContext, made: Morning, way: Any) -> None:
    assert made.agents
    last = user(context, "administrator")
    another(context, "gone", Role.ADMINISTRATOR, is_active=False)
    another(context, "fresh", Role.ADMINISTRATOR, one_time_until=clock.now() + timedelta(hours=1))
    assert way(context, last.id) == "refused"
    another(context, "second", Role.ADMINISTRATOR)
    assert way(context, last.id) == "done"


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
def test_two_administrators_who_take_each_other_away_at_once_leave_one(
    context: AppContext, made: Morning, first: Any, second: Any
) -> None:
    assert made.agents
    one, other = user(context, "administrator"), another(context, "second", Role.ADMINISTRATOR)
    with halfway(context, User, lambda: second(context, one.id)) as came:
        assert first(context, other.id) == "done"
    assert came == ["refused"]
    assert user(context, "administrator").is_active
    assert user(context, "administrator").role is Role.ADMINISTRATOR
    assert user(context, "administrator").one_time_until is None


def test_two_accounts_that_take_one_agent_at_once_leave_one_link(context: AppContext, made: Morning) -> None:
    agent_id, one, other = (
        made.agents["N02"].id,
        another(context, "one", Role.AGENT),
        another(context, "two", Role.AGENT),
    )

    def link(who: User) -> str:
        wanted = UserDetails(who.name, who.role, who.language, agent_id)
        try:
            with context.database.write() as session:
                service.edit(session, who.id, wanted)
        except AgentTaken:
            return "refused"
        return "done"

    with halfway(context, User, lambda: link(other)) as came:
        first = link(one)
    assert sorted([first, *came]) == ["done", "refused"]


def test_a_page_that_lost_its_administrator_halfway_takes_no_other_away(app: Flask, context: AppContext) -> None:
    admin, second = signed_in(app, Role.ADMINISTRATOR), another(context, "second", Role.ADMINISTRATOR)
    own, token = user(context, "administrator"), admin.token()
    path = f"/users/{second.id}/active"
    with halfway(context, User, lambda: admin.send(path, active="no", token=token).status_code) as came:
        assert disable(context, own.id) == "done"
    assert came in ([302], [401]), "it waited for the lock, or came after the session had ended"
    assert user(context, "second").is_active
    assert actions(context, second.id) == []


# Agents


def form_of(agent: Agent, **values: str) -> dict[str, str]:
    wanted = roster_service.of(agent)
    levels = {f"level.{name}": str(level) for name, level in wanted.levels.items()}
    return {"name": wanted.name, "address": wanted.address, "seen": roster_service.stamp(agent), **levels} | values


def agent(context: AppContext, staff_number: str) -> Agent:
    with context.database.read() as session:
        found = roster_service.numbered(session, staff_number)
        assert found.skills is not None
        return found


def test_an_agent_is_edited_and_each_change_is_logged(app: Flask, context: AppContext) -> None:
    admin, one = signed_in(app, Role.ADMINISTRATOR), agent(context, "N03")
    assert one.name in admin.open("/agents").text
    with context.database.write() as session:
        old = session.get_one(Agent, one.id)
        old.registered, old.dial_failures, old.dial_after = True, 3, clock.now()
    form = form_of(one, name="陈静怡", address="client:N33") | {"level.booking": "4", "level.nurse": "2"}
    assert admin.send(f"/agents/{one.id}", **form).status_code == 302
    changed = agent(context, "N03")
    assert roster_service.of(changed) == roster_service.AgentProfile(
        "陈静怡", "client:N33", None, {"booking": 4, "nurse": 2}
    )
    assert changed.status is AgentStatus.OFFLINE, "their page is still the old telephone"
    assert (changed.registered, changed.dial_failures, changed.dial_after) == (None, 0, None), "nothing known of it yet"
    assert actions(context, one.id) == ["rename_agent", "agent_address", "agent_levels"]
    assert admin.send(f"/agents/{one.id}", **form_of(changed, **{"level.nurse": ""})).status_code == 302
    assert roster_service.of(agent(context, "N03")).levels == {"booking": 4}


@pytest.mark.parametrize(
    ("staff_number", "values", "words"),
    [
        ("N03", {"name": " "}, "请填写姓名"),
        ("N03", {"address": "13800000000"}, "电话：浏览器电话写"),
        ("N03", {"address": "client:N01"}, "电话：已有其他坐席使用"),
        ("N01", {"address": "client:N77"}, "电话：正在振铃或通话中"),
        ("N02", {"address": "client:N77"}, "电话：正在振铃或通话中"),
        ("N03", {"department": "moon"}, "该部门已不存在"),
        ("N03", {"level.flying": "3"}, "技能："),
        ("N03", {"seen": "older"}, "其他人刚刚修改了该坐席"),
    ],
)
def test_an_agent_who_cannot_be_so_is_refused_with_the_field(
    app: Flask, context: AppContext, staff_number: str, values: dict[str, str], words: str
) -> None:
    admin, one = signed_in(app, Role.ADMINISTRATOR), agent(context, staff_number)
    answer = admin.send(f"/agents/{one.id}", **form_of(one, **values))
    assert answer.status_code == 422
    assert words in answer.text
    assert roster_service.of(agent(context, staff_number)) == roster_service.of(one)
    assert actions(context, one.id) == []


def test_an_agent_in_a_call_can_be_renamed_and_the_call_goes_on(app: Flask, context: AppContext) -> None:
    admin, one = signed_in(app, Role.ADMINISTRATOR), agent(context, "N01")
    assert admin.send(f"/agents/{one.id}", **form_of(one, name="王芳芳")).status_code == 302
    assert agent(context, "N01").state is AgentState.TALKING


@pytest.mark.parametrize("level", ["0", "6", "five", "-1"])
def test_a_level_that_the_form_does_not_offer_is_no_level(app: Flask, context: AppContext, level: str) -> None:
    one = agent(context, "N03")
    answer = signed_in(app, Role.ADMINISTRATOR).send(f"/agents/{one.id}", **form_of(one, **{"level.booking": level}))
    assert answer.status_code == 400
