"""Lost lines and transfers on both databases: who has the caller afterwards, whatever comes late, twice or never."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from hotline import clock
from hotline.context import AppContext
from hotline.models import Agent, Call, Offer, QueueEntry, Transfer
from hotline.values.reason import Reason
from hotline.values.reason_codes import AgentStateReason, OfferReason, RequeueReason
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.call import CallStatus
from hotline.values.states.queue_entry import QueueEntryState
from hotline.values.states.transfer import TransferKind, TransferState
from routing.calls import transfer_service
from routing.errors import CannotTransfer
from routing.queues import queries, service
from tests.integration.stories import BOOKING, EMERGENCY, Story, opened
from tests.simulation.exchange.network import Faults
from tests.simulation.exchange.telephone import Line, Place


@pytest.fixture
def told(context: AppContext) -> Iterator[Story]:
    """A story whose agents have their telephones in their pages."""
    with opened(context) as story:
        with context.database.write() as session:
            for agent in session.scalars(select(Agent)):
                agent.page_phone_since = clock.now()
        yield story


def drops(told: Story, phone: Line) -> None:
    """The agent's line ends, and nobody said that it would."""
    told.world.exchange.end(phone, "completed")
    told.post()
    told.route()
    told.post()


def hangs_up(told: Story, phone: Line) -> None:
    """The agent's page says that the talk is over, and its telephone hangs up."""
    with told.world.context.database.write() as session:
        offer = queries.locked_offer(session, phone.owner)
        assert offer is not None
        offer.released_at = clock.now()
    drops(told, phone)


def transfer(told: Story, caller: Line) -> Transfer:
    with told.world.context.database.read() as session:
        return session.scalars(select(Transfer).where(Transfer.call_id == caller.owner)).one()


def ask(told: Story, phone: Line, to: str, kind: TransferKind = TransferKind.BLIND) -> None:
    """The agent of this line hands the caller on, to a staff number or a queue."""
    agent_id = told.agent(to).id if to.isdigit() else None
    required_skills = transfer_service.TransferRequest(kind, agent_id, None if agent_id else to, "asks for a bed")
    with told.world.context.database.write() as session:
        offer = queries.locked_offer(session, phone.owner)
        assert offer is not None
        transfer_service.begin(
            session, told.world.context.notifier, told.world.context.settings, offer, required_skills, clock.now()
        )


def act(told: Story, caller: Line, what: str) -> bool:
    """Complete, merge or take back."""
    with told.world.context.database.write() as session:
        session.get_one(Call, caller.owner, with_for_update=True)
        row = session.scalars(select(Transfer).where(Transfer.call_id == caller.owner)).one()
        done: bool = getattr(transfer_service, what)(session, told.world.context.notifier, row, clock.now())
    return done


def room(told: Story, caller: Line) -> set[str]:
    """Who is in the caller's room."""
    return {line.owner for line in told.world.exchange.room(caller.owner)}


def settle(told: Story) -> None:
    """Router and webhooks, until nothing is left to be done."""
    for _ in range(4):
        told.route()
        told.post()


def phone_of(told: Story, caller: Line, staff_number: str) -> Line:
    """The phone of this agent that was rung for the caller last."""
    address = told.agent(staff_number).address
    return [line for line in told.phones(caller) if line.address == address][-1]


def picks_up(told: Story, caller: Line, staff_number: str) -> Line:
    settle(told)
    phone = phone_of(told, caller, staff_number)
    told.world.exchange.ring(phone)
    told.post()
    told.pick_up(phone)
    settle(told)
    return phone


# Lost lines.


def test_a_caller_whose_agent_was_lost_is_first_in_line_and_hears_why(told: Story) -> None:
    told.only("1001")
    caller = told.call()
    phone = told.meet(caller)
    told.wait(30)
    earlier = told.call()
    drops(told, phone)
    place = told.place(caller)
    assert (place.requeue_reason, place.state, place.preferred_agent_id) == (
        RequeueReason.LINE_LOST,
        QueueEntryState.WAITING,
        told.agent("1001").id,
    )
    assert caller.place is Place.QUEUE
    answer = told.world.client.post(f"/voice/calls/{caller.owner}/requeued", data={"CallSid": caller.sid})
    assert "/voice/prompts/" in answer.text or "您排在第一位" in answer.text
    with told.world.context.database.read() as session:
        positions = [service.position(session, line.owner) for line in (caller, earlier)]
    assert positions == [1, 2]
    assert (told.agent("1001").state, told.agent("1001").state_reason) == (
        AgentState.WRAP_UP,
        AgentStateReason.LINE_LOST,
    )


def test_a_more_urgent_caller_goes_before_one_whose_line_was_lost(told: Story) -> None:
    told.only("2001")
    caller = told.call(("consultation", "nurse", None, None))
    phone = told.meet(caller)
    urgent = told.call(EMERGENCY)
    drops(told, phone)
    with told.world.context.database.read() as session:
        assert [service.position(session, line.owner) for line in (urgent, caller)] == [1, 2]


def test_an_agent_who_hangs_up_in_the_page_has_ended_the_call(told: Story) -> None:
    told.only("1001")
    caller = told.call()
    hangs_up(told, told.meet(caller))
    told.post()
    assert caller.place is Place.ENDED
    assert told.status(caller) is CallStatus.ENDED
    assert told.agent("1001").state_reason is None


def test_a_caller_who_hangs_up_first_never_looks_like_a_lost_line(told: Story) -> None:
    told.only("1001")
    caller = told.call()
    phone = told.meet(caller)
    told.world.exchange.end(caller, "completed")
    told.post("/conference-left", "/done")
    assert phone.place is Place.ENDED
    told.post(phone.report_url)  # the agent's end is reported before the caller's
    assert told.told("line_lost") == 0
    told.post()
    assert told.status(caller) is CallStatus.ENDED


def test_a_desk_phone_that_hangs_up_has_ended_the_call_and_one_that_failed_has_not(told: Story) -> None:
    told.only("1001")
    with told.world.context.database.write() as session:
        session.get_one(Agent, told.agent("1001").id).page_phone_since = None
    first = told.call()
    drops(told, told.meet(first))
    assert told.status(first) is CallStatus.ENDED
    told.wait(40)
    second = told.call()
    phone = told.meet(second)
    told.world.exchange.end(phone, "failed")
    told.post()
    settle(told)
    assert (told.status(second), told.place(second).requeue_reason) == (CallStatus.WAITING, RequeueReason.LINE_LOST)


def test_reports_that_come_late_or_twice_change_nothing_after_a_lost_line(told: Story) -> None:
    told.only("1001", "1002")
    caller = told.call()
    first = told.meet(caller)
    told.world.exchange.end(first, "completed")
    late = list(told.world.exchange.mail)
    told.post()
    settle(told)
    picks_up(told, caller, "1002")
    assert told.status(caller) is CallStatus.TALKING
    for mail in late:
        told.world.post(mail)
    settle(told)
    assert told.status(caller) is CallStatus.TALKING
    assert told.told("line_lost") == 1


def test_a_phone_that_is_lost_again_and_again_is_preferred_once_and_lifts_twice(told: Story) -> None:
    told.only("1001")
    caller = told.call()
    seen = []
    for _ in range(4):
        drops(told, told.meet(caller))
        place = told.place(caller)
        seen.append((place.preferred_agent_id is not None, place.is_at_front, place.priority))
        told.wait(60)
    assert seen == [(True, True, 1), (False, True, 1), (False, False, 0), (False, False, 0)]


# Transfers.


def test_a_cold_transfer_to_an_agent_rings_nobody_else(told: Story) -> None:
    told.only("1001", "1002", "1003")
    caller = told.call()
    first = told.meet(caller)
    talker = next(n for n in ("1001", "1002", "1003") if told.agent(n).address == first.address)
    target = next(n for n in ("1003", "1002") if n != talker)
    ask(told, first, target)
    second = picks_up(told, caller, target)
    assert (first.place, room(told, caller)) == (Place.ENDED, {caller.owner, second.owner})
    assert transfer(told, caller).state is TransferState.COMPLETED
    assert told.agent(talker).state is AgentState.WRAP_UP
    with told.world.context.database.read() as session:
        offers = session.scalars(select(Offer).where(Offer.call_id == caller.owner).order_by(Offer.id)).all()
    assert len(offers) == 2
    assert offers[1].reasons[:2] == [Reason(OfferReason.RUNG_FIRST), Reason(OfferReason.ASKED_BY_COLLEAGUE)]


def test_a_cold_transfer_that_nobody_answers_comes_back_to_the_first_agent(told: Story) -> None:
    told.only("1001", "1002")
    caller = told.call()
    first = told.meet(caller)
    mine, other = sorted(("1001", "1002"), key=lambda n: told.agent(n).address != first.address)
    ask(told, first, other)
    settle(told)
    told.world.exchange.end(phone_of(told, caller, other), "busy")
    told.post()
    settle(told)
    assert (transfer(told, caller).state, told.place(caller).requeue_reason) == (
        TransferState.FAILED,
        RequeueReason.RETURNED,
    )
    back = picks_up(told, caller, mine)
    assert room(told, caller) == {caller.owner, back.owner}


def test_a_cold_transfer_to_a_queue_goes_to_its_front(told: Story) -> None:
    told.only("1001")
    caller = told.call()
    first = told.meet(caller)
    waiting = told.call(("consultation", "nurse", None, None))
    ask(told, first, "nurse")
    settle(told)
    with told.world.context.database.read() as session:
        assert [service.position(session, line.owner) for line in (caller, waiting)] == [1, 2]
        assert session.get_one(Call, caller.owner).queue == "nurse"


def consultation(told: Story) -> tuple[Line, Line, Line]:
    """A caller on hold, the first agent, and a colleague who talk."""
    told.only("1001", "1002")
    caller = told.call()
    first = told.meet(caller)
    other = next(n for n in ("1001", "1002") if told.agent(n).address != first.address)
    ask(told, first, other, TransferKind.CONSULT)
    settle(told)
    assert caller.is_held
    return caller, first, picks_up(told, caller, other)


def test_in_a_warm_transfer_the_caller_is_on_hold_until_the_colleague_has_them(told: Story) -> None:
    caller, first, second = consultation(told)
    assert room(told, caller) == {caller.owner, first.owner, second.owner}
    assert (caller.is_held, first.ends, second.ends) == (True, False, False)
    assert act(told, caller, "complete")
    settle(told)
    assert room(told, caller) == {caller.owner, second.owner}
    assert (caller.is_held, second.ends, first.place) == (False, True, Place.ENDED)
    hangs_up(told, second)
    assert told.status(caller) is CallStatus.ENDED


def test_a_consultation_may_be_taken_back_or_become_a_talk_of_three(told: Story) -> None:
    caller, first, second = consultation(told)
    assert act(told, caller, "merge")
    settle(told)
    assert (caller.is_held, len(room(told, caller))) == (False, 3)
    assert act(told, caller, "take_back")
    settle(told)
    assert (room(told, caller), second.place, first.ends) == ({caller.owner, first.owner}, Place.ENDED, True)
    assert not act(told, caller, "complete")


def test_a_colleague_who_does_not_answer_gives_the_caller_back_at_once(told: Story) -> None:
    told.only("1001", "1002")
    caller = told.call()
    first = told.meet(caller)
    other = next(n for n in ("1001", "1002") if told.agent(n).address != first.address)
    ask(told, first, other, TransferKind.CONSULT)
    settle(told)
    told.world.exchange.end(phone_of(told, caller, other), "no-answer")
    told.post()
    settle(told)
    assert transfer(told, caller).state is TransferState.FAILED
    assert (caller.is_held, room(told, caller)) == (False, {caller.owner, first.owner})


def test_who_consults_and_is_lost_leaves_the_caller_to_the_colleague(told: Story) -> None:
    caller, first, second = consultation(told)
    drops(told, first)
    settle(told)
    assert (room(told, caller), caller.is_held, second.ends) == ({caller.owner, second.owner}, False, True)
    assert transfer(told, caller).state is TransferState.COMPLETED


def test_who_is_lost_while_the_colleague_rings_leaves_the_caller_in_line_for_them(told: Story) -> None:
    told.only("1001", "1002")
    caller = told.call()
    first = told.meet(caller)
    other = next(n for n in ("1001", "1002") if told.agent(n).address != first.address)
    ask(told, first, other, TransferKind.CONSULT)
    settle(told)
    drops(told, first)
    second = picks_up(told, caller, other)
    assert room(told, caller) == {caller.owner, second.owner}
    assert transfer(told, caller).state is TransferState.COMPLETED


def test_a_consulted_colleague_who_is_lost_leaves_the_caller_to_the_first_agent(told: Story) -> None:
    caller, first, second = consultation(told)
    drops(told, second)
    settle(told)
    assert (room(told, caller), caller.is_held, first.ends) == ({caller.owner, first.owner}, False, True)
    assert transfer(told, caller).state is TransferState.FAILED


def test_a_caller_who_hangs_up_on_hold_frees_both_agents(told: Story) -> None:
    caller, first, second = consultation(told)
    told.world.exchange.end(caller, "completed")
    told.post()
    settle(told)
    assert {first.place, second.place} == {Place.ENDED}
    assert {told.agent(n).state for n in ("1001", "1002")} == {AgentState.WRAP_UP}
    assert told.told("line_lost") == 0


def test_a_router_that_dies_in_a_transfer_leaves_work_for_the_next(told: Story) -> None:
    caller, first, second = consultation(told)
    told.world.exchange.faults = Faults(down=1)
    act(told, caller, "complete")
    told.route()
    told.world.exchange.faults = Faults(0, 0, 0)
    told.world.routers[0] = told.world._router()
    assert not told.world.routers[0].work(clock.now())  # it stands by, and sees nothing more of the dead one
    told.wait(6)
    settle(told)
    assert room(told, caller) == {caller.owner, second.owner}
    assert first.place is Place.ENDED


def test_what_cannot_be_handed_on_is_refused_with_a_reason(told: Story) -> None:
    told.only("1001", "1002")
    caller = told.call()
    first = told.meet(caller)
    other = next(n for n in ("1001", "1002") if told.agent(n).address != first.address)
    with told.world.context.database.write() as session:
        session.get_one(Agent, told.agent(other).id).status = AgentStatus.AWAY
    for to, why in ((other, "not_free"), ("surgery", "no_such_queue")):
        with pytest.raises(CannotTransfer, match=why):
            ask(told, first, to)
    ask(told, first, "nurse", TransferKind.CONSULT)
    with pytest.raises(CannotTransfer, match="goes_on"):
        ask(told, first, "booking", TransferKind.CONSULT)


def test_callers_of_the_same_wish_wait_behind_one_consultation_only(told: Story) -> None:
    caller, _, _ = consultation(told)
    with told.world.context.database.read() as session:
        kinds = session.scalars(
            select(QueueEntry.kind).where(QueueEntry.call_id == caller.owner).order_by(QueueEntry.id)
        ).all()
    assert [kind.value for kind in kinds] == ["caller", "consult"]
    assert told.call(BOOKING).place is Place.QUEUE
