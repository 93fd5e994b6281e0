"""Sessions are rows: what has ended opens nothing, however good the copy of its cookie; and when they end."""

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from accounts.sessions import queries
from accounts.users import service
from console.floor.live import MOST_MESSAGES
from hotline import clock
from hotline.context import AppContext
from hotline.models import SignIn, User
from hotline.values.access import Role
from tests.support.morning import PASSWORD, Morning, tones
from tests.support.staff import Staff, signed_in

SESSION = "hotline"
OPEN, DOOR = 200, 302


def copy_of(app: Flask, staff: Staff) -> Staff:
    """Somebody with a copy of this person's cookie."""
    cookie, thief = staff.client.get_cookie(SESSION), Staff(app)
    assert cookie
    thief.client.set_cookie(SESSION, cookie.value)
    assert thief.open("/calls").status_code == OPEN
    return thief


def user(context: AppContext, login: str) -> User:
    with context.database.read() as session:
        return session.scalars(select(User).where(User.login == login)).one()


def test_a_copied_cookie_opens_nothing_after_signing_out(app: Flask) -> None:
    staff = signed_in(app, Role.SUPERVISOR)
    thief = copy_of(app, staff)
    staff.send("/sign-out")
    assert thief.open("/calls").status_code == DOOR
    assert thief.client.get("/floor/stream").status_code == 401
    assert thief.client.get("/sign-in").status_code == OPEN, "it does not even know who it was"


def test_signing_out_ends_no_session_elsewhere(app: Flask) -> None:
    here, elsewhere = signed_in(app, Role.SUPERVISOR), signed_in(app, Role.SUPERVISOR)
    here.send("/sign-out")
    assert elsewhere.open("/calls").status_code == OPEN


def test_a_session_elsewhere_is_listed_and_can_be_ended_by_its_owner_alone(app: Flask, context: AppContext) -> None:
    here, elsewhere = signed_in(app, Role.SUPERVISOR), signed_in(app, Role.SUPERVISOR)
    page = here.open("/account").text
    (path,) = set(re.findall(r'action="(/account/sessions/[0-9a-f]+/end)"', page))
    assert "当前登录" in page
    signed_in(app, Role.ADMINISTRATOR).send(path)
    assert elsewhere.open("/calls").status_code == OPEN, "it is not the administrator's"
    assert here.send(path).status_code == DOOR
    assert elsewhere.open("/calls").status_code == DOOR
    assert here.open("/calls").status_code == OPEN
    with context.database.read() as session:
        assert len(queries.of_user(session, user(context, "supervisor").id, clock.now())) == 1


def test_a_session_ends_after_twelve_hours_however_busy(app: Flask) -> None:
    with time_machine.travel(clock.now(), tick=False) as moment:
        staff = signed_in(app, Role.SUPERVISOR)
        for _ in range(11):
            moment.shift(timedelta(hours=1))
            assert staff.open("/calls").status_code == OPEN
        moment.shift(timedelta(hours=1))
        assert staff.open("/calls").status_code == DOOR


def test_a_session_ends_after_ten_idle_hours_and_what_a_page_does_by_itself_is_idle(app: Flask) -> None:
    with time_machine.travel(clock.now(), tick=False) as moment:
        staff = signed_in(app, Role.AGENT)
        moment.shift(timedelta(minutes=30))
        assert staff.open("/calls").status_code == OPEN
        moment.shift(timedelta(hours=9, minutes=59))
        assert staff.client.get("/floor/here").status_code == 204
        staff.client.get("/desk/stream").close()
        staff.client.get("/static/page.css").close()
        moment.shift(timedelta(minutes=1))
        assert staff.client.get("/floor/here").status_code == 401


@pytest.mark.parametrize("how", ["change", "reset", "shut_out"])
def test_what_ends_all_sessions_ends_copies_too(app: Flask, context: AppContext, how: str) -> None:
    staff, own = signed_in(app, Role.AGENT), user(context, "agent").id
    thief = copy_of(app, signed_in(app, Role.AGENT))
    if how == "change":
        staff.send("/account/password", old=PASSWORD, password="seven quiet rivers", again="seven quiet rivers")
    else:
        with context.database.write() as session:
            ends = {"reset": lambda: service.reset_password(session, own, clock.now())}
            ends.get(how, lambda: service.deactivate(session, own))()
    assert thief.open("/calls").status_code == DOOR


@pytest.mark.parametrize("path", ["/floor/stream", "/campaigns/stream", "/desk/stream"])
def test_a_stream_ends_with_its_session_whoever_listens(
    app: Flask, context: AppContext, made: Morning, path: str
) -> None:
    with context.database.write() as session:
        one = session.scalars(select(User).where(User.login == "supervisor")).one()
        one.agent_id = made.agents["N02"].id
    answer = signed_in(app, Role.SUPERVISOR).client.get(path)
    told = answer.iter_encoded()
    assert b"retry" in next(told)
    with context.database.write() as session:
        service.deactivate(session, user(context, "supervisor").id)
    ended = clock.now()
    rest = list(told)
    assert rest[-1].startswith(b"event: over")
    assert len(rest) < MOST_MESSAGES
    print(f"{path} ended after {(clock.now() - ended).total_seconds():.2f} s")


def test_a_stream_ends_when_its_user_gets_another_role(app: Flask, context: AppContext) -> None:
    told = signed_in(app, Role.SUPERVISOR).client.get("/campaigns/stream").iter_encoded()
    next(told)
    with context.database.write() as session:
        session.scalars(select(User).where(User.login == "supervisor")).one().role = Role.AGENT
    assert list(told)[-1].startswith(b"event: over")


def test_a_sound_that_is_being_sent_breaks_off_with_its_session(app: Flask, context: AppContext, made: Morning) -> None:
    with time_machine.travel(clock.now(), tick=False) as moment:
        staff = signed_in(app, Role.SUPERVISOR)
        path = f"/recordings/{made.sound.id}/original"
        told = staff.client.get(path).iter_encoded()
        first = next(told)
        with context.database.write() as session:
            service.deactivate(session, user(context, "supervisor").id)
        moment.shift(1)
        with pytest.raises(ConnectionResetError):
            list(told)
        assert len(first) < len(tones())
        assert staff.client.get(path, headers={"Range": "bytes=100-"}).status_code == 401


def test_rows_of_old_sessions_are_deleted(app: Flask, context: AppContext) -> None:
    with time_machine.travel(clock.now(), tick=False) as moment:
        signed_in(app, Role.AGENT)
        moment.shift(timedelta(hours=12) + queries.KEPT + timedelta(seconds=1))
        signed_in(app, Role.SUPERVISOR)
        with context.database.read() as session:
            assert session.scalar(select(func.count()).select_from(SignIn)) == 1
