"""What the router learns of agents from the offers in the database: which of them tell something, and for how long."""

from datetime import timedelta

import pytest

from hotline.clock import new_id
from hotline.context import AppContext
from hotline.models import Agent, Offer, QueueEntry
from hotline.values.reason_codes import OfferEndReason
from hotline.values.states.offer import OfferState
from routing.router import floor_queries
from tests.support.factories import NOW, call_in_line, load_hospital


class Offers:
    """Offers that were made for one caller, one after the other."""

    def __init__(self, context: AppContext) -> None:
        """None yet."""
        self._context = context
        self.agents = load_hospital(context)
        _, self._waiting = call_in_line(context)

    def made(self, agent: Agent, state: OfferState, seconds: float, times: int = 1) -> None:
        """Phones that rang for so long and ended like this, each for a caller of its own."""
        for _ in range(times):
            began = NOW + timedelta(seconds=1)
            call, waiting = call_in_line(self._context)
            end = began + timedelta(seconds=seconds)
            is_answered = state is OfferState.ANSWERED
            with self._context.database.write() as session:
                session.add(self._offer(agent, waiting, state, is_answered))
                session.flush()
                row = session.query(Offer).filter_by(call_id=call.id).one()
                row.ringing_at, row.ended_at = began, end + timedelta(seconds=100 * is_answered)
                row.answered_at = end if is_answered else None

    @staticmethod
    def _offer(agent: Agent, waiting: QueueEntry, state: OfferState, is_answered: bool) -> Offer:
        return Offer(
            id=new_id(),
            queue_entry_id=waiting.id,
            call_id=waiting.call_id,
            agent_id=agent.id,
            state=state,
            reason=None if is_answered else OfferEndReason.STOPPED_RINGING,
            ring=1,
            rings=3,
            reasons=[],
            started_at=NOW,
        )

    def misses(self, agent: Agent) -> float:
        """The share of calls that this agent is thought to let ring out."""
        with self._context.database.read() as session:
            curve = floor_queries.habits_of(session)[agent.id].curve
        assert curve is not None
        return curve.unanswered(15.0)


def test_misses_are_learned_from_offers_that_rang_out_and_not_from_those_cut_off_or_never_rung(
    context: AppContext,
) -> None:
    offers = Offers(context)
    often, cut, broken = (offers.agents[number] for number in ("1001", "1002", "1003"))
    for agent in (often, cut, broken):
        offers.made(agent, OfferState.ANSWERED, 4, 12)
    offers.made(often, OfferState.MISSED, 15, 12)
    offers.made(cut, OfferState.CANCELLED, 2, 12)
    offers.made(broken, OfferState.FAILED, 15, 12)
    assert offers.misses(often) > 0.35
    assert offers.misses(cut) < 0.15
    assert offers.misses(broken) == pytest.approx(offers.misses(cut), abs=0.05)


def test_the_time_to_an_answer_is_that_of_answered_offers_alone(context: AppContext) -> None:
    offers = Offers(context)
    agent = offers.agents["1001"]
    offers.made(agent, OfferState.ANSWERED, 4, 20)
    offers.made(agent, OfferState.MISSED, 15, 20)
    with context.database.read() as session:
        assert floor_queries.habits_of(session)[agent.id].answers_in == 4.0
