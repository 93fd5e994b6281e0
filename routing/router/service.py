"""The router: it decides with the ladder and brings the exchange in line with the database.

Whatever it asks of the exchange is a fact in the database first, and is marked there when done: a router that is killed
at any point leaves work that the next one finds.
"""

from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from hotline import clock
from hotline.context import AppContext
from hotline.models import Agent, Transfer
from hotline.outbox import floor_events
from routing.agents import service as agents_service
from routing.agents import status_service as agent_status
from routing.agents.attendance_service import Attendance
from routing.callbacks import service as callbacks_service
from routing.calls import conversation_service
from routing.calls import transfer_end_service as ends
from routing.ladder import answer_times, floor_state, ladder
from routing.offers import service as offer_service
from routing.queues import overflow_service, queries, queues_file
from routing.router import action_service, floor_queries, reconcile_queries
from routing.router.action_service import offer_of
from telephony.provider import Provider

HABITS_SECONDS = 600.0  # how often it learns anew how soon and how often agents answer
MAX_PASSES = 8  # a decision makes room for the next one; more in a row would be a fault of ours


class Router:
    """Decides and acts; `work` is one step of it (`workers/leader.py` takes them, one process at a time)."""

    def __init__(self, context: AppContext, provider: Provider, pool: Executor | None = None) -> None:
        """Use these resources; nothing starts yet. The exchange is asked in `pool`, by default eight at a time."""
        self._context = context
        self._provider = provider
        self._habits: dict[str, answer_times.AnswerHabit] = {}
        self._phones = answer_times.RungPhones()
        self._learned_at: datetime | None = None
        self._pool = pool or ThreadPoolExecutor(8, thread_name_prefix="exchange")
        self._attendance = Attendance(context.database, context.notifier, provider, self._pool)

    def close(self) -> None:
        """End the threads that ask the exchange."""
        self._pool.shutdown()

    def work(self, now: datetime) -> None:
        """Decide and act until there is nothing left to do now."""
        self._bring_back(now)
        self._attendance.look(now)
        for _ in range(MAX_PASSES):
            changed = self._decide(clock.now())
            acted = action_service.act(self._context, self._provider, self._pool, clock.now())
            if not changed and not acted:
                break
        callbacks_service.act(self._context, self._provider, clock.now())

    def _bring_back(self, now: datetime) -> None:
        with self._context.database.read() as session:
            over = reconcile_queries.elapsed(session, now)
        for agent in over.back:
            self._come_back(agent.id, now)
        for call, winner_id in over.unconnected:
            with self._context.database.write() as session:
                held = queries.locked_call(session, call.id)
                if held is not None:
                    conversation_service.connected(session, self._context.notifier, held, now, winner_id)
        for transfer in over.ringing:
            self._give_up(transfer.call_id, transfer.id, now)
        for call in over.alone:
            with self._context.database.write() as session:
                held = queries.locked_call(session, call.id)
                if held is not None:
                    conversation_service.alone(session, self._context.notifier, held, now)

    def _give_up(self, call_id: str, transfer_id: str, now: datetime) -> None:
        with self._context.database.write() as session:
            queries.locked_call(session, call_id)
            ends.give_up(session, self._context.notifier, session.get_one(Transfer, transfer_id), now)

    def _come_back(self, agent_id: str, now: datetime) -> None:
        with self._context.database.write() as session:
            agent = session.get_one(Agent, agent_id, with_for_update=True)
            if agent.state_until is not None and agent.state_until <= now:
                agent_status.come_back(session, self._context.notifier, agent, now)

    def _decide(self, now: datetime) -> bool:
        with self._context.database.read() as session:
            seen = floor_queries.floor_state_of(
                session, queues_file.of(self._context.settings), now, self._learn(session, now)
            )
            seen = replace(callbacks_service.without_kept(session, seen, now), phones_each=self._phones.each())
        changed = False
        for decision in ladder.decide(seen, now, self._context.settings.ring_seconds):
            if isinstance(decision, floor_state.LeaveByOverflow):
                changed = overflow_service.leave_queue(self._context, self._provider, decision, now) or changed
                continue
            if not self._apply(decision, now):
                return True  # the floor has changed meanwhile: what follows was decided for another one
            changed = True
        return changed

    def _learn(self, session: Session, now: datetime) -> dict[str, answer_times.AnswerHabit]:
        if self._learned_at is None or now - self._learned_at >= timedelta(seconds=HABITS_SECONDS):
            self._habits, self._learned_at = floor_queries.habits_of(session), now
            with self._context.database.write() as writing:
                floor_events.forget(writing)
                agents_service.forget_old(writing, now)
        return self._habits

    def _apply(self, decision: floor_state.StartOffer | floor_state.End, now: datetime) -> bool:
        if isinstance(decision, floor_state.StartOffer):
            with self._context.database.read() as session:
                offer = offer_of(session, decision, now)
            if offer is None or not offer_service.start(self._context.database, self._context.notifier, offer):
                return False
            self._phones.rang(decision.caller_id)
            return True
        return action_service.end(self._context.database, self._context.notifier, decision, now)
