"""Who may not be there any more is put out by the router: telephone, conversation, floor. The caller stays."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from accounts.sessions import queries
from hotline import clock
from hotline.context import AppContext
from hotline.models import Agent, SignIn, User
from hotline.values.access import Role
from hotline.values.reason_codes import RequeueReason
from hotline.values.states.agent import AgentState
from hotline.values.states.call import CallStatus
from telephony.views import RegisteredPhone
from tests.integration.stories import Story, opened


@pytest.fixture
def told(context: AppContext) -> Iterator[Story]:
    """A story at the sample hospital, with 1001 alone at work."""
    with opened(context) as story:
        story.world.exchange.registered = []  # it tells of telephones
        story.only("1001")
        yield story


def signs_in(told: Story, has_phone: bool = True) -> str:
    """1001 signs in, and her page may get a token for its telephone; the session."""
    with told.world.context.database.write() as session:
        agent = session.scalars(select(Agent).where(Agent.staff_number == "1001")).one()
        user = session.scalars(select(User).where(User.agent_id == agent.id)).first()
        if user is None:
            user = User(login="lijing", password="-", name="李静", role=Role.AGENT, agent_id=agent.id)
            session.add(user)
            session.flush()
        made = SignIn(id=clock.new_id())
        queries.begin(session, user, made, timedelta(hours=12), clock.now())
        agent.signs_in, agent.registered = None, True
        if has_phone:
            queries.took_phone(session, made.id, clock.now())
    if has_phone:
        registers(told, made.id)
        passes(told)
    return made.id


def registers(told: Story, holder: str) -> None:
    told.world.exchange.registered = [RegisteredPhone(told.agent("1001").address, "PH1", "", (holder,))]


def passes(told: Story) -> None:
    """Two seconds of the router's work."""
    for _ in range(2):
        told.wait(1)
        told.route()
        told.post()
    told.route()


def ends(told: Story, sign_in_id: str) -> None:
    with told.world.context.database.write() as session:
        user_id = session.get_one(SignIn, sign_in_id).user_id
        queries.end(session, sign_in_id, user_id, clock.now())


def shuts_out(told: Story) -> None:
    with told.world.context.database.write() as session:
        session.scalars(select(User).where(User.login == "lijing")).one().is_active = False


def test_the_telephone_of_an_ended_session_is_put_down_and_asked_for_once(told: Story) -> None:
    own = signs_in(told)
    assert told.world.exchange.revoked == []
    ends(told, own)
    passes(told)
    passes(told)
    assert told.world.exchange.revoked == [own]


def test_a_token_that_was_not_used_yet_is_revoked_as_well(told: Story) -> None:
    own = signs_in(told)
    told.world.exchange.registered = []
    ends(told, own)
    passes(told)
    assert told.world.exchange.revoked == [own]


def test_an_exchange_that_has_forgotten_it_is_told_again(told: Story) -> None:
    own = signs_in(told)
    ends(told, own)
    passes(told)
    registers(told, own)
    passes(told)
    assert told.world.exchange.revoked == [own, own]


def test_an_exchange_that_is_away_is_told_when_it_is_back(told: Story) -> None:
    own = signs_in(told)
    ends(told, own)
    told.world.exchange.faults.down = 1
    passes(told)
    told.world.exchange.faults.down = 0
    passes(told)
    assert told.world.exchange.revoked == [own]


def test_a_session_without_a_telephone_is_none_of_the_exchanges_business(told: Story) -> None:
    ends(told, signs_in(told, has_phone=False))
    passes(told)
    assert told.world.exchange.revoked == []


def test_who_signs_out_in_a_conversation_finishes_it_first(told: Story) -> None:
    own, caller = signs_in(told), told.call()
    phone = told.meet(caller)
    ends(told, own)
    passes(told)
    assert told.world.exchange.revoked == []
    assert told.status(caller) is CallStatus.TALKING
    told.world.exchange.end(phone, "completed")
    told.post()
    passes(told)
    assert told.world.exchange.revoked == [own]


def test_who_is_shut_out_in_a_conversation_is_cut_and_the_caller_is_first_in_line_again(told: Story) -> None:
    own, caller = signs_in(told), told.call()
    phone = told.meet(caller)
    shuts_out(told)
    passes(told)
    assert told.world.exchange.revoked == [own]
    assert not phone.is_up
    assert told.world.exchange.lines[caller.sid].is_up
    assert told.status(caller) is CallStatus.WAITING
    place = told.place(caller)
    assert (place.requeue_reason, place.is_at_front, place.preferred_agent_id) == (RequeueReason.LINE_LOST, True, None)
    assert told.agent("1001").state is not AgentState.TALKING
    told.wait(30)
    told.route()
    assert not [line for line in told.phones(caller) if line.is_up or line.word in {"initiated", "ringing"}]
